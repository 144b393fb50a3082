"""The nodes that pytest collects of a gate: the suite's folders, its files, its benchmarks.

They are made of the gate's own listing.  The suite itself is never imported into pytest, which
would load torch beside the workers, and its folders are not walked: a benchmark that only the
baseline has lies in a file that may be gone.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import pytest

from cnnfc.pytest_plugin import outcomes
from cnnfc.pytest_plugin.state import STATE
from cnnfc.verdicts import BenchmarkResult

if TYPE_CHECKING:
    from cnnfc.commands.gate import Listed


class GateFolder(pytest.Directory):
    """The folder of the suite, or one in it."""

    @property
    def place(self) -> PurePosixPath:
        """Where it lies, from the suite's folder on."""
        parent = self.parent
        return parent.place / self.path.name if isinstance(parent, GateFolder) else PurePosixPath()

    def collect(self) -> Iterator[GateFolder | GateFile]:
        """Folders and files of the listing that lie here, in its order."""
        depth = len(self.place.parts)
        seen = set()
        for file in self.config.stash[STATE].files:
            if file.parts[:depth] != self.place.parts or file.parts[depth] in seen:
                continue
            seen.add(file.parts[depth])
            kind = GateFile if len(file.parts) == depth + 1 else GateFolder
            yield kind.from_parent(self, path=self.path / file.parts[depth])


class GateFile(pytest.File):
    """A file of the suite."""

    def collect(self) -> Iterator[GatedBenchmark]:
        """Its benchmarks with their parameters."""
        state = self.config.stash[STATE]
        parent = self.parent
        if isinstance(parent, GateFolder):
            place: PurePosixPath | None = parent.place / self.path.name
        else:
            place = state.place_of(self.path)
        for listed in state.files.get(place, ()) if place is not None else ():
            yield GatedBenchmark.from_parent(self, name=listed.id, listed=listed)


class GatedBenchmark(pytest.Item):
    """One benchmark with its parameters; the gate has judged it before it runs."""

    def __init__(self, name: str, parent: pytest.Collector, listed: Listed) -> None:
        super().__init__(name, parent)
        self.listed = listed

    def setup(self) -> None:
        """Raise what pytest calls an error: the benchmark breaks on the contender."""
        found = self.config.stash[STATE].found(self.listed)
        if isinstance(found, BenchmarkResult):
            self.user_properties += outcomes.properties(found)
            self._end(found, "error")

    def runtest(self) -> None:
        """Report the verdict."""
        found = self.config.stash[STATE].found(self.listed)
        if found is None:
            pytest.fail("the gate ended without a result for this benchmark", pytrace=False)
        if not isinstance(found, BenchmarkResult):
            pytest.skip(found.reason)
        self._end(found, "failed", "skipped", "waived")

    def reportinfo(self) -> tuple[Path, None, str]:
        """File, no line (only the workers know it) and headline of a failure.

        A headline that is the name alone would make ``-v`` print its dots as ``::``, which is no
        id to copy.
        """
        return self.path, None, f"benchmark {self.name}"

    def _end(self, result: BenchmarkResult, *wanted: outcomes.Outcome) -> None:
        """End this phase as `result` demands, if that is one of `wanted`."""
        report = self.config.stash[STATE].report
        if report is None:  # for the type alone: no result without a report
            return
        outcome = outcomes.outcome(result, report)
        if outcome not in wanted:
            return
        if outcome == "skipped":
            pytest.skip(outcomes.in_brief(result, report))
        if outcome == "waived":
            pytest.xfail(outcomes.in_brief(result, report))
        pytest.fail(outcomes.in_full(result, report), pytrace=False)
