"""The two scatter plots of layers: what a script can join, floor and ladders."""

import pytest

from cnnfc.report import palette
from cnnfc.report.charts import scatter
from cnnfc.report.charts.marks import Mark, Value

MARKS = [
    Mark(palette.CONV, "conv2d.3-64.k3.hw32", 1792.0, Value(2e-4, 1e-4, 3e-4, "a")),
    Mark(palette.DENSE, "dense.1024-512", 524800.0, Value(4e-4, None, None, "b")),
]


def _layer(spec, name):
    (found,) = [layer for layer in spec["layer"] if layer.get("name") == name]
    return found


def _rows(spec, name):
    return spec["datasets"][_layer(spec, name)["data"]["name"]]


@pytest.mark.parametrize("compact", [False, True])
def test_a_script_finds_the_same_layer_in_both_plots(compact):
    bounds = [Mark(mark.style, mark.label, mark.x * 1e-9, mark.y) for mark in MARKS]
    both = (
        scatter.parameters(MARKS, [], compact=compact),
        scatter.roofline_bound(bounds, MARKS, compact=compact),
    )
    for spec in both:
        assert [row["label"] for row in _rows(spec, "marks")] == [mark.label for mark in MARKS]
        assert [row["label"] for row in _rows(spec, "intervals")] == ["conv2d.3-64.k3.hw32"]


def test_the_floor_is_a_line_across_the_plot_with_its_words():
    floor = scatter.Floor(8e-5, "overhead ≤ 80 µs")
    spec = scatter.parameters(MARKS, [], floor=floor, compact=False)
    (row,) = _rows(spec, "floor")
    domain = _layer(spec, "floor")["encoding"]["x"]["scale"]["domain"]
    assert (row["y"], row["label"]) == (8e-5, "overhead ≤ 80 µs")
    assert [row["x"], row["x2"]] == domain


def test_the_floor_is_inside_both_plots_at_the_same_height():
    floor = scatter.Floor(1e-6, "overhead ≤ 1 µs")
    one = scatter.parameters(MARKS, [], floor=floor, compact=False)
    other = scatter.roofline_bound(MARKS, MARKS, floor=floor, compact=False)
    domains = [_layer(s, "floor")["encoding"]["y"]["scale"]["domain"] for s in (one, other)]
    assert domains[0] == domains[1]
    assert domains[0][0] < 1e-6


def test_without_a_floor_there_is_no_line():
    spec = scatter.parameters(MARKS, [], compact=False)
    assert not [layer for layer in spec["layer"] if layer.get("name") in ("floor", "ladders")]


def test_a_ladder_reaches_from_its_fastest_to_its_slowest_layer():
    bars = [scatter.Bar(1792.0, 1e-4, 1e-2, "×100"), scatter.Bar(5e5, 1e-4, 2e-4)]
    spec = scatter.parameters(MARKS, bars, compact=False)
    assert _rows(spec, "ladders") == [
        {"x": 1792.0, "low": 1e-4, "high": 1e-2},
        {"x": 5e5, "low": 1e-4, "high": 2e-4},
    ]
    texts = [
        row["label"]
        for rows in spec["datasets"].values()
        for row in rows
        if "high" in row and "label" in row and "style" not in row
    ]
    assert texts == ["×100"]
