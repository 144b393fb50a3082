"""The chart on the page of changes: a strip a machine, a mark a change."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from cnnfc.report import palette, text
from cnnfc.report.charts.steps import MOST_INTERVALS, Step, Strip, strips
from cnnfc.report.model import Figure
from cnnfc.report.past import Past, worse
from cnnfc.report.views import common
from cnnfc.report.views.benchmark.figures import figure
from cnnfc.report.views.benchmark.past import hover
from cnnfc.report.views.common import Context
from cnnfc.timeline.changes import Change, State
from cnnfc.timeline.series import Group

#: Strips of the chart, and marks on all of them together.
_MOST_STRIPS: Final = 12
_MOST_MARKS: Final = 1_000
#: Characters of a machine's name over its strip.
_NAME: Final = 60


def strips_figure(
    ordered: Sequence[Group], groups: Sequence[Group], past: Past, context: Context
) -> Figure | None:
    """The changes of every machine on a strip of its own; machines without any say so.

    None without a change that has a ratio.

    Args:
        ordered: The groups, the one that measured last first.
        groups: The same, in the order in which they are labelled.
        past: What changed.
        context: The clock.
    """
    drawable = [one for one in past.found.changes if 0 < one.ratio < math.inf][:_MOST_MARKS]
    if not drawable:
        return None
    marked = {one.id for one in drawable}
    # Machines with changes first; among them the one that measured last.
    most = sorted(ordered, key=lambda group: not past.of(group).changes)[:_MOST_STRIPS]
    shown = [_strip(group, groups, past, marked) for group in most]
    left_out = len(past.found.changes) - sum(len(strip.steps) for strip in shown)
    hidden = f" {text.plural(left_out, 'change')} only in the table." if left_out else ""
    others = len(ordered) - len(most)
    more = f" {text.plural(others, 'more machine')} not shown." if others else ""
    lines = (
        "Lines are the 95% interval of the size, and the commits that may be the first with it. "
    )
    return figure(
        "step-strips",
        "When, how much, and why",
        "One mark a change, at the date of the first measured commit with the new level. Colour "
        "and shape say what it is laid to; a hollow mark is gone again, a number counts marks in "
        "one place. "
        f"{lines if len(drawable) <= MOST_INTERVALS else ''}"
        "Ticks below a strip are commits with results; the axis ends now. Heights are "
        f"compressed: see the factors at the left.{hidden}{more}",
        f"{text.plural(len(past.found.changes), 'change')} on "
        f"{text.plural(len(shown), 'machine')}, {len(worse(past.found.changes))} of them for the "
        "worse and still there",
        lambda compact: strips(shown, context.now, compact=compact),
    )


def _strip(group: Group, groups: Sequence[Group], past: Past, marked: set[str]) -> Strip:
    found = past.of(group)
    bad = sum(one.is_worse for one in found.changes)
    better = len(found.changes) - bad
    parts = [f"{bad:,} worse"] if bad else []
    parts += [f"{better:,} better"] if better else []
    told = found.series - found.too_short
    nothing = f"no change in {told:,} series" if told else "too few values yet"
    return Strip(
        text.clean(text.shorten(common.group_label(group, groups), _NAME)),
        ", ".join(parts) or nothing,
        tuple(_step(one) for one in found.changes if one.id in marked),
        tuple(run.commit_date for run in group.runs),
    )


def _step(one: Change) -> Step:
    # A rate that falls by a factor got worse by it.
    falls = one.is_worse is (one.ratio < 1)
    size = 1 / one.ratio if falls else one.ratio
    # Without an interval, or from nothing, there is no end to it.
    known = [end if end > 0 else 0.0 for end in (one.low, one.high)]
    ends = [(1 / end if end else math.inf) if falls else end for end in known]
    key = one.series_key
    return Step(
        palette.CAUSES[one.cause],
        one.first_bad.date,
        one.earliest.date,
        one.latest.date,
        size,
        min(ends),
        max(ends),
        one.state is State.RECOVERED,
        hover(one, " ".join((key.benchmark, *key.parameters))),
    )
