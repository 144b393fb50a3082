"""Installs on the bare machine what was carried there, runs the steps, and packs the results."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from carried import THERE, Refusal, fingerprints, note_path, read_json, say
from results import make_folders, save, turn_to_studies
from step import STOPPING, Interrupts, run_step, tail

#: What is copied of the tree; ``reports`` is left behind, so that only new results come back.
TREE = ("asv.conf.json", "pyproject.toml", "benchmarks", "cnnfc", "tests")
#: The steps, with their shares of the time: what one leaves over goes to the next ones.
SHARES = {"tests": 20, "suite": 55, "fidelity": 25}
#: What of the budget no step may use (s): stopping the last one, and writing the archive.
RESERVE = STOPPING + 15.0
#: How long installing (s) may take in any case, and how long the look at the device may at most.
INSTALLING = 30.0
LOOKING = 120.0


@dataclass
class Run:
    """Everything about one run on the bare machine; results go to ``out`` and stay there.

    The tree of the project is ``root`` and what was carried beside it ``folder``: neither is
    written to.  ``budget`` is in seconds.
    """

    root: Path
    folder: Path
    out: Path
    archive: Path
    devices: list[str]
    cases: list[str]
    profile: str
    budget: float
    steps: list[str]
    interrupts: Interrupts
    summary: dict[str, Any] = field(default_factory=dict)
    start: float = field(init=False)

    def __post_init__(self) -> None:
        self.start = time.monotonic()

    @property
    def work(self) -> Path:
        """Beside the results, of which it is no part; replaced by every run."""
        return self.out.with_name(f"{self.out.name}-work")

    @property
    def tree(self) -> Path:
        return self.work / "tree"

    @property
    def site(self) -> Path:
        return self.work / "site"

    @property
    def left(self) -> float:
        """Seconds that are left for steps."""
        return self.budget - RESERVE - (time.monotonic() - self.start)

    def __call__(self) -> int:
        """Install, run the steps, leave the archive; 1 if a step has failed."""
        note = self._read_note()
        make_folders(self.out)
        self.summary = {
            "schema": 1,
            **{key: note[key] for key in ("commit", "date")},
            "started_at": _now(),
            "finished_at": None,
            "budget_seconds": self.budget,
            "machine": None,
            "steps": [],
        }
        try:
            self._prepare()
            self.summary["machine"] = self._look()
            say(f"{json.dumps(self.summary['machine'])}")
            with self.interrupts.held():
                self._run_steps(note)
        finally:
            with self.interrupts.held():
                self.summary["finished_at"] = _now()
                save(self.summary, self.out, self.archive)
            say(f"{self.archive} has what was measured: merge it with `cnnfc merge`")
        for done in self.summary["steps"]:
            log = done["log"] or ""
            say(f"  {done['step']:<9} {done['ended']:<22} {done['seconds']:6.0f} s  {log}")
        if self.interrupts.seen:
            raise KeyboardInterrupt
        return int(any(done["exit_code"] != 0 for done in self.summary["steps"]))

    def _run_steps(self, note: Mapping[str, Any]) -> None:
        for index, step in enumerate(self.steps):
            shares = [SHARES[name] for name in self.steps[index:]]
            self._step(step, self._command(step, note), self.left * shares[0] / sum(shares))
            save(self.summary, self.out, self.archive)
            if self.interrupts.seen:
                return

    def _read_note(self) -> dict[str, Any]:
        path = note_path(self.folder)
        note = read_json(path)
        if not {"commit", "date", "python", "files"} <= note.keys():
            raise Refusal(
                f"{path} is not there or damaged: run `pack` where there is a network, and copy "
                f"{self.folder.name} to this machine too"
            )
        here = f"{sys.version_info.major}.{sys.version_info.minor}"
        if here != note["python"]:
            raise Refusal(
                f"the wheels are for Python {note['python']} and this is {here}: run `pack "
                f"--python {here}`, or this with another Python"
            )
        missing = [name for name in (*THERE.values(), "pytest", "pip") if find_spec(name) is None]
        if missing:
            raise Refusal(f"{sys.executable} has no {', '.join(missing)}: use a Python that has")
        # Sets of pairs: a file that differs, is missing, or is too many.
        other = sorted(set(fingerprints(self.root).items()) ^ set(note["files"].items()))
        if other:
            raise Refusal(
                f"{other[0][0]} is not that of the commit {note['commit'][:8]}, which the wheels "
                f"are of: copy the tree here again, or run `pack` again"
            )
        earlier = read_json(self.out / "summary.json").get("commit", note["commit"])
        if earlier != note["commit"]:
            raise Refusal(
                f"{self.out} has results of {earlier[:8]} and the wheels are of "
                f"{note['commit'][:8]}: move it away"
            )
        return note

    def _prepare(self) -> None:
        """Install the wheels and copy the tree, with ``reports`` leading to the results."""
        shutil.rmtree(self.work, ignore_errors=True)
        self.work.mkdir(parents=True)
        start = time.monotonic()
        self._install()
        self.tree.mkdir()
        for name in TREE:
            if (self.root / name).is_dir():
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(self.root / name, self.tree / name, ignore=ignored)
            else:
                shutil.copy(self.root / name, self.tree / name)
        # Of a tree that may not be written to, the copy must be: pytest does, and the next run.
        for folder, _, files in os.walk(self.tree):
            for path in (Path(folder), *(Path(folder, file) for file in files)):
                path.chmod(path.stat().st_mode | (0o700 if path.is_dir() else 0o600))
        (self.tree / "reports").symlink_to(self.out, target_is_directory=True)
        say(f"installed in {time.monotonic() - start:.0f} s")

    def _install(self) -> None:
        # A folder rather than a virtual environment: the Python that has torch may be in one
        # itself, and a second one would not see its packages.  Nothing is installed twice, and
        # what is carried goes before what is there.
        wheels = map(str, sorted((self.folder / "wheels").glob("*.whl")))
        command = [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps"),
            *("--no-cache-dir", "--target", str(self.site), *wheels),
        ]
        try:
            code = subprocess.run(
                command,
                check=False,
                stdin=subprocess.DEVNULL,
                env=self._environment(),
                timeout=max(INSTALLING, self.left),
            ).returncode
        except subprocess.TimeoutExpired:
            raise Refusal(
                f"installing took longer than the budget of {self.budget:.0f} s leaves: give it "
                f"more, or a faster disk with --out"
            ) from None
        if code:
            raise Refusal("`pip install` failed, for the reason above")

    def _look(self) -> dict[str, Any]:
        """What this machine has, as torch says."""
        program = (
            "import json, platform, torch; cuda = torch.cuda; "
            "print(json.dumps({'python': platform.python_version(), 'torch': torch.__version__, "
            "'cuda': torch.version.cuda, 'gpus': [cuda.get_device_name(i) for i in "
            "range(cuda.device_count())]}))"
        )
        limit = max(0.0, min(LOOKING, self.left))
        try:
            ran = subprocess.run(
                [sys.executable, "-c", program],
                check=False,
                capture_output=True,
                text=True,
                env=self._environment(),
                timeout=limit,
            )
        except subprocess.TimeoutExpired:
            return {"error": [f"torch has not said within {limit:.0f} s which devices there are"]}
        if ran.returncode:
            return {"error": ran.stderr.strip().splitlines()[-1:]}
        found: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
        return found

    def _environment(self) -> dict[str, str]:
        path = os.pathsep.join(filter(None, (str(self.site), os.environ.get("PYTHONPATH"))))
        return {
            **os.environ,
            "PYTHONPATH": path,
            "PYTHONUNBUFFERED": "1",
            "PIP_NO_INDEX": "1",
            # Where it is set, pip refuses to install into a folder.
            "PIP_USER": "0",
            # Other plugins that are there are no business of these tests.
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            # The copied tree is no work tree of a repository around it.
            "GIT_CEILING_DIRECTORIES": str(self.work),
            "CNNFC_COMMIT": str(self.summary.get("commit", "")),
        }

    def _command(self, step: str, note: Mapping[str, str]) -> list[str]:
        if step == "tests":
            return ["-m", "pytest", "-m", "gpu", "tests/gpu"]
        cases = [word for case in self.cases for word in ("--case", case)]
        if step == "suite":
            return [
                *("-P", "-m", "cnnfc.cli", "run", "--here", "--no-report"),
                *("--commit", note["commit"], "--date", note["date"], "--profile", self.profile),
                *(word for device in self.devices for word in ("--device", device)),
                *cases,
            ]
        # One core is the ruler that every machine has.
        devices = dict.fromkeys((*self.devices, "cpu-1"))
        return [
            *("-P", "-m", "cnnfc.cli", "study", "fidelity"),
            *(word for device in devices for word in ("--device", device)),
            *cases,
        ]

    def _step(self, name: str, command: list[str], limit: float) -> None:
        """Run one step for `limit` seconds at most and add what came of it to the summary."""
        done: dict[str, Any] = {
            "step": name,
            "command": " ".join(["python", *command]),
            "started_at": _now(),
            "limit_seconds": max(0, round(limit)),
        }
        self.summary["steps"].append(done)
        if limit <= 0:
            nothing = {"log": None, "exit_code": None, "seconds": 0.0}
            done |= {**nothing, "ended": "not started, no time"}
            return
        if name == "fidelity":
            turn_to_studies(self.out, done["command"])
        log = self.out / "logs" / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{name}.log"
        say(f"{name}: {done['command']} (at most {limit:.0f} s)")
        ending = run_step(
            command,
            limit,
            log,
            self.interrupts,
            tree=self.tree,
            environment=self._environment(),
        )
        done |= {"log": f"logs/{log.name}", "exit_code": ending.exit_code}
        done |= {"seconds": ending.seconds, "ended": ending.ended}
        say(f"{name}: {ending.ended} after {ending.seconds:.0f} s")
        # A success has its result in its last line: so many passed, or measured.
        for line in tail(log, 15 if ending.exit_code or ending.exit_code is None else 1):
            say(f"  | {line}")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
