"""Turns the answer to ``cnnfc compare`` into data for programs: one JSON object, one tidy table."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, Final

from cnnfc.analysis.summary import Summary
from cnnfc.commands.compare.answer import Answer, Section
from cnnfc.records import BenchmarkInfo
from cnnfc.timeline.compare.means import CONFIDENCE
from cnnfc.timeline.compare.ratio import CAVEAT, METHOD
from cnnfc.timeline.compare.runs import Side
from cnnfc.timeline.compare.sides import Compared, LeftOut, OneSided
from cnnfc.timeline.table.schema import Column, Row, Type, Value, number, text

#: Grows with every change of a key or column, or of its meaning; new ones alone do not.
SCHEMA_VERSION: Final = 1

_UNIT: Final = "see unit"

#: What is known of each side, with ``_a`` or ``_b`` behind its name.
_SIDE: Final = (
    ("machine", Type.TEXT, "machine of {}", ""),
    ("environment", Type.TEXT, "environment of {}", ""),
    ("commit", Type.TEXT, "full hash of the commit of {}", ""),
    ("commit_date", Type.TIMESTAMP, "date of that commit", "UTC"),
    ("device", Type.TEXT, "device of {}, where two devices are compared", ""),
)
_VALUE: Final = (
    ("value", Type.NUMBER, "value of {}", _UNIT),
    ("low", Type.NUMBER, "lower end of its interval", _UNIT),
    ("high", Type.NUMBER, "upper end of its interval", _UNIT),
    ("confidence", Type.NUMBER, "probability of that interval", "0 to 1"),
    ("n", Type.INTEGER, "how many values the value of {} is made of", ""),
)


def _sided(fields: tuple[tuple[str, Type, str, str], ...]) -> tuple[Column, ...]:
    return tuple(
        Column(f"{name}_{side.lower()}", kind, meaning.format(side), unit)
        for side in ("A", "B")
        for name, kind, meaning, unit in fields
    )


#: One row a benchmark with one set of parameters.
COLUMNS: Final = (
    Column("kind", Type.TEXT, "what is compared: commits, machines or devices"),
    *_sided(_SIDE),
    Column("benchmark", Type.TEXT, "full name of the benchmark"),
    Column("family", Type.TEXT, "conv, dense or canary for layers; else the benchmark's module"),
    Column("parameters", Type.TEXT, "the parameters that both sides have, separated by spaces"),
    Column("status", Type.TEXT, "compared, only a, only b, or left out"),
    Column("reason", Type.TEXT, "why it is not compared"),
    Column("unit", Type.TEXT, "unit of the values"),
    Column("higher_is_better", Type.BOOLEAN, "whether a larger value is better"),
    *_sided(_VALUE),
    Column("ratio", Type.NUMBER, "value of B / value of A"),
    Column("ratio_low", Type.NUMBER, "lower end of the interval of the ratio"),
    Column("ratio_high", Type.NUMBER, "upper end of the interval of the ratio"),
    Column("ratio_confidence", Type.NUMBER, "about the probability of that interval", "0 to 1"),
    Column("apart", Type.BOOLEAN, "whether the intervals of A and B have no value in common"),
    Column("worse", Type.BOOLEAN, "whether B is worse than A, if their intervals are apart"),
)


def rows(answer: Answer) -> Iterator[Row]:
    """The table: what is compared first, what matters most first."""
    for section in answer.sections:
        start = (
            answer.kind.value,
            *_side_cells(section.pairing.a),
            *_side_cells(section.pairing.b),
        )
        for compared in section.comparison.compared:
            yield (*start, *_compared_cells(compared))
        for one in section.comparison.one_sided:
            yield (*start, *_other_cells(one, f"only {one.side}", _outcome(one)))
        for left in section.comparison.left_out:
            yield (*start, *_other_cells(left, "left out", left.reason))


def document(answer: Answer) -> dict[str, Any]:
    """The JSON object.

    ``schema_version``, ``kind``, ``a`` and ``b`` (``asked``, ``name``), ``method`` and ``caveat``
    (of the intervals), ``mean_confidence``, ``sections``, ``only_one_side`` (``machine`` and
    ``environment`` where only one of two commits was measured, and which) and ``problems`` (files
    that were left out: ``file``, ``reason``).

    A section has ``a`` and ``b`` (``machine``, ``environment``, ``commit``, ``commit_date``,
    ``started_at``, ``device``, and ``facts``: software and hardware as far as they are known),
    ``note`` (why these runs), ``software`` (what differs: ``name``, ``a``, ``b``), ``compared``
    (what matters first: ``benchmark``, ``parameters``, ``family``, ``unit``,
    ``higher_is_better``, ``a`` and ``b`` with ``value``, ``low``, ``high``, ``confidence``, ``n``,
    ``statistic`` and ``warnings``, ``ratio``, ``low``, ``high``, ``confidence``, ``apart``,
    ``worse``), ``means`` (the fields of `cnnfc.timeline.compare.means.Mean`), ``only_a``,
    ``only_b`` (``benchmark``, ``parameters``, ``family``, ``other``: how it ended there) and
    ``left_out`` (``benchmark``, ``parameters``, ``family``, ``reason``).  Units are base units;
    what is not known is null.
    """
    return {
        "schema_version": SCHEMA_VERSION,
        "kind": answer.kind.value,
        "a": {"asked": answer.asked[0], "name": answer.names[0]},
        "b": {"asked": answer.asked[1], "name": answer.names[1]},
        "method": METHOD,
        "caveat": CAVEAT,
        "mean_confidence": CONFIDENCE,
        "sections": [_section(section) for section in answer.sections],
        "only_one_side": [
            {
                "machine": side.machine,
                "environment": side.environment,
                "measured": "a" if side.commit == answer.names[0] else "b",
            }
            for side in answer.lonely
        ],
        "problems": [{"file": p.path, "reason": p.reason} for p in answer.problems],
    }


def _section(section: Section) -> dict[str, Any]:
    found = section.comparison
    return {
        "a": {**_side(section.pairing.a), "facts": asdict(section.facts[0])},
        "b": {**_side(section.pairing.b), "facts": asdict(section.facts[1])},
        "note": section.pairing.note,
        "software": [{"name": d.name, "a": d.before, "b": d.after} for d in section.software],
        "compared": [_compared(one) for one in found.compared],
        "means": [asdict(mean) for mean in section.means],
        "only_a": [_one_sided(one) for one in found.one_sided if one.side == "a"],
        "only_b": [_one_sided(one) for one in found.one_sided if one.side == "b"],
        "left_out": [_left_out(one) for one in found.left_out],
    }


def _side(side: Side) -> dict[str, Any]:
    return {
        "machine": side.machine,
        "environment": side.environment,
        "commit": side.commit,
        "commit_date": side.commit_date.isoformat(),
        "started_at": side.started_at.isoformat() if side.started_at else None,
        "device": side.device,
    }


def _named(one: Compared | OneSided | LeftOut) -> dict[str, Any]:
    return {"benchmark": one.info.name, "parameters": list(one.parameters)}


def _one_sided(one: OneSided) -> dict[str, Any]:
    other = one.other.value if one.other else None
    return {**_named(one), "family": one.family, "other": other}


def _left_out(one: LeftOut) -> dict[str, Any]:
    return {**_named(one), "family": one.family, "reason": one.reason}


def _compared(one: Compared) -> dict[str, Any]:
    ratio = one.quotient
    return {
        **_named(one),
        "family": one.family,
        "unit": one.info.unit,
        "higher_is_better": one.info.higher_is_better,
        "a": _value(one.a),
        "b": _value(one.b),
        "ratio": ratio.centre,
        "low": ratio.low,
        "high": ratio.high,
        "confidence": ratio.confidence,
        "apart": ratio.apart,
        "worse": one.worse,
    }


def _value(summary: Summary) -> dict[str, Any]:
    return {
        "value": summary.centre,
        "low": _finite(summary.low),
        "high": _finite(summary.high),
        "confidence": summary.confidence,
        "n": summary.n,
        "statistic": summary.statistic,
        "warnings": list(summary.warnings),
    }


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _outcome(one: OneSided) -> str:
    other = "b" if one.side == "a" else "a"
    return f"{one.other.value if one.other else 'not there'} in {other}"


def _side_cells(side: Side) -> tuple[Value, ...]:
    return (
        text(side.machine),
        text(side.environment),
        text(side.commit),
        side.commit_date,
        text(side.device),
    )


def _about(info: BenchmarkInfo, family: str, parameters: tuple[str, ...]) -> tuple[Value, ...]:
    return text(info.name), text(family), text(" ".join(parameters))


def _compared_cells(one: Compared) -> tuple[Value, ...]:
    ratio = one.quotient
    return (
        *_about(one.info, one.family, one.parameters),
        "compared",
        None,
        text(one.info.unit),
        one.info.higher_is_better,
        *_value_cells(one.a),
        *_value_cells(one.b),
        ratio.centre,
        number(ratio.low),
        number(ratio.high),
        number(ratio.confidence),
        ratio.apart,
        one.worse,
    )


def _value_cells(summary: Summary) -> tuple[Value, ...]:
    return (
        number(summary.centre),
        number(summary.low),
        number(summary.high),
        number(summary.confidence),
        summary.n,
    )


def _other_cells(one: OneSided | LeftOut, status: str, reason: str) -> tuple[Value, ...]:
    about = _about(one.info, one.family, one.parameters)
    unknown = (None,) * (2 * len(_VALUE) + 6)
    return (*about, status, text(reason), text(one.info.unit), one.info.higher_is_better, *unknown)
