"""Puts into plain words why asv could not do something."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cnnfc.harness.suite import Point

#: asv's exit statuses for a benchmark that its time limit ended, and for one whose process ended
#: well but left no result.
TIMED_OUT = -256
NO_RESULT = -257
#: How many of the last lines of a build, and of a benchmark's output, are worth showing.
BUILD_LINES = 12
OUTPUT_LINES = 6

#: Part of the command that asv says it could not run -> what that was for.
_PURPOSES = (
    ("benchmark.py discover", "the suite in benchmarks/ cannot be imported"),
    ("pip install", "its environment cannot be installed"),
    ("pip wheel", "it cannot be built"),
    ("-m build", "it cannot be built"),
    ("virtualenv", "its environment cannot be made"),
    ("git", "it cannot be checked out"),
)
_COMMAND = re.compile(
    r"^Error running (?P<command>.*) \(exit status (?P<status>-?\d+)\)", re.MULTILINE
)
#: What a signal usually means, for people who do not know them by number.
_SIGNALS: dict[int, str] = {
    signal.SIGSEGV: ", a fault in compiled code",
    signal.SIGKILL: "; the system does that when memory runs out",
}
_FRAME = re.compile(r'^  File "(?P<file>[^"]*)", line \d+')
#: Lines of pip that never are the reason.
_NOISE = re.compile(r"^(\[notice\]|WARNING: Running pip as|\s*$)")


@dataclass(frozen=True)
class Failure:
    """A point that failed: the last line it printed, and the last few."""

    point: Point
    reason: str
    lines: tuple[str, ...] = ()


def explain_point(point: Point, output: str, status: int) -> Failure:
    """Why `point` failed, from what it printed and its exit status (see `events.PointEnded`)."""
    # asv puts this line before what the benchmark printed.
    printed = [line.rstrip() for line in output.splitlines()]
    printed = [line for line in printed if line and not line.startswith("For parameters: ")]
    lines = _own_frames(printed)
    silent = "no reason was printed" if status else "it gave no value"
    reason = lines[-1].strip() if lines else silent
    if re.match(r"(\w+\.)*MemoryError\b", reason):
        reason = f"memory ran out ({reason})"
    if status == TIMED_OUT:
        reason = next((line for line in lines if "timed out" in line), "it timed out")
        reason = reason.removeprefix("asv: ")
    elif status == NO_RESULT:
        reason = "its process ended before there was a result"
    elif status < 0:
        reason = f"it {_ended_by(-status)}"
    elif status > 1:
        # What asv_runner makes of an exception is 1; the last line says nothing about any other.
        reason = f"it ended its own process (exit status {status})"
    return Failure(point, one_line(reason), tuple(map(one_line, lines[-OUTPUT_LINES:])))


def _ended_by(number: int) -> str:
    names = {member.value: f" ({member.name})" for member in signal.Signals}
    return f"was ended by signal {number}{names.get(number, '')}{_SIGNALS.get(number, '')}"


def _own_frames(lines: Sequence[str]) -> list[str]:
    """`lines` without the frames of a traceback that lie in asv_runner and timeit."""
    kept, dropping = [], False
    for line in lines:
        frame = _FRAME.match(line)
        if frame:
            dropping = "asv_runner" in frame["file"] or "timeit" in frame["file"]
        # The source lines of a frame stand deeper than its own line.
        elif not line.startswith("    "):
            dropping = False
        if not dropping:
            kept.append(line)
    return kept


def explain_call(
    errors: Sequence[str], log_tail: Iterable[str], status: int = 1
) -> tuple[str, tuple[str, ...]]:
    """Why a call of asv ended early: a clause, and the lines that show it.

    `errors` are the messages that asv called errors; `log_tail` is the end of its log, which has
    the traceback where asv itself broke down; `status` is its exit status, below 0 for a signal.
    """
    if status < 0:
        return f"asv {_ended_by(-status)}", ()
    for error in errors:
        match = _COMMAND.search(error)
        if match:
            purpose = next(
                (text for part, text in _PURPOSES if part in match["command"]),
                "a command failed",
            )
            return f"{purpose} (exit status {match['status']})", _build_lines(error)
    told = [line for error in errors for line in error.splitlines() if line.strip()]
    lines = told or [line for line in log_tail if line.strip()]
    tail = tuple(one_line(line) for line in lines[-BUILD_LINES:])
    return (f"asv says: {tail[-1].strip()}" if tail else "asv ended without a reason"), tail


def _build_lines(error: str) -> tuple[str, ...]:
    """The end of what the command printed: of its standard error if it has any."""
    _, _, printed = error.partition("\n")
    printed, _, complained = printed.partition("STDERR -------->")
    for part in (complained, printed):
        lines = [line for line in part.splitlines() if not _NOISE.match(line)]
        lines = [line for line in lines if not line.endswith("-------->")]
        if lines:
            return tuple(one_line(line) for line in lines[-BUILD_LINES:])
    return ()


def summarise(failures: Sequence[Failure], most: int = 5) -> list[str]:
    """Lines that name what failed and why, those with the same reason together."""
    groups: dict[tuple[str, str], list[Failure]] = {}
    for failure in failures:
        groups.setdefault((failure.point.benchmark, failure.reason), []).append(failure)
    result = []
    for (benchmark, reason), members in list(groups.items())[:most]:
        first = " ".join(members[0].point.values)
        more = f" and {len(members) - 1} more" if len(members) > 1 else ""
        result.append(f"  failed: {benchmark} {first}{more}: {reason}")
        lines = members[0].lines
        if len(lines) > 1:
            result.extend(f"      {line}" for line in lines)
    if len(groups) > most:
        result.append(f"  and {len(groups) - most} other kinds of failure")
    return result


def one_line(text: str) -> str:
    """`text` without what could move a terminal's cursor."""
    return "".join(character if character.isprintable() else " " for character in text)[:300]
