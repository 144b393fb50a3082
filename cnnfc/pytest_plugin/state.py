"""What the hooks of a gate and its items share: the listing, then the results."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

import pytest

from cnnfc.verdicts import BenchmarkResult, GateReport, SkippedBenchmark

if TYPE_CHECKING:
    from cnnfc.commands.gate import Listed

Found = BenchmarkResult | SkippedBenchmark


@dataclass
class GateState:
    """One gate, as far as it has come.

    Attributes:
        suite: Folder of its benchmarks, with links resolved.
        files: What both sides list, by file; paths count from the suite's folder.
        report: What the gate found; None until it has run.
    """

    suite: Path
    files: Mapping[PurePosixPath, Sequence[Listed]]
    report: GateReport | None = None
    _found: dict[tuple[str, tuple[str, ...]], Found] = field(default_factory=dict)

    @classmethod
    def of(cls, suite: Path, listing: Iterable[Listed]) -> GateState:
        """The state after both sides have listed their benchmarks."""
        files: dict[PurePosixPath, list[Listed]] = {}
        for listed in listing:
            files.setdefault(_file(listed, suite), []).append(listed)
        return cls(suite.resolve(), files)

    def place_of(self, path: Path) -> PurePosixPath | None:
        """Where `path` lies, from the suite's folder on; None outside of it."""
        real = path.resolve()
        if not real.is_relative_to(self.suite):
            return None
        return PurePosixPath(real.relative_to(self.suite))

    def end(self, report: GateReport) -> None:
        """Take the results of the gate."""
        self.report = report
        self._found = {
            **{(skipped.name, skipped.params): skipped for skipped in report.skipped},
            **{(result.name, result.params): result for result in report.benchmarks},
        }

    def found(self, listed: Listed) -> Found | None:
        """The result of `listed`, or why it is skipped on both sides."""
        return self._found.get((listed.name, listed.params))


#: Where nodes find the gate that they belong to.
STATE: Final = pytest.StashKey[GateState]()


def _file(listed: Listed, suite: Path) -> PurePosixPath:
    """The file of a benchmark, from the suite's folder on.

    asv names a benchmark by package, module, class and method, each of which but the last may be
    left out: what lies here decides.  A file that only the other commit has is a guess.
    """
    *words, _function = listed.name.split(".")
    for length in range(len(words), 0, -1):
        place = PurePosixPath(*words[:length])
        for file in (place.with_name(f"{place.name}.py"), place / "__init__.py"):
            if (suite / file).is_file():
                return file
    return PurePosixPath(listed.file)
