import re
from pathlib import Path

import pytest

from cnnfc.cases import Case
from cnnfc.report import palette
from cnnfc.timeline.causes import Cause

CSS = Path(palette.__file__).with_name("assets") / "site.css"


@pytest.mark.parametrize(
    ("case", "label"),
    [
        ("dense.1024-512", "dense"),
        ("conv2d.3-64.k3.hw32", "conv"),
        ("conv2d.64-256.k1.hw56", "conv 1×1"),
        ("conv2d.64-256.k1x3.hw56", "conv"),
        ("conv2d.32-32.k3.g32.hw112", "conv depthwise"),
        ("conv2d.32-64.k3.g8.hw112", "conv grouped"),
        ("convtranspose2d.64-32.k4.s2.hw14", "conv transposed"),
        ("gemm.2048", "other"),
    ],
)
def test_a_family_is_what_changes_the_price_of_a_parameter(case, label):
    assert palette.family(Case.parse(case)).label == label


def test_every_colour_comes_with_a_shape_of_its_own():
    for styles in (palette.FAMILIES, [palette.series_style(n, str(n)) for n in range(8)]):
        assert len({style.colour for style in styles}) == len(styles)
        assert len({style.shape for style in styles}) == len(styles)


def _variables(block):
    return dict(re.findall(r"--([a-z0-9-]+):\s*(#[0-9a-f]{6});", block))


def _luminance(colour):
    channels = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one, other):
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.fixture(params=["light", "dark"])
def theme(request):
    css = CSS.read_text(encoding="utf-8")
    light, dark = css.split("@media (prefers-color-scheme: dark)", 1)
    if request.param == "light":
        return _variables(light)
    return _variables(light) | _variables(dark.split("\n}\n", 1)[0])


def test_marks_have_three_to_one_contrast_with_what_is_behind_them(theme):
    styles = [*palette.FAMILIES, *(palette.series_style(n, "") for n in range(8))]
    names = {style.colour.removeprefix("var(--").removesuffix(")") for style in styles}
    low = {n: _contrast(theme[n], theme["surface"]) for n in names}
    assert min(low.values()) >= 3, low


def test_texts_have_the_contrast_of_wcag_aa(theme):
    pairs = [
        (ink, behind)
        for ink in ("ink", "ink-2", "ink-3", "accent", "good", "bad", "warn")
        for behind in ("surface", "page", "raised")
    ]
    pairs += [(tone, f"{tone}-soft") for tone in ("accent", "good", "bad", "warn")]
    pairs.append(("surface", "accent"))
    low = {pair: _contrast(theme[pair[0]], theme[pair[1]]) for pair in pairs}
    assert {pair: ratio for pair, ratio in low.items() if ratio < 4.5} == {}


def test_every_cause_of_a_change_has_a_colour_and_a_shape_of_its_own():
    styles = [palette.CAUSES[cause] for cause in Cause]
    assert [style.label for style in styles] == [str(cause) for cause in Cause]
    assert len({style.colour for style in styles}) == len({style.shape for style in styles}) == 4
    # A triangle that points up or down would say which way it went.
    assert not [style for style in styles if style.shape.startswith("triangle")]
