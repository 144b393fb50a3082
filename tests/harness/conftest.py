import pytest

from testkit import projects


@pytest.fixture
def project(tmp_path, home):
    """A project with one commit; asv's machine file lies in a home folder of its own."""
    root = tmp_path / "project"
    root.mkdir()
    return projects.Project(root)
