"""Scaling of base units for people.

Inside cnnfc every quantity is in its base unit: seconds, bytes, counts, FLOP/s.  These functions
are the only place where a number gets a prefix.  A table column uses one `Scale` for all its
rows, so that its numbers can be compared by eye.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

_SI = ((1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, ""))
_SECONDS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))
_BINARY = ((2.0**40, "TiB"), (2.0**30, "GiB"), (2.0**20, "MiB"), (2.0**10, "KiB"), (1.0, "B"))

#: asv's unit names, and other common spellings, to the symbol printed after an SI prefix.
_SI_SYMBOLS = {
    "flop/s": "FLOP/s",
    "byte/s": "B/s",
    "bytes/s": "B/s",
    "hertz": "Hz",
    "parameters": "",
    "flops": "FLOP",
    "macs": "MAC",
    "count": "",
}


@dataclass(frozen=True)
class Scale:
    """A divisor with the symbol that it leaves behind.

    ``factor`` is in base units (0.001 for milliseconds) and above 0.
    """

    factor: float
    symbol: str

    def format(self, value: float, digits: int = 3) -> str:
        """`value` (in base units) with `digits` significant digits and without the symbol."""
        if math.isnan(value):
            return "n/a"
        if math.isinf(value):
            return "∞" if value > 0 else "-∞"
        return significant(value / self.factor, digits)


def significant(value: float, digits: int = 3) -> str:
    """Plain decimal notation with `digits` significant digits, thousands separated by a comma.

    >>> significant(1234.5), significant(0.01234), significant(0.0)
    ('1,230', '0.0123', '0')
    """
    if value == 0:
        return "0"
    if not math.isfinite(value):
        return "n/a" if math.isnan(value) else ("∞" if value > 0 else "-∞")
    magnitude = math.floor(math.log10(abs(value)))
    decimals = digits - 1 - magnitude
    # Rounding may add a digit (9.999 -> 10.0): ask again with the rounded value.
    rounded = round(value, decimals)
    if rounded != 0 and math.floor(math.log10(abs(rounded))) > magnitude:
        decimals -= 1
    return f"{round(value, decimals):,.{max(decimals, 0)}f}"


def scale_for(unit: str, values: Iterable[float]) -> Scale:
    """The scale that suits a column of `values` in base unit `unit`.

    Chosen by the median of the finite non-zero magnitudes, so that one outlier does not push the
    rest of a column into unreadable decimals.  An unknown unit is printed as it is, unscaled.
    """
    finite = sorted(abs(v) for v in values if math.isfinite(v) and v != 0)
    middle = finite[len(finite) // 2] if finite else 1.0
    if unit in ("seconds", "second", "s"):
        return _pick(_SECONDS, middle)
    if unit in ("bytes", "byte", "B"):
        return _pick(_BINARY, middle)
    if unit in _SI_SYMBOLS:
        scale = _pick(_SI, middle)
        return Scale(scale.factor, scale.symbol + _SI_SYMBOLS[unit])
    return Scale(1.0, unit)


def format_value(value: float, unit: str, digits: int = 3) -> str:
    """One number with its unit, scaled for reading.

    >>> format_value(0.00123, "seconds"), format_value(2 ** 20, "bytes")
    ('1.23 ms', '1 MiB')
    """
    scale = scale_for(unit, [value])
    text = scale.format(value, digits)
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return f"{text} {scale.symbol}".rstrip()


def format_count(value: int) -> str:
    """An exact integer with thousands separators: ``23,508,032``."""
    return f"{value:,}"


def format_duration(seconds: float) -> str:
    """A waiting time for people: ``4 s``, ``2 min 05 s``, ``1 h 03 min``; negative counts as 0.

    >>> format_duration(125), format_duration(3.6)
    ('2 min 05 s', '4 s')
    """
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def _pick(table: tuple[tuple[float, str], ...], magnitude: float) -> Scale:
    for factor, symbol in table:
        # Three digits of 0.9996 s read 1.00: better "1.00 s" than "1,000 ms".
        if magnitude >= factor * 0.9995:
            return Scale(factor, symbol)
    return Scale(*table[-1])
