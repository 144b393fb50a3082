"""Tries every chosen benchmark once on both sides: what runs, how long it takes, what it holds."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Self

from cnnfc.gate.cases import GatedCase
from cnnfc.gate.listing import Listed
from cnnfc.gate.pairs import LOAD_TIMEOUT, Loss, Setting, start
from cnnfc.gate.worker_process import Worker, WorkerLost

ROLES: Final = ("baseline", "contender")
#: What starting threads and the like may add to a benchmark's own time-out (s).
_GRACE: Final = 30.0


@dataclass
class Survey:
    """What the survey found.

    Attributes:
        setting: The setting of all pairs, with the results of ``setup_cache``.
        cases: What both sides can run.
        losses: What fails, by id: on one side or on both.
        skipped: Reasons of what is skipped, by id and role.
    """

    setting: Setting
    cases: list[GatedCase] = field(default_factory=list)
    losses: dict[str, list[Loss]] = field(default_factory=dict)
    skipped: dict[str, dict[str, str]] = field(default_factory=dict)


def survey(
    setting: Setting, chosen: Sequence[Listed], watch: Callable[[str], None] = lambda _id: None
) -> Survey:
    """Try each of `chosen` once on both sides; ``peakmem_`` and ``track_`` ones are only listed.

    Their values come from processes of their own later on.  `watch` hears every id.
    """
    timed = [listed for listed in chosen if listed.kind == "time"]
    answers: dict[str, dict[str, Mapping[str, Any]]] = {listed.id: {} for listed in chosen}
    caches: dict[str, dict[str, Path]] = {}
    with contextlib.ExitStack() as stack:
        stations = [
            stack.enter_context(_Station(setting, role, slot)) for slot, role in enumerate(ROLES)
        ]
        # Both import the suite at once; after that one waits for the other.
        for station in stations:
            station.begin()
        for station in stations:
            station.finish()
        for station in stations:
            with station.awake():
                caches[station.role], failed = station.run_setup_caches(chosen)
                for listed in chosen:
                    if listed.cache in failed:
                        answers[listed.id][station.role] = failed[listed.cache]
                for listed in timed:
                    watch(listed.id)
                    if station.role not in answers[listed.id]:
                        answers[listed.id][station.role] = station.survey(listed)
    found = Survey(replace(setting, caches=caches))
    for listed in chosen:
        _note(found, listed, answers[listed.id])
    return found


def _note(found: Survey, listed: Listed, answers: Mapping[str, Mapping[str, Any]]) -> None:
    losses = [
        Loss(role, str(answer["failed"]), str(answer.get("traceback", "")))
        for role, answer in answers.items()
        if "failed" in answer
    ]
    skipped = {r: str(answer["skipped"]) for r, answer in answers.items() if "skipped" in answer}
    if losses:
        found.losses[listed.id] = losses
    elif skipped:
        found.skipped[listed.id] = skipped
    else:
        both: dict[str, Any] = {key: _largest(answers, key) for key in ("memory", "device_memory")}
        both["timed_by"] = _common_clock(answers)
        found.cases.append(_case(listed, {**answers.get("baseline", {}), **both}))


def _largest(answers: Mapping[str, Mapping[str, Any]], key: str) -> int:
    return max((int(answer.get(key) or 0) for answer in answers.values()), default=0)


def _common_clock(answers: Mapping[str, Mapping[str, Any]]) -> str:
    """The clock that suits both sides: values of different clocks cannot be compared."""
    clocks = {str(answer.get("timed_by") or "own") for answer in answers.values()}
    return next((clock for clock in ("own", "waiting", "events") if clock in clocks), "own")


def _case(listed: Listed, answer: Mapping[str, Any]) -> GatedCase:
    return GatedCase(
        id=listed.id,
        name=listed.name,
        params=listed.params,
        index=listed.index,
        kind=listed.kind,
        unit=listed.unit,
        number=int(answer.get("number", 1)),
        seconds=float(answer.get("seconds", 0.0)),
        timeout=listed.timeout,
        device=str(answer.get("device") or "cpu"),
        memory=int(answer.get("memory", 0)),
        higher_is_better=listed.higher_is_better,
        timed_by=str(answer.get("timed_by") or "own"),
        gpu=answer.get("gpu"),
        gpu_index=int(answer.get("gpu_index") or 0),
        device_memory=int(answer.get("device_memory") or 0),
    )


class _Station:
    """One side during the survey: a worker that is replaced when a benchmark took it along."""

    def __init__(self, setting: Setting, role: str, slot: int) -> None:
        self.role = role
        self._setting = setting
        self._slot = slot
        self._worker: Worker | None = None
        #: Why the suite cannot be imported on this side; None if it can.
        self._problem: Mapping[str, Any] | None = None
        self._caches: dict[str, Path] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._worker is not None:
            self._worker.stop()

    def begin(self) -> None:
        """Start a worker and let it import the suite."""
        setting = replace(self._setting, caches={self.role: self._caches})
        side = getattr(setting.sides, self.role)
        self._worker = start(setting, side, self._slot, {"PYTHONHASHSEED": "0"})
        try:
            self._worker.send("load")
        except WorkerLost as lost:
            self._lose(_loss(lost))

    def finish(self) -> None:
        """Wait until the suite is imported, then let the worker sleep."""
        if self._worker is None:
            return
        try:
            answer = self._worker.receive(LOAD_TIMEOUT)
        except WorkerLost as lost:
            self._lose(_loss(lost))
        else:
            if "failed" in answer:
                self._lose(answer)
            else:
                self._worker.suspend()

    @contextlib.contextmanager
    def awake(self) -> Iterator[None]:
        """Let the worker, or those that replace it meanwhile, run."""
        self._resume()
        yield
        if self._worker is not None:
            self._worker.suspend()

    def _resume(self) -> None:
        if self._worker is not None:
            self._worker.resume()

    def run_setup_caches(
        self, chosen: Sequence[Listed]
    ) -> tuple[dict[str, Path], dict[str | None, Mapping[str, Any]]]:
        """Files of the ``setup_cache`` that `chosen` need, and failures, by key."""
        keys = {listed.cache: listed for listed in reversed(chosen) if listed.cache is not None}
        failed: dict[str | None, Mapping[str, Any]] = {}
        folder = self._setting.folder / "caches" / self.role
        folder.mkdir(parents=True, exist_ok=True)
        for place, (key, listed) in enumerate(keys.items()):
            path = folder / f"{place}.pickle"
            timeout = listed.timeout + LOAD_TIMEOUT
            answer = self._ask("setup_cache", timeout, benchmark=listed.name, file=str(path))
            if "failed" in answer:
                failed[key] = {**answer, "failed": f"its setup_cache failed: {answer['failed']}"}
            elif "skipped" in answer:
                failed[key] = answer
            else:
                self._caches[key] = path
        return dict(self._caches), failed

    def survey(self, listed: Listed) -> Mapping[str, Any]:
        """What this side says of one benchmark, which it forgets afterwards."""
        place = {"benchmark": listed.name, "index": listed.index}
        answer = self._ask("survey", listed.timeout + _GRACE, **place)
        if "failed" not in answer and "skipped" not in answer:
            self._ask("drop", listed.timeout + _GRACE, **place)
        return answer

    def _ask(self, what: str, timeout: float, **fields: Any) -> Mapping[str, Any]:  # noqa: ANN401
        worker = self._worker or self._replaced()
        if worker is None:
            return self._problem or {}
        try:
            return worker.ask(what, timeout, **fields)
        except WorkerLost as lost:
            worker.stop()
            self._worker = None
            return _loss(lost)

    def _replaced(self) -> Worker | None:
        """Another worker in place of one that was lost; None if the suite cannot be imported."""
        if self._problem is None:
            self.begin()
            self.finish()
            self._resume()
        return self._worker

    def _lose(self, problem: Mapping[str, Any]) -> None:
        if self._worker is not None:
            self._worker.stop()
        self._worker, self._problem = None, problem


def _loss(lost: WorkerLost) -> Mapping[str, Any]:
    return {"failed": str(lost), "traceback": lost.said}
