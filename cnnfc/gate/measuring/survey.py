"""Tries every chosen benchmark once on both sides: what runs, how long it takes, what it holds."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Self

from cnnfc.gate.cases import GatedCase, place_of
from cnnfc.gate.measuring.listing import Listed
from cnnfc.gate.measuring.losses import Loss
from cnnfc.gate.measuring.setting import Setting
from cnnfc.gate.measuring.worker_process import Worker, WorkerLost
from cnnfc.gate.measuring.workers import LOAD_TIMEOUT, start
from cnnfc.gate.sides import ROLES

#: What starting threads and the like may add to a benchmark's own time-out (s).
_GRACE: Final = 30.0
#: Workers that one question may cost before it is its own fault: other programs may take a
#: machine's time, or its memory, for a moment.
_TRIES: Final = 2


@dataclass
class Survey:
    """What the survey found.

    Attributes:
        setting: The setting of all pairs, with the results of ``setup_cache``.
        cases: What both sides can run.
        losses: What fails, by id: on one side or on both.
        skipped: Reasons of what is skipped, by id and role.
        notes: What a reader must know of it, a sentence each.
    """

    setting: Setting
    cases: list[GatedCase] = field(default_factory=list)
    losses: dict[str, list[Loss]] = field(default_factory=dict)
    skipped: dict[str, dict[str, str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


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
        both.update(_common_device(answers))
        case = _case(listed, {**answers.get("baseline", {}), **both})
        found.cases.append(case)
        devices = [str(answer.get("device") or "cpu") for answer in answers.values()]
        if len({*devices}) > 1:
            found.notes.append(
                f"{case.id} uses another device on each side ({' -> '.join(devices)}): it is "
                f"judged as a benchmark of {case.device}"
            )


def _largest(answers: Mapping[str, Mapping[str, Any]], key: str) -> int:
    return max((int(answer.get(key) or 0) for answer in answers.values()), default=0)


def _common_clock(answers: Mapping[str, Mapping[str, Any]]) -> str:
    """The clock that suits both sides: values of different clocks cannot be compared."""
    clocks = {str(answer.get("timed_by") or "own") for answer in answers.values()}
    return next((clock for clock in ("own", "waiting", "events") if clock in clocks), "own")


def _common_device(answers: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The accelerator of the contender, else of the baseline; and whether both use the same."""
    used = [
        {key: answer.get(key) for key in ("device", "gpu", "gpu_index")}
        for answer in (answers.get(role, {}) for role in ROLES)
    ]
    on_one = [one for one in used if (one["device"] or "cpu") != "cpu"]
    return {**(on_one or used)[-1], "moved": used[0] != used[1]}


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
        moved=bool(answer.get("moved")),
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
        #: Workers in a row that were lost while they imported the suite.
        self._lost = 0
        self._caches: dict[str, Path] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def begin(self) -> None:
        """Start a worker and let it import the suite."""
        setting = replace(self._setting, caches={self.role: self._caches})
        side = getattr(setting.sides, self.role)
        self._worker = start(setting, side, self._slot, {"PYTHONHASHSEED": "0"})
        try:
            self._worker.send("load")
        except WorkerLost as lost:
            self._lose(lost)

    def finish(self) -> None:
        """Wait until the suite is imported, then let the worker sleep."""
        if self._worker is None:
            return
        try:
            answer = self._worker.receive(LOAD_TIMEOUT)
        except WorkerLost as lost:
            self._lose(lost)
        else:
            self._lost = 0
            if "failed" in answer:
                self._stop()
                self._problem = answer
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
        # Names of one length on both sides: a worker's arguments lie on its stack.
        folder = self._setting.folder / "caches" / str(self._slot)
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
        timeout, place = listed.timeout + _GRACE, place_of(listed)
        answer = self._ask("survey", timeout, **place)
        if "failed" not in answer and "skipped" not in answer:
            # A worker that this loses has forgotten everything.
            self._ask("drop", timeout, tries=1, **place)
        return answer

    def _ask(
        self,
        what: str,
        timeout: float,
        *,
        tries: int = _TRIES,
        **fields: Any,  # noqa: ANN401
    ) -> Mapping[str, Any]:
        """The answer of a worker; one that is lost is replaced and the next one asked."""
        answer: Mapping[str, Any] = {}
        for _ in range(tries):
            worker = self._worker or self._replaced()
            if worker is None:
                return self._problem or {}
            try:
                return worker.ask(what, timeout, **fields)
            except WorkerLost as lost:
                worker.stop()
                self._worker, answer = None, _loss(lost)
        return answer

    def _replaced(self) -> Worker | None:
        """Another worker in place of one that was lost; None if the suite cannot be imported."""
        while self._worker is None and self._problem is None:
            self.begin()
            self.finish()
        self._resume()
        return self._worker

    def _lose(self, lost: WorkerLost) -> None:
        """Note that a worker was lost while it imported the suite: too often, and it cannot be."""
        self._stop()
        self._lost += 1
        if self._lost >= _TRIES:
            self._problem = _loss(lost)

    def _stop(self) -> None:
        if self._worker is not None:
            self._worker.stop()
        self._worker = None


def _loss(lost: WorkerLost) -> Mapping[str, Any]:
    return {"failed": str(lost), "traceback": lost.said}
