"""Measures what is missing of several commits, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from cnnfc.errors import CnnfcError, NothingMeasured
from cnnfc.harness.calls import Caller
from cnnfc.harness.devices import Devices
from cnnfc.harness.failures import one_line, summarise
from cnnfc.harness.pace import Pace
from cnnfc.harness.plan import find_missing
from cnnfc.harness.progress import Progress
from cnnfc.harness.repository import Commit
from cnnfc.harness.selection import Selection, select
from cnnfc.harness.session import CallFailed, Tally, Target, measure, prepare
from cnnfc.harness.skips import absent_devices, known_skips, of_target, without_devices
from cnnfc.harness.stored import read_stored, result_path
from cnnfc.harness.suite import Point, Suite
from cnnfc.machine import record
from cnnfc.records import Outcome
from cnnfc.units import format_duration

#: What building and installing another commit takes (s), for the time left.
_BUILD_SECONDS = 10.0


@dataclass(frozen=True)
class Work:
    """What a target needs: all ``points`` asked for, and which of them are ``missing``.

    ``canaries`` are read along with whatever is measured.  ``measured`` and ``failed`` count the
    points that the result file has values of, and those that are missing because they failed.
    """

    points: tuple[Point, ...]
    missing: tuple[Point, ...]
    canaries: tuple[Point, ...] = ()
    measured: int = 0
    failed: int = 0

    @property
    def done(self) -> int:
        """Points that need nothing: measured, or known to be skipped."""
        return len(self.points) - len(self.missing)


@dataclass
class Campaign:
    """One run over commits; ``results`` and ``hardware`` are folders, ``now`` the clock in UTC.

    ``fingerprint`` gives a text that differs if the suite may have been edited; an empty text says
    that it cannot be told.

    ``tally`` counts what was tried in this run, ``measured_before`` what had values already;
    ``done`` of ``total`` points is where the last commit stands.
    """

    caller: Caller
    selection: Selection
    devices: Devices
    results: Path
    hardware: Path
    progress: Progress
    fingerprint: Callable[[], str] = str
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    tally: Tally = field(default_factory=Tally)
    measured_before: int = 0
    done: int = 0
    total: int = 0
    broken: list[tuple[Commit, CallFailed]] = field(default_factory=list)
    _pace: Pace | None = None
    _environments: tuple[str, ...] = ()
    _listed: str = ""
    _records: tuple[record.HardwareRecord, ...] | None = None
    _missing: dict[Commit, tuple[Point, ...]] = field(default_factory=dict)

    def run(self, commits: Sequence[Commit]) -> None:
        """Measure what is missing of `commits`, in their order.

        A commit that cannot be built, or in which asv breaks down, is named and passed over.

        Raises:
            UsageError: the suite has nothing of what was asked for.
            NothingMeasured: there is not one value of what was asked for, old or new.
        """
        for number, commit in enumerate(commits, 1):
            place = f" ({number} of {len(commits)})" if len(commits) > 1 else ""
            self.progress.commit = commit.short + place
            try:
                self._run(commit, commits[number:])
            except CallFailed as failure:
                self.broken.append((commit, failure))
                self._say_broken(commit, failure)
        if not self.measured_before and not self.tally.measured:
            raise NothingMeasured(self._why_nothing())

    def _run(self, commit: Commit, later: Sequence[Commit]) -> None:
        if self._pace and self._is_done(commit, self._pace.suite):
            return
        self.progress.done = self.progress.total = 0
        # Taken first, so that an edit while asv reads the suite is seen as one.
        self._listed = self.fingerprint()
        self._environments, suite = prepare(self.caller, commit, self.results, self.progress)
        self._pace = self._pace.of(suite) if self._pace else Pace(suite)
        for environment in self._environments:
            work = self._work(commit, environment, suite)
            self._announce(commit, environment, work)
            if work.missing:
                self._measure(commit, environment, work, self._pace, later)

    def _is_done(self, commit: Commit, suite: Suite) -> bool:
        """Whether nothing is missing of `commit`; if so, that is said and it is not even built."""
        works = [(name, self._work(commit, name, suite)) for name in self._environments]
        if any(work.missing for _, work in works):
            return False
        for name, work in works:
            self._announce(commit, name, work)
        return True

    def _work(self, commit: Commit, environment: str, suite: Suite) -> Work:
        machine = self.caller.machine
        if self._records is None:
            # Once a run: it adds records of commits only after their work is known.
            self._records, _ = record.read_all(self.hardware)
        records = of_target(
            self._records,
            machine=machine,
            commit=commit.hash,
            environment=environment,
        )
        selected = select(suite, self.selection, self.devices)
        points = without_devices(selected.all, suite, absent_devices(records))
        path = result_path(self.results, machine, commit.hash, environment)
        stored = read_stored(path, suite)
        skips = known_skips(records, suite, self.caller.profile)
        missing = find_missing(points, stored, skips)
        measured = {point for point in points if stored.get(point) is Outcome.MEASURED}
        return Work(
            points,
            missing,
            canaries=tuple(p for p in selected.canaries if p in measured or p in missing),
            measured=len(measured),
            failed=sum(stored.get(point) is Outcome.FAILED for point in missing),
        )

    def _target(self, commit: Commit, environment: str) -> Target:
        """The target, with a hardware record of its own even if another began this second."""
        machine = self.caller.machine
        stem = f"{self.now().strftime('%Y%m%dT%H%M%SZ')}-{commit.short}"
        names = (f"{stem}{suffix}.json" for suffix in ("", *(f"-{n}" for n in range(2, 1000))))
        paths = (self.hardware / machine / name for name in names)
        path = next(path for path in paths if not path.exists())
        return Target(commit, environment, machine, self.results, path)

    def _measure(
        self, commit: Commit, environment: str, work: Work, pace: Pace, later: Sequence[Commit]
    ) -> None:
        target, tally = self._target(commit, environment), Tally()
        start = self.progress.clock()
        try:
            measure(
                target,
                work.missing,
                work.canaries,
                tally,
                caller=self.caller,
                pace=pace,
                progress=self.progress,
                is_listed=self._is_listed,
                seconds_later=self._seconds_of(later, pace),
            )
        finally:
            self.tally.add(tally)
            self.done += tally.tried
            self._say_tally(commit, tally, self.progress.clock() - start)
            self._finish(target.record)

    def _is_listed(self) -> bool:
        """Whether the suite is as asv read it: a person may edit it while it is measured."""
        return self._listed != "" and self._listed == self.fingerprint()

    def _seconds_of(self, commits: Sequence[Commit], pace: Pace) -> float:
        """Expected seconds of `commits`, from what is missing of them."""
        for commit in commits:
            if commit not in self._missing:
                works = [self._work(commit, name, pace.suite) for name in self._environments]
                self._missing[commit] = tuple(point for work in works for point in work.missing)
        missing = [self._missing[commit] for commit in commits if self._missing[commit]]
        return sum(sum(map(pace.cost, points)) + _BUILD_SECONDS for points in missing)

    def _finish(self, path: Path) -> None:
        """Add the state after the run to its hardware record; a fault of it must cost no result."""
        try:
            if path.exists():
                record.finish(path)
        except CnnfcError as error:
            self.progress.say(f"note: the hardware record is not finished: {error}")

    def _announce(self, commit: Commit, environment: str, work: Work) -> None:
        self.done, self.total = work.done, len(work.points)
        self.progress.done, self.progress.total = self.done, self.total
        self.measured_before += work.measured
        subject = f" ({one_line(commit.subject)})" if commit.subject else ""
        text = f"{commit.short}{subject} in {environment}: "
        text += f"{work.done} of {len(work.points)} already measured"
        if work.failed:
            text += f", {work.failed} failed before and are tried again"
        self.progress.say(text)

    def _say_tally(self, commit: Commit, tally: Tally, seconds: float) -> None:
        say = self.progress.say
        say(
            f"{commit.short}: {tally.measured} measured, {tally.skipped} skipped, "
            f"{len(tally.failures)} failed in {format_duration(seconds)}"
        )
        for line in summarise(tally.failures):
            say(line)
        if tally.failures:
            say(f"  all that they printed: {self.caller.asv.log}")

    def _say_broken(self, commit: Commit, failure: CallFailed) -> None:
        self.progress.say(f"{commit.short}: {failure}")
        for line in failure.lines:
            self.progress.say(f"      {line}")
        self.progress.say(f"  the whole log: {failure.log}")

    def _why_nothing(self) -> str:
        if self.tally.failures:
            first = self.tally.failures[0]
            return f"nothing was measured: {first.point.label} failed, {first.reason}"
        if self.broken:
            commit, failure = self.broken[0]
            return f"nothing was measured: {commit.short}: {failure}; see {failure.log}"
        skipped = self.tally.skipped
        return (
            f"nothing was measured: all {skipped} points were skipped"
            if skipped
            else "nothing was measured: what was asked for is known to be skipped here"
        ) + f"; the notes of the hardware record in {self.hardware} say why"
