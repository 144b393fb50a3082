"""Sums the gate's study up: how often it was wrong, what it caught, what it cost, beside others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cnnfc.studies.gate import table_peers, table_resampled, table_runs
from cnnfc.studies.gate.table_runs import Gates
from cnnfc.studies.study import Point


def tabulate(settings: Mapping[str, Any], points: Mapping[str, Point]) -> list[str]:
    """Lines of all tables; of gates of another version than the newest there is only the number."""
    gates = Gates.read(points)
    lines = [
        *table_runs.identical(gates),
        *table_runs.injected(gates, settings["injections"]),
        *table_runs.changes(gates),
        *table_resampled.tables(points, settings),
        *table_peers.peers(gates, points),
    ]
    if gates.older:
        lines += [f"left out: {gates.older} runs of a gate with other rules than the newest"]
    return lines or ["nothing is measured yet"]
