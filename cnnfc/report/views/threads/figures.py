"""The charts of a page on threads: a panel a layer, every layer's gain, efficiency by family."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Final

from cnnfc.analysis.scaling import Estimate, Timing, efficiency, speedup
from cnnfc.analysis.summary import quantile
from cnnfc.report import palette, text
from cnnfc.report.charts import threads as charts
from cnnfc.report.charts.marks import Mark, Value
from cnnfc.report.layers.scaling import MachineScaling, Scaled
from cnnfc.report.model import Figure
from cnnfc.report.views.benchmark.figures import figure
from cnnfc.report.views.threads.words import serial_text, span
from cnnfc.units import format_value

#: Panels of one chart; a page has one, and its table has every layer.
_PANELS: Final = 8
#: Points that the line of Amdahl's law is made of.
_STEPS: Final = 24
#: From here on a panel says how far Amdahl's law is off; the table always does.
_NOTEWORTHY: Final = 0.1
#: Characters of a case's name that stand over a panel.
_TITLE: Final = 34


def figures(found: MachineScaling) -> tuple[Figure | None, tuple[Figure, ...]]:
    """The chart of single layers, and the two of all of them; none with one thread count."""
    drawn = [one for one in found.layers if _is_drawable(one)]
    if not drawn:
        return None, ()
    return _curves(found, drawn), (*_gains(found), *_efficiencies(found, drawn))


def chosen(layers: Sequence[Scaled]) -> list[Scaled]:
    """The layers that get a panel: those that were meant for it, else of each family the slowest.

    Where no benchmark measured thread counts next to each other, two layers of a family are enough.
    """
    planned = [one for one in layers if one.is_planned]
    if planned:
        return sorted(planned, key=lambda one: -one.efficiency.centre)[:_PANELS]
    slowest = sorted(layers, key=lambda one: -one.timings[0].seconds)
    kept: list[Scaled] = []
    for one in slowest:
        style = palette.family(one.case)
        if sum(palette.family(other.case) == style for other in kept) < 2:
            kept.append(one)
    return sorted(kept[:_PANELS], key=lambda one: -one.efficiency.centre)


def _curves(found: MachineScaling, drawn: Sequence[Scaled]) -> Figure:
    shown = chosen(drawn)
    curves = [_curve(one) for one in shown]
    two = len(found.counts) == 2
    laws = (
        ""
        if not any(curve.law for curve in curves)
        else " The dashed line is Amdahl's law, exactly through two thread counts."
        if two
        else " The dashed line is Amdahl's law, fitted to all thread counts."
    )
    rest = len(found.layers) - len(shown)
    more = f" The table has {text.plural(rest, 'more layer')}." if rest > 0 else ""
    return figure(
        "speed-up",
        "Speed-up against threads",
        f"The best scaling first; both axes logarithmic, from {shown[0].counts[0]} "
        f"{'thread' if shown[0].counts[0] == 1 else 'threads'} on. The solid line is ideal, the "
        f"dotted one no gain.{laws}{more}",
        f"{text.plural(len(shown), 'layer')}, speed-up against threads",
        lambda compact: charts.speedups(curves, compact=compact),
    )


def _curve(one: Scaled) -> charts.Curve:
    first, last = one.timings[0], one.timings[-1]
    law = one.law
    line: tuple[tuple[float, float], ...] = ()
    if law is not None and law.holds:
        ratio = last.threads / first.threads
        places = [first.threads * ratio ** (step / _STEPS) for step in range(_STEPS + 1)]
        line = tuple((place, first.seconds / law.seconds(place)) for place in places)
    note = serial_text(one)
    if law is not None and law.holds:
        off = f", off by {text.percent(law.misfit)}" if law.misfit >= _NOTEWORTHY else ""
        note = f"serial fraction {note}{off}"
    return charts.Curve(
        text.shorten(text.clean(str(one.case)), _TITLE),
        note,
        palette.family(one.case),
        tuple(
            (timing.threads, _value(one, timing, speedup(first, timing))) for timing in one.timings
        ),
        line,
    )


def _value(one: Scaled, timing: Timing, gain: Estimate) -> Value:
    """A speed-up as a chart draws it; that of the fewest threads is 1 and has no interval."""
    first = one.timings[0]
    share = efficiency(first, timing)
    parts = [text.plural(timing.threads, "thread"), format_value(timing.seconds, "seconds")]
    said = [str(one.case), ", ".join(parts)]
    if timing is first:
        return Value(1.0, None, None, text.clean("\n".join(said)))
    interval = span(gain)
    factor = f"speed-up {text.factor(gain.centre)}{f' ({interval})' if interval else ''}"
    said.append(f"{factor}, efficiency {text.percent(share.centre)}")
    return Value(gain.centre, gain.low, gain.high, text.clean("\n".join(said)))


def _gains(found: MachineScaling) -> Iterator[Figure]:
    first, last = found.ends
    marks = []
    for one, gain in found.gains:
        if not _is_drawable(one):
            continue
        known = {timing.threads: timing for timing in one.timings}
        value = _value(one, known[last], gain)
        marks.append(
            Mark(palette.family(one.case), str(one.case), known[first].seconds, value),
        )
    if not marks:
        return
    threads = text.plural(first, "thread")
    yield figure(
        "gains",
        f"Speed-up from {threads} to {last}",
        "One mark a layer with the interval of its speed-up. Layers on the dotted line gain "
        "nothing, below it they are slower.",
        f"{text.plural(len(marks), 'layer')}, speed-up against latency on {threads}",
        lambda compact: charts.gains(
            marks, last / first, f"Latency on {threads} (logarithmic)", compact=compact
        ),
    )


def _efficiencies(found: MachineScaling, drawn: Sequence[Scaled]) -> Iterator[Figure]:
    families = [family for style in palette.FAMILIES if (family := _family(style, found, drawn))]
    if not families:
        return
    yield figure(
        "efficiency",
        "Efficiency by family",
        "The median over the layers of a family that have all thread counts of the line; bars "
        "are the middle half of these layers.",
        f"{text.plural(len(families), 'family', 'families')} of layers, efficiency against threads",
        lambda compact: charts.efficiencies(families, compact=compact),
    )


def _family(
    style: palette.Style, found: MachineScaling, drawn: Sequence[Scaled]
) -> charts.Family | None:
    """The efficiency of the layers of one family at the thread counts that most layers have."""
    first, last = found.ends
    members = [
        {timing.threads: timing for timing in one.timings}
        for one in drawn
        if palette.family(one.case) == style and {first, last} <= set(one.counts)
    ]
    if not members:
        return None
    counts = sorted(set.intersection(*(set(member) for member in members)))
    points = []
    for threads in counts:
        if not first <= threads <= last:
            continue
        shares = sorted(efficiency(one[first], one[threads]).centre for one in members)
        low, middle, high = (quantile(shares, part) for part in (0.25, 0.5, 0.75))
        said = (
            f"{style.label}, {text.plural(threads, 'thread')}\nefficiency {text.percent(middle)}, "
            f"middle half {text.percent(low)} – {text.percent(high)}\n"
            f"{text.plural(len(shares), 'layer')}"
        )
        spread = len(shares) > 1 and threads != first
        points.append(
            (threads, Value(middle, low if spread else None, high if spread else None, said))
        )
    return charts.Family(style, tuple(points))


def _is_drawable(one: Scaled) -> bool:
    """Whether its numbers have a place on a logarithmic axis: a file may hold any number."""
    first = one.timings[0]
    gains = [speedup(first, timing) for timing in one.timings]
    ends = [end for gain in gains for end in (gain.low, gain.centre, gain.high) if end is not None]
    return all(0 < end < math.inf for end in ends)
