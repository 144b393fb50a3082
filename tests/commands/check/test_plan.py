import pytest

from cnnfc.commands.check.plan import plan_check
from cnnfc.errors import UsageError
from cnnfc.machine.identity import Identity
from testkit import check_fakes as fakes


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Makes the project in a folder, once, on a machine of that identity."""

    def make(identity=fakes.OAK, **options):
        fakes.pretend(monkeypatch, tmp_path, identity)
        root = tmp_path / "project"
        root.mkdir()
        return fakes.CheckProject(root, **options)

    return make


def test_a_plan_has_what_can_be_judged_and_with_what(project):
    made = project()
    plan = plan_check(made.root)
    assert plan.why_not == ""
    assert len(plan.judgeable) == len(plan.items) == 4
    assert (plan.ground.commit.hash, plan.ground.environment) == (made.first, fakes.ENVIRONMENT)


def test_only_records_of_this_machine_in_that_environment_count(project):
    made = project()
    made.add_record()
    made.add_record(environment="virtualenv-py3.9", started_at=fakes.FIRST_RUN.replace(day=3))
    made.add_record(machine="elm", started_at=fakes.FIRST_RUN.replace(day=4))
    (record,) = plan_check(made.root).records
    assert record.started_at == fakes.FIRST_RUN


def test_without_results_nothing_can_be_judged(project):
    plan = plan_check(project(runs=()).root)
    assert plan.items == plan.judgeable == ()
    assert plan.why_not.startswith("there are no results in ")


def test_without_runs_nothing_can_be_judged(project):
    made = project(runs=())
    made.write("results/benchmarks.json", "{}")
    assert plan_check(made.root).why_not.startswith("there are no runs in ")


def test_too_few_runs_are_counted(project):
    plan = plan_check(project(runs=(1.0,)).root)
    assert len(plan.items) == 4
    assert plan.judgeable == ()
    assert plan.why_not == (
        "oak-1-2c-8gb has 1 run of history in virtualenv-py3.11, and a verdict takes 3 at least: "
        "`cnnfc run` at other commits adds them"
    )


def test_a_machine_that_is_not_in_the_history_is_told_whose_it_is(project):
    plan = plan_check(project(Identity("Elm 2", 1, 4, 4, 16 * fakes.GIB)).root)
    assert len(plan.items) == 4
    assert plan.why_not == (
        "elm-2-4c-16gb has no history here, only oak-1-2c-8gb: `cnnfc run` begins one"
    )


def test_a_machine_that_lost_memory_is_recognised(project):
    made = project(Identity("Oak 1", 1, 2, 2, 4 * fakes.GIB))
    made.add_record()
    assert plan_check(made.root).why_not == (
        "oak-1-2c-4gb has no history here, only oak-1-2c-8gb. oak-1-2c-8gb has the same processor: "
        "if this is that machine, what was built in has changed (memory 4 GiB instead of 8 GiB)"
    )


def test_a_machine_that_got_a_gpu_is_recognised(project):
    made = project(Identity("Oak 1", 1, 2, 2, 8 * fakes.GIB, ("Birch",)))
    made.add_record()
    assert plan_check(made.root).why_not.endswith("(GPUs Birch instead of none)")


def test_a_history_of_other_interpreters_cannot_be_compared(project, monkeypatch):
    made = project()
    for path in made.root.glob("results/*/*-*.json"):
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace(fakes.ENVIRONMENT, "here-py3.9-torch1.0"), encoding="utf-8")
    plan = plan_check(made.root)
    assert plan.ground is None
    assert plan.judgeable == ()
    assert plan.why_not.startswith("the history of this machine is of here-py3.9-torch1.0, and")


def test_outside_of_a_project_there_is_nothing_to_plan(tmp_path, monkeypatch):
    fakes.pretend(monkeypatch, tmp_path)
    with pytest.raises(UsageError, match=r"no asv\.conf\.json"):
        plan_check(tmp_path)
