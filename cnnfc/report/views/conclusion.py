"""The plain sentences over a page on parameters and latency, computed and never more than the data.

Rules: every share stands with its interval and n; one predictor is called better than another
only if their intervals have no value in common; too few layers, or no interval, and it says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cnnfc.analysis.predictors import LEAST_FOR_INTERVAL, Fit
from cnnfc.report import text
from cnnfc.report.layers import DeviceLayers, Ladder, Predictor
from cnnfc.units import format_count, format_value

_SUBJECTS: Final = {
    "FLOPs": "FLOPs explain",
    "Bytes": "bytes explain",
    "Activations": "activation bytes explain",
    "Roofline bound": "the roofline bound explains",
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
            *_ladder(found.ladders),
        ]
    first = (
        f"{where}, the number of parameters explains {share} of the variance of log latency over "
        f"{parameters.fit.n} layers"
    )
    first += f"; {_rival(parameters, rival(found))}."
    return [first, *_band(found), *_ladder(found.ladders)]


def rival(found: DeviceLayers) -> Predictor | None:
    """The predictor that explains most, parameters apart; ``None`` with too few layers."""
    known = [one for one in found.predictors[1:] if one.fit.log_r2_low is not None]
    return max(known, key=lambda one: one.fit.log_r2 or 0.0, default=None)


def interval(fit: Fit) -> str:
    """The interval of the explained variance: ``22% – 58%``."""
    if fit.log_r2_low is None or fit.log_r2_high is None:
        return text.MISSING
    return f"{text.percent(fit.log_r2_low)} – {text.percent(fit.log_r2_high)}"


def _explained(fit: Fit) -> str | None:
    if fit.log_r2 is None or fit.log_r2_low is None or fit.log_r2_high is None:
        return None
    low, high = text.percent(fit.log_r2_low), text.percent(fit.log_r2_high)
    return f"{text.percent(fit.log_r2)} (95% interval {low} to {high})"


def _rival(parameters: Predictor, best: Predictor | None) -> str:
    """How the best of the other predictors does beside the parameters."""
    if best is None:
        return "no other predictor could be computed"
    said = f"{_SUBJECTS.get(best.name, best.name)} {_explained(best.fit)}"
    if best.fit.n != parameters.fit.n:
        said += f" over the {best.fit.n} layers that have one"
    mine, other = parameters.fit, best.fit
    if (other.log_r2_low or 0) > (mine.log_r2_high or 0):
        return f"{said}, clearly more"
    if (mine.log_r2_low or 0) > (other.log_r2_high or 0):
        return f"{said}, clearly less"
    return f"{said}, and the intervals overlap: these layers cannot tell which explains more"


def _band(found: DeviceLayers) -> list[str]:
    band = found.band
    if band is None:
        return []
    low, predictor = band
    share = _explained(predictor.fit)
    if share is None:
        return []
    span = f"{format_value(low, 'count')} and {format_value(low * 10, 'count')}"
    return [
        f"Among the {predictor.fit.n} layers with between {span} parameters it explains {share}."
    ]


def _ladder(ladders: Sequence[Ladder]) -> list[str]:
    if not ladders:
        return []
    longest = ladders[0]
    fast, slow = longest.rungs[0], longest.rungs[-1]
    if fast.reading.interval is None or slow.reading.interval is None:
        return []
    least = slow.reading.interval[0] / fast.reading.interval[1]
    if least <= 1:
        return []
    return [
        (
            f"{len(longest.rungs)} layers have exactly {format_count(longest.parameters)} "
            "parameters, and their latencies differ by a factor of "
            f"{text.factor(longest.factor)[1:]}, by their intervals at least "
            f"{text.factor(least)[1:]}."
        )
    ]
