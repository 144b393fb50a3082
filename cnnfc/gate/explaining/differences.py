"""Compares what a benchmark does on the baseline and on the contender, in sentences.

Both sides come as `cnnfc.gate.worker.explain` reports them.  The sentences go from causes to
consequences: software and switches, threads, kernels of the libraries, operators, functions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from cnnfc.gate.explaining import call_differences, kernel_differences
from cnnfc.gate.explaining.kernels import Kernels, read

Answer = Mapping[str, Any]

#: Said if causes are known, and what is run does not differ.
SAME: Final = "same {what} on both sides"
#: Said if nothing differs.
IN_TIME_ALONE: Final = f"{SAME}: the difference is in time alone"


def differences(baseline: Answer, contender: Answer) -> tuple[str, ...]:
    """What differs, a sentence each; at least one, which may say that nothing does."""

    def both(what: str) -> bool:
        """Whether both sides could say: silence is not a difference."""
        return what in baseline and what in contender

    before, after = (read(side.get("lines", ())) for side in (baseline, contender))
    causes = [
        *_versions(baseline.get("versions", {}), contender.get("versions", {})),
        *_environment(baseline.get("environment", {}), contender.get("environment", {})),
        *_libraries(before, after),
        *_flags(baseline.get("flags", {}), contender.get("flags", {})),
        *_threads(baseline.get("threads"), contender.get("threads"), before, after),
    ]
    found: list[str] = []
    if both("lines"):
        found += kernel_differences.primitives(before.primitives, after.primitives)
        found += kernel_differences.reorders(before.primitives, after.primitives)
        found += kernel_differences.products(before.products, after.products)
    for what in ("operators", "kernels"):
        if both(what):
            found += call_differences.operators(baseline[what], contender[what])
    if both("functions"):
        found += call_differences.functions(baseline["functions"], contender["functions"])
    if not found:
        same = "operators and kernels" if both("operators") else "functions"
        found.append((SAME if causes else IN_TIME_ALONE).format(what=same))
    return (*causes, *found)


def _versions(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[str]:
    for name in sorted(before.keys() & after.keys()):
        yield from _changed(name, before[name], after[name])


def _libraries(before: Kernels, after: Kernels) -> Iterator[str]:
    yield from _changed("oneDNN", before.onednn, after.onednn)
    yield from _changed("MKL", before.mkl, after.mkl)
    if before.isa and after.isa and before.isa != after.isa:
        yield f"oneDNN goes up to {before.isa} on the baseline and to {after.isa} on the contender"
    yield from _changed("MKL's kind of processor", before.mkl_processor, after.mkl_processor)


def _changed(name: str, before: str, after: str) -> Iterator[str]:
    """Only where both sides say it."""
    if before and after and before != after:
        yield f"{name} {before.removeprefix(name).strip()} -> {after.removeprefix(name).strip()}"


def _environment(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[str]:
    for name in sorted(before.keys() | after.keys()):
        if name not in after:
            yield f"{name}={before[name]} is set on the baseline alone"
        elif name not in before:
            yield f"{name}={after[name]} is set on the contender alone"
        elif before[name] != after[name]:
            yield f"{name} {before[name]} -> {after[name]}"


def _flags(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    for name in before:
        if name not in after or before[name] == after[name]:
            continue
        if isinstance(before[name], bool):
            yield f"{name} is {'on' if after[name] else 'off'} on the contender"
        else:
            yield f"{name} {before[name]} -> {after[name]}"


def _threads(
    before: int | None, after: int | None, kernels: Kernels, others: Kernels
) -> Iterator[str]:
    if before is not None and after is not None and before != after:
        yield f"threads {before} -> {after}"
        return
    # MKL takes fewer than torch offers where a product is small.
    ours = max((product.threads for product in kernels.products), default=0)
    theirs = max((product.threads for product in others.products), default=0)
    if ours and theirs and ours != theirs:
        yield f"threads of MKL {ours} -> {theirs}"
