import math

import pytest

from cnnfc.studies.gate.table import tabulate

SETTINGS = {"injections": {"3%": [0.03, 1], "tenth": [0.05, 10]}, "threshold": 0.03}


def row(lines, start):
    """The cells of the only line that begins so, without the beginning."""
    (line,) = [line for line in lines if line.startswith(start)]
    return line.removeprefix(start).split()


def test_nothing_measured_is_said():
    assert tabulate(SETTINGS, {}) == ["nothing is measured yet"]


def test_false_reds_are_counted_by_gate_and_by_benchmark(gate_points):
    gate = gate_points.gate
    points = {
        "identical 001 quiet": gate("pass", "pass", seconds=50.0),
        "identical 002 quiet": gate("pass", "regression", seconds=70.0),
        "identical 003 busy": gate("inconclusive", "machine-moved", load="busy", seconds=90.0),
    }
    lines = tabulate(SETTINGS, points)
    # Exact intervals: 1 of 2, 1 of 4.
    assert row(lines, "quiet") == [
        *("2", "1", "1.26", "to", "98.7%", "4", "1", "0.631", "to", "80.6%"),
        *("0%", "0%", "9", "60", "30.0"),
    ]
    assert row(lines, "busy") == [
        *("1", "0", "0", "to", "97.5%", "2", "0", "0", "to", "84.2%"),
        *("50%", "50%", "9", "90", "45.0"),
    ]
    assert row(lines, "all")[:2] == ["3", "1"]


def test_what_clean_gates_leave_open_is_said(gate_points):
    points = {f"identical {n:03} quiet": gate_points.gate("pass") for n in range(60)}
    assert "0 of 60 gates red: a rate above 4.87% is out" in tabulate(SETTINGS, points)


def test_what_was_caught_is_listed_by_threads_load_and_spread(gate_points):
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
    assert "every tenth call +50%" in "\n".join(lines)


def test_benchmarks_beside_slowed_ones_must_stay_green(gate_points):
    points = {
        "injected 001 quiet": gate_points.gate(
            "regression", "regression", sizes=[0.03, 0], injected=["3%", None]
        )
    }
    assert "beside them, not slowed: 1 of 1 benchmarks red (2.5 to 100%)" in tabulate(
        SETTINGS, points
    )


def test_a_real_regression_names_what_was_missed(gate_points):
    point = gate_points.gate(
        "regression", "pass", sizes=[math.log(1.2), math.log(1.1)], title="layout lost"
    )
    cells = row(tabulate(SETTINGS, {"change layout 001": point}), "layout lost")
    assert cells == ["1", "1", "2", "1", "0", "20%", "to", "20%", gate_points.CASES[1]]


def test_gates_of_older_rules_are_left_out(gate_points):
    points = {
        "identical 001 quiet": gate_points.gate("regression", "pass", rules="a"),
        "identical 002 quiet": gate_points.gate("pass", "pass", rules="b"),
    }
    lines = tabulate(SETTINGS, points)
    assert row(lines, "quiet")[:2] == ["1", "0"]
    assert lines[-1] == "left out: 1 runs of a gate with other rules than the newest"


def test_recorded_pairs_give_rates_and_what_is_detectable(gate_points):
    lines = tabulate(SETTINGS, {"record 001 quiet": gate_points.recording(pairs=30)})
    assert lines[0].startswith("quiet, drawn from 30 recorded pairs")
    first, second = (row(lines, case) for case in gate_points.CASES)
    # Spread, caught of 3%, caught almost always from: the steadier benchmark sees smaller ones.
    assert float(first[0].rstrip("%")) < float(second[0].rstrip("%"))
    assert float(first[2].rstrip("%")) < float(second[2].rstrip("%"))


def test_few_recorded_pairs_are_not_drawn_from(gate_points):
    lines = tabulate(SETTINGS, {"record 001 quiet": gate_points.recording(pairs=6)})
    assert lines == ["quiet: 6 recorded pairs, too few to draw from (12 are needed)"]


def test_other_tools_stand_beside_the_gate(gate_points):
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
    assert row(lines, "pytest-benchmark min:3%")[:2] == ["1", "1"]
    assert row(lines, "pytest-benchmark mean:5%")[:2] == ["1", "0"]
    assert "processes: no memory" in lines


@pytest.mark.parametrize("key", ["identical 001 quiet", "record 001 quiet", "peer asv identical 1"])
def test_steps_that_could_not_be_measured_are_no_numbers(key):
    lines = tabulate(SETTINGS, {key: {"skipped": "no memory"}})
    assert not any("100%" in line for line in lines)
