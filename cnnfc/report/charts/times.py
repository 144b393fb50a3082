"""An axis of time that ends now, with ticks at round dates."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Final

from cnnfc.report.charts.axes import Axis
from cnnfc.timeline.moments import utc

_HOURS: Final = (1, 3, 6, 12)
_DAYS: Final = (1, 2, 7, 14)
#: The last one spans all years that a date may have in two ticks.
_YEARS: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)
_MONTHS: Final = (1, 3, 6, *(12 * years for years in _YEARS))
_HOUR: Final = 1 / 24
_SECOND: Final = 1 / 86_400
#: Days in a month, to choose how many months a tick is worth.
_MONTH: Final = 30.44
#: Share of the axis that stays free beyond its ends.
_MARGIN: Final = 0.012
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_DAY: Final = date.min.toordinal() - _EPOCH.toordinal()
_LAST_DAY: Final = date.max.toordinal() - _EPOCH.toordinal()


def days(moment: datetime) -> float:
    """`moment` in days since the beginning of 1970, UTC; negative before."""
    return (utc(moment) - _EPOCH) / timedelta(days=1)


def time_axis(first: datetime, now: datetime, room: int) -> Axis:
    """An axis in `days` from `first` to `now`.

    Args:
        first: The earliest moment to be shown; may be after `now` where clocks disagree.
        now: Where the axis ends; its tick says so.
        room: Ticks there is room for, 2 or more.
    """
    start, end = sorted((days(first), days(now)))
    # Everything at one moment: a day around it.
    if end - start < _HOUR:
        start -= 0.5
    margin = (end - start) * _MARGIN
    # Its own tick is no date, and needs the place of one.
    latest = end - (end - start) / room
    found = [(at, label) for at, label in _ticks(start, end, room) if start <= at <= latest]
    ticks = [*found, (end, "now" if days(now) >= days(first) else "latest")]
    return Axis(
        start - margin,
        end + margin,
        log=False,
        ticks=tuple(at for at, _ in ticks),
        labels=tuple(label for _, label in ticks),
    )


def _ticks(start: float, end: float, room: int) -> Iterator[tuple[float, str]]:
    """Round dates around the axis, at most `room` of them inside."""
    span = end - start
    for hours in _HOURS:
        if span <= room * hours * _HOUR:
            first = int(start / _HOUR // hours)
            for number in range(first, first + room + 2):
                at = number * hours * _HOUR
                # A float may be a little below the hour.
                yield at, _moment(at + _SECOND).strftime("%m-%d %H:00")
            return
    for count in _DAYS:
        if span <= room * count:
            first = int(start // count)
            for number in range(first, first + room + 2):
                yield float(number * count), f"{_moment(number * count):%Y-%m-%d}"
            return
    months = next((m for m in _MONTHS if span <= room * m * _MONTH), _MONTHS[-1])
    begin = _moment(start)
    first = (begin.year * 12 + begin.month - 1) // months
    for number in range(first, first + room + 2):
        year, month = divmod(number * months, 12)
        if date.min.year <= year <= date.max.year:
            at = days(datetime(year, month + 1, 1, tzinfo=UTC))
            yield at, f"{year:04d}" if months % 12 == 0 else f"{year:04d}-{month + 1:02d}"


def _moment(at: float) -> datetime:
    """The other way of `days`, within what a date may be."""
    return _EPOCH + timedelta(days=min(max(at, _FIRST_DAY), _LAST_DAY))
