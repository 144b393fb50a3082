"""What stands below the list of a gate's page: canaries, sides, machine, rules, waivers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from cnnfc.errors import DataError
from cnnfc.machine import schema, wording
from cnnfc.machine.schema import HardwareRecord
from cnnfc.report import facts, text
from cnnfc.report.charts.pairs import Strip, strip
from cnnfc.report.model import Cell, Column, Fact, Facts, Table
from cnnfc.report.views.gate.words import change, interval, unquoted
from cnnfc.report.views.machine import doctor
from cnnfc.units import format_duration, format_value
from cnnfc.verdicts import CanaryResult, GateReport, SideFacts

_LONGEST: Final = 300
#: Lines about the machine; its whole record is in gate.json.
_FACTS: Final = 40
#: How far a canary may move where the file does not say it.
_TOLERANCE: Final = 0.03
_KERNELS: Final = {"loop": "Interpreter loop", "copy": "Memory copy", "gemm": "Matrix product"}
_TONES: Final = {"used": "warn", "expired": "bad", "unused": "muted"}

#: What the settings of a gate mean; others are printed by their names.
_RULES: Final = {
    "threshold": ("Threshold of times", "percent"),
    "gpu_threshold": ("On an accelerator", "percent"),
    "tail_threshold": ("Of the mean of all calls", "percent"),
    "peakmem_threshold": ("Of peak memory", "percent"),
    "track_threshold": ("Of tracked numbers", "percent"),
    "false_red": ("Chance of a red run on identical code, at most", "percent"),
    "miss": ("Chance that a typical call slower by the threshold passes, at most", "percent"),
    "canary_tolerance": ("Reference kernels may differ by", "percent"),
    "budget": ("Time to spend", "seconds"),
    "largest_pairs": ("Most pairs", ""),
    "direction": ("Fails on", ""),
}


@dataclass(frozen=True)
class Canary:
    """A reference kernel: its levels over the pairs, and whether it is the same on both sides."""

    title: str
    state: str
    tone: str
    facts: tuple[Fact, ...]
    reason: str
    strip: Strip | None


def canaries(report: GateReport) -> tuple[Canary, ...]:
    """The reference kernels, those first that differ between the sides."""
    given = report.policy.get("canary_tolerance")
    tolerance = given if isinstance(given, (int, float)) and 0 < given < 1 else _TOLERANCE
    ordered = sorted(report.canaries, key=lambda one: not one.moved)
    return tuple(_canary(one, tolerance) for one in ordered)


def _canary(one: CanaryResult, tolerance: float) -> Canary:
    levels = [level if math.isfinite(level) and level > 0 else math.nan for level in one.levels]
    known = sorted(level for level in levels if not math.isnan(level))
    usual = known[len(known) // 2] if known else 1.0
    found = [
        Fact("Between the sides", f"{change(one.effect.ratio)} ({interval(one.effect)})"),
        Fact("May differ by", text.percent(tolerance)),
        Fact("Drift, not judged", text.percent(one.drift)),
    ]
    if known:
        found.append(Fact("Usual level", format_value(usual, "seconds")))
    return Canary(
        title=_KERNELS.get(one.name, text.shorten(one.name, 60)),
        state="differs" if one.moved else "the same",
        tone="bad" if one.moved else "good",
        facts=tuple(found),
        reason=text.shorten(one.reason, _LONGEST),
        strip=strip(
            [math.log(level / usual) for level in levels],
            label=f"Level over {text.plural(len(levels), 'pair')}, relative to the middle one",
            joined=True,
            least=1.3 * math.log1p(tolerance),
        ),
    )


def sides_table(report: GateReport) -> Table:
    """What was compared: commits, versions, variables; what differs is marked."""
    rows = [("Typed as", report.baseline.label, report.contender.label, False)]
    rows += [(name, a, b, False) for name, a, b in _hashes(report.baseline, report.contender)]
    for kind in ("software", "environment"):
        before, after = getattr(report.baseline, kind), getattr(report.contender, kind)
        rows += [
            (name, before.get(name, text.MISSING), after.get(name, text.MISSING), True)
            for name in dict.fromkeys((*before, *after))
        ]
    return Table(
        id="sides",
        caption="What was compared",
        columns=(Column(""), Column("Baseline", code=True), Column("Contender", code=True)),
        rows=tuple(_side_row(*row) for row in rows),
    )


def _side_row(name: str, before: str, after: str, compared: bool) -> tuple[Cell, ...]:
    differs = compared and before != after
    return (
        Cell(_short(name)),
        Cell(_short(before)),
        Cell(
            _short(after),
            tone="warn" if differs else "",
            detail="differs" if differs else "",
        ),
    )


def _hashes(before: SideFacts, after: SideFacts) -> Iterator[tuple[str, str, str]]:
    yield (
        "Commit",
        before.commit or "work tree, not committed",
        after.commit or "work tree, not committed",
    )
    if before.tree or after.tree:
        yield "Content", before.tree or text.MISSING, after.tree or text.MISSING


def record(hardware: Mapping[str, Any]) -> HardwareRecord | None:
    """The hardware record in a gate's file; None if it is none (a page does without)."""
    try:
        return schema.parse(dict(hardware), "gate.json")
    except DataError:
        return None


def doctor_table(known: HardwareRecord | None) -> Table | None:
    """What the doctor found when the gate began; None if nobody asked it."""
    table = doctor.findings_table(known)
    note = "By what the machine said of itself; cnnfc doctor measures more."
    return None if table is None else replace(table, note=note)


def machine_facts(report: GateReport, known: HardwareRecord | None) -> Facts:
    """Who the machine is, in a few lines."""
    lines = [Fact("Name", report.machine)]
    if known is not None:
        lines += [
            Fact(_short(_capital(name.removeprefix("Detail · "))), value)
            for name, value in facts.facts(known.identity)
            if name != "Name"
        ][:_FACTS]
    return Facts("The machine", tuple(lines))


def rules(report: GateReport) -> Facts:
    """The settings that were in force, in words, errors that may happen among them."""
    policy = report.policy
    lines = [
        Fact(title, _setting(policy[key], unit))
        for key, (title, unit) in _RULES.items()
        if policy.get(key) is not None
    ]
    lines += [
        Fact(_short(_capital(wording.label(str(key)))), _setting(value, ""))
        for key, value in policy.items()
        if key not in _RULES and value not in (None, [], (), {}, "")
    ]
    lines.append(Fact("Strict", "yes" if report.strict else "no"))
    lines.append(Fact("Seed", str(report.seed)))
    return Facts(
        "The rules",
        tuple(lines),
        note="From [tool.cnnfc.gate] of the project and from the command line. A certain slowdown "
        "of a time fails from half of the threshold on; one of the whole is seen with the stated "
        "probability.",
    )


def _setting(value: object, unit: str) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)) and math.isfinite(value):
        if unit == "percent":
            return "any" if value == 0 else text.percent(value)
        return format_duration(value) if unit == "seconds" else f"{value:g}"
    if isinstance(value, Mapping):
        return _short(", ".join(f"{key} = {item}" for key, item in value.items()))
    if isinstance(value, Sequence) and not isinstance(value, str):
        return _short("; ".join(_setting(item, "") for item in value))
    return _short(str(value))


def waivers_table(report: GateReport) -> Table | None:
    """Every committed waiver and what became of it; None without one."""
    if not report.waivers:
        return None
    return Table(
        id="waivers",
        caption="Waivers",
        columns=(
            Column("Benchmarks", code=True),
            Column("Up to", numeric=True),
            Column("Reason"),
            Column("Expires"),
            Column("State"),
        ),
        rows=tuple(
            (
                Cell(_short(one.pattern), detail=_names(one.benchmarks)),
                Cell(change(one.largest_ratio), sort=repr(one.largest_ratio)),
                Cell(_short(one.reason)),
                Cell(_short(one.expires)),
                Cell(_short(one.state), tone=_TONES.get(one.state, "")),
            )
            for one in report.waivers
        ),
        note="Slowdowns that were accepted in a commit, up to a bound and a date.",
    )


def skipped_table(report: GateReport) -> Table | None:
    """What was skipped on both sides, with its reason; None if nothing was."""
    if not report.skipped:
        return None
    return Table(
        id="skipped",
        caption=f"{text.plural(len(report.skipped), 'benchmark')} skipped on both sides",
        columns=(Column("Benchmark", code=True), Column("Reason")),
        rows=tuple(
            (
                Cell(
                    _short(" · ".join(map(unquoted, one.params)) or one.name),
                    detail=_short(one.name),
                ),
                Cell(_short(one.reason)),
            )
            for one in report.skipped[:1000]
        ),
        filterable=len(report.skipped) > 20,
    )


def _names(names: Sequence[str]) -> str:
    shown = ", ".join(text.shorten(name, 80) for name in names[:3])
    return f"{shown} and {len(names) - 3} more" if len(names) > 3 else shown


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _short(words: str) -> str:
    return text.shorten(words, _LONGEST)
