"""Lets ``asv continuous`` compare the cases: its own command, table and verdicts."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from cnnfc.machine.asv_file import register
from cnnfc.machine.identity import identify
from cnnfc.studies.gate.peer_suites import Task, check, key, write_asv
from cnnfc.studies.programs import call

#: Options of ``asv continuous`` by the name of the variant.
VARIANTS: Final[Mapping[str, tuple[str, ...]]] = {
    "asv": (),
    "asv-interleaved": ("--interleave-rounds",),
    # As many rounds as fit into the time that the gate takes, and the gate's threshold.
    "asv-best": ("--interleave-rounds", "--attribute", "rounds=8", "--factor", "1.03"),
}
#: A row of its table: ``| + | 1.0±0.1ms | 1.2±0.1ms | 1.20 | dense.Forward.time_x('a', 'b') |``.
_ROW: Final = re.compile(
    r"^\|\s*(?P<mark>\S?)\s*\|.*\|\s*~?(?P<ratio>[\d.]+|n/a)\s*\|\s*(?P<name>[\w.]+)\((?P<params>.*)\)\s*\|$"
)


def measure(task: Task, folder: Path, options: Sequence[str]) -> dict[str, dict[str, Any]]:
    """What ``asv continuous`` with `options` says of each case, by id: ``says`` and ``ratio``.

    Raises:
        CannotMeasure: it fails, or leaves a case out.
    """
    identity = identify()
    register(identity)
    first, second = _two_commits(folder)
    write_asv(folder, task, second)
    command = [sys.executable, "-m", "asv", "--config", str(folder / "asv.conf.json")]
    command += ["continuous", first, second, "--machine", identity.name, "--no-only-changed"]
    for case in task.cases:
        name, *params = key(case).split(" ")
        quoted = ", ".join(f"'{re.escape(word)}'" for word in params)
        command += ["--bench", rf"^{re.escape(name)}\({quoted}\)"]
    # asv ends with 1 if something is slower.
    said = call("asv", [*command, *options], folder, allowed=(0, 1), tracebacks_fail=True)
    by_key = {key(case): case.id for case in task.cases}
    found = {}
    for row in filter(None, map(_ROW.match, said.splitlines())):
        words = [word.strip().strip("'") for word in row["params"].split(",")]
        case_id = by_key.get(" ".join([row["name"], *words]))
        if case_id is not None:
            ratio = None if row["ratio"] == "n/a" else float(row["ratio"])
            found[case_id] = {"says": {"+": 1, "-": -1}.get(row["mark"], 0), "ratio": ratio}
    check(task.cases, found, "asv continuous")
    return found


def _two_commits(folder: Path) -> tuple[str, str]:
    """Make `folder` a git repository with two commits, and give their hashes."""
    git = ["git", "-c", "user.name=study", "-c", "user.email=study@localhost"]
    git += ["-c", "commit.gpgsign=false"]
    call("git", [*git, "init", "--quiet"], folder)
    hashes = []
    for name in ("first", "second"):
        commit = [*git, "commit", "--quiet", "--allow-empty", "--no-verify", "--message", name]
        call("git", commit, folder)
        hashes.append(call("git", [*git, "rev-parse", "HEAD"], folder).strip())
    return hashes[0], hashes[1]
