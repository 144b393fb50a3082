"""Says which kernels of oneDNN and MKL the two sides of a benchmark run differently."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from cnnfc.gate.explaining.call_differences import calls, first
from cnnfc.gate.explaining.kernels import Primitive, Product, layout_name


def primitives(before: Sequence[Primitive], after: Sequence[Primitive]) -> Iterator[str]:
    """Implementations and layouts of what both sides compute, then what one side computes alone."""
    ours, theirs = _by_problem(before), _by_problem(after)
    changes: Counter[str] = Counter()
    for problem in ours:
        if problem not in theirs:
            continue
        kind = _what(problem)
        pairs = zip(ours[problem], theirs[problem], strict=False)
        for old, new in dict.fromkeys(pairs):
            if old.implementation != new.implementation:
                changes[
                    f"{kind} ran as {old.implementation} on the baseline and as "
                    f"{new.implementation} on the contender"
                ] += 1
            layouts = [layout_name(one.layout("src")) for one in (old, new)]
            if layouts[0] != layouts[1]:
                changes[
                    f"{kind} read {layouts[0]} on the baseline and {layouts[1]} on the contender"
                ] += 1
            types = [_types(one) for one in (old, new)]
            if types[0] != types[1]:
                changes[
                    f"{kind} computed with {types[0]} on the baseline and with {types[1]} on the "
                    "contender"
                ] += 1
    sentences = [text if n == 1 else f"{text} ({n} shapes)" for text, n in changes.items()]
    for problem in dict.fromkeys((*ours, *theirs)):
        counts = len(ours.get(problem, ())), len(theirs.get(problem, ()))
        if counts[0] != counts[1]:
            name = f"{_what(problem)} {problem[2]}"
            sentences.append(calls(f"oneDNN's {name}", *counts))
    yield from first(sentences, "differences between primitives of oneDNN")


def _by_problem(primitives: Iterable[Primitive]) -> dict[tuple[str, str, str], list[Primitive]]:
    """What computes, by kind, propagation and sizes.

    Training is a matter of propagation alone: torch asks for ``forward_training`` wherever
    gradients are on, and the kernels are the same.
    """
    found: dict[tuple[str, str, str], list[Primitive]] = {}
    for one in primitives:
        if one.kind != "reorder":
            propagation = "forward" if one.propagation.startswith("forward") else one.propagation
            found.setdefault((one.kind, propagation, one.problem), []).append(one)
    return found


def _what(problem: tuple[str, str, str]) -> str:
    """``convolution``, ``convolution backward_data``, ..."""
    kind, propagation, _ = problem
    return kind if propagation in ("forward", "undef") else f"{kind} {propagation}"


def _types(primitive: Primitive) -> str:
    types = dict(primitive.dtypes)
    return "/".join(types[name] for name in ("src", "wei", "dst") if name in types)


def reorders(before: Sequence[Primitive], after: Sequence[Primitive]) -> Iterator[str]:
    """Changes of layout that one side makes more often.

    Another kernel wants another layout: a reorder of the same tensor at the same place on both
    sides is a consequence that `primitives` has told the cause of.
    """
    ours, theirs = _by_place(before), _by_place(after)
    sentences = []
    for place in dict.fromkeys((*ours, *theirs)):
        fewer, more = sorted((ours.get(place, []), theirs.get(place, [])), key=len)
        if len(fewer) == len(more):
            continue
        side = "contender" if more is theirs.get(place) else "baseline"
        shape, where = place
        rest = list(more)
        for name in fewer:
            rest.remove(name if name in rest else rest[0])
        extra = len(rest)
        sentences.append(
            f"the {side} reorders {rest[0]} {where} ({shape}, {extra} call"
            f"{'s' if extra != 1 else ''} more)"
        )
    yield from first(sentences, "differences between reorders of oneDNN")


def _by_place(primitives: Sequence[Primitive]) -> dict[tuple[str, str], list[str]]:
    """Reorders, as ``nchw to nChw16c``, by shape and by what follows or precedes."""
    found: dict[tuple[str, str], list[str]] = {}
    for position, one in enumerate(primitives):
        if one.kind != "reorder":
            continue
        following = (p.kind for p in primitives[position:] if p.kind != "reorder")
        preceding = (p.kind for p in reversed(primitives[:position]) if p.kind != "reorder")
        where = next((f"before the {kind}" for kind in following), None) or next(
            (f"after the {kind}" for kind in preceding), "on its own"
        )
        layouts = f"{layout_name(one.layout('src'))} to {layout_name(one.layout('dst'))}"
        found.setdefault((one.problem, where), []).append(layouts)
    return found


def products(before: Iterable[Product], after: Iterable[Product]) -> Iterator[str]:
    """Products of matrices that one side alone has MKL compute, or more often."""
    ours, theirs = (
        Counter(f"MKL's {product.routine}({product.sizes})" for product in products)
        for products in (before, after)
    )
    yield from first(
        [
            calls(name, ours[name], theirs[name])
            for name in ours | theirs
            if ours[name] != theirs[name]
        ],
        "differences between products of MKL",
    )
