"""Unites two result files of asv: of one machine, commit and environment, from two shards."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from cnnfc.errors import DataError
from cnnfc.history.asv_json import run_of
from cnnfc.history.parameters import shown
from cnnfc.merge.rows import UnfitRow, unite_rows
from cnnfc.merge.united import (
    NOTED_OF_MACHINES,
    Conflict,
    Object,
    United,
    conflict,
    is_number,
    same,
    unite_fields,
)

#: The only format whose values can be united; older files are equal or in conflict.
FORMAT: Final = 2
#: What a file is of.  Files of different machines, commits or environments have nothing to unite.
_IDENTITY: Final = ("version", "commit_hash", "env_name")
#: Fields that are not united field by field.
_OWN_WAY: Final = ("results", "result_columns", "durations", "params")
#: What shards may differ in: the date of a commit is its author's or its committer's, and what was
#: installed beside the environment's name says nothing about which series the values belong to.
_NOTED: Final = ("date", "requirements")


def check(content: Object, path: Path) -> None:
    """Make sure that `content`, which is in the file `path`, is a result file that can be read.

    Raises:
        DataError: it is none, damaged, or newer than this cnnfc; the message is the reason alone.
    """
    if "commit_hash" not in content or "results" not in content:
        raise DataError("it is not a result file of asv (no commit_hash or no results)")
    run_of(content, (), path.name)


def unite(ours: Object, theirs: Object) -> United:
    """`ours` with the values that only `theirs` has; values that differ are conflicts.

    Raises:
        DataError: one of them is not as asv writes it.
    """
    different = [key for key in _IDENTITY if not same(ours.get(key), theirs.get(key))]
    if different:
        key = different[0]
        return United(ours, (conflict(key, ours.get(key), theirs.get(key)),))
    if ours.get("version") != FORMAT:
        if same(ours, theirs):
            return United(ours)
        kept = f"format {shown(ours.get('version'))}"
        return United(ours, (Conflict("the whole file", kept, f"{kept}, which is not united"),))
    machine, its = _part(ours, "params").get("machine"), _part(theirs, "params").get("machine")
    if machine is not None and its is not None and not same(machine, its):
        return United(ours, (conflict("params.machine", machine, its),))
    fields = unite_fields(ours, theirs, without=_OWN_WAY, noted=_NOTED)
    params = unite_fields(
        _part(ours, "params"), _part(theirs, "params"), "params.", noted=NOTED_OF_MACHINES
    )
    columns = _columns(ours)
    columns += [column for column in _columns(theirs) if column not in columns]
    results, conflicts = _unite_results(ours, theirs, columns)
    content = {
        **fields.content,
        "params": params.content,
        "result_columns": columns,
        "results": results,
        "durations": _longer(_part(ours, "durations"), _part(theirs, "durations")),
    }
    # No key that asv did not write.
    content = {k: v for k, v in content.items() if k in ours or k in theirs}
    return United(
        content,
        (*fields.conflicts, *params.conflicts, *conflicts),
        (*fields.notes, *params.notes),
    )


def _unite_results(
    ours: Object, theirs: Object, columns: list[str]
) -> tuple[Object, list[Conflict]]:
    results = dict(_part(ours, "results"))
    conflicts: list[Conflict] = []
    for name, row in _part(theirs, "results").items():
        try:
            its = _cells(row, _columns(theirs))
            if name not in results:
                results[name] = _row(its, columns)
                continue
            mine = _cells(results[name], _columns(ours))
            cells, contradictions = unite_rows(name, mine, its)
        except UnfitRow as error:
            raise DataError(f"benchmark {name} in it cannot be united: {error}") from None
        if cells is not mine:
            results[name] = _row(cells, columns)
        conflicts += contradictions
    return results, conflicts


def _cells(row: object, columns: list[str]) -> Mapping[str, object]:
    if not isinstance(row, list) or len(row) > len(columns):
        raise UnfitRow(f"its row is {shown(row)} and no list of {len(columns)} columns at most")
    # asv leaves out nulls at the end of a row.
    return dict(zip(columns, row, strict=False))


def _row(cells: Mapping[str, object], columns: list[str]) -> list[object]:
    row = [cells.get(column) for column in columns]
    while row and row[-1] is None:
        row.pop()
    return row


def _columns(content: Object) -> list[str]:
    columns = content.get("result_columns")
    if not isinstance(columns, list) or not all(isinstance(c, str) for c in columns):
        raise DataError(f"its result_columns are {shown(columns)} and not names of columns")
    return list(columns)


def _part(content: Object, key: str) -> Object:
    part = content.get(key) or {}
    if not isinstance(part, dict):
        raise DataError(f"its {key} is {shown(part)} and not an object")
    return part


def _longer(ours: Object, theirs: Object) -> Object:
    """Seconds that builds and set-ups took: of two, the longer, in whatever order files come."""
    longer = dict(ours)
    for key, value in theirs.items():
        mine = longer.get(key)
        if not is_number(mine) or (is_number(value) and value > mine):
            longer[key] = value
    return longer
