"""What a running asv tells: the events of ``asv_main.py`` as frozen records."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cnnfc.harness.suite import Point
from cnnfc.records import Outcome


@dataclass(frozen=True)
class EnvironmentNamed:
    """asv is going to use the environment of this name."""

    name: str


@dataclass(frozen=True)
class Message:
    """A line, or several, of asv's own output; ``level`` is one of logging's level names."""

    level: str
    text: str

    @property
    def is_error(self) -> bool:
        return self.level in ("ERROR", "CRITICAL")


@dataclass(frozen=True)
class PointStarted:
    """One process of a point has started; there are as many as the benchmark has rounds."""

    point: Point


@dataclass(frozen=True)
class PointEnded:
    """One process of a point has ended after ``seconds``.

    ``output`` is the end of what it printed; ``status`` its exit status as asv gives it: 0 for
    success, below 0 for the signal that ended it, -256 where asv's time limit did.
    """

    point: Point
    outcome: Outcome
    seconds: float
    output: str = ""
    status: int = 0


@dataclass(frozen=True)
class FileUnwritten:
    """asv could not write: ``error`` says why.  It ends after that.

    ``path`` is the file, empty where it is the log.
    """

    path: str
    error: OSError


Event = EnvironmentNamed | Message | PointStarted | PointEnded | FileUnwritten


def parse(line: bytes) -> Event | None:
    """The event in one line; ``None`` for a line cut short or an event of a newer program."""
    try:
        return _event(json.loads(line))
    except (ValueError, TypeError, KeyError):
        return None


def _event(fields: Mapping[str, Any]) -> Event | None:
    match fields["kind"]:
        case "environment":
            return EnvironmentNamed(fields["name"])
        case "message":
            return Message(fields["level"], fields["text"])
        case "unwritten":
            error = OSError(int(fields["number"] or 0), str(fields["reason"]))
            return FileUnwritten(str(fields["path"]), error)
        case "start":
            return PointStarted(Point(fields["benchmark"], tuple(fields["parameters"])))
        case "end":
            return PointEnded(
                Point(fields["benchmark"], tuple(fields["parameters"])),
                Outcome(fields["outcome"]),
                float(fields["seconds"]),
                str(fields["output"]),
                int(fields["status"]),
            )
    return None
