"""The commands that measure a benchmark again, to copy from its page."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from cnnfc.names import BenchmarkName
from cnnfc.records import BenchmarkInfo
from cnnfc.report import links, text
from cnnfc.timeline.moments import moment_of
from cnnfc.timeline.series import Group, Series


@dataclass(frozen=True)
class Command:
    """A command to copy, and what it does."""

    text: str
    does: str


def commands(
    info: BenchmarkInfo, shown: Sequence[tuple[Group, Sequence[Series]]]
) -> tuple[Command, ...]:
    """What measures a benchmark again at the commit that the newest of its values is of."""
    pattern = "^" + re.escape(info.name)
    if re.search(r"\w\Z", info.name):
        pattern += r"\b"
    newest = max(
        (one.newest.run for _, series in shown for one in series if one.newest),
        key=lambda run: moment_of(run.commit_date),
        default=shown[0][0].current,
    )
    known = links.is_commit(newest.commit)
    # asv's own way to name a single commit as a range
    span = f" {shlex.quote(newest.commit[:10] + '^!')}" if known else ""
    option = f"--bench {shlex.quote(pattern)}{span}"
    name = BenchmarkName.parse(info.name)
    is_full = name is not None and name.condition == "Full"
    # Without --record-samples asv would replace the sample that is there by its summary.
    again = f"{'CNNFC_PROFILE=full ' if is_full else ''}asv run --record-samples {option}"
    which = f"the newest point, of {text.day(newest.commit_date)}," if known else "it"
    found = [Command(again, f"measures {which} again, in asv's own environment")]
    if name is not None:
        profile = "--profile full " if is_full else ""
        found.append(Command(f"cnnfc run {profile}{option}", "measures what is missing of it"))
    return tuple(found)
