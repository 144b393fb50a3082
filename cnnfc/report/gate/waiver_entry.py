"""Writes the entries of the waivers file that would accept the regressions of a gate."""

from __future__ import annotations

import math
import re
from datetime import datetime, timedelta
from typing import Final

from cnnfc.report.gate import words
from cnnfc.verdicts import BenchmarkResult, GateReport, Verdict

#: More at once is no exception any more but another baseline.
_MOST: Final = 10
#: Long enough for a release, short enough to be looked at again.
_DAYS: Final = timedelta(days=90)
#: What a literal TOML text can hold and asv's names consist of.
_PLAIN: Final = re.compile(r"[\w.\[\]-]+")


def waiver_entries(report: GateReport) -> list[str]:
    """The lines of a file that names every regression of `report`, up to what was measured.

    The reason is left to the person who accepts it: `cnnfc.gate.policy.waivers` refuses it while it
    is empty.  A benchmark whose name no suite could have is left out.
    """
    lines: list[str] = []
    slower = [r for r in words.failing(report) if r.verdict is Verdict.REGRESSION]
    for result in slower[:_MOST]:
        bound = _bound(result)
        if bound is None or not _PLAIN.fullmatch(result.id):
            continue
        escaped = re.sub(r"([.\[\]])", r"\\\1", result.id)
        lines += [
            *([""] if lines else []),
            "[[waiver]]",
            f"pattern = '{escaped}'",
            f"largest_ratio = {bound:.2f}",
            'reason = ""',
            f"expires = {_expires(report)}",
        ]
    return lines


def waivers_file(report: GateReport) -> str:
    """Where the project keeps its waivers."""
    path = report.policy.get("waivers")
    return path if isinstance(path, str) else "gate-waivers.toml"


def _bound(result: BenchmarkResult) -> float | None:
    """The upper end of the interval, rounded up; the ratio itself if nothing bounds it."""
    measured = [effect for effect in (result.effect, result.tail) if effect is not None]
    ends = [e.high if math.isfinite(e.high) else e.ratio for e in measured]
    if not ends or not all(map(math.isfinite, ends)):
        return None
    return max(1.01, math.ceil(100 * max(ends)) / 100)


def _expires(report: GateReport) -> str:
    try:
        day = datetime.fromisoformat(report.started_at) + _DAYS
    except (ValueError, OverflowError):
        return "2000-01-01  # set a day"
    return day.date().isoformat()
