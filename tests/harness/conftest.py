import importlib.util
from pathlib import Path

import pytest


def _load():
    """``projects.py``; with pytest's importlib mode tests cannot import their neighbours."""
    path = Path(__file__).with_name("projects.py")
    spec = importlib.util.spec_from_file_location("harness_projects", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def projects():
    return _load()


@pytest.fixture
def project(projects, tmp_path, monkeypatch):
    """A project with one commit; asv's machine file lies in a home folder of its own."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    root = tmp_path / "project"
    root.mkdir()
    return projects.Project(root)
