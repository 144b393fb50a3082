"""Keeps a gate's report in ``gate.json`` and reads it back.

The file is the report field by field (`cnnfc.verdicts.GateReport`), described by
``gate.schema.json`` beside this module.  Infinity, the end of an interval without a bound, is
null.  ``exit_code``, ``counts`` and, of each benchmark, ``id`` and ``fails`` are there for programs
that read the file and follow from the rest, so they are left alone when it is read.
"""

from __future__ import annotations

import json
import math
import re
import sys
import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import StrEnum
from importlib import resources
from pathlib import Path
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

from cnnfc.errors import DataError
from cnnfc.history.json_file import load_object
from cnnfc.machine.locked_files import write_atomically
from cnnfc.verdicts import SCHEMA, BenchmarkResult, Effect, GateReport, Verdict

#: Lists of numbers as `json` breaks them up; texts hold no line breaks, so none is taken for one.
_NUMBERS: Final = re.compile(
    r"\[\n\s+((?:-?[\d.eE+-]+|null)(?:,\n\s+(?:-?[\d.eE+-]+|null))*)\n\s+\]"
)
_BREAK: Final = re.compile(r",\n\s+")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_PLAIN: Final[Mapping[type, str]] = {str: "a text", int: "a whole number", bool: "true or false"}


def write(report: GateReport, path: Path) -> None:
    """Make `report` the content of the file at `path`; its folder is made if need be.

    Raises:
        DataError: The folder cannot be written to.
    """
    write_atomically(path, dumps(report))


def read(path: Path) -> GateReport:
    """The report in the file at `path`.

    Raises:
        DataError: It cannot be read, is no report of a gate, is damaged or of a newer version; the
            message names the file and the field.
    """
    try:
        return _report(*load_object(path))
    except DataError as error:
        raise DataError(f"{path}: {error}") from None


def dumps(report: GateReport) -> str:
    """The text of the file: UTF-8 can hold it, and every number in it is finite."""
    data = {
        "schema": SCHEMA,
        "exit_code": report.exit_code,
        "counts": {verdict.value: report.count(verdict) for verdict in Verdict},
        **_encode(report),
    }
    text = json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False)
    text = _NUMBERS.sub(lambda match: f"[{_BREAK.sub(', ', match[1])}]", text)
    return _SURROGATE.sub("\ufffd", text) + "\n"


def schema() -> dict[str, Any]:
    """The JSON schema (draft 2020-12) of the file."""
    text = resources.files("cnnfc.history").joinpath("gate.schema.json").read_text("utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def _encode(value: object) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, BenchmarkResult):
        return {"id": value.id, "fails": value.fails, **_members(value)}
    if is_dataclass(value):
        return _members(value)
    if isinstance(value, Mapping):
        return {str(key): _encode(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_encode(item) for item in value]
    if isinstance(value, float):
        # Minus infinity is the logarithm of a value that fell to 0.
        return value if math.isfinite(value) else -sys.float_info.max if value < 0 else None
    return value if value is None or isinstance(value, str | int) else str(value)


def _members(value: object) -> dict[str, Any]:
    return {member.name: _encode(getattr(value, member.name)) for member in fields(value)}  # type: ignore[arg-type]  # the caller has made sure


def _report(data: Mapping[str, object], twice: tuple[str, ...]) -> GateReport:
    if twice:
        raise DataError(f"{twice[0]} is there twice: restore the file or run the gate again")
    version = data.get("schema")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise DataError("it is not a report of a gate: it has no schema number")
    if version > SCHEMA:
        raise DataError(
            f"it has schema {version}, this cnnfc reads up to {SCHEMA}: update cnnfc to read it"
        )
    report: GateReport = _decode(GateReport, data, "")
    return report


def _decode(kind: Any, value: Any, where: str) -> Any:  # noqa: ANN401, PLR0911 - one line a kind
    """`value`, read from JSON, as the type `kind`; a `DataError` names `where` if it is not."""
    origin = get_origin(kind)
    if kind is Any:
        return value
    if origin in (Union, types.UnionType):
        return None if value is None else _decode(get_args(kind)[0], value, where)
    if origin is tuple:
        items = _checked(list, value, where, "a list")
        return tuple(_decode(get_args(kind)[0], x, f"{where}[{n}]") for n, x in enumerate(items))
    if origin is not None:
        table = _checked(dict, value, where, "an object")
        return {key: _decode(get_args(kind)[1], x, f"{where}.{key}") for key, x in table.items()}
    if kind is float:
        return _number(value, where)
    if is_dataclass(kind):
        return _object(kind, _checked(dict, value, where, "an object"), where)
    if issubclass(kind, StrEnum):
        if value not in list(kind):
            raise _damaged(where, f"one of {', '.join(kind)}")
        return kind(value)
    if isinstance(value, bool) and kind is not bool:
        raise _damaged(where, _PLAIN[kind])
    return _checked(kind, value, where, _PLAIN[kind])


def _object(kind: Any, table: Mapping[str, object], where: str) -> Any:  # noqa: ANN401
    hints = get_type_hints(kind)
    found = {}
    for member in fields(kind):
        place = f"{where}.{member.name}".lstrip(".")
        if member.name in table:
            found[member.name] = _decode(hints[member.name], table[member.name], place)
        elif member.default is MISSING and member.default_factory is MISSING:
            raise DataError(f"{place} is missing: run the gate again")
    made = kind(**found)
    if isinstance(made, Effect) and not (
        0 <= made.low <= made.high and made.ratio >= 0 and made.pairs >= 0
    ):
        raise _damaged(where, "a ratio of at least 0 with an interval from low to high")
    return made


def _number(value: object, where: str) -> float:
    if value is None:
        return math.inf
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _damaged(where, "a number")
    try:
        number = float(value)
    except OverflowError:
        number = math.nan
    if not math.isfinite(number):
        raise _damaged(where, "a finite number")
    return number


def _checked(kind: type, value: Any, where: str, wanted: str) -> Any:  # noqa: ANN401 - JSON
    if not isinstance(value, kind):
        raise _damaged(where, wanted)
    return value


def _damaged(where: str, wanted: str) -> DataError:
    return DataError(f"{where} must be {wanted}: run the gate again")
