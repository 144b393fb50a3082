import pytest

from cnnfc.machine.doctor.answers import Skipped
from cnnfc.machine.doctor.checks_threads import spinning_threads


def measured(theirs=1.0, ours=1.0):
    """Slow calls of so many milliseconds."""
    return {
        "ours": {"median": 0.5e-3, "slow": ours * 1e-3, "calls": 100.0},
        "theirs": {"median": 0.6e-3, "slow": theirs * 1e-3, "calls": 100.0},
    }


def test_without_a_word_of_the_user_cnnfc_sets_a_short_spin_itself(ask):
    found = ask(spinning_threads)
    assert found.severity == "fine"
    assert found.evidence == (
        "cnnfc itself sets a short spin (GOMP_SPINCOUNT=1000) before it loads torch."
    )


def test_what_it_would_be_without_is_said_and_is_no_trouble(ask):
    found = ask(spinning_threads, spinning=measured(theirs=8.0))
    assert found.severity == "fine"
    assert found.evidence.endswith(
        " A small layer on 2 threads took 500 µs with cnnfc's setting (slowest tenth from 1 ms), "
        "600 µs without it (8 ms)."
    )
    assert found.figures["slow_ratio"] == pytest.approx(8.0)


@pytest.mark.parametrize(
    ("environment", "trouble"),
    [
        ({"GOMP_SPINCOUNT": "1000", "KMP_BLOCKTIME": "1"}, ""),
        ({"GOMP_SPINCOUNT": "10000"}, ""),
        ({"GOMP_SPINCOUNT": "10001"}, "spin"),
        ({"GOMP_SPINCOUNT": "infinite"}, "spin"),
        ({"GOMP_SPINCOUNT": "0"}, "sleep"),
        ({"KMP_BLOCKTIME": "200"}, "spin"),
        ({"KMP_BLOCKTIME": "0"}, "sleep"),
        ({"OMP_WAIT_POLICY": "ACTIVE"}, "spin"),
        ({"OMP_WAIT_POLICY": "passive"}, "sleep"),
        ({"OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": "1000"}, ""),
        ({"OMP_WAIT_POLICY": ""}, ""),
        ({"OMP_NUM_THREADS": "2"}, ""),
    ],
)
def test_the_users_own_setting_is_judged_by_what_it_does(ask, environment, trouble):
    found = ask(spinning_threads, environment=environment)
    assert found.severity == ("moderate" if trouble else "fine")
    assert trouble in found.effect


@pytest.mark.parametrize(
    ("theirs", "severity"),
    [(0.9, "minor"), (1.02, "minor"), (1.05, "moderate"), (8.0, "severe")],
)
def test_a_setting_of_the_user_is_graded_by_what_was_measured(ask, theirs, severity):
    found = ask(
        spinning_threads,
        environment={"OMP_WAIT_POLICY": "ACTIVE"},
        spinning=measured(theirs=theirs),
    )
    assert found.severity == severity
    assert "600 µs with yours" in found.evidence
    assert found.effect.endswith("does not show.") == (severity == "minor")
    assert found.fix == "unset OMP_WAIT_POLICY (cnnfc then sets a short spin itself)"


def test_a_probe_that_could_not_run_says_why_and_spares_the_judgement(ask):
    found = ask(spinning_threads, spinning=Skipped("torch is not installed beside cnnfc"))
    assert found.severity == "fine"
    assert found.evidence.endswith(
        "Its effect was not measured: torch is not installed beside cnnfc."
    )
