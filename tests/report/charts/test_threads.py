"""The charts of threads are valid Vega-Lite, share their axes and draw what they were given."""

import json
import math

import altair as alt
import pytest

from cnnfc.report import palette
from cnnfc.report.charts import threads
from cnnfc.report.charts.marks import Mark, Value
from cnnfc.report.svg import render

POINTS = (
    (1, Value(1.0, None, None, "one")),
    (2, Value(1.6, 1.5, 1.7, "two")),
    (4, Value(2.2, 2.0, 2.4, "four")),
)
LAW = ((1.0, 1.0), (4.0, 2.3))
CURVES = [
    threads.Curve("dense.1024-512", "serial fraction 25%", palette.DENSE, POINTS, LAW),
    threads.Curve("conv2d.3-64.k3.hw32", "slower with more threads", palette.CONV, POINTS[:2]),
]
MARKS = [
    Mark(palette.DENSE, "a", 1e-4, Value(1.6, 1.5, 1.7, "two")),
    Mark(palette.CONV, "b", 1e-2, Value(0.7, None, None, "one")),
]
FAMILIES = [threads.Family(palette.CONV, POINTS), threads.Family(palette.DENSE, POINTS[:2])]

CHARTS = {
    "speed-up": lambda c: threads.speedups(CURVES, compact=c),
    "one panel": lambda c: threads.speedups(CURVES[:1], compact=c),
    "gains": lambda c: threads.gains(MARKS, 2.0, "Latency on 1 thread", compact=c),
    "efficiency": lambda c: threads.efficiencies(FAMILIES, compact=c),
}


@pytest.mark.parametrize("compact", [False, True])
@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_is_valid_fetches_nothing_and_says_what_each_mark_is(name, compact):
    spec = CHARTS[name](compact)
    alt.Chart.from_dict(spec, validate=True)
    assert "url" not in json.dumps(spec).replace("https://vega.github.io/schema", "")
    svg = render(spec, "x", name)
    assert "<title>one</title>" in svg
    assert "<title>two</title>" in svg


def panels(spec):
    return spec.get("concat", [spec])


def test_every_layer_has_a_panel_and_all_share_their_axes():
    spec = CHARTS["speed-up"](False)
    assert [panel["title"]["text"] for panel in panels(spec)] == [c.title for c in CURVES]
    axes = [
        {axis: panel["layer"][-1]["encoding"][axis]["scale"] for axis in ("x", "y")}
        for panel in panels(spec)
    ]
    assert axes[0] == axes[1]


def test_the_ideal_line_is_as_steep_as_threads_are_added():
    spec = CHARTS["one panel"](False)
    (ideal,) = [row for rows in spec["datasets"].values() for row in rows if "y2" in row]
    assert ideal == {"x": 1, "y": 1.0, "x2": 4, "y2": 4.0}


def test_a_law_that_does_not_hold_is_not_drawn():
    lines = [
        [layer for layer in panel["layer"] if layer["mark"]["type"] == "line"]
        for panel in panels(CHARTS["speed-up"](False))
    ]
    assert [len(found) for found in lines] == [1, 0]


def test_thread_counts_are_labelled_at_powers_of_two():
    (panel,) = panels(CHARTS["one panel"](False))
    axis = panel["layer"][-1]["encoding"]["x"]["axis"]
    assert axis["values"] == [1, 2, 4]
    assert axis["labelExpr"].startswith('["1", "2", "4"]')


@pytest.mark.parametrize("value", [1e-300, 1e300, 3.0])
def test_numbers_at_the_ends_of_floats_are_drawn(value):
    points = ((1, Value(1.0, None, None, "one")), (2, Value(value, None, None, "two")))
    family = threads.Family(palette.CONV, points)
    curve = threads.Curve("a", "b", palette.CONV, points)
    mark = Mark(palette.CONV, "a", 1.0, points[1][1])
    for spec in (
        threads.speedups([curve], compact=False),
        threads.gains([mark], 2.0, "Latency", compact=False),
        threads.efficiencies([family], compact=False),
    ):
        assert render(spec, "x", "wide")
        assert "Infinity" not in json.dumps(spec)
        assert all(map(math.isfinite, spec["layer"][-1]["encoding"]["y"]["scale"]["domain"]))
