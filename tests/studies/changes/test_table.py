import pytest

from cnnfc.studies.changes.table import tabulate

SETTINGS = {"looks": [1, 3]}


def point(cell, tools, made_by="cnnfc 1", at="2026-01-01"):
    return {"started_at": at, "cell": cell, "tools": tools, "made_by": made_by}


def flat(series, false, seconds=1.0, own=1.0):
    return {"series": series, "false": false, "seconds": seconds, "own_seconds": own}


def steps(delays, errors="0", false=0):
    return {"delays": delays, "errors": errors, "false": false}


def lines(*points):
    return tabulate(SETTINGS, {str(place): one for place, one in enumerate(points)})


def row(found, *starts):
    (line,) = (line for line in found if all(start in line for start in starts))
    return line


def test_false_alarms_are_shares_with_their_intervals_over_all_turns():
    cell = "flat autocorrelated 50 0 0.02"
    found = lines(
        point(cell, {"cnnfc": flat(250, 1), "asv": flat(50, 20)}),
        point(cell, {"cnnfc": flat(250, 3), "asv": flat(50, 10)}),
    )
    line = row(found, "autocorrelated", "50", "500")
    # 4 of 500 and 30 of 100.
    assert "0.8% (0.3% to 2.0%)" in line
    assert "30.0% (21.9% to 39.6%)" in line


def test_delays_and_places_are_given_for_every_tool():
    cell = "step independent 50 0.1 0.02"
    found = lines(
        point(
            cell,
            {
                "cnnfc": steps("1 2 3 4", "0 1 -2 -", false=2),
                "publish": steps("- - 10 30", "- - 0 0"),
            },
        )
    )
    own = row(found, "10% in 2% independent", "cnnfc").split()
    assert own[-7:] == ["75.0%", "100.0%", "100.0%", "100.0%", "2.5", "66.7%", "0.50"]
    other = row(found, "10% in 2% independent", "asv regressions").split()
    assert other[-7:] == ["0.0%", "0.0%", "25.0%", "50.0%", "20.0", "100.0%", "0.00"]


def test_several_steps_and_ramps_are_counted_a_series():
    found = lines(
        point(
            "several independent 200 0 0.02",
            {"cnnfc": {"steps": 20, "found": 15, "false": 2}},
        ),
        point("ramp independent 50 0.1 0.02", {"cnnfc": {"reports": "1 2 3 4"}}),
    )
    assert row(found, "cnnfc", "75.0% (53.1% to 88.8%)").endswith("0.50")
    assert "2.50 (to 4)" in row(found, "10% over 50 values")


def test_times_are_those_of_the_same_series():
    found = lines(
        point(
            "flat independent 100 0 0.02",
            {"cnnfc": flat(1000, 0, seconds=2.0), "asv": flat(200, 0, seconds=4.0, own=0.5)},
        )
    )
    line = row(found, "2 ms")
    assert line.split()[-2:] == ["8", "times"]


MISSED = "goal missed in 1 of 1 cells: "


@pytest.mark.parametrize(
    ("cell", "tools", "expected"),
    [
        (
            "flat independent 20 0 0.02",
            flat(1000, 10),
            "goal reached in all 1 cells: at most 1% of flat series get a step, independent noise",
        ),
        (
            "flat autocorrelated 20 0 0.02",
            flat(1000, 11),
            (
                f"{MISSED}at most 1% of flat series get a step, autocorrelated noise: "
                f"20 values 1.1% (0.6% to 2.0%)"
            ),
        ),
        (
            "step independent 20 0.1 0.02",
            steps(" ".join(["3"] * 19 + ["4"])),
            "goal reached in all 1 cells: 10% reported within 3 commits in 95%",
        ),
        (
            "step independent 20 0.05 0.02",
            steps(" ".join(["10"] * 3 + ["15"])),
            f"{MISSED}5% reported within 10 commits in 95%: after 20 values 75.0% (30.1% to 95.4%)",
        ),
        (
            "step independent 50 0.05 0.02",
            steps("3 3 3", "1 0 2"),
            (
                f"{MISSED}place within 1 commit in 90% of steps of 5% and more: "
                f"5% after 50 values 66.7% (20.8% to 93.9%)"
            ),
        ),
    ],
)
def test_goals_are_reached_or_missed_by_name(cell, tools, expected):
    assert expected in lines(point(cell, {"cnnfc": tools}))


def test_other_noises_and_small_steps_have_no_goal():
    found = lines(
        point("flat bursts 50 0 0.02", {"cnnfc": flat(100, 90)}),
        point("step independent 50 0.03 0.02", {"cnnfc": steps("-", "-")}),
        point("step independent 50 0.1 0.05", {"cnnfc": steps("-", "-")}),
        point("step heavy-tailed 50 0.1 0.02", {"cnnfc": steps("-", "-")}),
    )
    assert not [line for line in found if line.startswith("goal")]


def test_what_older_versions_measured_is_left_out():
    cell = "flat independent 20 0 0.02"
    found = lines(
        point(cell, {"cnnfc": flat(100, 50)}, made_by="cnnfc 1", at="2026-01-01"),
        point(cell, {"cnnfc": flat(100, 0)}, made_by="cnnfc 2", at="2026-01-02"),
    )
    assert "left out: 1 parts that other versions measured" in found
    assert "measured with cnnfc 2" in found
    assert row(found, "independent", "100").count("0.0% (0.0% to 3.7%)") == 1


def test_a_tool_that_is_not_installed_is_named():
    found = lines(point("flat independent 20 0 0.02", {"cnnfc": flat(10, 0), "asv": flat(2, 0)}))
    assert "not installed when this was measured: asv regressions, Otava" in found


def test_nothing_measured_is_said():
    assert tabulate(SETTINGS, {}) == ["nothing is measured yet"]
    assert tabulate(SETTINGS, {"a": {"skipped": "why"}}) == ["nothing is measured yet"]
