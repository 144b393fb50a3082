"""Follows one call of asv: shows it, learns from it, keeps what it said."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from cnnfc.harness.events import (
    EnvironmentNamed,
    Event,
    FileUnwritten,
    Message,
    PointEnded,
    PointStarted,
)
from cnnfc.harness.pace import Pace
from cnnfc.harness.progress import Progress
from cnnfc.harness.suite import Point
from cnnfc.records import Outcome

#: How asv's messages begin -> what to show meanwhile.
_PHASES: Final = (
    ("Creating virtualenv", "making the environment"),
    ("Installing requirements", "installing what asv needs"),
    ("Building", "building"),
    ("Installing", "installing (takes minutes the first time, for torch)"),
    ("Discovering", "reading the suite"),
    ("Setting up", "describing the machine"),
)


class Watch:
    """Takes the events of one call of asv.

    ``environments`` are the names of the environments it used, ``errors`` what it called errors,
    ``ended`` the last process of each point, ``seconds_of_points`` what all processes took;
    ``unwritten`` is the file that it could not write, and so ended.
    """

    def __init__(self, progress: Progress, label: str = "starting asv") -> None:
        self.progress = progress
        self.label = label
        self.environments: dict[str, None] = {}
        self.errors: list[str] = []
        self.ended: dict[Point, PointEnded] = {}
        self.seconds_of_points = 0.0
        self.unwritten: FileUnwritten | None = None

    def __call__(self, event: Event | None) -> None:
        """Take `event`; ``None`` says that time went by."""
        match event:
            case EnvironmentNamed(name):
                self.environments[name] = None
            case Message(_, text):
                phases = (label for start, label in _PHASES if text.startswith(start))
                self.label = next(phases, self.label)
                if event.is_error:
                    self.errors.append(text)
            case FileUnwritten():
                self.unwritten = event
            case PointStarted(point):
                self.label = point.label
            case PointEnded(point):
                self.ended[point] = event
                self.seconds_of_points += event.seconds
        self.progress.show(self.label, self.seconds_left)

    @property
    def seconds_left(self) -> float | None:
        """Expected time to the end of the run (s), ``None`` where there is no telling."""
        return None


class ChunkWatch(Watch):
    """Takes the events of a call that measures `points` and reads `canaries` along.

    Moves the progress on and lets `pace` learn.  asv runs the processes of a point in rounds over
    all points, so that most points end shortly before the call does; a point counts by the part
    of its processes that have ended.  `seconds_later` is what is to come after this call.
    """

    def __init__(
        self,
        progress: Progress,
        pace: Pace,
        points: Iterable[Point],
        canaries: Iterable[Point],
        seconds_later: float,
    ) -> None:
        super().__init__(progress)
        self.pace = pace
        self.seconds_later = seconds_later
        self._done_before = progress.done
        self._new = frozenset(points)
        benchmarks = pace.suite.benchmarks
        self._rounds = {p: benchmarks[p.benchmark].rounds for p in (*self._new, *canaries)}
        self._left = dict(self._rounds)

    def __call__(self, event: Event | None) -> None:
        if isinstance(event, PointEnded):
            point = event.point
            if event.outcome is Outcome.MEASURED:
                self.pace.saw(point, event.seconds)
            self._left[point] = max(0, self._left.get(point, 1) - 1)
            done = sum(1 - self._left[point] / self._rounds[point] for point in self._new)
            # The sum of parts may fall short of a whole by a rounding error.
            self.progress.done = self._done_before + int(done + 1e-9)
        super().__call__(event)

    @property
    def seconds_left(self) -> float:
        now = sum(self.pace.once(point) * left for point, left in self._left.items())
        return now + self.seconds_later
