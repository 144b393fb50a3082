import re

import pytest

from cnnfc.report.gate.text import table
from testkit import gate_reports as gates


def test_the_answer_comes_first_then_what_was_compared():
    lines = table(gates.usual(), 200).splitlines()
    assert lines[:2] == [
        (
            "Did this change make anything slower? Yes: 2 of 14 benchmarks are slower and 1 fails "
            "that worked before. The gate fails with exit code 1."
        ),
        (
            "main (a1a1a1a1) → work tree on oak-4c-16gb: 14 benchmarks, 12 pairs of workers in "
            "3 min 20 s, seed 7."
        ),
    ]


def test_the_slowest_come_next_with_ratio_interval_and_pairs():
    lines = table(gates.usual(), 120).splitlines()
    at = lines.index("Slower")
    assert [re.split("  +", line.strip()) for line in lines[at + 1 : at + 4]] == [
        ["benchmark", "baseline", "contender", "change", "interval", "pairs"],
        [
            "dense.Forward.time_layer[dense.64-64-cpu-1]",
            *("1.2 ms", "1.3 ms", "+8.2%", "+6.8% to +9.6%", "12"),
        ],
        [
            "dense.Forward.time_layer[dense.128-64-cpu-1]",
            *("2.4 ms", "2.49 ms", "+3.6%", "+2.9% to +4.3%", "12"),
        ],
    ]
    assert lines[at + 4 : at + 10] == [
        "  dense.Forward.time_layer[dense.64-64-cpu-1]",
        (
            "    Typical calls are 8.2% slower (95% interval +6.8% to +9.6%, 12 pairs); "
            "9 fresh pairs say +7.9%."
        ),
        "    mean of all calls: +8.5% (95% interval +5.7% to +11.3%, 12 pairs)",
        "    differs: Other kernel: brgconv:avx512_core became gemm:jit.",
        "    differs: The contender adds the operator aten::contiguous, 7% of its time.",
        "    repeat: cnnfc gate main --bench '^dense.*0'",
    ]


def test_slow_ones_are_sorted_by_their_size():
    slower = gates.Verdict.REGRESSION
    small, large = gates.result(slower, 4.0), gates.result(slower, 9.0, number=1)
    text = table(gates.report(small, large), 120)
    assert text.index("+9.0%") < text.index("+4.0%")


def test_what_breaks_shows_the_end_of_what_it_wrote():
    text = table(gates.usual())
    assert "Broken by this change\n  dense.Forward.time_layer[dense.256-64-cpu-1]\n" in text
    assert "    | RuntimeError: mat1 and mat2 shapes cannot be multiplied" in text


def test_what_was_not_judged_is_named_with_the_reason():
    text = table(gates.usual(), 120)
    for said in (
        (
            "  1 machine-moved: the reference kernels differ, or a GPU's clock did: it cannot be "
            "laid to the code\n"
            "    dense.Forward.time_layer[dense.320-64-cpu-1]\n"
        ),
        (
            "  2 inconclusive: neither a slowdown nor its absence could be shown\n"
            "    dense.Forward.time_layer[dense.384-64-cpu-1]\n      Too noisy: 4.3% would show.\n"
        ),
        "  1 missing: only the baseline has them\n",
        "  1 new: only the contender has them\n",
        "1 benchmark skipped on both sides.\n",
    ):
        assert said in text


def test_a_benchmark_that_was_broken_before_is_not_laid_to_the_change():
    broken = gates.unmeasured(gates.Verdict.BROKEN, 0, failed_on=("baseline", "contender"))
    text = table(gates.report(gates.result(number=1), broken))
    assert "Broken by this change" not in text
    assert "1 broken before: fail on the baseline" in text


def test_waived_slowdowns_are_shown_apart_with_their_waivers():
    text = table(gates.usual(), 150)
    assert "Slower, accepted by a waiver\n" in text
    assert (
        "Waiver dense.Forward.*192.*, up to +6.0% until 2026-09-01: used by 1 benchmark. Exact "
        "rounding, see #41.\n"
    ) in text
    assert "Waiver conv.*, up to +10.0% until 2026-01-01: expired. Old driver.\n" in text


def test_it_says_how_far_a_green_can_be_trusted():
    text = table(gates.clean(), 400)
    assert text.splitlines()[0] == (
        "Did this change make anything slower? No: none of 3 benchmarks is slower by its "
        "threshold or more. The gate passes."
    )
    assert text.endswith(
        "By design, timed benchmarks of identical code make a whole run red with a probability of "
        "at most 1%, and one whose typical call is slower by its threshold passes with at most 1%. "
        "The mean of all calls is judged less strictly: each of two steps may miss a rise by its "
        "threshold with 5%.\n"
        "The least steady of those that passed would have shown a slowdown of 1.4% "
        "(threshold 3%).\n"
        "Between the sides the machine was the same: none of 3 reference kernels differs; the "
        "largest drift of one, on both alike, is 0.4%.\n"
    )


def test_without_reference_kernels_nobody_would_notice_a_machine_that_moves():
    text = table(gates.report(gates.result(), canaries=()), 200)
    assert "No reference kernel was measured, so a machine that moved would go unnoticed." in text


def test_an_interrupted_gate_has_no_verdict():
    text = table(gates.interrupted(), 200)
    assert "so there is no verdict" in text.splitlines()[0]
    assert "The gate was interrupted: what it had not decided yet is not known." in text


@pytest.mark.parametrize("width", [20, 60, 80, 120])
@pytest.mark.parametrize("name", ["usual", "many", "clean", "nothing"])
def test_lines_keep_to_the_width_but_for_commands_and_quotes(name, width):
    for line in table(gates.EVERY[name](), width).splitlines():
        if not line.startswith(("    repeat: ", "    | ")):
            assert len(line) <= max(width, 80), line


def test_a_long_list_is_cut_and_counted():
    found = [gates.result(gates.Verdict.REGRESSION, 5.0, number=n) for n in range(60)]
    text = table(gates.report(*found))
    assert "    and 20 more, all of them in gate.json\n" in text
    assert text.count("repeat: ") == 10


def test_nothing_in_it_can_steer_a_terminal(nasty):
    text = table(nasty)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2028\ud800-\udfff]", text)
    assert max(len(line) for line in text.splitlines()) <= 1100
    text.encode()
