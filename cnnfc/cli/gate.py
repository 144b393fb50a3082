"""The options of ``cnnfc gate``."""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path
from typing import TextIO

from cnnfc.cli.command import Command
from cnnfc.errors import UsageError


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=_call)
    parser.add_argument(
        "base",
        nargs="?",
        metavar="BASE",
        help="commit, branch or tag to compare with; --selftest alone can do without",
    )
    parser.add_argument(
        "head",
        nargs="?",
        metavar="HEAD",
        help="what is judged (default: the work tree as it stands)",
    )
    parser.add_argument(
        "--bench",
        action="append",
        default=[],
        metavar="REGEX",
        help="gate the benchmarks whose id matches; may be repeated (default: those of "
        "[tool.cnnfc.gate], or all)",
    )
    parser.add_argument(
        "--threshold",
        metavar="SIZE",
        help="slowdown that fails, such as 3%% (default: 3%% on CPUs, 2%% on GPUs)",
    )
    parser.add_argument(
        "--budget",
        metavar="TIME",
        help='stop measuring after this time, such as "10 min" (default: 15 min)',
    )
    parser.add_argument(
        "--strict",
        action="store_true",
        help="inconclusive and missing benchmarks fail too (exit code 3)",
    )
    parser.add_argument(
        "--selftest",
        action="store_true",
        help="slow some benchmarks of the contender down on purpose and check that the gate "
        "finds exactly these",
    )
    parser.add_argument("--seed", type=int, metavar="N", help="repeat the order of an earlier gate")
    for side in ("baseline", "contender"):
        parser.add_argument(
            f"--{side}-with",
            action="append",
            default=[],
            metavar="PACKAGE",
            help=f'package for the environment of the {side}, such as "torch==2.12"; may be '
            f"repeated",
        )
    parser.add_argument(
        "--here",
        action="store_true",
        help="run both sides with this interpreter, whatever they require",
    )
    parser.add_argument("--json", action="store_true", help="print gate.json")
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="folder of the outputs (default: reports/gate/BASE-HEAD)",
    )


def _call(options: argparse.Namespace, out: TextIO) -> int:
    from cnnfc.commands.gate import GateOptions, run_gate  # noqa: PLC0415  # loaded if called
    from cnnfc.gate.policy.policy import parse_budget, parse_fraction  # noqa: PLC0415  # the same

    if options.base is None and not options.selftest:
        raise UsageError("BASE is missing: name the commit to compare with, `cnnfc gate main`")
    return run_gate(
        GateOptions(
            base=options.base or "HEAD",
            head=options.head if options.base or not options.selftest else "HEAD",
            bench=tuple(options.bench),
            budget=None if options.budget is None else parse_budget(options.budget),
            strict=options.strict,
            selftest=options.selftest,
            seed=options.seed,
            threshold=None if options.threshold is None else parse_fraction(options.threshold),
            baseline_with=tuple(options.baseline_with),
            contender_with=tuple(options.contender_with),
            here=options.here,
            out=options.out,
            as_json=options.json,
            command=shlex.join(["cnnfc", *sys.argv[1:]]),
        ),
        out,
    )


COMMAND = Command(
    _add_options,
    "say whether a commit is slower than another, with the evidence",
    (
        "cnnfc gate main",
        "cnnfc gate v1.2 v1.3 --bench dense --threshold 2%",
        'cnnfc gate HEAD --contender-with "torch==2.13"',
        "cnnfc gate --selftest",
    ),
)
