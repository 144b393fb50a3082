import math
from dataclasses import replace

import pytest

from cnnfc.gate.judging.rules import TAIL_MISS
from cnnfc.report.views.gate.page import gate_page
from cnnfc.report.views.gate.words import MEAN_MISS
from cnnfc.verdicts import Effect, Verdict
from testkit import gate_reports as gates


@pytest.mark.parametrize(
    ("name", "word", "sentence", "ended", "tone"),
    [
        ("clean", "No:", "none of 3 benchmarks is slower by its threshold or more.", "passes",
         "good"),
        ("usual", "Yes:", "2 of 14 benchmarks are slower and 1 fails that worked before.",
         "fails with exit code 1", "bad"),
        ("interrupted", "Interrupted.", ("The gate did not end, so there is no verdict. "
         "Until then, 1 of 2 benchmarks is slower."), "fails with exit code 130", "warn"),
        ("nothing", "Not known:", "nothing was measured, so nothing can be said of this change.",
         "fails with exit code 5", "bad"),
        ("moved", "Cannot be said:", "the machine moved while 1 benchmark ran. Run the gate again.",
         "fails with exit code 4", "warn"),
        ("doubtful", "Nothing seen:", "2 of 3 benchmarks are not slower; 1 could not be decided.",
         "passes", "good"),
        ("selftest", "Yes:", ("it found 2 of 2 benchmarks that ran slower on purpose, and called 0 "
         "of 6 others slower."), "passes", "good"),
    ],
)  # fmt: skip
def test_the_answer_is_the_first_thing_said(name, word, sentence, ended, tone):
    answer = gate_page(gates.EVERY[name]()).answer
    assert (answer.word, answer.sentence, answer.ended, answer.tone) == (
        word,
        sentence,
        ended,
        tone,
    )


def test_doubt_is_no_answer_for_the_strict():
    answer = gate_page(gates.doubtful(strict=True)).answer
    assert (answer.word, answer.ended) == ("Cannot be said:", "fails with exit code 3")
    assert answer.sentence == "1 could not be decided, and a strict gate asks for certainty."


def test_only_breaking_is_not_called_slower():
    broken = gates.unmeasured(Verdict.BROKEN, 0, failed_on=("contender",))
    answer = gate_page(gates.report(broken, gates.result(number=1))).answer
    assert (answer.word, answer.sentence) == (
        "It breaks:",
        "1 benchmark fails that worked before.",
    )


def test_memory_that_grows_is_worse_and_not_slower():
    grown = gates.result(Verdict.REGRESSION, 9.0, kind="peakmem", unit="bytes")
    assert gate_page(gates.report(grown)).answer.sentence == "1 of 1 benchmark is worse."


def test_a_self_test_that_misses_one_or_accuses_another_fails():
    report = gates.selftest()
    missed = replace(report, benchmarks=(gates.result(percent=0.3), *report.benchmarks[1:]))
    answer = gate_page(missed).answer
    assert (answer.word, answer.tone) == ("Not all:", "bad")
    assert answer.ended == "fails with exit code 1"
    accused = replace(report, selftest=report.selftest[:1])
    assert gate_page(accused).answer.tone == "bad"
    broken = gates.unmeasured(Verdict.BROKEN, 50, failed_on=("contender",))
    answer = gate_page(replace(report, benchmarks=(*report.benchmarks, broken))).answer
    assert answer.tone == "bad"
    assert "1 benchmark failed on one of two equal sides" in answer.sentence
    assert gate_page(replace(report, selftest=(), benchmarks=())).answer.tone == "bad"


def test_the_worst_are_named_with_interval_and_lead_to_their_rows():
    page = gate_page(gates.usual())
    said = [(one.title, one.said) for one in page.answer.worst]
    assert said == [
        ("dense.256-64 · cpu-1", "fails on the contender"),
        ("dense.64-64 · cpu-1", "+8.2% (95% interval +6.8% to +9.6%)"),
        ("dense.128-64 · cpu-1", "+3.6% (95% interval +2.9% to +4.3%)"),
    ]
    rows = {row.id: row.title for group in page.list.groups for row in group.rows}
    assert [rows[one.href.removeprefix("#")] for one in page.answer.worst] == [
        title for title, _ in said
    ]


def test_everything_that_limits_the_answer_is_named():
    notices = " ".join(notice.text for notice in gate_page(gates.usual()).answer.notices)
    for said in (
        "copy ran 5% slower from the seventh pair on",
        "1 known slowdown is covered by a waiver",
        "1 benchmark of the baseline is not in the contender's suite any more",
        "1 benchmark is new",
        "1 waiver expired",
    ):
        assert said in notices


def test_rows_are_sorted_worst_first_and_none_is_lost():
    groups = gate_page(gates.usual()).list.groups
    assert [(group.title, len(group.rows)) for group in groups] == [
        ("Broken", 1), ("Slower", 3), ("The machine moved", 1), ("Undecided", 2), ("Missing", 1),
        ("New", 1), ("Faster", 1), ("Passed", 4),
    ]  # fmt: skip
    slower = groups[1].rows
    assert [row.change for row in slower] == ["+8.2%", "+3.6%", "+5.1%"]  # the waived one last
    assert [row.look for row in slower] == ["regression", "regression", "waived"]
    assert [row.change for row in groups[-1].rows] == ["+0.6%", "+0.1%", "−0.2%", "−0.7%"]


def test_tallies_fill_the_bar_and_lead_to_their_groups():
    page = gate_page(gates.usual())
    widths = [float(one.width.removesuffix("%")) for one in page.list.tallies]
    assert sum(widths) == pytest.approx(100, abs=0.1)
    assert widths[1] == pytest.approx(300 / 14, abs=0.01)
    assert [one.href[1:] for one in page.list.tallies] == [one.id for one in page.list.groups]


def test_hundreds_that_passed_start_closed_behind_what_matters():
    groups = {group.verdict: group for group in gate_page(gates.many()).list.groups}
    assert not groups["pass"].open
    assert groups["regression"].open
    alone = gates.report(*(gates.result(number=n) for n in range(60)))
    assert gate_page(alone).list.groups[0].open  # nothing else to see


def test_an_interval_without_bounds_is_called_so():
    wide = gates.result(effect=Effect(1.02, 0.0, math.inf, 0.95, 0.05, 3))
    half = gates.result(effect=Effect(1.02, 1.01, math.inf, 0.95, 0.05, 3), number=1)
    rows = gate_page(gates.report(wide, half)).list.groups[0].rows
    assert [row.interval for row in rows] == ["not bounded", "over +1.0%"]


def test_a_row_holds_both_statistics_and_what_would_have_shown():
    page = gate_page(gates.usual())
    facts = {fact.name: fact.value for fact in page.list.groups[1].rows[0].facts}
    assert facts == {
        "Baseline": "1.20 ms",
        "Contender": "1.30 ms",
        "Typical call": "+8.2% (95% interval +6.8% to +9.6%, 12 pairs)",
        "Mean of all calls": "+8.5% (95% interval +5.7% to +11.3%, 12 pairs)",
        "Confirmed on fresh pairs": "+7.9% (95% interval +6.1% to +9.7%, 9 pairs)",
        "Threshold": "3.0%; fails from 1.5% if certain",
        "Would have been seen from": "2.0%",
        "A pair is off by": "1.4%, typically",
    }


def test_software_that_differs_between_the_sides_is_marked():
    rows = {row[0].text: row for row in gate_page(gates.usual()).sides.rows}
    assert rows["python"][2].tone == ""
    assert (rows["torch"][1].text, rows["torch"][2].text) == ("2.12.0", "2.13.0")
    assert (rows["torch"][2].tone, rows["torch"][2].detail) == ("warn", "differs")


def test_rules_are_told_in_words():
    rules = {fact.name: fact.value for fact in gate_page(gates.usual()).rules.facts}
    assert rules["Threshold of times"] == "3.0%"
    assert rules["Chance of a red run on identical code, at most"] == "1.0%"
    assert rules["Time to spend"] == "15 min 00 s"
    assert rules["Of tracked numbers"] == "any"
    assert rules["Overrides"] == "pattern = dense.*, threshold = 0.05"


def test_a_machine_that_says_nothing_is_only_named():
    page = gate_page(gates.clean())
    assert [(fact.name, fact.value) for fact in page.machine.facts] == [("Name", "oak-4c-16gb")]
    assert page.doctor is None


def test_canaries_that_moved_come_first():
    canaries = gate_page(gates.usual()).canaries
    assert [(one.title, one.state) for one in canaries] == [
        ("Memory copy", "differs"),
        ("Interpreter loop", "the same"),
        ("Matrix product", "the same"),
    ]


def test_numbers_that_are_none_are_never_counted_out():
    page = gate_page(gates.hostile())
    rows = [row for group in page.list.groups for row in group.rows]
    assert {row.change for row in rows} == {"+0.2%", "n/a", "×1e+308"}


def test_drift_of_a_canary_is_shown_without_a_band_to_judge_it_by():
    drifted = gates.canary("copy", moved=True, drift=0.2)
    still = replace(drifted, moved=False, reason="")
    (canary,) = gate_page(replace(gates.clean(), canaries=(still,))).canaries
    assert (canary.state, canary.tone, canary.strip.band) == ("the same", "good", None)
    said = {fact.name: fact.value for fact in canary.facts}
    assert said["May differ by"] == "3.0%"
    assert said["Drift, not judged"] == "20%"


def test_a_number_that_must_not_change_has_no_threshold_to_label():
    tracked = gates.result(kind="track", threshold=0.0)
    page = gate_page(gates.report(tracked))
    assert page.list.threshold == "3.0%"
    facts = {fact.name: fact.value for fact in page.list.groups[0].rows[0].facts}
    assert facts["Fails from"] == "any change"


def test_a_slowdown_of_some_calls_is_shown_by_the_mean_that_found_it():
    rare = gates.result(
        Verdict.REGRESSION, 0.1, tail=Effect(1.09, 1.07, 1.11, 0.95, 0.01, 12), number=1
    )
    page = gate_page(gates.report(gates.result(Verdict.REGRESSION, 5.0), rare))
    assert page.answer.worst[0].said == (
        "+9.0% (95% interval +7.0% to +11.0%) in the mean of all calls"
    )
    rows = page.list.groups[0].rows
    assert [(row.change, row.chips) for row in rows] == [
        ("+9.0%", ("mean of all calls",)),
        ("+5.0%", ()),
    ]


def test_what_is_slower_with_a_waiver_is_not_denied():
    waived = gates.result(Verdict.REGRESSION, 5.0, waived_by="dense.*")
    unknown = gates.result(Verdict.INCONCLUSIVE, 1.5, 3.0, number=2)
    answer = gate_page(gates.report(waived, gates.result(number=1))).answer
    assert (answer.word, answer.sentence, answer.ended, answer.tone) == (
        "Only what is accepted:",
        "1 of 2 benchmarks is slower with a waiver, 1 is not slower.",
        "passes",
        "good",
    )
    answer = gate_page(gates.report(waived, unknown)).answer
    assert (answer.word, answer.sentence) == (
        "Nothing else seen:",
        "1 of 2 benchmarks is slower with a waiver; 1 could not be decided.",
    )


def test_a_gate_that_decided_nothing_is_not_green():
    found = (gates.result(Verdict.INCONCLUSIVE, 1.5, 3.0, number=n) for n in range(3))
    answer = gate_page(gates.report(*found)).answer
    assert (answer.word, answer.sentence, answer.ended, answer.tone) == (
        "Not known:",
        "of 3 benchmarks none could be decided, so nothing can be said of this change.",
        "fails with exit code 5",
        "bad",
    )


def test_a_clock_that_differed_is_a_machine_that_moved_though_no_kernel_did():
    page = gate_page(gates.report(gates.result(Verdict.MACHINE_MOVED, 5.0), gates.result(number=1)))
    (stat,) = [one for one in page.stats if one.label == "The machine"]
    assert (stat.value, stat.tone) == ("moved", "bad")
    assert "a GPU's clock did" in page.list.groups[0].means


def test_the_miss_of_the_mean_is_that_of_the_rules():
    assert MEAN_MISS == TAIL_MISS
    assert gate_page(gates.clean()).mean_miss == "5.0%"
