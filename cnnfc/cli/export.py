"""The options of ``cnnfc export``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TextIO

from cnnfc.cli.command import Command
from cnnfc.cli.place_options import add_place_options
from cnnfc.timeline.table.columns import columns
from cnnfc.timeline.table.schema import explained


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=_call)
    listed = "\n  ".join(("columns:", *explained(columns(samples=True), 98)))
    parser.epilog = f"{parser.epilog}\n\n{listed}"
    parser.add_argument(
        "--format",
        metavar="FORMAT",
        help="csv, json or parquet (default: by the name of the file; csv for standard output)",
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help="where the table goes, - for standard output (the default)",
    )
    parser.add_argument(
        "--samples", action="store_true", help="write a row a recorded value, not a row a point"
    )
    parser.add_argument(
        "--columns",
        action="store_true",
        help="print every column with its type, unit and meaning, and the rules of each format",
    )
    parser.add_argument(
        "--machine",
        action="append",
        default=[],
        metavar="NAME",
        help="only this machine; may be repeated",
    )
    parser.add_argument(
        "--environment",
        action="append",
        default=[],
        metavar="NAME",
        help="only this environment; may be repeated",
    )
    parser.add_argument(
        "--bench",
        action="append",
        default=[],
        metavar="REGEX",
        help="only benchmarks whose name(parameters) match; may be repeated",
    )
    add_place_options(parser)


def _call(options: argparse.Namespace, out: TextIO) -> int:
    from cnnfc.commands.export.command import ExportOptions, export  # noqa: PLC0415  # loaded if called

    return export(
        ExportOptions(
            format=options.format,
            out=options.out,
            samples=options.samples,
            show_columns=options.columns,
            machines=tuple(options.machine),
            environments=tuple(options.environment),
            bench=tuple(options.bench),
            results=options.results,
            hardware=options.hardware,
        ),
        out,
    )


COMMAND = Command(
    _add_options,
    "write everything that was measured as one tidy table: CSV, JSON or Parquet",
    (
        "cnnfc export --out measured.parquet",
        "cnnfc export --bench ^conv --samples --out values.csv",
        "cnnfc export --columns",
    ),
)
