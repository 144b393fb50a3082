"""A gate that is interrupted or killed: no process is left, and the next gate works."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from testkit import breakable, projects

#: ``cnnfc gate`` with pairs so short that nothing but starting workers takes time.
DRIVER = """
import sys
from dataclasses import replace
from cnnfc import cli
from cnnfc.gate import whole
from cnnfc.gate import schedule
from cnnfc.gate.measuring import pairs
from cnnfc.gate.measuring.setting import Protocol
real = whole.judge
short = Protocol(leg_seconds=0.001, blocks=1, warm_calls=1, canary_seconds=0.001)
whole.judge = lambda request, watch: real(replace(request, protocol=short), watch)
schedule.WORTHWHILE = 0.0
pairs.CANARIES = ("loop",)
sys.exit(cli.main(["gate", *sys.argv[1:]]))
"""
#: Waits at the import, in the survey or in a pair if SLEEP says so, and tells that it does; at some
#: of these it has started a process.  The survey's worker has the hash seed 0.
SUITE = """
import os, subprocess, time

def sleep(when):
    if os.environ.get("SLEEP", "").startswith(when + ":"):
        if when in ("survey", "pair"):
            # Of a session of its own, as no well-behaved benchmark has one.
            subprocess.Popen(["sleep", "600"], start_new_session=True)
        open(os.environ["SLEEP"].partition(":")[2], "w").close()
        time.sleep(600)

sleep("import")

def time_a():
    pass

def time_b():
    for when in ("survey",) if os.environ["PYTHONHASHSEED"] == "0" else ("pair", "leg"):
        sleep(when)
"""
COARSE = """
[tool.cnnfc.gate]
threshold = 0.5
tail_threshold = 1.0
canary_tolerance = 1.0
false_red = 0.4
miss = 0.4
largest_pairs = 7
"""
#: A build that takes for ever, in a process of its own.
ENDLESS = """
import os, pathlib, subprocess

def build_wheel(*_, **__):
    pathlib.Path(os.environ["SLEEP"].partition(":")[2]).touch()
    subprocess.run(["sleep", "600"])
"""


@pytest.fixture
def project(tmp_path, home):
    root = tmp_path / "project"
    files = {
        "asv.conf.json": '{"version": 1, "repo": "."}',
        ".gitignore": "reports/\n",
        "pyproject.toml": COARSE,
        "benchmarks/__init__.py": "",
        "benchmarks/it.py": SUITE,
        "tiny.py": "",
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    projects.git(root, "init", "-q", "-b", "main")
    projects.git(root, "add", "-A")
    projects.git(root, "commit", "-q", "-m", "first")
    (root / "tiny.py").write_text("CHANGED = True\n")
    return root


def start(root, sleep="", **options):
    return subprocess.Popen(
        [sys.executable, "-c", DRIVER, "HEAD", *options.pop("arguments", ())],
        cwd=root,
        env={**os.environ, "SLEEP": sleep},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        **options,
    )


def asleep(root, tmp_path, when):
    """A gate that waits at `when`."""
    flag = tmp_path / "asleep"
    process = start(root, f"{when}:{flag}", start_new_session=True)
    wait_for(lambda: flag.exists() or process.poll() is not None)
    assert process.poll() is None, process.communicate()[0]
    return process


def wait_for(happened, seconds=30.0):
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def check_the_next(root):
    with start(root, arguments=("--bench", "time_b")) as process:
        text, _ = process.communicate(timeout=60)
    assert process.returncode == 0, text
    assert "Traceback" not in text


@pytest.mark.parametrize(
    ("signum", "whole_group", "when"),
    [
        (signal.SIGINT, True, "pair"),
        (signal.SIGTERM, False, "survey"),
        (signal.SIGHUP, True, "pair"),
    ],
)
def test_an_interrupted_gate_writes_what_it_has_and_leaves_no_process(
    project, tmp_path, signum, whole_group, when
):
    with asleep(project, tmp_path, when) as process:
        # As a terminal does it, or as somebody who asks this process alone.
        (os.killpg if whole_group else os.kill)(process.pid, signum)
        text, _ = process.communicate(timeout=30)
    assert process.returncode == 130, text
    assert "Traceback" not in text
    assert breakable.processes_of(project) == []
    (path,) = project.glob("reports/gate/*/gate.json")
    report = json.loads(path.read_text())
    assert report["finished_at"] is None
    assert report["exit_code"] == 130
    assert {one["name"] for one in report["benchmarks"]} == {"it.time_a", "it.time_b"}
    assert (path.parent / "index.html").exists()
    assert (path.parent / "junit.xml").exists()
    assert breakable.leftovers(project) == []


def test_a_gate_that_is_ended_before_it_measures_leaves_no_process(project, tmp_path):
    with asleep(project, tmp_path, "import") as process:
        process.terminate()
        text, _ = process.communicate(timeout=30)
    assert process.returncode == 130
    assert text.endswith("cnnfc: interrupted\n")
    assert breakable.processes_of(project) == []
    assert breakable.leftovers(project) == []


def test_a_gate_that_is_ended_while_it_builds_leaves_no_process(project, tmp_path):
    (project / "backend.py").write_text(ENDLESS)
    (project / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    )
    with asleep(project, tmp_path, "build") as process:
        process.terminate()
        text, _ = process.communicate(timeout=30)
    assert process.returncode == 130, text
    wait_for(lambda: breakable.processes_of(project) == [])
    assert breakable.leftovers(project) == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process with its parent")
@pytest.mark.parametrize("when", ["import", "leg"])
def test_a_gate_that_is_killed_leaves_no_worker_and_the_next_one_works(project, tmp_path, when):
    with asleep(project, tmp_path, when) as process:
        process.kill()
        process.wait(30)
        wait_for(lambda: breakable.processes_of(project) == [])
    if when == "leg":
        check_the_next(project)
        assert breakable.leftovers(project) == []
        breakable.check_whole(project)
