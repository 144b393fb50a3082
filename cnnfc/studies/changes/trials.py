"""Gives drawn series to every tool and counts what each says."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cnnfc.studies.changes import series
from cnnfc.studies.changes.series import Drawn
from cnnfc.studies.changes.tools import Tool
from cnnfc.studies.study import Point

#: Values of the new level after which a step is looked for, until it is reported.
LOOKS: Final = (1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30)
#: A report at most so many commits from a step is about this step.
NEAR: Final = 5
#: Length of the series of several steps, and of each flat part beside a ramp.
SEVERAL_LENGTH: Final = 200
RAMP_BESIDE: Final = 50
#: Of flat series, one in so many is given to the other tools as well.
OTHERS_EVERY: Final = 5
#: Flat series and other series of a cell in one step of the study.
FLAT_SERIES: Final = 250
SERIES: Final = 25
#: How large the noise of flat series, of several steps and of ramps is.
SPREAD: Final = 0.02


@dataclass(frozen=True)
class Cell:
    """A kind of series.

    Attributes:
        kind: ``flat``, ``step``, ``several`` or ``ramp``.
        noise: Of `series.NOISES`.
        length: Of a flat series, of the part before a step, of a ramp's rise.
        size: Of a step or ramp, as a fraction; 0 for the others.
        spread: Relative size of the noise.
    """

    kind: str
    noise: str
    length: int
    size: float = 0.0
    spread: float = SPREAD

    @property
    def name(self) -> str:
        """Names it in the study's file: ``step independent 50 0.05 0.02``."""
        return f"{self.kind} {self.noise} {self.length} {self.size:g} {self.spread:g}"


def measure(cell: Cell, turn: int, tools: Sequence[Tool]) -> Point:
    """What all tools say of the series of `cell` that are due in this turn (1 and up).

    Gives, by the name of a tool: of flat series ``series``, ``false`` (how many got any step) and
    ``seconds``, for the other tools of fewer series; ``own_seconds`` is what cnnfc took on those.
    Of steps, as `as_text` writes them, ``delays`` (values of the new level at the first report) and
    ``errors`` (place reported at the end less the true one), and ``false`` (other reports at the
    end).  Of several steps ``found``, ``steps`` and ``false``, of ramps ``reports`` of each series.
    """
    present = [tool for tool in tools if tool.find is not None]
    if cell.kind == "flat":
        return _flat(cell, turn, present)
    drawn = [_draw(cell, place) for place in range((turn - 1) * SERIES, turn * SERIES)]
    if cell.kind == "step":
        return {tool.name: _delays(tool, drawn) for tool in present}
    if cell.kind == "several":
        return {tool.name: _several(tool, drawn) for tool in present if tool.both_ways}
    return {
        tool.name: {"reports": as_text([_count(tool, one) for one in drawn])} for tool in present
    }


def _draw(cell: Cell, place: int) -> Drawn:
    random = series.random_of(cell.name, place)
    if cell.kind == "flat":
        return series.flat(random, cell.noise, cell.length, cell.spread)
    if cell.kind == "several":
        return series.several(random, cell.length, cell.spread)
    sizes = {"size": cell.size, "spread": cell.spread}
    if cell.kind == "ramp":
        return series.ramp(random, RAMP_BESIDE, cell.length, **sizes)
    return series.step(random, cell.noise, cell.length, LOOKS[-1], **sizes)


def as_text(numbers: Sequence[int | None]) -> str:
    """Numbers with spaces between them, ``-`` for none: files stay small."""
    return " ".join("-" if number is None else str(number) for number in numbers)


def from_text(text: str) -> list[int | None]:
    """What `as_text` wrote."""
    return [None if word == "-" else int(word) for word in text.split()]


def _count(tool: Tool, drawn: Drawn) -> int:
    return len(_find(tool, drawn.values.tolist()))


def _find(tool: Tool, values: list[float]) -> list[int]:
    assert tool.find is not None  # noqa: S101 - absent tools are left out before
    return tool.find(values)


def _flat(cell: Cell, turn: int, tools: Sequence[Tool]) -> Point:
    places = range((turn - 1) * FLAT_SERIES, turn * FLAT_SERIES)
    point: Point = {
        tool.name: {"series": 0, "false": 0, "seconds": 0.0, "own_seconds": 0.0} for tool in tools
    }
    for place in places:
        values = _draw(cell, place).values.tolist()
        own = 0.0
        for tool in tools:
            if tool.name != tools[0].name and place % OTHERS_EVERY:
                continue
            started = time.perf_counter()
            found = _find(tool, values)
            took = time.perf_counter() - started
            own = took if tool is tools[0] else own
            counts = point[tool.name]
            counts["series"] += 1
            counts["false"] += bool(found)
            counts["seconds"] += took
            counts["own_seconds"] += own
    for counts in point.values():
        for name in ("seconds", "own_seconds"):
            counts[name] = float(f"{counts[name]:.4g}")
    return point


def _delays(tool: Tool, drawn: Sequence[Drawn]) -> Point:
    delays: list[int | None] = []
    errors: list[int | None] = []
    false = 0
    for one in drawn:
        (truth,) = one.steps
        values = one.values.tolist()
        delays.append(
            next(
                (
                    look
                    for look in LOOKS
                    if any(
                        abs(place - truth) <= NEAR for place in _find(tool, values[: truth + look])
                    )
                ),
                None,
            )
        )
        found = _find(tool, values)
        near = [place - truth for place in found if abs(place - truth) <= NEAR]
        errors.append(min(near, key=abs) if near else None)
        false += len(found) - bool(near)
    return {"delays": as_text(delays), "errors": as_text(errors), "false": false}


def _several(tool: Tool, drawn: Sequence[Drawn]) -> Point:
    hits = reports = steps = 0
    for one in drawn:
        found = _find(tool, one.values.tolist())
        reports += len(found)
        steps += len(one.steps)
        # No two steps are so near that one report could be about both.
        hits += sum(any(abs(place - truth) <= NEAR for place in found) for truth in one.steps)
    return {"steps": steps, "found": hits, "false": reports - hits}
