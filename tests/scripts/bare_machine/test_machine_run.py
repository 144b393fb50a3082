import json
import platform
import re
import subprocess
import time
from importlib.metadata import version

import pytest

from testkit.clocks import Clock

WRITE = "import pathlib; pathlib.Path('reports/results/x').write_text('')"


@pytest.fixture
def run(script, tmp_path):
    """A run with all defaults, in which nothing has happened yet."""
    out = tmp_path / "out"
    return script.machine_run.Run(
        *(tmp_path, tmp_path, out, tmp_path / "out.tar.gz", ["cuda-0"], ["c"], "full", 1000, []),
        script.step.Interrupts(),
    )


def test_steps_are_run_in_a_copy_of_the_tree_with_what_was_carried(bare, note, monkeypatch):
    bare.install_for_real()
    # With this pip would not install into a folder.
    monkeypatch.setenv("PIP_USER", "1")
    bare.programs = {
        "suite": "import carried_x, os, pathlib; pathlib.Path('reports/results/oak').mkdir(); "
        "pathlib.Path('reports/results/oak/r.json').write_text(os.environ['CNNFC_COMMIT'])"
    }
    assert bare.run() == 0
    assert (bare.out / "results" / "oak" / "r.json").read_text() == note["commit"]
    assert not (bare.out / "old.json").exists()
    assert bare.summary["commit"] == note["commit"]
    (step,) = bare.summary["steps"]
    assert (step["step"], step["exit_code"], step["ended"]) == ("suite", 0, "exit code 0")
    assert (bare.out / step["log"]).is_file()


def test_a_step_that_fails_does_not_stop_the_next(bare, capsys):
    bare.programs = {"tests": "import sys; print('why it failed'); sys.exit(3)", "suite": WRITE}
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

    monkeypatch.setattr(script.step, "wait", until_it_has_something)
    assert bare.run() == 1
    (step,) = bare.summary["steps"]
    assert (step["ended"], step["exit_code"]) == ("stopped, time was up", 130)
    assert (bare.out / "results" / "x").exists()


def test_a_step_for_which_no_time_is_left_is_not_started(bare):
    bare.programs = {"suite": WRITE}
    assert bare.run("--budget", "0") == 1
    (step,) = bare.summary["steps"]
    assert (step["ended"], step["exit_code"]) == ("not started, no time", None)
    assert not (bare.out / "results" / "x").exists()
    assert bare.archive.is_file()


def test_the_summary_says_what_torch_sees(run):
    seen = run._look()
    assert seen["python"] == platform.python_version()
    assert seen["torch"] == version("torch")


def test_a_device_that_does_not_answer_does_not_hold_the_run_up(run, script, monkeypatch):
    assert script.machine_run.LOOKING == 120.0
    monkeypatch.setattr(script.machine_run, "LOOKING", 0.001)
    assert run._look() == {
        "error": ["torch has not said within 0 s which devices there are"],
    }


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"python": "2.7"}, "the wheels are for Python 2.7 and this is"),
        ({"commit": "6" * 40}, r"out has results of 55555555 and the wheels are of 66666666"),
    ],
)
def test_what_does_not_fit_together_is_refused(bare, note, capsys, change, reason):
    bare.out.mkdir()
    (bare.out / "summary.json").write_text(json.dumps(note))
    bare.note(**change)
    assert bare.run("--steps", "suite") == 2
    assert re.search(rf"^bare_machine: error: .*{reason}", capsys.readouterr().err)


@pytest.mark.parametrize(
    ("name", "content"),
    [("cnnfc/a.py", "x = 1"), ("cnnfc/a.py", None), ("benchmarks/b.py", ""), ("asv.conf.json", "")],
    ids=["changed", "missing", "new", "configuration"],
)
def test_a_tree_that_is_not_that_of_the_commit_is_refused(bare, capsys, name, content):
    path = bare.root / name
    path.unlink(missing_ok=True)
    if content is not None:
        path.write_text(content)
    assert bare.run("--steps", "suite") == 2
    assert f"error: {name} is not that of the commit 55555555" in capsys.readouterr().err
    assert not bare.out.exists()


def test_a_machine_without_what_it_should_have_is_refused(bare, script, monkeypatch, capsys):
    monkeypatch.setattr(
        script.machine_run, "find_spec", lambda name: None if name == "torch" else name
    )
    assert bare.run("--steps", "suite") == 2
    assert "has no torch: use a Python that has" in capsys.readouterr().err


def test_a_folder_that_was_not_packed_is_refused(script, tmp_path, capsys):
    assert script.main(["run", "--folder", str(tmp_path)]) == 2
    assert "run `pack` where there is a network" in capsys.readouterr().err


def test_neither_the_tree_nor_what_was_carried_is_written_to(bare, tmp_path):
    for folder in (bare.root / "cnnfc", bare.root / "tests", bare.root / "benchmarks"):
        folder.chmod(0o555)
    before = [sorted(folder.rglob("*")) for folder in (bare.root, bare.folder)]
    bare.programs = {"suite": WRITE}
    out = tmp_path / "elsewhere" / "out"
    # The copy of what may not be written to can be replaced.
    assert (bare.run("--out", str(out)), bare.run("--out", str(out))) == (0, 0)
    assert [sorted(folder.rglob("*")) for folder in (bare.root, bare.folder)] == before
    assert sorted(path.name for path in out.parent.iterdir()) == ["out", "out-work", "out.tar.gz"]
    copied = out.parent / "out-work" / "tree" / "cnnfc"
    assert copied.stat().st_mode & 0o200


@pytest.fixture
def clock(script, monkeypatch):
    clock = Clock()
    monkeypatch.setattr(script.machine_run.time, "monotonic", clock)
    return clock


def test_time_that_a_step_leaves_over_goes_to_the_next_ones(bare, script, monkeypatch, clock):
    limits = []
    monkeypatch.setattr(script.machine_run.Run, "_step", lambda *given: limits.append(given[-1]))
    bare.programs = dict.fromkeys(("tests", "suite", "fidelity"), "")
    bare.run("--budget", "1070")
    # 70 s are kept for stopping the last one (40, 10 and 5) and writing the archive (15).
    assert [round(limit) for limit in limits] == [200, 688, 1000]


@pytest.mark.parametrize("hangs", ["install", "steps"])
def test_everything_has_ended_before_the_budget_has_whatever_hangs(
    bare, script, monkeypatch, clock, hangs
):
    stopping = 40 + 10 + 5
    packing = 15

    def hang(command, *, timeout, **_):
        if hangs == "install":
            clock.now += timeout
        return subprocess.CompletedProcess(command, 0, "{}", "")

    def run_step(command, limit, log, *_, **__):
        log.write_text("")
        clock.now += limit + stopping
        return script.step.Ending(130, limit + stopping, script.step.TIME_UP)

    monkeypatch.setattr(script.machine_run.subprocess, "run", hang)
    monkeypatch.setattr(script.machine_run, "run_step", run_step)
    bare.install_for_real()
    bare.programs = dict.fromkeys(("tests", "suite", "fidelity"), "")
    assert bare.run("--budget", "540") == 1
    assert 400 < clock.now + packing <= 540
    assert bare.archive.is_file()


def no_pip(command, **_):
    return subprocess.CompletedProcess(command, 1)


def slow_pip(command, **_):
    raise subprocess.TimeoutExpired(command, 1)


@pytest.mark.parametrize(
    ("pip", "reason"),
    [(no_pip, "`pip install` failed"), (slow_pip, "longer than the budget of 1500 s leaves")],
)
def test_an_installation_that_fails_leaves_an_archive_too(
    bare, script, monkeypatch, capsys, pip, reason
):
    monkeypatch.setattr(script.machine_run.subprocess, "run", pip)
    bare.install_for_real()
    bare.programs = {"suite": ""}
    assert bare.run() == 2
    assert reason in capsys.readouterr().err
    assert bare.archive.is_file()


def test_the_commands_measure_the_devices_and_cases_asked_for(run, note):
    assert run._command("suite", note) == [
        *("-P", "-m", "cnnfc.cli", "run", "--here", "--no-report", "--commit", "5" * 40),
        *("--date", note["date"], "--profile", "full", "--device", "cuda-0", "--case", "c"),
    ]
    assert run._command("fidelity", note) == [
        *("-P", "-m", "cnnfc.cli", "study", "fidelity"),
        *("--device", "cuda-0", "--device", "cpu-1", "--case", "c"),
    ]
    assert run._command("tests", note) == ["-m", "pytest", "-m", "gpu", "tests/gpu"]
