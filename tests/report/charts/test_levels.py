import altair as alt
import pytest

from cnnfc.report import palette
from cnnfc.report.charts import history
from cnnfc.report.charts.axes import value_axis
from cnnfc.report.charts.frame import Frame
from cnnfc.report.charts.interactive import interactive
from cnnfc.report.charts.levels import Event, Level, Turn, event_layers, level_layers, turn_layers
from cnnfc.report.charts.marks import Value
from cnnfc.report.svg import render
from cnnfc.timeline.causes import Cause

COMMITS = [f"{n:08x}|2026-03-{n:02d}" for n in range(1, 11)]
STYLE = palette.series_style(0, "one")
CODE = palette.CAUSES[Cause.CODE]
TURN = Turn(CODE, 5, 1.0, 1.5, recovered=False, label="+50.0% code", hover="why")


def _frame(end="", commits=COMMITS, log=False):
    axis = value_axis([1.0, 2.0], "seconds", log=log)
    return Frame(commits, end, axis, [STYLE], 900, 300, compact=False)


def _rows(frame, chart):
    return frame.data.finish(chart + chart)["datasets"][chart.data.name]


def test_a_level_is_drawn_from_its_first_commit_to_its_last():
    frame = _frame()
    band, line = level_layers(frame, [(STYLE, [Level(2, 6, 1.5, 1.4, 1.6)])], None)
    rows = _rows(frame, line)
    assert [row["commit"] for row in rows] == [COMMITS[2], COMMITS[6]]
    assert {(row["low"], row["centre"], row["high"]) for row in rows} == {(1.4, 1.5, 1.6)}
    assert band.data.name == line.data.name


@pytest.mark.parametrize("log", [False, True])
def test_an_infinite_interval_reaches_to_the_edges_and_no_further(log):
    frame = _frame(log=log)
    _, line = level_layers(frame, [(STYLE, [Level(0, 9, 1.5, -float("inf"), float("inf"))])], None)
    low, high = frame.axis.low, frame.axis.high
    assert {(row["low"], row["high"]) for row in _rows(frame, line)} == {(low, high)}


@pytest.mark.parametrize("log", [False, True])
def test_a_pixel_and_its_value_belong_together(log):
    frame = _frame(log=log)
    assert frame.down(frame.axis.high) == 0
    assert frame.down(frame.axis.low) == 300
    assert frame.value(frame.down(1.3)) == pytest.approx(1.3)


def test_every_mark_has_its_commit_where_the_labels_are_placed():
    # Left alone, the scale is one of bands for rules, and of points for other marks.
    frame = _frame()
    scale = frame.x().to_dict()["scale"]
    assert (scale["type"], scale["padding"]) == ("point", 0.5)
    count = len(scale["domain"])
    assert frame.left(0) == pytest.approx(frame.width / (count - 1 + 2 * scale["padding"]) / 2)


def test_a_riser_stands_half_a_commit_before_the_first_one_of_its_level():
    frame = _frame()
    riser, mark, *_ = turn_layers(frame, [(STYLE, TURN)])
    (row,) = _rows(frame, riser)
    assert (row["commit"], row["before"], row["after"]) == (COMMITS[5], 1.0, 1.5)
    assert row["middle"] == pytest.approx(1.25)
    # It is hidden with its series.
    assert row["style"] == "one"
    assert riser.mark.xOffset == -45
    assert (mark.mark.shape, mark.mark.color) == (CODE.shape, CODE.colour)


def test_a_change_that_is_gone_is_hollow():
    frame = _frame()
    gone = Turn(CODE, 5, 1.0, 1.5, recovered=True, label="", hover="")
    _, mark, *_ = turn_layers(frame, [(STYLE, gone)])
    assert (mark.mark.color, mark.mark.stroke) == ("var(--surface)", CODE.colour)


def test_labels_that_would_cover_others_or_leave_the_chart_are_left_out():
    frame = _frame()

    def texts(*turns):
        layers = turn_layers(frame, [(STYLE, turn) for turn in turns])
        return [
            row["label"]
            for layer in layers
            if layer.mark.type == "text"
            for row in _rows(frame, layer)
        ]

    def turn(place, label, level=1.0):
        return Turn(CODE, place, level, level * 1.1, False, label, "")

    assert texts(turn(2, "first"), turn(2, "second")) == ["first"]
    assert texts(turn(2, "first"), turn(2, "second", 1.5)) == ["first", "second"]
    assert texts(turn(5, "x" * 200)) == []
    # On the right the text stands to the left of its mark.
    assert texts(turn(9, "at the end")) == ["at the end"]


@pytest.mark.parametrize(
    ("place", "after", "above"),
    [(2, 1.5, False), (2, 0.9, True), (9, 1.5, True), (9, 0.9, False)],
)
def test_a_label_stands_on_the_side_of_its_mark_where_no_level_is(place, after, above):
    """On the left there is the level before the step, on the right the one after it."""
    frame = _frame()
    turn = Turn(CODE, place, 1.2, after, recovered=False, label="x", hover="")
    riser, *_, label = turn_layers(frame, [(STYLE, turn)])
    assert label.mark.align == ("right" if place == 9 else "left")
    assert (_rows(frame, label)[0]["y"] > _rows(frame, riser)[0]["middle"]) is above


def test_an_event_is_a_line_from_top_to_bottom_with_a_label():
    frame = _frame()
    rule, mark, text = event_layers(frame, [Event(3, "torch 2.13.0", "torch 2.12.0 before")])
    (row,) = _rows(frame, rule)
    assert row["commit"] == COMMITS[3]
    assert row["y"] == frame.axis.high
    assert "y" not in rule.to_dict()["encoding"]
    assert _rows(frame, text)[0]["label"] == "torch 2.13.0"
    assert mark.mark.shape == "triangle-down"


def test_nothing_to_draw_is_no_layer():
    frame = _frame()
    assert level_layers(frame, [(STYLE, [])], None) == []
    assert turn_layers(frame, []) == []
    assert event_layers(frame, []) == []


@pytest.mark.parametrize("count", [1, 2, 10, 400])
def test_the_end_of_the_axis_and_the_newest_commit_have_room_for_their_labels(count):
    commits = [f"{n:08x}|2026-03-01" for n in range(count)]
    frame = _frame("now|2026-03-10", commits)
    channel = frame.x().to_dict()
    domain = channel["scale"]["domain"]
    assert domain[: len(commits)] == commits
    assert domain[-1] == "now|2026-03-10"
    assert len(set(domain)) == len(domain)
    assert (len(domain) - count) * frame.slot >= 72
    assert channel["axis"]["values"][:2] == ["now|2026-03-10", commits[-1]]


def test_an_axis_without_an_end_has_commits_alone():
    assert _frame().x().to_dict()["scale"]["domain"] == COMMITS
    assert _frame().slot == 90


def test_levels_are_drawn_into_a_history_and_the_thin_line_steps_back():
    values = tuple(Value(1.0 if n < 5 else 1.5) for n in range(10))
    levels = (Level(0, 4, 1.0, 0.9, 1.1), Level(5, 9, 1.5, 1.4, 1.6))
    lines = [history.Line(STYLE, values, levels, (TURN,))]
    spec = history.history(
        lines, COMMITS, "seconds", "Time", compact=False, end="now|2026-03-11",
        events=[Event(3, "torch 2.13.0", "torch")],
    )  # fmt: skip
    alt.Chart.from_dict(spec, validate=True)
    assert interactive(spec, "levels").spans.keys() == {"x", "y"}
    svg = render(spec, "x", "levels")
    for text in ("why", "torch", "+50.0% code", "torch 2.13.0", "now"):
        assert f">{text}</" in svg
    assert svg.count('stroke-width="2.5"') == 2
    assert 'stroke-width="1.75"' not in svg
