"""Parses the command line of ``cnnfc`` and calls the command it names."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NoReturn, TextIO

from cnnfc import __version__
from cnnfc.cli import (
    cases,
    changes,
    compare,
    doctor,
    export,
    gate,
    machine,
    merge,
    report,
    run,
    study,
)
from cnnfc.cli.command import Command
from cnnfc.commands.interrupts import INTERRUPTED
from cnnfc.errors import CnnfcError, UsageError, unknown
from cnnfc.machine.locked_files import NO_ROOM, remedy

COMMANDS: Final[Mapping[str, Command]] = {
    "run": run.COMMAND,
    "report": report.COMMAND,
    "gate": gate.COMMAND,
    "cases": cases.COMMAND,
    "machine": machine.COMMAND,
    "doctor": doctor.COMMAND,
    "study": study.COMMAND,
    "merge": merge.COMMAND,
    "changes": changes.COMMAND,
    "compare": compare.COMMAND,
    "export": export.COMMAND,
}


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
        # The reader has seen enough (`cnnfc cases | head`).
        _discard_output()
        return 0
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        _discard_output()
        what = error.filename or "standard output"
        sys.stderr.write(
            f"cnnfc: error: {what} cannot be written ({error.strerror}): {remedy(error, '')}\n"
        )
        return UsageError.exit_code
    return code


def _discard_output() -> None:
    """Let standard output go nowhere: Python would complain once more when it flushes at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


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
