"""What binds layers, in words: of one layer, and of all of them in the answer of a page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cnnfc.analysis.roofline import Cause, Share
from cnnfc.report import text
from cnnfc.report.layers.regimes import DeviceRegimes, Floor, Placed
from cnnfc.units import format_value, scale_for

LABELS: Final = {
    Cause.COMPUTE: "compute",
    Cause.MEMORY: "memory",
    Cause.CACHE: "cache, not memory",
    Cause.OVERHEAD: "overhead",
    Cause.NONE: "none of them",
}
#: The same inside "compute or cache".
_BRIEF: Final = {**LABELS, Cause.CACHE: "cache", Cause.NONE: "none"}


def bound_by(one: Placed) -> str:
    """What binds one layer: ``compute``, ``unclear: memory or overhead``, ``not known: ...``."""
    if one.regime is None:
        return f"not known: {missing(one)}"
    if one.regime.cause is not None:
        return LABELS[one.regime.cause]
    return f"unclear: {between(one.regime.between)}"


def between(causes: tuple[Cause, ...]) -> str:
    """``compute or overhead``, ``memory, overhead or none``."""
    *others, last = (_BRIEF[cause] for cause in causes)
    return f"{', '.join(others)} or {last}" if others else last


def missing(one: Placed) -> str:
    """What it takes to judge a layer that has no regime."""
    if one.interval is None:
        return "its latency has no interval"
    return "its ceilings were not measured"


def share_of_bound(one: Placed) -> float | None:
    """Roofline bound / latency; None without ceilings."""
    return one.layer.bound / one.layer.latency if one.layer.bound else None


def span(share: Share) -> str:
    """``63 – 65%``, or one number where both ends round to the same."""
    low, high = text.percent(share.low), text.percent(share.high)
    return low if low == high else f"{low.removesuffix('%')} – {high}"


def answer(placed: DeviceRegimes, label: str) -> Iterator[str]:
    """What the layers of one device are bound by; `label` names the machine."""
    where = f"On {label}, {placed.found.device.label}"
    judged = len(placed.judged)
    if not judged:
        yield f"{where}, nothing can be said of {_layers(len(placed.placed))}: {_why(placed)}."
        return
    said = text.listing(
        [
            f"compute binds {_range(placed, Cause.COMPUTE)} of {_layers(judged)}",
            f"memory {_range(placed, Cause.MEMORY)}",
            f"overhead {_range(placed, Cause.OVERHEAD)}",
        ]
    )
    open_ = placed.count(None)
    yield (
        f"{where}, {said}: of two numbers the first is certain by the intervals of the latencies, "
        f"the second possible. {open_} of the layers {'is' if open_ == 1 else 'are'} unclear."
        if open_
        else f"{where}, {said}."
    )
    cached, none = placed.count(Cause.CACHE), placed.count(Cause.NONE)
    if cached or none:
        yield _rest(cached, none, judged)
    if placed.ridge is not None:
        below = sum(one.intensity < placed.ridge for one in placed.placed)
        yield (
            f"{below} of {_layers(len(placed.placed))} have fewer than "
            f"{format_value(placed.ridge, 'count')} FLOP per byte, the ridge: below it memory is "
            f"the lower ceiling, above it arithmetic."
        )
    if placed.floor is not None:
        yield _floor(placed.floor)
    unknown = len(placed.placed) - judged
    if unknown:
        yield f"{_layers(unknown)} could not be judged: {_why(placed)}."


def _range(placed: DeviceRegimes, cause: Cause) -> str:
    least, most = placed.count(cause), placed.at_most(cause)
    return f"{least}" if least == most else f"{least} to {most}"


def _rest(cached: int, none: int, judged: int) -> str:
    parts = []
    if cached:
        parts.append(
            f"{cached} would be bound by memory, but {'its' if cached == 1 else 'their'} data come "
            f"from a cache, whose speed no reference kernel measures"
        )
    if none:
        verb, whose = ("is", "its") if none == 1 else ("are", "their")
        parts.append(
            f"{none} {verb} bound by none of these, since none explains half of {whose} time"
        )
    return f"Of the same {_layers(judged)} {'; '.join(parts)}."


def _floor(floor: Floor) -> str:
    scale = scale_for("seconds", [floor.high])
    most = f"{scale.format(floor.high)} {scale.symbol}"
    call = f"The shortest call ({floor.shortest.case}) took at most {most}"
    if floor.low <= 0:
        return (
            f"{call}, which its own work explains: overhead is less than that, how much less only "
            f"a smaller layer can tell."
        )
    least = f"{scale.format(floor.low)} {scale.symbol}"
    return f"{call}, of which its own work explains all but {least}: overhead lies between."


def _why(placed: DeviceRegimes) -> str:
    """What the layers without a regime lack, and what to run."""
    lacking = [one for one in placed.placed if one.regime is None]
    if any(one.interval is not None for one in lacking):
        return (
            "the reference kernels for their number formats are missing in the same run "
            "(`cnnfc run --bench Canary` measures them)"
        )
    return "their latencies have no interval (`asv run --record-samples` and more values give one)"


def _layers(count: int) -> str:
    return text.plural(count, "layer")
