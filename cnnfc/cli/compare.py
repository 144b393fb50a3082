"""The options of ``cnnfc compare``."""

from __future__ import annotations

import argparse
from typing import TextIO

from cnnfc.cli.command import Command
from cnnfc.cli.place_options import add_place_options


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=_call)
    side = "a commit (hash, its beginning, or a git revision), a machine, or a device such as cpu-2"
    parser.add_argument("a", metavar="A", help=side)
    parser.add_argument("b", metavar="B", help="another one; ratios are B / A")
    parser.add_argument(
        "--as",
        dest="kind",
        choices=("commits", "machines", "devices"),
        help="what A and B are, where their names could be several things",
    )
    parser.add_argument(
        "--machine",
        action="append",
        default=[],
        metavar="NAME",
        help="only on this machine; may be repeated",
    )
    parser.add_argument(
        "--environment",
        action="append",
        default=[],
        metavar="NAME",
        help="only in this environment; may be repeated",
    )
    parser.add_argument(
        "--commit",
        metavar="REV",
        help="compare machines or devices at this commit (default: the newest that both measured)",
    )
    parser.add_argument(
        "--bench",
        action="append",
        default=[],
        metavar="REGEX",
        help="only benchmarks whose name(parameters) match; may be repeated",
    )
    parser.add_argument("--all", action="store_true", help="print every ratio, not the first 30")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print one JSON object")
    form.add_argument("--csv", action="store_true", help="print one tidy table as CSV")
    add_place_options(parser)


def _call(options: argparse.Namespace, out: TextIO) -> int:
    from cnnfc.commands.compare.command import (  # noqa: PLC0415  # loaded if called
        CompareOptions,
        compare_sides,
    )

    return compare_sides(
        CompareOptions(
            a=options.a,
            b=options.b,
            kind=options.kind,
            machines=tuple(options.machine),
            environments=tuple(options.environment),
            commit=options.commit,
            bench=tuple(options.bench),
            every=options.all,
            as_json=options.json,
            as_csv=options.csv,
            results=options.results,
            hardware=options.hardware,
        ),
        out,
    )


COMMAND = Command(
    _add_options,
    "compare two commits, machines or devices: ratios with intervals, what matters first",
    (
        "cnnfc compare HEAD~3 HEAD",
        "cnnfc compare cpu-1 cpu-2 --bench ^conv.Forward --all",
        "cnnfc compare laptop gpu-box --csv",
    ),
)
