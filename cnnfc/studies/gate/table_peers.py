"""Tables other tools on the same cases: false reds, what they caught, how long they took."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import Any, Final

from cnnfc.studies.gate.intervals import exact
from cnnfc.studies.gate.peer_asv import VARIANTS
from cnnfc.studies.gate.peer_processes import PROCESSES
from cnnfc.studies.gate.peers import SIZES
from cnnfc.studies.gate.recorded import CONDITIONS
from cnnfc.studies.gate.table_runs import Gates, between, is_red
from cnnfc.studies.study import Point
from cnnfc.studies.text import percent, table
from cnnfc.verdicts import Verdict

Says = Callable[[Mapping[str, Any]], int]


def _by_ratio(statistic: str, limit: float) -> Says:
    def says(case: Mapping[str, Any]) -> int:
        ratio = float(case[statistic])
        return (ratio > 1 + limit) - (ratio < 1 / (1 + limit))

    return says


def _by_rule(rule: str) -> Says:
    return lambda case: int(case[rule])


def _verdict(case: Mapping[str, Any]) -> int:
    return {Verdict.REGRESSION: 1, Verdict.IMPROVEMENT: -1}.get(case["verdict"], 0)


#: Row of the table: (title, tool in the key of the step, what it says of a case).
_ROWS: Final[tuple[tuple[str, str, Says], ...]] = (
    *((f"asv continuous {' '.join(options)}".strip(), name, lambda case: int(case["says"]))
      for name, options in VARIANTS.items()),
    ("pytest-benchmark mean:5%", "pytest-benchmark", _by_ratio("mean", 0.05)),
    ("pytest-benchmark min:3%", "pytest-benchmark", _by_ratio("min", 0.03)),
    *((f"{rule}'s rule, {PROCESSES} processes a side", "processes", _by_rule(rule))
      for rule in ("benchstat", "pyperf")),
)  # fmt: skip


def peers(gates: Gates, points: Mapping[str, Point]) -> list[str]:
    """A table for each of `CONDITIONS` that a tool ran under: the gate's row, then a row a tool."""
    found = {k: p for k, p in points.items() if k.startswith("peer ")}
    lines = []
    for load in CONDITIONS:
        rows = []
        for title, tool, says in _ROWS:
            same, slowed = (
                [
                    point
                    for key, point in found.items()
                    if key.split(" ")[1:3] == [tool, code] and point.get("load") == load
                ]
                for code in ("identical", "injected")
            )
            if same or slowed:
                reds = sum(any(says(case) == 1 for case in _judged(point)) for point in same)
                rows.append(_row(title, same, slowed, reds, says))
        if rows:
            same = gates.of("identical", load)
            reds = sum(map(is_red, same))
            own = _row("cnnfc gate", same, gates.of("injected", load), reds, _verdict)
            head = (f"tool, {load}", "runs", "red runs", "red (95%)", "benchmarks slower")
            caught = [f"{size} caught" for size in SIZES]
            lines += [*table((*head, "quicker", *caught, "s a run"), [own, *rows]), ""]
    skipped = sorted(
        {f"{k.split(' ')[1]}: {p['skipped']}" for k, p in found.items() if "skipped" in p}
    )
    return [*lines, *skipped, ""] if skipped else lines


def _row(
    title: str, same: Sequence[Point], slowed: Sequence[Point], reds: int, says: Says
) -> tuple[str, ...]:
    """Intervals are of runs alone, as benchmarks of one run have much in common."""
    every = [says(case) for point in same for case in _judged(point)]
    cells = []
    for size in SIZES:
        caught = [
            says(case) == 1
            for point in slowed
            for case in _judged(point)
            if case.get("injected") == size
        ]
        cells.append(f"{percent(sum(caught) / len(caught))} of {len(caught)}" if caught else "")
    seconds = [point["seconds"] for point in (*same, *slowed)]
    return (
        title,
        str(len(same)),
        str(reds),
        between(exact(reds, len(same))) if same else "",
        percent(every.count(1) / len(every)) if every else "",
        percent(every.count(-1) / len(every)) if every else "",
        *cells,
        f"{median(seconds):.0f}" if seconds else "",
    )


def _judged(point: Point) -> list[Mapping[str, Any]]:
    """Cases that have a verdict: a gate's broken or skipped ones have none worth counting."""
    return list(point["cases"].values())
