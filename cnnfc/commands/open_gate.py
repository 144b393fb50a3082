"""Runs a gate whose sides are built: measures, writes every output, gives the report."""

from __future__ import annotations

import contextlib
import os
import random
import re
import secrets
import shlex
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from cnnfc import __version__
from cnnfc.commands.gate_progress import GateProgress
from cnnfc.commands.interrupts import terminations_interrupt
from cnnfc.commands.project import Project
from cnnfc.errors import CnnfcError, UsageError
from cnnfc.gate import whole
from cnnfc.gate.cases import GatedCase, Injection
from cnnfc.gate.judging.rules import levels
from cnnfc.gate.measuring.listing import Listed, list_both
from cnnfc.gate.measuring.setting import Setting
from cnnfc.gate.policy import policy_changes, waivers
from cnnfc.gate.policy.policy import Policy, check_can_fail
from cnnfc.gate.preparing import two_sides
from cnnfc.gate.sides import Side, Sides
from cnnfc.harness.repository import open_repository
from cnnfc.machine import record
from cnnfc.machine.identity import identify
from cnnfc.machine.locked_files import locked, sweep
from cnnfc.verdicts import GateReport, SideFacts

#: A self-test slows these down by so much, or by twice their threshold if that is more: far above
#: what must be found, far below a broken build.
SELFTEST_SLOWDOWN: Final = 0.1
#: It slows every so many benchmarks down.
_SELFTEST_EVERY: Final = 3


@dataclass(frozen=True)
class GateOptions:
    """What ``cnnfc gate`` was asked for; see its ``--help``."""

    base: str
    head: str | None = None
    bench: tuple[str, ...] = ()
    budget: float | None = None
    strict: bool = False
    selftest: bool = False
    seed: int | None = None
    threshold: float | None = None
    baseline_with: tuple[str, ...] = ()
    contender_with: tuple[str, ...] = ()
    here: bool = False
    out: Path | None = None
    as_json: bool = False
    command: str = ""


class OpenGate:
    """A gate whose sides are built and whose benchmarks are known; see `open_gate`.

    Attributes:
        listed: Every benchmark of either side that was asked for.
        folder: Where its outputs are written.
    """

    def __init__(
        self,
        options: GateOptions,
        project: Project,
        policy: Policy,
        accepted: tuple[waivers.Waiver, ...],
        *,
        sides: Sides,
        scratch: Path,
        progress: GateProgress,
    ) -> None:
        self._options = options
        self._project = project
        self._policy = policy
        self._waivers = accepted
        self._sides = sides
        self._scratch = scratch
        self._progress = progress
        self._notes: list[str] = []
        for note in policy_changes.notes(project.root, sides.baseline, policy.waivers):
            self._note(note)
        self.listed = self._chosen(list_both(Setting(sides, scratch), self._note))
        names = (_folder_name(sides.baseline), _folder_name(sides.contender))
        self.folder = options.out or project.root / "reports" / "gate" / "-".join(names)

    def run(self, only: Collection[str] | None = None) -> GateReport:
        """Measure what was asked for, write every output, and give the report.

        A red, an interrupt or a benchmark that fails are part of the report; nothing is raised for
        them.

        Args:
            only: ids of the benchmarks to judge; None for all that are listed.

        Raises:
            UsageError: the policy could never fail with so many benchmarks, nothing is chosen, or
                nothing that a self-test could slow down.
            DataError: the outputs cannot be written.
        """
        options = self._options
        chosen = [listed for listed in self.listed if only is None or listed.id in only]
        if not chosen:
            raise UsageError("no benchmark was chosen, so there is nothing to gate")
        timed = sum(listed.kind == "time" and listed.presence == "both" for listed in chosen)
        slower_level, not_slower_level = levels(self._policy, max(1, timed))
        warnings = check_can_fail(
            self._policy, timed, slower_level=slower_level, not_slower_level=not_slower_level
        )
        for warning in warnings:
            self._note(warning)
        if options.selftest and not timed:
            raise UsageError(
                "a self-test slows timed benchmarks down, and none that both sides have was chosen"
            )
        # Better now than after minutes of measuring.
        _check_writable(self.folder)
        # Six digits are easy to type again.
        seed = secrets.randbelow(10**6) if options.seed is None else options.seed
        self._progress.say(f"{len(chosen)} benchmark{'s' if len(chosen) != 1 else ''}, seed {seed}")
        begun, started = time.monotonic(), _now()
        with contextlib.suppress(KeyboardInterrupt), terminations_interrupt():
            answer = whole.Answer(interrupted=True)
            answer = whole.judge(
                whole.Request(
                    self._sides,
                    chosen,
                    self._policy,
                    seed,
                    self._scratch,
                    command=self._base_command(),
                    slow_down=lambda cases: self._injections(cases, seed),
                ),
                self._progress,
            )
        self._progress.clear()
        suite = Path(os.path.relpath(self._project.benchmarks, self._project.root)).as_posix()
        found = [replace(one, file=f"{suite}/{one.file}") for one in answer.results]
        results, uses = waivers.apply(found, self._waivers)
        report = GateReport(
            baseline=_facts(self._sides.baseline),
            contender=_facts(self._sides.contender),
            machine=identify().name,
            hardware=self._hardware(),
            started_at=started,
            finished_at=None if answer.interrupted else _now(),
            seconds=time.monotonic() - begun,
            seed=seed,
            pairs=answer.pairs,
            strict=options.strict,
            policy=self._policy.to_json(),
            command=f"{options.command or self._base_command()}",
            benchmarks=tuple(results),
            canaries=answer.canaries,
            skipped=answer.skipped,
            waivers=tuple(uses),
            notes=(*self._sides.notes, *self._notes, *self._late_notes(), *answer.notes),
            selftest=answer.slowed_down if options.selftest else None,
            cnnfc=__version__,
            suite=suite,
        )
        # Whatever happens now, what was found is on the disk.
        from cnnfc.report.gate import write_all  # noqa: PLC0415  # loads the templates

        write_all(report, self.folder, project=_inside(self._project))
        return report

    def _note(self, text: str) -> None:
        """Say `text` now, and keep it for the report."""
        self._notes.append(text)
        self._progress.say(f"note: {text}")

    def _chosen(self, listed: tuple[Listed, ...]) -> tuple[Listed, ...]:
        patterns = self._options.bench
        if not patterns:
            chosen = tuple(one for one in listed if self._policy.selects(one.id))
            where = "benchmarks in [tool.cnnfc.gate]"
        else:
            chosen = tuple(one for one in listed if any(re.search(p, one.id) for p in patterns))
            where = "--bench"
        if not chosen:
            example = listed[0].id
            raise UsageError(
                f"no benchmark matches {where}: of {len(listed)} ids the first is {example!r}; "
                f"patterns are searched anywhere in an id"
            )
        return chosen

    def _injections(self, cases: Sequence[GatedCase], seed: int) -> Mapping[str, Injection]:
        """In a self-test, a known slowdown for about every third of `cases`, drawn."""
        if not self._options.selftest:
            return {}
        count = -(-len(cases) // _SELFTEST_EVERY)
        ids = [case.id for case in cases]
        drawn = random.Random(seed).sample(ids, count)  # noqa: S311 - which ones is no secret
        thresholds = {
            case.id: self._policy.threshold_for(case.id, case.kind, case.device) for case in cases
        }
        return {one: Injection(max(SELFTEST_SLOWDOWN, 2 * thresholds[one])) for one in drawn}

    def _base_command(self) -> str:
        options = self._options
        words = ["cnnfc", "gate", options.base, *([options.head] if options.head else [])]
        for name in ("baseline", "contender"):
            for wish in getattr(options, f"{name}_with"):
                words += [f"--{name}-with", wish]
        if options.threshold is not None:
            words += ["--threshold", f"{100 * options.threshold:g}%"]
        words += [f"--{name}" for name in ("here", "selftest") if getattr(options, name)]
        return shlex.join(words)

    def _hardware(self) -> dict[str, Any]:
        return record.collect(
            commit=self._sides.contender.commit,
            environment=None,
            profile=None,
            software=None,
        ).as_dict()

    def _late_notes(self) -> Iterator[str]:
        try:
            has_changed = two_sides.changed_since(
                self._project, self._sides, scratch_of(self._project)
            )
        except (CnnfcError, OSError) as error:
            # No reason to lose what was measured.
            yield f"whether the work tree was changed while the gate ran cannot be told: {error}"
            return
        if has_changed:
            yield (
                "the work tree was changed while the gate ran: the verdicts are about the state "
                "at its start"
            )


def _check_writable(folder: Path) -> None:
    with locked(folder / "gate.json"):
        # Parts of files that a killed gate has left.
        sweep(folder)


def _inside(project: Project) -> str:
    """The project's folder inside its repository, with ``/``; empty at the top, or if unknown."""
    try:
        top = open_repository(project.root, project.repository).top()
        return project.root.resolve().relative_to(top.resolve()).as_posix().removeprefix(".")
    except (CnnfcError, ValueError):
        return ""


def scratch_of(project: Project) -> Path:
    """Folder of everything that gates of `project` make and find again."""
    return project.scratch / "gate"


def _folder_name(side: Side) -> str:
    if side.commit is None:
        return "worktree"
    return side.commit[:8]


def _facts(side: Side) -> SideFacts:
    return SideFacts(
        label=side.label,
        commit=side.commit,
        tree=side.tree,
        software=dict(side.software),
        environment=dict(side.environment),
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
