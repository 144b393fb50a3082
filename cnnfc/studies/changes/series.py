"""Draws series whose right answer is known: flat ones, steps, several steps, ramps; all noises."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Random = np.random.Generator

#: Level of all series: a latency (s).
_BASE: Final = 1e-3
#: Autocorrelation of the noise that is called autocorrelated.
RHO: Final = 0.7


@dataclass(frozen=True)
class Drawn:
    """A series and where it really changes.

    Attributes:
        values: Positive, as a benchmark would give them.
        steps: The first value of each new level.
    """

    values: Floats
    steps: tuple[int, ...] = ()


def random_of(cell: str, place: int) -> Random:
    """The generator of series number `place` of `cell`: the same whenever the study goes on."""
    return np.random.default_rng((zlib.crc32(cell.encode()), place))


def _independent(random: Random, count: int) -> Floats:
    return random.standard_normal(count)


def _autocorrelated(rho: float) -> Callable[[Random, int], Floats]:
    def draw(random: Random, count: int) -> Floats:
        noise = random.standard_normal(count)
        noise[1:] *= math.sqrt(1 - rho * rho)
        for place in range(1, count):
            noise[place] += rho * noise[place - 1]
        return noise

    return draw


def _heavy(random: Random, count: int) -> Floats:
    return random.standard_t(3, count)


def _outliers(random: Random, count: int) -> Floats:
    noise = random.standard_normal(count)
    noise[random.random(count) < 0.05] += 10.0
    return noise


def _bursts(random: Random, count: int) -> Floats:
    """Every 25 values or so two to four in a row that are 10 times the noise slower."""
    noise = random.standard_normal(count)
    for start in range(8, count - 8, 25):
        place = int(start + random.integers(0, min(12, count - 8 - start) + 1))
        noise[place : place + int(random.integers(2, 5))] += 10.0
    return noise


def _two_modes(random: Random, count: int) -> Floats:
    """A third of the values, at random, eight times the noise slower."""
    return random.standard_normal(count) + 8.0 * (random.random(count) < 1 / 3)


def _louder(random: Random, count: int) -> Floats:
    """The second half three times as noisy."""
    return random.standard_normal(count) * np.where(np.arange(count) < count // 2, 1.0, 3.0)


#: Noise of a typical size of 1, by name.
NOISES: Final[Mapping[str, Callable[[Random, int], Floats]]] = {
    "independent": _independent,
    "autocorrelated": _autocorrelated(RHO),
    "half autocorrelated": _autocorrelated(RHO / 2),
    "heavy-tailed": _heavy,
    "outliers": _outliers,
    "bursts": _bursts,
    "two modes": _two_modes,
    "louder": _louder,
}


def flat(random: Random, noise: str, length: int, spread: float) -> Drawn:
    """A series without any change, whose noise has the relative size `spread`."""
    return _series(np.zeros(length), NOISES[noise](random, length), spread)


def step(
    random: Random, noise: str, before: int, after: int, *, size: float, spread: float
) -> Drawn:
    """`before` values, then `after` values slower by `size` (a fraction)."""
    levels = np.zeros(before + after)
    levels[before:] = math.log1p(size)
    return _series(levels, NOISES[noise](random, len(levels)), spread, (before,))


#: Sizes and distances of several steps in one series.
_SEVERAL_SIZES: Final = (0.05, 0.1, 0.2)
_SEVERAL: Final = 5
_APART: Final = 15


def several(random: Random, length: int, spread: float) -> Drawn:
    """Steps of 5, 10 and 20%, up and down at random, `_APART` values apart at least."""
    room = length - _APART * (_SEVERAL + 1)
    places = np.sort(random.integers(0, room + 1, _SEVERAL)) + _APART * np.arange(1, _SEVERAL + 1)
    levels = np.zeros(length)
    for place in places:
        size = math.log1p(float(random.choice(_SEVERAL_SIZES)))
        levels[place:] += size * float(random.choice((-1.0, 1.0)))
    found = tuple(int(place) for place in places)
    return _series(levels, NOISES["independent"](random, length), spread, found)


def ramp(random: Random, beside: int, span: int, *, size: float, spread: float) -> Drawn:
    """`beside` values, `span` values that get slower evenly by `size` in all, `beside` more."""
    rising = np.arange(1, span + 1) / (span + 1) * math.log1p(size)
    levels = np.concatenate((np.zeros(beside), rising, np.full(beside, math.log1p(size))))
    return _series(levels, NOISES["independent"](random, len(levels)), spread)


def _series(levels: Floats, noise: Floats, spread: float, steps: tuple[int, ...] = ()) -> Drawn:
    return Drawn(_BASE * np.exp(levels + spread * noise), steps)
