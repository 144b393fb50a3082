"""What the program finds is named by all of its sources."""

import shutil
from pathlib import Path

import pytest

import cnnfc
from cnnfc.timeline.indexed import program as module


def named(folder, monkeypatch, *rooms):
    monkeypatch.setattr(module.resources, "files", {cnnfc: folder}.__getitem__)
    module.program.cache_clear()
    name = module.program(*rooms)
    module.program.cache_clear()
    return name


@pytest.mark.parametrize(
    "source",
    ["units.py", "analysis/changepoints/steps.py", "timeline/causes.py", "machine/wording.py"],
)
def test_a_source_that_changes_gives_another_name(tmp_path, monkeypatch, source):
    folder = tmp_path / "cnnfc"
    shutil.copytree(
        Path(cnnfc.__file__).parent, folder, ignore=shutil.ignore_patterns("__pycache__", "assets")
    )
    before = named(folder, monkeypatch)
    assert named(folder, monkeypatch) == before
    with (folder / source).open("a", encoding="utf-8") as file:
        file.write("#\n")
    assert named(folder, monkeypatch) != before


def test_what_only_shows_things_has_no_part_in_it(tmp_path, monkeypatch):
    folder = tmp_path / "cnnfc"
    shutil.copytree(
        Path(cnnfc.__file__).parent, folder, ignore=shutil.ignore_patterns("__pycache__", "assets")
    )
    before = named(folder, monkeypatch)
    (folder / "report" / "text.py").write_text("")
    assert named(folder, monkeypatch) == before


@pytest.mark.parametrize(
    "source", ["changepoints/steps.py", "changepoints/values.py", "student.py"]
)
def test_one_room_has_a_name_that_changes_with_its_own_sources_alone(tmp_path, monkeypatch, source):
    folder = tmp_path / "cnnfc"
    shutil.copytree(
        Path(cnnfc.__file__).parent, folder, ignore=shutil.ignore_patterns("__pycache__", "assets")
    )
    before = named(folder, monkeypatch, "analysis")
    (folder / "timeline" / "causes.py").write_text("")
    assert named(folder, monkeypatch, "analysis") == before
    with (folder / "analysis" / source).open("a", encoding="utf-8") as file:
        file.write("#\n")
    assert named(folder, monkeypatch, "analysis") != before
