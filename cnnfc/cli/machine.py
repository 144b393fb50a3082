"""The options of ``cnnfc machine``."""

from __future__ import annotations

import argparse
from typing import TextIO

from cnnfc.cli.command import Command


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=_call)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument(
        "--register",
        action="store_true",
        help="add this machine to ~/.asv-machine.json, so that plain asv run need not ask",
    )


def _call(options: argparse.Namespace, out: TextIO) -> int:
    from cnnfc.commands.machine import show_machine  # noqa: PLC0415  # loaded if called

    return show_machine(as_json=options.json, register=options.register, out=out)


COMMAND = Command(
    _add_options,
    "show what this machine is and how it is now, as hardware records hold it",
    ("cnnfc machine --json", "cnnfc machine --register"),
)
