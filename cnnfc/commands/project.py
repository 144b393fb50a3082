"""Finds the asv project that a command was started in."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cnnfc.errors import DataError, UsageError

#: The names that asv accepts, in the order in which it looks.
CONFIG_NAMES: Final = ("asv.conf.json", "asv.conf.jsonc")
#: The only version of asv's configuration format so far.
CONFIG_VERSION: Final = 1


@dataclass(frozen=True)
class Project:
    """Where things of one asv project are; every path is absolute, none needs to exist.

    ``results`` is asv's ``results_dir`` and ``benchmarks`` its ``benchmark_dir``.  ``hardware``
    (hardware records), ``site`` (the report) and ``scratch`` (logs and locks, never committed) are
    cnnfc's own and lie under ``reports/``.  ``repository`` is asv's ``repo`` as it is written
    there: a path relative to ``root`` or an address.  ``aliases`` maps folders of results to the
    machines they belong to, such as a host name that asv used before the machine was registered;
    it is the table ``[tool.cnnfc.aliases]`` of ``pyproject.toml`` beside asv's configuration.
    """

    root: Path
    name: str
    results: Path
    hardware: Path
    site: Path
    benchmarks: Path
    config_path: Path
    show_commit_url: str | None
    scratch: Path
    repository: str
    aliases: Mapping[str, str] = field(default_factory=dict)


def find_project(start: Path | None = None) -> Project:
    """The project whose ``asv.conf.json`` lies in `start` or the nearest folder above it.

    Args:
        start: where to begin; the current folder if left out.

    Raises:
        UsageError: there is no configuration file, or there are two in one folder.
        DataError: the file cannot be read, is not JSON (``//`` comments are allowed, as in asv), or
            a field that cnnfc needs has the wrong type.
    """
    begin = (start or Path.cwd()).resolve()
    for folder in (begin, *begin.parents):
        found = [folder / name for name in CONFIG_NAMES if (folder / name).is_file()]
        if len(found) > 1:
            raise UsageError(
                f"{folder} has both {CONFIG_NAMES[0]} and {CONFIG_NAMES[1]}: keep one of them"
            )
        if found:
            return _read_project(found[0])
    raise UsageError(
        f"no {CONFIG_NAMES[0]} in {begin} or any folder above it: change into a project that has "
        f"one, or write one with `asv quickstart`"
    )


def _read_project(path: Path) -> Project:
    fields = _load(path)
    root = path.parent
    version = fields.get("version", CONFIG_VERSION)
    if version != CONFIG_VERSION:
        raise DataError(
            f"{path}: version is {version!r}, cnnfc knows version {CONFIG_VERSION} only: "
            f"update cnnfc or correct the file"
        )
    reports = root / "reports"
    url = _text(fields, path, "show_commit_url", "#")
    return Project(
        root=root,
        name=_text(fields, path, "project", "project"),
        results=root / _text(fields, path, "results_dir", "results"),
        hardware=reports / "hardware",
        site=reports / "site",
        benchmarks=root / _text(fields, path, "benchmark_dir", "benchmarks"),
        config_path=path,
        # asv's default is "#"; anything but a web address must not become a link in a report.
        show_commit_url=url if url.startswith(("https://", "http://")) else None,
        scratch=reports / "asv",
        repository=_text(fields, path, "repo", "."),
        aliases=_aliases(root / "pyproject.toml"),
    )


def _aliases(path: Path) -> Mapping[str, str]:
    if not path.is_file():
        return {}
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read as TOML ({error}): correct it") from None
    aliases: object = table
    for key in ("tool", "cnnfc", "aliases"):
        aliases = aliases.get(key, {}) if isinstance(aliases, dict) else {}
    if not isinstance(aliases, dict) or not all(isinstance(v, str) for v in aliases.values()):
        raise DataError(
            f'{path}: [tool.cnnfc.aliases] maps folder names to machine names, "host" = "machine"'
        )
    return aliases


def _load(path: Path) -> Mapping[str, object]:
    # asv reads its configuration with the same library, so whatever it accepts is accepted here.
    import json5  # noqa: PLC0415  # only commands that need a project pay for the parser

    try:
        fields = json5.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise DataError(f"{path} is not a UTF-8 text file: save it as UTF-8") from None
    except (ValueError, RecursionError) as error:
        reason = str(error).replace("<string>:", "line ")
        raise DataError(f"{path} is not valid JSON ({reason}): correct it") from None
    if not isinstance(fields, dict):
        raise DataError(f"{path} must hold one JSON object, {{...}}, with asv's settings")
    return fields


def _text(fields: Mapping[str, object], path: Path, field: str, default: str) -> str:
    value = fields.get(field, default)
    if not isinstance(value, str) or not value.strip():
        raise DataError(f"{path}: {field} must be a text that is not empty, not {value!r}")
    return value
