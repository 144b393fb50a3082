from dataclasses import replace
from datetime import UTC, datetime, timedelta

import altair as alt
import pytest

from cnnfc.report import palette
from cnnfc.report.charts.steps import MOST_INTERVALS, Step, Strip, strips
from cnnfc.report.svg import render
from cnnfc.timeline.causes import Cause

NOW = datetime(2026, 11, 21, tzinfo=UTC)
STEP = Step(
    cause=palette.CAUSES[Cause.CODE],
    when=NOW - timedelta(days=10),
    earliest=NOW - timedelta(days=12),
    latest=NOW - timedelta(days=9),
    worse=1.5,
    low=1.4,
    high=1.6,
    recovered=False,
    hover="what and why",
)
RUNS = tuple(NOW - timedelta(days=n) for n in range(40, 0, -2))


def _marks(spec):
    """Rows of changes, the lowest picture first as they are drawn."""
    return next(data for data in spec["datasets"].values() if data and "hover" in data[0])


def _strips(*many, compact=False):
    return strips(
        [Strip("oak", "1 worse", tuple(steps), RUNS) for steps in many], NOW, compact=compact
    )


def test_worse_is_up_better_is_down_and_as_far():
    up, down = _marks(_strips([STEP, replace(STEP, worse=1 / 1.5, low=1 / 1.6, high=1 / 1.4)]))
    middle = (up["y"] + down["y"]) / 2
    # The title takes 36 pixels, the strip 96.
    assert middle == pytest.approx(36 + 48)
    assert up["y"] < middle < down["y"]
    assert up["high"] < up["y"] < up["low"]


def test_a_small_change_can_be_seen_beside_a_large_one():
    small, large = _marks(_strips([replace(STEP, worse=1.05), replace(STEP, worse=5.0)]))
    assert 36 < large["y"] < small["y"] < 84 - 6


@pytest.mark.parametrize("factor", [1e-300, 1e300, float("inf"), 1.0])
def test_no_change_leaves_its_strip(factor):
    (row,) = _marks(_strips([replace(STEP, worse=factor, low=0.0, high=float("inf"))]))
    assert all(36 <= row[name] <= 36 + 96 for name in ("y", "low", "high"))


def test_strips_stand_below_each_other():
    first, second = _marks(_strips([STEP], [STEP]))
    assert second["y"] - first["y"] == 36 + 96


def test_what_is_gone_has_a_hole_of_its_own_shape():
    spec = _strips([STEP, replace(STEP, recovered=True)])
    holes = [
        layer["mark"] for layer in spec["layer"] if layer["mark"].get("color") == "var(--surface)"
    ]
    assert [mark["shape"] for mark in holes] == ["circle"]


def test_marks_in_one_place_are_counted():
    elsewhere = replace(STEP, when=NOW - timedelta(days=1))
    better = replace(STEP, worse=0.5)
    spec = _strips([STEP, replace(STEP, worse=1.4), STEP, better, elsewhere])
    (counts,) = [data for data in spec["datasets"].values() if data and "count" in data[0]]
    assert [row["count"] for row in counts] == ["3"]
    marks = _marks(spec)
    assert min(row["y"] for row in marks) <= counts[0]["y"] <= marks[1]["y"]


def test_many_changes_have_no_intervals_that_cover_each_other():
    def layers(count):
        return len(_strips([STEP] * count)["layer"])

    assert layers(MOST_INTERVALS) - layers(MOST_INTERVALS + 1) == 2
    assert layers(2) == layers(MOST_INTERVALS)


def test_only_causes_that_occur_are_in_the_legend_with_colours_of_their_own():
    machine = replace(STEP, cause=palette.CAUSES[Cause.MACHINE])
    layers = _strips([machine])["layer"]
    scale = next(
        one["encoding"]["color"]["scale"] for one in reversed(layers) if "color" in one["encoding"]
    )
    assert scale == {"domain": ["machine"], "range": ["var(--blue)"]}


def test_commits_in_one_pixel_are_one_tick():
    crowd = tuple(NOW - timedelta(days=40) + timedelta(seconds=n) for n in range(500))
    spec = strips([Strip("oak", "", (STEP,), crowd)], NOW, compact=False)
    ticks = next(
        data for data in spec["datasets"].values() if data and set(data[0]) == {"x", "y", "y2"}
    )
    assert len(ticks) <= 2


@pytest.mark.parametrize("compact", [False, True])
def test_a_machine_without_a_change_has_a_strip_that_says_so(compact):
    spec = strips(
        [Strip("oak", "1 worse", (STEP,), RUNS), Strip("elm", "no change in 7 series", (), ())],
        NOW,
        compact=compact,
    )
    alt.Chart.from_dict(spec, validate=True)
    svg = render(spec, "x", "steps")
    for text in ("oak", "elm", "no change in 7 series", "what and why", "now", "code"):
        assert f">{text}</" in svg
