"""Tables other tools on the same cases: false reds, what they caught, how long they took."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from statistics import median
from typing import Any, Final

from cnnfc.studies.gate.intervals import exact, wilson
from cnnfc.studies.gate.peer_asv import VARIANTS
from cnnfc.studies.gate.peers import SIZES
from cnnfc.studies.gate.table_runs import Gates, between
from cnnfc.studies.study import Point
from cnnfc.studies.text import percent, table
from cnnfc.verdicts import Verdict

Says = Callable[[Mapping[str, Any]], int]


def _by_ratio(statistic: str, limit: float) -> Says:
    def says(case: Mapping[str, Any]) -> int:
        ratio = float(case[statistic])
        return (ratio > 1 + limit) - (ratio < 1 / (1 + limit))

    return says


def _verdict(case: Mapping[str, Any]) -> int:
    return {Verdict.REGRESSION: 1, Verdict.IMPROVEMENT: -1}.get(case["verdict"], 0)


#: Row of the table: (title, tool in the key of the step, what it says of a case).
_ROWS: Final[tuple[tuple[str, str, Says], ...]] = (
    *((f"asv continuous {' '.join(options)}".strip(), name, lambda case: int(case["says"]))
      for name, options in VARIANTS.items()),
    ("pytest-benchmark mean:5%", "pytest-benchmark", _by_ratio("mean", 0.05)),
    ("pytest-benchmark min:3%", "pytest-benchmark", _by_ratio("min", 0.03)),
    ("benchstat's rule", "processes", lambda case: int(case["benchstat"])),
    ("pyperf's rule", "processes", lambda case: int(case["pyperf"])),
)  # fmt: skip


def peers(gates: Gates, points: Mapping[str, Point]) -> list[str]:
    """A row a tool; the gate's own first."""
    found = {k: p for k, p in points.items() if k.startswith("peer ")}
    rows = []
    for title, tool, says in _ROWS:
        mine = {k: p for k, p in found.items() if k.split(" ")[1] == tool and "cases" in p}
        same = [p for k, p in mine.items() if k.split(" ")[2] == "identical"]
        slowed = [p for k, p in mine.items() if k.split(" ")[2] == "injected"]
        if same or slowed:
            rows.append(_row(title, same, slowed, says))
    skipped = sorted(
        {f"{k.split(' ')[1]}: {p['skipped']}" for k, p in found.items() if "skipped" in p}
    )
    if not rows and not skipped:
        return []
    own = _row(
        "cnnfc gate", gates.of("identical", "quiet"), gates.of("injected", "quiet"), _verdict
    )
    head = ("tool, quiet", "runs", "red runs", "red (95%)", "benchmarks slower", "quicker")
    head_of_sizes = [f"{size} caught" for size in SIZES]
    return [*table((*head, *head_of_sizes, "s a run"), [own, *rows]), *skipped, ""]


def _row(title: str, same: list[Point], slowed: list[Point], says: Says) -> tuple[str, ...]:
    flags = [[says(case) for case in _judged(point)] for point in same]
    reds = sum(1 in run for run in flags)
    every = [flag for run in flags for flag in run]
    cells = []
    for size in SIZES:
        caught = [
            says(case) == 1
            for point in slowed
            for case in _judged(point)
            if case.get("injected") == size
        ]
        low_high = between(wilson(sum(caught), len(caught)))
        share = percent(sum(caught) / len(caught)) if caught else ""
        cells.append(f"{share} of {len(caught)} ({low_high})" if caught else "")
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
