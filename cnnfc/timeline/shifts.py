"""Says how far a series moved between two runs, and whether its noise lets that be told."""

from __future__ import annotations

import math
import statistics
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from enum import Enum
from typing import Final

from cnnfc.records import BenchmarkInfo
from cnnfc.timeline.courses import Followed

#: Readings on either side that a shift is made of: their median is not moved by two outliers.
READINGS: Final = 5
#: Runs on either side among which these are looked for; what is further away is another story.
REACH: Final = 15
#: The standard error of a median is so much larger than that of a mean: sqrt(pi / 2), for normal
#: values (H. A. David and H. N. Nagaraja, Order Statistics, 3rd ed., 2003, section 8.5).
_MEDIAN: Final = math.sqrt(math.pi / 2)
#: A series whose standard error is above this share of a change cannot tell whether it took part:
#: half of the change, where the line is drawn, is then 1.5 errors from none and from all of it.
_TELLS: Final = 1 / 3
#: It took part if it moved by this share of the change or more, in the same direction.
_TOOK_PART: Final = 0.5
#: That one of a dozen reference kernels moved is only said of what noise hardly does: beyond 3
#: standard errors, 1 in 700 for normal values and one direction.
_SURE: Final = 3.0

_SECONDS: Final = ("seconds", "second", "s")
_TIMES: Final = ("time", "timeraw")


class Part(Enum):
    """What a series has to do with a change of another one."""

    MOVED = "moved"
    STILL = "still"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Shift:
    """How far a series moved: natural logarithm of a factor, above 0 is slower.

    ``error`` is its standard error; not a number where the noise of the series is not known.
    """

    log: float
    error: float

    @property
    def factor(self) -> float:
        """How many times slower; below 1 is quicker."""
        return math.exp(self.log)

    def part_in(self, change: float, *, sure: bool = False) -> Part:
        """Whether the series took part in a change whose logarithm is `change`, not 0.

        Args:
            change: Of the factor of the change, above 0 is slower.
            sure: Say that it moved only where its own noise is no explanation.
        """
        if not self.error <= _TELLS * abs(change):
            return Part.UNCLEAR
        along = math.copysign(1.0, change) * self.log
        if along < _TOOK_PART * abs(change):
            return Part.STILL
        return Part.UNCLEAR if sure and along < _SURE * self.error else Part.MOVED


@dataclass(frozen=True)
class Pace:
    """A series as how slow it was: natural logarithms of seconds, or of 1 / rate.

    ``positions`` are places among the runs of the group, in order; ``noise`` is the standard
    deviation of a logarithm around its level as it bears on a shift (see `_lengthened`), not a
    number where too little was measured.
    """

    positions: tuple[int, ...]
    logs: tuple[float, ...]
    noise: float

    def shift(self, before: int, after: int) -> Shift | None:
        """How far it moved from the runs up to place `before` to those from place `after` on.

        None if nothing was measured near one of them.
        """
        stop = bisect_right(self.positions, before)
        start = max(stop - READINGS, bisect_left(self.positions, before - REACH + 1), 0)
        begin = bisect_left(self.positions, after)
        end = min(begin + READINGS, bisect_right(self.positions, after + REACH - 1))
        old, new = self.logs[start:stop], self.logs[begin:end]
        if not old or not new:
            return None
        error = self.noise * math.hypot(_error(len(old)), _error(len(new)))
        return Shift(statistics.median(new) - statistics.median(old), error)


def pace_of(one: Followed) -> Pace | None:
    """The pace of a series; None of one that is not of a speed, or has a value of 0 or below."""
    sign = slowness(one.series.info)
    centres = [reading.summary.centre for reading in one.series.measured]
    if sign == 0 or min(centres, default=0.0) <= 0:
        return None
    course = one.course
    noise = course.spread * _lengthened(course.autocorrelation) if course.enough else math.nan
    return Pace(one.positions, tuple(sign * math.log(centre) for centre in centres), noise)


def slowness(info: BenchmarkInfo) -> int:
    """1 if larger values are slower (seconds), -1 if they are quicker (a rate), 0 if neither.

    Bytes, accuracies and counts are neither: they do not follow the speed of a machine.
    """
    if info.type in _TIMES or info.unit.lower() in _SECONDS:
        return 1
    return -1 if info.unit.lower().endswith(("/s", "/second")) else 0


def _lengthened(autocorrelation: float) -> float:
    """How many times larger the error of a shift is if neighbouring values hang together.

    Of the difference between the means of two adjacent windows of `READINGS` values whose noise is
    AR(1): the variances of both and their covariance are sums of powers of the autocorrelation.

    >>> round(_lengthened(0.7), 2)
    1.41
    """
    rho, n = min(max(autocorrelation, 0.0), 0.95), READINGS
    inside = n + 2 * sum((n - lag) * rho**lag for lag in range(1, n))
    across = rho * sum(rho**lag for lag in range(n)) ** 2
    return math.sqrt((inside - across) / n)


def _error(count: int) -> float:
    """Standard error of the median of `count` values whose standard deviation is 1."""
    # Of one or two values the median is the mean.
    return (_MEDIAN if count > 2 else 1.0) / math.sqrt(count)
