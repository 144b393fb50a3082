"""The studies there are, by name; none is loaded before it is asked for."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cnnfc.errors import unknown
from cnnfc.studies.study import Point, Request, Study


@dataclass(frozen=True)
class Entry:
    """A study by name: what it shows, and where it is.

    Attributes:
        summary: What it shows, in a line.
        module: Where it is, in this package.
        kind: Its class.
        has_rounds: Whether it can be repeated more or less often (`Request.rounds`).
    """

    summary: str
    module: str
    kind: str
    has_rounds: bool = False

    def open(self, request: Request) -> Study:
        """The study, ready to measure; raises `UsageError` for what `request` has wrong."""
        study: Study = getattr(self._load(), self.kind)(request)
        return study

    def tabulate(self, settings: Mapping[str, Any], points: Mapping[str, Point]) -> list[str]:
        """Lines of the table of what was measured."""
        function: Callable[[Mapping[str, Any], Mapping[str, Point]], list[str]]
        function = self._load().tabulate
        return function(settings, points)

    def _load(self) -> Any:  # noqa: ANN401 - a module
        return importlib.import_module(f"cnnfc.studies.{self.module}")


STUDIES: Final[Mapping[str, Entry]] = {
    "changes": Entry(
        "how often a change point is false, and how soon a real one is found, beside other tools",
        "changes.study",
        "Changes",
        has_rounds=True,
    ),
    "fidelity": Entry(
        "latencies of the suite against independent timers, in pairs", "fidelity", "Fidelity"
    ),
    "gate": Entry(
        "how often the gate is wrong, and how small a slowdown it sees, beside other tools",
        "gate.study",
        "Gate",
        has_rounds=True,
    ),
    "overhead": Entry(
        "seconds a measured point costs, against the usual way to write the suite",
        "overhead",
        "Overhead",
    ),
    "scale": Entry(
        "seconds and memory to read a history of up to ten million values, beside asv publish",
        "scale.study",
        "Scale",
    ),
    "steadiness": Entry(
        "how far runs of one commit are apart, and what makes them steadier",
        "steadiness",
        "Steadiness",
    ),
}


def find(name: str) -> Entry:
    """The study `name`; `UsageError` names those there are."""
    try:
        return STUDIES[name]
    except KeyError:
        raise unknown("study", name, STUDIES) from None
