"""Sums the study of changes up: false alarms, delays, places, ramps, time, and which goals hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

from cnnfc.studies.changes.trials import NEAR, SPREAD, from_text
from cnnfc.studies.gate.intervals import wilson
from cnnfc.studies.study import Point
from cnnfc.studies.text import percent, table

#: The tools in the order of the columns, with their titles.
_TITLES: Final = {
    "cnnfc": "cnnfc",
    "asv": "asv steps",
    "publish": "asv regressions",
    "otava": "Otava",
}
#: Most flat series that may get a step, and for which noises.
_FALSE_GOAL: Final = 0.01
_FALSE_NOISES: Final = ("independent", "autocorrelated")
#: By size of a step in noise of 2%: within how many commits it is to be reported, how often.
_DELAY_GOALS: Final[Mapping[float, int]] = {0.10: 3, 0.05: 10}
_DELAY_SHARE: Final = 0.95
#: From which size on the place is to be within one commit, how often.
_PLACE_FROM: Final = 0.05
_PLACE_SHARE: Final = 0.90
#: Commits that the table of delays is made for.
_WITHIN: Final = (3, 5, 10, 30)

Counts = Mapping[str, Any]


@dataclass(frozen=True)
class _Kind:
    """The parts of a cell's name."""

    kind: str
    noise: str
    length: int
    size: float
    spread: float

    @classmethod
    def parse(cls, name: str) -> _Kind:
        kind, rest = name.split(" ", 1)
        noise, length, size, spread = rest.rsplit(" ", 3)
        return cls(kind, noise, int(length), float(size), float(spread))


class _Results:
    """What was measured by the newest version of everything, by cell and tool."""

    def __init__(self, points: Mapping[str, Point]) -> None:
        whole = [point for point in points.values() if "cell" in point]
        newest = max(whole, key=lambda point: str(point["started_at"]), default={})
        same = [point for point in whole if point.get("made_by") == newest.get("made_by")]
        self.older = len(whole) - len(same)
        self.made_by = str(newest.get("made_by", ""))
        self._found: dict[str, dict[str, list[Counts]]] = {}
        for point in same:
            by_tool = self._found.setdefault(point["cell"], {})
            for tool, counts in point["tools"].items():
                by_tool.setdefault(tool, []).append(counts)
        present = {tool for by_tool in self._found.values() for tool in by_tool}
        self.tools = [tool for tool in _TITLES if tool in present]
        self.missing = [title for tool, title in _TITLES.items() if tool not in present]

    def of(self, kind: str) -> dict[_Kind, dict[str, list[Counts]]]:
        """Cells of a kind, in the order in which they were measured."""
        cells = {_Kind.parse(name): by_tool for name, by_tool in self._found.items()}
        return {cell: by_tool for cell, by_tool in cells.items() if cell.kind == kind}


def tabulate(settings: Mapping[str, Any], points: Mapping[str, Point]) -> list[str]:
    """Lines of all tables, the goals last."""
    results = _Results(points)
    if not results.tools:
        return ["nothing is measured yet"]
    lines = [
        *_flat(results),
        *_steps(results),
        *_several(results),
        *_ramps(results),
        *_times(results),
        *_goals(results),
        "",
        f"measured with {results.made_by}",
        f"a report within {NEAR} commits of a step is about that step; steps were looked for at",
        f"{', '.join(map(str, settings['looks']))} values of the new level",
    ]
    if results.missing:
        lines.append(f"not installed when this was measured: {', '.join(results.missing)}")
    if results.older:
        lines.append(f"left out: {results.older} parts that other versions measured")
    return lines


def _flat(results: _Results) -> list[str]:
    rows = []
    for cell, by_tool in results.of("flat").items():
        shares = [_share(*_false(by_tool.get(tool, []))) for tool in results.tools]
        series = [str(_false(by_tool.get(tool, []))[1]) for tool in (results.tools[0],)]
        rows.append((cell.noise, str(cell.length), *series, *shares))
    head = ("flat series with a step", "values", "series", *_heads(results))
    return [*table(head, rows), ""] if rows else []


def _steps(results: _Results) -> list[str]:
    cells = results.of("step")
    if not cells:
        return []
    rows = []
    for cell, by_tool in cells.items():
        for tool in results.tools:
            delays = _numbers(by_tool.get(tool, []), "delays")
            errors = _numbers(by_tool.get(tool, []), "errors")
            known = [error for error in errors if error is not None]
            late = [delay for delay in delays if delay is not None]
            rows.append(
                (
                    f"{percent(cell.size)} in {percent(cell.spread)} {cell.noise}",
                    str(cell.length),
                    _TITLES[tool],
                    *(_percent(_within(delays, commits)) for commits in _WITHIN),
                    str(median(late)) if late else "",
                    _percent(sum(abs(e) <= 1 for e in known) / len(known)) if known else "",
                    f"{sum(int(c['false']) for c in by_tool.get(tool, [])) / len(delays):.2f}"
                    if delays
                    else "",
                )
            )
    head = (
        "step",
        "before",
        "tool",
        *(f"within {commits}" for commits in _WITHIN),
        "median",
        "place within 1",
        "false a series",
    )
    trials = len(_numbers(next(iter(cells.values()))[results.tools[0]], "delays"))
    note = f"{trials} series a row; delays in commits, the first value of the new level is 1"
    return [*table(head, rows), note, ""]


def _several(results: _Results) -> list[str]:
    rows = []
    for cell, by_tool in results.of("several").items():
        for tool in results.tools:
            counts = by_tool.get(tool, [])
            steps, found, false = (
                sum(int(one[name]) for one in counts) for name in ("steps", "found", "false")
            )
            if steps:
                series = steps // 5
                rows.append(
                    (_TITLES[tool], str(steps), _share(found, steps), f"{false / series:.2f}")
                )
                length = cell.length
    if not rows:
        return []
    title = f"five steps of 5 to 20%, up and down, in {length} values with {percent(SPREAD)} noise"
    return [title, *table(("tool", "steps", "found", "false a series"), rows), ""]


def _ramps(results: _Results) -> list[str]:
    rows = []
    for cell, by_tool in results.of("ramp").items():
        cells = []
        for tool in results.tools:
            reports = [count or 0 for count in _numbers(by_tool.get(tool, []), "reports")]
            cells.append(
                f"{sum(reports) / len(reports):.2f} (to {max(reports)})" if reports else ""
            )
        rows.append((f"{percent(cell.size)} over {cell.length} values", *cells))
    head = ("ramp: steps a series", *_heads(results))
    return [*table(head, rows), ""] if rows else []


def _times(results: _Results) -> list[str]:
    rows = []
    for cell, by_tool in results.of("flat").items():
        if cell.noise != _FALSE_NOISES[0]:
            continue
        cells = []
        for tool in results.tools:
            counts = by_tool.get(tool, [])
            series, seconds, own = (
                sum(float(one[name]) for one in counts)
                for name in ("series", "seconds", "own_seconds")
            )
            if tool == results.tools[0]:
                cells.append(f"{1000 * seconds / series:.2g} ms" if series else "")
            elif tool != "publish":
                cells.append(f"{seconds / own:.2g} times" if own else "")
        rows.append((str(cell.length), *cells))
    heads = [_TITLES[tool] for tool in results.tools if tool != "publish"]
    return [*table(("values: time a series", *heads), rows), ""] if rows else []


def _goals(results: _Results) -> list[str]:
    own = results.tools[0]
    lines = []
    for noise in _FALSE_NOISES:
        cells = {
            f"{cell.length} values": _false(by_tool.get(own, []))
            for cell, by_tool in results.of("flat").items()
            if cell.noise == noise
        }
        goal = f"at most {percent(_FALSE_GOAL)} of flat series get a step, {noise} noise"
        lines += _goal(goal, cells, lambda share: share <= _FALSE_GOAL)
    steps = {
        cell: by_tool.get(own, [])
        for cell, by_tool in results.of("step").items()
        if (cell.noise, cell.spread) == ("independent", SPREAD)
    }
    for size, commits in _DELAY_GOALS.items():
        cells = {}
        for cell, counts in steps.items():
            if cell.size == size:
                delays = _numbers(counts, "delays")
                hits = sum(delay is not None and delay <= commits for delay in delays)
                cells[f"after {cell.length} values"] = (hits, len(delays))
        goal = f"{percent(size)} reported within {commits} commits in {percent(_DELAY_SHARE)}"
        lines += _goal(goal, cells, lambda share: share >= _DELAY_SHARE)
    cells = {}
    for cell, counts in steps.items():
        if cell.size >= _PLACE_FROM:
            known = [error for error in _numbers(counts, "errors") if error is not None]
            hits = sum(abs(error) <= 1 for error in known)
            cells[f"{percent(cell.size)} after {cell.length} values"] = (hits, len(known))
    goal = f"place within 1 commit in {percent(_PLACE_SHARE)} of steps of 5% and more"
    return lines + _goal(goal, cells, lambda share: share >= _PLACE_SHARE)


def _goal(
    title: str, cells: Mapping[str, tuple[int, int]], holds: Callable[[float], bool]
) -> list[str]:
    """Whether a goal is reached, and by name every cell in which it is not."""
    measured = {name: pair for name, pair in cells.items() if pair[1]}
    if not measured:
        return []
    missed = [
        f"{name} {_share(*pair)}" for name, pair in measured.items() if not holds(pair[0] / pair[1])
    ]
    if not missed:
        return [f"goal reached in all {len(measured)} cells: {title}"]
    return [f"goal missed in {len(missed)} of {len(measured)} cells: {title}: {'; '.join(missed)}"]


def _heads(results: _Results) -> list[str]:
    return [_TITLES[tool] for tool in results.tools]


def _false(counts: Sequence[Counts]) -> tuple[int, int]:
    """How many flat series got a step, of how many."""
    return sum(int(one["false"]) for one in counts), sum(int(one["series"]) for one in counts)


def _numbers(counts: Sequence[Counts], name: str) -> list[int | None]:
    return [number for one in counts for number in from_text(one[name])]


def _within(delays: Sequence[int | None], commits: int) -> float:
    hits = sum(delay is not None and delay <= commits for delay in delays)
    return hits / len(delays) if delays else 0.0


def _share(hits: int, trials: int) -> str:
    if not trials:
        return ""
    low, high = wilson(hits, trials)
    return f"{_percent(hits / trials)} ({_percent(low)} to {_percent(high)})"


def _percent(share: float) -> str:
    return f"{100 * share:.1f}%"
