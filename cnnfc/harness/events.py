"""What a running asv tells: the events of ``asv_main.py`` as frozen records."""

from __future__ import annotations

import json
from dataclasses import dataclass

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


Event = EnvironmentNamed | Message | PointStarted | PointEnded


def parse(line: bytes) -> Event | None:
    """The event in one line; ``None`` for a line cut short or an event of a newer program."""
    try:
        fields = json.loads(line)
        match fields["kind"]:
            case "environment":
                return EnvironmentNamed(fields["name"])
            case "message":
                return Message(fields["level"], fields["text"])
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
    except (ValueError, TypeError, KeyError):
        return None
    return None
