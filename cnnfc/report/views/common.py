"""The cells, sparklines and small texts that more than one kind of page shows."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from cnnfc.names import BenchmarkName
from cnnfc.records import BenchmarkInfo, Run
from cnnfc.report import links, text
from cnnfc.report.model import Cell, Column, Sparkline
from cnnfc.report.series import Group, Reading, Series
from cnnfc.units import Scale, scale_for

_FAMILIES = {
    "conv": "convolution layers",
    "dense": "dense layers",
    "threads": "layers, by number of CPU threads",
    "hardware": "reference kernel",
}
_PASSES = {"Forward": "forward call", "Backward": "backward pass", "TrainStep": "training step"}
_CONDITIONS = {
    "Cold": "with cold caches",
    "First": "first call of a process",
    "Full": "cases of the full profile",
    "Memory": "",
    "Gemm": "matrix product",
    "Copy": "memory copy",
    "Loop": "interpreter loop",
}
_TYPES = {"time": "Time", "timeraw": "Time", "peakmem": "Peak memory", "mem": "Memory"}


@dataclass(frozen=True)
class Context:
    """What every view needs besides the measured data: the clock and where commits are shown."""

    now: datetime
    commit_base: str | None = None

    def commit(self, run: Run) -> Cell:
        """A cell with the short commit, linked where the repository's address is known."""
        return Cell(
            links.short_commit(run.commit),
            href=links.commit_href(self.commit_base, run.commit),
            sort=run.commit_date.isoformat(),
        )


def benchmark_path(name: str, part: int = 1) -> str:
    """The page of a benchmark; `part` counts from 1 where it needs several."""
    return links.page_path("benchmark", name, *([str(part)] if part > 1 else []))


def machine_path(machine: str) -> str:
    """The page of a machine."""
    return links.page_path("machine", machine)


def group_label(group: Group, groups: Sequence[Group]) -> str:
    """The machine; with its environment where `groups` has several of that machine."""
    several = sum(other.machine == group.machine for other in groups) > 1
    return f"{group.machine} · {group.environment}" if several else group.machine


def describe(info: BenchmarkInfo) -> str:
    """What a benchmark measures, in words: ``Time: forward call of convolution layers``."""
    name = BenchmarkName.parse(info.name)
    what = _TYPES.get(info.type, "Tracked value")
    if name is None:
        return what
    condition = _CONDITIONS.get(name.condition, name.condition)
    family = _FAMILIES.get(name.family, name.family)
    if name.is_canary:
        return f"{family.capitalize()}: {condition}"
    if name.type == "track":
        what = "Time" if info.unit == "seconds" else "Memory" if info.unit == "bytes" else what
    parts = f"{what}: {_PASSES.get(name.pass_, name.pass_)} of {family}"
    return f"{parts}, {condition}" if condition else parts


def direction(info: BenchmarkInfo) -> str:
    """Which way is better, in words."""
    return "higher is better" if info.higher_is_better else "lower is better"


def parameter_columns(info: BenchmarkInfo, count: int) -> tuple[Column, ...]:
    """Heads of the columns with the parameters; "parameter 1" where asv wrote no names."""
    names = info.parameter_names
    return tuple(
        Column(names[n].capitalize() if n < len(names) else f"Parameter {n + 1}", code=True)
        for n in range(count)
    )


def value_scale(series: Iterable[Series]) -> Scale:
    """The one scale of a column with the newest values of `series`."""
    found = [(one.info.unit, one.newest.summary.centre) for one in series if one.newest]
    return scale_for(found[0][0] if found else "", [centre for _, centre in found])


def interval_title(readings: Iterable[Reading]) -> str:
    """``95% interval``, or ``≥ 95% interval`` where levels differ; the least is rounded down."""
    levels = {reading.summary.confidence or 0 for reading in readings if reading.interval}
    if not levels:
        return "interval"
    least = f"{math.floor(min(levels) * 1000 + 1e-6) / 10:g}%"
    return (
        f"{least} interval" if len(levels) == 1 else f"≥ {math.floor(min(levels) * 100)}% interval"
    )


def interval_text(reading: Reading, scale: Scale) -> str:
    """``1.20 – 1.29`` in `scale`; a dash where there is no interval."""
    if reading.interval is None:
        return text.MISSING
    low, high = (scale.format(end) for end in reading.interval)
    return f"{low} – {high}"


def hover(label: str, reading: Reading, unit: str) -> str:
    """What a mark says of itself: label, value, interval, n, commit."""
    scale = scale_for(unit, [reading.summary.centre])
    parts = [f"{scale.format(reading.summary.centre)} {scale.symbol}".strip()]
    if reading.interval is not None:
        parts.append(f"{interval_title([reading])} {interval_text(reading, scale)}")
    parts.append(f"n = {reading.summary.n or 'not known'}")
    commit = f"{links.short_commit(reading.run.commit)}, {text.day(reading.run.commit_date)}"
    return "\n".join((label, ", ".join(parts), commit))


def number(value: float | None, scale: Scale, *, tone: str = "") -> Cell:
    """A number in a column's `scale`, sortable by its value; a dash for ``None``."""
    if value is None or not math.isfinite(value):
        return Cell(text.MISSING, tone="muted")
    return Cell(scale.format(value), tone=tone, sort=repr(float(value)))


def count(value: int) -> Cell:
    """A count, sortable by its value."""
    return Cell(f"{value:,}", sort=str(value))


def values(reading: Reading | None) -> Cell:
    """The number n of values behind a reading; a dash where no file says it."""
    if reading is None or not reading.summary.n:
        return Cell(text.MISSING, tone="muted")
    return count(reading.summary.n)


def doubts(readings: Iterable[Reading]) -> tuple[tuple[str, ...], str]:
    """Warnings that all `readings` share, to be said once, as one sentence.

    Returns:
        These warnings, and the sentence (empty without any).
    """
    every = [reading.summary.warnings for reading in readings]
    shared = tuple(w for w in every[0] if all(w in others for others in every)) if every else ()
    return shared, f"All of them: {'; '.join(shared)}." if shared else ""


def doubt(reading: Reading | None, shared: Sequence[str] = ()) -> str:
    """The warnings of one reading but those that all share, as one text."""
    own = reading.summary.warnings if reading else ()
    return "; ".join(warning for warning in own if warning not in shared)


def measured_cell(reading: Reading | None, scale: Scale) -> Cell:
    """Centre in a column's `scale`, with interval and n in small print."""
    if reading is None:
        return Cell(text.MISSING, tone="muted")
    n = f"n = {reading.summary.n}" if reading.summary.n else "n not known"
    interval = "no interval" if reading.interval is None else interval_text(reading, scale)
    centre = reading.summary.centre
    return Cell(scale.format(centre), sort=repr(centre), detail=f"{interval}, {n}")


def change_cell(series: Series) -> Cell:
    """How the newest value compares with the one before it.

    Coloured and with an arrow only where the intervals parted: a difference inside the noise is
    not a change.
    """
    ratio = series.ratio
    if ratio is None:
        return Cell(text.MISSING, tone="muted")
    words = text.change(ratio)
    if not series.parted or series.better is None:
        return Cell(words, tone="muted", sort=repr(ratio))
    arrow = "▲" if ratio > 1 else "▼"
    word = "better" if series.better else "worse"
    return Cell(
        f"{arrow} {words}", tone="good" if series.better else "bad", sort=repr(ratio), detail=word
    )


def trend_cell(series: Series) -> Cell:
    """A sparkline of the series; empty with fewer than two values."""
    values = [None if r is None else r.summary.centre for r in series.readings]
    spark = sparkline(values, f"{len(series.measured)} values over {len(values)} commits")
    return Cell("", spark=spark, tone="muted")


def sparkline(values: Sequence[float | None], label: str, limit: int = 60) -> Sparkline | None:
    """The last `limit` of `values` as a line in a box of 100 by 24; ``None`` without two values.

    A flat line stays in the middle: a span under 2% of the middle value does not fill the box.
    """
    shown = values[-limit:]
    known = [value for value in shown if value is not None and math.isfinite(value)]
    if len(known) < 2:
        return None
    low, high = min(known), max(known)
    least = abs(low + high) / 2 * 0.02
    span = max(high - low, least) or 1.0
    middle = (low + high) / 2
    places = [
        None
        if value is None or not math.isfinite(value)
        else (3 + 94 * index / (len(shown) - 1), 12 - 18 * (value - middle) / span)
        for index, value in enumerate(shown)
    ]
    paths, stretch = [], ""
    last = (0.0, 0.0)
    for place in [*places, None]:
        if place is None:
            if stretch:
                # A single value between two gaps is a dot: a line of no length with round ends.
                paths.append(stretch if "L" in stretch else f"{stretch}h0")
            stretch = ""
            continue
        last = place
        stretch += f"{'L' if stretch else 'M'}{place[0]:.1f} {place[1]:.1f}"
    return Sparkline(tuple(paths), (f"{last[0]:.1f}", f"{last[1]:.1f}"), label)


def commit_labels(runs: Sequence[Run]) -> list[str]:
    """Labels of a commit axis, ``hash|date``, each different from the others."""
    labels: dict[str, None] = {}
    for run in runs:
        short = text.clean(text.shorten(links.short_commit(run.commit), 12)).replace("|", " ")
        label = f"{short}|{text.day(run.commit_date)}"
        while label in labels:
            short += "'"
            label = f"{short}|{text.day(run.commit_date)}"
        labels[label] = None
    return list(labels)
