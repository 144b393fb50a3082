import os
from pathlib import Path

import pytest

from cnnfc.commands.project import find_project
from cnnfc.errors import DataError, UsageError

SMALL = '{"version": 1, "project": "p", "repo": "."}'


def write(folder: Path, text: str = SMALL, name: str = "asv.conf.json") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_the_configuration_is_found_from_a_folder_inside_the_project(tmp_path):
    config = write(tmp_path)
    inside = tmp_path / "a" / "b"
    inside.mkdir(parents=True)
    project = find_project(inside)
    assert (project.root, project.config_path) == (tmp_path, config)


def test_the_nearest_configuration_wins(tmp_path):
    write(tmp_path)
    inner = tmp_path / "inner"
    inner.mkdir()
    write(inner, '{"version": 1, "project": "inner", "repo": ".."}')
    assert find_project(inner).name == "inner"


def test_asvs_defaults_hold_where_a_field_is_left_out(tmp_path):
    write(tmp_path)
    project = find_project(tmp_path)
    assert project.results == tmp_path / "results"
    assert project.benchmarks == tmp_path / "benchmarks"
    assert project.show_commit_url is None
    assert project.repository == "."


def test_folders_are_relative_to_the_configuration_and_cnnfcs_own_lie_under_reports(tmp_path):
    write(
        tmp_path,
        '{"version": 1, "results_dir": "out/r", "benchmark_dir": "../suite",'
        ' "show_commit_url": "https://host/commit/"}',
    )
    project = find_project(tmp_path)
    assert project.results == tmp_path / "out" / "r"
    assert project.benchmarks == tmp_path / "../suite"
    assert project.hardware == tmp_path / "reports" / "hardware"
    assert project.site == tmp_path / "reports" / "site"
    assert project.scratch == tmp_path / "reports" / "asv"
    assert project.show_commit_url == "https://host/commit/"


def test_comments_and_trailing_commas_are_read_as_asv_reads_them(tmp_path):
    write(tmp_path, '{\n// a comment with "quotes"\n"version": 1, "project": "a//b",\n}')
    assert find_project(tmp_path).name == "a//b"


def test_the_jsonc_name_is_accepted_as_asv_accepts_it(tmp_path):
    write(tmp_path, name="asv.conf.jsonc")
    assert find_project(tmp_path).name == "p"


def test_a_commit_address_that_is_no_web_address_is_left_out(tmp_path):
    write(tmp_path, '{"show_commit_url": "javascript:alert(1)//"}')
    assert find_project(tmp_path).show_commit_url is None


def test_no_configuration_says_where_it_was_looked_for_and_what_to_do(tmp_path):
    with pytest.raises(UsageError, match=r"no asv\.conf\.json in .* above it.*asv quickstart"):
        find_project(tmp_path)


def test_two_configurations_in_one_folder_are_refused(tmp_path):
    write(tmp_path)
    write(tmp_path, name="asv.conf.jsonc")
    with pytest.raises(UsageError, match="keep one of them"):
        find_project(tmp_path)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{\n"version": 1,,\n}', "line 2"),
        ("", "not valid JSON"),
        ("[" * 3000, "not valid JSON"),
        ("[1]", "one JSON object"),
        ('{"results_dir": 5}', "results_dir must be a text that is not empty, not 5"),
        ('{"project": null}', "project must be a text"),
        ('{"benchmark_dir": " "}', "benchmark_dir must be a text"),
        ('{"version": 2}', "version is 2, cnnfc knows version 1 only"),
    ],
)
def test_a_broken_configuration_is_named_with_its_fault(tmp_path, text, reason):
    path = write(tmp_path, text)
    with pytest.raises(DataError) as caught:
        find_project(tmp_path)
    assert str(path) in str(caught.value)
    assert reason in str(caught.value)


def test_a_configuration_that_is_not_text_is_named(tmp_path):
    (tmp_path / "asv.conf.json").write_bytes(b"\xff\xfe{}")
    with pytest.raises(DataError, match="not a UTF-8 text file"):
        find_project(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_configuration_that_may_not_be_read_is_named(tmp_path):
    write(tmp_path).chmod(0)
    with pytest.raises(DataError, match="cannot be read"):
        find_project(tmp_path)


def test_the_current_folder_is_where_the_search_starts(tmp_path, monkeypatch):
    write(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert find_project().root == tmp_path


def test_aliases_of_result_folders_come_from_pyproject(tmp_path):
    (tmp_path / "asv.conf.json").write_text('{"version": 1, "repo": "."}')
    assert find_project(tmp_path).aliases == {}
    table = tmp_path / "pyproject.toml"
    table.write_text('[tool.cnnfc.aliases]\n"old-host" = "oak-4c-16gb"\n')
    assert find_project(tmp_path).aliases == {"old-host": "oak-4c-16gb"}


@pytest.mark.parametrize(
    "text", ["[tool.cnnfc.aliases]\nhost = 3\n", "[tool.cnnfc]\naliases = 1\n"]
)
def test_aliases_that_are_no_names_are_refused_by_file_and_table(tmp_path, text):
    (tmp_path / "asv.conf.json").write_text('{"version": 1, "repo": "."}')
    (tmp_path / "pyproject.toml").write_text(text)
    with pytest.raises(DataError, match=r"pyproject\.toml: \[tool\.cnnfc\.aliases\] maps"):
        find_project(tmp_path)


def test_a_broken_pyproject_is_named(tmp_path):
    (tmp_path / "asv.conf.json").write_text('{"version": 1, "repo": "."}')
    (tmp_path / "pyproject.toml").write_text("[tool")
    with pytest.raises(DataError, match=r"pyproject\.toml cannot be read as TOML"):
        find_project(tmp_path)
