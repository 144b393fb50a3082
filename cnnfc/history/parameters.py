"""Turns the parameter texts of asv (``repr`` of each value) into plain parameter values."""

from __future__ import annotations

import ast
import reprlib
import warnings
from functools import lru_cache
from typing import Final

#: Above this a parameter stays as it is written: no name of a case or device is that long.
LONGEST_LITERAL: Final = 1000


def parse_axis(values: object) -> tuple[str, ...] | None:
    """The values of one parameter as text; None if `values` is no list of plain values.

    >>> parse_axis(["'cpu-1'", "2.5", "None"])
    ('cpu-1', '2.5', 'None')

    If two values would become the same (``'1'`` the text and ``1`` the number), all of them stay
    as they are written.
    """
    if not isinstance(values, list):
        return None
    written: list[str] = []
    for value in values:
        if isinstance(value, str):
            written.append(value)
        elif value is None or isinstance(value, bool | int | float):
            written.append(repr(value))
        else:
            return None
    parsed = tuple(map(parse_parameter, written))
    return parsed if len(set(parsed)) == len(set(written)) else tuple(written)


@lru_cache(maxsize=4096)
def parse_parameter(text: str) -> str:
    """The value that `text` is the ``repr`` of, where that is a string; else `text` itself.

    Nothing is evaluated: only a plain string literal of at most `LONGEST_LITERAL` characters is
    read.  ``"'cpu-1'"`` becomes ``"cpu-1"``; ``"1"``, ``"(1, 'a')"``, ``"b'x'"`` and
    ``"<object>"`` stay.
    """
    quote, body = text[:1], text[1:-1]
    if quote not in ("'", '"') or text[-1] != quote or len(text) < 2:
        return text
    if quote not in body and "\\" not in body:
        return body
    if len(text) > LONGEST_LITERAL:
        return text
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # an unknown escape is no repr
            value = ast.literal_eval(text)
    except (ValueError, SyntaxError, Warning):
        return text
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else text


def shown(value: object) -> str:
    """`value` for an error sentence: its ``repr``, shortened."""
    return _SHORT.repr(value)


_SHORT: Final = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 60
_SHORT.maxlevel = 2
