"""Every chart is valid Vega-Lite once it can be moved, and at first looks as it was drawn."""

import json
import re

import altair as alt
import pytest

from cnnfc.report import palette
from cnnfc.report.charts import history, rows, scatter
from cnnfc.report.charts.interactive import interactive
from cnnfc.report.charts.marks import Mark, Value
from cnnfc.report.svg import render

COMMITS = ["11111111|2026-03-01", "22222222|2026-03-02", "33333333|2026-03-03"]
STYLES = [palette.series_style(n, f"series {n}") for n in range(2)]
LINES = [
    history.Line(STYLES[0], (Value(1.0, 0.9, 1.1, "one"), None, Value(1.2, None, None, "three"))),
    history.Line(STYLES[1], (Value(2.0, 1.9, 2.1, "uno"), Value(2.1, 2.0, 2.2, "due"), None)),
]
PANELS = [history.Panel(name, tuple(LINES), ((1.0, None, 1.1),)) for name in ("CPU", "GPU")]
MARKS = [
    Mark(palette.CONV, "conv2d.3-64.k3.hw32", 1792.0, Value(2e-4, 1e-4, 3e-4, "a")),
    Mark(palette.DENSE, "dense.1024-512", 524800.0, Value(4e-4, None, None, "b")),
    Mark(palette.CONV, "conv2d.64-64.k3.hw14", 36928.0, Value(5e-2, 4e-2, 6e-2, "c")),
]
CHARTS = {
    "history": lambda c: history.history(LINES, COMMITS, "seconds", "Time", compact=c),
    "history until now": lambda c: history.history(
        LINES, COMMITS, "seconds", "Time", compact=c, end="now|2026-03-09"
    ),
    "relative": lambda c: history.relative_history(PANELS, COMMITS, "Relative", compact=c),
    "dots": lambda c: rows.dots(MARKS, "seconds", "Time", compact=c),
    "strips": lambda c: rows.strips(MARKS, [1e-4, 1e-1], "seconds", "Time", compact=c),
    "parameters": lambda c: scatter.parameters(MARKS, [scatter.Bar(1792.0, 1e-4, 1e-2)], compact=c),
}


def _whole(chart):
    return {**chart.spec, "datasets": chart.rows}


def _shapes(svg):
    """Texts, and the places of everything in pixels."""
    texts = re.findall(r"<t(?:ext|span)[^>]*>([^<]+)<", svg)
    places = re.findall(r'transform="translate\(([-0-9.]+),([-0-9.]+)\)"', svg)
    return texts, [float(end) for place in places for end in place]


@pytest.mark.parametrize("compact", [False, True])
@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_is_valid_and_drawn_as_before(name, compact):
    spec = CHARTS[name](compact)
    whole = _whole(interactive(spec, "what it shows"))
    alt.Chart.from_dict(whole, validate=True)
    # In the font of the drawing, which is as wide here as there.
    whole["config"] = spec["config"]
    (texts, places), (others, after) = (_shapes(render(one, "x", name)) for one in (spec, whole))
    assert texts == others
    # Ticks of numbers stand on whole pixels.
    assert places == pytest.approx(after, abs=0.6)


def test_the_specification_itself_is_left_as_it_is():
    spec = CHARTS["history"](False)
    before = json.dumps(spec)
    interactive(spec, "what it shows")
    assert json.dumps(spec) == before


def test_what_pointing_says_is_what_the_drawing_says():
    chart = interactive(CHARTS["parameters"](False), "what it shows")
    said = [
        unit["encoding"]["tooltip"]["field"]
        for unit in chart.spec["layer"]
        if "tooltip" in unit["encoding"]
    ]
    assert said == ["hover"]
    assert all(unit["mark"]["aria"] is False for unit in chart.spec["layer"])
    assert chart.spec["description"] == "what it shows"


def test_a_hidden_series_is_gone_and_no_other_changes_its_colour():
    chart = interactive(CHARTS["parameters"](False), "")
    assert chart.series == ("dense", "conv")
    whole = _whole(chart)
    for parameter in whole["params"]:
        if parameter["name"] == "hidden":
            parameter["value"] = ["dense"]
    svg = render(whole, "x", "")
    assert svg.count("var(--blue)") > 2
    # The legend keeps its entry, with a fill and a stroke, and no mark is left.
    shown = render(_whole(interactive(CHARTS["parameters"](False), "")), "x", "")
    assert shown.count("var(--vermillion)") > svg.count("var(--vermillion)") == 2


@pytest.mark.parametrize(
    ("name", "moved"),
    [("history", "xy"), ("relative", "xy"), ("parameters", "xy"), ("dots", "x"), ("strips", "x")],
)
def test_axes_with_numbers_or_commits_can_be_moved(name, moved):
    assert "".join(interactive(CHARTS[name](False), "").spans) == moved


def _zoomed(chart, **values):
    whole = _whole(chart)
    whole["params"] = [{**p, "value": values.get(p["name"], p["value"])} for p in whole["params"]]
    return render(whole, "x", "")


def test_a_chart_that_is_zoomed_into_shows_what_is_inside_with_the_ticks_it_is_given():
    chart = interactive(CHARTS["parameters"](False), "")
    svg = _zoomed(
        chart,
        zoomed=True,
        y_from=1e-4,
        y_to=5e-4,
        y_ticks=[2e-4, 4e-4],
        y_texts=["200 µs", "400 µs"],
    )
    texts, _ = _shapes(svg)
    assert "200 µs" in texts
    assert "10 ms" not in texts
    assert "clip-path" in svg
    assert "clip-path" not in render(_whole(chart), "x", "")


def test_commits_are_places_so_that_they_can_be_zoomed_into():
    chart = interactive(CHARTS["history"](False), "")
    commits = {row["commit"] for rows in chart.rows.values() for row in rows if "commit" in row}
    assert commits == {0, 1, 2}
    svg = _zoomed(
        chart, zoomed=True, x_from=0.5, x_to=2.5, x_ticks=[2], x_texts=[["33333333", "2026-03-03"]]
    )
    texts, _ = _shapes(svg)
    assert "33333333" in texts
    assert "11111111" not in texts


def test_names_of_strangers_are_data_and_never_expressions():
    evil = "'] + alert(1) + ['"
    style = palette.series_style(0, evil)
    lines = [history.Line(style, (Value(1.0, 0.9, 1.1, evil),) * 3)] * 2
    commits = [f"{evil}{n}|2026-03-01" for n in range(3)]
    chart = interactive(history.history(lines, commits, evil, evil, compact=False), evil)

    def expressions(value):
        if isinstance(value, dict):
            for key, item in value.items():
                if key in ("expr", "labelExpr", "calculate", "filter", "signal", "test"):
                    yield json.dumps(item)
                yield from expressions(item)
        elif isinstance(value, list):
            for item in value:
                yield from expressions(item)

    found = list(expressions(chart.spec))
    assert found
    assert not [text for text in found if "alert" in text]


def test_a_chart_of_nothing_stands():
    chart = interactive(history.history([], [], "seconds", "Time", compact=False), "nothing")
    assert chart.series == ()
    render(_whole(chart), "x", "nothing")
