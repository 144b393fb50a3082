"""Judges this machine, as it is now, against its own history.

A check measures the canaries and a few layers in the environment and at the commit that were
measured last (`ground`), exactly as a run does (`measuring`), and judges each by what
this machine measured of it before (`cnnfc.analysis.against_history`).  What looks slower is
measured again before it is called.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TextIO

from cnnfc.analysis.against_history import FAMILY_ERROR, LEAST_RUNS, judge, like_for_like
from cnnfc.analysis.summary import TIMING_QUANTILE, summarise
from cnnfc.commands.check.items import Item, Key, measured_at
from cnnfc.commands.check.measuring import MakeAsv, Session, measuring
from cnnfc.commands.check.plan import Plan, plan_check
from cnnfc.commands.check.results import Checked, Result
from cnnfc.commands.check.state import find_differences
from cnnfc.commands.check.words import as_data, lines
from cnnfc.harness.process import Asv
from cnnfc.harness.progress import Progress
from cnnfc.machine.asv_file import register
from cnnfc.records import Point
from cnnfc.report.text import plural
from cnnfc.units import format_duration

#: Between a suspicion and the measurement that is to confirm it (s): what others do on a shared
#: machine comes in bursts of seconds, and both measurements should not fall into the same one.
PAUSE_SECONDS: Final = 30.0
_ONLY_LAYERS: Final = (
    "no reference kernel is slower, only layers are: what changed may be the software, or the code "
    "between the commits of the history, rather than the machine"
)


def run_check(
    plan: Plan,
    stream: TextIO,
    *,
    keys: Collection[Key] | None = None,
    make_asv: MakeAsv = Asv,
    sleep: Callable[[float], object] = time.sleep,
) -> Checked:
    """Measure what `plan` can judge, about a minute, and judge it.

    Writes nothing into the history; what it measures is thrown away.

    Args:
        plan: From `plan_check`.
        stream: Where progress is shown.
        keys: Limits the check to these items; all of them if left out.
        make_asv: Starts asv.
        sleep: Waits for so many seconds.

    Raises:
        NothingMeasured: the commit cannot be built here, or asv broke down.
        UsageError: a run is measuring in this project.
        DataError: asv's files cannot be read or written.
    """
    items = [item for item in plan.items if keys is None or item.key in keys]
    judgeable = [item for item in items if not item.why_not]
    unjudged = [Result(item, why_not=item.why_not) for item in items if item.why_not]
    if plan.ground is None or not judgeable:
        return Checked(plan, tuple(unjudged))
    level = FAMILY_ERROR / len(judgeable)
    progress = Progress(stream)
    notes = list(plan.ground.notes)
    registration = register(plan.identity)
    if registration.added:
        notes.append(f"this machine was added to asv's machines, {registration.path}")
    with measuring(plan.project, plan.ground, plan.identity.name, progress, make_asv) as session:
        seconds = format_duration(session.seconds(judgeable))
        progress.say(
            f"cnnfc machine: measuring {plural(len(judgeable), 'thing')} on {plan.identity.name} "
            f"in {plan.ground.environment}, about {seconds}"
        )
        results = _measure(session, judgeable, level)
        suspects = [result.item for result in results if result.is_slower]
        if suspects:
            seconds = format_duration(PAUSE_SECONDS + session.seconds(suspects))
            progress.say(
                f"{plural(len(suspects), 'thing')} slower than before: measuring again after a "
                f"pause, about {seconds}"
            )
            sleep(PAUSE_SECONDS)
            again = {result.item.key: result for result in _measure(session, suspects, level)}
            results = [_confirmed(result, again.get(result.item.key)) for result in results]
        now = session.record()
    differences = find_differences(now, plan.records) if now and plan.records else None
    return Checked(
        plan,
        tuple(sorted((*results, *unjudged), key=_badness)),
        differences,
        level,
        (*notes, *_doubts(judgeable), *_layers_alone(results)),
    )


def show_check(
    *,
    as_json: bool = False,
    out: TextIO,
    progress: TextIO | None = None,
    start: Path | None = None,
    make_asv: MakeAsv = Asv,
) -> int:
    """Check this machine and print what came of it.

    Args:
        as_json: Print one JSON object; see `words.as_data`.
        out: Where to print.
        progress: Where to show how far it is; standard error if left out.
        start: Where the project is looked for; the current folder if left out.
        make_asv: Starts asv.

    Returns:
        The exit code: 0 as in its history, 4 slower, 5 nothing could be judged.

    Raises:
        NothingMeasured: see `run_check`; so the other errors.
    """
    plan = plan_check(start)
    begun = datetime.now(UTC)
    # Standard error, so that a pipe gets the findings alone.
    checked = run_check(plan, progress or sys.stderr, make_asv=make_asv)
    if as_json:
        data = as_data(checked, begun)
        text = json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False)
    else:
        text = "\n".join(lines(checked))
    print(text, file=out)
    return checked.exit_code


def _measure(session: Session, items: Sequence[Item], level: float) -> list[Result]:
    found = session.measure(items)
    return [
        Result(item, why_not=found.reasons[item.key])
        if item.key in found.reasons
        else _judged(item, found.points[item.key], level)
        for item in items
    ]


def _judged(item: Item, point: Point, level: float) -> Result:
    """`item` judged by its fresh `point`, both sides reduced to the same number of values."""
    summary = summarise(point)
    if summary is None or not summary.centre > 0:
        return Result(item, why_not="its value is not above 0")
    share = 0.5 if summary.statistic == "median" else TIMING_QUANTILE
    centres = [like_for_like(one.point, max(1, summary.n), share) for one in item.past]
    past = [centre for centre in centres if centre is not None]
    if len(past) < LEAST_RUNS:
        why_not = (
            f"{plural(len(past), 'run')} of history with values above 0 whose "
            f"{summary.statistic} is known; a verdict takes {LEAST_RUNS} at least"
        )
        return Result(item, why_not=why_not)
    better = item.info.higher_is_better
    return Result(item, judge(summary.centre, past, level=level, higher_is_better=better))


def _confirmed(result: Result, again: Result | None) -> Result:
    """`result` as the second measurement, if there was one, leaves it."""
    if again is None:
        return result
    if again.judgement is None:
        why_not = f"slower at first, and not measured a second time: {again.why_not}"
        return Result(result.item, first=result.judgement, why_not=why_not)
    return replace(again, first=result.judgement)


def _badness(result: Result) -> tuple[int, float]:
    """Smaller is worse."""
    if result.judgement is None:
        return 3, 0.0
    rank = 0 if result.is_slower else 1 if result.is_judged else 2
    return rank, -result.judgement.ratio


def _layers_alone(results: Sequence[Result]) -> list[str]:
    """That it may not be the machine, where what does not depend on any code is as it was."""
    canaries = [one for one in results if one.item.layer.case.is_canary and one.is_judged]
    slower = [one for one in results if one.is_slower]
    if not slower or not canaries or any(one in canaries for one in slower):
        return []
    return [_ONLY_LAYERS]


def _doubts(items: Sequence[Item]) -> list[str]:
    """What the runs of `items` cannot know."""
    days = {measured_at(reading).date() for item in items for reading in item.past}
    if len(days) > 1:
        return []
    return ["all runs of the history are of one day: how far days are apart they cannot say"]
