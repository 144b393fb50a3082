"""The cells, sparklines and small texts that more than one kind of page shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cnnfc.names import BenchmarkName
from cnnfc.records import BenchmarkInfo, Run
from cnnfc.report import links, text
from cnnfc.report.charts.marks import Value
from cnnfc.report.model import Cell, Column
from cnnfc.report.views import cells
from cnnfc.timeline.series import Group, Reading
from cnnfc.units import scale_for

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
    "Device": "by the device's clock, with cold caches",
    "Throughput": "one queued behind the other",
    "Host": "one at a time, until its result is there",
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


def hover(label: str, reading: Reading, unit: str) -> str:
    """What a mark says of itself: label, value, interval, n, commit."""
    scale = scale_for(unit, [reading.summary.centre])
    parts = [f"{scale.format(reading.summary.centre)} {scale.symbol}".strip()]
    if reading.interval is not None:
        parts.append(f"{cells.interval_title([reading])} {cells.interval_text(reading, scale)}")
    parts.append(f"n = {reading.summary.n or 'not known'}")
    commit = f"{links.short_commit(reading.run.commit)}, {text.day(reading.run.commit_date)}"
    return "\n".join((label, ", ".join(parts), commit))


def chart_value(label: str, reading: Reading, unit: str) -> Value:
    """A reading as a chart draws it; `label` is the first line of what hovering says."""
    low, high = reading.interval or (None, None)
    return Value(reading.summary.centre, low, high, text.clean(hover(label, reading, unit)))


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
