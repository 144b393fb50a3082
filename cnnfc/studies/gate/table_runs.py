"""Tables of whole gates: on identical code, with injected slowdowns, with real regressions."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

from cnnfc.analysis.paired import spread
from cnnfc.analysis.signed_rank import hodges_lehmann
from cnnfc.gate.cases import Injection
from cnnfc.studies.gate.intervals import exact, largest_rate, wilson
from cnnfc.studies.gate.others import DISTURBED
from cnnfc.studies.gate.recorded import CONDITIONS, from_text
from cnnfc.studies.study import Point
from cnnfc.studies.text import percent, table
from cnnfc.verdicts import Verdict

#: Upper ends of the classes of spread that power is given for.
SPREADS: Final = (0.01, 0.02, 0.03, 0.05, float("inf"))

Case = Mapping[str, Any]


@dataclass(frozen=True)
class Gates:
    """Whole gates by key of their step, all made by the newest rules.

    Attributes:
        points: What was measured.
        older: How many others there are.
    """

    points: Mapping[str, Point]
    older: int = 0

    @classmethod
    def read(cls, points: Mapping[str, Point]) -> Gates:
        whole = {key: point for key, point in points.items() if "made_by" in point}
        whole = {key: point for key, point in whole.items() if "cases" in point}
        newest: dict[str, Point] = {}
        for key, point in sorted(whole.items(), key=lambda one: str(one[1]["started_at"])):
            newest[_kind(key)] = newest["any"] = point
        same = {
            key: point
            for key, point in whole.items()
            if point["made_by"] == newest[_kind(key)]["made_by"]
            and _rules(point) == _rules(newest["any"])
        }
        return cls(same, len(whole) - len(same))

    def of(self, kind: str, load: str | None = None) -> list[Point]:
        """Gates of `kind` (the first word of the key), under `load` alone if given."""
        return [
            point
            for key, point in self.points.items()
            if _kind(key) == kind and load in (None, point["load"])
        ]


def _kind(key: str) -> str:
    return key.split(" ", maxsplit=1)[0]


def _rules(point: Point) -> str:
    """The last word of `cnnfc.studies.gate.runs.made_by`: kinds differ in the time they have."""
    return str(point["made_by"]).rsplit(" ", 1)[-1]


def identical(gates: Gates) -> list[str]:
    """How often gates were red, undecided and moved where nothing had changed, and their cost."""
    rows = []
    for load in CONDITIONS:
        found = gates.of("identical", load)
        if found:
            rows.append(_identical_row(load, found))
    if not rows:
        return []
    if len(rows) > 1:
        rows.append(_identical_row("all", gates.of("identical")))
    # No interval for benchmarks: those of one gate share its pairs of workers.
    head = ("identical code", "gates", "red", "red (95%)", "benchmarks", "slower", "share")
    cost = ("inconclusive", "moved", "pairs", "s a gate", "s a benchmark")
    lines = table((*head, *cost), rows)
    total, red = len(gates.of("identical")), sum(map(is_red, gates.of("identical")))
    if not red:
        lines.append(f"0 of {total} gates red: a rate above {percent(largest_rate(total))} is out")
    return [*lines, ""]


def _identical_row(load: str, found: Sequence[Point]) -> tuple[str, ...]:
    cases = [case for point in found for case in point["cases"].values()]
    reds = sum(map(is_red, found))
    flagged = count(cases, Verdict.REGRESSION)
    seconds = sorted(point["seconds"] for point in found)
    return (
        load,
        str(len(found)),
        str(reds),
        between(exact(reds, len(found))),
        str(len(cases)),
        str(flagged),
        percent(flagged / len(cases)),
        percent(count(cases, Verdict.INCONCLUSIVE) / len(cases)),
        percent(count(cases, Verdict.MACHINE_MOVED) / len(cases)),
        f"{median(map(pairs_of, cases)):g}",
        f"{median(seconds):.0f}",
        f"{median(point['seconds'] / len(point['cases']) for point in found):.1f}",
    )


def injected(gates: Gates, injections: Mapping[str, Sequence[float]]) -> list[str]:
    """What was caught of each slowdown: by threads and load, then by the spread of the pairs.

    Args:
        gates: what was measured.
        injections: fraction and number of calls of each `Injection`, by its name.
    """
    if not gates.of("injected"):
        return []
    groups: list[tuple[str, Callable[[str, str, Case], bool]]] = [
        ("one thread, quiet", lambda id_, load, _: load == "quiet" and one_thread(id_)),
        ("more threads, quiet", lambda id_, load, _: load == "quiet" and not one_thread(id_)),
        ("busy", lambda _, load, _case: load == "busy"),
        (DISTURBED, lambda _, load, _case: load == DISTURBED),
    ]
    lower = 0.0
    for upper in SPREADS:
        name = f"spread above {percent(lower)}"
        name = f"spread {percent(lower)} to {percent(upper)}" if upper < 1 else name
        groups.append((name, _spread_between(lower, upper)))
        lower = upper
    slowed = [
        (case_id, point["load"], case)
        for point in gates.of("injected")
        for case_id, case in point["cases"].items()
        if "injected" in case
    ]
    lines: list[str] = []
    for kind, (fraction, every) in injections.items():
        rows = []
        for name, belongs in groups:
            found = [
                case
                for case_id, load, case in slowed
                if case["injected"] == kind and belongs(case_id, load, case)
            ]
            if found:
                rows.append(_injected_row(name, found))
        if rows:
            title = title_of(Injection(fraction, int(every)))
            head = (title, "trials", "caught", "caught (95%)", "passed", "undecided", "measured")
            lines += [*table(head, rows), ""]
    rest = [
        case
        for point in gates.of("injected")
        for case in point["cases"].values()
        if "injected" not in case
    ]
    flagged = count(rest, Verdict.REGRESSION)
    lines.append(
        f"beside them, not slowed: {flagged} of {len(rest)} benchmarks red"
        + (f" ({percent(flagged / len(rest))})" if rest else "")
    )
    return [*lines, ""]


def _spread_between(lower: float, upper: float) -> Callable[[str, str, Case], bool]:
    def belongs(_id: str, _load: str, case: Case) -> bool:
        return bool(case.get("values")) and lower < max(1e-12, spread_of(case)) <= upper

    return belongs


def _injected_row(name: str, cases: Sequence[Case]) -> tuple[str, ...]:
    caught = count(cases, Verdict.REGRESSION)
    passed = count(cases, Verdict.PASS) + count(cases, Verdict.IMPROVEMENT)
    sizes = [_size(case) for case in cases if case.get("values")]
    return (
        name,
        str(len(cases)),
        percent(caught / len(cases)),
        # A gate has each slowdown once at most, so these are as many gates.
        between(wilson(caught, len(cases))),
        percent(passed / len(cases)),
        percent((len(cases) - caught - passed) / len(cases)),
        percent(median(sizes), 2) if sizes else "",
    )


def changes(gates: Gates) -> list[str]:
    """What became of each real regression: how many benchmarks it slows, how many were caught."""
    by_title: dict[str, list[Point]] = {}
    for point in gates.of("change"):
        by_title.setdefault(point["title"], []).append(point)
    rows = []
    for title, found in by_title.items():
        cases = [(name, case) for point in found for name, case in point["cases"].items()]
        slower = [(n, c) for n, c in cases if c.get("values") and _size(c) >= SLOWER]
        caught = [(n, c) for n, c in slower if c["verdict"] == Verdict.REGRESSION]
        others = count([c for n, c in cases if (n, c) not in slower], Verdict.REGRESSION)
        missed = sorted({name for name, case in slower if case["verdict"] != Verdict.REGRESSION})
        sizes = [percent(_size(case), 2) for _, case in caught]
        rows.append(
            (
                title,
                str(len(found)),
                f"{sum(map(is_red, found))}",
                str(len(slower)),
                str(len(caught)),
                str(others),
                f"{min(sizes, key=_number)} to {max(sizes, key=_number)}" if sizes else "",
                ", ".join(missed) or "none",
            )
        )
    if not rows:
        return []
    head = ("real regression", "gates", "red", "slower by 3%", "caught", "other reds")
    return [*table((*head, "sizes caught", "missed"), rows), ""]


#: What counts as slower in the table of real regressions: the gate's default threshold.
SLOWER: Final = 0.03


def _number(text: str) -> float:
    return float(text.rstrip("%"))


def _size(case: Case) -> float:
    """How much slower it was found, as a fraction."""
    return math.expm1(hodges_lehmann(from_text(case["values"])))


def spread_of(case: Case) -> float:
    """The spread of its pairs."""
    return spread(from_text(case["values"]))


def is_red(point: Point) -> bool:
    """Whether this gate ended with exit code 1: a regression, or a contender that fails."""
    return bool(point["red"])


def pairs_of(case: Case) -> int:
    """Pairs that the benchmark took, with those that were to confirm its slowdown."""
    _, fresh = case.get("confirmed", (None, 0))
    return len(case.get("values", "").split()) + int(fresh)


def title_of(injection: Injection) -> str:
    """What `injection` does, such as ``1 call in 10 slower by 50%``.

    >>> title_of(Injection(0.03))
    'slower by 3%'
    """
    slower = f"slower by {percent(injection.every * injection.fraction)}"
    return slower if injection.every == 1 else f"1 call in {injection.every} {slower}"


def count(cases: Iterable[Case], verdict: Verdict) -> int:
    """How many have this verdict."""
    return sum(case["verdict"] == verdict for case in cases)


def one_thread(case_id: str) -> bool:
    """Whether the id names a benchmark on ``cpu-1``."""
    return case_id.rstrip("]").endswith("cpu-1")


def between(interval: tuple[float, float]) -> str:
    """``0 to 4.87%``."""
    low, high = (percent(end) for end in interval)
    return f"{low.rstrip('%')} to {high}"
