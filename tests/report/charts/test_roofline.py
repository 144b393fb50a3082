"""The roofline charts are valid Vega-Lite, share their heights and draw the ceilings they got."""

import json
import math

import altair as alt
import pytest

from cnnfc.report import palette
from cnnfc.report.charts import roofline
from cnnfc.report.charts.marks import Mark, Value
from cnnfc.report.svg import render

ROOFS = (roofline.Roof(50e9, "fp32"), roofline.Roof(100e9, "bf16"))


def marks(xs):
    values = (Value(20e9, 19e9, 21e9, "first"), Value(5e9, None, None, "second"))
    styles = (palette.CONV, palette.DENSE)
    return [
        Mark(style, value.hover, x, value)
        for style, value, x in zip(styles, values, xs, strict=True)
    ]


CHARTS = {
    "roofline": lambda c: roofline.roofline(marks([40.0, 0.5]), ROOFS, 10e9, compact=c),
    "no ceilings": lambda c: roofline.roofline(marks([40.0, 0.5]), (), None, compact=c),
    "no memory": lambda c: roofline.roofline(marks([40.0, 0.5]), ROOFS[:1], None, compact=c),
    "overhead": lambda c: roofline.overhead(marks([4e6, 1e5]), ROOFS, 20e-6, compact=c),
    "no floor": lambda c: roofline.overhead(marks([4e6, 1e5]), (), None, compact=c),
}


@pytest.mark.parametrize("compact", [False, True])
@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_is_valid_fetches_nothing_and_says_what_each_mark_is(name, compact):
    spec = CHARTS[name](compact)
    alt.Chart.from_dict(spec, validate=True)
    assert "url" not in json.dumps(spec).replace("https://vega.github.io/schema", "")
    svg = render(spec, "x", name)
    assert "<title>first</title>" in svg
    assert "<title>second</title>" in svg


def rows(spec):
    return [row for data in spec["datasets"].values() for row in data]


def test_memory_and_arithmetic_meet_at_the_ridge():
    found = rows(CHARTS["roofline"](False))
    (slope,) = [row for row in found if row.get("label") == "10 GB/s"]
    # 50 GFLOP/s and 10 GB/s meet at 5 FLOP/B, 100 GFLOP/s at 10: the slope ends at the highest.
    assert (slope["x2"], slope["y2"]) == pytest.approx((10, 100e9))
    starts = {row["label"]: row["x"] for row in found if row.get("label") in ("fp32", "bf16")}
    assert starts == {"fp32": pytest.approx(5), "bf16": pytest.approx(10)}
    (ridge,) = [row for row in found if row.get("label") == "ridge 5"]
    assert (ridge["x"], ridge["y2"]) == (5, 50e9)


def test_the_floor_is_a_line_of_equal_time_and_hides_those_beside_it():
    found = rows(CHARTS["overhead"](False))
    (floor,) = [row for row in found if str(row.get("label")).startswith("no call") and "x2" in row]
    assert floor["x"] / floor["y"] == pytest.approx(20e-6)
    assert floor["label"] == "no call under 20 µs"
    times = {row["label"]: row["x"] / row["y"] for row in found if "top" in row and "label" in row}
    assert times["100 µs"] == pytest.approx(1e-4)
    assert "10 µs" not in times


def test_two_plots_side_by_side_give_every_value_the_same_height():
    one, other = CHARTS["roofline"](False), CHARTS["overhead"](False)
    for key in ("width", "height", "padding", "autosize"):
        assert one[key] == other[key]
    scales = [spec["layer"][-1]["encoding"]["y"]["scale"] for spec in (one, other)]
    assert scales[0] == scales[1]


@pytest.mark.parametrize("value", [1e-300, 1e300])
def test_numbers_at_the_ends_of_floats_are_drawn(value):
    mark = Mark(palette.CONV, "a", value, Value(value, None, None, "a"))
    spec = roofline.roofline([mark], ROOFS, 10e9, compact=False)
    assert render(spec, "x", "wide")
    domain = spec["layer"][-1]["encoding"]["y"]["scale"]["domain"]
    assert all(math.isfinite(end) for end in domain)
