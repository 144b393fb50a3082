"""Takes values out of one table of a TOML file, or says what is wrong with them."""

from __future__ import annotations

import difflib
import math
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from cnnfc.errors import DataError


def load_toml(path: Path) -> dict[str, Any]:
    """The content of the TOML file at `path`.

    Raises:
        DataError: It cannot be read, or is not TOML; the message has the path.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        reason = error.strerror or str(error)
        raise DataError(f"{path} cannot be read ({reason}): make it a readable file") from None
    except (ValueError, RecursionError) as error:
        # Text that is not UTF-8 is a ValueError too, and so is a number with too many digits.
        raise DataError(f"{path} cannot be read as TOML ({error}): correct it") from None


def matches(pattern: str) -> re.Pattern[str]:
    """`pattern` compiled; ValueError with the reason if it is no regular expression."""
    try:
        return re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(str(error)) from None


class Fields:
    """One table, read key by key; every error is a `DataError` that begins with `where`."""

    def __init__(self, table: object, where: str, keys: Iterable[str]) -> None:
        """Take `table` if it is one and has no keys but `keys`."""
        if not isinstance(table, Mapping):
            raise DataError(f"{where} must be a table with keys, not {shown(table)}")
        self.table: Mapping[str, object] = table
        self.where = where
        known = tuple(keys)
        for key in table:
            if key not in known:
                close = difflib.get_close_matches(key, known, n=1)
                hint = f"did you mean {close[0]!r}?" if close else f"known are {', '.join(known)}"
                raise DataError(f"{where}: unknown key {shown(key)}: {hint}")

    def wrong(self, key: str, wanted: str) -> DataError:
        """The error for a value of `key` that is not `wanted`, or for its absence."""
        if key not in self.table:
            return DataError(f"{self.where}: {key} is missing: it must be {wanted}")
        return DataError(f"{self.where}: {key} must be {wanted}, not {shown(self.table[key])}")

    def number(
        self,
        key: str,
        default: float | None,
        wanted: str,
        *,
        above: float = -math.inf,
        least: float = -math.inf,
        below: float = math.inf,
        most: float = math.inf,
    ) -> float:
        """A finite number in the range that `wanted` describes; no default makes it required."""
        value = self.table.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.wrong(key, wanted)
        # NaN fails the first comparison; an integer too large for a float is compared exactly.
        if not (above < value < below and least <= value <= most) or abs(value) > 1e300:
            raise self.wrong(key, wanted)
        return float(value)

    def whole(self, key: str, default: int, wanted: str, *, least: int, most: int) -> int:
        """A whole number from `least` to `most`."""
        value = self.table.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise self.wrong(key, wanted)
        return value

    def text(self, key: str, default: str | None, wanted: str = "a text that is not empty") -> str:
        """A text that is more than white space; no default makes it required."""
        value = self.table.get(key, default)
        if not isinstance(value, str) or not value.strip():
            raise self.wrong(key, wanted)
        return value

    def choice(self, key: str, default: str, choices: Iterable[str]) -> str:
        """One of `choices`."""
        known = tuple(choices)
        value = self.table.get(key, default)
        if value not in known:
            raise self.wrong(key, " or ".join(f'"{choice}"' for choice in known))
        return str(value)

    def pattern(self, key: str) -> str:
        """A regular expression, which must be there."""
        pattern = self.text(key, None, "a regular expression")
        self._compiles(key, pattern)
        return pattern

    def patterns(self, key: str) -> tuple[str, ...]:
        """A list of regular expressions; empty if it is not there."""
        wanted = 'a list of regular expressions, such as ["^conv"]'
        values = self.table.get(key, [])
        if not isinstance(values, list):
            raise self.wrong(key, wanted)
        for value in values:
            if not isinstance(value, str) or not value:
                raise self.wrong(key, wanted)
            self._compiles(key, value)
        return tuple(values)

    def tables(self, key: str) -> list[object]:
        """A list of tables; empty if it is not there."""
        values = self.table.get(key, [])
        if not isinstance(values, list):
            raise self.wrong(key, "a list of tables")
        return values

    def _compiles(self, key: str, pattern: str) -> None:
        try:
            matches(pattern)
        except ValueError as error:
            raise DataError(
                f"{self.where}: {key} {shown(pattern)} is not a regular expression "
                f"({error}): correct it; a bracket that means itself is \\[ in single quotes"
            ) from None


def shown(value: object) -> str:
    """`value` as an error message quotes it, at most 80 characters on one line."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:79]}…"
