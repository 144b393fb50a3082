"""Reads from an axis of a drawing how to number it anew, for the browser that zooms into it.

The ticks of a drawing and their texts are computed when it is made (`cnnfc.report.charts.axes`).
A reader who zooms in needs other ticks, with texts in the same words: these are found by what the
texts of the first ticks have in common, so that every chart's axis can be moved.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

#: How `cnnfc.report.charts.axes.Axis` looks its texts up.
_LOOKED_UP: Final = re.compile(r"(\[.*\])\[indexof\((\[.*\]), datum\.value\)\]", re.DOTALL)
#: How `cnnfc.report.charts.axes.commit_axis` breaks a label into its lines.
_BROKEN: Final = "split(datum.label, '|')"
_NUMBER: Final = re.compile(r"(×?)([-−]?[0-9][0-9,]*(?:\.[0-9]+)?)( ?[^0-9]*)")
_DATE: Final = re.compile(r"([0-9]{4})(?:-([0-9]{2}))?(?:-([0-9]{2}))?")
#: Three significant digits are off by at most half of this share.
_DIGITS: Final = 0.01
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Span:
    """An axis from `low` to `high`, and how to write its values.

    Attributes:
        low: Its lower end, in the units of the rows.
        high: Its upper end.
        log: Whether it is logarithmic.
        ticks: Where the drawing has ticks.
        texts: What they say; a text of several lines is a list.
        scales: (factor, prefix, suffix): how to write values from ``factor`` on, the least first.
        words: ``ratio`` for values written as changes, ``days`` for days since 1970, else empty.
        names: What stands at 0, 1, 2, ...: the places of an axis without numbers.
    """

    low: float
    high: float
    log: bool
    ticks: tuple[float, ...]
    texts: tuple[str | list[str], ...]
    scales: tuple[tuple[float, str, str], ...] = ()
    words: str = ""
    names: tuple[str, ...] = ()


def value_span(scale: Mapping[str, Any], axis: Mapping[str, Any]) -> Span | None:
    """The axis of numbers with these Vega-Lite definitions; None if it is not one of ours."""
    found = _LOOKED_UP.fullmatch(str(axis.get("labelExpr", "")))
    ends = scale.get("domain")
    if found is None or not isinstance(ends, list) or len(ends) != 2:
        return None
    texts, ticks = json.loads(found[1]), json.loads(found[2])
    low, high = (end if isinstance(end, int | float) else math.nan for end in ends)
    log = scale.get("type") == "log"
    if not low < high or (log and low <= 0):
        return None
    return Span(low, high, log, tuple(ticks), tuple(texts), *_wording(ticks, texts, log=log))


def commit_span(scale: Mapping[str, Any], axis: Mapping[str, Any], *, banded: bool) -> Span | None:
    """The axis of commits with these Vega-Lite definitions; None if it is not one of ours.

    Args:
        scale: of the axis, with its own padding.
        axis: the axis.
        banded: whether a mark makes Vega-Lite give each commit a band instead of a point.
    """
    names, padding = scale.get("domain"), scale.get("padding")
    if axis.get("labelExpr") != _BROKEN or not isinstance(names, list) or not names:
        return None
    if not isinstance(padding, int | float):
        return None
    # Paddings are shares of a step; a band with padding on both sides has its commit in the middle.
    # https://vega.github.io/vega/docs/scales/#band
    room = padding + (1 - padding) / 2 if banded else padding
    places = sorted(names.index(label) for label in axis["values"] if label in names)
    return Span(
        low=-room,
        high=len(names) - 1 + room,
        log=False,
        ticks=tuple(float(place) for place in places),
        texts=tuple(str(names[place]).split("|") for place in places),
        names=tuple(str(name) for name in names),
    )


def _wording(
    ticks: Sequence[float], texts: Sequence[str], *, log: bool
) -> tuple[tuple[tuple[float, str, str], ...], str]:
    """How numbers are written on an axis whose `ticks` have these `texts`: scales, or words."""
    if "usual" in texts:
        return (), "ratio"
    pairs = list(zip(ticks, texts, strict=True))
    dates = [tick for tick, text in pairs if _days(text) is not None]
    if dates and all(_days(text) in (None, tick) for tick, text in pairs):
        return (), "days"
    scales = dict(_scales(pairs))
    # A linear axis has one unit from end to end.
    if len(scales) > 1 and not log:
        return (), ""
    return tuple((factor, *around) for around, factor in sorted(scales.items(), key=_factor)), ""


def _scales(pairs: Sequence[tuple[float, str]]) -> Iterator[tuple[tuple[str, str], float]]:
    for tick, text in pairs:
        found = _NUMBER.fullmatch(text)
        number = float(found[2].replace(",", "").replace("−", "-")) if found else 0.0
        if found is not None and tick / (number or math.inf) > 0:
            yield (found[1], found[3]), _round(tick / number)


def _round(factor: float) -> float:
    """The power of 10 or of 1024 that `factor` was meant to be: texts have few digits."""
    powers = 10.0 ** round(math.log10(factor)), 1024.0 ** round(math.log(factor, 1024))
    near = [power for power in powers if abs(factor / power - 1) < _DIGITS]
    return min(near, key=lambda power: abs(factor / power - 1), default=factor)


def _factor(item: tuple[tuple[str, str], float]) -> float:
    return item[1]


def _days(text: str) -> float | None:
    """Days from 1970 to the date, month or year that `text` is."""
    found = _DATE.fullmatch(text)
    if found is None:
        return None
    try:
        moment = datetime(int(found[1]), int(found[2] or 1), int(found[3] or 1), tzinfo=UTC)
    except ValueError:
        return None
    return (moment - _EPOCH) / timedelta(days=1)
