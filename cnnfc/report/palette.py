"""Which colour and which shape stands for what, so that identity never depends on what is shown.

Colours are names of CSS variables (``site.css`` gives them values for light, dark and print, after
Okabe and Ito's set for colour-blind readers); every colour comes with a shape of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cnnfc.cases import Case, Convolution
from cnnfc.timeline.causes import Cause


@dataclass(frozen=True)
class Style:
    """How one series or family is drawn: its label, CSS colour and Vega symbol shape."""

    label: str
    colour: str
    shape: str


DENSE: Final = Style("dense", "var(--vermillion)", "square")
CONV: Final = Style("conv", "var(--blue)", "circle")
POINTWISE: Final = Style("conv 1×1", "var(--sky)", "diamond")
DEPTHWISE: Final = Style("conv depthwise", "var(--green)", "triangle-up")
GROUPED: Final = Style("conv grouped", "var(--purple)", "triangle-down")
TRANSPOSED: Final = Style("conv transposed", "var(--orange)", "cross")
OTHER: Final = Style("other", "var(--grey)", "triangle-right")

#: Series of suites whose parameters mean nothing to us.
ANY: Final = Style("all", "var(--blue)", "circle")

#: The families in the order of legends.
FAMILIES: Final = (DENSE, CONV, POINTWISE, DEPTHWISE, GROUPED, TRANSPOSED, OTHER)

#: What a change is laid to; no arrow among the shapes, which would say a direction.
CAUSES: Final[Mapping[Cause, Style]] = {
    Cause.CODE: Style("code", "var(--vermillion)", "circle"),
    Cause.MACHINE: Style("machine", "var(--blue)", "square"),
    Cause.SOFTWARE: Style("software", "var(--purple)", "diamond"),
    Cause.UNKNOWN: Style("unknown", "var(--grey)", "cross"),
}

#: For series that have no meaning known to us, in order of appearance.
SERIES: Final = (
    ("var(--blue)", "circle"),
    ("var(--vermillion)", "square"),
    ("var(--green)", "triangle-up"),
    ("var(--purple)", "diamond"),
    ("var(--orange)", "cross"),
    ("var(--sky)", "triangle-down"),
    ("var(--grey)", "triangle-right"),
    ("var(--ink)", "triangle-left"),
)


def family(case: Case) -> Style:
    """The family that a layer is drawn as.

    Finer than `Case.family`, because kernel 1, groups and transposition change what a parameter
    costs: a depthwise convolution has one input channel a group.
    """
    if not isinstance(case, Convolution):
        return DENSE if case.family == "dense" else OTHER
    if case.transposed:
        return TRANSPOSED
    if case.groups > 1:
        return DEPTHWISE if case.groups == case.in_channels else GROUPED
    kernel = case.kernel if isinstance(case.kernel, tuple) else (case.kernel,)
    return POINTWISE if set(kernel) == {1} else CONV


def series_style(index: int, label: str) -> Style:
    """The style of the series with number `index` (0 and up) of a chart with up to 8 of them."""
    colour, shape = SERIES[index % len(SERIES)]
    return Style(label, colour, shape)
