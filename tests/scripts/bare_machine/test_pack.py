import hashlib
import json
import re
import subprocess
import sys
import tomllib

import pytest

from testkit.repositories import git


def test_what_is_carried_is_what_measuring_needs_and_the_machine_lacks(script):
    text = (script.root / "pyproject.toml").read_text(encoding="utf-8")
    names = {re.match(r"[\w-]+", requirement)[0] for requirement in script.pack.requirements(text)}
    assert names == {"asv", "asv_runner", "json5", "nvidia-ml-py", "packaging"}
    left = len(tomllib.loads(text)["project"]["dependencies"]) - len(names)
    assert left == len({"altair", "duckdb", "jinja2", "numpy", "psutil", "vl-convert-python"})


def test_measuring_works_without_what_only_reports_need(script):
    modules = [name.replace("-python", "").replace("-", "_") for name in script.pack.FOR_REPORTS]
    program = (
        "import sys\n"
        f"for name in {modules}: sys.modules[name] = None\n"
        "import cnnfc.commands.run, cnnfc.commands.study, cnnfc.commands.machine\n"
        "import cnnfc.harness.asv_main, cnnfc.measure.api\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=60)
    assert ran.returncode == 0, ran.stderr.decode()


@pytest.fixture
def repository(note, tmp_path):
    for name in ("cnnfc/a.py", "benchmarks/b.py", "asv.conf.json", "pyproject.toml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    (tmp_path / "pyproject.toml").write_text("[project]\ndependencies = []\n")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-q", "-m", "first", GIT_AUTHOR_DATE=note["date"])
    return tmp_path


def test_the_commit_is_noted_with_the_date_that_asv_stores(script, note, repository):
    noted = script.pack.commit_of(repository)
    assert re.fullmatch("[0-9a-f]{40}", noted["commit"])
    assert noted["date"].replace("Z", "+00:00") == note["date"]


@pytest.mark.parametrize(
    "name", ["cnnfc/new.py", "cnnfc/a.py", "benchmarks/b.py", "asv.conf.json", "pyproject.toml"]
)
def test_what_is_not_committed_is_not_packed(script, repository, capsys, name):
    (repository / name).write_text("x")
    carried = repository / "carried"
    assert script.main(["pack", "--folder", str(carried)], root=repository) == 2
    assert f"but {name} is not committed: commit it" in capsys.readouterr().err
    assert not carried.exists()


def test_what_results_depend_on_is_noted_file_by_file(script, repository, monkeypatch):
    monkeypatch.setattr(script.pack, "_check", lambda command: None)
    (repository / "cnnfc" / "__pycache__").mkdir()
    (repository / "cnnfc" / "__pycache__" / "a.pyc").write_text("")
    (repository / "README.md").write_text("not measured")
    (repository / ".gitignore").write_text("__pycache__\n")
    assert script.main(["pack", "--folder", str(repository / "carried")], root=repository) == 0
    files = json.loads((repository / "carried" / "commit.json").read_text())["files"]
    assert sorted(files) == ["asv.conf.json", "benchmarks/b.py", "cnnfc/a.py", "pyproject.toml"]
    assert files["cnnfc/a.py"] == hashlib.sha256(b"").hexdigest()
