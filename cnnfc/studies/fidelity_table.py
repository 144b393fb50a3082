"""Sums the fidelity study up: ratios of the suite to independent timers, and how many agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from cnnfc.analysis.ratios import Ratio, ratio_of_pairs
from cnnfc.analysis.summary import median
from cnnfc.studies.study import Point
from cnnfc.studies.text import percent, table
from cnnfc.units import format_value

#: Most a ratio may be away from 1 to count as equal.
GOAL: Final = 0.01
#: What the suite is compared with, by its name in a point.
REFERENCES: Final = {
    "same": "torch.utils.benchmark of the same layer",
    "plain": "torch.utils.benchmark of a plain layer",
}
#: The numbers of accelerators: functions of `cnnfc.measure.api` and of `event_timers` alike.
QUANTITIES: Final = ("device_time", "throughput", "host_latency")


def tabulate(settings: Mapping[str, Any], points: Mapping[str, Point]) -> list[str]:
    """A row a case and device, then what share of them agrees."""
    lines: list[str] = []
    for device in settings["devices"]:
        found = {case: points.get(f"{device} {case}", {}) for case in settings["cases"]}
        for reason in sorted({str(p["skipped"]) for p in found.values() if "skipped" in p}):
            lines += [f"{device}: not measured, {reason}", ""]
        measured = {case: point for case, point in found.items() if "suite" in point}
        if measured:
            lines += [device, *table(_HEAD, [_row(*item) for item in measured.items()])]
            for side, title in REFERENCES.items():
                lines.append(_verdict(title, [_ratio(point, side) for point in measured.values()]))
            lines.append("")
        lines += _events_table(device, settings["cases"], points)
    return lines[:-1]


def _events_table(device: str, cases: Sequence[str], points: Mapping[str, Point]) -> list[str]:
    """Device time, throughput and host latency of accelerators; nothing for CPUs."""
    rows, ratios = [], []
    for case in cases:
        point = points.get(f"{device} {case} events", {})
        for quantity in QUANTITIES:
            if quantity in point:
                suite, reference = (point[quantity][side] for side in ("suite", "reference"))
                ratio = ratio_of_pairs(suite, reference)
                ratios.append(ratio)
                seconds = format_value(median(sorted(suite)), "seconds")
                rows.append((case, quantity.replace("_", " "), seconds, *_cells(ratio)))
    if not rows:
        return []
    head = ("case", "quantity", "suite", "reference", "interval")
    return [
        f"{device}, by events",
        *table(head, rows),
        _verdict("event timers of the same layer", ratios),
        "",
    ]


_HEAD: Final = ("case", "suite", "same layer", "interval", "plain layer", "interval")


def _row(case: str, point: Point) -> tuple[str, ...]:
    cells = [case, format_value(median(sorted(point["suite"])), "seconds")]
    for side in REFERENCES:
        cells += _cells(_ratio(point, side))
    return tuple(cells)


def _cells(ratio: Ratio) -> tuple[str, str]:
    interval = "none" if ratio.low is None else f"{ratio.low:.4f} to {ratio.high:.4f}"
    return f"{ratio.centre:.4f}", interval


def _ratio(point: Point, side: str) -> Ratio:
    return ratio_of_pairs(point["suite"], point[side])


def _verdict(title: str, ratios: Sequence[Ratio]) -> str:
    near = sum(abs(ratio.centre - 1) <= GOAL for ratio in ratios)
    apart = sum(
        ratio.low is not None
        and ratio.high is not None
        and (ratio.low > 1 + GOAL or ratio.high < 1 - GOAL)
        for ratio in ratios
    )
    worst = max(ratios, key=lambda ratio: abs(ratio.centre - 1))
    return (
        f"suite against {title}: {near} of {len(ratios)} cases within {percent(GOAL)}, "
        f"{apart} farther with their whole interval, the farthest {worst.centre:.4f} "
        f"({ratios[0].n} pairs a case)"
    )
