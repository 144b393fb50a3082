"""What a machine's page shows of the doctor: a cell for each run, a table for the latest."""

from __future__ import annotations

from typing import Final

from cnnfc.machine.doctor.findings import Examination, Severity
from cnnfc.machine.doctor.text import VERDICTS
from cnnfc.machine.schema import HardwareRecord
from cnnfc.report import text
from cnnfc.report.model import Cell, Column, Notice, Table

_TONES: Final = {Severity.SEVERE: "bad", Severity.MODERATE: "warn"}
_RANK: Final = {severity: rank for rank, severity in enumerate(Severity)}
#: Characters of a text from a file that fit into a table.
_LONGEST: Final = 300


def steadiness_cell(record: HardwareRecord | None) -> Cell:
    """The short form of what the doctor found of a run.

    How many findings there were, and the worst by name; else ``nothing found``, which is no promise
    of a steady machine, or ``not known`` where nothing was found fine either.  Records of older
    versions were ``not examined``.
    """
    if record is None:
        return Cell(text.MISSING, tone="muted", sort="9")
    if record.doctor is None:
        return Cell("not examined", tone="muted", sort="8")
    troubles = record.doctor.troubles
    unknown = record.doctor.count(Severity.UNKNOWN)
    sort = str(_RANK[record.doctor.worst])
    if not troubles and not record.doctor.count(Severity.FINE):
        return Cell(
            "not known",
            tone="muted",
            sort=str(len(_RANK)),
            detail=text.plural(unknown, "topic") if unknown else "",
        )
    if not troubles:
        return Cell("nothing found", sort=sort, detail=f"{unknown} not known" if unknown else "")
    alike = [_short(one.title) for one in troubles if one.severity is troubles[0].severity]
    rest = len(troubles) - len(alike)
    return Cell(
        text.plural(len(troubles), "finding"),
        tone=_TONES.get(record.doctor.worst, ""),
        sort=sort,
        detail=text.shorten(f"{record.doctor.worst}: {', '.join(alike)}", _LONGEST)
        + (f", {rest} lesser" if rest else ""),
    )


def findings_table(record: HardwareRecord | None) -> Table | None:
    """What the doctor found of the run of `record`, with the fixes; None without it."""
    found = record.doctor if record else None
    if found is None:
        return None
    rows = tuple(
        (
            Cell(
                _short(one.title[:1].upper() + one.title[1:]),
                detail=_short(f"{one.evidence} {one.effect}".strip()),
            ),
            Cell(
                str(one.severity),
                tone=_TONES.get(one.severity, "muted" if one.severity is Severity.UNKNOWN else ""),
                sort=str(_RANK[one.severity]),
            ),
            Cell(_short(one.fix)),
        )
        for one in found.findings
    )
    fine = found.count(Severity.FINE)
    return Table(
        id="doctor",
        caption="What makes timings unsteady",
        columns=(Column("Finding"), Column("Severity"), Column("Fix")),
        rows=rows,
        note="By what the machine said of itself during the latest run; cnnfc doctor measures more."
        + (f" {text.plural(fine, 'other topic was', 'other topics were')} fine." if fine else ""),
        empty="Nothing was found.",
    )


def notice(found: Examination | None) -> Notice | None:
    """What the worst finding means for the numbers of the latest run; None if it is minor."""
    if found is None or found.worst not in _TONES:
        return None
    worse = [one for one in found.troubles if one.severity in _TONES]
    return Notice(
        f"{text.listing([_short(one.title) for one in worse])}: {VERDICTS[found.worst]}.",
        _TONES[found.worst],
    )


def _short(words: str) -> str:
    return text.shorten(words, _LONGEST)
