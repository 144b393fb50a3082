"""Finds the steps of many series, each once: what was found is kept by what it was found in."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import numpy as np

from cnnfc.analysis.changepoints.steps import Course, Segment, Step, find_steps
from cnnfc.history.index.columns import Floats
from cnnfc.machine.helpers import Helpers
from cnnfc.timeline.courses import Detect
from cnnfc.timeline.indexed.program import program
from cnnfc.timeline.indexed.tracks import Track

#: Values in all, above which other processes help: a start takes each of them 0.3 s, and a series
#: takes about 10 microseconds a value.
_WORTH_HELP: Final = 50_000
#: Values that are handed over at once.
_CHUNK: Final = 5_000

#: Columns, which are cheaper to hand over than lists: centre, low and high.
_Job = tuple[Floats, Floats, Floats]


def find_courses(
    tracks: Sequence[Track], kept: Mapping[str, bytes], helpers: Helpers | None = None
) -> tuple[list[Course], dict[str, bytes]]:
    """The course of every track, from what is `kept` where that knows it.

    Returns:
        The courses in the order of `tracks`, and what is to be kept in place of `kept`.
    """
    jobs = [(track.centre, track.low, track.high) for track in tracks]
    keys = [_key(job) for job in jobs]
    courses: dict[str, Course] = {}
    for key in keys:
        if key in kept and key not in courses:
            found = _parse(kept[key])
            if found is not None:
                courses[key] = found
    missing = {key: job for key, job in zip(keys, jobs, strict=True) if key not in courses}
    courses.update(zip(missing, _find(list(missing.values()), helpers), strict=True))
    new = {key: _to_bytes(courses[key]) for key in missing}
    old = {key: kept[key] for key in courses if key not in new}
    return [courses[key] for key in keys], {**old, **new}


def find_each(tracks: Sequence[Track], detect: Detect) -> list[Course]:
    """The course of every track as `detect` finds it."""
    return [detect(track.centre.tolist(), _intervals(track.low, track.high)) for track in tracks]


class Courses:
    """A detector that searches nothing twice; it is a `cnnfc.timeline.courses.Detect`.

    What it says is what `find_steps` says.  A series is recognised by its values and intervals, so
    it does not matter whose they are, nor where what was kept comes from.

    Attributes:
        used: What it was asked for so far, to be kept in place of the parameter `kept`.
    """

    def __init__(self, kept: Mapping[str, bytes], helpers: Helpers | None = None) -> None:
        self.used: dict[str, bytes] = {}
        self._kept, self._helpers = kept, helpers

    def of_tracks(self, tracks: Sequence[Track]) -> list[Course]:
        """The course of every track; `helpers` take part where there is much to search."""
        found, used = find_courses(tracks, {**self._kept, **self.used}, self._helpers)
        self.used.update(used)
        return found

    def __call__(
        self, values: Sequence[float], intervals: Sequence[tuple[float, float] | None] = ()
    ) -> Course:
        """The course of a series, as `find_steps` gives it."""
        job = _job(values, intervals)
        key = _key(job)
        content = self.used.get(key) or self._kept.get(key)
        course = None if content is None else _parse(content)
        if content is None or course is None:
            course = find_steps(values, intervals)
            content = _to_bytes(course)
        self.used[key] = content
        return course


def _job(values: Sequence[float], intervals: Sequence[tuple[float, float] | None]) -> _Job:
    pairs = [pair or (math.nan, math.nan) for pair in intervals or [None] * len(values)]
    low, high = np.array(pairs, np.float64).reshape(-1, 2).T
    return np.array(values, np.float64), low, high


def _find(jobs: Sequence[_Job], helpers: Helpers | None) -> list[Course]:
    """`find_steps` of every job, with help where that is worth it."""
    if helpers is None or sum(len(centre) for centre, _, _ in jobs) < _WORTH_HELP:
        return _find_all(jobs)
    return [course for found in helpers.each(_find_all, _chunks(jobs)) for course in found]


def _chunks(jobs: Iterable[_Job]) -> list[list[_Job]]:
    chunks: list[list[_Job]] = [[]]
    size = 0
    for job in jobs:
        if size >= _CHUNK:
            chunks.append([])
            size = 0
        chunks[-1].append(job)
        size += len(job[0])
    return chunks


def _find_all(jobs: Sequence[_Job]) -> list[Course]:
    return [find_steps(centre.tolist(), _intervals(low, high)) for centre, low, high in jobs]


def _intervals(low: Floats, high: Floats) -> list[tuple[float, float] | None]:
    """Both ends of each interval; None where there is none."""
    pairs = zip(low.tolist(), high.tolist(), strict=True)
    return [None if math.isnan(below) else (below, above) for below, above in pairs]


def _key(job: _Job) -> str:
    """Names what a course is found in, and what finds it."""
    digest = hashlib.blake2b(program("analysis").encode(), digest_size=16)
    for column in job:
        digest.update(column.tobytes())
    return digest.hexdigest()


def _to_bytes(course: Course) -> bytes:
    fields = [
        [[s.start, s.stop, s.centre, s.low, s.high] for s in course.segments],
        [[s.index, s.earliest, s.latest, s.ratio, s.low, s.high, s.p_value] for s in course.steps],
        course.spread,
        course.autocorrelation,
        course.enough,
    ]
    return json.dumps(fields).encode()


def _parse(content: bytes) -> Course | None:
    """The course that `_to_bytes` has written; None for anything else."""
    try:
        segments, steps, spread, autocorrelation, enough = json.loads(content)
        return Course(
            tuple(Segment(*fields) for fields in segments),
            tuple(Step(*fields) for fields in steps),
            spread,
            autocorrelation,
            enough=enough,
        )
    except (TypeError, ValueError, RecursionError):
        return None
