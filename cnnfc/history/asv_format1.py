"""Brings what a result file of asv's old format 1 holds of one benchmark into today's columns.

Format 1 (asv before 0.4) keeps for each benchmark a number, or an object with ``result``,
``params``, ``stats`` and ``samples``, each of which may be left out or stand without its list for
a benchmark without parameters.  asv's own `Results.update_to_2` is the model.
"""

from __future__ import annotations

from collections.abc import Mapping

from cnnfc.history.asv_row import RowError
from cnnfc.history.parameters import shown

#: Statistics that both formats keep under the same name.
_SAME = ("q_25", "q_75", "number", "repeat")


def columns(entry: object, version: object, started_at: object) -> dict[str, object]:
    """The columns of format 2 for the `entry` of one benchmark.

    `version` and `started_at` are what the file holds elsewhere for the same benchmark, None if
    nothing.

    Raises:
        RowError: the entry has no result, or its statistics are no objects.
    """
    old = entry if isinstance(entry, dict) else {"result": entry}
    if "result" not in old:
        raise RowError("it has no result")
    params = old.get("params") or []
    found = {
        "result": _listed(old["result"]),
        "params": params,
        "version": version,
        "started_at": started_at,
        "samples": _samples(old.get("samples"), single=not params),
    }
    stats = old.get("stats")
    return found if stats is None else found | _stats(_listed(stats))


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def _samples(samples: object, *, single: bool) -> object:
    """The samples as a list with one for each combination, from one alone if it is `single`."""
    if single and isinstance(samples, list) and samples and not isinstance(samples[0], list):
        return [samples] if samples[0] is not None else samples
    return samples


def _stats(entries: list[object]) -> dict[str, object]:
    found: list[Mapping[str, object]] = []
    for entry in entries:
        if entry is not None and not isinstance(entry, dict):
            raise RowError(f"its statistics are {shown(entry)} and not an object")
        found.append(entry or {})
    bounds = [_bounds(entry.get("ci_99")) for entry in found]
    return {
        "stats_ci_99_a": [low for low, _ in bounds],
        "stats_ci_99_b": [high for _, high in bounds],
        **{f"stats_{key}": [entry.get(key) for entry in found] for key in _SAME},
    }


def _bounds(value: object) -> tuple[object, object]:
    if value is None:
        return None, None
    if isinstance(value, list) and len(value) == 2:
        return value[0], value[1]
    raise RowError(f"its interval {shown(value)} has no two bounds")
