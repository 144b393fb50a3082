"""``cnnfc study``: measures the tool itself and keeps what it found."""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from cnnfc.commands.interrupts import INTERRUPTED, terminations_interrupt
from cnnfc.commands.project import Project, find_project
from cnnfc.errors import CnnfcError, DataError, UsageError
from cnnfc.harness.lock import hold
from cnnfc.harness.progress import Progress
from cnnfc.harness.repository import open_repository
from cnnfc.machine.identity import identify
from cnnfc.machine.state import read_state
from cnnfc.studies.catalogue import STUDIES, Entry, find
from cnnfc.studies.runner import Sitting, measure
from cnnfc.studies.store import Section, Store
from cnnfc.studies.study import Request


@dataclass(frozen=True)
class StudyOptions:
    """What ``cnnfc study`` was asked for; see its ``--help``."""

    name: str | None
    devices: tuple[str, ...] = ()
    cases: tuple[str, ...] = ()
    rounds: int | None = None
    restart: bool = False
    show: bool = False
    as_json: bool = False
    folder: Path | None = None


def run_study(options: StudyOptions, out: TextIO, *, start: Path | None = None) -> int:
    """Measure what is missing of a study and print its table; without a name, list the studies.

    Args:
        options: which study, and how.
        out: where progress and table are written.
        start: where the project is looked for; the current folder if left out.

    Returns:
        The exit code: 0, or 130 after an interrupt, which keeps every finished step.

    Raises:
        UsageError: no such study, case or device; what is there was measured otherwise.
        DataError: the study's file is damaged or cannot be written.
        NothingMeasured: no step could be measured here.
    """
    project = find_project(start)
    folder = options.folder or project.root / "reports" / "studies"
    if options.name is None:
        _list(folder, options, out)
        return 0
    entry, store = find(options.name), Store(folder, options.name)
    if options.show:
        return _show(entry, store, options, out)
    machine = identify().name
    # Progress must not stand in the way of a program that reads the JSON.
    progress = Progress(sys.stderr if options.as_json else out, time.monotonic)
    progress.commit = options.name
    _check_rounds(entry, options)
    study = entry.open(
        Request(project.root, project.benchmarks, options.devices, options.cases, options.rounds)
    )
    try:
        with hold(project.scratch / "run.lock"), terminations_interrupt():
            section = measure(
                study,
                store,
                Sitting(machine, _command(options), _software(), _commit(project), _load),
                progress,
                restart=options.restart,
            )
    except KeyboardInterrupt:
        progress.say("interrupted: run the same command again for the rest")
        return INTERRUPTED
    finally:
        progress.clear()
    _print(entry, {machine: section}, options, out)
    if not options.as_json:
        out.write(f"\nkept in {store.path}\n")
    return 0


def _check_rounds(entry: Entry, options: StudyOptions) -> None:
    if options.rounds is None:
        return
    if not entry.has_rounds:
        raise UsageError(
            f"the study {options.name} has a fixed number of steps: leave --rounds out"
        )
    if options.rounds < 1:
        raise UsageError(f"--rounds must be 1 or more, not {options.rounds}")


def _list(folder: Path, options: StudyOptions, out: TextIO) -> None:
    studies: list[dict[str, Any]] = [
        {
            "name": name,
            "summary": entry.summary,
            "machines": {
                machine: section.get("finished_at") is not None
                for machine, section in Store(folder, name).machines().items()
            },
        }
        for name, entry in STUDIES.items()
    ]
    if options.as_json:
        json.dump({"studies": studies}, out, indent=1)
        out.write("\n")
        return
    width = max(len(name) for name in STUDIES)
    for study in studies:
        machines = study["machines"]
        done = f"{sum(machines.values())} of {len(machines)}" if machines else "none"
        name = str(study["name"]).ljust(width)
        out.write(f"{name}  {study['summary']} (machines finished: {done})\n")


def _show(entry: Entry, store: Store, options: StudyOptions, out: TextIO) -> int:
    machines = store.machines()
    if not machines:
        raise DataError(f"{store.path} is not there yet: measure with `cnnfc study {store.name}`")
    _print(entry, machines, options, out)
    return 0


def _print(
    entry: Entry, machines: Mapping[str, Section], options: StudyOptions, out: TextIO
) -> None:
    if options.as_json:
        json.dump({"study": options.name, "machines": machines}, out, indent=1)
        out.write("\n")
        return
    for machine, section in machines.items():
        finished = section.get("finished_at")
        when = f"finished {finished}" if finished else "not finished: the rest is still to measure"
        out.write(f"{section['question']}\n{machine}, {when}\n\n")
        try:
            lines = entry.tabulate(section["settings"], section["points"])
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(
                f"the study {options.name} of {machine} has settings or points that this cnnfc "
                f"cannot read ({type(error).__name__}: {error}): measure it anew with --restart"
            ) from None
        out.write("\n".join(lines) + "\n")


def _command(options: StudyOptions) -> str:
    words = ["cnnfc", "study", str(options.name)]
    for device in options.devices:
        words += ["--device", device]
    for case in options.cases:
        words += ["--case", case]
    if options.rounds is not None:
        words += ["--rounds", str(options.rounds)]
    return " ".join(words)


def _software() -> dict[str, Any]:
    """Versions that the numbers depend on."""
    try:
        from cnnfc.measure import api  # noqa: F401, PLC0415 - prepares the environment before torch
        from cnnfc.measure.software import torch_software  # noqa: PLC0415 - loads torch
    except ImportError:
        raise UsageError(
            "a study measures with the torch of this interpreter, which has none: install it "
            '(pip install "cnnfc[measure]"), or print what was measured with --show'
        ) from None
    torch = {name: value for name, value in torch_software().items() if name != "config"}
    return {"python": platform.python_version(), "torch": torch}


def _commit(project: Project) -> str | None:
    """The commit that is checked out; None where git cannot say."""
    try:
        return open_repository(project.root, project.repository).head().hash
    except CnnfcError:
        return os.environ.get("CNNFC_COMMIT")


def _load() -> dict[str, Any]:
    cpu = read_state().get("cpu", {})
    names = ("load_average", "steal_seconds", "throttled_seconds", "governor", "frequency_hz")
    return {name: cpu[name] for name in names if name in cpu}
