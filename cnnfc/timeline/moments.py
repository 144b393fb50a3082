"""Makes moments comparable, whatever a file says of them."""

from __future__ import annotations

from datetime import UTC, datetime


def utc(moment: datetime) -> datetime:
    """`moment` in UTC; one without a zone is taken to be in UTC already."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def moment_of(moment: datetime | None) -> datetime:
    """A time that can be compared with any other; the beginning of all times for ``None``."""
    return datetime.min.replace(tzinfo=UTC) if moment is None else utc(moment)
