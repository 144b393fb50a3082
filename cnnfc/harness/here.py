"""Decides whether the running interpreter may measure a project's checked-out commit."""

from __future__ import annotations

import filecmp
import subprocess
import sys
from pathlib import Path

from cnnfc.errors import UsageError
from cnnfc.harness import here_name
from cnnfc.harness.repository import Tree


def environment_name() -> str:
    """What results of the running interpreter are filed under: ``here-py3.11-torch2.13.0+cpu``.

    See `here_name.environment_name`, which asv's side asks too.

    Raises:
        UsageError: torch is not installed in it.
    """
    torch = here_name.torch_version()
    if torch is None:
        raise UsageError(
            f"--here measures with {sys.executable}, which has no torch: install it there "
            f"(pip install torch), or leave --here out to let asv make an environment"
        )
    return here_name.environment_name(torch)


def check_installed(root: Path, package: str, tree: Tree) -> None:
    """Make sure that what the running interpreter imports is `package` as it is committed.

    `root` is the project's folder.  Packages under ``root`` or ``root/src`` are understood; for
    any other layout every uncommitted Python file outside of the suite counts.

    Raises:
        UsageError: `package` has uncommitted changes, or another copy of it is installed whose
            files differ: its results would be filed under a commit they do not belong to.
    """
    folder = next((f for f in (root / package, root / "src" / package) if f.is_dir()), None)
    changed = tree.changes([folder] if folder else [])
    if folder is None:
        changed = tuple(name for name in changed if name.endswith(".py"))
    if changed:
        raise UsageError(
            f"--here files results under the checked-out commit, but {_names(changed)} "
            f"{'has' if len(changed) == 1 else 'have'} uncommitted changes: commit or stash them"
        )
    if folder is None:
        return
    installed = _installed(package)
    if installed is None:
        raise UsageError(
            f"--here measures with {sys.executable}, which cannot import {package}: install it "
            f"there with `pip install -e {root}`"
        )
    if installed.resolve() != folder.resolve() and not _same_files(folder, installed):
        raise UsageError(
            f"--here measures with {sys.executable}, whose {package} in {installed} is not the "
            f"checked-out one: install that with `pip install -e {root}`"
        )


#: Prints where a package is imported from; run without the current folder on the path (``-P``),
#: as asv runs benchmarks.
_FIND = """
import importlib.util, sys
spec = importlib.util.find_spec(sys.argv[1])
print(*(spec.submodule_search_locations or () if spec else ()), sep="\\n")
"""


def _installed(package: str) -> Path | None:
    """The folder that benchmarks will import `package` from; ``None`` if they cannot."""
    found = subprocess.run(
        [sys.executable, "-P", "-c", _FIND, package],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    places = found.stdout.split("\n")
    return Path(places[0]) if places[0] else None


def _same_files(ours: Path, installed: Path) -> bool:
    """Whether `installed` has every Python file of `ours` with the same content."""
    names = [str(path.relative_to(ours)) for path in ours.rglob("*.py")]
    same, _, _ = filecmp.cmpfiles(ours, installed, names, shallow=False)
    return len(same) == len(names)


def _names(files: tuple[str, ...]) -> str:
    return files[0] if len(files) == 1 else f"{files[0]} and {len(files) - 1} more"
