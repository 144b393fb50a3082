"""Says what programs read of a change: its columns, for CSV and for the objects of ``--json``."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from cnnfc.timeline.changes import Change
from cnnfc.timeline.table.schema import Column, Row, Type, Value, moment, number, text

#: Version of the columns and of the object around them; new names alone do not raise it.
SCHEMA_VERSION: Final = 1

#: In an object of ``--json`` these are lists of texts; in CSV what joins the texts.
_LISTS: Final = {"parameters": ", ", "evidence": "; ", "unmeasured_commits": " "}

COLUMNS: Final = (
    Column("id", Type.TEXT, "hash of the series and the first bad commit, as --bisect takes it"),
    Column("machine", Type.TEXT, "machine it was measured on"),
    Column("environment", Type.TEXT, "asv's name of the environment"),
    Column("benchmark", Type.TEXT, "name of the benchmark"),
    Column("parameters", Type.TEXT, "its parameters"),
    Column("direction", Type.TEXT, "slower (or worse, of what is no time) or quicker (better)"),
    Column("ratio", Type.NUMBER, "newer / older level; not known where a level is not above 0"),
    Column("ratio_low", Type.NUMBER, "lower end of its 95% interval"),
    Column("ratio_high", Type.NUMBER, "upper end"),
    Column("before", Type.NUMBER, "level before, in the unit"),
    Column("after", Type.NUMBER, "level after, in the unit"),
    Column("unit", Type.TEXT, "unit of the levels"),
    Column("values_before", Type.INTEGER, "values that the level before is made of"),
    Column("values_after", Type.INTEGER, "values that the level after is made of"),
    Column("p_value", Type.NUMBER, "probability of a step as strong in a flat series as long"),
    Column("state", Type.TEXT, "present, recovered or partly recovered"),
    Column("cause", Type.TEXT, "code, machine, software or unknown"),
    Column("evidence", Type.TEXT, "what speaks for the cause"),
    Column("last_good", Type.TEXT, "last measured commit before the change"),
    Column("last_good_date", Type.TIMESTAMP, "its date"),
    Column("first_bad", Type.TEXT, "first measured commit after it"),
    Column("first_bad_date", Type.TIMESTAMP, "its date"),
    Column("earliest", Type.TEXT, "earliest commit that may be the first bad one"),
    Column("earliest_date", Type.TIMESTAMP, "its date"),
    Column("latest", Type.TEXT, "latest commit that may be the first bad one"),
    Column("latest_date", Type.TIMESTAMP, "its date"),
    Column("unmeasured", Type.INTEGER, "commits between last_good and first_bad, if git knows"),
    Column("unmeasured_commits", Type.TEXT, "these commits, the oldest first"),
    Column("new", Type.BOOLEAN, "not to be seen before what was measured in the last session"),
)


def row(change: Change) -> Row:
    """`change` in the order of `COLUMNS`."""
    cells = _cells(change)
    return tuple(_joined(one.name, cells[one.name]) for one in COLUMNS)


def as_object(change: Change) -> dict[str, Any]:
    """`change` for JSON, by the names of `COLUMNS`; those of `_LISTS` are lists of texts."""
    cells = _cells(change)
    return {one.name: _plain(cells[one.name]) for one in COLUMNS}


def _joined(name: str, value: Value | list[str]) -> Value:
    return _LISTS[name].join(value) if isinstance(value, list) else value


def _plain(value: Value | list[str]) -> object:
    return value.isoformat() if isinstance(value, datetime) else value


def _cells(change: Change) -> dict[str, Value | list[str]]:
    key = change.series_key
    has_ratio = number(change.ratio) is not None
    return {
        "id": change.id,
        "machine": text(key.machine),
        "environment": text(key.environment),
        "benchmark": text(key.benchmark),
        "parameters": [text(one) or "" for one in key.parameters],
        "direction": str(change.direction),
        "ratio": number(change.ratio),
        "ratio_low": number(change.low) if has_ratio else None,
        "ratio_high": number(change.high) if has_ratio else None,
        "before": number(change.before),
        "after": number(change.after),
        "unit": text(change.unit),
        "values_before": change.values_before,
        "values_after": change.values_after,
        "p_value": number(change.p_value),
        "state": str(change.state),
        "cause": str(change.cause),
        "evidence": [text(one) or "" for one in change.evidence],
        "last_good": text(change.last_good.commit),
        "last_good_date": moment(change.last_good.date),
        "first_bad": text(change.first_bad.commit),
        "first_bad_date": moment(change.first_bad.date),
        "earliest": text(change.earliest.commit),
        "earliest_date": moment(change.earliest.date),
        "latest": text(change.latest.commit),
        "latest_date": moment(change.latest.date),
        "unmeasured": change.unmeasured,
        "unmeasured_commits": list(change.between),
        "new": change.new,
    }
