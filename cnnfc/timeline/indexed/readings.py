"""Makes a group of series, as `cnnfc.timeline.arrange` does, of the tracks of an index.

It has what changes are found in: of a point its version and when it was measured, of its summary
centre and interval.  What else is said of a value stays in the result files.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from cnnfc.analysis.changepoints.steps import Course
from cnnfc.analysis.summary import Summary
from cnnfc.history.hardware import record_for
from cnnfc.history.index.columns import OUTCOMES
from cnnfc.history.index.groups import IndexedGroup
from cnnfc.history.index.records import RunKey
from cnnfc.history.index.times import from_ms
from cnnfc.machine.schema import HardwareRecord
from cnnfc.records import BenchmarkInfo, Outcome, Point, Run
from cnnfc.timeline.courses import Followed
from cnnfc.timeline.indexed.tracks import Track, Tracks
from cnnfc.timeline.series import Group, Reading, Series


@dataclass(frozen=True)
class BareRun(Run):
    """A run without its points, which says itself when the first of them was measured."""

    begun_at: datetime | None = None

    @property
    def started_at(self) -> datetime | None:
        return self.begun_at


@dataclass(frozen=True)
class Around:
    """What is known of a history beside its result files.

    Attributes:
        benchmarks: What is known of each benchmark, by name.
        records: Hardware records by commit and environment.
    """

    benchmarks: Mapping[str, BenchmarkInfo]
    records: Mapping[RunKey, Sequence[HardwareRecord]]

    def info(self, benchmark: str) -> BenchmarkInfo:
        """What is known of `benchmark`; what its name says at least."""
        return self.benchmarks.get(benchmark, BenchmarkInfo(benchmark))


def follow_tracks(
    group: IndexedGroup,
    tracks: Tracks,
    courses: Sequence[tuple[Track, Course]],
    around: Around,
) -> tuple[Group, tuple[Followed, ...]]:
    """A group with its series by name and parameters, and each of them with its course.

    Args:
        group: Which group.
        tracks: Its series.
        courses: Those of `tracks` that have a value, each with its course; others are left out.
        around: What else is known.
    """
    runs = tuple(_runs(tracks))
    series: dict[str, list[Series]] = {}
    followed = []
    known = cache(_moment)  # those of one benchmark in one run are the same
    for track, course in sorted(courses, key=lambda one: (one[0].benchmark, one[0].parameters)):
        readings: list[Reading | None] = [None] * len(runs)
        for place, reading in _readings(track, tracks.versions, runs, known):
            readings[place] = reading
        one = Series(
            around.info(track.benchmark),
            track.parameters,
            tuple(readings),
            OUTCOMES[track.outcome],
            track.other_versions,
        )
        series.setdefault(track.benchmark, []).append(one)
        followed.append(Followed(one, tuple(track.commit.tolist()), course))
    records = tuple(
        record_for(run, around.records.get((run.commit, run.environment), ())) for run in runs
    )
    by_name = {name: tuple(many) for name, many in series.items()}
    return Group(group.machine, group.environment, runs, by_name, records), tuple(followed)


def _runs(tracks: Tracks) -> Iterator[Run]:
    for run, start in zip(tracks.runs, tracks.starts(), strict=True):
        yield BareRun(**vars(run.head.run), begun_at=None if start is None else from_ms(start))


def _readings(
    track: Track,
    versions: Sequence[str],
    runs: Sequence[Run],
    moment: Callable[[int], datetime | None],
) -> Iterator[tuple[int, Reading]]:
    """Each value of `track` with the place of its run."""
    values = zip(
        track.commit.tolist(),
        track.centre.tolist(),
        track.low.tolist(),
        track.high.tolist(),
        track.n.tolist(),
        track.version.tolist(),
        track.started_at.tolist(),
        strict=True,
    )
    for place, centre, low, high, n, version, start in values:
        point = Point(
            track.benchmark,
            track.parameters,
            Outcome.MEASURED,
            value=centre,
            version=None if version < 0 else versions[version],
            started_at=moment(start),
        )
        known = not math.isnan(low)
        summary = Summary(centre, low if known else None, high if known else None, None, n)
        yield place, Reading(runs[place], point, summary)


def _moment(ms: int) -> datetime | None:
    return None if ms < 0 else from_ms(ms)
