"""Every chart is valid Vega-Lite, is drawn, and holds the numbers it was given."""

import json
import os
from pathlib import Path

import altair as alt
import pytest

from cnnfc.report import palette
from cnnfc.report.charts import history, ladders, multiples, rows, scatter
from cnnfc.report.charts.marks import Mark, Value
from cnnfc.report.svg import render

GOLDEN = Path(__file__).parent.parent / "golden"
COMMITS = ["11111111|2026-03-01", "22222222|2026-03-02", "33333333|2026-03-03"]
STYLES = [palette.series_style(n, f"series {n}") for n in range(2)]
LINES = [
    history.Line(STYLES[0], (Value(1.0, 0.9, 1.1, "one"), None, Value(1.2, None, None, "three"))),
    history.Line(STYLES[1], (Value(2.0, 1.9, 2.1, "uno"), Value(2.1, 2.0, 2.2, "due"), None)),
]
PANELS = [history.Panel("CPU, 1 thread", tuple(LINES), ((1.0, None, 1.1),)), history.Panel("B", ())]
MARKS = [
    Mark(palette.CONV, "conv2d.3-64.k3.hw32", 1792.0, Value(2e-4, 1e-4, 3e-4, "a")),
    Mark(palette.DENSE, "dense.1024-512", 524800.0, Value(4e-4, None, None, "b")),
    Mark(palette.CONV, "conv2d.64-64.k3.hw14", 36928.0, Value(5e-2, 4e-2, 6e-2, "c")),
]
PAIRS = [("dense.1024-512", Value(4e-2, None, None, "first"), Value(2e-4, 1e-4, 3e-4, "warm"))]
TWO = (STYLES[0], STYLES[1])
BARS = [scatter.Bar(1792.0, 1e-4, 1e-2, "×100"), scatter.Bar(36928.0, 1e-3, 2e-3)]
FLOOR = scatter.Floor(9e-5, "overhead ≤ 90 µs")
PARTS = [
    multiples.Panel("batch 1", tuple(MARKS), ((1792.0, 1e-4), (524800.0, 1e-3))),
    multiples.Panel("batch 8", (MARKS[0],)),
]
RUNGS = [
    ladders.Panel("Batch size", (ladders.Line(tuple(MARKS), "1.79 k: ×250"),)),
    ladders.Panel("Groups", (ladders.Line((MARKS[0],), "1.79 k: ×1.00"),)),
]

CHARTS = {
    "history": lambda c: history.history(LINES, COMMITS, "seconds", "Time", compact=c),
    "relative": lambda c: history.relative_history(PANELS, COMMITS, "Relative", compact=c),
    "one panel": lambda c: history.relative_history(PANELS[:1], COMMITS, "Relative", compact=c),
    "dots": lambda c: rows.dots(MARKS, "seconds", "Time", compact=c),
    "strips": lambda c: rows.strips(MARKS, [1e-4, 1e-1], "seconds", "Time", compact=c),
    "first call": lambda c: rows.first_call(PAIRS, TWO, compact=c),
    "parameters": lambda c: scatter.parameters(MARKS, BARS, floor=FLOOR, compact=c),
    "plain parameters": lambda c: scatter.parameters(MARKS, [], compact=c),
    "roofline": lambda c: scatter.roofline_bound(MARKS, MARKS, floor=FLOOR, compact=c),
    "multiples": lambda c: multiples.multiples(PARTS, shadow=True, compact=c),
    "ladders": lambda c: ladders.ladders(RUNGS, compact=c),
}


@pytest.mark.parametrize("compact", [False, True])
@pytest.mark.parametrize("name", CHARTS)
def test_a_specification_is_valid_and_fetches_nothing(name, compact):
    spec = CHARTS[name](compact)
    alt.Chart.from_dict(spec, validate=True)
    assert "url" not in json.dumps(spec).replace("https://vega.github.io/schema", "")


@pytest.mark.parametrize("compact", [False, True])
@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_says_what_each_mark_is(name, compact):
    spec = CHARTS[name](compact)
    svg = render(spec, "x", name)
    hovers = {
        row["hover"] for data in spec["datasets"].values() for row in data if row.get("hover")
    }
    assert hovers
    assert all(f"<title>{hover}</title>" in svg for hover in hovers)


def test_a_gap_stays_a_gap():
    """Two points apart are no line: the path has two starts and no stroke between them."""
    svg = render(history.history(LINES[:1], COMMITS, "seconds", "Time", compact=False), "x", "gap")
    (line,) = [part for part in svg.split("<path ") if 'stroke-width="1.75"' in part]
    path = line.split('d="', 1)[1].split('"', 1)[0]
    assert path.count("M") == 2


def test_two_plots_side_by_side_give_every_latency_the_same_height():
    bounds = [Mark(mark.style, mark.label, mark.x * 1e-9, mark.y) for mark in MARKS[:2]]
    one = scatter.parameters(MARKS, [], compact=False)
    other = scatter.roofline_bound(bounds, MARKS, compact=False)
    for key in ("width", "height", "padding", "autosize"):
        assert one[key] == other[key]
    vertical = [spec["layer"][-1]["encoding"]["y"]["scale"] for spec in (one, other)]
    assert vertical[0] == vertical[1]


def test_hiding_a_family_recolours_none_of_the_others():
    def colours(marks):
        scale = scatter.parameters(marks, [], compact=False)["layer"][-1]["encoding"]["color"][
            "scale"
        ]
        return dict(zip(scale["domain"], scale["range"], strict=True))

    assert colours(MARKS)["conv"] == colours(MARKS[:1])["conv"] == "var(--blue)"


def test_a_name_of_a_stranger_is_data_and_never_an_expression():
    evil = "datum.x + alert(1)"
    style = palette.series_style(0, evil)
    lines = [history.Line(style, (Value(1.0, 0.9, 1.1, evil),) * 3)] * 2
    spec = history.history(lines, COMMITS, "seconds", evil, compact=False)

    def expressions(value):
        if isinstance(value, dict):
            for key, item in value.items():
                if key in ("expr", "labelExpr", "calculate", "filter", "signal", "test"):
                    yield json.dumps(item)
                yield from expressions(item)
        elif isinstance(value, list):
            for item in value:
                yield from expressions(item)

    assert not [text for text in expressions(spec) if "alert" in text]


def test_parameters_against_latency_is_drawn_as_agreed():
    """The whole specification of the signature chart; CNNFC_UPDATE_GOLDEN=1 rewrites it."""
    spec = scatter.parameters(MARKS[:2], BARS[:1], floor=FLOOR, compact=True)
    # The schema's address holds the version of Vega-Lite.
    spec = {key: value for key, value in spec.items() if key != "$schema"}
    path = GOLDEN / "parameters.json"
    text = json.dumps(spec, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    if os.environ.get("CNNFC_UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert json.loads(path.read_text(encoding="utf-8")) == json.loads(text)
