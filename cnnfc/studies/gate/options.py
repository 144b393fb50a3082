"""Prints what each way to reduce a pair would make of the recorded pairs, to choose one by.

``python -m cnnfc.studies.gate.options FILE [RUNS]``, where FILE is the study's
``reports/studies/gate.json``: for each machine and load, and for benchmarks on one thread and on
more, a row for every `Option` with simulated runs (`cnnfc.studies.gate.resample`).
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cnnfc.errors import CnnfcError, UsageError
from cnnfc.gate.judging.trial import State
from cnnfc.studies.gate.recorded import CONDITIONS, MEANS, OPTIONS, Option, Recorded, read
from cnnfc.studies.gate.resample import FEWEST, Runs, simulate
from cnnfc.studies.gate.table_runs import one_thread
from cnnfc.studies.store import Store
from cnnfc.studies.study import Point
from cnnfc.studies.text import percent, table

#: Simulated runs of each row: a rate of 1% is known to 0.4%.
RUNS: Final = 500
_SLOWDOWNS: Final = (0.02, 0.03, 0.05)
_HEAD: Final = (
    "statistic",
    "leg",
    "blocks",
    "spread",
    "largest",
    "red a run",
    "red",
    "undecided",
    "pairs",
    "s a run",
    *(f"caught {percent(size)}" for size in _SLOWDOWNS),
    *(f"tenth, {tail}" for tail in MEANS),
)


def main(arguments: Sequence[str]) -> int:
    """Print the tables of all machines; 0, or 2 if the file has no recorded pairs."""
    try:
        lines = _lines(arguments)
    except CnnfcError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


def _lines(arguments: Sequence[str]) -> list[str]:
    if not 1 <= len(arguments) <= 2:
        raise UsageError("usage: python -m cnnfc.studies.gate.options FILE [RUNS]")
    path = Path(arguments[0])
    runs = RUNS
    if len(arguments) == 2:
        if not arguments[1].isdecimal() or int(arguments[1]) < 1:
            raise UsageError(f"{arguments[1]!r} is not a number of simulated runs")
        runs = int(arguments[1])
    machines = Store(path.parent, path.stem).machines()
    lines = []
    for machine, section in machines.items():
        lines += [machine, "", *tables(section["points"], runs)]
    if not lines:
        raise UsageError(f"{path} has no machine: `cnnfc study gate` records pairs")
    return lines


def tables(points: Mapping[str, Point], runs: int = RUNS) -> list[str]:
    """Lines of the tables of one machine: a table for each load and kind of benchmark."""
    lines = []
    for load in CONDITIONS:
        recorded = read(points, load)
        if recorded is None or len(recorded.seconds) < FEWEST:
            count = 0 if recorded is None else len(recorded.seconds)
            lines += [f"{load}: {count} recorded pairs, {FEWEST} at least are needed", ""]
            continue
        rows: dict[str, list[Sequence[str]]] = {"one thread": [], "more threads": []}
        for option in OPTIONS:
            for group, row in _rows(recorded, option, runs).items():
                rows[group].append(row)
        for group, found in rows.items():
            if found:
                lines += [f"{load}, {group}, {len(recorded.seconds)} recorded pairs"]
                lines += [*table(_HEAD, found), ""]
    return [*lines, *_NOTES]


_NOTES: Final = (
    "spread: of pairs from their centre, median and largest over the benchmarks",
    "red a run, s a run: of the whole run with all benchmarks, identical code; s of its pairs",
    "red, undecided, pairs: a benchmark, identical code; caught: share called slower and confirmed",
    "tenth: every tenth call takes half as long again, caught by the means if those are so",
)


def _rows(recorded: Recorded, option: Option, runs: int) -> dict[str, tuple[str, ...]]:
    same = simulate(recorded, option, runs, seed=1)
    slower = [simulate(recorded, option, runs, seed=2, slowdown=size) for size in _SLOWDOWNS]
    tenth = [simulate(recorded, option, runs, seed=3, tenth=True, tail=tail) for tail in MEANS]
    groups: dict[str, list[int]] = {"one thread": [], "more threads": []}
    for column, case in enumerate(same.cases):
        groups["one thread" if one_thread(case) else "more threads"].append(column)
    return {
        group: _row(option, same, [*slower, *tenth], columns)
        for group, columns in groups.items()
        if columns
    }


def _row(
    option: Option, same: Runs, slower: Sequence[Runs], columns: Sequence[int]
) -> tuple[str, ...]:
    spreads = sorted(same.spreads[column] for column in columns)

    def share(which: NDArray[np.bool_]) -> float:
        return float(which[:, list(columns)].mean())

    return (
        option.statistic,
        f"{1000 * option.leg_seconds:g} ms",
        str(option.blocks),
        percent(spreads[len(spreads) // 2], 2),
        percent(spreads[-1], 2),
        percent(float(same.red.any(axis=1).mean()), 2),
        percent(share(same.red), 2),
        percent(share(same.are(State.UNDECIDED)), 2),
        f"{same.pairs[:, list(columns)].mean():.1f}",
        f"{np.median(same.seconds):.0f}",
        *(percent(share(runs.red)) for runs in slower),
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
