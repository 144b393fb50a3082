"""The page of one gate: may this change be merged?"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from cnnfc.report import links, text
from cnnfc.report.model import Facts, Stat, Table
from cnnfc.report.views.gate.answer import Answer, answer
from cnnfc.report.views.gate.rows import List, benchmark_list, fragments
from cnnfc.report.views.gate.tables import (
    Canary,
    canaries,
    doctor_table,
    machine_facts,
    record,
    rules,
    sides_table,
    skipped_table,
    waivers_table,
)
from cnnfc.report.views.gate.words import MEAN_MISS, is_moved
from cnnfc.units import format_duration
from cnnfc.verdicts import GateReport, SideFacts


@dataclass(frozen=True)
class GatePage:
    """Everything that the template of a gate prints, already formatted."""

    title: str
    answer: Answer
    compared: tuple[str, str]
    stats: tuple[Stat, ...]
    list: List
    canaries: tuple[Canary, ...]
    sides: Table
    waivers: Table | None
    skipped: Table | None
    doctor: Table | None
    machine: Facts
    rules: Facts
    notes: tuple[str, ...]
    mean_miss: str
    command: str
    as_of: str
    version: str


def gate_page(report: GateReport) -> GatePage:
    """The page of `report`; pure, and any text in it may be hostile."""
    known = record(report.hardware)
    said = answer(report, fragments(report))
    return GatePage(
        title=f"{said.word.rstrip(':.')} · {_side(report.contender)} against "
        f"{_side(report.baseline)}",
        answer=said,
        compared=(_side(report.contender), _side(report.baseline)),
        stats=tuple(_stats(report)),
        list=benchmark_list(report),
        canaries=canaries(report),
        sides=sides_table(report),
        waivers=waivers_table(report),
        skipped=skipped_table(report),
        doctor=doctor_table(known),
        machine=machine_facts(report, known),
        rules=rules(report),
        mean_miss=text.percent(MEAN_MISS),
        notes=tuple(text.shorten(note, 600) for note in report.notes),
        command=text.shorten(report.command, 2000),
        as_of=_moment(report.finished_at or report.started_at),
        version=report.cnnfc,
    )


def _side(side: SideFacts) -> str:
    """``main (1234abcd)``, or only one of them where they say the same."""
    label = text.shorten(side.label, 60)
    if side.commit is None or side.commit.startswith(side.label):
        return label if side.commit is None else links.short_commit(side.commit)
    return f"{label} ({links.short_commit(side.commit)})"


def _stats(report: GateReport) -> Iterator[Stat]:
    measured = [result for result in report.benchmarks if result.effect is not None]
    yield Stat(
        "Benchmarks compared",
        f"{len(measured):,}",
        f"of {len(report.benchmarks):,}"
        + (f"; {len(report.skipped):,} more skipped on both sides" if report.skipped else ""),
    )
    yield Stat(
        "Pairs of processes",
        f"{report.pairs:,}",
        f"in {format_duration(report.seconds)}"
        if math.isfinite(report.seconds)
        else "time not known",
    )
    seen = sorted(
        result.detectable
        for result in report.benchmarks
        if result.detectable is not None and math.isfinite(result.detectable)
    )
    if seen:
        yield Stat(
            "Slowdowns that would have shown",
            f"from {text.percent(seen[len(seen) // 2])}",
            f"in half of them; from {text.percent(seen[-1])} in all",
        )
    for key, label, detail in (
        ("false_red", "False alarms", "of runs on identical code, at most"),
        ("miss", "Missed slowdowns", "of typical calls slower by the threshold, at most"),
    ):
        chance = report.policy.get(key)
        if isinstance(chance, (int, float)) and not isinstance(chance, bool):
            yield Stat(label, text.percent(chance), detail)
    if report.canaries:
        moved = is_moved(report)
        kernels = text.plural(len(report.canaries), "reference kernel")
        yield Stat(
            "The machine",
            "moved" if moved else "the same",
            "differed between the sides" if moved else f"on both sides, say {kernels}",
            "bad" if moved else "",
        )


def _moment(said: str) -> str:
    try:
        return text.minute(datetime.fromisoformat(said))
    except ValueError:
        return text.shorten(said, 40)
