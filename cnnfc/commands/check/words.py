"""Words a check for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from cnnfc.analysis.against_history import FAMILY_ERROR, TELLS, Judgement, Standing
from cnnfc.commands.check.results import Checked, Result
from cnnfc.report.text import clean, minute, plural
from cnnfc.units import format_value

#: Grows with every change that makes older readers misread the JSON; new keys alone do not.
SCHEMA: Final = 1
_COLUMN: Final = 12
#: Of many differences in the settings, the first line names so many clocks.
_MOST_CLOCKS: Final = 2


def lines(checked: Checked) -> Iterator[str]:
    """The check for people: what it comes to, every verdict, what differs, what was not judged."""
    yield headline(checked)
    if checked.judged:
        yield ""
        for result in checked.judged:
            yield f"  {result.standing:<{_COLUMN}}{sentence(result)}"
    yield from _differences(checked)
    yield from _unjudged(checked)
    notes = [*checked.notes, *([_rule(checked)] if checked.judged else [])]
    if notes:
        yield ""
        yield from (clean(f"{note[:1].upper()}{note[1:]}.") for note in notes)


def headline(checked: Checked) -> str:
    """The answer in one sentence."""
    machine = checked.plan.identity.name
    if checked.slower:
        worst, *others = checked.slower
        text = f"{machine} is SLOWER than in its history: {sentence(worst)}"
        clocks = [str(d) for d in checked.differences or () if d.is_clock][:_MOST_CLOCKS]
        text += "".join(f"; {clean(clock)}" for clock in clocks)
        if others:
            text += f"; and {plural(len(others), 'more thing')} below"
        return text
    if checked.judged:
        count = len(checked.judged)
        unjudged = len(checked.results) - count
        left = f", {unjudged} could not be judged" if unjudged else ""
        return f"{machine} is as in its history: {plural(count, 'thing')} judged, none slower{left}"
    why = checked.plan.why_not or "no value or no history of what was asked for is good enough"
    return clean(f"Nothing could be judged: {why}")


def sentence(result: Result) -> str:
    """What came of one item, without its verdict."""
    label, found = result.item.label, result.judgement
    if found is None:
        return clean(f"{label}: {result.why_not}")
    info = result.item.info
    fresh, usual = (format_value(value, info.unit) for value in (found.fresh, found.usual))

    def apart(ratio: float) -> str:
        return _apart(ratio, higher_is_better=info.higher_is_better)

    text = (
        f"{label}: {fresh}, {apart(found.ratio)} the median of the last {plural(found.runs, 'run')}"
        f" ({usual})"
    )
    if result.is_slower:
        text += f", beyond the {_size(found.limit, info.higher_is_better)} that "
        text += f"their spread of {_percent(found.spread)} explains"
        if result.first is not None:
            text += f"; {apart(result.first.ratio)} it at first"
    elif result.standing is Standing.CANNOT_TELL:
        text += f"; {_too_wide(found, higher_is_better=info.higher_is_better)}"
    else:
        side = "under" if info.higher_is_better else "over"
        text += f"; {_size(found.limit, info.higher_is_better)} {side} would have been called"
        if result.first is not None:
            text += f"; {apart(result.first.ratio)} it at first, which did not come again"
    return clean(text)


def as_data(checked: Checked, begun: datetime) -> dict[str, Any]:
    """The check as JSON has it.

    ``schema``, ``machine``, ``environment`` and ``commit`` (null where nothing could be judged),
    ``checked_at`` (ISO 8601, UTC), ``verdict`` (``slower``, ``as before``, ``nothing judged``),
    ``exit_code``, ``summary`` (the first line for people), ``family_error`` (probability that an
    unchanged machine is called slower) and ``level`` (the same of one item), ``notes``,
    ``why_not``, and two lists:

    - ``items``: ``id``, ``benchmark``, ``parameters``, ``unit``, ``higher_is_better``,
      ``verdict``, ``text``, ``why_not``, and, where it was measured, ``judgement`` and ``first``
      (the one before the confirming measurement) with the fields of
      `cnnfc.analysis.against_history.Judgement`;
    - ``differences`` (null where no record says how the machine is or was): ``name``, ``now``,
      ``before``, ``is_clock``.
    """
    ground = checked.plan.ground
    verdict = {4: "slower", 5: "nothing judged"}.get(checked.exit_code, "as before")
    differences = checked.differences
    return {
        "schema": SCHEMA,
        "machine": checked.plan.identity.name,
        "environment": None if ground is None else ground.environment,
        "commit": None if ground is None else ground.commit.hash,
        "checked_at": begun.isoformat(),
        "verdict": verdict,
        "exit_code": checked.exit_code,
        "summary": headline(checked),
        "family_error": FAMILY_ERROR,
        "level": checked.level,
        "why_not": checked.plan.why_not,
        "notes": list(checked.notes),
        "items": [_item(result) for result in checked.results],
        "differences": None if differences is None else [asdict(one) for one in differences],
    }


def _item(result: Result) -> dict[str, Any]:
    item = result.item
    return {
        "id": item.id,
        "benchmark": item.point.benchmark,
        "parameters": list(item.point.values),
        "unit": item.info.unit,
        "higher_is_better": item.info.higher_is_better,
        "verdict": str(result.standing),
        "text": sentence(result),
        "why_not": result.why_not,
        "judgement": _numbers(result.judgement),
        "first": _numbers(result.first),
    }


def _numbers(judgement: Judgement | None) -> dict[str, Any] | None:
    return None if judgement is None else asdict(judgement)


def _differences(checked: Checked) -> Iterator[str]:
    if checked.differences is None:
        if checked.judged:
            yield "\nNo hardware record says how the machine was: only its speed could be compared"
        return
    newest = max(checked.plan.records, key=lambda record: record.started_at)
    when = minute(newest.started_at)
    if not checked.differences:
        yield f"\nNothing else differs from the run of {when}"
        return
    yield f"\nDifferent from the run of {when}"
    for difference in checked.differences:
        yield f"  {clean(str(difference))}"


def _unjudged(checked: Checked) -> Iterator[str]:
    """What has no verdict; things with the same reason on one line."""
    rest = [result for result in checked.results if not result.is_judged]
    if rest:
        yield "\nNot judged"
    labels: dict[str, list[str]] = {}
    for result in rest:
        if result.judgement is not None:
            yield f"  {sentence(result)}"
        else:
            labels.setdefault(result.why_not, []).append(result.item.label)
    for reason, those in labels.items():
        yield clean(f"  {', '.join(those)}: {reason}")


def _rule(checked: Checked) -> str:
    judged = sum(result.judgement is not None for result in checked.results)
    return (
        f"of checks on a machine that behaves as in its history, at most {FAMILY_ERROR:.0%} call "
        f"anything slower ({plural(judged, 'thing')}, {checked.level:.2%} each); what looks slower "
        f"is measured twice"
    )


def _too_wide(found: Judgement, *, higher_is_better: bool) -> str:
    """Why a value within its limit is no good news."""
    size = _size(TELLS, higher_is_better)
    text = (
        f"their spread of {_percent(found.spread)} explains up to "
        f"{_size(found.limit, higher_is_better)}"
    )
    if found.needed is None:
        return f"{text}, and no number of runs would tell {size}"
    if found.needed <= found.runs:
        return f"{text}; a few runs more would tell {size}"
    return f"{text}; {found.needed} runs would tell {size}"


def _apart(ratio: float, *, higher_is_better: bool) -> str:
    """``12% under`` or ``3.1% over`` for a ratio of slowness."""
    change = _change(ratio, higher_is_better=higher_is_better)
    if abs(change) < 0.0005:
        return "at"
    return f"{_percent(abs(change))} {'over' if change > 0 else 'under'}"


def _size(ratio: float, higher_is_better: bool) -> str:
    """The change of the number itself that a ratio of slowness means."""
    return _percent(abs(_change(ratio, higher_is_better=higher_is_better)))


def _change(ratio: float, *, higher_is_better: bool) -> float:
    return (1 / ratio if higher_is_better else ratio) - 1


def _percent(share: float) -> str:
    """Two digits below 10%, whole percents from there on."""
    return f"{share:.1%}" if share < 0.0995 else f"{share:,.0%}"
