import math
import re
from dataclasses import replace
from datetime import date

import pytest

from cnnfc.errors import DataError
from cnnfc.gate.policy.waivers import Waiver, apply, read_waivers
from cnnfc.verdicts import BenchmarkResult, Effect, Verdict, WaiverUse

TODAY = date(2026, 6, 15)
WHOLE = """
[[waiver]]
pattern = 'dense\\.F\\.time_x\\[.*\\]'
largest_ratio = 1.08
reason = "Exact rounding."
expires = 2026-06-15
"""


@pytest.fixture
def read(tmp_path):
    path = tmp_path / "gate-waivers.toml"

    def parsed(text):
        path.write_text(text)
        return read_waivers(path, TODAY)

    return parsed


def slower(ratio=1.05, tail=None, name="dense.F.time_x", verdict=Verdict.REGRESSION, low=1.02):
    effect = Effect(ratio, low, ratio + 0.02, 0.95, 0.01, 12)
    return BenchmarkResult(
        name, ("'a'",), "time", "seconds", verdict, "It is slower.", 0.03, effect=effect, tail=tail
    )


def waiver(pattern=".*", ratio=1.08, *, expired=False):
    return Waiver(pattern, ratio, "why", date(2026, 7, 1), expired)


def test_no_file_means_no_waivers(tmp_path):
    assert read_waivers(tmp_path / "none.toml", TODAY) == ()


def test_a_waiver_holds_to_the_end_of_its_last_day(read):
    (found,) = read(WHOLE)
    assert found == Waiver(
        "dense\\.F\\.time_x\\[.*\\]", 1.08, "Exact rounding.", date(2026, 6, 15), expired=False
    )
    (found,) = read(WHOLE.replace("2026-06-15", "2026-06-14"))
    assert found.expired


@pytest.mark.parametrize("written", ['"2026-06-15"', "2026-06-15", "2026-06-15T10:00:00Z"])
def test_a_day_may_be_a_date_or_a_text(read, written):
    (found,) = read(WHOLE.replace("2026-06-15", written))
    assert found.expires == TODAY


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("2026-06-15", '"soon"', "expires must be a day such as 2027-03-31, not 'soon'"),
        ("2026-06-15", '"2026-13-01"', "expires must be a day"),
        ("2026-06-15", "20260615", "expires must be a day"),
        ("expires = 2026-06-15", "", "expires is missing: it must be a day such as"),
        ("1.08", "1.0", "largest_ratio must be a ratio above 1 (1.08 accepts 8% slower), not 1.0"),
        ("1.08", "nan", "largest_ratio must be"),
        ("1.08", "inf", "largest_ratio must be"),
        ("largest_ratio = 1.08", "", "largest_ratio is missing"),
        ('"Exact rounding."', '"  "', "reason must be a sentence that says why, not '  '"),
        ('reason = "Exact rounding."', "", "reason is missing"),
        ("'dense", "'(dense", "is not a regular expression"),
        ("'dense", "'[s-c]dense", "bad character range s-c"),
        ("reason", "because", "unknown key 'because'"),
        ("reason", "reasons", "unknown key 'reasons': did you mean 'reason'?"),
    ],
)
def test_a_waiver_that_cannot_be_is_refused_with_its_number(read, tmp_path, old, new, said):
    with pytest.raises(DataError, match=re.escape(said)) as error:
        read(WHOLE + WHOLE.replace(old, new))
    assert str(error.value).startswith(f"{tmp_path / 'gate-waivers.toml'}: waiver 2")


def test_a_file_of_something_else_is_refused(read):
    with pytest.raises(DataError, match="write \\[\\[waiver\\]\\] with two brackets"):
        read("[waiver]\nx = 1")
    with pytest.raises(DataError, match="unknown key 'waivers': did you mean 'waiver'"):
        read("[[waivers]]\nx = 1")
    with pytest.raises(DataError, match="cannot be read as TOML"):
        read("[[waiver")


def test_a_regression_up_to_the_bound_is_waived():
    results = (slower(1.08), slower(1.0801, name="conv.F.time_x"))
    (covered, beyond), uses = apply(results, [waiver()])
    assert covered.waived_by == ".*"
    assert not covered.fails
    assert beyond.fails
    assert beyond.reason == "It is slower. Its waiver accepts at most 8%."
    assert uses == (WaiverUse(".*", 1.08, "why", "2026-07-01", "used", ("dense.F.time_x[a]",)),)


def test_a_pattern_must_match_the_whole_id_or_be_it():
    assert apply([slower()], [waiver("dense")])[0][0].waived_by is None
    assert apply([slower()], [waiver("dense.*")])[0][0].waived_by == "dense.*"
    assert apply([slower()], [waiver("dense.F.time_x[a]")])[0][0].waived_by == "dense.F.time_x[a]"


def test_an_expired_waiver_covers_nothing_and_says_so():
    (result,), (use,) = apply([slower()], [waiver(expired=True)])
    assert result.fails
    assert result.reason == "It is slower. Its waiver expired after 2026-07-01."
    assert (use.state, use.benchmarks) == ("expired", ("dense.F.time_x[a]",))


def test_a_waiver_without_a_regression_is_unused():
    results = [slower(verdict=verdict) for verdict in Verdict if verdict != "regression"]
    judged, (use,) = apply(results, [waiver()])
    assert judged == tuple(results)
    assert (use.state, use.benchmarks) == ("unused", ())


def test_every_waiver_that_covers_is_used_and_the_first_is_named():
    (result,), uses = apply([slower()], [waiver(ratio=1.01), waiver("d.*"), waiver(".*x.*")])
    assert result.waived_by == "d.*"
    assert [use.state for use in uses] == ["unused", "used", "used"]


def test_a_regression_of_the_mean_alone_is_held_against_the_bound():
    tail = Effect(1.2, 1.05, 1.3, 0.95, 0.01, 12)
    by_tail = slower(1.01, tail, low=0.99)
    assert apply([by_tail], [waiver(ratio=1.08)])[0][0].fails
    assert not apply([by_tail], [waiver(ratio=1.25)])[0][0].fails
    # Typical calls are slower too: the scatter of the mean does not matter ...
    assert not apply([slower(1.05, tail)], [waiver(ratio=1.08)])[0][0].fails
    # ... unless it is certainly beyond the bound.
    far = replace(tail, low=1.1)
    assert apply([slower(1.05, far)], [waiver(ratio=1.08)])[0][0].fails


def test_a_regression_without_a_finite_ratio_is_not_waived():
    assert apply([replace(slower(), effect=None)], [waiver(ratio=100.0)])[0][0].fails
    assert apply([slower(math.inf)], [waiver(ratio=100.0)])[0][0].fails


def test_what_fails_because_it_is_quicker_is_not_waived():
    confirmed = Effect(0.8, 0.79, 0.81, 0.95, 0.01, 6)
    quicker = replace(slower(0.8, low=0.79), confirmed=confirmed)
    (result,), (use,) = apply([quicker], [waiver(ratio=1.5)])
    assert result.fails
    assert result.reason == "It is slower. Its waiver accepts slower calls, not quicker ones."
    assert use.state == "unused"
    alike = replace(slower(1.2), confirmed=replace(confirmed, ratio=1.2))
    assert not apply([alike], [waiver(ratio=1.5)])[0][0].fails
