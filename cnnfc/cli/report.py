"""The options of ``cnnfc report``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TextIO

from cnnfc.cli.command import Command
from cnnfc.cli.place_options import add_place_options


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=_call)
    add_place_options(parser)
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="where the site goes (default: reports/site)"
    )
    parser.add_argument("--open", action="store_true", help="open the report in a browser")


def _call(options: argparse.Namespace, out: TextIO) -> int:
    from cnnfc.commands.report import write_report  # noqa: PLC0415  # loaded if called

    return write_report(
        results=options.results,
        hardware=options.hardware,
        out=options.out,
        open_browser=options.open,
        stream=out,
    )


COMMAND = Command(
    _add_options,
    "write the HTML report about asv results, those of any project",
    ("cnnfc report --open", "cnnfc report --results ../other/results --out other-site"),
)
