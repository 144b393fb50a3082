"""Finds the changes of a history by its index, and only where something is new since the last time.

What is found in a group is kept by all that it was found in: the content of the result files, what
else is said of their benchmarks and machines, and the source of this program.  Where one of these
differs, the group is looked through again; series that are as they were keep their courses.

What is found is what `cnnfc.timeline.changes.look_for_changes` finds in a `History`.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from cnnfc.analysis.changepoints.steps import Course, find_steps
from cnnfc.history.index.groups import IndexedGroup
from cnnfc.history.index.identity import digest_of
from cnnfc.history.index.index import Index
from cnnfc.machine.helpers import Helpers
from cnnfc.timeline.changes import Found, changes_in
from cnnfc.timeline.courses import Detect
from cnnfc.timeline.indexed import kept_changes
from cnnfc.timeline.indexed.courses import Courses, find_each
from cnnfc.timeline.indexed.program import program
from cnnfc.timeline.indexed.readings import Around, follow_tracks
from cnnfc.timeline.indexed.tracks import Track, Tracks

#: What is kept of a group: the courses of its series, and the changes in them.
_COURSES: Final = "courses"
_CHANGES: Final = "changes"
#: Courses of series that are in no group are kept under this name.
_OTHERS: Final = "courses of others"


def changes_by_group(
    index: Index,
    machines: Collection[str] = (),
    detect: Detect = find_steps,
    helpers: Helpers | None = None,
) -> Iterator[Found]:
    """What is to be found in each group of `index`, for `cnnfc.timeline.changes.join`.

    Args:
        index: Of results; its summariser must be `cnnfc.timeline.indexed.centres.Summaries`.
        machines: Only groups of these; of all machines if none is named.
        detect: Finds the steps of a series.  What another one than `find_steps` finds is not kept.
        helpers: Take part in searching where there is much to search.
    """
    around = Around(index.benchmarks, index.records)
    for group in index.groups:
        if machines and group.machine not in machines:
            continue
        if detect is find_steps:
            yield _kept_or_found(index, group, around, helpers)
        else:
            tracks = Tracks(index.series(group))
            some = _with_values(tracks)
            yield _found(group, tracks, (some, find_each(some, detect)), detect, around)


@contextmanager
def kept_courses(index: Index) -> Iterator[Courses]:
    """A detector for series of the same results that somebody has read into objects.

    It knows what was found in the groups of `index`; what else it is asked for is kept too, if
    nothing is raised meanwhile.
    """
    of_groups = {
        key: value
        for group in index.groups
        for key, value in index.kept(group.scope(_COURSES)).items()
    }
    own = index.kept(_OTHERS)
    courses = Courses({**own, **of_groups})
    yield courses
    used = {key: value for key, value in courses.used.items() if key not in of_groups}
    if used != own:
        index.keep(_OTHERS, used)


def _kept_or_found(
    index: Index, group: IndexedGroup, around: Around, helpers: Helpers | None
) -> Found:
    scope, stamp = group.scope(_CHANGES), _stamp(index, group)
    content = index.kept(scope).get(stamp)
    found = None if content is None else kept_changes.parse(content, around.benchmarks)
    if found is not None:
        return found
    tracks = Tracks(index.series(group))
    some = _with_values(tracks)
    known = index.kept(group.scope(_COURSES))
    courses = Courses(known, helpers)
    found = _found(group, tracks, (some, courses.of_tracks(some)), courses, around)
    if courses.used != known:
        index.keep(group.scope(_COURSES), courses.used)
    infos = {track.benchmark: around.info(track.benchmark) for track in some}
    index.keep(scope, {stamp: kept_changes.to_bytes(found, infos)})
    return found


def _found(
    group: IndexedGroup,
    tracks: Tracks,
    searched: tuple[Sequence[Track], Sequence[Course]],
    detect: Detect,
    around: Around,
) -> Found:
    """The changes of a group, of whose tracks those with a value were `searched`."""
    some, courses = searched
    too_short = sum(not course.enough for course in courses)
    # Objects are made only where there is a change to explain.
    if not any(course.steps for course in courses):
        return Found((), len(some), too_short)
    whole, followed = follow_tracks(group, tracks, tuple(zip(some, courses, strict=True)), around)
    return Found(tuple(changes_in(whole, followed, detect)), len(some), too_short)


def _with_values(tracks: Tracks) -> list[Track]:
    return [track for track in tracks if len(track.commit)]


def _stamp(index: Index, group: IndexedGroup) -> str:
    """The same as long as everything is that changes are found in, but for the benchmarks."""
    runs = [run.head.run for run in group.runs]
    described = [run for run in runs if (run.commit, run.environment) in index.records]
    about = index.records.digest({(run.commit, run.environment): None for run in described})
    facts = [dict(run.machine_facts) for run in described]
    return digest_of(json.dumps([program(), group.fingerprint, about, facts]).encode())
