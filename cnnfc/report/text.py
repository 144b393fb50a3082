"""Words and short number texts that pages print, in one voice.

`cnnfc.units` scales quantities; here are the texts around them: ages, dates, counts, ratios.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from cnnfc.timeline.moments import utc

#: Shown for a value that is not known.
MISSING: Final = "–"

# Control characters, the marks that reorder text (they can make a page say what is not there),
# lone surrogates (JSON may hold them, UTF-8 may not) and the two noncharacters XML refuses.
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


def clean(text: str) -> str:
    """`text` with every character that cannot be shown safely replaced by U+FFFD."""
    return _UNPRINTABLE.sub("\ufffd", text)


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters (3 and up) of `text`, an ellipsis where the middle is cut.

    >>> shorten("abcdefghij", 5)
    'ab…ij'
    """
    if len(text) <= limit:
        return text
    head = limit // 2
    tail = limit - head - 1
    return f"{text[:head]}…{text[len(text) - tail :]}"


def plural(count: int, noun: str, nouns: str = "") -> str:
    """``1 run``, ``2 runs``, ``1,200 commits``; `nouns` is the plural where adding s is wrong."""
    return f"{count:,} {noun if count == 1 else nouns or noun + 's'}"


def listing(items: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``; empty for nothing."""
    *others, last = items or ("",)
    return f"{', '.join(others)} and {last}" if others else last


def day(moment: datetime) -> str:
    """``2026-11-21``, in UTC."""
    return utc(moment).strftime("%Y-%m-%d")


def minute(moment: datetime) -> str:
    """``2026-11-21 08:04 UTC``."""
    return utc(moment).strftime("%Y-%m-%d %H:%M UTC")


def ago(moment: datetime, now: datetime) -> str:
    """How long before `now`: ``just now``, ``5 min ago``, ``3 days ago``.

    A moment after `now` (another machine's clock) is ``just now``.
    """
    seconds = (utc(now) - utc(moment)).total_seconds()
    for length, noun, nouns in ((86400, "day", ""), (3600, "hour", ""), (60, "min", "min")):
        if seconds >= length:
            return f"{plural(int(seconds // length), noun, nouns)} ago"
    return "just now"


def percent(fraction: float) -> str:
    """``0.931`` as ``93%``, below 10% with one digit more; ``n/a`` if it is not finite."""
    if not math.isfinite(fraction):
        return "n/a"
    digits = 1 if 0 < abs(fraction) < 0.0995 else 0
    return f"{fraction * 100:.{digits}f}%".replace("-", "−")


def factor(ratio: float) -> str:
    """``×1.08``, ``×38``, ``×0.91``: two digits behind the point below 10, none above 100."""
    if not math.isfinite(ratio):
        return "n/a"
    digits = 2 if ratio < 9.995 else 1 if ratio < 99.95 else 0
    return f"×{ratio:,.{digits}f}"


def change(ratio: float) -> str:
    """The ratio new / old as a signed percentage: ``+8.2%``, ``−3.0%``; from 3 times, ``×3.40``."""
    if not math.isfinite(ratio):
        return "n/a"
    if ratio >= 3:
        return factor(ratio)
    return f"{(ratio - 1) * 100:+.1f}%".replace("-", "−")
