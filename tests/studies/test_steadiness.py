import pytest

from cnnfc.errors import CaseError
from cnnfc.studies.steadiness import CASES, Steadiness
from cnnfc.studies.steadiness_table import share_within, tabulate
from cnnfc.studies.study import Request

SETTINGS = {
    "devices": ["cpu-1"],
    "cases": ["dense.Forward.time_layer dense.64-64"],
    "conditions": {
        "suite": {"title": "as the suite measures"},
        "nice": {"title": "priority raised"},
    },
}
KEY = "cpu-1 dense.Forward.time_layer dense.64-64"


def run(*medians):
    """A run whose processes have these medians, each 5% above the process's minimum."""
    return {"started_at": "", "values": {KEY: [[m / 1.05, m, m] for m in medians]}}


def study(pytestconfig, **options):
    root = pytestconfig.rootpath
    return Steadiness(Request(root, root / "benchmarks", **options))


def test_the_suite_as_it_is_is_run_most_often(pytestconfig):
    keys = [step.key for step in study(pytestconfig).steps()]
    counts = {
        name: sum(key.startswith(f"{name} ") for key in keys)
        for name in ("suite quiet", "suite busy", "nice quiet", "malloc busy")
    }
    assert counts == {"suite quiet": 5, "suite busy": 3, "nice quiet": 4, "malloc busy": 0}
    assert len(set(keys)) == len(keys)


def test_the_order_is_mixed_and_always_the_same(pytestconfig):
    first = [step.key for step in study(pytestconfig).steps()]
    assert first == [step.key for step in study(pytestconfig).steps()]
    assert first != sorted(first)


def test_single_cases_can_be_studied(pytestconfig):
    settings = study(pytestconfig, cases=("conv2d.3-64.k3.hw32.n32", "dense.8-8")).settings()
    assert settings["cases"] == [
        "conv.TrainStep.time_layer conv2d.3-64.k3.hw32.n32",
        "dense.Forward.time_layer dense.8-8",
    ]


def test_a_case_that_is_none_is_refused(pytestconfig):
    with pytest.raises(CaseError):
        study(pytestconfig, cases=("dense.x",))


def test_the_suite_has_all_its_cases(pytestconfig):
    import sys

    sys.path.insert(0, str(pytestconfig.rootpath))
    try:
        from benchmarks import conv, dense
    finally:
        sys.path.pop(0)
    modules = {"conv": conv, "dense": dense}
    for benchmark, case in CASES:
        family, suite, _ = benchmark.split(".")
        listed = getattr(modules[family], suite).params[0]
        assert case in listed or case in {"dense.64-64", "dense.4096-1000"}


def test_the_share_within_a_limit_counts_the_limit_itself():
    assert share_within([0.01, 0.03, 0.05, 0.2], 0.03) == 0.5


def test_two_runs_are_compared_by_every_statistic():
    points = {"suite quiet 1": run(1.0, 1.0, 1.0), "suite quiet 2": run(1.02, 1.02, 1.02)}
    lines = tabulate(SETTINGS, points)
    start = lines.index("cpu-1, quiet: 2 runs of 3 rounds, by statistic")
    rows = {line.split("  ")[0]: line.split()[-4:] for line in lines[start + 3 : start + 11]}
    assert rows["median"] == ["2%", "2%", "2%", "100%"]
    assert rows["minimum"] == ["2%", "2%", "2%", "100%"]


def test_fewer_rounds_are_studied_with_the_first_of_each_run():
    points = {"suite quiet 1": run(1.0, 1.0), "suite quiet 2": run(1.1, 1.0)}
    lines = tabulate(SETTINGS, points)
    start = lines.index("cpu-1, what more rounds buy")
    medians = [line.split() for line in lines[start + 3 :] if " median " in line]
    # With both rounds the second run pools to 0.952 1 1 1.048 1.1 1.1, whose median is 1.0238.
    assert [(row[0], row[3]) for row in medians[:2]] == [("1", "10%"), ("2", "2.38%")]


def test_conditions_are_compared_with_the_suite_as_it_is():
    points = {
        "suite quiet 1": run(1.0, 1.0, 1.0),
        "suite quiet 2": run(1.0, 1.0, 1.0),
        "nice quiet 1": run(0.5, 0.5, 0.5),
        "nice quiet 2": run(0.5, 0.5, 0.5),
    }
    lines = tabulate(SETTINGS, points)
    row = next(line for line in lines if line.startswith("priority raised"))
    assert row.split()[-1] == "0.500"


def test_the_verdict_says_how_many_pairs_agree():
    points = {
        "suite quiet 1": run(1.0, 1.0, 1.0),
        "suite quiet 2": run(1.01, 1.01, 1.01),
        "suite quiet 3": run(1.1, 1.1, 1.1),
    }
    # Apart by 1%, 10% and 8.9%: one of three pairs agrees.
    assert "within 3% for 33.3% of case and pair by the median" in tabulate(SETTINGS, points)[-1]


def test_one_run_is_too_few():
    assert tabulate(SETTINGS, {"suite quiet 1": run(1.0)}) == [
        "too few runs to compare: two at least"
    ]


def test_conditions_are_compared_by_equally_many_runs():
    points = {f"suite quiet {n}": run(value, value, value) for n, value in enumerate((1, 1, 1.5))}
    points |= {f"nice quiet {n}": run(1.0, 1.0, 1.0) for n in range(2)}
    lines = tabulate(SETTINGS, points)
    row = next(line for line in lines if line.startswith("as the suite measures"))
    assert row.split()[5:10] == ["2", "0%", "0%", "0%", "100%"]  # its third run is left out


def test_a_resident_that_ends_ends_the_step_and_says_why(pytestconfig, monkeypatch):
    from cnnfc.errors import CannotMeasure
    from cnnfc.studies import steadiness
    from cnnfc.studies.sampler import ResidentEnded

    class Dead:
        def __init__(self, *_):
            pass

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def take(self, *_):
            raise ResidentEnded("may not raise priorities")

    monkeypatch.setattr(steadiness, "Sampler", Dead)
    one = study(pytestconfig)
    with pytest.raises(CannotMeasure, match="may not raise priorities"):
        one.measure(one.steps()[0])


def test_a_case_that_failed_in_a_round_is_left_out_with_the_reason(pytestconfig, monkeypatch):
    from cnnfc.errors import CannotMeasure
    from cnnfc.studies import steadiness

    class Shaky:
        def __init__(self, *_):
            self.calls = 0

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def take(self, benchmark, case, device):
            self.calls += 1
            if case == "dense.8-8" and self.calls > 2:
                raise CannotMeasure("memory is short")
            return [1.0]

    monkeypatch.setattr(steadiness, "Sampler", Shaky)
    one = study(pytestconfig, devices=("cpu-1",), cases=("dense.8-8", "dense.9-9"))
    step = next(step for step in one.steps() if step.key == "nice quiet 1")
    point = one.measure(step)
    assert point["values"] == {"cpu-1 dense.Forward.time_layer dense.9-9": [[1.0]] * 3}
    assert point["left_out"] == {"cpu-1 dense.Forward.time_layer dense.8-8": "memory is short"}


def test_the_background_load_ends_with_its_parent():
    import subprocess
    import sys

    parent = (
        "import os, subprocess, sys\n"
        "program = [sys.executable, '-m', 'cnnfc.studies.background', '1', str(os.getpid())]\n"
        "child = subprocess.Popen(program)\n"
        "print(child.pid)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", parent], capture_output=True, text=True, timeout=60, check=True
    )
    # The pipes of the parent are inherited, so `run` comes back only once the child is gone too.
    assert int(ran.stdout) > 0
