"""The options of ``cnnfc merge``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TextIO

from cnnfc.cli.command import Command


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=_call)
    parser.add_argument(
        "sources",
        nargs="+",
        type=Path,
        metavar="DIR",
        help="a folder with results/, hardware/ or studies/ in it, a project, asv's results folder "
        "itself, or a .tar.gz of one of them",
    )
    parser.add_argument(
        "--into",
        type=Path,
        metavar="DIR",
        help="merge into DIR/results, DIR/hardware and DIR/studies, or, if it is the reports/ of a "
        "project, where that project keeps them (default: this project's)",
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="say what would be merged and write nothing"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of text")


def _call(options: argparse.Namespace, out: TextIO) -> int:
    from cnnfc.commands.merge import MergeOptions, merge  # noqa: PLC0415  # loaded if called

    return merge(
        MergeOptions(
            sources=tuple(options.sources),
            into=options.into,
            dry_run=options.dry_run,
            as_json=options.json,
        ),
        out,
    )


COMMAND = Command(
    _add_options,
    "unite results, hardware records and studies of several machines or shards",
    ("cnnfc merge ../laptop/reports gpu-box.tar.gz", "cnnfc merge shard-1 shard-2 --into all"),
)
