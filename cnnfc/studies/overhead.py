"""Says what a measured point costs: of the suite, and of the same cases written the usual way.

The usual way is a ``setup`` hook that builds the layer, and asv's defaults.  Both suites are run by
asv itself, in turn and in this interpreter; the wall time of the whole call counts.
"""

from __future__ import annotations

import re
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from cnnfc.analysis.summary import median, summarise
from cnnfc.catalogues import catalogue
from cnnfc.errors import CannotMeasure, UsageError
from cnnfc.history.results import read_history
from cnnfc.machine.asv_file import register
from cnnfc.machine.identity import identify
from cnnfc.studies import usual_suite
from cnnfc.studies.programs import call
from cnnfc.studies.study import Point, Request, Step
from cnnfc.studies.text import percent, table

#: Layers of two networks, 70 microseconds to 10 milliseconds: so many that the start of asv
#: itself is not most of the bill.
CATALOGUES: Final = ("resnet50", "transformer")
PAIRS: Final = 3
SUITES: Final = ("suite", "usual")
#: What a call costs before the first point: the same with one case.
STARTS: Final = ("suite-start", "usual-start")
_SECONDS: Final = {"suite": 33.0, "usual": 160.0, "suite-start": 10.0, "usual-start": 7.0}


class Overhead:
    """See the module."""

    question = "What does a measured point cost, and how much of that is measuring?"

    def __init__(self, request: Request) -> None:
        if request.devices not in ((), ("cpu-1",)):
            raise UsageError("the overhead study measures on cpu-1 alone: leave --device out")
        self._request = request
        known = [str(case) for name in CATALOGUES for case in catalogue(name).cases]
        known = list(dict.fromkeys(known))
        for name in request.cases:
            if name not in known:
                raise UsageError(
                    f"the overhead study measures cases of {', '.join(CATALOGUES)}, {name} is not "
                    f"one: `cnnfc cases --catalogue {CATALOGUES[0]}` lists them"
                )
        self._cases = list(request.cases) or known

    def settings(self) -> Mapping[str, Any]:
        return {"cases": self._cases, "device": "cpu-1", "pairs": PAIRS}

    def steps(self) -> Sequence[Step]:
        steps = []
        for pair in range(1, PAIRS + 1):
            order = (*SUITES, *STARTS) if pair % 2 else (*STARTS[::-1], *SUITES[::-1])
            steps += [
                Step(f"{pair} {name}", f"{name}, run {pair}", _SECONDS[name]) for name in order
            ]
        return steps

    def measure(self, step: Step) -> Point:
        with tempfile.TemporaryDirectory(prefix="cnnfc-overhead-") as place:
            folder = Path(place) / "project"
            folder.mkdir()
            _, name = step.key.split()
            cases = self._cases[:1] if name in STARTS else self._cases
            if name.startswith("suite"):
                usual_suite.write_ours(folder, self._request.root, self._request.benchmarks)
                alternatives = "|".join(map(re.escape, cases))
                selection = [
                    "--bench",
                    rf"^(conv|dense)\.Forward\.time_layer\('({alternatives})', 'cpu-1'\)",
                ]
            else:
                usual_suite.write_usual(folder, cases)
                selection = []
            return _measure(folder, selection)


def _measure(folder: Path, selection: Sequence[str]) -> Point:
    """Wall seconds of one call of asv, what of it was timed, and the summaries of its points."""
    identity = identify()
    register(identity)
    commit = _commit(folder)
    command = [sys.executable, "-m", "asv", "--config", str(folder / "asv.conf.json"), "run"]
    command += ["--environment", f"existing:{sys.executable}", "--set-commit-hash", commit]
    command += ["--machine", identity.name, "--record-samples", *selection]
    started = time.perf_counter()
    call("asv", command)
    wall = time.perf_counter() - started
    history = read_history(folder / "results")
    points = [point for run in history.runs for point in run.points]
    summaries = [summary for summary in map(summarise, points) if summary is not None]
    if not summaries:
        raise CannotMeasure("asv measured none of the cases")
    timed = [float(line) for line in (folder / usual_suite.STOPWATCH).read_text().split()]
    return {
        "wall_seconds": round(wall, 3),
        "timed_seconds": round(sum(timed), 3),
        "processes": len(timed),
        "points": len(summaries),
        "centres": [float(f"{summary.centre:.5g}") for summary in summaries],
        "widths": [
            round((summary.high - summary.low) / summary.centre, 5)
            for summary in summaries
            if summary.low is not None and summary.high is not None
        ],
        "values": [summary.n for summary in summaries],
    }


def _commit(folder: Path) -> str:
    """Make `folder` a git repository, as asv needs one, and give the hash of its only commit."""
    git = ["git", "-C", str(folder), "-c", "user.name=study", "-c", "user.email=study@localhost"]
    git += ["-c", "commit.gpgsign=false"]
    call("git", [*git, "init", "--quiet"])
    call("git", [*git, "commit", "--quiet", "--allow-empty", "--no-verify", "--message", "study"])
    return call("git", [*git, "rev-parse", "HEAD"]).strip()


def tabulate(settings: Mapping[str, Any], points: Mapping[str, Point]) -> list[str]:
    """A row a run, then the ratio of the two by pairs."""
    rows, pairs = [], []
    for pair in range(1, settings["pairs"] + 1):
        found = {name: points.get(f"{pair} {name}", {}) for name in (*SUITES, *STARTS)}
        for name, point in found.items():
            if "skipped" in point:
                rows.append((f"{name}, run {pair}", str(point["skipped"]), *[""] * 5))
            elif point:
                rows.append(_row(f"{name}, run {pair}", point))
        if all("wall_seconds" in p for p in found.values()) and all(
            found[name]["points"] > found[f"{name}-start"]["points"] for name in SUITES
        ):
            pairs.append(found)
    lines = table(
        ("run", "wall", "points", "s a point", "timed", "values a point", "interval"), rows
    )
    lines.append("timed: share of the wall time inside timed calls and warm-up")
    lines.append("interval: width of the 95% interval over the centre, median of the points")
    return [*lines, *_verdict(pairs)]


def _row(title: str, point: Point) -> tuple[str, ...]:
    return (
        title,
        f"{point['wall_seconds']:.1f} s",
        str(point["points"]),
        f"{_a_point(point):.2f}",
        percent(point["timed_seconds"] / point["wall_seconds"]),
        f"{median(sorted(point['values'])):g}",
        percent(_width(point)) if point["widths"] else "none",
    )


def _a_point(point: Point) -> float:
    return float(point["wall_seconds"] / point["points"])


def _width(point: Point) -> float:
    return median(sorted(point["widths"]))


def _verdict(pairs: Sequence[Mapping[str, Point]]) -> list[str]:
    if not pairs:
        return []
    costs = [_a_point(pair["usual"]) / _a_point(pair["suite"]) for pair in pairs]
    lines = [
        f"the usual way costs {median(sorted(costs)):.2f} times the wall time a point"
        + _range(costs)
    ]
    further = [_further(pair, "usual") / _further(pair, "suite") for pair in pairs]
    timed = [pair["suite"]["timed_seconds"] / pair["suite"]["wall_seconds"] for pair in pairs]
    lines += [
        f"beyond the first point {median(sorted(further)):.2f} times" + _range(further),
        f"of the suite's wall time {percent(median(sorted(timed)))} was timed",
    ]
    if all(pair[name]["widths"] for pair in pairs for name in SUITES):
        widths = [_width(pair["suite"]) / _width(pair["usual"]) for pair in pairs]
        lines.append(
            f"the suite's intervals are {median(sorted(widths)):.2f} times as wide" + _range(widths)
        )
    return lines


def _further(pair: Mapping[str, Point], name: str) -> float:
    """Seconds of every point beyond the first."""
    whole, start = pair[name], pair[f"{name}-start"]
    return float(
        (whole["wall_seconds"] - start["wall_seconds"]) / (whole["points"] - start["points"])
    )


def _range(values: Sequence[float]) -> str:
    return f"; over {len(values)} pairs from {min(values):.2f} to {max(values):.2f}"
