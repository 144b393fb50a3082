"""Writes the changes of a group for an index to keep, and reads them again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from cnnfc.history.index.times import from_ms, to_ms
from cnnfc.records import BenchmarkInfo
from cnnfc.timeline.changes import Cause, Change, Direction, Found, MeasuredCommit, SeriesKey, State

#: Fields of a `Change` that are commits.
_COMMITS = ("last_good", "first_bad", "earliest", "latest", "surely_good")


def to_bytes(found: Found, benchmarks: Mapping[str, BenchmarkInfo]) -> bytes:
    """`found`, to which git has added nothing yet, with what it took of its `benchmarks`."""
    data = {
        "series": found.series,
        "too_short": found.too_short,
        "benchmarks": {name: _taken(info) for name, info in benchmarks.items()},
        "changes": [_fields(change) for change in found.changes],
    }
    return json.dumps(data).encode()


def parse(content: bytes, benchmarks: Mapping[str, BenchmarkInfo]) -> Found | None:
    """What `to_bytes` has written; None if `benchmarks` say another thing now than they did."""
    data = json.loads(content)
    for name, taken in data["benchmarks"].items():
        if _taken(benchmarks.get(name, BenchmarkInfo(name))) != taken:
            return None
    return Found(tuple(map(_change, data["changes"])), data["series"], data["too_short"])


def _taken(info: BenchmarkInfo) -> list[Any]:
    """What changes take of a benchmark; its name is known."""
    return [info.type, info.unit, info.higher_is_better]


def _fields(change: Change) -> dict[str, Any]:
    key = change.series_key
    commits = {name: getattr(change, name) for name in _COMMITS}
    return {
        **vars(change),
        "series_key": [key.machine, key.environment, key.benchmark, key.parameters],
        **{name: [one.commit, to_ms(one.date)] for name, one in commits.items()},
    }


def _change(fields: dict[str, Any]) -> Change:
    machine, environment, benchmark, parameters = fields["series_key"]
    commits = {name: MeasuredCommit(fields[name][0], from_ms(fields[name][1])) for name in _COMMITS}
    return Change(
        **{
            **fields,
            **commits,
            "series_key": SeriesKey(machine, environment, benchmark, tuple(parameters)),
            "direction": Direction(fields["direction"]),
            "state": State(fields["state"]),
            "cause": Cause(fields["cause"]),
            "evidence": tuple(fields["evidence"]),
            "between": tuple(fields["between"]),
        }
    )
