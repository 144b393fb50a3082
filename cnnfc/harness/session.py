"""Measures what is missing of one commit, chunk by chunk."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cnnfc.errors import CnnfcError, DataError
from cnnfc.harness.calls import Caller
from cnnfc.harness.events import Event, Message
from cnnfc.harness.failures import Failure, explain_call, explain_point
from cnnfc.harness.pace import Pace
from cnnfc.harness.plan import CHUNK_SECONDS, Chunk, deal, reads_canaries
from cnnfc.harness.progress import Progress
from cnnfc.harness.repository import Commit
from cnnfc.harness.skips import absent_devices, remember, without_devices
from cnnfc.harness.stored import read_stored, result_path
from cnnfc.harness.suite import Point, Suite, read_suite
from cnnfc.harness.watch import ChunkWatch, Watch
from cnnfc.machine import record
from cnnfc.machine.locked_files import remedy
from cnnfc.records import Outcome

#: asv's exit statuses after which a chunk is stored: all is well, and some benchmark failed.
_STORED: Final = (0, 2)
#: asv's message before it lists the suite with another commit.
_FELL_BACK: Final = "Failed: trying different commit"
#: How much of the end of a log is looked at (bytes), however long it is.
_LOG_TAIL: Final = 2**16


class CallFailed(CnnfcError):
    """A call of asv ended early: the message is a clause, ``lines`` show what asv said."""

    def __init__(self, message: str, lines: tuple[str, ...], log: Path) -> None:
        super().__init__(message)
        self.lines = lines
        self.log = log


@dataclass(frozen=True)
class Target:
    """One commit on one machine in one environment, both as asv names them.

    ``results`` is the folder of all results, ``record`` this run's hardware record.
    """

    commit: Commit
    environment: str
    machine: str
    results: Path
    record: Path

    @property
    def result(self) -> Path:
        return result_path(self.results, self.machine, self.commit.hash, self.environment)


@dataclass
class Tally:
    """What came of the points that were tried."""

    measured: int = 0
    skipped: int = 0
    failures: list[Failure] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        self.measured += other.measured
        self.skipped += other.skipped
        self.failures += other.failures

    @property
    def tried(self) -> int:
        return self.measured + self.skipped + len(self.failures)


def prepare(
    caller: Caller, commit: Commit, results: Path, progress: Progress
) -> tuple[tuple[str, ...], Suite]:
    """Build and install `commit`; gives the names of asv's environments and the suite.

    Raises:
        CallFailed: it cannot be built or installed, or the suite cannot be imported with it.
        DataError: asv cannot write its files.
    """
    watch = Watch(progress)

    def listen(event: Event | None) -> None:
        if isinstance(event, Message) and event.text.startswith(_FELL_BACK):
            raise _call_failed(caller, watch)
        watch(event)

    progress.show(watch.label, now=True)
    status = caller.discover(commit, listen)
    if status != 0:
        raise _call_failed(caller, watch, status)
    return tuple(watch.environments), read_suite(results / "benchmarks.json")


def measure(
    target: Target,
    missing: Sequence[Point],
    canaries: Sequence[Point],
    tally: Tally,
    *,
    caller: Caller,
    pace: Pace,
    progress: Progress,
    is_listed: Callable[[], bool] = lambda: False,
    seconds_later: float = 0.0,
    chunk_seconds: float = CHUNK_SECONDS,
) -> None:
    """Measure `missing`, reading `canaries` along; add what came of it to `tally`.

    Canaries that are missing themselves are measured first.  When a chunk ends, it is on disk and
    in `tally`; an interrupt loses the chunk it falls into.  `is_listed` tells whether the suite is
    still as asv last listed it.  `seconds_later` is what other targets will take, for the time
    left.

    Raises:
        CallFailed: asv broke down in a chunk; the chunks before it are kept.
        DataError: a result cannot be written; the chunks before it are kept.
    """
    fresh = tuple(point for point in missing if point in canaries)
    rest = tuple(point for point in missing if point not in canaries)
    done, middle_read = 0, False
    while rest or fresh:
        parts = deal(rest, pace.cost, _belongs(pace.suite), chunk_seconds)
        left = max(1, len(parts))
        reads = reads_canaries(done, left, middle_read=middle_read)
        middle_read = middle_read or (reads and done > 0)
        again = tuple(point for point in canaries if point not in fresh) if reads else ()
        chunk = Chunk((parts[0] if parts else ()) + fresh, again)
        later = _seconds(parts[1:], canaries, pace)
        watch = ChunkWatch(progress, pace, chunk.points, again, seconds_later + later)
        stored = _measure_chunk(
            target, chunk, tally, caller=caller, watch=watch, listed=is_listed()
        )
        done, fresh = done + 1, ()
        absent = _absent(target)
        canaries = tuple(c for c in canaries if stored.get(c) is Outcome.MEASURED)
        waiting = tuple(point for part in parts[1:] for point in part)
        rest = without_devices(waiting, pace.suite, absent)
        progress.total -= len(waiting) - len(rest)


def _measure_chunk(
    target: Target, chunk: Chunk, tally: Tally, *, caller: Caller, watch: ChunkWatch, listed: bool
) -> Mapping[Point, Outcome]:
    """Measure `chunk` and add it to `tally`; gives what is stored then."""
    progress, pace = watch.progress, watch.pace
    done, start = progress.done, progress.clock()
    progress.show(watch.label, watch.seconds_left)
    status = caller.measure(
        target.commit, target.environment, chunk, target.record, watch, listed=listed
    )
    if status not in _STORED:
        progress.done = done
        raise _call_failed(caller, watch, status)
    progress.done = done + len(chunk.points)
    pace.saw_call(progress.clock() - start, watch.seconds_of_points)
    stored = read_stored(target.result, pace.suite)
    skipped: dict[Point, str] = {}
    for point in chunk.points:
        outcome, ended = stored.get(point, Outcome.FAILED), watch.ended.get(point)
        if outcome is Outcome.MEASURED:
            tally.measured += 1
        elif outcome is Outcome.SKIPPED:
            tally.skipped += 1
            skipped[point] = ended.output if ended else ""
        elif ended:
            tally.failures.append(explain_point(point, ended.output, ended.status))
        else:
            tally.failures.append(explain_point(point, "\n".join(watch.errors), 1))
    remember(
        target.record,
        pace.suite,
        skipped,
        commit=target.commit.hash,
        environment=target.environment,
        profile=caller.profile,
    )
    return stored


def _seconds(parts: Iterable[Iterable[Point]], canaries: Iterable[Point], pace: Pace) -> float:
    """Expected seconds of the chunks `parts`, of which two at most read the canaries."""
    chunks = [sum(map(pace.cost, part)) + pace.call_seconds for part in parts]
    return sum(chunks) + min(2, len(chunks)) * sum(map(pace.cost, canaries))


def _belongs(suite: Suite) -> Callable[[Point], str]:
    """Points of one case belong together, whatever is measured of it."""
    return lambda point: suite.case(point) or str(point)


def _absent(target: Target) -> frozenset[str]:
    """Devices that the benchmarks of this run found missing."""
    try:
        return absent_devices([record.read(target.record)])
    except CnnfcError:
        return frozenset()


def _call_failed(caller: Caller, watch: Watch, status: int = 1) -> CnnfcError:
    if watch.unwritten:
        # No other commit would fare better, so this is no `CallFailed`.
        path = caller.asv.root / (watch.unwritten.path or caller.asv.log)
        error = watch.unwritten.error
        advice = remedy(error, "make its folder writable, then run the same command again")
        return DataError(
            f"asv cannot write {path} ({error.strerror}): {advice}; what was there before is kept"
        )
    log = caller.asv.log
    reason, lines = explain_call(watch.errors, _tail(log), status)
    return CallFailed(reason, lines, log)


def _tail(log: Path) -> list[str]:
    """The last lines of `log`."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - _LOG_TAIL))
            return file.read().decode(errors="replace").splitlines()[-40:]
    except OSError:
        return []
