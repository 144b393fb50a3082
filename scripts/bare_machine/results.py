"""Keeps what was measured on a bare machine, and packs it."""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from carried import write_json

#: What comes back.
PARTS = ("results", "hardware", "studies", "other-studies", "logs")


def make_folders(out: Path) -> None:
    """Make the folders of `PARTS` in `out`, as far as they are not there."""
    for part in PARTS:
        (out / part).mkdir(parents=True, exist_ok=True)


def turn_to_studies(out: Path, command: str) -> None:
    """Make ``studies`` those of `command`; of other devices or cases they wait elsewhere.

    A study goes on only with the devices and cases that it was begun with, and what was measured
    of others is not to be thrown away for it.
    """
    studies, others = out / "studies", out / "other-studies"
    mark, choice = studies / ".choice", hashlib.sha256(command.encode()).hexdigest()[:12]
    before = mark.read_text(encoding="utf-8") if mark.is_file() else None
    if before == choice:
        return
    if before is not None:
        studies.replace(others / before)
    if (others / choice).is_dir():
        # What it replaces is an empty folder, or missing.
        (others / choice).replace(studies)
    studies.mkdir(exist_ok=True)
    mark.write_text(choice, encoding="utf-8")


def save(summary: Mapping[str, Any], out: Path, archive: Path) -> None:
    """Write `summary` into `out`, and `out` into `archive`, each whole or not at all."""
    write_json(out / "summary.json", summary)
    temporary = archive.with_name(f".{archive.name}.tmp")
    temporary.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(temporary, "w:gz") as packed:
        for part in (*PARTS, "summary.json"):
            packed.add(out / part, arcname=part, filter=_anonymous)
        logs = out / "asv" / "logs"
        if logs.is_dir():
            packed.add(logs, arcname="logs/asv", filter=_anonymous)
    temporary.replace(archive)


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """`member` without its owner; none for hidden files, which are locks and parts of files.

    Links are left out as well: ``cnnfc merge`` takes files and folders alone.
    """
    if Path(member.name).name.startswith(".") or not (member.isreg() or member.isdir()):
        return None
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member
