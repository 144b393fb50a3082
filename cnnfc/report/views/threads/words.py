"""What threads do for layers, in words: for one layer, and for all of them in a page's answer."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterator
from typing import Final

from cnnfc.analysis.scaling import DETERMINED, Effect, Estimate
from cnnfc.report import text
from cnnfc.report.layers.scaling import MachineScaling, Scaled

#: What the most threads of a layer did.
LABELS: Final = {
    Effect.SUPERLINEAR: "faster than ideal",
    Effect.IDEAL: "as good as ideal",
    Effect.PARTIAL: "faster, less than ideal",
    Effect.RECEDED: "past its best",
    Effect.NONE: "no gain that shows",
    Effect.SLOWER: "slower with more threads",
    Effect.UNKNOWN: "no interval",
}


def serial_text(one: Scaled) -> str:
    """The serial fraction; in words where it is none, by as much as its interval shows."""
    law = one.law
    if law is None:
        return text.MISSING
    if law.holds:
        return text.percent(law.serial.centre)
    low, high = law.serial.low, law.serial.high
    if law.serial.centre > 1:
        return LABELS[Effect.SLOWER if low is not None and low > 1 else Effect.NONE]
    return LABELS[Effect.SUPERLINEAR if high is not None and high < 0 else Effect.IDEAL]


def serial_span(one: Scaled) -> str:
    """Its interval; beyond 0 and 100% in words. ``""`` without one."""
    law = one.law
    if law is None or law.serial.low is None or law.serial.high is None:
        return ""
    low, high = (_end(end) for end in (law.serial.low, law.serial.high))
    return f"{low} – {high}" if low != high else low


def _end(fraction: float) -> str:
    if 0 <= fraction <= 1:
        return text.percent(fraction)
    return "below 0" if fraction < 0 else "above 100%"


def span(estimate: Estimate, digits: int = 2) -> str:
    """``1.52 – 1.71``; ``""`` without an interval."""
    if estimate.low is None or estimate.high is None:
        return ""
    return f"{estimate.low:.{digits}f} – {estimate.high:.{digits}f}"


def answer(found: MachineScaling, label: str) -> Iterator[str]:
    """What more threads do on one machine; `label` names it."""
    if not found.layers:
        yield from _single(found, label)
        return
    first, last = found.ends
    gains = found.gains
    effects = Counter(_effect(gain) for _, gain in gains)
    step = f"from {text.plural(first, 'thread')} to {last}"
    known = len(gains) - effects[Effect.UNKNOWN]
    median = found.median_gain
    if median is not None:
        yield f"On {label}, {step}, the median layer is {_times(median)} over {_n(len(gains))}."
    if known:
        yield (
            f"By their intervals {effects[Effect.PARTIAL]} of {_n(known)} got faster, "
            f"{effects[Effect.SLOWER]} slower, and {effects[Effect.NONE]} show no difference."
        )
    yield from _extremes(found)
    if len(found.counts) == DETERMINED:
        yield (
            "Two thread counts determine the serial fraction exactly: they cannot show whether "
            "Amdahl's law holds, nor where a third count would stop helping."
        )
    else:
        yield from _stops(found)


def _single(found: MachineScaling, label: str) -> Iterator[str]:
    count = found.counts[0]
    threads = text.plural(count, "thread")
    yield (
        f"On {label} no run measured a layer on two thread counts, the newest on {threads} alone: "
        f"nothing can be said yet."
    )
    if found.usable == 1:
        yield "By its hardware record this machine lets one thread run: it takes another machine."
        return
    yield (
        "Run `cnnfc run --bench ^threads` on it: it measures every thread count that the machine "
        "has, next to each other."
    )


def _effect(gain: Estimate) -> Effect:
    """Faster, slower or neither, by the interval of a speed-up."""
    if gain.low is None or gain.high is None:
        return Effect.UNKNOWN
    if gain.high < 1:
        return Effect.SLOWER
    return Effect.PARTIAL if gain.low > 1 else Effect.NONE


def _times(median: Estimate) -> str:
    said = f"{median.centre:.2f} times as fast"
    if median.low is None or median.high is None:
        return said
    return f"{said} (95% interval {median.low:.2f} to {median.high:.2f})"


def _extremes(found: MachineScaling) -> Iterator[str]:
    """The layers at both ends, where their intervals part."""
    ordered = sorted(found.gains, key=lambda pair: pair[1].centre)
    (worst, least), (best, most) = ordered[0], ordered[-1]
    if least.high is None or most.low is None or least.high >= most.low:
        return
    yield (
        f"Least gains {worst.case} ({_factor(least)}), most {best.case} ({_factor(most)}): the "
        f"answer depends on the layer."
    )


def _factor(estimate: Estimate) -> str:
    interval = span(estimate)
    return f"{text.factor(estimate.centre)}{', ' + interval if interval else ''}"


def _stops(found: MachineScaling) -> Iterator[str]:
    """Where doublings stop gaining, over the layers with most thread counts."""
    most = max(len(one.counts) for one in found.layers)
    whole = [one for one in found.layers if len(one.counts) == most]
    stops = [one.stop for one in whole if one.stop.found is not None]
    if not stops:
        return
    gaining = sum(one.found is False for one in stops)
    middle = statistics.median_low(one.threads for one in stops)
    yield (
        f"Of {_n(len(stops))} with {most} thread counts, half stop gaining at "
        f"{text.plural(middle, 'thread')} or before; every doubling helped {gaining}."
    )


def _n(count: int) -> str:
    return text.plural(count, "layer")
