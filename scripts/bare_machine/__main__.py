"""Measures on a machine that has torch and pytest, but neither network nor git nor cnnfc.

In two steps, both from the top of the project's tree::

    python scripts/bare_machine pack     # here: with network and git
    # copy the tree and the folder .bare_machine to the machine
    python scripts/bare_machine run      # there

``pack`` puts into ``.bare_machine`` the wheels that such a machine lacks, cnnfc's own among them,
and a note of the commit.  ``run`` installs them beside the torch that is there, runs the GPU tests,
the suite on the device, and the fidelity study, and leaves ``.bare_machine/out`` and an archive of
it, which ``cnnfc merge`` takes.  What one step finds wrong does not stop the next, and what is
measured when time runs out is kept: run it again and it goes on.

The machine is expected to have torch, numpy, psutil, pytest and Jinja2.  Drawing charts is left
out: the report is written where the results are merged.  This folder needs the standard library
alone.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from carried import Refusal
from machine_run import RESERVE, SHARES, Run
from pack import pack
from step import Interrupts

ROOT = Path(__file__).resolve().parent.parent.parent


def _parser(root: Path) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bare_machine", description=(__doc__ or "").split("\n", 1)[0]
    )
    steps = parser.add_subparsers(dest="step", required=True, metavar="pack|run")
    packing = steps.add_parser("pack", help="here: download wheels and note the commit")
    packing.add_argument("--python", default="3.12", metavar="X.Y", help="there (default: 3.12)")
    running = steps.add_parser("run", help="there: install, test, measure, pack the results")
    for step in (packing, running):
        step.add_argument(
            "--folder",
            type=Path,
            default=root / ".bare_machine",
            metavar="DIR",
            help="what travels (default: .bare_machine in the tree)",
        )
    option = running.add_argument
    option("--out", type=Path, metavar="DIR", help="where results go (default: out in the folder)")
    option("--archive", type=Path, metavar="FILE", help="default: DIR.tar.gz beside the results")
    option(
        "--budget",
        type=float,
        default=1500,
        metavar="S",
        help=f"seconds for all of it (default: 1500); the last {RESERVE:.0f} are kept for stopping "
        f"a step and writing the archive, so name less than a hard limit from outside, such as 540 "
        f"where everything is killed after 600",
    )
    option("--device", action="append", metavar="NAME", help="may be repeated (default: cuda-0)")
    option("--case", action="append", default=[], metavar="NAME", help="only this case; repeatable")
    option("--profile", default="standard", help="of the suite (default: standard)")
    option("--steps", default=",".join(SHARES), help="which, in this order (default: %(default)s)")
    return parser


def _steps(text: str) -> list[str]:
    steps = text.split(",")
    for step in steps:
        if step not in SHARES:
            raise Refusal(f"unknown step {step!r}: choose of {', '.join(SHARES)}")
    return steps


def _call(options: argparse.Namespace, root: Path) -> int:
    folder = options.folder.resolve()
    if options.step == "pack":
        pack(root, folder, options.python)
        return 0
    out = (options.out or folder / "out").resolve()
    with Interrupts() as interrupts:
        return Run(
            root=root,
            folder=folder,
            out=out,
            archive=(options.archive or out.with_name(f"{out.name}.tar.gz")).resolve(),
            devices=options.device or ["cuda-0"],
            cases=options.case,
            profile=options.profile,
            budget=options.budget,
            steps=_steps(options.steps),
            interrupts=interrupts,
        )()


def main(arguments: Sequence[str] | None = None, *, root: Path = ROOT) -> int:
    """Run the script with `arguments` (those of this process if left out); gives the exit code."""
    options = _parser(root).parse_args(arguments)
    try:
        return _call(options, root)
    except Refusal as error:
        return _say_error(str(error))
    except OSError as error:
        option = "--folder" if options.step == "pack" else "--out"
        reason = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        return _say_error(f"{reason}: name a folder that can be written to with {option}")
    except KeyboardInterrupt:
        sys.stderr.write("bare_machine: interrupted; run it again and it goes on\n")
        return 130


def _say_error(text: str) -> int:
    sys.stderr.write(f"bare_machine: error: {' '.join(text.split())}\n")
    return 2


if __name__ == "__main__":
    sys.exit(main())
