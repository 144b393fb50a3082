"""Keeps what a search for a commit has found out, so that an interruption loses nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from cnnfc.commands.bisect.search import Answer, Side, lasting
from cnnfc.machine.locked_files import write_atomically

#: Version of the file; new names alone do not raise it.
SCHEMA_VERSION: Final = 1
FILE_NAME: Final = "bisect.json"


@dataclass(frozen=True)
class Question:
    """What is searched for: answers to another question are of no use.

    Attributes:
        change: Id of the change.
        machine: Name of the machine that searches.
        benchmark: Name of the benchmark.
        parameters: Its parameters.
        threshold: Slowdown that the gates look for, as a fraction.
        commits: The range, the oldest first; the change lies behind the first.
    """

    change: str
    machine: str
    benchmark: str
    parameters: Sequence[str]
    threshold: float
    commits: Sequence[str]


@dataclass
class Memory:
    """What is known of a `Question`.

    Attributes:
        ends: Whether the two ends of the range differ; None if that was not asked yet.
        answers: Of commits inside the range.
        parent: How the commit that was found compares with the one before it.
    """

    ends: Answer | None = None
    answers: dict[str, Answer] = field(default_factory=dict)
    parent: Answer | None = None


def as_object(question: Question, memory: Memory, suspects: Sequence[str]) -> dict[str, Any]:
    """The content of the file: question, answers, and the commits that are left.

    ``commits`` is the range, the oldest first, whose first commit is before the change and whose
    last is after it; ``ends`` and ``parent`` are answers or null, ``answers`` maps commits to
    them.  An answer has ``side`` (``before`` or ``after`` the change, ``unclear``, ``broken``),
    ``reason``, and ``ratio``, ``low``, ``high`` of the slower by the quicker side, or null.
    ``suspects`` are the commits that may have made the change: one if it is found.
    """
    return {
        "schema_version": SCHEMA_VERSION,
        **asdict(question),
        "ends": None if memory.ends is None else _plain(memory.ends),
        "answers": {commit: _plain(answer) for commit, answer in memory.answers.items()},
        "parent": None if memory.parent is None else _plain(memory.parent),
        "suspects": list(suspects),
    }


def keep(path: Path, question: Question, memory: Memory, suspects: Sequence[str]) -> None:
    """Write what is known; `DataError` where that cannot be."""
    data = as_object(question, memory, suspects)
    write_atomically(path, json.dumps(data, indent=1, allow_nan=False) + "\n")


def recall(path: Path, question: Question) -> Memory:
    """What an earlier search for the same found out; nothing if there was none.

    Answers that another try may change are left out, so a search that is started again tries them
    again.  A file that is damaged, or of another question, counts as none: it is written anew.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["schema_version"] != SCHEMA_VERSION or not _is_same(data, question):
            return Memory()
        answers = {commit: _answer(value) for commit, value in data["answers"].items()}
        return Memory(
            ends=_answer(data["ends"]),
            answers=lasting({commit: one for commit, one in answers.items() if one}),
            parent=_answer(data["parent"]),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return Memory()


def _is_same(data: Mapping[str, Any], question: Question) -> bool:
    # Through JSON, which makes lists of tuples.
    expected = json.loads(json.dumps(asdict(question)))
    return all(data[name] == value for name, value in expected.items())


def _plain(answer: Answer) -> dict[str, Any]:
    # The gate knows no bound of an interval of few pairs; JSON has no infinity.
    values = asdict(answer)
    for name in ("ratio", "low", "high"):
        value = values[name]
        if value is not None and not abs(value) < float("inf"):
            values[name] = None
    return {**values, "side": str(answer.side)}


def _answer(data: Mapping[str, Any] | None) -> Answer | None:
    if data is None:
        return None
    numbers = (data[name] for name in ("ratio", "low", "high"))
    ratio, low, high = (None if value is None else float(value) for value in numbers)
    return Answer(Side(data["side"]), str(data["reason"]), ratio, low, high)
