"""What comes of uniting two versions of one file: the content, and where they contradict."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeGuard

from cnnfc.history.parameters import shown

Object = Mapping[str, object]

#: Facts about a machine, in asv's words, in which two boxes of one make may differ, or one box
#: before and after an update of its kernel (text of the kernel, usable memory in bytes).
NOTED_OF_MACHINES: Final = ("os", "ram")


@dataclass(frozen=True)
class Conflict:
    """A place with two different values, of which the one that was there is kept.

    ``where`` names it in the file: a field, a benchmark, or a benchmark with its parameters;
    ``kept`` and ``other`` show the values, shortened.
    """

    where: str
    kept: str
    other: str


@dataclass(frozen=True)
class United:
    """A file's content after the merge, in which everything without a conflict is.

    ``notes`` are differences that need nobody: what either side says may stand, and `content` has
    the one that is kept.
    """

    content: Object
    conflicts: tuple[Conflict, ...] = ()
    notes: tuple[Conflict, ...] = ()


def same(one: object, other: object) -> bool:
    """Whether two JSON values are equal; not-a-number equals itself, and 1 is not true."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(v, other[k]) for k, v in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, float) and isinstance(other, float) and math.isnan(one):
        return math.isnan(other)
    return one == other


def is_number(value: object) -> TypeGuard[float]:
    """Whether a JSON value is a number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def conflict(where: str, kept: object, other: object) -> Conflict:
    """The `Conflict` of two JSON values."""
    return Conflict(where, shown(kept), shown(other))


def larger_version(one: object, other: object) -> bool:
    """Whether version `one` of a benchmark goes before `other`, whichever of them comes first.

    Numbers are compared as such.  asv's own versions are hashes, which have no order; that of
    their letters serves, so that all orders of merging end in the same file.

    >>> larger_version("10", "9")
    True
    """
    return _rank(one) >= _rank(other)


def _rank(version: object) -> tuple[bool, int, str]:
    text = "" if version is None else str(version)
    number = text.isascii() and text.isdecimal() and len(text) < 20
    return (number, int(text) if number else 0, text)


def unite_fields(
    ours: Object,
    theirs: Object,
    prefix: str = "",
    without: Iterable[str] = (),
    noted: Iterable[str] = (),
) -> United:
    """`ours` with what only `theirs` has; fields that differ are conflicts, those `noted` notes.

    A field that is null counts as missing.  Both are named `prefix` + field; fields `without` stay
    as they are in `ours`.
    """
    content = dict(ours)
    conflicts: list[Conflict] = []
    notes: list[Conflict] = []
    for key, value in theirs.items():
        if key in without or value is None:
            continue
        if content.get(key) is None:
            content[key] = value
        elif not same(content[key], value):
            found = notes if key in noted else conflicts
            found.append(conflict(prefix + key, content[key], value))
    return United(content, tuple(conflicts), tuple(notes))


def unite_axes(ours: list[list[str]], theirs: list[list[str]]) -> list[list[str]] | None:
    """Parameter lists that hold both; ``None`` if they contradict.

    They agree where, parameter by parameter, one list holds the other in the same order: a suite
    that has grown since.  Then the longer ones hold both, and it does not matter whose they are.
    """
    if len(ours) != len(theirs):
        return None
    united = []
    for one, other in zip(ours, theirs, strict=True):
        longer, shorter = (one, other) if len(one) >= len(other) else (other, one)
        if not _is_within(shorter, longer):
            return None
        united.append(longer)
    return united


def _is_within(shorter: list[str], longer: list[str]) -> bool:
    rest = iter(longer)
    return all(value in rest for value in shorter)
