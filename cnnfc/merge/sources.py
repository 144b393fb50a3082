"""Finds the measurements in a folder or an archive that somebody names."""

from __future__ import annotations

import contextlib
import os
import tarfile
import tempfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import Any, Final

from cnnfc.errors import DataError, UsageError

#: The parts of a folder of reports, by the names of their folders.
PARTS: Final = ("results", "hardware", "studies")
#: An archive that unpacks to more is refused (bytes, and files with folders): years of history
#: have a hundredth of it.
LARGEST_ARCHIVE: Final = 4 * 2**30
MOST_MEMBERS: Final = 200_000

#: Gives the folders of the parts (`PARTS`), which need not exist, of the project in a folder; None
#: if there is none.
ProjectParts = Callable[[Path], Mapping[str, Path] | None]


@dataclass(frozen=True)
class Source:
    """Measurements under the name that the user gave: ``parts`` has the folders that are there.

    ``kind`` says for people what was found; ``passed_over`` what else lies beside the parts.
    """

    name: str
    kind: str
    parts: dict[str, Path]
    passed_over: tuple[str, ...] = ()


def _no_project(_: Path) -> None:
    return None


@contextlib.contextmanager
def open_source(path: Path, project_parts: ProjectParts = _no_project) -> Iterator[Source]:
    """The measurements in `path`, which may be a folder or an archive (``.tar``, ``.tar.gz``).

    An archive is unpacked to a temporary folder for as long as the block runs.  Members that would
    land outside of it, links and devices are refused.

    Args:
        path: the folder or archive.
        project_parts: where a project keeps its measurements, which its configuration decides.

    Raises:
        UsageError: there is nothing at `path`, or nothing that can be merged in it.
        DataError: the archive is damaged, too large, or tries to get out of its folder.
    """
    if path.is_dir():
        yield _find(path, str(path), "", project_parts)
    elif not path.exists():
        raise UsageError(f"{path} is not there: name a folder of results, or an archive of one")
    elif not tarfile.is_tarfile(path):
        raise UsageError(
            f"{path} is neither a folder nor a .tar.gz archive: name a folder with results/, "
            f"hardware/ or studies/ in it, or an archive of one"
        )
    else:
        with tempfile.TemporaryDirectory(prefix="cnnfc-merge-") as folder:
            # Resolved, as the parts of a project are.
            top = Path(folder).resolve()
            _unpack(path, top)
            source = _find(_inner(top), str(path), "an archive of ", project_parts)
            outside = [p for p in source.parts.values() if not p.resolve().is_relative_to(top)]
            if outside:
                raise DataError(
                    f"{path} has a project whose results_dir leads out of the archive: name that "
                    f"folder itself where the project is"
                )
            yield source


def is_results_folder(path: Path) -> bool:
    """Whether `path` is what asv calls its ``results_dir``."""
    return (path / "benchmarks.json").is_file() or any(path.glob("*/machine.json"))


def _find(path: Path, name: str, prefix: str, project_parts: ProjectParts) -> Source:
    of_project = project_parts(path)
    if of_project is not None:
        parts = {part: folder for part, folder in of_project.items() if folder.is_dir()}
        if not parts:
            raise UsageError(
                f"{name} is a project without measurements: it has none of "
                f"{', '.join(str(folder) for folder in of_project.values())}"
            )
        return Source(name, f"{prefix}a project", parts, _others(path / "reports", parts))
    for folder, kind in ((path, "a folder of reports"), (path / "reports", "a project")):
        parts = {part: folder / part for part in PARTS if (folder / part).is_dir()}
        if parts:
            return Source(name, prefix + kind, parts, _others(folder, parts))
    if is_results_folder(path):
        return Source(name, f"{prefix}asv's results", {"results": path})
    raise UsageError(
        f"{name} has nothing to merge: it should be a folder with results/, hardware/ or studies/ "
        f"in it, or asv's results folder itself (with benchmarks.json, MACHINE/machine.json)"
    )


def _others(folder: Path, parts: Mapping[str, Path]) -> tuple[str, ...]:
    """What lies beside the parts; hidden files and what cnnfc and asv generate again are no loss.

    In a project's folder of reports that is ``asv``, ``gate`` and ``site``.
    """
    generated = ("asv", "gate", "site")
    found = {part.resolve() for part in parts.values()}
    return tuple(
        entry.name + "/" * entry.is_dir()
        for entry in (sorted(folder.iterdir()) if folder.is_dir() else ())
        if entry.name not in generated
        and not entry.name.startswith(".")
        and entry.resolve() not in found
    )


def _unpack(path: Path, folder: Path) -> None:
    try:
        with tarfile.open(path) as archive:
            size = 0
            for number, member in enumerate(archive, 1):
                if not (member.isfile() or member.isdir()):
                    raise DataError(
                        f"{path} is not a safe archive ({member.name} is neither a file nor a "
                        f"folder): nothing was merged"
                    )
                if _leads_out(member.name):
                    raise DataError(
                        f"{path} is not a safe archive ({member.name} leads out of it): nothing "
                        f"was merged"
                    )
                # What an archive says of rights and owners is about another machine.
                member.mode = 0o755 if member.isdir() else 0o644
                member.uname = member.gname = ""
                if hasattr(os, "getuid"):
                    member.uid, member.gid = os.getuid(), os.getgid()
                size += member.size
                if number > MOST_MEMBERS:
                    raise DataError(
                        f"{path} has more than {MOST_MEMBERS:,} files: unpack it yourself and "
                        f"name the folder"
                    )
                if size > LARGEST_ARCHIVE:
                    raise DataError(
                        f"{path} unpacks to more than {LARGEST_ARCHIVE // 2**30} GiB: unpack it "
                        f"yourself and name the folder"
                    )
            # Python before 3.11.4 has no filters; what they refuse has been refused above.
            options: dict[str, Any] = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
            archive.extractall(folder, **options)  # noqa: S202 - every member was looked at
    except (tarfile.TarError, zlib.error, OSError, EOFError, ValueError) as error:
        raise DataError(
            f"{path} cannot be unpacked ({error}): if its disk has room, copy the archive again "
            f"from where it was made"
        ) from None


def _leads_out(name: str) -> bool:
    """Whether a member of that name would be written outside of the folder it is unpacked to."""
    parts = PureWindowsPath(name)  # which takes either slash, and knows drives
    return bool(parts.drive or parts.root) or ".." in parts.parts


def _inner(folder: Path) -> Path:
    """The only folder in `folder`, if archives were made of a folder rather than of its content."""
    entries = [entry for entry in folder.iterdir() if not entry.name.startswith(".")]
    alone = len(entries) == 1 and entries[0].is_dir() and entries[0].name not in (*PARTS, "reports")
    return entries[0] if alone and not is_results_folder(folder) else folder
