import math

import pytest

from cnnfc.studies.gate.recorded import Option, read
from cnnfc.studies.gate.table import tabulate
from cnnfc.studies.gate.table_resampled import gates_option, middles
from testkit import gate_points

SETTINGS = {
    "injections": {"3%": [0.03, 1], "half": [0.05, 2], "tenth": [0.05, 10]},
    "threshold": 0.03,
}


def row(lines, start):
    """The cells of the only line that begins so, without the beginning."""
    (line,) = [line for line in lines if line.startswith(start)]
    return line.removeprefix(start).split()


def test_nothing_measured_is_said():
    assert tabulate(SETTINGS, {}) == ["nothing is measured yet"]


def test_false_reds_are_counted_by_gate_and_by_benchmark():
    gate = gate_points.gate
    points = {
        "identical 001 quiet": gate("pass", "pass", seconds=50.0),
        "identical 002 quiet": gate("pass", "regression", seconds=70.0),
        "identical 003 busy": gate("inconclusive", "machine-moved", load="busy", seconds=90.0),
    }
    lines = tabulate(SETTINGS, points)
    # Exact interval of gates, 1 of 2; none of benchmarks, which are not independent.
    assert row(lines, "quiet") == [
        *("2", "1", "1.26", "to", "98.7%", "4", "1", "25%"),
        *("0%", "0%", "9", "60", "30.0"),
    ]
    assert row(lines, "busy") == [
        *("1", "0", "0", "to", "97.5%", "2", "0", "0%"),
        *("50%", "50%", "9", "90", "45.0"),
    ]
    assert row(lines, "all")[:2] == ["3", "1"]


def test_disturbed_gates_are_neither_quiet_nor_busy():
    points = {
        "identical 001 quiet": gate_points.gate("pass"),
        "identical 002 quiet": gate_points.gate("regression", load="disturbed"),
        "injected 002 busy": gate_points.gate("pass", load="disturbed", injected=["half"]),
    }
    lines = tabulate(SETTINGS, points)
    assert row(lines, "quiet")[:2] == ["1", "0"]
    first, second = (line.split() for line in lines if line.startswith("disturbed"))
    assert (first[1:3], second[1:3]) == (["1", "1"], ["1", "0%"])
    assert any(line.startswith("1 call in 2 slower by 10%") for line in lines)


def test_a_contender_that_fails_is_a_red_gate_too():
    points = {"identical 001 quiet": gate_points.gate("pass", "broken", red=True)}
    assert row(tabulate(SETTINGS, points), "quiet")[:2] == ["1", "1"]


def test_pairs_that_confirm_count():
    point = gate_points.gate("regression")
    point["cases"][gate_points.CASES[0]]["confirmed"] = [1.03, 7]
    assert row(tabulate(SETTINGS, {"identical 001 quiet": point}), "quiet")[-3] == "16"


def test_what_clean_gates_leave_open_is_said():
    points = {f"identical {n:03} quiet": gate_points.gate("pass") for n in range(60)}
    assert "0 of 60 gates red: a rate above 4.87% is out" in tabulate(SETTINGS, points)


def test_what_was_caught_is_listed_by_threads_load_and_spread():
    size = math.log(1.03)
    slowed = {
        f"injected {n:03} quiet": gate_points.gate(
            verdict, "pass", sizes=[size, 0.0], injected=["3%", "tenth"]
        )
        for n, verdict in enumerate(("regression", "regression", "pass", "inconclusive"))
    }
    lines = tabulate(SETTINGS, slowed)
    threads = [line.split() for line in lines if line.startswith("one thread, quiet")]
    # 2 of 4, Wilson; one passed, one undecided; measured at 3%.
    assert threads == [
        ["one", "thread,", "quiet", "4", "50%", "15", "to", "85%", "25%", "25%", "3%"]
    ]
    assert any(line.startswith("spread 1% to 2%") for line in lines)
    assert "1 call in 10 slower by 50%" in "\n".join(lines)


def test_benchmarks_beside_slowed_ones_must_stay_green():
    points = {
        "injected 001 quiet": gate_points.gate(
            "regression", "regression", sizes=[0.03, 0], injected=["3%", None]
        )
    }
    assert "beside them, not slowed: 1 of 1 benchmarks red (100%)" in tabulate(SETTINGS, points)


def test_a_real_regression_names_what_was_missed():
    point = gate_points.gate(
        "regression", "pass", sizes=[math.log(1.2), math.log(1.1)], title="layout lost"
    )
    cells = row(tabulate(SETTINGS, {"change layout 001": point}), "layout lost")
    assert cells == ["1", "1", "2", "1", "0", "20%", "to", "20%", gate_points.CASES[1]]


def test_gates_of_older_rules_are_left_out():
    points = {
        "identical 001 quiet": gate_points.gate("regression", "pass", rules="a"),
        "identical 002 quiet": gate_points.gate("pass", "pass", rules="b"),
    }
    lines = tabulate(SETTINGS, points)
    assert row(lines, "quiet")[:2] == ["1", "0"]
    assert lines[-1] == "left out: 1 runs of a gate with other rules than the newest"


def test_kinds_that_have_other_times_are_shown_beside_one_another():
    points = {
        "identical 001 quiet": gate_points.gate("pass", "pass", rules="90 s, rules a"),
        "identical 002 quiet": gate_points.gate("pass", "pass", rules="99 s, rules a"),
        "change layout 001": gate_points.gate(
            "regression", "pass", rules="240 s, rules a", title="layout lost"
        ),
    }
    lines = tabulate(SETTINGS, points)
    # Of one kind the newest time counts, as text the later one here.
    assert row(lines, "quiet")[0] == "1"
    assert row(lines, "layout lost")[0] == "1"
    assert lines[-1] == "left out: 1 runs of a gate with other rules than the newest"


def test_recorded_pairs_give_rates_and_what_is_detectable():
    lines = tabulate(SETTINGS, {"record 001 quiet": gate_points.recording(pairs=30)})
    assert lines[0].startswith("quiet, drawn from 30 recorded pairs")
    first, second = (row(lines, case) for case in gate_points.CASES)
    # Spread, caught of 3%, caught almost always from: the steadier benchmark sees smaller ones.
    assert float(first[0].rstrip("%")) < float(second[0].rstrip("%"))
    assert float(first[2].rstrip("%")) < float(second[2].rstrip("%"))


def test_a_bias_of_the_recorded_pairs_is_printed_as_drawn_gates_cannot_show_it():
    def said(shift):
        point = gate_points.recording(pairs=30, spreads=(0.001, 0.001))
        for rows in point["values"].values():
            rows[:] = [" ".join(str(int(word) + shift) for word in row.split()) for row in rows]
        lines = tabulate(SETTINGS, {"record 001 quiet": point})
        (place,) = (n for n, line in enumerate(lines) if "cannot show a bias" in line)
        return lines[place + 1]

    found = said(200)
    assert found.startswith("the 30 pairs as they were recorded, quiet: contender slower by 2%")
    # exp(0.02) - 1 is 2.02%; the test's best p of 30 pairs, both sides: 2 ** -29.
    assert found.endswith("p = 1.9e-09")
    assert float(said(0).rpartition(" ")[2]) > 0.01


def test_drawn_gates_are_measured_as_a_gate_measures():
    # Legs of 12.5 of the recorded 25 ms, and four of the six blocks.
    assert gates_option() == Option("low", 0.5, 4)


def test_the_pairs_are_pooled_to_one_value_each():
    point = gate_points.recording(pairs=12)
    cases = gate_points.CASES
    size = len(point["values"][cases[0]][0].split())
    for case, value in zip(cases, (100, 300), strict=True):
        point["values"][case] = [" ".join([str(value)] * size)] * 12
    point["values"][cases[1]][:2] = [None, None]
    point["values"][cases[0]][0] = None
    found = middles(read({"record": point}, "quiet"), gates_option())
    assert found == pytest.approx([0.01] + 10 * [0.02])


def test_few_recorded_pairs_are_not_drawn_from():
    lines = tabulate(SETTINGS, {"record 001 quiet": gate_points.recording(pairs=6)})
    assert lines == ["quiet: 6 recorded pairs, too few to draw from (12 are needed)"]


def test_other_tools_stand_beside_the_gate():
    def said(says, **more):
        cases = {gate_points.CASES[0]: {"says": says, "ratio": 1.2, **more}}
        return {"peer": "asv", "load": "quiet", "seconds": 40.0, "cases": cases}

    def ratios(ratio):
        cases = {gate_points.CASES[0]: {"min": ratio, "median": ratio, "mean": 1.0}}
        return {"peer": "pytest-benchmark", "load": "quiet", "seconds": 20.0, "cases": cases}

    points = {
        "identical 001 quiet": gate_points.gate("pass", "pass"),
        "peer asv identical 001": said(1),
        "peer asv identical 002": said(-1),
        "peer asv injected 001": said(1, injected="3%"),
        "peer pytest-benchmark identical 001": ratios(1.04),
        "peer processes identical 001": {"skipped": "no memory"},
    }
    lines = tabulate(SETTINGS, points)
    asv = row(lines, "asv continuous ")
    assert asv[:2] == ["2", "1"]
    assert asv[5:7] == ["50%", "50%"]
    assert asv[7:10] == ["100%", "of", "1"]
    assert not any("disturbed" in line for line in lines)
    assert row(lines, "pytest-benchmark min:3%")[:2] == ["1", "1"]
    assert row(lines, "pytest-benchmark mean:5%")[:2] == ["1", "0"]
    assert "processes: no memory" in lines


def test_tools_and_the_gate_are_compared_under_one_class():
    def said(load):
        cases = {gate_points.CASES[0]: {"says": 1, "ratio": 1.2}}
        return {"peer": "asv", "load": load, "seconds": 40.0, "cases": cases}

    points = {
        "identical 001 quiet": gate_points.gate("pass"),
        "identical 002 quiet": gate_points.gate("regression", load="disturbed"),
        "peer asv identical 001": said("quiet"),
        "peer asv identical 002": said("disturbed"),
        "peer asv identical 003": said("disturbed"),
    }
    lines = tabulate(SETTINGS, points)
    for load, gate, asv in (("quiet", ["1", "0"], "1"), ("disturbed", ["1", "1"], "2")):
        (place,) = (n for n, line in enumerate(lines) if line.startswith(f"tool, {load} "))
        assert lines[place + 2].removeprefix("cnnfc gate").split()[:2] == gate
        assert lines[place + 3].removeprefix("asv continuous").split()[0] == asv


@pytest.mark.parametrize("key", ["identical 001 quiet", "record 001 quiet", "peer asv identical 1"])
def test_steps_that_could_not_be_measured_are_no_numbers(key):
    lines = tabulate(SETTINGS, {key: {"skipped": "no memory"}})
    assert not any("100%" in line for line in lines)
