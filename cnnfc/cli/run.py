"""The options of ``cnnfc run``."""

from __future__ import annotations

import argparse
from typing import TextIO

from cnnfc.cli.command import Command
from cnnfc.names import PROFILES


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=_call)
    parser.add_argument(
        "range",
        nargs="?",
        default="HEAD",
        metavar="RANGE",
        help="a commit, branch or tag; a range such as HEAD~3..HEAD; or NEW for the commits since "
        "the last one measured on this machine (default: HEAD)",
    )
    parser.add_argument(
        "--profile",
        choices=PROFILES,
        default="standard",
        help="quick: a selection that ends within 90 s on 2 cores; standard: what plain asv run "
        "measures; full: the large layers too (default: standard)",
    )
    parser.add_argument(
        "--bench",
        action="append",
        default=[],
        metavar="REGEX",
        help="measure exactly the benchmarks whose name(parameters) match; may be repeated",
    )
    parser.add_argument(
        "--catalogue",
        action="append",
        default=[],
        metavar="NAME",
        help="measure only cases of this catalogue; may be repeated",
    )
    parser.add_argument(
        "--case",
        action="append",
        default=[],
        metavar="NAME",
        help="measure only this case, such as conv2d.3-64.k3.hw32; may be repeated",
    )
    parser.add_argument(
        "--device",
        action="append",
        default=[],
        metavar="NAME",
        help="measure only on this device, such as cpu-1 or cuda-0; may be repeated",
    )
    parser.add_argument(
        "--here",
        action="store_true",
        help="measure the checked-out commit with the interpreter that runs cnnfc and its torch, "
        "instead of an environment made by asv",
    )
    parser.add_argument(
        "--commit",
        metavar="HASH",
        help="with --here: the full hash of the commit that the files here are; for a copy of them "
        "without git, which takes your word for it",
    )
    parser.add_argument(
        "--date",
        metavar="TIME",
        help="with --commit, where git cannot be asked: when that commit was written, as `git show "
        "-s --format=%%aI HASH` prints it",
    )
    parser.add_argument("--no-report", action="store_true", help="do not write the report")


def _call(options: argparse.Namespace, out: TextIO) -> int:
    from cnnfc.commands.run import RunOptions, run_suite  # noqa: PLC0415  # loaded if called

    return run_suite(
        RunOptions(
            range=options.range,
            profile=options.profile,
            bench=tuple(options.bench),
            catalogues=tuple(options.catalogue),
            cases=tuple(options.case),
            devices=tuple(options.device),
            here=options.here,
            commit=options.commit,
            date=options.date,
            report=not options.no_report,
        ),
        out,
    )


COMMAND = Command(
    _add_options,
    "measure commits with asv, what is missing only, and write the report",
    (
        "cnnfc run --profile quick",
        "cnnfc run HEAD~3..HEAD --catalogue resnet50",
        "cnnfc run --here --case conv2d.3-64.k3.hw32 --device cpu-1",
    ),
)
