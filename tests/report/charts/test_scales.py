import json

import pytest

from cnnfc.report.charts.axes import Axis, commit_axis, ratio_axis, value_axis
from cnnfc.report.charts.scales import commit_span, value_span


def _span(axis):
    return value_span(axis.scale.to_dict(), axis.axis().to_dict())


def test_an_axis_keeps_its_ends_ticks_and_texts():
    axis = value_axis([1e-6, 1e-2], "seconds")
    span = _span(axis)
    assert (span.low, span.high, span.log) == (axis.low, axis.high, True)
    assert (span.ticks, span.texts) == (axis.ticks, axis.labels)


@pytest.mark.parametrize(
    ("values", "unit", "scales"),
    [
        ([1e-6, 1e-2], "seconds", ((1e-6, "", " µs"), (1e-3, "", " ms"))),
        ([1.00e-3, 1.10e-3], "seconds", ((1e-3, "", " ms"),)),
        ([298 * 2**20, 306 * 2**20], "bytes", ((2.0**20, "", " MiB"),)),
        # Powers of ten, written in powers of 1024: 9.54 MiB is still so many MiB.
        ([1e5, 1e9], "bytes", ((2.0**10, "", " KiB"), (2.0**20, "", " MiB"))),
        ([2e9, 9e9], "flop/s", ((1e9, "", " GFLOP/s"),)),
        ([100.0, 5e6], "parameters", ((1.0, "", ""), (1e3, "", " k"), (1e6, "", " M"))),
        ([1.0, 2.0, 30.0], "'); alert(1); ('", ((1.0, "", ""),)),
        ([-2.0, 2.0], "", ((1.0, "", ""),)),
    ],
)
def test_how_numbers_are_written_is_found_in_the_texts_of_the_ticks(values, unit, scales):
    assert _span(value_axis(values, unit)).scales == scales


def test_percentages_and_factors_keep_what_stands_around_their_numbers():
    shares = Axis(0.0, 1.1, False, (0.0, 0.25, 0.5), ("0%", "25%", "50%"))
    assert _span(shares).scales == ((0.01, "", "%"),)
    factors = Axis(0.9, 9.0, True, (1.0, 2.0, 4.0), ("×1", "×2", "×4"))
    assert _span(factors).scales == ((1.0, "×", ""),)


def test_changes_and_dates_are_written_in_words():
    assert _span(ratio_axis([0.8, 1.2])).words == "ratio"
    days = Axis(0.0, 400.0, False, (31.0, 365.0, 399.0), ("1970-02", "1971", "now"))
    assert _span(days).words == "days"
    # The same texts at other places are no dates.
    numbers = Axis(0.0, 3000.0, False, (1970.0, 1971.0), ("1970", "1971"))
    assert (_span(numbers).words, _span(numbers).scales) == ("", ((1.0, "", ""),))


def test_texts_that_have_nothing_in_common_are_kept_as_they_are():
    odd = Axis(0.0, 3.0, False, (1.0, 2.0), ("one", "two"))
    assert (_span(odd).scales, _span(odd).words) == ((), "")


@pytest.mark.parametrize(
    ("scale", "axis"),
    [
        ({"domain": [0, 1]}, {}),
        ({"domain": [0, 1]}, {"labelExpr": "datum.label"}),
        ({"domain": [1, 0]}, {"labelExpr": '["a"][indexof([1], datum.value)]'}),
        ({"domain": [0, 1], "type": "log"}, {"labelExpr": '["a"][indexof([1], datum.value)]'}),
        ({"domain": ["a", "b"]}, {"labelExpr": '["a"][indexof([1], datum.value)]'}),
        ({}, {"labelExpr": '["a"][indexof([1], datum.value)]'}),
    ],
)
def test_an_axis_that_is_not_ours_stays_as_it_is(scale, axis):
    assert value_span(scale, axis) is None
    assert commit_span(scale, axis, banded=False) is None


def test_commits_stand_at_whole_numbers_with_as_much_room_as_they_were_drawn_with():
    names = ["11111111|2026-03-01", "22222222|2026-03-02", "33333333|2026-03-03", "1", "now|today"]
    axis = commit_axis(names[:3], 2, names[-1])
    scale = {"domain": names, "padding": 0.5}
    span = commit_span(scale, axis.to_dict(), banded=False)
    assert (span.low, span.high) == (-0.5, 4.5)
    # Half of a step is band, so a band of 1/4 to both sides of a commit, and 1/2 around it all.
    wider = commit_span(scale, axis.to_dict(), banded=True)
    assert (wider.low, wider.high) == (-0.75, 4.75)
    assert commit_span({"domain": names}, axis.to_dict(), banded=True) is None
    assert span.ticks == (0.0, 2.0, 4.0)
    assert span.texts == (["11111111", "2026-03-01"], ["33333333", "2026-03-03"], ["now", "today"])
    assert json.loads(json.dumps(span.names)) == names
