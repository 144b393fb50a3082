"""Packs what a bare machine lacks: wheels, cnnfc's own among them, and a note of the commit."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

from carried import MEASURED, THERE, Refusal, fingerprints, note_path, say, write_json

#: What reads and reports, elsewhere, imports these (150 MB).
FOR_REPORTS = ("altair", "duckdb", "vl-convert-python")
#: pip takes a platform literally, so every glibc that wheels are built for is named.
PLATFORMS = (
    *(f"manylinux_2_{minor}_x86_64" for minor in range(28, 4, -1)),
    *("manylinux2014_x86_64", "manylinux2010_x86_64", "manylinux1_x86_64"),
)
#: What is carried must stay below this (bytes).
LARGEST = 60 * 2**20


def pack(root: Path, folder: Path, python: str) -> None:
    """Fill `folder` with the wheels for `python` (``3.12``) and a note of the commit of `root`."""
    commit = commit_of(root)
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
            *requirements((root / "pyproject.toml").read_text(encoding="utf-8")),
        ]
    )
    say("building cnnfc's own wheel")
    _check([*pip, "wheel", "--quiet", "--no-deps", "--wheel-dir", str(wheels), str(root)])
    found = sorted(wheels.glob("*.whl"))
    size = sum(path.stat().st_size for path in found)
    if size > LARGEST:
        raise Refusal(f"{wheels} has {size / 2**20:.0f} MiB, more than {LARGEST / 2**20:.0f}")
    names = [path.name for path in found]
    note = {**commit, "python": python, "wheels": names, "files": fingerprints(root)}
    write_json(note_path(folder), note)
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


def commit_of(root: Path) -> dict[str, str]:
    """The commit that is checked out: its hash, and its date as asv stores it (the author's).

    Raises:
        Refusal: what results depend on has changes that no commit holds.
    """
    changed = _git(root, "status", "--porcelain", "--", *MEASURED).splitlines()
    if changed:
        raise Refusal(
            f"results are filed under a commit, but {changed[0][3:]} is not committed: commit it"
        )
    return {
        "commit": _git(root, "rev-parse", "HEAD"),
        "date": _git(root, "show", "-s", "--format=%aI", "HEAD"),
    }


def _git(root: Path, *arguments: str) -> str:
    try:
        return subprocess.run(
            ["git", "-C", str(root), *arguments], check=True, capture_output=True, text=True
        ).stdout.rstrip("\n")
    except (OSError, subprocess.CalledProcessError) as error:
        raise Refusal(f"packing needs git and the project's repository: {error}") from None


def _check(command: Sequence[str]) -> None:
    if subprocess.run(command, check=False, stdin=subprocess.DEVNULL).returncode:
        raise Refusal(f"`{' '.join(command[1:5])} ...` failed, for the reason above")
