"""Says which operators and functions the two sides of a benchmark call differently."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

Answer = Mapping[str, Any]

#: Names that a sentence lists before it counts the rest.
_NAMED: Final = 3
#: Sentences about one topic before the rest is counted.
_MOST: Final = 4
#: Calls of an operator are means over several calls of the benchmark.
_SAME_CALLS: Final = 0.01
#: Changes of what takes less of the time on both sides are counted, if anything takes more.
_SMALL: Final = 0.01
#: A longer name of a kernel (templates of C++) is cut.
_LONG_NAME: Final = 90


def operators(before: Sequence[Answer], after: Sequence[Answer]) -> Iterator[str]:
    """Operators (or kernels of a GPU) that one side alone runs, or more often, or on more.

    Args:
        before: Of the baseline: ``name``, ``calls`` a call of the benchmark, ``share`` of its time
            and ``shapes`` of the tensors.
        after: The same of the contender.
    """
    ours, theirs = _by_name(before), _by_name(after)
    for side, mine, other in (("baseline", ours, theirs), ("contender", theirs, ours)):
        alone = sorted(mine.keys() - other.keys(), key=lambda name: (-_share(mine[name]), name))
        if alone:
            texts = [f"{short(name)}{_percent(_share(mine[name]))}" for name in alone]
            yield f"the {side} alone runs {listed(texts)}"
    sentences = []
    for name in sorted(ours.keys() & theirs.keys()):
        counts = [sum(entry["calls"] for entry in side[name]) for side in (ours, theirs)]
        shapes = [_shapes(side[name]) for side in (ours, theirs)]
        size = max(_share(side[name]) for side in (ours, theirs))
        if abs(counts[0] - counts[1]) > _SAME_CALLS:
            sentences.append((size, calls(short(name), *counts)))
        elif shapes[0] != shapes[1]:
            text = f"{short(name)} works on {shapes[1]} instead of {shapes[0]}"
            sentences.append((size, text))
    sentences.sort(key=lambda found: (-found[0], found[1]))
    told = [text for size, text in sentences if size >= _SMALL] or [text for _, text in sentences]
    yield from first(told, "differences between operators", more=len(sentences) - len(told))


def _by_name(entries: Iterable[Answer]) -> dict[str, list[Answer]]:
    found: dict[str, list[Answer]] = {}
    for entry in entries:
        found.setdefault(str(entry["name"]), []).append(entry)
    return found


def _share(entries: Iterable[Answer]) -> float:
    return sum(float(entry["share"]) for entry in entries)


def _shapes(entries: Iterable[Answer]) -> str:
    """Shapes of the tensors of all calls, ``1x64x32x32, 64x64x3x3``."""
    texts = {
        ", ".join("x".join(map(str, shape)) for shape in entry.get("shapes", ()))
        for entry in entries
    }
    return " and ".join(sorted(texts))


def functions(before: Sequence[Answer], after: Sequence[Answer]) -> Iterator[str]:
    """Functions of Python (``name``, ``calls``) that one side alone calls, or more often."""
    ours, theirs = ({str(e["name"]): e["calls"] for e in side} for side in (before, after))
    if not ours or not theirs:
        return
    for side, mine, other in (("baseline", ours, theirs), ("contender", theirs, ours)):
        alone = sorted(mine.keys() - other.keys(), key=lambda name: (-mine[name], name))
        if alone:
            yield f"the {side} alone calls {listed([short(name) for name in alone])}"
    more = [name for name in ours.keys() & theirs.keys() if ours[name] != theirs[name]]
    more.sort(key=lambda name: (-abs(ours[name] - theirs[name]), name))
    yield from first(
        [calls(short(name), ours[name], theirs[name]) for name in more],
        "differences between functions",
    )


def calls(name: str, before: float, after: float) -> str:
    """`name` with the calls on both sides, of which one may be none.

    >>> calls("aten::copy_", 1, 3)
    'aten::copy_ runs 3 times on the contender and once on the baseline'
    """
    if not before or not after:
        side = "contender" if after else "baseline"
        return f"{name} runs on the {side} alone ({_times(after or before)})"
    return f"{name} runs {_times(after)} on the contender and {_times(before)} on the baseline"


def _times(calls: float) -> str:
    words: dict[float, str] = {1: "once", 2: "twice"}
    return words.get(calls, f"{calls:.4g} times")


def _percent(share: float) -> str:
    return f" ({share:.0%} of its time)" if share >= _SMALL else ""


def short(name: str) -> str:
    """`name` without the end of a long one."""
    return name if len(name) <= _LONG_NAME else f"{name[: _LONG_NAME - 3]}..."


def listed(names: Sequence[str]) -> str:
    """`names` in a sentence.

    >>> listed(["a", "b"]), listed(list("abcdef"))
    ('a and b', 'a, b, c and 3 more')
    """
    if len(names) > _NAMED + 1:
        names = [*names[:_NAMED], f"{len(names) - _NAMED} more"]
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def first(sentences: Sequence[str], what: str, more: int = 0) -> Iterator[str]:
    """The first few; the rest is counted, and `more` with it."""
    yield from sentences[:_MOST]
    more += len(sentences[_MOST:])
    if more:
        yield f"{more} further {what if more > 1 else what.replace('differences', 'difference')}"
