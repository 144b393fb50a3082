"""Whenever a command is killed: what was there is whole, and the next command does the rest."""

import contextlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cnnfc.cli import main
from cnnfc.commands import run as run_module
from cnnfc.commands.run import RunOptions, run_suite
from cnnfc.harness.devices import Devices
from cnnfc.machine import record
from cnnfc.machine.identity import identify
from testkit import breakable, projects

HERE = Path(__file__).parent

#: Signals, whether they go to the whole process group, and when: after so many calls of asv (the
#: first lists the suite, the others measure 20 of 80 points each) and so many seconds more.  Before
#: the first call an interrupt may be Python's own, whose answer is a traceback.
MOMENTS = [
    (signal.SIGKILL, False, 3, 0.02),
    (signal.SIGKILL, True, 0, 0.15),
    (signal.SIGTERM, False, 1, 0.0),
    (signal.SIGTERM, True, 4, 0.03),
    (signal.SIGINT, True, 2, 0.05),
]


def wait_for(happened, process=None, seconds=30.0):
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "it did not happen"
        if process is not None and process.poll() is not None:
            return
        time.sleep(0.005)


def measured(root):
    """Points that have a value, by the file they are in."""
    found = set()
    for path in root.glob("results/*/*.json"):
        if path.name != "machine.json":
            for name, row in json.loads(path.read_text()).get("results", {}).items():
                found |= {(name, n) for n, value in enumerate(row[0]) if value == 1.5}
    return found


def send(process, signum, *, whole_group):
    with contextlib.suppress(ProcessLookupError):
        if whole_group:
            os.killpg(process.pid, signum)
        else:
            process.send_signal(signum)


def finish(faked):
    """Run to the end; gives what was said."""
    out = io.StringIO()
    asv = faked.made.asv
    assert run_suite(RunOptions(report=False), out, start=faked.root, make_asv=asv) == 0
    return out.getvalue()


@pytest.mark.parametrize(("signum", "whole_group", "enough", "seconds"), MOMENTS)
def test_a_run_that_is_killed_is_finished_by_the_next(
    faked, home, monkeypatch, signum, whole_group, enough, seconds
):
    monkeypatch.setattr(run_module, "look", lambda _: Devices(cpus=2))
    cases = [f"dense.{n}-2" for n in range(1, 41)]
    faked.made.tell(
        benchmarks=projects.suite(projects.benchmark("dense.Forward.time_layer", cases))
    )
    calls = faked.root / "calls.jsonl"

    def has_called():
        return enough == 0 or (calls.exists() and calls.read_text().count("\n") >= enough)

    with faked.start(start_new_session=True) as process:
        wait_for(has_called, process)
        time.sleep(seconds)
        send(process, signum, whole_group=whole_group)
        text, _ = process.communicate(timeout=60)
    assert "Traceback" not in text
    breakable.check_whole(faked.root)
    before = measured(faked.root)
    text = finish(faked)
    if before:
        assert f": {len(before)} of 80 already measured" in text
    assert len(measured(faked.root)) == 80
    breakable.check_whole(faked.root)
    assert breakable.leftovers(faked.root, home) == []
    _, problems = record.read_all(faked.root / "reports" / "hardware")
    assert not problems


def test_the_next_run_removes_what_a_killed_one_left(faked, home, monkeypatch):
    monkeypatch.setattr(run_module, "look", lambda _: Devices(cpus=2))
    name = identify().name
    for folder in ("results", "reports/hardware"):
        place = faked.root / folder / name
        place.mkdir(parents=True)
        (place / "1234abcd-e.json.tmp").write_text("{")
        (place / ".r.json.999999999-0123abcd.tmp").write_text("{")
        (place / ".r.json.lock.tmp").write_text("")
    finish(faked)
    assert breakable.leftovers(faked.root, home) == []


@pytest.fixture
def slow(make_real, tmp_path, monkeypatch):
    """A real project, and how to run it so that it is killed in the middle of a benchmark."""
    real = make_real(
        """
if case == "b" and "SLEEP" in os.environ:
    open(os.environ["SLEEP"], "w").close()
    time.sleep(600)
""",
        ["a", "b"],
    )
    sleeps = tmp_path / "sleeps"

    def asleep():
        sleeps.unlink(missing_ok=True)
        with monkeypatch.context() as patch:
            patch.setenv("SLEEP", str(sleeps))
            process = real.start(start_new_session=True)
        wait_for(sleeps.exists, process, seconds=60)
        assert process.poll() is None
        return process

    return real, asleep


def test_whoever_is_killed_nothing_keeps_running_and_the_next_run_does_the_rest(slow, home):
    real, asleep = slow
    # cnnfc: asv notices at once, and the next run waits for it.
    with asleep() as process:
        process.kill()
    # asv: what it had started is ended, and the run says so.
    with asleep() as process:
        (asv,) = (p for p in breakable.processes_of(real.root) if "asv_main.py" in str(p.cmdline()))
        asv.kill()
        text, _ = process.communicate(timeout=60)
    assert process.returncode == 5
    assert "asv was ended by signal 9 (SIGKILL); the system does that when memory runs" in text
    assert breakable.processes_of(real.root) == []
    # Everybody, in a way that can be answered.
    with asleep() as process:
        send(process, signal.SIGTERM, whole_group=True)
        text, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "interrupted: 0 of 2 are measured and kept; run the same command again" in text
    assert breakable.processes_of(real.root) == []
    status, text = real.run()
    assert status == 0, text
    assert real.values() == {"a": 1.0, "b": 1.0}
    assert breakable.processes_of(real.root) == []
    assert breakable.leftovers(real.root, home) == []


#: Ends an action at each of its steps; argv: the folder, "kill" or "interrupt".
STEPWISE = """
import json, sys
from pathlib import Path

import mortal
folder, interrupt = Path(sys.argv[1]), sys.argv[2] == "interrupt"
{body}
steps = mortal.end_at_each_step(act, check, folder, interrupt=interrupt)
print(steps)
"""

WRITE = """
from cnnfc.machine.locked_files import locked, sweep, write_atomically
path = folder / "a.json"
path.write_text("old")

def act():
    with locked(path):
        write_atomically(path, "new")

def check(number):
    assert path.read_text() in ("old", "new")
    sweep(folder)
    assert mortal.names(folder) == ["a.json"], mortal.names(folder)
    path.write_text("old")
"""

RECORD = """
from cnnfc.harness.leftovers import sweep
from cnnfc.commands import run as run_module
from cnnfc.commands.run import RunOptions, run_suite
from cnnfc.harness.devices import Devices
from cnnfc.machine import record
from cnnfc.machine.identity import identify
from cnnfc.machine.record import Note

path = folder / "m" / "r.json"
whole = []

def act():
    record.begin(folder, commit="c" * 40, environment="e", profile="quick", software={}, path=path)
    record.add_notes(path, [Note("n")])
    record.finish(path)

def check(number):
    if path.exists():
        whole.append(record.read(path))
    sweep(folder, "m")
    assert set(mortal.names(folder)) <= {"m", "m/r.json"}, mortal.names(folder)
    act()
    found = record.read(path)
    assert found.finished_at is not None and len(found.notes) == 1
    path.unlink()
"""

MACHINES = """
from cnnfc.machine.asv_file import register
from cnnfc.machine.identity import Identity
from cnnfc.machine.locked_files import sweep

path = folder / ".asv-machine.json"
old = json.dumps({"version": 1, "other": {"machine": "other"}})
path.write_text(old)

def act():
    register(Identity(cpu_model="Test"), path)

def check(number):
    assert "other" in json.loads(path.read_text())
    act()
    assert len(json.loads(path.read_text())) == 3
    assert mortal.names(folder) == [".asv-machine.json"], mortal.names(folder)
    path.write_text(old)
"""

SITE = """
from cnnfc.report.writer import MARKER, write_site
from cnnfc.report.model import Page, Site
from cnnfc.history.results import History
from cnnfc.report import writer

writer.build_site = lambda history, **options: Site("p", "", "", (), ())
def pages(site, folder):
    for name in ("index.html", "b.html", MARKER):
        (folder / name).write_text(text)
writer._write = pages
out = folder / "site"

def write(content):
    global text
    text = content
    write_site(History(), out, project="p")

write("old")
act = lambda: write("new")

def check(number):
    if out.exists():
        assert {p.read_text() for p in out.iterdir()} in ({"old"}, {"new"})
        assert len(list(out.iterdir())) == 3
    else:
        assert not interrupt
    # A report that cannot be written brings the old one back all the same.
    writer._write = fail
    try:
        write("x")
    except Exception:
        pass
    writer._write = pages
    assert {p.read_text() for p in out.iterdir()} in ({"old"}, {"new"})
    assert [p.name for p in folder.iterdir()] == ["site"], mortal.names(folder)
    write("old")

def fail(*_):
    raise OSError(28, "No space left on device")
"""


@pytest.mark.parametrize("how", ["kill", "interrupt"])
@pytest.mark.parametrize(("body", "least"), [(WRITE, 5), (RECORD, 15), (MACHINES, 6), (SITE, 12)])
def test_an_end_at_any_step_of_writing_leaves_the_old_or_the_new(tmp_path, how, body, least):
    folder = tmp_path / "folder"
    folder.mkdir()
    done = subprocess.run(
        [
            sys.executable,
            "-W",
            "ignore",
            "-c",
            STEPWISE.replace("{body}", body),
            folder,
            how,
        ],
        capture_output=True,
        text=True,
        timeout=100,
        env={**os.environ, "HOME": str(tmp_path), "PYTHONPATH": str(HERE)},
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= least


RESULTS = Path(__file__).parents[1] / "data" / "results" / "real"


#: The command `cnnfc report` that says "written" when its pages are, and waits; argv: its options.
WAITING_REPORT = """
import sys, time
from cnnfc.cli import main
from cnnfc.report import writer

write = writer._write

def pages(site, folder):
    write(site, folder)
    print("written", flush=True)
    time.sleep(600)

writer._write = pages
main(["report", *sys.argv[1:]])
"""


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGKILL])
def test_a_report_that_is_killed_before_its_pages_are_in_place_leaves_the_old_one(tmp_path, signum):
    site, results = tmp_path / "site", tmp_path / "results"
    (results / "elm").mkdir(parents=True)
    for path in [RESULTS / "elm" / "machine.json", *sorted((RESULTS / "elm").glob("*-*.json"))[:1]]:
        shutil.copy(path, results / "elm")
    options = ["--results", str(results), "--out", str(site)]

    def pages():
        return {path.relative_to(site): path.read_bytes() for path in site.rglob("*.html")}

    assert main(["report", *options]) == 0
    old = pages()
    with subprocess.Popen(
        [sys.executable, "-c", WAITING_REPORT, *options], stdout=subprocess.PIPE, text=True
    ) as process:
        assert "written\n" in iter(process.stdout.readline, "")
        process.send_signal(signum)
        assert process.wait(60) == -signum
    assert pages() == old
    assert len(list(tmp_path.glob(f".site.{process.pid}-*.new.tmp"))) == 1
    assert main(["report", *options]) == 0
    assert pages().keys() == old.keys()
    assert breakable.leftovers(tmp_path) == []
