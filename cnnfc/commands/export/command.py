"""``cnnfc export``: writes everything that was measured as one tidy table."""

from __future__ import annotations

import contextlib
import itertools
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

from cnnfc import __version__
from cnnfc.commands.compare.select import select_benchmarks, select_heads
from cnnfc.commands.export.file import new_file, new_text, text_sink
from cnnfc.commands.export.parquet import write_parquet
from cnnfc.commands.export.text import CSV_RULES, write_csv, write_json
from cnnfc.commands.indexed import indexed
from cnnfc.commands.place import find_place
from cnnfc.errors import NothingMeasured, UsageError, unknown
from cnnfc.report.text import clean, plural
from cnnfc.timeline.indexed.source import source_of
from cnnfc.timeline.table.columns import SCHEMA_VERSION, columns
from cnnfc.timeline.table.points import rows_of
from cnnfc.timeline.table.schema import Column, Row, explained
from cnnfc.timeline.table.source import Source

FORMATS: Final = ("csv", "json", "parquet")

#: More problems than this would push everything else off the screen.
_SHOWN_PROBLEMS: Final = 10

RULES: Final = f"""\
Units are base units: seconds, bytes, byte/s, flop/s, or the unit that the benchmark states.
{CSV_RULES}.
JSON is one object: schema_version, tool, columns (name, type, unit, meaning) and rows, each an
object on a line of its own. What is not known is null; times are ISO 8601 in UTC.
Parquet has strings, doubles, 64-bit integers, booleans, timestamps in UTC and, for objects, maps
of strings. What is not known is null; schema_version, tool and columns are in the metadata of the
file."""


@dataclass(frozen=True)
class ExportOptions:
    """What ``cnnfc export`` was asked for; see its ``--help``."""

    format: str | None = None
    out: Path | None = None
    samples: bool = False
    show_columns: bool = False
    machines: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    bench: tuple[str, ...] = ()
    results: Path | None = None
    hardware: Path | None = None


def export(
    options: ExportOptions, out: TextIO, *, err: TextIO | None = None, start: Path | None = None
) -> int:
    """Write the table of `cnnfc.timeline.table.points`, one row a point or a value.

    Rows are in order of commit date, then machine, environment and file; results are read one
    file at a time, so that the table need not fit in memory.  The index says which to read.

    Args:
        options: What to write, and where to; a format is taken from the name of the file if it is
            not stated, and is CSV for standard output.
        out: Where the table goes if no file is named; else where is said what was written.
        err: Where files are named that were left out; standard error by default.
        start: Where the project is looked for; the current folder if left out.

    Returns:
        The exit code, 0.

    Raises:
        UsageError: an option or an expression means nothing here, the file would lie among the
            results, or Parquet would go to a terminal.
        DataError: there are no results that can be read, or the file cannot be written.
        NothingMeasured: nothing of what was selected is in the results.
    """
    shown = columns(samples=options.samples)
    if options.show_columns:
        print("\n".join((*explained(shown), "", RULES)), file=out)
        return 0
    target = None if options.out in (None, Path("-")) else options.out
    chosen = _format(options.format, target)
    if chosen == "parquet" and target is None and out.isatty():
        raise UsageError("Parquet is not for a terminal: name a file with --out, or use a pipe")
    wanted = select_benchmarks(options.bench)
    place = find_place(options.results, options.hardware, start)
    if target is not None:
        _refuse_among(target, place.results)
    with indexed(place, err or sys.stderr) as opened:
        source = source_of(opened.index)
    heads = select_heads(source.heads, options.machines, options.environments)
    for line in _left_out(source):
        print(line, file=err or sys.stderr)
    rows = _some(
        row
        for head in heads
        for row in rows_of(source.load(head), source, samples=options.samples, keep=wanted)
    )
    count = _write(chosen, shown, rows, target, out)
    if target is not None:
        print(f"wrote {plural(count, 'row')} of {len(shown)} columns to {target}", file=out)
    return 0


def _format(asked: str | None, target: Path | None) -> str:
    if asked is not None:
        if asked not in FORMATS:
            raise unknown("format", asked, FORMATS)
        return asked
    if target is None:
        return FORMATS[0]
    ending = target.suffix.removeprefix(".").lower()
    if ending not in FORMATS:
        raise UsageError(
            f"the name of {target} does not say its format: end it with .csv, .json or .parquet, "
            f"or choose with --format"
        )
    return ending


def _refuse_among(target: Path, results: Path) -> None:
    if target.resolve().is_relative_to(results.resolve()):
        raise UsageError(
            f"{target} would lie among the results, where asv would take it for one of them: "
            f"choose another folder"
        )
    if target.is_dir():
        raise UsageError(f"{target} is a folder: name a file in it")


def _some(rows: Iterator[Row]) -> Iterator[Row]:
    """`rows`, of which there must be one at least."""
    for first in rows:
        return itertools.chain((first,), rows)
    raise NothingMeasured("nothing of what was selected is in the results: nothing was written")


def _write(
    chosen: str, shown: Sequence[Column], rows: Iterator[Row], target: Path | None, out: TextIO
) -> int:
    about = {"schema_version": SCHEMA_VERSION, "tool": f"cnnfc {__version__}"}
    if chosen == "parquet":
        if target is not None:
            with new_file(target) as part:
                return write_parquet(shown, rows, part, about)
        return _parquet_to(out, shown, rows, about)
    with contextlib.ExitStack() as stack:
        sink = text_sink(out) if target is None else stack.enter_context(new_text(target))
        if chosen == "csv":
            return write_csv(shown, rows, sink)
        return write_json(shown, rows, sink, about)


def _parquet_to(
    out: TextIO, shown: Sequence[Column], rows: Iterator[Row], about: Mapping[str, object]
) -> int:
    """Write to standard output; a Parquet file can only be written as a whole."""
    with tempfile.TemporaryDirectory(prefix="cnnfc-export-") as folder:
        path = Path(folder) / "table.parquet"
        count = write_parquet(shown, rows, path, about)
        with path.open("rb") as file:
            shutil.copyfileobj(file, out.buffer)
    return count


def _left_out(source: Source) -> Iterator[str]:
    for problem in source.problems[:_SHOWN_PROBLEMS]:
        yield clean(f"left out {problem.path}: {problem.reason}")
    more = len(source.problems) - _SHOWN_PROBLEMS
    if more > 0:
        yield f"left out {more} more; `cnnfc report` lists them"
