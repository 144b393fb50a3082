"""What asv's result files already hold of a suite."""

from __future__ import annotations

import hashlib
import itertools
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from cnnfc.errors import DataError
from cnnfc.harness.suite import Point, Suite
from cnnfc.records import Outcome

#: asv's format of result files.  Older files are read by `cnnfc.history`, but asv itself refuses
#: to add to them.
FORMAT = 2
#: From this length on asv puts a hash in the place of an environment's name.
LONGEST_NAME = 128


def result_path(results: Path, machine: str, commit: str, environment: str) -> Path:
    """The file in which asv keeps what `machine` measured of `commit` in `environment`."""
    name = environment
    if len(name) >= LONGEST_NAME:
        # asv's own choice of hash, as a shorter name rather than for security.
        name = "env-" + hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()
    return results / machine / f"{commit[:8]}-{name}.json"


def read_stored(path: Path, suite: Suite) -> dict[Point, Outcome]:
    """How each point of `suite` stands in the result file at `path`; absent points are left out.

    A benchmark whose version has changed since counts as absent: asv replaces its results.
    ``SKIPPED`` means not-a-number, which asv writes for skipped and for unselected points alike.

    Raises:
        DataError: the file is there but damaged.  asv could not add to it either.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["version"] != FORMAT:
            raise DataError(
                f"{path} has format {content['version']!r} instead of {FORMAT}: "
                f"run `asv update`, or update cnnfc and asv"
            )
        columns = {name: index for index, name in enumerate(content["result_columns"])}
        stored: dict[Point, Outcome] = {}
        for name, row in content["results"].items():
            benchmark = suite.benchmarks.get(name)
            if benchmark is None or _cell(row, columns, "version") != benchmark.version:
                continue
            known = set(benchmark.points)
            stored.update((p, o) for p, o in _outcomes(name, row, columns) if p in known)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror})") from None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise DataError(
            f"{path} is damaged, and asv could not add to it: move it away, or restore it with git"
        ) from None
    return stored


def _outcomes(
    name: str, row: Sequence[object], columns: Mapping[str, int]
) -> list[tuple[Point, Outcome]]:
    params = _cell(row, columns, "params") or []
    if not isinstance(params, list):
        raise TypeError
    combinations = list(itertools.product(*params))
    values = _cell(row, columns, "result")
    if values is None:
        values = [None] * len(combinations)
    if not isinstance(values, list):
        raise TypeError
    points = (Point(name, combination) for combination in combinations)
    return [(point, _outcome(value)) for point, value in zip(points, values, strict=True)]


def _cell(row: Sequence[object], columns: Mapping[str, int], name: str) -> object:
    """A column of a row; asv leaves out empty columns at a row's end."""
    index = columns[name]
    return row[index] if index < len(row) else None


def _outcome(value: object) -> Outcome:
    if value is None:
        return Outcome.FAILED
    if isinstance(value, float) and math.isnan(value):
        return Outcome.SKIPPED
    return Outcome.MEASURED
