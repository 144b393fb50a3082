"""The options that say where results are, the same for every command that reads them."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_place_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--results`` and ``--hardware``, both a `Path` or None."""
    parser.add_argument(
        "--results",
        type=Path,
        metavar="DIR",
        help="asv's results folder (default: the one in asv.conf.json)",
    )
    parser.add_argument(
        "--hardware",
        type=Path,
        metavar="DIR",
        help="folder of the hardware records (default: reports/hardware)",
    )
