import json
import tempfile

import pytest

from cnnfc.commands.check.scratch import KEPT_LOGS, new_log, scratch_folder, write_config
from cnnfc.commands.project import find_project
from cnnfc.errors import DataError, UsageError


def written(tmp_path, **fields):
    """asv's configuration as a check has it, of a project with these settings."""
    root, folder = tmp_path / "project", tmp_path / "scratch"
    for path in (root, folder):
        path.mkdir(exist_ok=True)
    config = {"version": 1, "project": "p", "repo": ".", **fields}
    (root / "asv.conf.json").write_text(json.dumps(config))
    write_config(find_project(root), folder)
    return root, json.loads((folder / "asv.conf.json").read_text())


def test_results_go_elsewhere_and_all_else_stays_where_it_is(tmp_path):
    (tmp_path / "project" / "suite").mkdir(parents=True)
    root, config = written(tmp_path, results_dir="kept", benchmark_dir="suite", env_dir="envs")
    assert config["results_dir"] == str(tmp_path / "scratch" / "results")
    assert config["benchmark_dir"] == str(root / "suite")
    assert config["env_dir"] == str(root / "envs")
    assert config["repo"] == str(root)


def test_asvs_own_default_is_not_looked_for_beside_the_copy(tmp_path):
    root, config = written(tmp_path)
    assert config["env_dir"] == str(root / "env")


def test_a_repository_elsewhere_stays_an_address(tmp_path):
    address = "https://example.com/p.git"
    assert written(tmp_path, repo=address)[1]["repo"] == address


def test_a_setting_that_is_no_path_of_the_project_stays(tmp_path):
    _, config = written(tmp_path, conda_environment_file="IGNORE", matrix={"req": {"x": ["1"]}})
    assert config["conda_environment_file"] == "IGNORE"
    assert config["matrix"] == {"req": {"x": ["1"]}}


def test_a_configuration_that_was_damaged_meanwhile_is_named(tmp_path):
    root, _ = written(tmp_path)
    project = find_project(root)
    (root / "asv.conf.json").write_text("{")
    with pytest.raises(DataError, match=r"asv\.conf\.json cannot be read any more"):
        write_config(project, tmp_path / "scratch")


def test_the_logs_of_a_few_checks_are_kept(tmp_path):
    for number in range(30):
        (tmp_path / f"{number:02}-check.log").touch()
        (tmp_path / f"{number:02}-run.log").touch()
    new_log(tmp_path).touch()
    kept = sorted(path.name for path in tmp_path.glob("*-check.log"))
    assert len(kept) == KEPT_LOGS
    assert kept[0] == "11-check.log"
    assert len(list(tmp_path.glob("*-run.log"))) == 30


def test_without_a_folder_for_temporary_files_that_is_said(monkeypatch):
    def refuse(**_):
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr(tempfile, "TemporaryDirectory", refuse)
    with pytest.raises(UsageError, match="name one that you may write to in TMPDIR"):
        scratch_folder()
