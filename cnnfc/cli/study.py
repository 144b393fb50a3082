"""The options of ``cnnfc study``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TextIO

from cnnfc.cli.command import Command


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=_call)
    parser.add_argument(
        "name",
        nargs="?",
        metavar="NAME",
        help="changes, fidelity, gate, overhead, scale or steadiness; left out: list the studies",
    )
    parser.add_argument(
        "--device",
        action="append",
        default=[],
        metavar="NAME",
        help="study this device, such as cpu-1 or cuda-0; may be repeated",
    )
    parser.add_argument(
        "--case",
        action="append",
        default=[],
        metavar="NAME",
        help="study this case, such as conv2d.3-64.k3.hw32; may be repeated",
    )
    parser.add_argument(
        "--rounds",
        type=int,
        metavar="N",
        help="repeat what the study repeats N times in all, those that are there counted; of gate",
    )
    parser.add_argument(
        "--restart",
        action="store_true",
        help="measure everything anew instead of what is missing; what this machine measured "
        "before is replaced",
    )
    parser.add_argument(
        "--show",
        action="store_true",
        help="print what was measured, on every machine; measure none",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="folder of the studies (default: reports/studies)"
    )


def _call(options: argparse.Namespace, out: TextIO) -> int:
    from cnnfc.commands.study import StudyOptions, run_study  # noqa: PLC0415  # loaded if called

    return run_study(
        StudyOptions(
            name=options.name,
            devices=tuple(options.device),
            cases=tuple(options.case),
            rounds=options.rounds,
            restart=options.restart,
            show=options.show,
            as_json=options.json,
            folder=options.out,
        ),
        out,
    )


COMMAND = Command(
    _add_options,
    "measure the tool itself: how right, how dear and how steady its numbers are",
    (
        "cnnfc study fidelity",
        "cnnfc study steadiness --device cpu-1",
        "cnnfc study gate --rounds 100",
        "cnnfc study overhead --show",
    ),
)
