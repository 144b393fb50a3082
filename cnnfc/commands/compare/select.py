"""Selects runs and benchmarks by the options that questions have in common."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from cnnfc.errors import UsageError, unknown
from cnnfc.report.text import clean
from cnnfc.timeline.table.source import Head

#: Says of a benchmark and its parameters whether they are wanted.
Wanted = Callable[[str, tuple[str, ...]], bool]


def select_heads(
    heads: Iterable[Head], machines: Sequence[str], environments: Sequence[str]
) -> list[Head]:
    """The runs of `machines` in `environments`, of all of them where none are named.

    Raises:
        UsageError: a name is unknown (what there is is listed), or nothing is of both.
    """
    every = list(heads)
    kept = _of(every, "machine", machines, lambda head: head.machine)
    return _of(kept, "environment", environments, lambda head: head.environment)


def select_benchmarks(patterns: Sequence[str]) -> Wanted:
    """Whether one of `patterns` is found in ``name(parameters)``; without any, everything is.

    Raises:
        UsageError: one is no regular expression.
    """
    compiled = []
    for pattern in patterns:
        try:
            compiled.append(re.compile(pattern))
        except re.error as error:
            raise UsageError(f"--bench {pattern!r} is not a regular expression: {error}") from None

    def wanted(benchmark: str, parameters: tuple[str, ...]) -> bool:
        name = f"{benchmark}({', '.join(parameters)})" if parameters else benchmark
        return not compiled or any(pattern.search(name) for pattern in compiled)

    return wanted


def _of(
    heads: list[Head], what: str, names: Sequence[str], name_of: Callable[[Head], str]
) -> list[Head]:
    known = sorted(set(map(name_of, heads)))
    for name in names:
        if name not in known:
            raise unknown(what, name, map(clean, known))
    return [head for head in heads if not names or name_of(head) in names]
