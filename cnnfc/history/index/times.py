"""Turns moments into whole milliseconds since 1970 and back, as asv counts them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS: Final = timedelta(milliseconds=1)


def to_ms(moment: datetime) -> int:
    """Milliseconds since 1970 of a moment with a time zone, rounded down."""
    return (moment - _EPOCH) // _MS


def from_ms(ms: int) -> datetime:
    """The moment in UTC that is `ms` milliseconds after the beginning of 1970."""
    return _EPOCH + ms * _MS
