"""Small projects to break, with the fake asv or with the real one, and what is left of them."""

import contextlib
import json
import os
import subprocess
import sys

import psutil

from testkit import projects

#: Runs the project in argv[1] with the fake asv in argv[2], in small chunks, and writes no report.
#: An interrupt ends it as it ends a command.
DRIVER = """
import sys
from pathlib import Path
from cnnfc.commands import run
from cnnfc.commands.run import RunOptions, run_suite
from cnnfc.errors import CnnfcError
from cnnfc.harness import plan
from cnnfc.harness.devices import Devices
from cnnfc.harness.process import Asv
plan.CHUNK_POINTS = 20
run.look = lambda _: Devices(cpus=2)
fake = (sys.executable, "-S", "-E", sys.argv[2])
try:
    status = run_suite(
        RunOptions(report=False),
        sys.stdout,
        start=Path(sys.argv[1]),
        make_asv=lambda root, log, kept: Asv(root, log, kept, program=fake),
    )
except CnnfcError as error:
    sys.exit(f"cnnfc: error: {error}")
except KeyboardInterrupt:
    sys.exit(130)
sys.exit(status)
"""


class Faked:
    def __init__(self, root):
        self.made = projects.Project(root)
        self.root = root

    def start(self, **options):
        return subprocess.Popen(
            [sys.executable, "-c", DRIVER, str(self.root), str(projects.FAKE)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            **options,
        )

    def run(self, **options):
        """Run to the end; gives the exit status and what was said."""
        with self.start(**options) as process:
            text, _ = process.communicate(timeout=60)
        return process.returncode, text


CONFIGURATION = '{"version": 1, "project": "p", "repo": ".", "launch_method": "forkserver"}'


class Real:
    """A project of one benchmark for the real asv and the running interpreter.

    `body` is what ``track_it`` does with each of the `cases`; what is measured is named ``p``.
    """

    def __init__(self, root, body, cases, *, settings="rounds = 1"):
        self.root = root
        root.mkdir(parents=True, exist_ok=True)
        files = {
            "asv.conf.json": CONFIGURATION,
            ".gitignore": "reports/\nresults/\n",
            "p/__init__.py": "",
            "benchmarks/__init__.py": "",
            "benchmarks/b.py": _SUITE.format(
                body=_indented(body, 8), cases=cases, settings=_indented(settings, 4)
            ),
        }
        for name, text in files.items():
            (root / name).parent.mkdir(exist_ok=True)
            (root / name).write_text(text)
        projects.git(root, "init", "-q", "-b", "main")
        projects.git(root, "add", "-A")
        projects.git(root, "commit", "-q", "-m", "first")

    def start(self, *options, command="run", **settings):
        arguments = ["--here", "--no-report"] if command == "run" else []
        return subprocess.Popen(
            [sys.executable, "-m", "cnnfc.cli", command, *arguments, *options],
            cwd=self.root,
            env={**os.environ, "PYTHONPATH": str(self.root)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            **settings,
        )

    def run(self, *options, command="run", **settings):
        """Run to the end; gives the exit status and what was said."""
        with self.start(*options, command=command, **settings) as process:
            text, _ = process.communicate(timeout=120)
        return process.returncode, text

    def values(self):
        """Case -> stored value."""
        (path,) = (p for p in self.root.glob("results/*/*.json") if p.name != "machine.json")
        values, (cases,), *_ = json.loads(path.read_text())["results"]["b.Suite.track_it"]
        return dict(zip([case.strip("'") for case in cases], values, strict=True))

    def log(self):
        (path,) = sorted(self.root.glob("reports/asv/logs/*.log"))[-1:]
        return path


_SUITE = """
import ctypes, os, resource, signal, sys, time

class Suite:
    params = [{cases!r}]
    param_names = ["case"]
    version = "1"
{settings}

    def track_it(self, case):
{body}
        return 1.0
"""


def _indented(text, depth):
    return "\n".join(" " * depth + line for line in text.strip("\n").splitlines())


def check_whole(root):
    """Every JSON file of a project is whole."""
    for folder in ("results", "reports"):
        for path in (root / folder).rglob("*.json"):
            json.loads(path.read_text(encoding="utf-8"))


def leftovers(*folders):
    """What looks like a part of a file, a lock or a folder on its way, hidden ones included."""
    return sorted(str(path) for folder in folders for path in folder.rglob("*.tmp"))


def processes_of(root):
    """Processes that were started for the project in `root`."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            about = [process.cwd(), *process.cmdline()]
            if process.pid != os.getpid() and any(str(root) in part for part in about):
                found.append(process)
    return found
