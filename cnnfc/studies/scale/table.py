"""Sums the study of scale up: seconds and memory by size, beside asv, and what became of goals."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, Final

from cnnfc.studies.scale.measured import RUNS, Measured, exponent
from cnnfc.studies.study import Point
from cnnfc.studies.text import table

#: Parts of our program, in their order.
_PARTS: Final = ("index", "columns", "change points", "report data", "suite")
#: Goals: times as fast as asv, by run; the size that goals are for; the rest as in the text.
FASTER: Final = {"cold": 5, "nothing new": 50}
SIZE: Final = "1e6"
MOST_BYTES: Final = 2**30
MOST_SECONDS: Final = 2
MOST_EXPONENT: Final = 1.1


def tabulate(settings: Mapping[str, Any], points: Mapping[str, Point]) -> list[str]:
    """A row a size, where the time goes, and what became of the goals."""
    measured = Measured.by_size(list(settings["sizes"]), points)
    if not measured:
        return ["nothing is measured yet"]
    return [
        *table(("values", "asv publish", *RUNS, "memory, cold", "asv's"), _rows(measured)),
        "medians of seconds; memory is the most of any round",
        "",
        *table(("seconds by part", *_PARTS, "start, end"), _parts(measured)),
        "",
        *table(("cnnfc changes", *RUNS, "memory, cold"), _changes(measured)),
        "",
        *(f"{n} values: no asv publish: {why}" for n, m in measured.items() for why in m.skipped),
        *_goals(measured, settings),
    ]


def _rows(measured: Mapping[str, Measured]) -> list[tuple[str, ...]]:
    return [
        (
            name,
            *(_seconds(found.wall(run)) for run in ("asv", *RUNS)),
            *(_megabytes(found.peak(run)) for run in ("cold", "asv")),
        )
        for name, found in measured.items()
    ]


def _parts(measured: Mapping[str, Measured]) -> list[tuple[str, ...]]:
    return [
        (
            f"{name} {run}",
            *(_seconds(found.part(run, part)) for part in _PARTS),
            _seconds(found.rest(run)),
        )
        for name, found in measured.items()
        for run in RUNS
    ]


def _changes(measured: Mapping[str, Measured]) -> list[tuple[str, ...]]:
    return [
        (
            name,
            *(_seconds(found.changes(run)) for run in RUNS),
            _megabytes(found.changes_peak("cold")),
        )
        for name, found in measured.items()
    ]


def _goals(measured: Mapping[str, Measured], settings: Mapping[str, Any]) -> Iterator[str]:
    """A line a goal whose numbers are there."""
    found = measured.get(SIZE)
    if found is not None:
        for run, goal in FASTER.items():
            times = found.wall("asv") / found.wall(run)
            if not math.isnan(times):
                what = f"{run} at {SIZE}: {times:.1f} times as fast as asv publish"
                yield _verdict(what, f"at least {goal}", reached=times >= goal)
        most = max(found.peak(run) for run in RUNS)
        what = f"memory at {SIZE}: {_megabytes(most)}"
        yield _verdict(what, f"under {_megabytes(MOST_BYTES)}", reached=most < MOST_BYTES)
        seconds = found.wall("one new")
        what = f"one new file at {SIZE}: {_seconds(seconds)}"
        yield _verdict(what, f"under {MOST_SECONDS} s", reached=seconds < MOST_SECONDS)
    if len(measured) > 1:
        values = {
            name: size["machines"] * size["commits"] * settings["series"]
            for name, size in settings["sizes"].items()
        }
        slope = exponent([(values[name], found.wall("cold")) for name, found in measured.items()])
        what = f"cold, seconds grow as the number of values to the power of {slope:.2f}"
        yield _verdict(what, f"at most {MOST_EXPONENT}", reached=slope <= MOST_EXPONENT)


def _verdict(what: str, goal: str, *, reached: bool) -> str:
    return f"{what} (goal: {goal}; {'reached' if reached else 'missed'})"


def _seconds(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.2f} s" if value < 100 else f"{value:.0f} s"


def _megabytes(value: float) -> str:
    return "" if math.isnan(value) else f"{value / 2**20:.0f} MiB"
