"""Keeps what studies measured: one JSON file a study, with a section for every machine.

``reports/studies/NAME.json`` is ``{"schema": 1, "study": NAME, "machines": {MACHINE: section}}``.
A section holds ``question``, ``command``, ``started_at``, ``finished_at`` (null while steps are
missing), ``sittings`` (when, at which commit and under which load it was measured, each time),
``software``, ``settings`` and ``points``: what was measured, by the key of its step.  A step that
the machine cannot do is kept as ``{"skipped": reason}``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cnnfc.errors import DataError
from cnnfc.machine.locked_files import locked, write_atomically

SCHEMA: Final = 1

Section = dict[str, Any]


@dataclass(frozen=True)
class Store:
    """The file of the study `name` in `folder`."""

    folder: Path
    name: str

    @property
    def path(self) -> Path:
        return self.folder / f"{self.name}.json"

    def machines(self) -> Mapping[str, Section]:
        """Sections by the name of the machine; empty if there is no file yet.

        Raises:
            DataError: the file is damaged or of a newer version; nothing is ever written over it.
        """
        try:
            data = json.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, RecursionError) as error:
            raise DataError(
                f"{self.path} cannot be read ({error}): restore it from git, or move it away"
            ) from None
        if not isinstance(data, dict) or data.get("study") != self.name:
            raise DataError(f"{self.path} is not a file of the study {self.name}: move it away")
        if data.get("schema") != SCHEMA:
            raise DataError(
                f"{self.path} has schema {data.get('schema')!r}, this cnnfc reads {SCHEMA}: "
                f"update cnnfc to read it"
            )
        machines = data.get("machines")
        if not isinstance(machines, dict) or not all(map(is_section, machines.values())):
            raise DataError(f"{self.path} is damaged: machines holds something else than sections")
        return machines

    def save(self, machine: str, section: Section) -> None:
        """Make `section` that of `machine`; sections of other machines stay.

        Raises:
            DataError: the file is damaged, or cannot be written.
        """
        with locked(self.path):
            machines = {**self.machines(), machine: section}
            data = {
                "schema": SCHEMA,
                "study": self.name,
                "machines": dict(sorted(machines.items())),
            }
            write_atomically(self.path, to_text(data))


def is_section(section: object) -> bool:
    """Whether `section` has everything that a reader of studies needs, in its type."""
    if not isinstance(section, dict):
        return False
    needed = {"question": str, "settings": dict, "software": dict, "points": dict, "sittings": list}
    return all(isinstance(section.get(name), kind) for name, kind in needed.items()) and all(
        isinstance(point, dict) for point in section["points"].values()
    )


#: Nesting at which a value goes on one line: a point (file, machines, MACHINE, points, KEY).
_LINE_DEPTH: Final = 4


def to_text(value: object, depth: int = 0) -> str:
    """`value` as JSON for git, every point on a line of its own: a diff shows which changed.

    Raises:
        ValueError: a number is not finite.
    """
    if not isinstance(value, dict) or not value or depth == _LINE_DEPTH:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    indent = " " * (depth + 1)
    inner = ",\n".join(
        f"{indent}{json.dumps(key, ensure_ascii=False)}: {to_text(item, depth + 1)}"
        for key, item in value.items()
    )
    return f"{{\n{inner}\n{' ' * depth}}}" + ("" if depth else "\n")
