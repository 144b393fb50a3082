"""Parses the command line of ``cnnfc`` and calls the command it names."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn, TextIO

from cnnfc import __version__
from cnnfc.errors import CnnfcError, UsageError, unknown
from cnnfc.names import PROFILES

#: Exit code after Ctrl-C, as shells count it: 128 + SIGINT.
INTERRUPTED: Final = 130


class _Parser(argparse.ArgumentParser):
    """Raises a `UsageError` where argparse would print its usage and end the process."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see `{self.prog} --help`")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``cnnfc`` with `arguments` (those of this process if left out); gives the exit code."""
    # A name that the terminal's encoding lacks must not end a run.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        code = _run(sys.argv[1:] if arguments is None else arguments, sys.stdout)
        sys.stdout.flush()
    except CnnfcError as error:
        with contextlib.suppress(OSError):
            sys.stdout.flush()
        sys.stderr.write(f"cnnfc: error: {error}\n")
        return error.exit_code
    except KeyboardInterrupt:
        sys.stderr.write("cnnfc: interrupted\n")
        return INTERRUPTED
    except BrokenPipeError:
        # The reader has seen enough (`cnnfc cases | head`).  Python would complain once more when
        # it flushes at exit, so standard output goes nowhere from here on.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code


def _run(arguments: Sequence[str], out: TextIO) -> int:
    parser = _make_parser()
    _check_command(arguments)
    options = parser.parse_args(arguments)
    command: Callable[[argparse.Namespace, TextIO], int] | None = getattr(options, "command", None)
    if command is None:
        parser.print_help(out)
        return 0
    return command(options, out)


def _check_command(arguments: Sequence[str]) -> None:
    """Refuse an unknown command by naming the one that was probably meant."""
    word = next((argument for argument in arguments if not argument.startswith("-")), None)
    if word is not None and word not in COMMANDS:
        raise unknown("command", word, COMMANDS)


def _make_parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="cnnfc",
        description="What convolution and dense layers cost on this machine, over commits.",
        epilog="example: cnnfc run --profile quick",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"cnnfc {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    for name, command in COMMANDS.items():
        subparser = commands.add_parser(
            name,
            help=command.summary,
            description=f"{command.summary[0].upper()}{command.summary[1:]}.",
            epilog="\n  ".join(("examples:", *command.examples)),
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        command.add_options(subparser)
    return parser


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=_call_run)
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
    parser.add_argument("--no-report", action="store_true", help="do not write the report")


def _call_run(options: argparse.Namespace, out: TextIO) -> int:
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
            report=not options.no_report,
        ),
        out,
    )


def _add_report(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=_call_report)
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
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="where the site goes (default: reports/site)"
    )
    parser.add_argument("--open", action="store_true", help="open the report in a browser")


def _call_report(options: argparse.Namespace, out: TextIO) -> int:
    from cnnfc.commands.report import write_report  # noqa: PLC0415  # loaded if called

    return write_report(
        results=options.results,
        hardware=options.hardware,
        out=options.out,
        open_browser=options.open,
        stream=out,
    )


def _add_cases(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=_call_cases)
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


def _call_cases(options: argparse.Namespace, out: TextIO) -> int:
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


def _add_machine(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=_call_machine)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument(
        "--register",
        action="store_true",
        help="add this machine to ~/.asv-machine.json, so that plain asv run need not ask",
    )


def _call_machine(options: argparse.Namespace, out: TextIO) -> int:
    from cnnfc.commands.machine import show_machine  # noqa: PLC0415  # loaded if called

    return show_machine(as_json=options.json, register=options.register, out=out)


@dataclass(frozen=True)
class _Command:
    """A subcommand: what adds its options, what it does, and how it is called."""

    add_options: Callable[[argparse.ArgumentParser], None]
    summary: str
    examples: tuple[str, ...]


COMMANDS: Final[Mapping[str, _Command]] = {
    "run": _Command(
        _add_run,
        "measure commits with asv, what is missing only, and write the report",
        (
            "cnnfc run --profile quick",
            "cnnfc run HEAD~3..HEAD --catalogue resnet50",
            "cnnfc run --here --case conv2d.3-64.k3.hw32 --device cpu-1",
        ),
    ),
    "report": _Command(
        _add_report,
        "write the HTML report about asv results, those of any project",
        ("cnnfc report --open", "cnnfc report --results ../other/results --out other-site"),
    ),
    "cases": _Command(
        _add_cases,
        "list the cases with parameters, MACs, FLOPs, bytes and intensity",
        (
            "cnnfc cases --catalogue resnet50 --sort macs",
            "cnnfc cases --case dense.150528-100352 --json",
        ),
    ),
    "machine": _Command(
        _add_machine,
        "show what this machine is and how it is now, as hardware records hold it",
        ("cnnfc machine --json", "cnnfc machine --register"),
    ),
}


if __name__ == "__main__":
    sys.exit(main())
