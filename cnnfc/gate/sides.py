"""What is compared: two sides that a worker can be started on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

#: What is compared, in this order wherever both are named.
ROLES: Final = ("baseline", "contender")


@dataclass(frozen=True)
class Side:
    """One of the two commits or environments, ready to be measured.

    Attributes:
        role: ``baseline`` or ``contender``.
        label: What was typed, or ``work tree``.
        commit: Full hash; None for a work tree that is not committed.
        tree: Hash of its content, as git has it.
        suite: Folder of the benchmarks that are run: the contender's, on both sides.
        own_suite: Folder of this commit's own benchmarks; None if it has none.
        path: Folders that come first on ``sys.path``, with this side's package.
        python: Interpreter of its environment.
        config: Folder with this side's copy of ``asv.conf.json``; nothing that runs here may write
            beside the user's own.
        environment: Variables that are set for this side, on top of the caller's.
        software: Versions by name (python, torch, ...), as far as they can be read from outside.
    """

    role: str
    label: str
    commit: str | None
    tree: str
    suite: Path
    own_suite: Path | None
    path: tuple[Path, ...]
    python: Path
    config: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    software: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Sides:
    """Both sides, and what their preparation has to say."""

    baseline: Side
    contender: Side
    notes: tuple[str, ...] = ()
