"""What looks for steps: this project, asv, and Apache Otava where it is installed.

asv's are the functions that ``asv publish`` calls: `asv.step_detect.detect_steps`, whose steps its
graphs draw, and of these `detect_regressions` with its default threshold of 5%, which its page of
regressions lists: rises alone.  Otava's is the function behind ``otava analyze`` with its defaults
(window 50, p 0.001, any size): W. Fleming and others, "Hunter: using change point detection to hunt
for performance regressions" (2023).  It is no dependency: release 0.8 asks for one release of numpy
and for clients of databases, of which its search needs nothing but scipy, so that
``pip install --no-deps apache-otava`` and scipy will do.  None is told the intervals of values.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import importlib.metadata
import importlib.util
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cnnfc.analysis import changepoints
from cnnfc.analysis.changepoints.steps import find_steps

#: From the values of a series, the first values of its new levels, in order.
Find = Callable[[Sequence[float]], list[int]]

#: asv's default (`regressions_thresholds` in its configuration): smaller rises are not listed.
_ASV_THRESHOLD: Final = 0.05
OTAVA: Final = "otava"


@dataclass(frozen=True)
class Tool:
    """A way to look for steps.

    Attributes:
        name: Names it in the study's file.
        title: The same for people.
        find: The search; None where it is not installed.
        both_ways: Whether it reports falls, too.
    """

    name: str
    title: str
    find: Find | None
    both_ways: bool = True


def tools() -> tuple[Tool, ...]:
    """All, this project's first."""
    steps, regressions = _open_asv()
    return (
        Tool("cnnfc", "cnnfc", _cnnfc),
        Tool("asv", "asv steps", steps),
        Tool("publish", "asv regressions", regressions, both_ways=False),
        Tool(OTAVA, "Otava", _open_otava()),
    )


def versions() -> Mapping[str, str]:
    """What the tools are, by name; of this project a digest of its sources."""
    found = {
        "cnnfc": _digest(Path(changepoints.__file__).parent),
        "asv": importlib.metadata.version("asv"),
    }
    if _has_otava():
        found[OTAVA] = importlib.metadata.version("apache-otava")
    return found


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.py")):
        digest.update(path.read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()[:12]


def _cnnfc(values: Sequence[float]) -> list[int]:
    return [step.index for step in find_steps(values).steps]


def _open_asv() -> tuple[Find, Find]:
    """The search of steps, and of these the regressions."""
    # Here and not with the first series, whose time is taken.
    from asv import step_detect  # noqa: PLC0415 - tables can do without

    @functools.lru_cache(maxsize=1)
    def steps_of(values: tuple[float, ...]) -> list[tuple[int, int, float, float, float]]:
        """Kept for the second of the two, as asv itself does."""
        found: list[tuple[int, int, float, float, float]] = step_detect.detect_steps(list(values))
        return found

    def steps(values: Sequence[float]) -> list[int]:
        return [left for left, *_ in steps_of(tuple(values))[1:]]

    def regressions(values: Sequence[float]) -> list[int]:
        found = steps_of(tuple(values))
        _, _, jumps = step_detect.detect_regressions(found, _ASV_THRESHOLD)
        return [after for _, after, *_ in jumps or ()]

    return steps, regressions


def _has_otava() -> bool:
    if importlib.util.find_spec(OTAVA) is None:
        return False
    try:
        importlib.metadata.version("apache-otava")
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def _open_otava() -> Find | None:
    if not _has_otava():
        return None
    # By name: it is no dependency, so its types are not known.
    analysis = importlib.import_module("otava.analysis")

    def find(values: Sequence[float]) -> list[int]:
        points, _ = analysis.compute_change_points([float(value) for value in values])
        return [int(point.index) for point in points]

    return find
