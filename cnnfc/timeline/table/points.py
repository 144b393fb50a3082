"""Makes the rows of the table of everything measured (`table_columns`), run by run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import astuple
from datetime import datetime
from functools import lru_cache

from cnnfc.analysis.summary import summarise
from cnnfc.records import BenchmarkInfo, Point, Run
from cnnfc.timeline.series import as_layer
from cnnfc.timeline.table.facts import facts_of
from cnnfc.timeline.table.names import family_of, named
from cnnfc.timeline.table.schema import Row, integer, moment, number, text
from cnnfc.timeline.table.source import Source


def rows_of(
    run: Run,
    source: Source,
    *,
    samples: bool = False,
    keep: Callable[[str, tuple[str, ...]], object] | None = None,
) -> Iterator[Row]:
    """The rows of `run`, in the order of its file, cell by cell as `table_columns.columns` says.

    Args:
        run: A run of `source`.
        source: Where it is from.
        samples: One row a recorded value instead of one a point; a point without recorded values
            (skipped, failed, of one number, or of a run that did not keep them) has one row, in
            which the last two cells are None.
        keep: Says of a benchmark and its parameters whether they are wanted; by default all are.
    """
    facts = _Facts(run, source)
    start = (text(run.machine), text(run.environment), text(run.commit), moment(run.commit_date))
    for point in run.points:
        if keep is not None and not keep(point.benchmark, point.parameters):
            continue
        info = source.benchmarks.get(point.benchmark, BenchmarkInfo(point.benchmark))
        row: Row = (
            *start,
            moment(point.started_at),
            *_about(point.benchmark, point.parameters, info.parameter_names),
            *_measured(point, info),
            text(point.version),
            source.versions.is_current(run, point.benchmark, point.version),
            *facts.at(point.started_at),
        )
        if not samples:
            yield row
        elif not point.samples:
            yield (*row, None, None)
        else:
            for place, value in enumerate(point.samples):
                yield (*row, place, number(value))


class _Facts:
    """The facts of a run; one that was resumed has several records, each for some points."""

    def __init__(self, run: Run, source: Source) -> None:
        self._run, self._source = run, source
        self._known: dict[datetime | None, Row] = {}

    def at(self, started_at: datetime | None) -> Row:
        """Everything from python to hardware_file."""
        if started_at not in self._known:
            found = facts_of(self._run, self._source.record_for(self._run, started_at))
            *cells, record = astuple(found)
            self._known[started_at] = (*cells, text(self._run.path), record)
        return self._known[started_at]


# Few combinations come again in every run, and a case takes a while to put its name together.
@lru_cache(maxsize=100_000)
def _about(benchmark: str, parameters: tuple[str, ...], names: tuple[str, ...]) -> Row:
    """Benchmark, family, parameters, case and device."""
    layer = as_layer(benchmark, parameters)
    return (
        text(benchmark),
        text(family_of(benchmark, parameters)),
        named(names, parameters),
        None if layer is None else str(layer.case),
        None if layer is None else str(layer.device),
    )


def _measured(point: Point, info: BenchmarkInfo) -> Row:
    """Everything from outcome to repeat."""
    summary, unit = summarise(point), text(info.unit)
    if summary is None:
        unknown = (None,) * 6
        better = info.higher_is_better
        return (point.outcome.value, None, unit, *unknown, better, *unknown[:5])
    q25, q75 = point.quartiles or (None, None)
    return (
        point.outcome.value,
        number(summary.centre),
        unit,
        number(summary.low),
        number(summary.high),
        number(summary.confidence),
        summary.statistic,
        summary.n,
        text("; ".join(summary.warnings)),
        info.higher_is_better,
        number(point.value),
        number(q25),
        number(q75),
        integer(point.number),
        integer(point.repeat),
    )
