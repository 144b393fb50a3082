"""Sums the runs of the steadiness study up: by statistic, by number of rounds, by condition."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from cnnfc.analysis.agreement import STATISTICS, Processes, differences
from cnnfc.analysis.ratios import geometric_mean
from cnnfc.analysis.summary import median, quantile
from cnnfc.studies.study import Point
from cnnfc.studies.text import percent, table
from cnnfc.units import format_value

#: Two runs of the same code should differ by no more.
LIMIT: Final = 0.03
#: Rounds that conditions are compared with: as many as a standard run has.
ROUNDS: Final = 3
_LOADS: Final = ("quiet", "busy")
_HEAD: Final = ("typical", "95% of pairs", "largest", f"within {percent(LIMIT)}")


def tabulate(settings: Mapping[str, Any], points: Mapping[str, Point]) -> list[str]:
    """How far two runs of the same code are apart: the larger over the smaller, less 1."""
    runs = _Runs(points)
    titles = {name: entry["title"] for name, entry in settings["conditions"].items()}
    lines = []
    for device in settings["devices"]:
        cases = [f"{device} {case}" for case in settings["cases"]]
        for load in _LOADS:
            count = len(runs.of("suite", load))
            if count < 2:
                continue
            lines += [f"{device}, {load}: {count} runs of {ROUNDS} rounds, by statistic"]
            rows = [(name, *_cells(runs.apart(cases, "suite", load, name))) for name in STATISTICS]
            lines += [*table(("statistic", *_HEAD), rows), ""]
        lines += _by_rounds(runs, device, cases)
        lines += _by_condition(runs, device, cases, titles)
        lines += _by_case(runs, device, cases)
    return (
        [*lines, *_verdict(runs, settings)] if lines else ["too few runs to compare: two at least"]
    )


class _Runs:
    """The values of all runs, by condition and load."""

    def __init__(self, points: Mapping[str, Point]) -> None:
        self._points = {key: point["values"] for key, point in points.items() if "values" in point}

    def of(self, condition: str, load: str) -> list[Mapping[str, list[list[float]]]]:
        prefix = f"{condition} {load} "
        return [values for key, values in self._points.items() if key.startswith(prefix)]

    def results(
        self,
        case: str,
        condition: str,
        load: str,
        statistic: str,
        *,
        rounds: int = ROUNDS,
        most: int | None = None,
    ) -> list[float]:
        """One number a run, of the first `most` runs."""
        sum_up = STATISTICS[statistic]
        processes: list[Processes] = [
            values[case][:rounds] for values in self.of(condition, load)[:most] if case in values
        ]
        return [sum_up(values) for values in processes]

    def apart(
        self,
        cases: Sequence[str],
        condition: str,
        load: str,
        statistic: str,
        *,
        rounds: int = ROUNDS,
        most: int | None = None,
    ) -> list[float]:
        """How far any two runs are apart, of every case."""
        return [
            difference
            for case in cases
            for difference in differences(
                self.results(case, condition, load, statistic, rounds=rounds, most=most)
            )
        ]


def _cells(apart: Sequence[float]) -> tuple[str, ...]:
    if not apart:
        return ("none",) * len(_HEAD)
    ordered = sorted(apart)
    return (
        percent(median(ordered)),
        percent(quantile(ordered, 0.95)),
        percent(ordered[-1]),
        percent(share_within(ordered)),
    )


def share_within(apart: Sequence[float], limit: float = LIMIT) -> float:
    """The share of differences of at most `limit`; NaN of none."""
    return sum(value <= limit for value in apart) / len(apart) if apart else math.nan


def _by_rounds(runs: _Runs, device: str, cases: Sequence[str]) -> list[str]:
    rows = []
    for load in _LOADS:
        if len(runs.of("suite", load)) < 2:
            continue
        most = max((len(v) for run in runs.of("suite", load) for v in run.values()), default=0)
        for rounds in range(1, most + 1):
            for statistic in ("median", "minimum"):
                apart = runs.apart(cases, "suite", load, statistic, rounds=rounds)
                rows.append((f"{rounds}", load, statistic, *_cells(apart)))
    if not rows:
        return []
    head = ("rounds", "load", "statistic", *_HEAD)
    return [f"{device}, what more rounds buy", *table(head, rows), ""]


def _by_condition(
    runs: _Runs, device: str, cases: Sequence[str], titles: Mapping[str, str]
) -> list[str]:
    """Each condition by as many runs as all of them have: the largest of more grows by itself."""
    rows = []
    for load in _LOADS:
        counts = {name: len(runs.of(name, load)) for name in titles}
        most = min((count for count in counts.values() if count >= 2), default=0)
        for name, title in titles.items():
            apart = runs.apart(cases, name, load, "median", most=most)
            if counts[name] >= 2:
                level = f"{_level(runs, cases, name, load):.3f}"
                rows.append((title, load, str(most), *_cells(apart), level))
    if not rows:
        return []
    head = ("condition", "load", "runs", *_HEAD, "level")
    note = "level: medians over those of the suite when quiet, geometric mean over the cases"
    return [f"{device}, what each measure buys (median)", *table(head, rows), note, ""]


def _level(runs: _Runs, cases: Sequence[str], name: str, load: str) -> float:
    ratios = []
    for case in cases:
        here = runs.results(case, name, load, "median")
        suite = runs.results(case, "suite", "quiet", "median")
        if here and suite:
            ratios.append(median(sorted(here)) / median(sorted(suite)))
    return geometric_mean(ratios)


def _by_case(runs: _Runs, device: str, cases: Sequence[str]) -> list[str]:
    rows = []
    for case in cases:
        results = runs.results(case, "suite", "quiet", "median")
        if len(results) < 2:
            continue
        typical = format_value(median(sorted(results)), "seconds")
        rows.append((case.partition(" ")[2], typical, *_cells(differences(results))))
    if not rows:
        return []
    return [f"{device}, quiet, by case (median)", *table(("case", "median", *_HEAD), rows), ""]


def _verdict(runs: _Runs, settings: Mapping[str, Any]) -> list[str]:
    lines = []
    for device in settings["devices"]:
        cases = [f"{device} {case}" for case in settings["cases"]]
        for load in _LOADS:
            shares = {
                name: share_within(runs.apart(cases, "suite", load, name)) for name in STATISTICS
            }
            if any(map(math.isnan, shares.values())):
                continue
            best = max(shares, key=shares.__getitem__)
            steady = sum(_is_steady(runs, case, load) for case in cases)
            lines.append(
                f"{device}, {load}: two runs agree within {percent(LIMIT)} for "
                f"{percent(shares['median'])} of case and pair by the median, "
                f"for {percent(shares[best])} by the best statistic ({best}); "
                f"by the median {steady} of {len(cases)} cases typically do"
            )
    return lines


def _is_steady(runs: _Runs, case: str, load: str) -> bool:
    """Whether half of all pairs of runs agree."""
    apart = sorted(differences(runs.results(case, "suite", load, "median")))
    return bool(apart) and median(apart) <= LIMIT
