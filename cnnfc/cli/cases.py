"""The options of ``cnnfc cases``."""

from __future__ import annotations

import argparse
from typing import TextIO

from cnnfc.cli.command import Command


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=_call)
    parser.add_argument(
        "--catalogue",
        action="append",
        default=[],
        metavar="NAME",
        help="list only this catalogue; may be repeated",
    )
    parser.add_argument(
        "--case",
        action="append",
        default=[],
        metavar="NAME",
        help="show this case, in a catalogue or not; may be repeated",
    )
    parser.add_argument("--match", metavar="REGEX", help="list only cases whose name matches")
    parser.add_argument("--family", metavar="NAME", help="list only conv, dense or canary cases")
    parser.add_argument(
        "--sort",
        metavar="FIELD",
        help="sort by catalogue, name, parameters, macs, flops, bytes, activation_bytes or "
        "intensity (default: catalogue)",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def _call(options: argparse.Namespace, out: TextIO) -> int:
    from cnnfc.commands.cases import list_cases  # noqa: PLC0415  # loaded if called

    return list_cases(
        catalogues=tuple(options.catalogue),
        cases=tuple(options.case),
        match=options.match,
        family=options.family,
        sort=options.sort,
        as_json=options.json,
        out=out,
    )


COMMAND = Command(
    _add_options,
    "list the cases with parameters, MACs, FLOPs, bytes and intensity",
    (
        "cnnfc cases --catalogue resnet50 --sort macs",
        "cnnfc cases --case dense.150528-100352 --json",
    ),
)
