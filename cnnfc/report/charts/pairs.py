"""Places what each pair of a gate said, in the order of measuring, in a small picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

#: The box of the picture, in its own units.
WIDTH: Final = 360
HEIGHT: Final = 96
_TOP: Final = 8
_LEFT: Final = 8


@dataclass(frozen=True)
class Strip:
    """A small picture of 360 by 96 units; everything in it is SVG path data or a place.

    ``dots`` are the pairs (strokes of no length with round ends), ``others`` those of a second
    statistic, ``line`` joins them, ``zero`` and ``limit`` are heights of lines (``limit`` is ""
    without one), ``band`` is the interval: top and height.
    """

    dots: str
    others: str
    line: str
    zero: str
    limit: str
    centre: str
    band: tuple[str, str] | None
    low: str
    high: str
    label: str


def strip(
    values: Sequence[float],
    *,
    others: Sequence[float] = (),
    limit: float | None = None,
    centre: float | None = None,
    interval: tuple[float, float] | None = None,
    label: str,
    joined: bool = False,
    least: float = 0.004,
) -> Strip | None:
    """The picture of `values`, all natural logarithms of ratios; None without a single value.

    Args:
        values: one a pair; what is not finite leaves a gap.
        others: a second statistic of the same pairs.
        limit: the threshold.
        centre: the estimate over the pairs.
        interval: its interval; infinite ends are cut off at the edge.
        label: what is drawn, in words.
        joined: whether a line joins the values, as of a level in the course of time.
        least: how far from 0 the picture reaches at least, so that noise does not fill it.
    """
    known = [value for value in (*values, *others) if math.isfinite(value)]
    if not any(math.isfinite(value) for value in values):
        return None
    ends = [end for end in (limit, centre) if end is not None and math.isfinite(end)]
    high, low = max((*known, *ends, least)), min((*known, *ends, -least))
    room = (high - low) * 0.06
    high, low = high + room, low - room

    def y(value: float) -> float:
        inside = min(max(value, low), high)
        return _TOP + (HEIGHT - 2 * _TOP) * (high - inside) / (high - low)

    def points(many: Sequence[float]) -> list[tuple[float, float]]:
        step = (WIDTH - 2 * _LEFT) / max(1, len(values) - 1) if len(values) > 1 else 0.0
        start = _LEFT if len(values) > 1 else WIDTH / 2
        return [
            (start + step * n, y(value))
            for n, value in enumerate(many[: len(values)])
            if math.isfinite(value)
        ]

    places = points(values)
    band = None
    if interval is not None and not any(math.isnan(end) for end in interval):
        top, bottom = y(interval[1]), y(interval[0])
        band = (f"{top:.1f}", f"{max(bottom - top, 0.5):.1f}")
    return Strip(
        dots=_dots(places),
        others=_dots(points(others)),
        line="M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in places) if joined else "",
        zero=f"{y(0):.1f}",
        limit="" if limit is None or not math.isfinite(limit) else f"{y(limit):.1f}",
        centre="" if centre is None or not math.isfinite(centre) else f"{y(centre):.1f}",
        band=band,
        low=_label(low),
        high=_label(high),
        label=label,
    )


def _dots(places: Sequence[tuple[float, float]]) -> str:
    return "".join(f"M{x:.0f} {y:.1f}h0" for x, y in places)


def _label(log: float) -> str:
    ratio = math.exp(min(log, 700.0))
    if ratio >= 2:
        return f"×{ratio:.3g}"
    return f"{(ratio - 1) * 100:+.1f}%".replace("-", "−")
