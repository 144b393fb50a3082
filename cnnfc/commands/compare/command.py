"""``cnnfc compare``: sets two commits, two machines or two devices of one against each other."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from cnnfc.commands.compare import data as compare_data
from cnnfc.commands.compare import text as compare_text
from cnnfc.commands.compare.answer import Answer, Section
from cnnfc.commands.compare.names import Known, find_commit, recognise, short
from cnnfc.commands.compare.select import Wanted, select_benchmarks, select_heads
from cnnfc.commands.export.file import text_sink
from cnnfc.commands.export.text import write_csv
from cnnfc.commands.indexed import indexed
from cnnfc.commands.place import find_place
from cnnfc.errors import NothingMeasured, UsageError
from cnnfc.machine.schema import HardwareRecord
from cnnfc.records import Point, Problem, Run
from cnnfc.report.text import clean
from cnnfc.timeline.compare.means import means
from cnnfc.timeline.compare.runs import (
    Kind,
    Pairing,
    Side,
    newest_points,
    pair_commits,
    pair_devices,
    pair_machines,
)
from cnnfc.timeline.compare.sides import Key, compare, on_device
from cnnfc.timeline.differences import software
from cnnfc.timeline.indexed.source import source_of
from cnnfc.timeline.table.facts import facts_of
from cnnfc.timeline.table.source import Head, Source

#: More problems than this would push the answer off the screen; ``--json`` has them all.
_SHOWN_PROBLEMS = 5


@dataclass(frozen=True)
class CompareOptions:
    """What ``cnnfc compare`` was asked for; see its ``--help``."""

    a: str
    b: str
    kind: str | None = None
    machines: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    commit: str | None = None
    bench: tuple[str, ...] = ()
    every: bool = False
    as_json: bool = False
    as_csv: bool = False
    results: Path | None = None
    hardware: Path | None = None


def compare_sides(
    options: CompareOptions, out: TextIO, *, err: TextIO | None = None, start: Path | None = None
) -> int:
    """Compare what `options` name, point by point, and print ratios B / A with intervals.

    Args:
        options: What to compare, of which results, and how to print it.
        out: Where the answer is printed: text, `compare_data.document` as JSON, or
            `compare_data.COLUMNS` as CSV.
        err: Where files are named that were left out; standard error by default.
        start: Where the project is looked for; the current folder if left out.

    Returns:
        The exit code, 0.

    Raises:
        UsageError: a name, an option or an expression means nothing here, or two things.
        DataError: there are no results that can be read.
        NothingMeasured: the two have nothing in common.
    """
    wanted = select_benchmarks(options.bench)
    place = find_place(options.results, options.hardware, start)
    with indexed(place, err or sys.stderr) as opened:
        source = source_of(opened.index)
    heads = [head for head in source.heads if head.measured]
    heads = select_heads(heads, options.machines, options.environments)
    known = Known.of(heads, place.aliases)
    kind = Kind(options.kind) if options.kind else None
    found, (a, b) = recognise((options.a, options.b), known, place.revision, kind)
    if options.commit is not None:
        if found is Kind.COMMITS:
            raise UsageError("--commit says where machines or devices are compared, not commits")
        commit = find_commit(options.commit, known, place.revision)
        heads = [head for head in heads if head.commit == commit]
    pairings, lonely = _pair(heads, found, a, b)
    sections = tuple(_section(pairing, source, wanted) for pairing in pairings)
    names = (options.a, options.b)
    answer = Answer(found, names, (a, b), sections, tuple(lonely), source.problems)
    _tell(source.problems, err or sys.stderr)
    if not answer.compared:
        raise NothingMeasured(_nothing(answer, options))
    if options.as_json:
        document = compare_data.document(answer)
        text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)
        text_sink(out).write(f"{text}\n")
    elif options.as_csv:
        write_csv(compare_data.COLUMNS, compare_data.rows(answer), text_sink(out))
    else:
        width = shutil.get_terminal_size().columns if out.isatty() else None
        for line in compare_text.lines(answer, width=width, every=options.every):
            print(line, file=out)
    return 0


def _pair(heads: list[Head], kind: Kind, a: str, b: str) -> tuple[list[Pairing], list[Side]]:
    if kind is Kind.COMMITS:
        return pair_commits(heads, a, b)
    pair = pair_machines if kind is Kind.MACHINES else pair_devices
    return pair(heads, a, b), []


def _section(pairing: Pairing, source: Source, wanted: Wanted) -> Section:
    before, first, record_a = _side(pairing.a, source, wanted)
    after, second, record_b = _side(pairing.b, source, wanted)
    found = compare(before, after, source.benchmarks)
    differs = record_a is not None and record_b is not None and record_a is not record_b
    return Section(
        pairing,
        (facts_of(first, record_a), facts_of(second, record_b)),
        software(record_a, record_b) if differs and record_a and record_b else (),
        found,
        means(found.compared),
    )


def _side(
    side: Side, source: Source, wanted: Wanted
) -> tuple[Mapping[Key, Point], Run, HardwareRecord | None]:
    """The points of one side that are wanted, its latest run and the record of that."""
    runs, points = newest_points(side, source.load)
    kept = {key: point for key, point in points.items() if wanted(*key)}
    if side.device is not None:
        kept = on_device(kept, side.device)
    return kept, runs[-1], source.record_for(runs[-1])


def _nothing(answer: Answer, options: CompareOptions) -> str:
    """Why there is nothing to compare, in one sentence."""
    a, b = (short(name) for name in answer.names)
    if answer.sections:
        found = [section.comparison for section in answer.sections]
        counts = [sum(one.side == side for c in found for one in c.one_sided) for side in "ab"]
        left_out = sum(len(c.left_out) for c in found)
        matching = " that --bench selects" if options.bench else ""
        return (
            f"{clean(a)} and {clean(b)} have no value{matching} in common: {counts[0]} only in the "
            f"first, {counts[1]} only in the second, {left_out} of another version or without a "
            f"ratio"
        )
    where = "; ".join(
        f"{side.machine} ({side.environment}) measured "
        f"{a if side.commit == answer.names[0] else b} alone"
        for side in answer.lonely
    )
    what = {
        Kind.COMMITS: "were not measured by one machine in one environment",
        Kind.MACHINES: "have no commit that both measured",
        Kind.DEVICES: "were not both measured in one run of one machine",
    }[answer.kind]
    return clean(f"{a} and {b} {what}{f': {where}' if where else ''}")


def _tell(problems: tuple[Problem, ...], err: TextIO) -> None:
    for problem in problems[:_SHOWN_PROBLEMS]:
        print(clean(f"left out {problem.path}: {problem.reason}"), file=err)
    more = len(problems) - _SHOWN_PROBLEMS
    if more > 0:
        print(f"left out {more} more; `cnnfc report` lists them", file=err)
