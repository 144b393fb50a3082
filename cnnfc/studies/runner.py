"""Measures the steps of a study that are missing, and keeps each as soon as it is there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cnnfc.errors import CannotMeasure, NothingMeasured, UsageError
from cnnfc.harness.progress import Progress
from cnnfc.studies.store import Section, Store
from cnnfc.studies.study import Point, Step, Study

#: The state of the machine that a sitting is kept with, JSON-ready.
ReadLoad = Callable[[], Mapping[str, Any]]


@dataclass(frozen=True)
class Sitting:
    """Under which circumstances a study is measured now.

    Attributes:
        machine: Name of the machine.
        command: What was typed.
        software: Versions that the numbers depend on; a study goes on only with the same.
        commit: Hash of the commit that is checked out; None if not known.
        read_load: Reads how busy the machine is.
    """

    machine: str
    command: str
    software: Mapping[str, Any]
    commit: str | None
    read_load: ReadLoad


def measure(
    study: Study, store: Store, sitting: Sitting, progress: Progress, *, restart: bool = False
) -> Section:
    """Measure what is missing of `study` on this machine, and give its whole section.

    Every finished step is written at once: an interrupted study goes on where it was.  With
    `restart` what this machine measured before is replaced, by the first new step.

    Raises:
        UsageError: the part that is there was measured with other settings or other software.
        NothingMeasured: no step could be measured here.
        DataError: the study's file is damaged, or cannot be written.
    """
    settings = dict(study.settings())
    # Read in any case: a damaged file is said before anything is measured.
    before = store.machines().get(sitting.machine)
    stored = None if restart else before
    if stored is None:
        stored = {
            "question": study.question,
            "command": sitting.command,
            "started_at": _now(),
            "finished_at": None,
            "sittings": [],
            "software": dict(sitting.software),
            "settings": settings,
            "points": {},
        }
    _check_settings(stored, settings, sitting, store)
    steps = study.steps()
    # What could not be measured may be possible today: a device came, git was installed.
    missing = [step for step in steps if not _is_there(step, stored["points"])]
    if missing:
        _check_software(stored, sitting, store)
        stored["finished_at"] = None
        note = {"started_at": _now(), "commit": sitting.commit, "before": dict(sitting.read_load())}
        stored["sittings"] = [*stored["sittings"], note]
        progress.total, progress.done = len(steps), len(steps) - len(missing)
        pace = _Pace()
        for place, step in enumerate(missing):
            left = pace.left([later.seconds for later in missing[place:]])
            progress.show(step.label, left, now=True)
            started = progress.clock()
            made_by = {"made_by": step.made_by} if step.made_by else {}
            stored["points"][step.key] = {**_point(study, step), **made_by}
            pace.saw(step.seconds, progress.clock() - started)
            progress.done += 1
            if place + 1 == len(missing):
                stored["finished_at"] = _now()
            store.save(sitting.machine, stored)
        progress.clear()
    if all("skipped" in point for point in stored["points"].values()):
        reasons = sorted({str(point["skipped"]) for point in stored["points"].values()})
        raise NothingMeasured(f"nothing of this study could be measured here: {'; '.join(reasons)}")
    return stored


def _is_there(step: Step, points: Mapping[str, Point]) -> bool:
    point = points.get(step.key)
    if point is None or "skipped" in point:
        return False
    return bool(point.get("made_by", "") == step.made_by)


def _point(study: Study, step: Step) -> Point:
    try:
        return study.measure(step)
    except CannotMeasure as error:
        return {"skipped": str(error)}
    except (RuntimeError, MemoryError) as error:
        # What torch raises where a kernel is missing or memory is short.
        return {"skipped": f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"}


def _check_settings(
    stored: Section, settings: Mapping[str, Any], sitting: Sitting, store: Store
) -> None:
    if stored["settings"] == settings:
        return
    names = sorted(
        name
        for name in {*stored["settings"], *settings}
        if stored["settings"].get(name) != settings.get(name)
    )
    raise UsageError(
        f"{store.path} holds this study of {sitting.machine}, measured with other settings "
        f"({', '.join(names)}): --restart measures anew, --show shows what is there"
    )


def _check_software(stored: Section, sitting: Sitting, store: Store) -> None:
    if stored["points"] and stored["software"] != dict(sitting.software):
        raise UsageError(
            f"{store.path} holds this study of {sitting.machine}, begun with other software: "
            f"--restart measures anew with what is here"
        )


class _Pace:
    """How long steps take here, against what they were expected to."""

    def __init__(self) -> None:
        self._expected = 0.0
        self._took = 0.0

    def saw(self, expected: float, took: float) -> None:
        self._expected += expected
        self._took += took

    def left(self, expected: list[float]) -> float:
        factor = self._took / self._expected if self._expected > 0 else 1.0
        return sum(expected) * factor


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
