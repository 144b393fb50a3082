"""The options of ``cnnfc doctor``."""

from __future__ import annotations

import argparse
from typing import TextIO

from cnnfc.cli.command import Command


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=_call)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument(
        "--quick",
        action="store_true",
        help="only read what the machine says, measure nothing (the probes take about 10 s)",
    )


def _call(options: argparse.Namespace, out: TextIO) -> int:
    from cnnfc.commands.doctor import show_doctor  # noqa: PLC0415  # loaded if called

    return show_doctor(as_json=options.json, quick=options.quick, out=out)


COMMAND = Command(
    _add_options,
    "say what makes timings unsteady here, how much, and the fix (exit code 3 moderate, 4 severe)",
    ("cnnfc doctor", "cnnfc doctor --quick --json"),
)
