"""What an asv suite can measure, as asv's ``benchmarks.json`` says."""

from __future__ import annotations

import ast
import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from cnnfc.errors import DataError
from cnnfc.names import BenchmarkName

#: asv's format of ``benchmarks.json``.
FORMAT = 2


@dataclass(frozen=True, order=True)
class Point:
    """One benchmark with one set of parameters: the smallest thing that asv can be asked for.

    ``parameters`` are texts of Python literals, exactly as asv writes them (``"'cpu-1'"``);
    empty for a benchmark without parameters.
    """

    benchmark: str
    parameters: tuple[str, ...] = ()

    def __str__(self) -> str:
        """The name that asv matches ``--bench`` against."""
        return (
            f"{self.benchmark}({', '.join(self.parameters)})" if self.parameters else self.benchmark
        )

    @property
    def values(self) -> tuple[str, ...]:
        """The parameters for people: texts without their quotes."""
        return tuple(plain(parameter) for parameter in self.parameters)

    @property
    def label(self) -> str:
        """For people: ``conv.Forward.time_layer conv2d.3-64.k3.hw32 cpu-2``."""
        return " ".join((self.benchmark, *self.values))


@dataclass(frozen=True)
class Benchmark:
    """One benchmark: its parameters' names and lists, its version and how asv will run it.

    ``rounds`` is the number of processes that asv starts for each point (1 and up).
    ``seconds`` is how long asv means to spend in one of them, from the benchmark's own settings.
    """

    name: str
    parameter_names: tuple[str, ...] = ()
    params: tuple[tuple[str, ...], ...] = ()
    version: str | None = None
    rounds: int = 1
    seconds: float = 0.5

    @property
    def points(self) -> tuple[Point, ...]:
        """Every set of parameters, the last parameter running fastest, as asv counts them."""
        return tuple(
            Point(self.name, combination) for combination in itertools.product(*self.params)
        )

    @property
    def is_canary(self) -> bool:
        name = BenchmarkName.parse(self.name)
        return name is not None and name.is_canary

    @property
    def condition(self) -> str:
        """The condition in its name (``Full``, ``Cold``); empty for other suites' benchmarks."""
        name = BenchmarkName.parse(self.name)
        return "" if name is None else name.condition

    def value(self, point: Point, parameter: str) -> str | None:
        """The plain text of `parameter` in `point`; ``None`` if there is none so named."""
        if parameter not in self.parameter_names:
            return None
        return plain(point.parameters[self.parameter_names.index(parameter)])


@dataclass(frozen=True)
class Suite:
    """All benchmarks of a suite by name."""

    benchmarks: Mapping[str, Benchmark] = field(default_factory=dict)

    @cached_property
    def points(self) -> tuple[Point, ...]:
        """Every point of every benchmark, in the order of names and parameter lists."""
        names = sorted(self.benchmarks)
        return tuple(itertools.chain.from_iterable(self.benchmarks[name].points for name in names))

    def case(self, point: Point) -> str | None:
        return self.benchmarks[point.benchmark].value(point, "case")

    def device(self, point: Point) -> str | None:
        return self.benchmarks[point.benchmark].value(point, "device")


def plain(parameter: str) -> str:
    """A parameter for people: the text inside a literal text, anything else as asv wrote it."""
    try:
        value = ast.literal_eval(parameter)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return parameter
    return value if isinstance(value, str) else parameter


def read_suite(path: Path) -> Suite:
    """The suite that asv last discovered, from its ``benchmarks.json``.

    Raises:
        DataError: the file is missing, damaged or of another format; asv rewrites it on each run.
    """
    again = "run `asv run --bench just-discover` to write it anew"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content.pop("version") != FORMAT:
            raise DataError(f"{path} is of a format that this cnnfc does not know: update cnnfc")
        return Suite({name: _benchmark(name, entry) for name, entry in content.items()})
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}): {again}") from None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise DataError(f"{path} is not asv's list of benchmarks ({error}): {again}") from None


def _benchmark(name: str, entry: Mapping[str, Any]) -> Benchmark:
    return Benchmark(
        name=name,
        parameter_names=tuple(str(parameter) for parameter in entry["param_names"]),
        params=tuple(tuple(str(value) for value in values) for values in entry["params"]),
        version=entry.get("version"),
        rounds=max(1, int(entry.get("rounds", 1))),
        seconds=_seconds(entry),
    )


def _seconds(entry: Mapping[str, Any]) -> float:
    """How long one process of a benchmark is likely to take, before any was seen.

    asv warms up for ``warmup_time`` and then takes up to 5 values of ``sample_time`` each (5 is
    its default number in a benchmark with several rounds), for benchmarks of type ``time``;
    0.15 s go to the start of a process and to building what is measured.
    """
    if entry.get("type") != "time":
        return 0.5
    warmup = float(entry.get("warmup_time", -1))
    return 0.15 + (0.1 if warmup < 0 else warmup) + 5 * float(entry.get("sample_time", 0.01))
