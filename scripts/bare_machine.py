"""Measures on a machine that has torch and pytest, but neither network nor git nor cnnfc.

In two steps, both from the top of the project's tree::

    python scripts/bare_machine.py pack     # here: with network and git
    # copy the tree and the folder .bare_machine to the machine
    python scripts/bare_machine.py run      # there

``pack`` puts into ``.bare_machine`` the wheels that such a machine lacks, cnnfc's own among them,
and a note of the commit.  ``run`` installs them beside the torch that is there, runs the GPU tests,
the suite on the device, and the fidelity study, and leaves ``.bare_machine/out`` and an archive of
it, which ``cnnfc merge`` takes.  What one step finds wrong does not stop the next, and what is
measured when time runs out is kept: run it again and it goes on.

The machine is expected to have torch, numpy, psutil, pytest and Jinja2.  Drawing charts is left
out: the report is written where the results are merged.  This file needs the standard library
alone.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import time
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NoReturn

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".bare_machine"

#: What the machine has, by the names of packages and modules.
THERE = {"torch": "torch", "numpy": "numpy", "psutil": "psutil", "jinja2": "jinja2"}
#: Only the report, which is written elsewhere, imports these (100 MB).
FOR_REPORTS = ("altair", "vl-convert-python")
#: pip takes a platform literally, so every glibc that wheels are built for is named.
PLATFORMS = (
    *(f"manylinux_2_{minor}_x86_64" for minor in range(28, 4, -1)),
    *("manylinux2014_x86_64", "manylinux2010_x86_64", "manylinux1_x86_64"),
)
#: What is carried must stay below this (bytes).
LARGEST = 60 * 2**20

#: What is copied of the tree; ``reports`` is left behind, so that only new results come back.
TREE = ("asv.conf.json", "pyproject.toml", "benchmarks", "cnnfc", "tests")
#: What comes back.
PARTS = ("results", "hardware", "studies", "logs")
#: The steps, with their shares of the time: what one leaves over goes to the next ones.
SHARES = {"tests": 20, "suite": 55, "fidelity": 25}
#: How long a step may take to end (s) after each of these signals.
STOPS = ((signal.SIGINT, 40.0), (signal.SIGTERM, 10.0), (signal.SIGKILL, 5.0))
#: Seconds between two signs of life.
PULSE = 30.0


class Refusal(Exception):
    """What was asked for cannot be; the message is one sentence."""


def say(text: str) -> None:
    """Print `text` at once, also where the output is a pipe."""
    print(text, flush=True)  # noqa: T201 - this is a program


def pack(folder: Path, python: str) -> None:
    """Fill `folder` with the wheels for `python` (``3.12``) and a note of the commit."""
    commit = _commit()
    wheels = folder / "wheels"
    shutil.rmtree(wheels, ignore_errors=True)
    wheels.mkdir(parents=True)
    pip = [sys.executable, "-m", "pip"]
    say(f"downloading wheels for Python {python} on Linux x86-64")
    _check(
        [
            *(*pip, "download", "--quiet", "--dest", str(wheels), "--only-binary", ":all:"),
            *("--python-version", python, "--implementation", "cp"),
            *(word for platform in PLATFORMS for word in ("--platform", platform)),
            *requirements((ROOT / "pyproject.toml").read_text(encoding="utf-8")),
        ]
    )
    say("building cnnfc's own wheel")
    _check([*pip, "wheel", "--quiet", "--no-deps", "--wheel-dir", str(wheels), str(ROOT)])
    found = sorted(wheels.glob("*.whl"))
    size = sum(path.stat().st_size for path in found)
    if size > LARGEST:
        raise Refusal(f"{wheels} has {size / 2**20:.0f} MiB, more than {LARGEST / 2**20:.0f}")
    note = {**commit, "python": python, "wheels": [path.name for path in found]}
    _write(folder / "commit.json", note)
    for path in found:
        say(f"  {path.stat().st_size / 1024:8.0f} KiB  {path.name}")
    say(f"packed {size / 2**20:.1f} MiB into {folder} for commit {commit['commit'][:8]}")


def requirements(pyproject: str) -> list[str]:
    """The requirements of the project that a bare machine lacks and measuring needs."""
    named = tomllib.loads(pyproject)["project"]["dependencies"]
    return [text for text in named if _name(text) not in (*THERE, *FOR_REPORTS)]


def _name(requirement: str) -> str:
    match = re.match(r"[A-Za-z0-9._-]+", requirement)
    return re.sub(r"[-_.]+", "-", match[0]).lower() if match else requirement


def _commit() -> dict[str, str]:
    """The commit that is checked out: its hash, and its date as asv stores it (the author's)."""
    changed = _git("status", "--porcelain", "--", "cnnfc").splitlines()
    if changed:
        raise Refusal(
            f"results are filed under a commit, but {changed[0][3:]} is not committed: commit it"
        )
    return {"commit": _git("rev-parse", "HEAD"), "date": _git("show", "-s", "--format=%aI", "HEAD")}


def _git(*arguments: str) -> str:
    try:
        return subprocess.run(
            ["git", "-C", str(ROOT), *arguments], check=True, capture_output=True, text=True
        ).stdout.rstrip("\n")
    except (OSError, subprocess.CalledProcessError) as error:
        raise Refusal(f"packing needs git and the project's repository: {error}") from None


def _check(command: Sequence[str]) -> None:
    if subprocess.run(command, check=False, stdin=subprocess.DEVNULL).returncode:
        raise Refusal(f"`{' '.join(command[1:5])} ...` failed, for the reason above")


@dataclass
class Run:
    """Everything about one run on the bare machine; results go to ``out`` and stay there."""

    folder: Path
    out: Path
    archive: Path
    devices: list[str]
    cases: list[str]
    profile: str
    budget: float
    steps: list[str]
    summary: dict[str, Any] = field(default_factory=dict)

    @property
    def tree(self) -> Path:
        return self.folder / "tree"

    @property
    def site(self) -> Path:
        return self.folder / "site"

    def __call__(self) -> int:
        """Install, run the steps, leave the archive; 1 if a step has failed."""
        start = time.monotonic()
        note = self._read_note()
        self._prepare()
        self.summary = {
            "schema": 1,
            **{key: note[key] for key in ("commit", "date")},
            "started_at": _now(),
            "finished_at": None,
            "budget_seconds": self.budget,
            "machine": self._look(),
            "steps": [],
        }
        say(f"{json.dumps(self.summary['machine'])}")
        try:
            for index, step in enumerate(self.steps):
                left = self.budget - (time.monotonic() - start)
                shares = [SHARES[name] for name in self.steps[index:]]
                self._step(step, self._command(step, note), left * shares[0] / sum(shares))
                self._save()
        finally:
            self.summary["finished_at"] = _now()
            self._save()
            say(f"{self.archive} has what was measured: merge it with `cnnfc merge`")
        for done in self.summary["steps"]:
            log = done["log"] or ""
            say(f"  {done['step']:<9} {done['ended']:<22} {done['seconds']:6.0f} s  {log}")
        return int(any(done["exit_code"] != 0 for done in self.summary["steps"]))

    def _read_note(self) -> dict[str, Any]:
        path = self.folder / "commit.json"
        try:
            note: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise Refusal(
                f"{path} cannot be read ({error}): run `pack` where there is a network, and copy "
                f"{self.folder.name} to this machine too"
            ) from None
        here = f"{sys.version_info.major}.{sys.version_info.minor}"
        if here != note["python"]:
            raise Refusal(
                f"the wheels are for Python {note['python']} and this is {here}: run `pack "
                f"--python {here}`, or this with another Python"
            )
        missing = [name for name in (*THERE.values(), "pytest", "pip") if find_spec(name) is None]
        if missing:
            raise Refusal(f"{sys.executable} has no {', '.join(missing)}: use a Python that has")
        earlier = _load(self.out / "summary.json").get("commit", note["commit"])
        if earlier != note["commit"]:
            raise Refusal(
                f"{self.out} has results of {earlier[:8]} and the wheels are of "
                f"{note['commit'][:8]}: move it away"
            )
        return note

    def _prepare(self) -> None:
        """Install the wheels and copy the tree, with ``reports`` leading to the results."""
        start = time.monotonic()
        for folder in (self.tree, self.site):
            shutil.rmtree(folder, ignore_errors=True)
        # A folder rather than a virtual environment: the Python that has torch may be in one
        # itself, and a second one would not see its packages.  Nothing is installed twice, and
        # what is carried goes before what is there.
        wheels = map(str, sorted((self.folder / "wheels").glob("*.whl")))
        _check(
            [
                *(sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps"),
                *("--no-cache-dir", "--target", str(self.site), *wheels),
            ]
        )
        self.tree.mkdir()
        for name in TREE:
            if (ROOT / name).is_dir():
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(ROOT / name, self.tree / name, ignore=ignored)
            else:
                shutil.copy(ROOT / name, self.tree / name)
        for part in PARTS:
            (self.out / part).mkdir(parents=True, exist_ok=True)
        (self.tree / "reports").symlink_to(self.out, target_is_directory=True)
        say(f"installed in {time.monotonic() - start:.0f} s")

    def _look(self) -> dict[str, Any]:
        """What this machine has, as torch says."""
        program = (
            "import json, platform, torch; cuda = torch.cuda; "
            "print(json.dumps({'python': platform.python_version(), 'torch': torch.__version__, "
            "'cuda': torch.version.cuda, 'gpus': [cuda.get_device_name(i) for i in "
            "range(cuda.device_count())]}))"
        )
        ran = subprocess.run(
            [sys.executable, "-c", program],
            check=False,
            capture_output=True,
            text=True,
            env=self._environment(),
        )
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
            # Other plugins that are there are no business of these tests.
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            # The copied tree is no work tree of a repository around it.
            "GIT_CEILING_DIRECTORIES": str(self.folder),
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
        log = self.out / "logs" / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{name}.log"
        done: dict[str, Any] = {
            "step": name,
            "command": " ".join(["python", *command]),
            "started_at": _now(),
            "limit_seconds": max(0, round(limit)),
            "log": f"logs/{log.name}",
        }
        if limit <= 0:
            done |= {
                "exit_code": None,
                "seconds": 0.0,
                "ended": "not started, no time",
                "log": None,
            }
            self.summary["steps"].append(done)
            return
        say(f"{name}: {done['command']} (at most {limit:.0f} s)")
        start = time.monotonic()
        with log.open("wb") as file:
            process = subprocess.Popen(
                [sys.executable, *command],
                cwd=self.tree,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                # Its own group, so that a signal reaches all that it has started.
                start_new_session=True,
            )
            ended = "interrupted"
            try:
                ended = "" if _wait(process, log, limit) else "stopped, time was up"
            finally:
                if ended:
                    _stop(process)
                code = process.returncode
                done["exit_code"], done["seconds"] = code, round(time.monotonic() - start, 1)
                done["ended"] = ended or f"exit code {code}"
                self.summary["steps"].append(done)
        say(f"{name}: {done['ended']} after {done['seconds']:.0f} s")
        # A success has its result in its last line: so many passed, or measured.
        for line in _tail(log, 15 if code or ended else 1):
            say(f"  | {line}")

    def _save(self) -> None:
        """Write summary and archive, each whole or not at all."""
        _write(self.out / "summary.json", self.summary)
        temporary = self.archive.with_name(f".{self.archive.name}.tmp")
        temporary.parent.mkdir(parents=True, exist_ok=True)
        with tarfile.open(temporary, "w:gz") as archive:
            for part in (*PARTS, "summary.json"):
                archive.add(self.out / part, arcname=part, filter=_anonymous)
            logs = self.out / "asv" / "logs"
            if logs.is_dir():
                archive.add(logs, arcname="logs/asv", filter=_anonymous)
        temporary.replace(self.archive)


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """`member` without its owner; none for hidden files, which are locks and parts of files."""
    if Path(member.name).name.startswith("."):
        return None
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


def _wait(process: subprocess.Popen[bytes], log: Path, limit: float) -> bool:
    """Whether `process` has ended within `limit` seconds; says meanwhile what it does."""
    end = time.monotonic() + limit
    while (left := end - time.monotonic()) > 0:
        try:
            process.wait(min(PULSE, left))
        except subprocess.TimeoutExpired:
            say(f"  {max(0.0, end - time.monotonic()):5.0f} s left: {''.join(_tail(log, 1))}")
        else:
            return True
    return process.poll() is not None


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End `process` and its group, politely first: what it has measured is to be kept."""
    for signum, patience in STOPS:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signum)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience)
            return


def _tail(log: Path, lines: int) -> list[str]:
    # Progress is rewritten on one line; its last state counts.
    text = log.read_text(encoding="utf-8", errors="replace").replace("\r", "\n")
    return [line[:200] for line in text.splitlines() if line.strip()][-lines:]


def _load(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _write(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    temporary.replace(path)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


@contextlib.contextmanager
def _terminations_interrupt() -> Iterator[None]:
    """Treat a request to end like Ctrl-C: the step is stopped and what it measured is packed."""

    def interrupt(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    steps = parser.add_subparsers(dest="step", required=True, metavar="pack|run")
    packing = steps.add_parser("pack", help="here: download wheels and note the commit")
    packing.add_argument("--python", default="3.12", metavar="X.Y", help="there (default: 3.12)")
    running = steps.add_parser("run", help="there: install, test, measure, pack the results")
    for step in (packing, running):
        step.add_argument("--folder", type=Path, default=FOLDER, metavar="DIR", help="what travels")
    option = running.add_argument
    option("--out", type=Path, metavar="DIR", help="where results go (default: out in the folder)")
    option("--archive", type=Path, metavar="FILE", help="default: the folder's out.tar.gz")
    option(
        "--budget", type=float, default=1500, metavar="S", help="seconds for all (default: 1500)"
    )
    option("--device", action="append", metavar="NAME", help="may be repeated (default: cuda-0)")
    option("--case", action="append", default=[], metavar="NAME", help="only this case; repeatable")
    option("--profile", default="standard", help="of the suite (default: standard)")
    option("--steps", default=",".join(SHARES), help="which, in this order (default: %(default)s)")
    return parser


def _steps(text: str) -> list[str]:
    steps = text.split(",")
    for step in steps:
        if step not in SHARES:
            raise Refusal(f"unknown step {step!r}: choose of {', '.join(SHARES)}")
    return steps


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the script with `arguments` (those of this process if left out); gives the exit code."""
    options = _parser().parse_args(arguments)
    folder = options.folder.resolve()
    try:
        if options.step == "pack":
            pack(folder, options.python)
            return 0
        with _terminations_interrupt():
            return Run(
                folder=folder,
                out=(options.out or folder / "out").resolve(),
                archive=(options.archive or folder / "out.tar.gz").resolve(),
                devices=options.device or ["cuda-0"],
                cases=options.case,
                profile=options.profile,
                budget=options.budget,
                steps=_steps(options.steps),
            )()
    except Refusal as error:
        sys.stderr.write(f"bare_machine: error: {error}\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("bare_machine: interrupted; run it again and it goes on\n")
        return 130


if __name__ == "__main__":
    sys.exit(main())
