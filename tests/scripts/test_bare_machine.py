import ast
import importlib.util
import json
import os
import platform
import re
import signal
import subprocess
import sys
import tarfile
import time
import tomllib
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
SCRIPT = ROOT / "scripts" / "bare_machine.py"
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
NOTE = {"commit": "5" * 40, "date": "2024-05-06T07:08:09+00:00", "python": PYTHON, "wheels": []}


@pytest.fixture
def script():
    """The script as a module, new for each test."""
    spec = importlib.util.spec_from_file_location("bare_machine_under_test", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look their module up.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


@pytest.fixture
def bare(script, tmp_path, monkeypatch):
    """A machine with a small tree and one wheel; steps are programs that a test gives."""

    class Bare:
        folder = tmp_path / "carried"
        out = folder / "out"

        def __init__(self):
            self.programs = {}

        def note(self, **changes):
            self.folder.mkdir(exist_ok=True)
            (self.folder / "commit.json").write_text(json.dumps({**NOTE, **changes}))

        def run(self, *options):
            steps = ",".join(self.programs)
            return script.main(["run", "--folder", str(self.folder), "--steps", steps, *options])

        @property
        def summary(self):
            return json.loads((self.out / "summary.json").read_text())

    bare = Bare()
    bare.note()
    (bare.folder / "wheels").mkdir()
    with zipfile.ZipFile(bare.folder / "wheels" / "carried-1-py3-none-any.whl", "w") as wheel:
        wheel.writestr("carried.py", "x = 1\n")
        info = "Metadata-Version: 2.1\nName: carried\nVersion: 1\n"
        wheel.writestr("carried-1.dist-info/METADATA", info)
        tag = "Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        wheel.writestr("carried-1.dist-info/WHEEL", tag)
        wheel.writestr("carried-1.dist-info/RECORD", "")
    root = tmp_path / "project"
    for name in ("benchmarks", "cnnfc", "tests"):
        (root / name).mkdir(parents=True)
    (root / "asv.conf.json").write_text("{}")
    (root / "pyproject.toml").write_text("")
    (root / "reports").mkdir()
    (root / "reports" / "old.json").write_text("{}")
    monkeypatch.setattr(script, "ROOT", root)
    monkeypatch.setattr(script.Run, "_command", lambda _, step, __: ["-c", bare.programs[step]])
    # Starting torch takes a second.
    monkeypatch.setattr(script.Run, "_look", lambda _: {"torch": "2"})
    monkeypatch.setattr(script, "STOPS", ((signal.SIGINT, 5.0), (signal.SIGKILL, 5.0)))
    return bare


def test_the_script_needs_the_standard_library_alone():
    imported = {
        name.split(".")[0]
        for node in ast.walk(ast.parse(SCRIPT.read_text(encoding="utf-8")))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported <= sys.stdlib_module_names


def test_what_is_carried_is_what_measuring_needs_and_the_machine_lacks(script):
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    names = {re.match(r"[\w-]+", requirement)[0] for requirement in script.requirements(text)}
    assert names == {"asv", "asv_runner", "json5", "nvidia-ml-py"}
    left = len(tomllib.loads(text)["project"]["dependencies"]) - len(names)
    assert left == len({"altair", "jinja2", "numpy", "psutil", "vl-convert-python"})


def test_measuring_works_without_what_only_reports_need(script):
    modules = [name.replace("-python", "").replace("-", "_") for name in script.FOR_REPORTS]
    program = (
        "import sys\n"
        f"for name in {modules}: sys.modules[name] = None\n"
        "import cnnfc.commands.run, cnnfc.commands.study, cnnfc.commands.machine\n"
        "import cnnfc.harness.asv_main, cnnfc.measure.api\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=60)
    assert ran.returncode == 0, ran.stderr.decode()


def test_steps_are_run_in_a_copy_of_the_tree_with_what_was_carried(bare):
    bare.programs = {
        "suite": "import carried, os, pathlib; pathlib.Path('reports/results/oak').mkdir(); "
        "pathlib.Path('reports/results/oak/r.json').write_text(os.environ['CNNFC_COMMIT'])"
    }
    assert bare.run() == 0
    assert (bare.out / "results" / "oak" / "r.json").read_text() == NOTE["commit"]
    assert not (bare.out / "old.json").exists()
    assert bare.summary["commit"] == NOTE["commit"]
    (step,) = bare.summary["steps"]
    assert (step["step"], step["exit_code"], step["ended"]) == ("suite", 0, "exit code 0")
    assert (bare.out / step["log"]).is_file()


def test_a_step_that_fails_does_not_stop_the_next(bare, capsys):
    bare.programs = {
        "tests": "import sys; print('why it failed'); sys.exit(3)",
        "suite": "import pathlib; pathlib.Path('reports/results/x').write_text('')",
    }
    assert bare.run() == 1
    assert [step["exit_code"] for step in bare.summary["steps"]] == [3, 0]
    assert "  | why it failed\n" in capsys.readouterr().out
    assert (bare.out / "results" / "x").exists()


def test_a_step_that_takes_too_long_is_interrupted_and_what_it_has_is_kept(
    bare, script, monkeypatch
):
    bare.programs = {
        "suite": "import pathlib, time\n"
        "try: pathlib.Path('reports/results/x').write_text(''); time.sleep(60)\n"
        "except KeyboardInterrupt: raise SystemExit(130)"
    }

    def until_it_has_something(*_):
        while not (bare.out / "results" / "x").exists():
            time.sleep(0.01)
        return False

    monkeypatch.setattr(script, "_wait", until_it_has_something)
    assert bare.run() == 1
    (step,) = bare.summary["steps"]
    assert (step["ended"], step["exit_code"]) == ("stopped, time was up", 130)
    assert (bare.out / "results" / "x").exists()


def test_a_step_is_waited_for_until_its_time_is_up(script, tmp_path, monkeypatch, capsys):
    log = tmp_path / "log"
    log.write_text("one\rtwo\n")
    monkeypatch.setattr(script, "PULSE", 0.01)
    with subprocess.Popen([sys.executable, "-S", "-c", "input()"], stdin=subprocess.PIPE) as step:
        assert not script._wait(step, log, 0.05)
        assert " s left: two\n" in capsys.readouterr().out
        step.stdin.close()
        assert script._wait(step, log, 60)


def test_a_step_for_which_no_time_is_left_is_not_started(bare):
    bare.programs = {"suite": "import pathlib; pathlib.Path('reports/results/x').write_text('')"}
    assert bare.run("--budget", "0") == 1
    (step,) = bare.summary["steps"]
    assert (step["ended"], step["exit_code"]) == ("not started, no time", None)
    assert not (bare.out / "results" / "x").exists()


def test_the_summary_says_what_torch_sees(script, tmp_path):
    run = script.Run(tmp_path, tmp_path, tmp_path, ["cuda-0"], [], "full", 1, [])
    seen = run._look()
    assert seen["python"] == platform.python_version()
    assert seen["torch"] == version("torch")


def test_the_archive_is_a_folder_of_reports_without_names_of_users(bare):
    bare.programs = {
        "suite": "import pathlib; r = pathlib.Path('reports'); (r / 'results/x').write_text(''); "
        "(r / 'results/.x.tmp').write_text(''); (r / 'asv/logs').mkdir(parents=True); "
        "(r / 'asv/logs/y.log').write_text('')"
    }
    archive = bare.folder / "there.tar.gz"
    assert bare.run("--archive", str(archive)) == 0
    with tarfile.open(archive) as packed:
        names = packed.getnames()
        assert {member.uname for member in packed} == {""}
    folders = {"results", "hardware", "studies", "logs"}
    assert folders < set(names)
    assert {"results/x", "summary.json", "logs/asv/y.log"} < set(names)
    assert not [name for name in names if "/." in name]


def test_an_interrupt_is_packed_too(bare):
    bare.programs = {"suite": f"import os, time; os.kill({os.getpid()}, 15); time.sleep(60)"}
    assert bare.run() == 130
    (step,) = bare.summary["steps"]
    assert step["ended"] == "interrupted"
    assert (bare.folder / "out.tar.gz").is_file()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"python": "2.7"}, "the wheels are for Python 2.7 and this is"),
        ({"commit": "6" * 40}, r"out has results of 55555555 and the wheels are of 66666666"),
    ],
)
def test_what_does_not_fit_together_is_refused(bare, capsys, change, reason):
    bare.out.mkdir()
    (bare.out / "summary.json").write_text(json.dumps(NOTE))
    bare.note(**change)
    assert bare.run("--steps", "suite") == 2
    assert re.search(rf"^bare_machine: error: .*{reason}", capsys.readouterr().err)


def test_a_machine_without_what_it_should_have_is_refused(bare, script, monkeypatch, capsys):
    monkeypatch.setattr(script, "find_spec", lambda name: None if name == "torch" else name)
    assert bare.run("--steps", "suite") == 2
    assert "has no torch: use a Python that has" in capsys.readouterr().err


def test_a_folder_that_was_not_packed_is_refused(script, tmp_path, capsys):
    assert script.main(["run", "--folder", str(tmp_path)]) == 2
    assert "run `pack` where there is a network" in capsys.readouterr().err


def test_an_unknown_step_is_refused(script, capsys):
    assert script.main(["run", "--steps", "suite,lunch"]) == 2
    assert "unknown step 'lunch': choose of tests, suite, fidelity" in capsys.readouterr().err


def test_time_that_a_step_leaves_over_goes_to_the_next_ones(bare, script, monkeypatch):
    limits = []
    monkeypatch.setattr(script.Run, "_step", lambda *arguments: limits.append(arguments[-1]))
    monkeypatch.setattr(script.time, "monotonic", lambda: 0.0)
    bare.programs = dict.fromkeys(("tests", "suite", "fidelity"), "")
    bare.run("--budget", "1000")
    assert [round(limit) for limit in limits] == [200, 688, 1000]


def test_the_commands_measure_the_devices_and_cases_asked_for(script, tmp_path):
    run = script.Run(tmp_path, tmp_path, tmp_path, ["cuda-0"], ["c"], "full", 1, [])
    assert run._command("suite", NOTE) == [
        *("-P", "-m", "cnnfc.cli", "run", "--here", "--no-report", "--commit", "5" * 40),
        *("--date", NOTE["date"], "--profile", "full", "--device", "cuda-0", "--case", "c"),
    ]
    assert run._command("fidelity", NOTE) == [
        *("-P", "-m", "cnnfc.cli", "study", "fidelity"),
        *("--device", "cuda-0", "--device", "cpu-1", "--case", "c"),
    ]
    assert run._command("tests", NOTE) == ["-m", "pytest", "-m", "gpu", "tests/gpu"]


@pytest.fixture
def repository(script, tmp_path, monkeypatch):
    def git(*arguments):
        subprocess.run(
            ["git", "-C", str(tmp_path), "-c", "user.name=n", "-c", "user.email=e@e", *arguments],
            check=True,
            capture_output=True,
            timeout=60,
            env={
                **{k: v for k, v in os.environ.items() if not k.startswith("GIT_")},
                "GIT_AUTHOR_DATE": NOTE["date"],
            },
        )

    (tmp_path / "cnnfc").mkdir()
    (tmp_path / "cnnfc" / "a.py").write_text("")
    git("init", "-q")
    git("add", "-A")
    git("commit", "-q", "-m", "first")
    monkeypatch.setattr(script, "ROOT", tmp_path)
    return tmp_path


def test_the_commit_is_noted_with_the_date_that_asv_stores(script, repository):
    noted = script._commit()
    assert re.fullmatch("[0-9a-f]{40}", noted["commit"])
    assert noted["date"].replace("Z", "+00:00") == NOTE["date"]


def test_what_is_not_committed_is_not_packed(script, repository, capsys):
    (repository / "cnnfc" / "b.py").write_text("")
    assert script.main(["pack", "--folder", str(repository / "carried")]) == 2
    assert "but cnnfc/b.py is not committed: commit it" in capsys.readouterr().err
    assert not (repository / "carried").exists()
