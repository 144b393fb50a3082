"""Lets both sides say what a benchmark consists of, so that a red gate explains itself.

This happens after the measuring, in workers of its own: profilers and verbose libraries would
disturb what is timed.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from cnnfc.gate.cases import GatedCase, place_of
from cnnfc.gate.explaining.differences import differences
from cnnfc.gate.explaining.kernels import layout_name, read
from cnnfc.gate.measuring.setting import Setting
from cnnfc.gate.measuring.worker_process import Worker, WorkerLost
from cnnfc.gate.measuring.workers import LOAD_TIMEOUT, start
from cnnfc.gate.sides import Side

#: Calls of `cnnfc.gate.worker.explain` that are not cut short where one takes long, and a setup.
_CALLS: Final = 5
#: What profilers may add (s).
_GRACE: Final = 60.0
#: Operators, kernels and functions of a side that ``gate.json`` keeps.
_KEPT: Final = 12

Answer = Mapping[str, Any]


def explain(
    setting: Setting, cases: Sequence[GatedCase], watch: Callable[[str], None] = lambda _id: None
) -> dict[str, Answer]:
    """What differs between the sides of each of `cases`, by id; JSON-ready.

    An explanation has ``differences``, sentences of which there is at least one, and by role what
    either side runs: ``threads``, ``flags``, ``operators``, ``primitives``, ...  What goes wrong is
    told in such a sentence; nothing is raised for it.  ``track_`` and ``peakmem_`` benchmarks are
    not timed calls and get no explanation.

    Args:
        setting: What all pairs of the gate share.
        cases: What is to be explained.
        watch: Hears the id of each case before a side is asked about it.
    """
    timed = [case for case in cases if case.kind == "time"]
    sides = (setting.sides.baseline, setting.sides.contender)
    answers = [_ask(setting, side, slot, timed, watch) for slot, side in enumerate(sides)]
    return {case.id: compared(*(side[case.id] for side in answers)) for case in timed}


def compared(baseline: Answer, contender: Answer) -> Answer:
    """The explanation of two answers of `cnnfc.gate.worker.explain`, or of two failures."""
    sides = {"baseline": baseline, "contender": contender}
    failures = [
        f"the {role} could not be explained: {why}"
        for role, answer in sides.items()
        if (why := answer.get("failed") or answer.get("skipped"))
    ]
    return {
        "differences": failures or list(differences(baseline, contender)),
        **{role: _summary(answer) for role, answer in sides.items()},
    }


def _ask(
    setting: Setting,
    side: Side,
    slot: int,
    cases: Sequence[GatedCase],
    watch: Callable[[str], None],
) -> dict[str, Answer]:
    """The answers of one side by id; a worker that a case takes along is replaced."""
    answers: dict[str, Answer] = {}
    rest = list(cases)
    while rest:
        is_loaded = False
        try:
            with _loaded(setting, side, slot) as worker:
                is_loaded = True
                while rest:
                    case = rest[0]
                    watch(case.id)
                    timeout = _CALLS * case.timeout + _GRACE
                    answers[case.id] = worker.ask("explain", timeout, **place_of(case))
                    rest.pop(0)
        except WorkerLost as lost:
            # A suite that cannot be imported will not be a second time.
            gone = [rest.pop(0)] if is_loaded else [rest.pop(0) for _ in tuple(rest)]
            answers.update({case.id: {"failed": str(lost)} for case in gone})
    return answers


@contextlib.contextmanager
def _loaded(setting: Setting, side: Side, slot: int) -> Iterator[Worker]:
    """A worker that has imported the suite."""
    # The same seed on both sides: orders of sets are no difference.
    with start(setting, side, slot, {"PYTHONHASHSEED": "0"}) as worker:
        answer = worker.ask("load", LOAD_TIMEOUT)
        if "failed" in answer:
            raise WorkerLost(str(answer["failed"]), str(answer.get("traceback", "")))
        yield worker


def _summary(answer: Answer) -> dict[str, Any]:
    """What is worth keeping of an answer: the rest is only there to be compared."""
    kept = ("threads", "flags", "versions", "environment", "notes", "failed", "skipped")
    summary = {key: answer[key] for key in kept if answer.get(key)}
    for what in ("operators", "kernels"):
        entries = answer.get(what) or ()
        summary[what] = [
            {key: entry[key] for key in ("name", "calls", "share")} for entry in entries[:_KEPT]
        ]
    found = read(answer.get("lines", ()))
    lines = Counter(
        f"{one.kind} {one.problem} as {one.implementation}, "
        f"{layout_name(one.layout('src'))} to {layout_name(one.layout('dst'))}"
        for one in found.primitives
    )
    lines.update(
        f"{one.routine}({one.sizes}) by MKL, threads: {one.threads}" for one in found.products
    )
    summary["primitives"] = [
        {"name": name, "calls": calls} for name, calls in list(lines.items())[:_KEPT]
    ]
    about = {"oneDNN": found.onednn, "instruction set": found.isa, "MKL": found.mkl}
    summary["libraries"] = {name: value for name, value in about.items() if value}
    return summary
