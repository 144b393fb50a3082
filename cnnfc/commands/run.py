"""``cnnfc run``: measures commits with asv and writes the report."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from cnnfc.commands.doctor import say_short
from cnnfc.commands.interrupts import INTERRUPTED, terminations_interrupt
from cnnfc.commands.project import Project, find_project
from cnnfc.errors import UsageError
from cnnfc.harness.calls import Caller, RunsAsv
from cnnfc.harness.campaign import Campaign
from cnnfc.harness.devices import look
from cnnfc.harness.here import check_installed, environment_name
from cnnfc.harness.leftovers import sweep
from cnnfc.harness.lock import hold
from cnnfc.harness.process import Asv
from cnnfc.harness.progress import Clock, Progress
from cnnfc.harness.repository import Commit, Repository, Tree, open_repository
from cnnfc.harness.selection import parse_selection
from cnnfc.harness.told_commit import believe
from cnnfc.machine.asv_file import register
from cnnfc.machine.identity import identify
from cnnfc.machine.locked_files import remedy

#: How many logs of earlier runs are kept.
KEPT_LOGS = 20

#: Makes what runs asv, from the project's root, the log and descriptors to keep open.
MakeAsv = Callable[[Path, Path, tuple[int, ...]], RunsAsv]
#: Writes the report about everything measured so far, and says where it is.
WriteReport = Callable[[TextIO], object]


@dataclass(frozen=True)
class RunOptions:
    """What ``cnnfc run`` was asked for; see its ``--help``."""

    range: str = "HEAD"
    profile: str = "standard"
    bench: tuple[str, ...] = ()
    catalogues: tuple[str, ...] = ()
    cases: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    here: bool = False
    commit: str | None = None
    date: str | None = None
    report: bool = True


def run_suite(
    options: RunOptions,
    out: TextIO,
    *,
    start: Path | None = None,
    make_asv: MakeAsv = Asv,
    write_report: WriteReport | None = None,
    clock: Clock = time.monotonic,
) -> int:
    """Measure what is missing of the commits asked for, then write the report.

    Args:
        options: what to measure.
        out: where progress and outcome are written.
        start: where the project is looked for; the current folder if left out.
        make_asv: starts asv.
        write_report: writes the report; ``cnnfc report`` if left out.
        clock: monotonic, in seconds.

    Returns:
        The exit code: 0, or 130 after an interrupt, which keeps every finished chunk.

    Raises:
        UsageError: what was asked for does not exist, or another run is measuring here.
        DataError: the configuration or a result file is damaged.
        NothingMeasured: there is no value of what was asked for.
    """
    project = find_project(start)
    selection = parse_selection(
        profile=options.profile,
        bench=options.bench,
        catalogues=options.catalogues,
        cases=options.cases,
        devices=options.devices,
    )
    identity = identify()
    work = _work(options, project, project.results / identity.name)
    here = None
    if options.here:
        here = environment_name()
        check_installed(project.root, project.name, work.tree)
    _check_writable(project.results)
    progress = Progress(out, clock)
    progress.say(f"machine {identity.name}, profile {options.profile}")
    registration = register(identity)
    if registration.added:
        progress.say(f"note: {identity.name} was added to asv's machines, {registration.path}")
    for note in (*work.notes, *_changes(project, work.tree, here=options.here)):
        progress.say(f"note: {note}")
    with hold(project.scratch / "run.lock") as lock:
        # Its half second of spinning would disturb a run in progress, so not before the lock.
        say_short(progress.say, identity)
        for folder in (project.results, project.hardware):
            sweep(folder, identity.name)
        asv = make_asv(project.root, _new_log(project, work.commits[0]), (lock,))
        campaign = Campaign(
            Caller(asv, identity.name, options.profile, here, work.date),
            selection,
            look(identity),
            project.results,
            project.hardware,
            progress,
            fingerprint=lambda: work.tree.fingerprint((project.root / "reports", project.results)),
        )
        try:
            with terminations_interrupt():
                campaign.run(work.commits)
        except KeyboardInterrupt:
            kept = f"{campaign.done} of {campaign.total} are measured and kept"
            progress.say(
                f"interrupted: {kept if campaign.total else 'nothing was measured yet'}; run the "
                f"same command again for the rest"
            )
            return INTERRUPTED
        finally:
            progress.clear()
    if campaign.broken:
        names = ", ".join(commit.short for commit, _ in campaign.broken)
        progress.say(f"not measured, for the reasons above: {names}")
    if options.report:
        (write_report or _write_report)(out)
    return 0


@dataclass(frozen=True)
class _Work:
    """Which commits of which files; ``date`` is the commit's where git is not there to ask.

    ``notes`` are sentences about the choice of commits.
    """

    commits: tuple[Commit, ...]
    tree: Tree
    date: datetime | None = None
    notes: tuple[str, ...] = ()


def _work(options: RunOptions, project: Project, folder: Path) -> _Work:
    if options.commit is None:
        if options.date is not None:
            raise UsageError("--date is the date of the commit that --commit names: add --commit")
        repository = open_repository(project.root, project.repository)
        commits = _commits(options, repository, folder)
        ends = repository.ends() if options.range != "HEAD" else frozenset()
        cut = (
            f"this clone is shallow and ends at {commit.short}, so no earlier commit is seen: "
            f"`git fetch --unshallow` brings the rest"
            for commit in commits
            if commit.hash in ends
        )
        return _Work(commits, repository, notes=tuple(cut))
    if not options.here or options.range != "HEAD":
        raise UsageError(
            "--commit says which commit the files here are, so it goes with --here and without a "
            "range: `cnnfc run --here --commit HASH`"
        )
    told = believe(
        options.commit, options.date, config=project.config_path, repo=project.repository
    )
    return _Work((told.commit,), told.tree, told.date)


def _commits(options: RunOptions, repository: Repository, folder: Path) -> tuple[Commit, ...]:
    head = repository.head()
    if options.range == "NEW":
        commits = _new_commits(repository, folder) or (head,)
    else:
        commits = repository.resolve(options.range)
    if options.here and commits != (head,):
        raise UsageError(
            f"--here measures what is installed, the checked-out commit {head.short}: leave "
            f"{options.range!r} out, or check that commit out"
        )
    return commits


def _new_commits(repository: Repository, folder: Path) -> tuple[Commit, ...]:
    """Commits since the newest one that has a result file in `folder`; none if none has."""
    measured = {path.name[:8] for path in folder.glob("*-*.json")}
    new: list[str] = []
    for hash_ in repository.first_parents():
        if hash_[:8] in measured:
            return tuple(map(repository.commit, new))
        new.append(hash_)
    return ()


def _check_writable(results: Path) -> None:
    try:
        results.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=results, buffering=0) as file:
            # A full disk takes empty files.
            file.write(b" " * 4096)
    except OSError as error:
        advice = "make it a folder you may write to, or change results_dir in the asv configuration"
        raise UsageError(
            f"results cannot be written to {results} ({error.strerror}): {remedy(error, advice)}"
        ) from None


def _changes(project: Project, tree: Tree, *, here: bool) -> Iterator[str]:
    """What uncommitted changes mean for this run, a sentence each."""
    top = tree.top()
    changed = [top / name for name in tree.changes()]
    own = (project.results, project.hardware)
    changed = [path for path in changed if not any(path.is_relative_to(o.resolve()) for o in own)]
    suite = [path for path in changed if path.is_relative_to(project.benchmarks.resolve())]
    rest = [path for path in changed if path not in suite]
    if suite:
        yield (
            f"{_names(suite, project.root)} is not committed: the suite is run as it is in the "
            f"work tree, whatever commit is measured"
        )
    if rest and not here:
        yield (
            f"{_names(rest, project.root)} is not committed and not measured: asv builds commits"
        )


def _names(paths: list[Path], root: Path) -> str:
    first = paths[0]
    name = first.relative_to(root) if first.is_relative_to(root) else first
    return str(name) if len(paths) == 1 else f"{name} (and {len(paths) - 1} more)"


def _new_log(project: Project, commit: Commit) -> Path:
    """The path of this run's log; older logs beyond `KEPT_LOGS` are removed."""
    folder = project.scratch / "logs"
    for old in sorted(folder.glob("*.log"))[: -(KEPT_LOGS - 1)]:
        old.unlink(missing_ok=True)
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    return folder / f"{stamp}-{commit.short}.log"


def _write_report(out: TextIO) -> object:
    from cnnfc.commands.report import write_report  # noqa: PLC0415  # drawing is heavy to import

    return write_report(results=None, hardware=None, out=None, open_browser=False, stream=out)
