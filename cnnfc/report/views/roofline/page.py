"""The roofline pages: is each layer bound by compute, by memory or by overhead?"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from cnnfc.report import palette, text
from cnnfc.report.charts import roofline as charts
from cnnfc.report.charts.marks import Mark, Value
from cnnfc.report.layers.devices import DeviceLayers
from cnnfc.report.layers.regimes import DeviceRegimes, Placed, dtype_of, regimes
from cnnfc.report.links import page_path
from cnnfc.report.model import Figure, Link, Notice, Page, Stat, Table
from cnnfc.report.views import common
from cnnfc.report.views.benchmark.figures import figure
from cnnfc.report.views.common import Context
from cnnfc.report.views.device_links import elsewhere, siblings
from cnnfc.report.views.roofline.tables import layer_table, rule_table
from cnnfc.report.views.roofline.words import answer, bound_by, share_of_bound
from cnnfc.timeline.series import Group
from cnnfc.units import format_value


@dataclass(frozen=True)
class RooflineBody:
    """What the template of a roofline page prints."""

    machine: Link
    stats: tuple[Stat, ...]
    figures: tuple[Figure, ...]
    rules: Table
    layers: Table
    elsewhere: tuple[Link, ...]


def path(found: DeviceLayers) -> str:
    """The address of the roofline page about `found`."""
    group = found.group
    return page_path("roofline", group.machine, group.environment, str(found.device))


def pages(
    every: Sequence[DeviceLayers], groups: Sequence[Group], context: Context
) -> Iterator[Page]:
    """One page for each of `every`."""
    for found in every:
        label = common.group_label(found.group, groups)
        placed = regimes(found)
        yield Page(
            path=path(found),
            template="roofline.html.j2",
            title=f"Roofline of {label}, {found.device.label}",
            question="Is each layer bound by compute, by memory or by overhead?",
            section="Roofline",
            answer=tuple(Notice(sentence) for sentence in answer(placed, label)),
            how_to_read=_HOW_TO_READ,
            trail=(
                Link("Overview", "index.html"),
                Link(found.group.machine, common.machine_path(found.group.machine)),
            ),
            siblings=siblings(found, every, path),
            body=RooflineBody(
                machine=Link(label, common.machine_path(found.group.machine)),
                stats=_stats(placed, context),
                figures=tuple(_figures(placed)),
                rules=rule_table(placed),
                layers=layer_table(placed),
                elsewhere=elsewhere(found, every, groups, path),
            ),
        )


def _stats(placed: DeviceRegimes, context: Context) -> tuple[Stat, ...]:
    found, floor = placed.found, placed.floor
    peak, bandwidth = placed.peak, found.ceilings.bandwidth
    commit = context.commit(found.run)
    return (
        Stat("Layers", f"{len(placed.placed):,}", "forward, warmed"),
        Stat(
            "Peak",
            format_value(peak[1], "flop/s") if peak else text.MISSING,
            f"matrix product, {peak[0]}" if peak else "not measured",
        ),
        Stat(
            "Memory",
            format_value(bandwidth, "byte/s") if bandwidth else text.MISSING,
            "copy" if bandwidth else "not measured",
        ),
        Stat(
            "Ridge",
            f"{format_value(placed.ridge, 'count')} FLOP/B" if placed.ridge else text.MISSING,
            "peak / bandwidth",
        ),
        Stat(
            "Shortest call",
            format_value(floor.shortest.latency, "seconds") if floor else text.MISSING,
            str(floor.shortest.case) if floor else "",
        ),
        Stat("Commit", commit.text, text.day(found.run.commit_date)),
    )


def _figures(placed: DeviceRegimes) -> Iterator[Figure]:
    """The roofline, and beside it what the overhead of a call leaves of it."""
    drawn = [one for one in placed.placed if _is_drawable(one)]
    if not drawn:
        return
    roofs = tuple(_roofs(placed))
    bandwidth = placed.found.ceilings.bandwidth
    by_intensity = [_mark(one, one.intensity) for one in drawn]
    by_size = [_mark(one, float(one.layer.costs.flops)) for one in drawn]
    what = "One mark a layer, its interval as a bar (often shorter than the mark)."
    under = (
        " The slope is what the memory can deliver, a level line the peak of arithmetic in the "
        "number format at its end; they meet at the ridge. Marks above a line beat it: data in a "
        "cache, or an algorithm with fewer FLOPs than are counted."
        if roofs and bandwidth
        else " There are no lines where reference kernels of the same run are missing."
    )
    yield figure(
        "roofline",
        "FLOP/s against intensity",
        what + under,
        f"{len(drawn)} layers, FLOP/s against FLOP per compulsory byte, both logarithmic",
        lambda compact: charts.roofline(by_intensity, roofs, bandwidth, compact=compact),
    )
    floor = placed.floor.shortest.latency if placed.floor else None
    yield figure(
        "overhead",
        "FLOP/s against the size of a call",
        "The same layers at the same height; to the right, more FLOPs a call. On a dotted line "
        "every call takes the same time. The solid slope is the shortest call: where layers lie "
        "along it, more arithmetic costs no more time.",
        f"{len(drawn)} layers, FLOP/s against FLOPs of a call, both logarithmic",
        lambda compact: charts.overhead(by_size, roofs, floor, compact=compact),
    )


def _roofs(placed: DeviceRegimes) -> Iterator[charts.Roof]:
    """The ceilings of those dtypes that the layers have, that of most layers first."""
    peak = placed.peak
    if peak is None:
        return
    used = {dtype_of(one.layer) for one in placed.placed} - {peak[0]}
    others = sorted(used & placed.found.ceilings.flops.keys())
    for dtype in (peak[0], *others):
        yield charts.Roof(placed.found.ceilings.flops[dtype], dtype)


def _mark(one: Placed, x: float) -> Mark:
    name = str(one.layer.case)
    rates = (
        f"{format_value(one.intensity, 'count')} FLOP/B",
        format_value(one.flops, "flop/s"),
        format_value(one.bandwidth, "byte/s"),
    )
    said = [name, ", ".join(rates)]
    share = share_of_bound(one)
    said += [f"{text.percent(share)} of the bound"] if share is not None else []
    said.append(f"Bound by: {bound_by(one)}")
    said.append(f"{format_value(one.layer.latency, 'seconds')}, n = {_n(one)}")
    flops = one.layer.costs.flops
    low, high = (flops / one.interval[1], flops / one.interval[0]) if one.interval else (None, None)
    value = Value(one.flops, low, high, text.clean("\n".join(said)))
    return Mark(palette.family(one.layer.case), name, x, value)


def _n(one: Placed) -> str:
    return f"{one.layer.reading.summary.n}" if one.layer.reading.summary.n else "not known"


def _is_drawable(one: Placed) -> bool:
    """Whether a logarithmic axis can show it: a file may hold any number."""
    ends = [one.layer.latency, *(one.interval or ())]
    rates = [one.layer.costs.flops / end for end in ends]
    return all(0 < rate < math.inf for rate in rates)


_HOW_TO_READ: Final = (
    (
        "Intensity is the FLOPs of a layer over its compulsory bytes: input, weights, bias and "
        "output, each once. 1 multiply-add counts as 2 FLOPs. Both are counted, not measured; "
        "FLOP/s and byte/s are these counts over the latency."
    ),
    (
        "The ceilings are the best that reference kernels reached on this device in the same run: "
        "a large matrix product, and a copy that no cache can hold. The bound of a layer is the "
        "longer of FLOPs / peak and bytes / bandwidth. Layers are timed warm, so data that fit "
        "into a cache need not come from memory, and the bound can be beaten."
    ),
    (
        "What binds a layer is what needs half of its latency or more: without everything else it "
        "would be at most twice as fast. Each share has an interval, from that of the latency; "
        "where it leaves more than one answer, the layer is called unclear. The ceilings are taken "
        "as they are."
    ),
    (
        "Overhead is what every call costs before it works. No reference kernel measures it here, "
        "so it is estimated from the shortest call of all layers: at most its whole latency, at "
        "least what its own roofline bound leaves of that. Where the shortest call is a large "
        "layer, this says little, and a smaller layer would say more."
    ),
    (
        "These are forward calls. Backward passes and updates have no counted costs, so training "
        "steps are not placed here."
    ),
)
