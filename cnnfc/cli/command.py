"""What the parser needs to know of a subcommand."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Command:
    """A subcommand: what adds its options, what it does, and how it is called."""

    add_options: Callable[[argparse.ArgumentParser], None]
    summary: str
    examples: tuple[str, ...]
