import re
from xml.etree import ElementTree as ET

import pytest

from cnnfc.report import svg as svg_module
from cnnfc.report.svg import render, standalone

# What is parsed here is our own renderer's output.
parse = ET.fromstring

BARS = {
    "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
    "data": {"values": [{"a": "x", "b": 1.23456789}, {"a": "y", "b": 2}]},
    "mark": {"type": "bar", "clip": True, "color": "var(--blue)"},
    "encoding": {
        "x": {"field": "a", "type": "nominal"},
        "y": {"field": "b", "type": "quantitative"},
        "description": {"field": "a"},
    },
}


def test_a_picture_has_a_label_and_no_style_script_font_or_class():
    svg = render(BARS, "p", "two <bars>")
    root = parse(svg)
    assert root.get("role") == "img"
    assert root.get("aria-label") == "two <bars>"
    assert not re.search(r"\s(style|class|font-family|on\w+|href)=", svg)


def test_colours_are_left_to_the_page():
    assert 'fill="var(--blue)"' in render(BARS, "p", "bars")


def test_ids_are_the_picture_s_own():
    ids = [set(re.findall(r'id="([^"]+)"', render(BARS, prefix, "bars"))) for prefix in ("p", "q")]
    assert ids[0]
    assert all(name.startswith("p-") for name in ids[0])
    assert not ids[0] & ids[1]


def test_a_clip_path_points_to_the_renamed_id():
    svg = render(BARS, "p", "bars")
    assert set(re.findall(r"url\(#([^)]+)\)", svg)) <= set(re.findall(r'id="([^"]+)"', svg))
    assert "url(#p-" in svg


def test_numbers_have_two_decimals_and_names_keep_theirs():
    spec = {**BARS, "data": {"values": [{"a": "conv 1.23456", "b": 1.23456789}]}}
    svg = render(spec, "p", "bars")
    assert "<title>conv 1.23456</title>" in svg
    assert not re.search(r'[ ,"][0-9]+\.[0-9]{3,}', svg.replace("conv 1.23456", ""))


def test_names_are_escaped_and_cleaned():
    evil = "</svg><script>alert(1)</script>\x00\u202e\ud800"
    spec = {**BARS, "data": {"values": [{"a": evil, "b": 1}]}}
    svg = render(spec, "p", evil)
    assert "<script" not in svg
    assert "\x00" not in svg
    svg.encode("utf-8")
    parse(svg)


def test_data_from_an_address_are_not_fetched():
    spec = {**BARS, "data": {"url": "http://127.0.0.1:9/data.json"}}
    with pytest.raises(ValueError, match="External data url not allowed"):
        render(spec, "p", "bars")


def test_what_is_neither_a_shape_nor_a_text_is_refused():
    spec = {**BARS, "mark": {"type": "image", "url": "data:image/png;base64,AAAA"}}
    with pytest.raises(ValueError, match="<image>"):
        render(spec, "p", "bars")


COLOURS = {"blue": "#0072b2", "surface": "#ffffff"}


def test_a_mark_without_a_text_of_its_own_says_nothing():
    quiet = {**BARS, "encoding": {k: v for k, v in BARS["encoding"].items() if k != "description"}}
    layered = {"data": BARS["data"], "layer": [{"mark": "rule", "encoding": quiet["encoding"]}]}
    for spec in (quiet, layered, {**quiet, "mark": "bar"}):
        assert "<title>" not in render(spec, "p", "bars")


def test_a_picture_that_stands_alone_has_its_colours_its_ground_and_its_font():
    root = parse(standalone(render(BARS, "p", "two <bars>"), COLOURS, "Sans, serif"))
    space = "{http://www.w3.org/2000/svg}"
    assert {element.tag.removeprefix(space) for element in root.iter()} <= svg_module._ELEMENTS | {
        "title"
    }
    assert root.get("font-family") == "Sans, serif"
    assert root.get("aria-label") == "two <bars>"
    assert (root[0].tag, root[0].get("fill")) == (f"{space}rect", "#ffffff")
    fills = {element.get("fill") for element in root.iter()}
    assert "#0072b2" in fills
    assert not [fill for fill in fills if fill and "var(" in fill]


def test_only_colours_are_looked_up_and_not_what_names_say():
    spec = {**BARS, "data": {"values": [{"a": "var(--blue)", "b": 1}]}}
    text = standalone(render(spec, "p", "var(--blue)"), COLOURS, "serif")
    assert "<title>var(--blue)</title>" in text
    assert 'aria-label="var(--blue)"' in text


def test_a_colour_that_no_page_has_is_black():
    spec = {**BARS, "mark": {"type": "bar", "color": "var(--nothing)"}}
    assert 'fill="#000"' in standalone(render(spec, "p", "bars"), COLOURS, "serif")
