"""Finds the results that a command is about."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cnnfc.commands.project import Project, find_project
from cnnfc.errors import DataError, UsageError
from cnnfc.harness.repository import open_repository
from cnnfc.history.index.place import index_folder


@dataclass(frozen=True)
class Place:
    """Where results are, and what belongs to them.

    Attributes:
        results: asv's results folder.
        hardware: Folder of the hardware records; None if there is none.
        aliases: Names of machines by the folders that were named otherwise.
        root: Where git is asked for revisions, and what asv's configuration there calls the
            repository.
        project: The project whose results these are; None for results of no project.
    """

    results: Path
    hardware: Path | None = None
    aliases: Mapping[str, str] = field(default_factory=dict)
    root: tuple[Path, str] = (Path(), ".")
    project: Project | None = None

    @property
    def index_folder(self) -> Path | None:
        """Where the index of the results lies; None if there is no place for one.

        With a project's reports, if it has any that may be written to and they are not among the
        results: a folder of results is never given anything that is not a result.
        """
        reports = None if self.project is None else self.project.root / "reports"
        if reports is not None and reports.is_dir() and not self._is_inside(reports):
            own = index_folder(reports)
            # Somebody may look at a project that is not theirs, or is mounted to be read only.
            if os.access(own if own is not None and own.exists() else reports, os.W_OK):
                return own
        return index_folder(None)

    def _is_inside(self, folder: Path) -> bool:
        return folder.resolve().is_relative_to(self.results.resolve())

    def revision(self, name: str) -> str | None:
        """The full hash of the commit that git knows as `name`; None for a range or without git."""
        if not name.strip() or ".." in name or any(character.isspace() for character in name):
            return None  # what `resolve` takes for a range, which may hold a single commit
        try:
            found = open_repository(*self.root).resolve(name)
        except UsageError:
            return None
        return found[0].hash if len(found) == 1 else None


def find_place(results: Path | None, hardware: Path | None, start: Path | None = None) -> Place:
    """The results in `results`, or those of the project around `start`.

    Results of no project have their records in ``hardware`` beside them; their revisions are
    looked for in the folder that the command was started in.

    Raises:
        UsageError: There is neither a project nor `results`.
        DataError: The project's configuration cannot be read.
    """
    if results is None:
        return _of_project(find_project(start), hardware)
    owner = _owner(results)
    if owner is not None:
        return _of_project(owner, hardware)
    beside = results.parent / "hardware"
    found = hardware or (beside if beside.is_dir() else None)
    return Place(results, found, root=(start or Path.cwd(), "."))


def _of_project(project: Project, hardware: Path | None) -> Place:
    own = project.hardware if project.hardware.is_dir() else None
    root = (project.root, project.repository)
    return Place(project.results, hardware or own, project.aliases, root, project)


def _owner(results: Path) -> Project | None:
    """The project whose results these are; a project merely around them is none of theirs."""
    try:
        project = find_project(results)
    except (UsageError, DataError):
        return None
    return project if project.results.resolve() == results.resolve() else None
