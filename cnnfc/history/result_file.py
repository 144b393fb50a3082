"""Says of one result file where it lies and whose it is, and reads it as a run of that machine."""

from __future__ import annotations

from dataclasses import dataclass

from cnnfc.history.asv_json import read_run
from cnnfc.history.result_folders import Machine, ResultFolder, of_machine
from cnnfc.records import Run


@dataclass(frozen=True)
class ResultFile:
    """A file of a results folder.

    Attributes:
        folder: Where it lies.
        name: Its name there.
        machine: What the folder says of its machine.
        alias: The machine that the folder was given to, if it was named otherwise.
    """

    folder: ResultFolder
    name: str
    machine: Machine
    alias: str | None

    @property
    def shown(self) -> str:
        """What it is called in reports."""
        return self.folder.shown_file(self.name)

    def read(self) -> tuple[Run, tuple[str, ...]]:
        """The run, and what had to be left out of it in words.

        Raises:
            DataError: It is no run, or one of another machine than its folder.
        """
        run, wrong = read_run(self.folder.path / self.name, self.shown)
        return of_machine(run, self.machine, self.alias, self.folder), wrong
