"""Lists cases with what they cost on paper: ``cnnfc cases``."""

from __future__ import annotations

import difflib
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TextIO

from cnnfc.cases import Case
from cnnfc.catalogues import Catalogue, Entry, catalogue, load
from cnnfc.costs import KERAS, TORCH, Costs, costs, total, trunk_parameters
from cnnfc.errors import CaseError, UsageError, unknown
from cnnfc.units import Scale, format_count, scale_for

FAMILIES: Final = ("conv", "dense", "canary")

#: ``catalogue`` keeps the order of the catalogues, ``name`` sorts numbers in names as numbers,
#: and a quantity puts the largest first.
SORT_KEYS: Final = (
    "catalogue",
    "name",
    "parameters",
    "macs",
    "flops",
    "bytes",
    "activation_bytes",
    "intensity",
)


@dataclass(frozen=True)
class _Row:
    """A case with its costs and how often each catalogue that holds it counts it."""

    case: Case
    costs: Costs
    times: Mapping[str, int]

    def as_dict(self) -> dict[str, object]:
        intensity = self.costs.intensity
        return {
            "name": str(self.case),
            "catalogues": list(self.times),
            "times": dict(self.times),
            "parameters": self.costs.parameters,
            "macs": self.costs.macs,
            "flops": self.costs.flops,
            "bytes": self.costs.bytes or None,
            "activation_bytes": self.costs.activation_bytes or None,
            "intensity": None if math.isnan(intensity) else intensity,
        }


def list_cases(
    *,
    catalogues: Sequence[str] = (),
    cases: Sequence[str] = (),
    match: str | None = None,
    family: str | None = None,
    sort: str | None = None,
    as_json: bool = False,
    out: TextIO,
) -> int:
    """Write the chosen cases with parameters, MACs, FLOPs, bytes and intensity to `out`.

    Args:
        catalogues: Names of catalogues to list; with `cases` empty too, all of them.
        cases: Names of single cases to add; any valid name, in a catalogue or not.
        match: Keep cases whose name contains this regular expression.
        family: Keep one of `FAMILIES`.
        sort: One of `SORT_KEYS`; ``None`` is ``catalogue``.
        as_json: Write a JSON list of objects with ``name``, ``catalogues``, ``times`` (by
            catalogue), ``parameters``, ``macs``, ``flops``, ``bytes``, ``activation_bytes`` and
            ``intensity`` in base units; ``null`` for bytes and intensity where the case alone
            does not tell them (the copy and loop canaries).
        out: Where to write.

    Returns:
        0, the exit code.

    Raises:
        UsageError: for an unknown catalogue, case, family or sort key, an invalid expression, or
            if nothing is left to list.
    """
    if family is not None and family not in FAMILIES:
        raise unknown("family", family, FAMILIES)
    if sort is not None and sort not in SORT_KEYS:
        raise unknown("sort key", sort, SORT_KEYS)
    chosen = [catalogue(name) for name in dict.fromkeys(catalogues)]
    single = [_case(name) for name in cases]
    listed = chosen if chosen or single else list(load().values())
    every = dict.fromkeys([*(case for each in listed for case in each.cases), *single])
    kept = [case for case in every if family in (None, case.family)]
    if match is not None:
        expression = _compile(match)
        kept = [case for case in kept if expression.search(str(case))]
    if not kept:
        raise UsageError(_nothing_left(chosen, match, family))
    rows = _sorted([_Row(case, costs(case), _times(case)) for case in kept], sort or "catalogue")
    if as_json:
        json.dump([row.as_dict() for row in rows], out, indent=2, allow_nan=False)
        out.write("\n")
        return 0
    only = chosen[0] if len(chosen) == 1 and not single else None
    out.write("\n".join([*_table(rows, only), "", *_notes(rows, only), ""]))
    if not chosen and not single and match is None and family is None:
        out.write("\n".join(["", "Catalogues (--catalogue NAME):", *_overview(), ""]))
    return 0


def _case(name: str) -> Case:
    """The case called `name`; an error names the most similar case of the catalogues."""
    if name in load():
        raise UsageError(f"{name!r} is not a case but a catalogue: ask with --catalogue {name}")
    try:
        return Case.parse(name)
    except CaseError as error:
        known = [str(case) for each in load().values() for case in each.cases]
        close = difflib.get_close_matches(name, known, n=1, cutoff=0.75)
        raise CaseError(f"{error}{f'; did you mean {close[0]!r}?' if close else ''}") from None


def _compile(expression: str) -> re.Pattern[str]:
    try:
        return re.compile(expression)
    except re.error as error:
        raise UsageError(f"{expression!r} is not a regular expression: {error}") from None


def _nothing_left(chosen: Sequence[Catalogue], match: str | None, family: str | None) -> str:
    where = f" of {', '.join(each.name for each in chosen)}" if chosen else ""
    wanted = [f"belongs to family {family}"] * (family is not None)
    wanted += [f"matches {match!r}"] * (match is not None)
    return f"no case{where} {' and '.join(wanted)}: `cnnfc cases` without filters lists them all"


def _times(case: Case) -> dict[str, int]:
    return {
        each.name: entry.times
        for each in load().values()
        for entry in each.entries
        if entry.case == case
    }


def _natural(name: str) -> list[tuple[int, int | str]]:
    """A sort key under which ``n2`` comes before ``n16``."""
    parts = re.split(r"([0-9]+)", name)
    return [(0, int(part)) if part.isdigit() else (1, part) for part in parts]


def _sorted(rows: list[_Row], key: str) -> list[_Row]:
    if key == "catalogue":
        return rows
    by_name = sorted(rows, key=lambda row: _natural(str(row.case)))
    if key == "name":
        return by_name

    def quantity(row: _Row) -> float:
        value: float = getattr(row.costs, key)
        return -1.0 if math.isnan(value) else value

    return sorted(by_name, key=quantity, reverse=True)


def _table(rows: Sequence[_Row], only: Catalogue | None) -> list[str]:
    """Two lines of head, a line a case, and the total where the layers of one catalogue stand."""
    names = [str(row.case) for row in rows]
    counted = [row.costs for row in rows]
    times = [row.times[only.name] for row in rows] if only else []
    if only and len(rows) > 1 and not any(row.case.is_canary for row in rows):
        names.append(f"total of {sum(times)} layers")
        counted.append(total(_entries(rows, only)))
    columns = [_left(["case", "", *names])]
    if only:
        blank = [""] * (len(names) - len(times))
        columns.append(_right(["times", "", *map(str, times), *blank]))
    columns.append(_right(["parameters", "", *(format_count(one.parameters) for one in counted)]))
    # The total has no say in a scale: it would push single layers into small decimals. What is
    # compared by eye shares one: MACs with FLOPs, activations with bytes.
    flop = scale_for("flops", [row.costs.flops for row in rows])
    mac = Scale(flop.factor, flop.symbol.replace("FLOP", "MAC"))
    byte = scale_for("bytes", [row.costs.bytes for row in rows])
    columns += [
        _quantity("MACs", mac, [one.macs for one in counted]),
        _quantity("FLOPs", flop, [one.flops for one in counted]),
        _quantity("bytes", byte, [one.bytes or math.nan for one in counted]),
        _quantity("activations", byte, [one.activation_bytes or math.nan for one in counted]),
        _quantity("intensity", Scale(1.0, "FLOP/B"), [one.intensity for one in counted]),
    ]
    if only is None:
        columns.append(_left(["catalogues", "", *(", ".join(row.times) or "-" for row in rows)]))
    title = [f"{only.name}: {only.title}", ""] if only else []
    return title + ["  ".join(cells).rstrip() for cells in zip(*columns, strict=True)]


def _quantity(title: str, scale: Scale, values: Sequence[float]) -> list[str]:
    """A right-aligned column whose decimal points stand in line."""
    cells = [scale.format(value) for value in values]
    tails = [len(cell.partition(".")[2]) + ("." in cell) for cell in cells]
    widest = max(tails)
    padded = [
        cell if math.isnan(value) else cell + " " * (widest - tail)
        for cell, tail, value in zip(cells, tails, values, strict=True)
    ]
    return _right([title, scale.symbol, *padded])


def _left(cells: Sequence[str]) -> list[str]:
    width = max(map(len, cells))
    return [cell.ljust(width) for cell in cells]


def _right(cells: Sequence[str]) -> list[str]:
    width = max(map(len, cells))
    return [cell.rjust(width) for cell in cells]


def _entries(rows: Sequence[_Row], only: Catalogue) -> list[Entry]:
    return [Entry(row.case, row.times[only.name]) for row in rows]


def _notes(rows: Sequence[_Row], only: Catalogue | None) -> list[str]:
    """The conventions behind the numbers, and the counts of a network with batch norms."""
    lines = [
        "1 MAC = 2 FLOPs. Bytes: input, weights, bias and output once each; activations: input",
        "and output. Intensity: FLOPs per byte. Batch-norm, activation and pooling layers are not",
        "included, nor is the addition of the bias.",
    ]
    if only and only.batch_norm and any(row.case.family == "conv" for row in rows):
        entries = _entries(rows, only)
        lines += [
            "",
            "Parameters of these convolutions with a batch norm behind each, as counted by",
        ]
        lines += [
            f"  {convention.name}: {format_count(trunk_parameters(entries, convention))}"
            for convention in (TORCH, KERAS)
        ]
    return lines


def _overview() -> list[str]:
    known = load()
    names = _left(list(known))
    counts = _right([str(len(each.entries)) for each in known.values()])
    return [
        f"  {name}  {count} case{'s' if len(each.entries) > 1 else ' '}  {each.title}"
        for name, count, each in zip(names, counts, known.values(), strict=True)
    ]
