"""Tries the search of steps on drawn series: false alarms, delays, places, beside other tools.

Every cell of the grid is a kind of series (`cnnfc.studies.changes.trials.Cell`); every round adds
series to all of them, drawn from the cell's name and their number, so stopping at any time leaves
numbers of everything, and more rounds add to those that are there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from cnnfc.errors import UsageError
from cnnfc.studies.changes import trials
from cnnfc.studies.changes.table import tabulate
from cnnfc.studies.changes.tools import tools, versions
from cnnfc.studies.changes.trials import Cell, measure
from cnnfc.studies.study import Point, Request, Step

__all__ = ["Changes", "tabulate"]

#: Rounds if no number is asked for: 3,000 flat series and 300 steps of each kind.
ROUNDS: Final = 12
_LENGTHS: Final = (20, 30, 50, 100, 200, 500, 1000)
_OTHER_NOISES: Final = (
    "half autocorrelated",
    "heavy-tailed",
    "outliers",
    "bursts",
    "two modes",
    "louder",
)
_OTHER_LENGTHS: Final = (50, 200)
_SIZES: Final = (0.03, 0.05, 0.10, 0.20)
_BEFORE: Final = (20, 50, 100, 200)
#: Steps in other noise than independent noise of 2%: noise, values before, sizes, spread.
_OTHER_STEPS: Final[tuple[tuple[str, int, tuple[float, ...], float], ...]] = (
    ("independent", 50, _SIZES, 0.01),
    ("independent", 50, _SIZES, 0.05),
    ("autocorrelated", 100, (0.10, 0.20), 0.02),
    ("heavy-tailed", 100, (0.10,), 0.02),
    ("outliers", 100, (0.10,), 0.02),
)
_RAMPS: Final = (20, 50, 100)
#: Seconds that a value of a series takes, all tools together, roughly.
_SECONDS_A_VALUE: Final = 2e-5


class Changes:
    """See the module."""

    question = "How often is a change point false, and how soon is a real one found?"

    def __init__(self, request: Request) -> None:
        if request.devices or request.cases:
            raise UsageError("the study changes draws its series: leave --device and --case out")
        self._rounds = request.rounds or ROUNDS
        self._tools = tools()

    def settings(self) -> Mapping[str, Any]:
        return {
            "cells": [cell.name for cell in cells()],
            "looks": list(trials.LOOKS),
            "near": trials.NEAR,
            "flat_series": trials.FLAT_SERIES,
            "others_every": trials.OTHERS_EVERY,
            "series": trials.SERIES,
        }

    def steps(self) -> Sequence[Step]:
        made_by = ", ".join(f"{name} {version}" for name, version in versions().items())
        return [
            Step(f"{cell.name} {turn:03}", f"{cell.name} {turn:03}", _seconds(cell), made_by)
            for turn in range(1, self._rounds + 1)
            for cell in cells()
        ]

    def measure(self, step: Step) -> Point:
        name, _, turn = step.key.rpartition(" ")
        (cell,) = (cell for cell in cells() if cell.name == name)
        at = datetime.now(UTC).isoformat(timespec="seconds")
        found = measure(cell, int(turn), self._tools)
        return {"started_at": at, "cell": name, "tools": found}


def cells() -> list[Cell]:
    """All kinds of series, in the order in which they are measured."""
    found = [
        Cell("flat", noise, length)
        for noise in ("independent", "autocorrelated")
        for length in _LENGTHS
    ]
    found += [Cell("flat", noise, length) for noise in _OTHER_NOISES for length in _OTHER_LENGTHS]
    found += [Cell("step", "independent", before, size) for before in _BEFORE for size in _SIZES]
    found += [
        Cell("step", noise, before, size, spread)
        for noise, before, sizes, spread in _OTHER_STEPS
        for size in sizes
    ]
    found += [Cell("several", "independent", trials.SEVERAL_LENGTH)]
    return found + [Cell("ramp", "independent", span, 0.10) for span in _RAMPS]


def _seconds(cell: Cell) -> float:
    if cell.kind == "flat":
        return trials.FLAT_SERIES * cell.length * _SECONDS_A_VALUE
    if cell.kind == "step":
        return trials.SERIES * (cell.length + 20) * 10 * 5 * _SECONDS_A_VALUE
    return trials.SERIES * 200 * 5 * _SECONDS_A_VALUE
