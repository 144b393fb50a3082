"""Plans a check of this machine by its history alone: what can be judged, and with what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from cnnfc.analysis.against_history import LEAST_RUNS
from cnnfc.commands.check.ground import Ground, find_ground
from cnnfc.commands.check.items import Item, choose_items
from cnnfc.commands.project import Project, find_project
from cnnfc.errors import NothingMeasured
from cnnfc.harness.devices import look
from cnnfc.harness.suite import Suite, read_suite
from cnnfc.history.results import History, read_history
from cnnfc.machine import wording
from cnnfc.machine.identity import Identity, identify
from cnnfc.machine.schema import HardwareRecord
from cnnfc.report.text import listing, plural
from cnnfc.timeline.arrange import arrange

#: What a machine is made of, beside the model of its processor.
_BUILD: Final = ("sockets", "cores", "threads", "memory_bytes", "gpus")


@dataclass(frozen=True)
class Plan:
    """What a check is going to do, by the history alone.

    Attributes:
        project: Whose suite and history.
        identity: Of this machine.
        items: Everything that a check looks at, those that cannot be judged too.
        ground: What is held still; None where nothing can be judged.
        records: The hardware records of this machine's runs in that environment.
        why_not: Why nothing at all can be judged; empty if something can.
    """

    project: Project
    identity: Identity
    items: tuple[Item, ...] = ()
    ground: Ground | None = None
    records: tuple[HardwareRecord, ...] = ()
    why_not: str = ""

    @property
    def judgeable(self) -> tuple[Item, ...]:
        return tuple(item for item in self.items if not item.why_not)


def plan_check(start: Path | None = None) -> Plan:
    """Read the history and choose what to measure; measures nothing and takes a moment.

    Args:
        start: Where the project is looked for; the current folder if left out.

    Raises:
        UsageError: there is no project here.
        DataError: its configuration, or asv's list of the suite, is damaged.
    """
    project, identity = find_project(start), identify()
    if not project.results.is_dir():
        nothing = f"there are no results in {project.results}: measure some first (`cnnfc run`)"
        return Plan(project, identity, why_not=nothing)
    history = read_history(project.results, project.hardware, project.aliases)
    if not history.runs:
        nothing = f"there are no runs in {project.results}: measure some first (`cnnfc run`)"
        return Plan(project, identity, why_not=nothing)
    suite = read_suite(project.results / "benchmarks.json")
    groups = [group for group in arrange(history) if group.machine == identity.name]
    if not groups:
        return _without_history(project, identity, suite, history, _strangers(identity, history))
    try:
        ground = find_ground(groups, project)
    except NothingMeasured as error:
        return _without_history(project, identity, suite, history, str(error))
    items = choose_items(suite, look(identity), history.benchmarks, ground.group)
    records = tuple(
        record
        for record in history.hardware
        if (record.machine, record.environment) == (identity.name, ground.environment)
    )
    plan = Plan(project, identity, items, ground, records)
    if plan.judgeable:
        return plan
    runs = max((len(item.past) for item in items), default=0)
    return replace(
        plan,
        why_not=f"{identity.name} has {plural(runs, 'run')} of history in {ground.environment}, "
        f"and a verdict takes {LEAST_RUNS} at least: `cnnfc run` at other commits adds them",
    )


def _without_history(
    project: Project, identity: Identity, suite: Suite, history: History, why_not: str
) -> Plan:
    items = choose_items(suite, look(identity), history.benchmarks, None)
    return Plan(project, identity, items, why_not=why_not)


def _strangers(identity: Identity, history: History) -> str:
    """Why there is no history of this machine: whose there is, and whether it may be the same."""
    machines = sorted({run.machine for run in history.runs})
    said = f"{identity.name} has no history here, only {listing(machines)}"
    own = identity.as_dict()
    for record in reversed(history.hardware):
        other = record.identity
        if record.machine not in machines or other.get("cpu_model") != own.get("cpu_model"):
            continue
        changed = [
            f"{wording.label(key)} {_shown(own, key)} instead of {_shown(other, key)}"
            for key in _BUILD
            if own.get(key) != other.get(key)
        ]
        return (
            f"{said}. {record.machine} has the same processor: if this is that machine, what was "
            f"built in has changed ({', '.join(changed)})"
        )
    return f"{said}: `cnnfc run` begins one"


def _shown(identity: Mapping[str, Any], key: str) -> str:
    found = identity.get(key)
    return "unknown" if found is None else wording.value(key, found) or "none"
