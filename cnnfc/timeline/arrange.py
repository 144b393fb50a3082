"""Arranges the runs of a history into groups of series."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from datetime import datetime

from cnnfc.analysis.summary import summarise
from cnnfc.history.hardware import record_for
from cnnfc.history.results import History
from cnnfc.records import BenchmarkInfo, Outcome, Point, Run
from cnnfc.timeline.moments import moment_of
from cnnfc.timeline.series import Group, Reading, Series


def arrange(history: History) -> tuple[Group, ...]:
    """The groups of `history`, by machine and environment."""
    found: dict[tuple[str, str], list[Run]] = {}
    for run in history.runs:
        found.setdefault((run.machine, run.environment), []).append(run)
    return tuple(
        _group(machine, environment, runs, history)
        for (machine, environment), runs in sorted(found.items())
    )


def _group(machine: str, environment: str, runs: list[Run], history: History) -> Group:
    merged = _one_a_commit(runs)
    order: dict[str, dict[tuple[str, ...], list[Reading | None]]] = {}
    outcomes: dict[tuple[str, tuple[str, ...]], Outcome] = {}
    versions = _current_versions(merged)
    other_versions: Counter[tuple[str, tuple[str, ...]]] = Counter()
    # The newest run knows the suite's own order best, so its points come first.
    for index in range(len(merged) - 1, -1, -1):
        for point in merged[index].points:
            rows = order.setdefault(point.benchmark, {})
            readings = rows.setdefault(point.parameters, [None] * len(merged))
            outcomes.setdefault((point.benchmark, point.parameters), point.outcome)
            summary = summarise(point) if point.outcome is Outcome.MEASURED else None
            if summary is None or not math.isfinite(summary.centre):
                continue
            # Another version measures something else under the same name.
            if point.version not in (None, versions.get(point.benchmark)):
                other_versions[point.benchmark, point.parameters] += 1
            else:
                readings[index] = Reading(merged[index], point, summary)
    series = {
        name: tuple(
            Series(
                history.benchmarks.get(name, BenchmarkInfo(name)),
                parameters,
                tuple(readings),
                outcomes[name, parameters],
                other_versions[name, parameters],
            )
            for parameters, readings in rows.items()
        )
        for name, rows in sorted(order.items())
    }
    records = tuple(record_for(run, history.hardware) for run in merged)
    return Group(machine, environment, tuple(merged), series, records)


def _current_versions(runs: list[Run]) -> dict[str, str]:
    """The version of each benchmark that was measured last, which its values are to have.

    By the clock, not by the order of commits: today's suite may measure an old commit alone, and
    what it measures there is current.  Of points that were measured at the same time, or that do
    not say when, the one of the newest commit counts.
    """
    latest: dict[str, tuple[datetime, str]] = {}
    for run in runs:  # the oldest commit first
        for point in run.points:
            if point.version is None or point.outcome is not Outcome.MEASURED:
                continue
            moment = moment_of(point.started_at)
            if point.benchmark not in latest or moment >= latest[point.benchmark][0]:
                latest[point.benchmark] = moment, point.version
    return {name: version for name, (_, version) in latest.items()}


def _one_a_commit(runs: list[Run]) -> list[Run]:
    """One run a commit, the oldest commit first.

    Folders of one machine under two names can give two files for a commit: of each point the one
    that was measured, and measured last, counts.
    """
    commits: dict[str, list[Run]] = {}
    for run in sorted(
        runs, key=lambda run: (moment_of(run.commit_date), moment_of(run.started_at))
    ):
        commits.setdefault(run.commit, []).append(run)
    return [same[0] if len(same) == 1 else _merge(same) for same in commits.values()]


def _merge(runs: list[Run]) -> Run:
    points: dict[tuple[str, tuple[str, ...]], Point] = {}
    for run in runs:
        for point in run.points:
            key = (point.benchmark, point.parameters)
            if key not in points or point.outcome is Outcome.MEASURED:
                points[key] = point
    return replace(runs[-1], points=tuple(points.values()))
