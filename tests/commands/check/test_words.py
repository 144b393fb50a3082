from datetime import UTC, datetime

import pytest

from cnnfc.analysis.against_history import judge
from cnnfc.commands.check.items import Item
from cnnfc.commands.check.plan import Plan
from cnnfc.commands.check.results import Checked, Result
from cnnfc.commands.check.state import Difference
from cnnfc.commands.check.words import as_data, headline, lines, sentence
from cnnfc.harness.suite import Point
from cnnfc.timeline.series import as_layer
from testkit import check_fakes as fakes
from testkit import histories as make

#: Nine runs around 12.6 GB/s whose logarithms have a standard deviation of 3%, about.
COPIES = [12.6e9 * factor for factor in (0.96, 0.97, 0.98, 0.99, 1.0, 1.01, 1.02, 1.03, 1.04)]
TIMES = [2e-3 * factor for factor in (0.99, 0.99, 1.0, 1.01, 1.01)]


def item(benchmark=make.COPY, case="copy.x4llc", device="cpu-1"):
    point = Point(benchmark, (repr(case), repr(device)))
    return Item(point, as_layer(benchmark, (case, device)), make.info(benchmark))


def copy(fresh, first=None, past=COPIES):
    def judged(value):
        return judge(value, past, level=0.01, higher_is_better=True)

    return Result(item(), judged(fresh), None if first is None else judged(first))


def layer(fresh, past=TIMES):
    return Result(item(make.DENSE, "dense.1024-512"), judge(fresh, past, level=0.01))


def checked(*results, differences=(), why_not="", **fields):
    plan = Plan(None, fakes.OAK, records=(fakes.record(),), why_not=why_not)
    return Checked(plan, tuple(results), differences, **fields)


def test_a_slower_rate_is_under_its_median():
    # Student's t with 8 degrees of freedom is above 2.896 with 1%.
    assert sentence(copy(11.0e9, first=11.1e9)) == (
        "memory copy copy.x4llc on cpu-1: 11 GB/s, 13% under the median of the last 9 runs "
        "(12.6 GB/s), beyond the 8.1% that their spread of 2.7% explains; 12% under it at first"
    )


def test_a_slower_time_is_over_its_median():
    assert sentence(layer(3e-3)) == (
        "dense.1024-512 on cpu-1: 3 ms, 50% over the median of the last 5 runs (2 ms), beyond the "
        "4.2% that their spread of 1.0% explains"
    )


def test_of_what_is_as_before_it_is_said_what_would_have_been_called():
    assert sentence(layer(2e-3)) == (
        "dense.1024-512 on cpu-1: 2 ms, at the median of the last 5 runs (2 ms); 4.2% over would "
        "have been called"
    )


def test_a_suspicion_that_passed_is_told():
    assert sentence(copy(12.7e9, first=11.0e9)).endswith(
        "0.8% over the median of the last 9 runs (12.6 GB/s); 8.1% under would have been "
        "called; 13% under it at first, which did not come again"
    )


def test_where_nothing_can_be_told_the_runs_that_are_missing_are():
    wide = [1e-3, 1.05e-3, 1.1025e-3]
    # Student's t at 1% with 2, 3 and 4 degrees of freedom: 6.965, 4.541 and 3.747.
    assert sentence(layer(1.05e-3, wide)) == (
        "dense.1024-512 on cpu-1: 1.05 ms, at the median of the last 3 runs (1.05 ms); their "
        "spread of 4.9% explains up to 48%; 5 runs would tell 25%"
    )


def test_where_no_number_of_runs_tells_anything_that_is_said():
    wild = [1e-3, 2e-3, 4e-3]
    assert sentence(layer(2e-3, wild)).endswith("and no number of runs would tell 25%")


def test_the_first_line_is_the_answer():
    good, unknown = layer(2e-3), Result(item(), why_not="no run of this machine has measured it")
    assert (
        headline(checked(good)) == "oak-1-2c-8gb is as in its history: 1 thing judged, none slower"
    )
    assert headline(checked(good, unknown)).endswith("none slower, 1 could not be judged")
    assert headline(checked(unknown, why_not="there is no history")) == (
        "Nothing could be judged: there is no history"
    )
    assert headline(checked(unknown)).startswith("Nothing could be judged: no value or no history")


def test_the_first_line_of_a_slower_machine_names_the_worst_thing_and_the_clock():
    clock = Difference("CPU frequency", "2.1 GHz", "3.4 GHz", is_clock=True)
    kernel = Difference("kernel", "6.2", "6.1")
    text = headline(checked(copy(11.0e9), layer(3e-3), differences=(clock, kernel)))
    assert text.startswith("oak-1-2c-8gb is SLOWER than in its history: memory copy copy.x4llc on")
    assert text.endswith(
        "explains; CPU frequency 2.1 GHz instead of 3.4 GHz; and 1 more thing below"
    )
    assert "kernel" not in text


def test_everything_has_its_place():
    wide = [1e-3, 1.1e-3, 1.21e-3]
    missing = [Result(item(device=name), why_not="no run has it") for name in ("cpu-2", "cpu-4")]
    found = checked(
        copy(11.0e9),
        layer(2e-3),
        layer(1.1e-3, wide),
        *missing,
        differences=(Difference("kernel", "6.2", "6.1"),),
        level=0.0025,
        notes=("this is a note",),
    )
    text = "\n".join(lines(found)).splitlines()
    assert [line.split(":")[0] for line in text] == [
        "oak-1-2c-8gb is SLOWER than in its history",
        "",
        "  slower      memory copy copy.x4llc on cpu-1",
        "  as before   dense.1024-512 on cpu-1",
        "",
        "Different from the run of 2026-03-01 12",
        "  kernel 6.2 instead of 6.1",
        "",
        "Not judged",
        "  dense.1024-512 on cpu-1",
        "  memory copy copy.x4llc on cpu-2, memory copy copy.x4llc on cpu-4",
        "",
        "This is a note.",
        text[-1],
    ]
    assert text[-1] == (
        "Of checks on a machine that behaves as in its history, at most 1% call anything slower "
        "(3 things, 0.25% each); what looks slower is measured twice."
    )


def test_nothing_that_a_file_says_can_hide_in_the_terminal():
    text = "\n".join(lines(checked(layer(2e-3), differences=(Difference("\x1b[31m", "b", "c"),))))
    assert "\x1b" not in text


@pytest.mark.parametrize(
    ("results", "verdict", "code"),
    [
        ((copy(11.0e9), layer(2e-3)), "slower", 4),
        ((copy(12.6e9), layer(1e-3)), "as before", 0),
        ((layer(1.1e-3, [1e-3, 1.1e-3, 1.21e-3]),), "nothing judged", 5),
        ((), "nothing judged", 5),
    ],
)
def test_the_verdict_and_the_exit_code_belong_together(results, verdict, code):
    data = as_data(checked(*results), datetime(2026, 3, 1, tzinfo=UTC))
    assert (data["verdict"], data["exit_code"]) == (verdict, code)
    assert data["checked_at"] == "2026-03-01T00:00:00+00:00"
