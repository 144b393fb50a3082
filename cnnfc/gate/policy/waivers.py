r"""Accepts regressions that a committed file of waivers names, each up to a bound and a date.

The file (``gate-waivers.toml`` unless the policy says otherwise) holds one table a waiver::

    [[waiver]]
    pattern = 'conv\.Forward\.time_layer\[.*-cpu-1\]'
    largest_ratio = 1.08
    reason = "The exact kernel replaces an approximation, see issue 12."
    expires = 2027-03-31
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Final

from cnnfc.errors import DataError
from cnnfc.gate.policy.fields import Fields, load_toml, matches
from cnnfc.verdicts import BenchmarkResult, Verdict, WaiverUse

_KEYS: Final = ("pattern", "largest_ratio", "reason", "expires")


@dataclass(frozen=True)
class Waiver:
    """One regression, or several, that somebody decided to accept.

    Attributes:
        pattern: Regular expression that an id must match as a whole, or the id itself.
        largest_ratio: Contender / baseline up to which it is accepted, above 1.
        reason: Why, for those who come after.
        expires: The last day on which it holds.
        expired: Whether that day is over.
    """

    pattern: str
    largest_ratio: float
    reason: str
    expires: date
    expired: bool = False

    def names(self, id: str) -> bool:  # noqa: A002 - an id is what it is
        """Whether it is about the benchmark with that id."""
        return self.pattern == id or matches(self.pattern).fullmatch(id) is not None


def read_waivers(path: Path, today: date) -> tuple[Waiver, ...]:
    """The waivers in the file at `path`, in its order; none if there is no file.

    Args:
        path: A TOML file.
        today: The day that expiry is judged by.

    Raises:
        DataError: The file is not TOML, or a waiver lacks a key, has an unknown one or one with a
            value that cannot be; the message says which waiver it is.
    """
    if not path.exists():
        return ()
    content = Fields(load_toml(path), str(path), ("waiver",))
    entries = content.table.get("waiver", [])
    if not isinstance(entries, list):
        raise DataError(f"{path}: write [[waiver]] with two brackets above each waiver")
    return tuple(
        _waiver(entry, f"{path}: waiver {number}", today) for number, entry in enumerate(entries, 1)
    )


def apply(
    results: Iterable[BenchmarkResult], waivers: Sequence[Waiver]
) -> tuple[tuple[BenchmarkResult, ...], tuple[WaiverUse, ...]]:
    """Mark every regression that a waiver covers, and tell what became of the waivers.

    A regression in typical calls is covered up to the waiver's ratio.  One that shows in the mean
    alone is judged by the ratio of means, and a mean that is certainly above the bound is never
    covered.  What fails because it is quicker is never covered.  A regression that a waiver names
    and does not cover says so in its reason.

    Returns:
        The results in their order, and one use for each waiver in theirs.
    """
    judged = []
    covered: dict[int, list[str]] = {number: [] for number in range(len(waivers))}
    for result in results:
        if result.verdict is not Verdict.REGRESSION:
            judged.append(result)
            continue
        named = [(n, waiver) for n, waiver in enumerate(waivers) if waiver.names(result.id)]
        covers = [(n, waiver) for n, waiver in named if _covers(waiver, result)]
        for number, _ in covers:
            covered[number].append(result.id)
        valid = [waiver for _, waiver in covers if not waiver.expired]
        if valid:
            judged.append(replace(result, waived_by=valid[0].pattern))
        elif named:
            said = " ".join(_why_not(waiver, result) for _, waiver in named)
            judged.append(replace(result, reason=f"{result.reason} {said}".strip()))
        else:
            judged.append(result)
    uses = (_use(waiver, covered[number]) for number, waiver in enumerate(waivers))
    return tuple(judged), tuple(uses)


def _covers(waiver: Waiver, result: BenchmarkResult) -> bool:
    effect, tail = result.effect, result.tail
    if effect is None or _is_quicker(result):
        return False
    ratio = effect.ratio
    if tail is not None:
        if tail.low > waiver.largest_ratio:
            return False
        if tail.low > 1 >= effect.low:
            ratio = max(ratio, tail.ratio)
    return ratio <= waiver.largest_ratio


def _is_quicker(result: BenchmarkResult) -> bool:
    """Whether it fails because it is quicker, under a policy whose direction is both."""
    return result.confirmed is not None and result.confirmed.ratio < 1


def _why_not(waiver: Waiver, result: BenchmarkResult) -> str:
    if waiver.expired:
        return f"Its waiver expired after {waiver.expires.isoformat()}."
    if _is_quicker(result):
        return "Its waiver accepts slower calls, not quicker ones."
    return f"Its waiver accepts at most {(waiver.largest_ratio - 1) * 100:.3g}%."


def _use(waiver: Waiver, ids: Sequence[str]) -> WaiverUse:
    state = "expired" if waiver.expired else "used" if ids else "unused"
    return WaiverUse(
        pattern=waiver.pattern,
        largest_ratio=waiver.largest_ratio,
        reason=waiver.reason,
        expires=waiver.expires.isoformat(),
        state=state,
        benchmarks=tuple(ids),
    )


def _waiver(entry: object, where: str, today: date) -> Waiver:
    read = Fields(entry, where, _KEYS)
    expires = _day(read)
    return Waiver(
        pattern=read.pattern("pattern"),
        largest_ratio=read.number(
            "largest_ratio", None, "a ratio above 1 (1.08 accepts 8% slower)", above=1
        ),
        reason=read.text("reason", None, "a sentence that says why"),
        expires=expires,
        expired=today > expires,
    )


def _day(read: Fields) -> date:
    value = read.table.get("expires")
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value)  # type: ignore[arg-type]  # what it refuses is named below
    except (TypeError, ValueError):
        raise read.wrong("expires", "a day such as 2027-03-31") from None
