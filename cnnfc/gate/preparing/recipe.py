"""Reads in ``asv.conf.json`` how a project is built, and what its benchmarks need."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from cnnfc.errors import DataError

#: asv's default, and that of its ``install_timeout`` (s).
_SUITE: Final = "benchmarks"
_PATIENCE: Final = 600.0
#: Environments whose packages have names of their own.
_CONDA: Final = ("conda", "mamba", "rattler")
_EXTRAS: Final = re.compile(r"\{wheel_file\}\[(?P<extras>[^\]]*)\]")


@dataclass(frozen=True)
class Recipe:
    """What asv's configuration says of building and installing.

    Attributes:
        repository: Where the code lies, relative to the configuration, or an address.
        subfolder: Where in the repository the package lies.
        suite: The folder of the benchmarks, relative to the configuration.
        extras: Extras of the package that the benchmarks need, from ``install_command``.
        requirements: Other packages that they need, from ``matrix``, as pip wants them.
        build_variables: Environment variables for building, from ``matrix``.
        variables: Those for building and running.
        generated: Folders that asv writes to, relative to the configuration.
        patience: Longest time that building or installing may take, in seconds.
        notes: What of it the gate does otherwise than asv.
    """

    repository: str = "."
    subfolder: str = ""
    suite: str = _SUITE
    extras: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()
    build_variables: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    generated: tuple[str, ...] = ()
    patience: float = _PATIENCE
    notes: tuple[str, ...] = ()


def read_recipe(path: Path) -> Recipe:
    """The recipe in the configuration file `path`.

    Of several versions in a matrix the last one counts, which is the newest where people list them
    in order.

    Raises:
        DataError: it cannot be read, or a field has the wrong type.
    """
    fields = _load(path)
    notes: list[str] = []
    matrix = _matrix(fields, path)
    conda = fields.get("environment_type") in _CONDA
    requirements = tuple(_requirements(matrix["req"], notes, conda=conda))
    build = dict(_variables(matrix["env"], notes))
    commands = fields.get("install_command") or ()
    texts = [commands] if isinstance(commands, str) else commands
    found = [match for text in texts for match in _EXTRAS.finditer(str(text))]
    extras = {name.strip() for match in found for name in match["extras"].split(",")}
    patience = fields.get("install_timeout", _PATIENCE)
    if isinstance(patience, bool) or not isinstance(patience, int | float) or not patience > 0:
        raise DataError(f"{path}: install_timeout must be a number of seconds, not {patience!r}")
    return Recipe(
        repository=_text(fields, path, "repo", "."),
        subfolder=_text(fields, path, "repo_subdir", ""),
        suite=_text(fields, path, "benchmark_dir", _SUITE),
        extras=tuple(sorted(filter(None, extras))),
        requirements=requirements,
        build_variables=build,
        variables={**build, **dict(_variables(matrix["env_nobuild"], notes))},
        generated=(
            _text(fields, path, "env_dir", "env"),
            _text(fields, path, "html_dir", "html"),
        ),
        patience=float(patience),
        notes=tuple(notes),
    )


def _matrix(fields: Mapping[str, Any], path: Path) -> Mapping[str, Mapping[str, Any]]:
    """The matrix by its parts ``req``, ``env`` and ``env_nobuild``, old style or new."""
    matrix = fields.get("matrix") or {}
    parts = ("req", "env", "env_nobuild")
    if not isinstance(matrix, dict):
        raise DataError(f"{path}: matrix must be an object, not {matrix!r}")
    if not any(part in matrix for part in parts):
        matrix = {"req": matrix}
    chosen = {part: matrix.get(part) or {} for part in parts}
    for part, table in chosen.items():
        if not isinstance(table, dict):
            raise DataError(f"{path}: matrix.{part} must be an object, not {table!r}")
    return chosen


def _choices(name: str, value: object, notes: list[str]) -> str | None:
    """The value that counts; None for what is not to be there at all."""
    values = value if isinstance(value, list) else [value]
    present = [str(each) for each in values if each is not None]
    if len(present) > 1:
        notes.append(
            f"of {name} the matrix in asv.conf.json has several values: {present[-1]!r} counts"
        )
    return present[-1] if present else None


def _requirements(table: Mapping[str, Any], notes: list[str], *, conda: bool) -> Iterator[str]:
    others: list[str] = []
    for name, value in table.items():
        version = _choices(name, value, notes)
        if version is None:
            continue
        if conda and not name.startswith("pip+"):
            others.append(name)
            continue
        exact = version and version[0].isdigit()
        yield f"{name.removeprefix('pip+')}{'==' if exact else ''}{version}"
    if others:
        notes.append(
            f"asv.conf.json lists packages by their names in conda, which the gate leaves to the "
            f"environment it runs in: {', '.join(others)}"
        )


def _variables(table: Mapping[str, Any], notes: list[str]) -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        chosen = _choices(name, value, notes)
        if chosen is not None:
            yield name, chosen


def _load(path: Path) -> Mapping[str, Any]:
    # asv reads its configuration with the same library, so whatever it accepts is accepted here.
    import json5  # noqa: PLC0415  # 30 ms that importing this room should not cost

    try:
        fields = json5.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path} is not valid JSON ({error}): correct it") from None
    if not isinstance(fields, dict):
        raise DataError(f"{path} must hold one JSON object, {{...}}, with asv's settings")
    return fields


def _text(fields: Mapping[str, Any], path: Path, name: str, default: str) -> str:
    value = fields.get(name) or default
    if not isinstance(value, str):
        raise DataError(f"{path}: {name} must be a text, not {value!r}")
    return value
