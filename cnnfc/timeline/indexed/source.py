"""Looks through a folder of results by its index, which has read every file already."""

from __future__ import annotations

from cnnfc.history.index.index import Index
from cnnfc.history.index.numbers import SeriesKey
from cnnfc.history.index.questions import last_versions, measured_marks
from cnnfc.timeline.series import as_layer
from cnnfc.timeline.table.source import Head, Source, Versions, nothing_readable


def source_of(index: Index) -> Source:
    """What `cnnfc.timeline.table.source.look_through` says of the same results.

    It can be used when the index is closed again.

    Raises:
        DataError: No result in them can be read.
    """
    problems = index.problems
    if not index.runs:
        of_results = problems[: len(problems) - len(index.records.problems)]
        raise nothing_readable(index.results, of_results)
    devices = measured_marks(index, _device)
    heads = tuple(
        Head(
            machine=one.head.run.machine,
            environment=one.head.run.environment,
            commit=one.head.run.commit,
            commit_date=one.head.run.commit_date,
            started_at=one.head.started_at,
            measured=one.head.measured,
            devices=devices.get(one.file, frozenset()),
            place=one.place,
        )
        for one in index.runs
    )
    return Source(heads, index.benchmarks, _versions(index), index.records, problems)


def _device(key: SeriesKey) -> str | None:
    layer = as_layer(*key)
    return None if layer is None else str(layer.device)


def _versions(index: Index) -> Versions:
    versions = Versions()
    for found in last_versions(index):
        started = (found.started_at, found.run.head.started_at)
        versions.see_one(found.run.head.run, found.benchmark, found.version, started)
    return versions
