"""``cnnfc gate``: compares two commits by pairs and says whether one is slower."""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TextIO

from cnnfc.commands.gate_progress import GateProgress
from cnnfc.commands.interrupts import terminations_interrupt
from cnnfc.commands.open_gate import GateOptions, OpenGate, scratch_of
from cnnfc.commands.project import Project, find_project
from cnnfc.errors import UsageError
from cnnfc.gate.measuring.listing import Listed
from cnnfc.gate.measuring.worker_process import check_system
from cnnfc.gate.policy import waivers
from cnnfc.gate.policy.policy import Policy, read_policy
from cnnfc.gate.preparing import kept, two_sides
from cnnfc.harness.lock import hold

__all__ = ["GateOptions", "Listed", "OpenGate", "open_gate", "run_gate"]


@contextlib.contextmanager
def open_gate(
    options: GateOptions, out: TextIO, *, start: Path | None = None
) -> Iterator[OpenGate]:
    """Check what was asked for, build both sides and list their benchmarks.

    Args:
        options: what to compare, and how.
        out: where progress is written.
        start: where the project is looked for; the current folder if left out.

    Yields:
        The gate, to be run while this is open: nobody else measures in the project meanwhile.

    Raises:
        UsageError: this system cannot run workers, what was asked for does not exist, cannot be
            built or is the same twice, or somebody measures here already.
        DataError: the policy or the waivers are damaged.
    """
    check_system()
    project = find_project(start)
    policy = _policy(options, project)
    for pattern in options.bench:
        _check_pattern(pattern)
    accepted = waivers.read_waivers(project.root / policy.waivers, date.today())  # noqa: DTZ011
    progress = GateProgress(out)
    scratch = scratch_of(project)
    # From here on there are processes to be ended in good order.
    with terminations_interrupt(), hold(project.scratch / "run.lock"):
        sides = two_sides.prepare(
            project,
            options.base,
            options.head,
            scratch,
            baseline_with=options.baseline_with,
            contender_with=options.contender_with,
            here=options.here,
            allow_same=options.selftest,
            say=progress.say,
        )
        for note in sides.notes:
            progress.say(f"note: {note}")
        # Workers run in folders that end with the gate: what a benchmark leaves is nobody's.
        with kept.temporary(scratch, "run") as place:
            yield OpenGate(
                options,
                project,
                policy,
                accepted,
                sides=sides,
                scratch=place,
                progress=progress,
            )


def run_gate(options: GateOptions, out: TextIO, *, start: Path | None = None) -> int:
    """Gate, print the answer, and give the exit code; see `GateReport.exit_code`."""
    # Progress must not stand in the way of a program that reads the JSON.
    with open_gate(options, sys.stderr if options.as_json else out, start=start) as gate:
        report = gate.run()
    if options.as_json:
        from cnnfc.history import gate_json  # noqa: PLC0415  # not needed for people

        out.write(gate_json.dumps(report))
    else:
        from cnnfc.report.gate.text import table  # noqa: PLC0415  # not needed for programs

        out.write(table(report))
        out.write(f"\n{gate.folder / 'index.html'}\n")
    return report.exit_code


def _policy(options: GateOptions, project: Project) -> Policy:
    policy = read_policy(project.root / "pyproject.toml")
    if options.threshold is not None:
        policy = policy.with_threshold(options.threshold)
    if options.budget is not None:
        policy = replace(policy, budget=options.budget)
    return policy


def _check_pattern(pattern: str) -> None:
    try:
        re.compile(pattern)
    except re.error as error:
        raise UsageError(
            f"--bench {pattern!r} is not a regular expression ({error}): put a backslash before "
            f"brackets and dots that are meant as such"
        ) from None
