import pytest

from cnnfc.analysis.summary import NOT_RECORDED, Summary
from cnnfc.report.views import cells
from cnnfc.timeline.series import Reading
from cnnfc.units import scale_for
from testkit import histories as make


@pytest.fixture
def reading():
    def build(low=0.9, high=1.1, confidence=0.95, n=6, warnings=()):
        return Reading(
            make.run(), make.point("b"), Summary(1.0, low, high, confidence, n, warnings)
        )

    return build


def test_the_level_of_an_interval_is_named_and_the_least_of_several(reading):
    assert cells.interval_title([reading(confidence=0.96875)]) == "96.8% interval"
    assert cells.interval_title([reading(confidence=0.99), reading(confidence=0.957)]) == (
        "≥ 95% interval"
    )
    assert cells.interval_title([reading(None, None, None)]) == "interval"


def test_an_infinite_interval_is_none(reading):
    assert cells.interval_text(reading(float("-inf"), float("inf")), scale_for("s", [1])) == "–"


def test_an_unknown_n_is_no_zero(reading):
    assert cells.values(reading(n=0)).text == "–"
    cell = cells.measured_cell(reading(None, None, None, n=0), scale_for("s", [1.0]))
    assert cell.detail == "no interval, n not known"


def test_what_a_plain_asv_run_leaves_out_is_said_once(reading):
    plain = reading(warnings=("wide", NOT_RECORDED))
    shared, sentence = cells.doubts([plain, reading()])
    assert sentence == f"Some of them: {NOT_RECORDED}."
    assert cells.doubt(plain, shared) == "wide"


def test_a_sparkline_spans_its_box_and_ends_at_the_newest():
    spark = cells.sparkline([1.0, 2.0, 3.0], "three")
    assert spark.paths == ("M3.0 21.0L50.0 12.0L97.0 3.0",)
    assert spark.last == ("97.0", "3.0")


def test_a_sparkline_leaves_gaps_open_and_shows_single_values_as_dots():
    spark = cells.sparkline([1.0, None, 2.0, 2.0], "gap")
    assert len(spark.paths) == 2
    assert spark.paths[0].endswith("h0")


def test_noise_does_not_fill_a_sparkline():
    # 0.1% of difference in a box that is at least 2% high: 18 * 0.001 / 0.02
    spark = cells.sparkline([1.0, 1.001], "flat")
    assert spark.paths == ("M3.0 12.4L97.0 11.6",)


@pytest.mark.parametrize("values", [[], [1.0], [None, 1.0], [float("nan"), 1.0]])
def test_one_value_is_no_line(values):
    assert cells.sparkline(values, "") is None
