"""The plain sentences over a page on parameters and latency, computed and never more than the data.

Rules: every share stands with its interval and n; one predictor is called better than another
only if their intervals have no value in common; too few layers, or no interval, and it says so; an
interval that leaves more than `_WIDE` open is called wide.
"""

from __future__ import annotations

from typing import Final

from cnnfc.analysis.held_out import HeldOut
from cnnfc.analysis.predictors import LEAST_FOR_INTERVAL, Fit
from cnnfc.report import text
from cnnfc.report.layers.devices import DeviceLayers
from cnnfc.report.layers.explained import PARAMETERS, Band, Predictor
from cnnfc.report.layers.ladders import Ladder
from cnnfc.units import format_count, format_value

#: From this width on, an interval of a share leaves most of the answer open.
_WIDE: Final = 0.4

#: Name of a predictor -> how it is called in a sentence, and whether that is one thing or several.
_SUBJECTS: Final = {
    PARAMETERS: ("parameters", False),
    "FLOPs": ("FLOPs", False),
    "Bytes": ("bytes", False),
    "Activations": ("activation bytes", False),
    "Roofline bound": ("the roofline bound", True),
}


def conclusion(found: DeviceLayers, label: str) -> list[str]:
    """What the layers of one device say of parameters and latency; `label` names the machine."""
    where = f"On {label}, {found.device.label}"
    parameters = found.predictors[0]
    share = _explained(parameters.fit)
    if share is None:
        return [
            (
                f"{where}, {text.plural(len(found.layers), 'layer')} were measured: too few to say "
                f"how well parameters explain latency, which takes at least {LEAST_FOR_INTERVAL} "
                "different ones."
            ),
            *_ladder(found),
        ]
    best = rival(found)
    first = (
        f"{where}, parameters explain {share} of the variance of log latency over all "
        f"{parameters.fit.n} layers{_band(found.band)}; {_rival(parameters, best)}."
    )
    said = [first, *_same_band(found.band, best), *_held_out(parameters, best), *_ladder(found)]
    return [*said, *_wide(parameters.fit)]


def rival(found: DeviceLayers) -> Predictor | None:
    """The predictor that explains most, parameters apart; ``None`` with too few layers."""
    known = [one for one in found.predictors[1:] if one.fit.log_r2_low is not None]
    return max(known, key=lambda one: one.fit.log_r2 or 0.0, default=None)


def interval(fit: Fit) -> str:
    """The interval of the explained variance: ``22% – 58%``."""
    if fit.log_r2_low is None or fit.log_r2_high is None:
        return text.MISSING
    return f"{text.percent(fit.log_r2_low)} – {text.percent(fit.log_r2_high)}"


def _explained(fit: Fit, words: str = "95% interval ") -> str | None:
    if fit.log_r2 is None or fit.log_r2_low is None or fit.log_r2_high is None:
        return None
    low, high = text.percent(fit.log_r2_low), text.percent(fit.log_r2_high)
    return f"{text.percent(fit.log_r2)} ({words}{low} to {high})"


def _subject(one: Predictor) -> str:
    return _SUBJECTS.get(one.name, (one.name, True))[0]


def _verb(one: Predictor) -> str:
    return "explains" if _SUBJECTS.get(one.name, (one.name, True))[1] else "explain"


def _rival(parameters: Predictor, best: Predictor | None) -> str:
    """How the best of the other predictors does beside the parameters."""
    share = None if best is None else _explained(best.fit, "")
    if best is None or share is None:
        return "no other predictor could be computed"
    said = f"{_subject(best)} {_verb(best)} {share}"
    if best.fit.n != parameters.fit.n:
        said += f" over the {best.fit.n} layers that have one"
    mine, other = parameters.fit, best.fit
    if (other.log_r2_low or 0) > (mine.log_r2_high or 0):
        return f"{said}, clearly more"
    if (mine.log_r2_low or 0) > (other.log_r2_high or 0):
        return f"{said}, clearly less"
    return f"{said}, and the intervals overlap: these layers cannot tell which explains more"


def _band(band: Band | None) -> str:
    share = None if band is None else _explained(band.predictors[0].fit, "")
    if band is None or share is None:
        return ""
    span = f"{format_value(band.low, 'count')} to {format_value(band.low * 10, 'count')} parameters"
    return f", and {share} over the {band.predictors[0].fit.n} of them with {span}"


def _same_band(band: Band | None, best: Predictor | None) -> list[str]:
    """The rival over the same layers: their narrow range of parameters is no excuse for it."""
    if band is None or best is None or not _band(band):
        return []
    same = next((one for one in band.predictors if one.name == best.name), None)
    share = None if same is None else _explained(same.fit, "")
    if same is None or share is None:
        return []
    return [f"Over those {same.fit.n} layers {_subject(same)} {_verb(same)} {share}."]


def _held_out(parameters: Predictor, best: Predictor | None) -> list[str]:
    """What is left of both where the law was fitted to other families of layers."""
    mine = parameters.held_out
    if mine is None:
        return []
    if mine.reason:
        return [f"No kind of layers can be held out to test the law on it: {mine.reason}."]
    said = (
        f"Asked for a family of layers that it was not fitted to, the law in parameters is off by "
        f"a factor of {_error(mine)} at the median and explains {_share(mine)}"
    )
    if (mine.log_r2 or 0) < 0:
        said += ", which is worse than one number for all layers"
    other = best.held_out if best is not None else None
    if best is not None and other is not None and not other.reason:
        said += (
            f"; the law in {_subject(best)} is off by a factor of {_error(other)} and explains "
            f"{_share(other)}"
        )
    return [f"{said}."]


def _error(held: HeldOut) -> str:
    said = text.factor(held.median_fold_error or 1.0)[1:]
    if held.fold_low is None or held.fold_high is None:
        return said
    return f"{said} ({text.factor(held.fold_low)[1:]} to {text.factor(held.fold_high)[1:]})"


def _share(held: HeldOut) -> str:
    said = text.percent(held.log_r2 or 0.0)
    if held.log_r2_low is None or held.log_r2_high is None:
        return said
    return f"{said} ({text.percent(held.log_r2_low)} to {text.percent(held.log_r2_high)})"


def _ladder(found: DeviceLayers) -> list[str]:
    """The longest ladder whose ends are apart; and the longest of those with one thing changed."""
    said = []
    apart = [one for one in found.ladders if (one.least or 0) > 1]
    if apart:
        longest, least = apart[0], apart[0].least or 1.0
        said.append(
            f"{len(longest.rungs)} layers have exactly {format_count(longest.parameters)} "
            "parameters, and their latencies differ by a factor of "
            f"{text.factor(longest.factor)[1:]}, by their intervals at least "
            f"{text.factor(least)[1:]}{_alone(found, longest)}."
        )
    return said


def _alone(found: DeviceLayers, whole: Ladder) -> str:
    """How much of a ladder's factor one thing makes alone."""
    steps = [
        one
        for one in found.steps
        if one.axis is not None
        and one.parameters == whole.parameters
        and len(one.rungs) < len(whole.rungs)
        and (one.least or 0) > 1
    ]
    parts = [
        f"{text.factor(one.factor)[1:]} by {one.axis.name}" for one in steps if one.axis is not None
    ]
    return f"; one thing changed alone makes a factor of {text.listing(parts)}" if parts else ""


def _wide(fit: Fit) -> list[str]:
    if fit.log_r2_low is None or fit.log_r2_high is None:
        return []
    if fit.log_r2_high - fit.log_r2_low <= _WIDE:
        return []
    return [
        f"The interval is wide: {fit.n} layers cannot say more closely what parameters explain."
    ]
