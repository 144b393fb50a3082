"""Holds the answer to ``cnnfc compare``, which text, JSON and CSV are made of."""

from __future__ import annotations

from dataclasses import dataclass

from cnnfc.records import Problem
from cnnfc.timeline.compare.means import Mean
from cnnfc.timeline.compare.runs import Kind, Pairing, Side
from cnnfc.timeline.compare.sides import Comparison
from cnnfc.timeline.differences import Difference
from cnnfc.timeline.table.facts import Facts


@dataclass(frozen=True)
class Section:
    """Two runs, or two devices of one, with everything that is said of them.

    ``software`` is what differs in it between their hardware records, as far as both have one.
    """

    pairing: Pairing
    facts: tuple[Facts, Facts]
    software: tuple[Difference, ...]
    comparison: Comparison
    means: tuple[Mean, ...]


@dataclass(frozen=True)
class Answer:
    """What A and B are, and how they compare.

    Attributes:
        kind: What is compared.
        asked: The two names as they were written.
        names: Their full names.
        sections: Wherever both were measured.
        lonely: Where only one of two commits was.
        problems: Files and parts of files that were left out.
    """

    kind: Kind
    asked: tuple[str, str]
    names: tuple[str, str]
    sections: tuple[Section, ...]
    lonely: tuple[Side, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def compared(self) -> int:
        """How many points have a ratio."""
        return sum(len(section.comparison.compared) for section in self.sections)
