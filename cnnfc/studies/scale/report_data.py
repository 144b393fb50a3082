"""Lays out what a report draws of a group: one compact JSON text a benchmark.

It says the same as the graphs of ``asv publish`` (commit and value of every series) and more: the
interval of each value and the steps.  Numbers are whole multiples of a unit of the series, each
less the one before, as that is short to write and quick to read (`SCHEMA` names the fields).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, Final

import numpy as np

from cnnfc.analysis.changepoints.steps import Course
from cnnfc.history.index.columns import Floats, Integers
from cnnfc.timeline.indexed.tracks import Track

#: What stands for what in the object of a series.
SCHEMA: Final = {
    "p": "parameters",
    "u": "unit: that of the benchmark divided by this",
    "c": "places of the commits, each less the one before",
    "v": "centres, each less the one before",
    "l": "distance of the lower end of the interval to the centre; -1 for none",
    "h": "distance of the upper end",
    "s": "steps: index, earliest, latest, ratio, low, high, p",
}
#: The unit of a series is its median divided by this: five digits, as asv's own statistics have.
_RESOLUTION: Final = 100_000
#: Larger numbers lose digits in a browser.
_MOST: Final = 2**53 - 1


def documents(tracks: Iterable[Track], courses: Sequence[Course]) -> dict[str, str]:
    """The JSON text of every benchmark, by its name."""
    found: dict[str, list[dict[str, Any]]] = {}
    for track, course in zip(tracks, courses, strict=True):
        if len(track.centre):
            found.setdefault(track.benchmark, []).append(_series(track, course))
    return {name: json.dumps(series, separators=(",", ":")) for name, series in found.items()}


def _series(track: Track, course: Course) -> dict[str, Any]:
    unit = float(np.median(np.abs(track.centre))) / _RESOLUTION or 1.0
    return {
        "p": track.parameters,
        "u": unit,
        "c": _differences(track.commit),
        "v": _differences(_whole(track.centre / unit)),
        "l": _whole((track.centre - track.low) / unit).tolist(),
        "h": _whole((track.high - track.centre) / unit).tolist(),
        "s": [
            [s.index, s.earliest, s.latest, *map(_digits, (s.ratio, s.low, s.high, s.p_value))]
            for s in course.steps
        ],
    }


def _whole(values: Floats) -> Integers:
    """Rounded; -1 for what is not known or not finite."""
    rounded = np.nan_to_num(np.rint(values), nan=-1, posinf=-1, neginf=-1)
    whole: Integers = np.clip(rounded, -_MOST, _MOST).astype(np.int64)
    return whole


def _differences(values: Integers) -> list[int]:
    differences: list[int] = np.diff(values, prepend=0).tolist()
    return differences


def _digits(value: float) -> float | None:
    return float(f"{value:.5g}") if np.isfinite(value) else None
