"""Measures a few points now exactly as a run does, into a folder that is thrown away.

The history's numbers come out of asv, its processes and rounds, the suite's own settings and the
environment it made.  Numbers of any other timing loop would differ from them by the loop.  So the
same calls are made of the same asv, with a copy of its configuration whose ``results_dir`` is
elsewhere: nothing can reach the history, and nothing is filed under a commit.  Canaries are read
three times, as in a run.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from cnnfc.commands.check.ground import Ground
from cnnfc.commands.check.items import Item, Key
from cnnfc.commands.check.scratch import new_log, scratch_folder, write_config
from cnnfc.commands.interrupts import terminations_interrupt
from cnnfc.commands.project import Project
from cnnfc.errors import CnnfcError, NothingMeasured
from cnnfc.harness.calls import Caller, RunsAsv
from cnnfc.harness.lock import hold
from cnnfc.harness.pace import Pace
from cnnfc.harness.process import Asv
from cnnfc.harness.progress import Progress
from cnnfc.harness.session import CallFailed, Tally, Target, measure, prepare
from cnnfc.harness.suite import Point as Asked
from cnnfc.harness.suite import Suite
from cnnfc.history.results import read_history
from cnnfc.machine import record
from cnnfc.machine.record import HardwareRecord
from cnnfc.records import Outcome, Point

#: Starts asv, as in ``cnnfc run``: from its folder, the log and descriptors to keep open.
MakeAsv = Callable[[Path, Path, tuple[int, ...]], RunsAsv]

#: The profile whose settings a check is measured with: what plain ``asv run`` does.
PROFILE: Final = "standard"
#: How often canaries are read, as in a run: at its beginning, in its middle and at its end.  Single
#: readings of a memory copy were 15% apart where runs of three readings were 3% apart (four runs of
#: the project's own history on a shared machine with 2 cores).
READINGS: Final = 3


@dataclass
class Measured:
    """What was measured: points by their key, and why the others have none."""

    points: dict[Key, Point] = field(default_factory=dict)
    reasons: dict[Key, str] = field(default_factory=dict)


@dataclass
class Session:
    """Everything that is needed to measure items again and again; see `measuring`."""

    target: Target
    suite: Suite
    caller: Caller
    pace: Pace
    progress: Progress

    def seconds(self, items: Sequence[Item]) -> float:
        """How long `items` are likely to take."""
        known = [item for item in items if item.point.benchmark in self.suite.benchmarks]
        return sum(map(self._cost, _calls(known)))

    def measure(self, items: Sequence[Item]) -> Measured:
        """Fresh values of `items`; those of an earlier measurement are forgotten.

        Raises:
            NothingMeasured: asv broke down.
            DataError: asv cannot write its files.
        """
        found = Measured(reasons=dict(self._changed(items)))
        wanted = [item for item in items if item.key not in found.reasons]
        calls = _calls(wanted)
        self.progress.done, self.progress.total = 0, sum(map(len, calls))
        reasons: dict[Key, str] = {}
        for number, points in enumerate(calls, 1):
            reasons |= self._measure(points, sum(map(self._cost, calls[number:])))
            for key, point in self._read().items():
                before = found.points.get(key)
                samples = (*(before.samples if before else ()), *point.samples)
                found.points[key] = replace(point, samples=samples)
        for item in wanted:
            if item.key not in found.points:
                found.reasons[item.key] = reasons.get(item.key, "asv gave no value of it")
        return found

    def _measure(self, points: Sequence[Asked], seconds_later: float) -> dict[Key, str]:
        """Measure `points` in one call of asv; why some of them have no value."""
        self.target.result.unlink(missing_ok=True)
        tally = Tally()
        with _explained(self.target.commit.short):
            measure(
                self.target,
                points,
                (),
                tally,
                caller=self.caller,
                pace=self.pace,
                progress=self.progress,
                # asv read the suite seconds ago.
                is_listed=lambda: True,
                seconds_later=seconds_later,
                # In one call, however long it takes.
                chunk_seconds=math.inf,
            )
        failed = {
            (failure.point.benchmark, failure.point.values): f"it failed: {failure.reason}"
            for failure in tally.failures
        }
        return {**self._skips(), **failed}

    def record(self) -> HardwareRecord | None:
        """How the machine was before and after what was measured last; None if nothing says."""
        try:
            record.finish(self.target.record)
            return record.read(self.target.record)
        except CnnfcError:
            return None

    def _cost(self, points: Sequence[Asked]) -> float:
        return sum(map(self.pace.cost, points)) + self.pace.call_seconds

    def _skips(self) -> dict[Key, str]:
        """Why points were skipped, as the notes of the record say."""
        try:
            notes = record.read(self.target.record).notes
        except CnnfcError:
            return {}
        return {
            (note.benchmark, (note.case, note.device)): f"it was skipped: {note.reason}"
            for note in notes
            if note.benchmark and note.case and note.device
        }

    def _changed(self, items: Sequence[Item]) -> Iterator[tuple[Key, str]]:
        known = set(self.suite.points)
        for item in items:
            if item.point not in known:
                yield item.key, "the suite does not have it any more"
                continue
            version = self.suite.benchmarks[item.point.benchmark].version
            if version != item.version is not None:
                now, before = _short(version), _short(item.version)
                yield item.key, f"the suite has version {now} of it and the history {before}"

    def _read(self) -> dict[Key, Point]:
        history = read_history(self.target.results)
        return {
            (point.benchmark, point.parameters): point
            for run in history.runs
            for point in run.points
            if point.outcome is Outcome.MEASURED
        }


def _calls(items: Sequence[Item]) -> list[list[Asked]]:
    """The calls of asv that measure `items`: canaries in each, layers dealt out over them."""
    canaries = [item.point for item in items if item.layer.case.is_canary]
    layers = [item.point for item in items if not item.layer.case.is_canary]
    if not canaries:
        return [layers] if layers else []
    return [[*canaries, *layers[number::READINGS]] for number in range(READINGS)]


@contextmanager
def measuring(
    project: Project,
    ground: Ground,
    machine: str,
    progress: Progress,
    make_asv: MakeAsv = Asv,
) -> Iterator[Session]:
    """Build what `ground` says, and be ready to measure it on `machine`, as asv knows it.

    Holds the lock of runs, so that neither disturbs the other.  All files are gone afterwards, but
    for the log in the project's scratch folder.

    Raises:
        NothingMeasured: the commit cannot be built, or asv's environments are not the history's.
        UsageError: a run is measuring in this project, or the log cannot be written.
        DataError: asv cannot write its files.
    """
    with (
        scratch_folder() as scratch,
        hold(project.scratch / "run.lock") as lock,
        terminations_interrupt(),
    ):
        folder = Path(scratch).resolve()
        write_config(project, folder)
        asv = make_asv(folder, new_log(project.scratch / "logs"), (lock,))
        here = ground.environment if ground.here else None
        caller = Caller(asv, machine, PROFILE, here, ground.date)
        progress.commit = ground.commit.short
        try:
            with _explained(ground.commit.short):
                names, suite = prepare(caller, ground.commit, folder / "results", progress)
            if ground.environment not in names:
                raise NothingMeasured(
                    f"asv measures in {', '.join(names) or 'no environment'} here, and the history "
                    f"was measured in {ground.environment}: `cnnfc run` begins a history of it"
                )
            target = Target(
                ground.commit,
                ground.environment,
                machine,
                folder / "results",
                folder / "hardware" / machine / "now.json",
            )
            yield Session(target, suite, caller, Pace(suite), progress)
        finally:
            progress.clear()


@contextmanager
def _explained(commit: str) -> Iterator[None]:
    """Turn a call of asv that failed into the error that ends a check."""
    try:
        yield
    except CallFailed as failure:
        said = "".join(f"\n      {line}" for line in failure.lines)
        raise NothingMeasured(
            f"nothing was measured: {commit}: {failure}{said}\n  the whole log: {failure.log}"
        ) from None


def _short(version: str | None) -> str:
    """A version as it is written, or the beginning of the hash that asv makes one of."""
    return "?" if version is None else version[:8]
