import io

import pytest

from cnnfc.commands.check import measuring as module
from cnnfc.commands.check.measuring import measuring
from cnnfc.commands.check.plan import plan_check
from cnnfc.errors import NothingMeasured
from cnnfc.harness.progress import Progress
from testkit import check_fakes as fakes
from testkit import projects

GEMM_1 = (fakes.GEMM, ("gemm.2048", "cpu-1"))
DENSE_1 = (fakes.DENSE, ("dense.1024-512", "cpu-1"))


@pytest.fixture
def project(tmp_path, monkeypatch):
    fakes.pretend(monkeypatch, tmp_path)
    root = tmp_path / "project"
    root.mkdir()
    return fakes.CheckProject(root)


def opened(project, scratch):
    plan = plan_check(project.root)
    progress = Progress(io.StringIO())
    return plan, measuring(plan.project, plan.ground, plan.identity.name, progress, scratch.make)


def measured(project, keys=(GEMM_1,), **options):
    plan, session = opened(project, fakes.Scratch(project, **options))
    with session as ready:
        return ready.measure([item for item in plan.items if item.key in keys])


def test_what_asv_measured_comes_back_with_all_its_values(project):
    found = measured(project, (GEMM_1, DENSE_1))
    assert found.points[GEMM_1].samples == found.points[DENSE_1].samples == (1.5,)
    assert found.reasons == {}


def test_the_commit_and_the_environment_of_the_newest_run_are_measured_by_name(project):
    scratch = fakes.Scratch(project)
    plan, session = opened(project, scratch)
    with session as ready:
        ready.measure(plan.items)
    discover, measure = scratch.calls
    assert discover == [
        *("run", "HASHFILE:-", "--machine", "oak-1-2c-8gb", "--bench", "just-discover"),
    ]
    assert measure[:8] == [
        *("run", "HASHFILE:-", "--machine", "oak-1-2c-8gb", "-E", "virtualenv-py3.11"),
        *("--record-samples", "--show-stderr"),
    ]
    assert [call.get("CNNFC_LISTED") for call in scratch.variables] == [None, "1"]
    assert {call["CNNFC_PROFILE"] for call in scratch.variables} == {"standard"}
    # Readings are of now alone, not added to others.
    assert "--append-samples" not in measure


def test_asv_gets_the_projects_own_settings_but_for_where_results_go(project):
    project.write(
        "asv.conf.json",
        '{"version": 1, "project": "p", "repo": ".", // a comment\n'
        ' "env_dir": "reports/asv/env", "matrix": {"req": {"x": ["1"]}}}',
    )
    project.write("pyproject.toml", '[build-system]\nrequires = ["hatchling"]\n')
    scratch = fakes.Scratch(project)
    plan, session = opened(project, scratch)
    with session as ready:
        ready.measure(plan.items)
        (root,) = scratch.roots
        assert (root / "pyproject.toml").read_text() == (
            project.root / "pyproject.toml"
        ).read_text()
    assert scratch.config == {
        "version": 1,
        "project": "p",
        "repo": str(project.root),
        "env_dir": str(project.root / "reports" / "asv" / "env"),
        "matrix": {"req": {"x": ["1"]}},
        "benchmark_dir": str(project.root / "benchmarks"),
        "results_dir": str(root / "results"),
    }


def test_a_second_measurement_knows_nothing_of_the_first(project):
    scratch = fakes.Scratch(project, factors=(1.0, 2.0))
    plan, session = opened(project, scratch)
    with session as ready:
        first = ready.measure(plan.items)
        second = ready.measure([item for item in plan.items if item.key == GEMM_1])
    assert set(first.points) >= {GEMM_1, DENSE_1}
    assert list(second.points) == [GEMM_1]
    assert second.points[GEMM_1].samples == (3.0,)


def test_canaries_are_read_three_times_as_in_a_run_and_layers_once(project, monkeypatch):
    monkeypatch.setattr(module, "READINGS", 3)
    scratch = fakes.Scratch(project, factors=(1.0, 2.0, 3.0))
    plan, session = opened(project, scratch)
    with session as ready:
        found = ready.measure(plan.items)
    assert found.points[GEMM_1].samples == (1.5, 3.0, 4.5)
    # Two layers are dealt out over three calls.
    assert found.points[DENSE_1].samples == (1.5,)
    assert found.points[fakes.DENSE, ("dense.1024-512", "cpu-2")].samples == (3.0,)
    assert [len(expressions) for expressions in scratch.measured] == [2, 2, 1]


def test_layers_alone_take_one_call(project, monkeypatch):
    monkeypatch.setattr(module, "READINGS", 3)
    scratch = fakes.Scratch(project)
    plan, session = opened(project, scratch)
    with session as ready:
        ready.measure([item for item in plan.items if item.key[0] == fakes.DENSE])
    assert len(scratch.measured) == 1


def test_a_reading_that_fails_costs_no_other(project, monkeypatch):
    monkeypatch.setattr(module, "READINGS", 3)
    outcomes = {f"{fakes.GEMM}('gemm.2048', 'cpu-1')": "failed"}
    tell = {2: {"outcomes": outcomes}, 3: {"outcomes": {}}}
    found = measured(project, factors=(1.0, 2.0, 3.0), tell=tell)
    assert found.points[GEMM_1].samples == (1.5, 4.5)
    assert found.reasons == {}


def test_a_failure_and_a_skip_are_told_apart(project):
    outcomes = {
        f"{fakes.GEMM}('gemm.2048', 'cpu-1')": "failed",
        f"{fakes.DENSE}('dense.1024-512', 'cpu-1')": "skipped",
    }
    found = measured(project, (GEMM_1, DENSE_1), tell={1: {"outcomes": outcomes}})
    assert found.points == {}
    assert found.reasons[GEMM_1] == "it failed: ValueError: boom"
    assert found.reasons[DENSE_1] == (
        f"it was skipped: {fakes.DENSE}('dense.1024-512', 'cpu-1') is impossible"
    )


def test_a_benchmark_whose_version_changed_is_not_measured(project):
    changed = projects.suite(
        projects.benchmark(fakes.DENSE, ["dense.1024-512", "dense.2-3"]),
        projects.benchmark(fakes.GEMM, ["gemm.2048"], version="2"),
    )
    found = measured(project, (GEMM_1, DENSE_1), tell={0: {"benchmarks": changed}})
    assert list(found.points) == [DENSE_1]
    assert found.reasons == {GEMM_1: "the suite has version 2 of it and the history 1"}


def test_a_case_that_the_suite_has_no_more_is_named(project):
    left = projects.suite(projects.benchmark(fakes.DENSE, ["dense.2-3"]))
    found = measured(project, (GEMM_1, DENSE_1), tell={0: {"benchmarks": left}})
    gone = "the suite does not have it any more"
    assert found.reasons == {GEMM_1: gone, DENSE_1: gone}


def test_another_environment_is_not_compared(project):
    project.tell(environments=["virtualenv-py3.12"])
    with pytest.raises(NothingMeasured, match=r"measures in virtualenv-py3\.12 here, and the"):
        measured(project)


def test_how_long_it_takes_is_expected_from_the_suites_settings(project, monkeypatch):
    plan, session = opened(project, fakes.Scratch(project))
    with session as ready:
        # 0.15 s to start, 0.1 s to warm up and 5 values of 0.01 s, each; 5 s for asv itself.
        assert ready.seconds(plan.items) == pytest.approx(4 * 0.3 + 5)
        monkeypatch.setattr(module, "READINGS", 3)
        assert ready.seconds(plan.items) == pytest.approx((3 * 2 + 2) * 0.3 + 3 * 5)


def test_a_record_that_is_damaged_or_missing_says_nothing(project):
    plan, session = opened(project, fakes.Scratch(project))
    with session as ready:
        ready.measure(plan.items)
        ready.target.record.write_text("{")
        assert ready.record() is None
        ready.target.record.unlink()
        assert ready.record() is None
