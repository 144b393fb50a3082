"""The options of ``cnnfc machine``."""

from __future__ import annotations

import argparse
from typing import TextIO

from cnnfc.cli.command import Command


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=_call)
    parser.add_argument("--json", action="store_true", help="print JSON")
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--register",
        action="store_true",
        help="add this machine to ~/.asv-machine.json, so that plain asv run need not ask",
    )
    what.add_argument(
        "--check",
        action="store_true",
        help="measure reference kernels and a few layers now, about a minute, and judge them by "
        "what this machine measured before (exit code 0 as in its history, 4 slower, 5 nothing "
        "could be judged); the history stays as it is",
    )


def _call(options: argparse.Namespace, out: TextIO) -> int:
    if options.check:
        from cnnfc.commands.check.command import show_check  # noqa: PLC0415  # loaded if called

        return show_check(as_json=options.json, out=out)
    from cnnfc.commands.machine import show_machine  # noqa: PLC0415  # loaded if called

    return show_machine(as_json=options.json, register=options.register, out=out)


COMMAND = Command(
    _add_options,
    "show what this machine is and how it is now, or check that it is as fast as it was",
    ("cnnfc machine --json", "cnnfc machine --register", "cnnfc machine --check"),
)
