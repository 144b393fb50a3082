"""The options of ``cnnfc changes``."""

from __future__ import annotations

import argparse
from typing import TextIO

from cnnfc.cli.command import Command
from cnnfc.cli.place_options import add_place_options
from cnnfc.errors import UsageError

#: Options that select or show changes, and mean nothing to a search for one commit.
_OF_LISTS = ("since", "machine", "min_size", "csv", "why", "fail_on_new")


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=_call)
    parser.add_argument(
        "--since",
        metavar="REV|DATE",
        help="only changes whose first slower (or quicker) commit comes after this commit, branch "
        "or tag, or is from this date on (2026-11-01)",
    )
    parser.add_argument(
        "--machine",
        action="append",
        default=[],
        metavar="NAME",
        help="only this machine; may be repeated",
    )
    parser.add_argument(
        "--min-size", metavar="SIZE", help="only changes of this size or more, such as 5%%"
    )
    parser.add_argument(
        "--why", action="store_true", help="also the evidence for each cause, below its line"
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument(
        "--json",
        action="store_true",
        help="print one JSON object, which describes its fields; it has a schema_version",
    )
    form.add_argument("--csv", action="store_true", help="print CSV, with the same columns")
    parser.add_argument(
        "--fail-on-new",
        action="store_true",
        help="exit with 1 if a change for the worse came to light in what was measured last, is "
        "still there and is laid to the code or to nothing known; each fails once, so this is for "
        "a job that measures every night",
    )
    parser.add_argument(
        "--bisect",
        metavar="ID",
        help="measure the commits inside one change, by the pairs of the gate, until one commit is "
        "named; the same command goes on where it was interrupted (exit code 3: not to one commit)",
    )
    parser.add_argument(
        "--budget", metavar="TIME", help='of --bisect: time for each commit, such as "10 min"'
    )
    parser.add_argument(
        "--here",
        action="store_true",
        help="of --bisect: measure with this interpreter, whatever the commits require",
    )
    add_place_options(parser)


def _call(options: argparse.Namespace, out: TextIO) -> int:
    if options.bisect is not None:
        return _bisect(options, out)
    from cnnfc.commands.changes.command import ChangesOptions, show_changes  # noqa: PLC0415 - if called
    from cnnfc.gate.policy.policy import parse_fraction  # noqa: PLC0415  # the same

    for name in ("budget", "here"):
        if getattr(options, name):
            raise UsageError(f"--{name} is an option of --bisect: name a change with --bisect ID")
    min_size = 0.0 if options.min_size is None else parse_fraction(options.min_size)
    if min_size < 0:
        raise UsageError(f"--min-size must not be negative, as {options.min_size!r} is: 5% is 5%")
    return show_changes(
        ChangesOptions(
            since=options.since,
            machines=tuple(options.machine),
            min_size=min_size,
            as_json=options.json,
            as_csv=options.csv,
            why=options.why,
            fail_on_new=options.fail_on_new,
            results=options.results,
            hardware=options.hardware,
        ),
        out,
    )


def _bisect(options: argparse.Namespace, out: TextIO) -> int:
    from cnnfc.commands.bisect.command import BisectOptions, bisect  # noqa: PLC0415 - if called
    from cnnfc.gate.policy.policy import parse_budget  # noqa: PLC0415  # the same

    for name in _OF_LISTS:
        if getattr(options, name):
            word = name.replace("_", "-")
            raise UsageError(
                f"--{word} lists changes and --bisect measures one: leave --{word} out"
            )
    return bisect(
        BisectOptions(
            id=options.bisect,
            budget=None if options.budget is None else parse_budget(options.budget),
            here=options.here,
            as_json=options.json,
            results=options.results,
            hardware=options.hardware,
        ),
        out,
    )


COMMAND = Command(
    _add_options,
    "say what changed in the history, when, by how much, and whether code or machine did it",
    (
        "cnnfc changes",
        "cnnfc changes --since v1.2 --min-size 5% --why",
        "cnnfc changes --fail-on-new --json",
        "cnnfc changes --bisect k4vt2m7q",
    ),
)
