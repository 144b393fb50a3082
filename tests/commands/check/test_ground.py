from datetime import UTC, datetime

import pytest

from cnnfc.commands.check.ground import find_ground
from cnnfc.commands.project import find_project
from cnnfc.errors import NothingMeasured
from cnnfc.harness import here_name
from cnnfc.timeline.arrange import arrange
from testkit import histories as make
from testkit import projects

OWN = here_name.environment_name("2.13.0+cpu")


@pytest.fixture
def project(tmp_path):
    root = tmp_path / "project"
    root.mkdir()
    return projects.Project(root)


@pytest.fixture(autouse=True)
def _torch(monkeypatch):
    monkeypatch.setattr(here_name, "torch_version", lambda: "2.13.0+cpu")


def groups(*runs):
    return arrange(make.history(*runs))


def run(environment, day, **fields):
    at = datetime(2026, 4, day, tzinfo=UTC)
    return make.run(make.point(make.GEMM, "a", "b"), environment=environment, at=at, **fields)


def test_the_environment_and_the_commit_that_measured_last_are_held_still(project):
    second = project.commit("second")
    ground = find_ground(
        groups(
            run("virtualenv-py3.11", 2, number=9, commit=project.first),
            run("virtualenv-py3.11", 1, number=10, commit=second),
            run("virtualenv-py3.10", 1, commit=second),
        ),
        find_project(project.root),
    )
    assert (ground.environment, ground.commit.hash) == ("virtualenv-py3.11", project.first)
    assert (ground.here, ground.date, ground.notes) == (False, None, ())


def test_the_running_interpreter_measures_where_it_measured_last(project):
    ground = find_ground(
        groups(run(OWN, 2, number=5), run("virtualenv-py3.11", 1, commit=project.first)),
        find_project(project.root),
    )
    assert (ground.environment, ground.here) == (OWN, True)
    # Of a commit that git need not know.
    assert ground.commit.hash == make.commit(5)
    assert ground.date == datetime(2026, 3, 5, 12, tzinfo=UTC)


def test_another_interpreter_is_passed_over_for_what_asv_can_make(project):
    ground = find_ground(
        groups(run("here-py3.9-torch1.0", 2), run("virtualenv-py3.11", 1, commit=project.first)),
        find_project(project.root),
    )
    assert ground.environment == "virtualenv-py3.11"


def test_where_only_other_interpreters_measured_nothing_can_be_compared(project):
    with pytest.raises(NothingMeasured, match=r"is of here-py3\.9-torch1\.0, and this interpreter"):
        find_ground(groups(run("here-py3.9-torch1.0", 2)), find_project(project.root))


def test_an_interpreter_without_torch_is_called_that(project, monkeypatch):
    monkeypatch.setattr(here_name, "torch_version", lambda: None)
    with pytest.raises(NothingMeasured, match="this interpreter is one without torch"):
        find_ground(groups(run(OWN, 2)), find_project(project.root))


def test_where_git_does_not_know_the_commit_the_checked_out_one_is_measured(project):
    ground = find_ground(groups(run("virtualenv-py3.11", 2)), find_project(project.root))
    assert ground.commit.hash == project.first
    (note,) = ground.notes
    assert note == (
        f"git does not know {make.commit(1)[:8]}, which was measured last: {project.first[:8]} is "
        f"measured instead, whose code may differ"
    )
