"""Words a change of a series, the same on a terminal as on a page."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Final

from cnnfc.analysis.changepoints.steps import ENOUGH
from cnnfc.report import text
from cnnfc.timeline.changes import Cause, Change, Found, State
from cnnfc.units import format_value

#: Which way is up differs between a time and a rate, so it is said.
WORSE: Final = "worse"
BETTER: Final = "better"
#: A smaller probability is only said to be below: nobody needs its digits.
_RARE: Final = 0.001


def verdict(change: Change) -> str:
    """Which way it went: worse or better."""
    return WORSE if change.is_worse else BETTER


def size(change: Change) -> str:
    """``+8.2%``, ``×3.40``; where there is no ratio, the difference in its unit."""
    if not math.isnan(change.ratio):
        return text.change(change.ratio)
    return _difference(change.after - change.before, change.unit)


def interval(change: Change) -> tuple[str, str]:
    """Both ends of the 95% interval, in the words of `size`."""
    if not math.isnan(change.ratio):
        return text.change(change.low), text.change(change.high)
    return _difference(change.low, change.unit), _difference(change.high, change.unit)


def chance(change: Change) -> str:
    """The probability that a flat series shows a step as strong: ``0.4%``, ``< 0.1%``."""
    if change.p_value < _RARE:
        return f"< {text.percent(_RARE)}"
    return text.percent(change.p_value)


def laid_to(cause: Cause) -> str:
    """``laid to the code``; ``of unknown cause``."""
    return "of unknown cause" if cause is Cause.UNKNOWN else f"laid to the {cause}"


def by_cause(changes: Sequence[Change]) -> str:
    """How many are laid to what: ``3 laid to the code and 1 of unknown cause``; empty for none."""
    counts = Counter(one.cause for one in changes)
    return text.listing([f"{counts[cause]:,} {laid_to(cause)}" for cause in Cause if counts[cause]])


def commit_range(change: Change) -> str:
    """``12345678..9abcdef0``: the last commit before it, and the first behind it."""
    return f"{one_line(change.last_good.commit)[:8]}..{one_line(change.first_bad.commit)[:8]}"


def state(change: Change) -> str:
    """What is to be said of it beyond that it is there: ``recovered``, ``partly, new``."""
    words = "" if change.state is State.PRESENT else str(change.state).removesuffix(" recovered")
    return ", ".join(filter(None, (words, "new" if change.new else "")))


def summary(found: Found, shown: Sequence[Change], machines: int) -> str:
    """One sentence before a list: how many changes, of how many series."""
    looked = f"{_series(found.series)} on {text.plural(machines, 'machine')}"
    if not found.changes:
        return f"no change in {looked}{too_short(found)}"
    new = sum(change.new for change in shown)
    parts = f" ({new} new)" if new else ""
    of = f" of {len(found.changes)}" if len(shown) < len(found.changes) else ""
    changes = "change" if len(found.changes) == 1 else "changes"
    return f"{len(shown):,}{of} {changes}{parts} in {looked}{too_short(found)}"


def too_short(found: Found) -> str:
    """That some series have too few values, to go on a sentence about series; empty if none has."""
    if not found.too_short:
        return ""
    if found.too_short == found.series:
        return "; none of them has enough values yet to find a change in"
    return f"; {found.too_short:,} of them have too few values yet to find a change in"


def enough() -> str:
    """How many values a series needs, in a sentence."""
    return f"A series needs {ENOUGH} values before a change can be found in it"


def one_line(words: str) -> str:
    """`words` on one line, without what a terminal would obey."""
    return " ".join(text.clean(words).split())


def _series(count: int) -> str:
    return text.plural(count, "series", "series")


def _difference(value: float, unit: str) -> str:
    if not math.isfinite(value):
        return "n/a"
    sign = "−" if value < 0 else "+"
    return f"{sign}{format_value(abs(value), one_line(unit))}"
