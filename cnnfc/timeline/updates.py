"""Says at which runs of a group the software was another than in the run before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cnnfc.timeline import differences
from cnnfc.timeline.differences import Difference
from cnnfc.timeline.series import Group


@dataclass(frozen=True)
class Update:
    """A change of the software between two runs, by their hardware records.

    Attributes:
        before: Place of the last run with the old software, among those of the group.
        after: Place of the first run with the new one; runs between them left no record.
        differences: What differs, at least one.
    """

    before: int
    after: int
    differences: tuple[Difference, ...]


def updates(group: Group) -> Iterator[Update]:
    """Every change of the software in `group`, in the order of commits.

    In that order, not in that of the clock: where an old commit was measured again with today's
    software, its values are those of today's software, and there and back again are two updates.
    """
    last: int | None = None
    for place, record in enumerate(group.records):
        if record is None:
            continue
        old = group.records[last] if last is not None else None
        if last is not None and old is not None:
            found = differences.software(old, record)
            if found:
                yield Update(last, place, found)
        last = place
