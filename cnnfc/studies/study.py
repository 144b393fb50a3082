"""What a study is: steps that each give numbers worth keeping, and a table of them all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

#: Everything that one step measured, JSON-ready.
Point = dict[str, Any]


@dataclass(frozen=True)
class Step:
    """A part of a study that is measured in one go and then kept.

    Attributes:
        key: Names the step in the study's file; no other step of the study has it.
        label: The same for people.
        seconds: How long it takes, roughly.
        made_by: What its numbers depend on beside the settings of the study, in a line: it is
            measured anew if what is there was made by something else.
    """

    key: str
    label: str
    seconds: float
    made_by: str = ""


@dataclass(frozen=True)
class Request:
    """What a study was asked for.

    Attributes:
        root: Folder of the project.
        benchmarks: Folder of its suite.
        devices: Names of devices; empty for those that the study chooses.
        cases: Names of cases; empty for those that the study chooses.
        rounds: How often what the study repeats is measured, with what is there already; None for
            as often as the study chooses.
    """

    root: Path
    benchmarks: Path
    devices: tuple[str, ...] = ()
    cases: tuple[str, ...] = ()
    rounds: int | None = None


class Study(Protocol):
    """A study, ready to be measured on this machine."""

    #: What it answers, as a question.
    question: str

    def settings(self) -> Mapping[str, Any]:
        """What its numbers depend on; a study goes on only with what was measured alike."""
        ...

    def steps(self) -> Sequence[Step]:
        """Its steps, in the order in which they are measured."""
        ...

    def measure(self, step: Step) -> Point:
        """Measure one step.

        Raises:
            CannotMeasure: this machine cannot; the reason is kept instead.
        """
        ...
