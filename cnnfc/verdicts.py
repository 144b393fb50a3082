"""What a gate found: plain data, written to ``gate.json`` and read by everything that shows it.

Ratios are contender / baseline, above 1 is slower (or larger: of a ``track_`` or ``peakmem_``
benchmark; where ``higher_is_better`` they are turned round, so that above 1 is always worse).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

#: Version of ``gate.json``; new keys alone do not raise it.
SCHEMA: Final = 1


class Verdict(StrEnum):
    """What is said of one benchmark with its parameters."""

    PASS = "pass"
    REGRESSION = "regression"
    IMPROVEMENT = "improvement"
    #: Neither a slowdown nor its absence could be shown with the pairs there were.
    INCONCLUSIVE = "inconclusive"
    #: The reference kernels moved, so what was seen cannot be laid to the code.
    MACHINE_MOVED = "machine-moved"
    #: It fails on one side or on both.
    BROKEN = "broken"
    #: Only the baseline has it.
    MISSING = "missing"
    #: Only the contender has it.
    NEW = "new"


#: Verdicts that say something of the change, or of the machine that it was measured on.
_DECIDED: Final = (
    Verdict.PASS,
    Verdict.REGRESSION,
    Verdict.IMPROVEMENT,
    Verdict.MACHINE_MOVED,
)


@dataclass(frozen=True)
class Effect:
    """A ratio of contender to baseline with its interval.

    Attributes:
        ratio: Hodges-Lehmann estimate over the pairs.
        low: Lower end of the interval; 0 where too few pairs bound it.
        high: Upper end of the interval; infinity (null in JSON) where too few pairs bound it.
        confidence: Probability with which the interval covers the ratio, such as 0.95.
        spread: Typical distance of a pair from the centre, as a fraction of the baseline.
        pairs: Number of pairs.
    """

    ratio: float
    low: float
    high: float
    confidence: float
    spread: float
    pairs: int


@dataclass(frozen=True)
class BenchmarkResult:
    """One benchmark with its parameters.

    Attributes:
        name: Name of the benchmark, ``conv.Forward.time_layer``.
        params: Its parameters as asv writes them (``repr``), ``("'dense.64-64'", "'cpu-1'")``.
        kind: ``time``, ``track`` or ``peakmem``.
        unit: ``seconds``, ``bytes`` or what the benchmark says.
        verdict: See `Verdict`.
        reason: The verdict in one sentence.
        threshold: Slowdown that fails the gate, 0.03 is 3%.
        baseline: Typical value on the baseline, in `unit`; None if not measured.
        contender: The same on the contender.
        effect: Ratio of typical calls; None if not measured.
        tail: Ratio of means, in which calls count that are slow now and then; None likewise.
        confirmed: Ratio of the fresh pairs that a regression was confirmed on.
        detectable: Smallest slowdown that these pairs would have shown, as a fraction; None of one
            that is slower, or with too few pairs.
        in_cycles: Ratio in clock cycles of a GPU, where its clock could be read.
        waived_by: Pattern of the waiver that covers this regression.
        failed_on: Sides on which it fails, of a broken one.
        failure: The end of what it wrote to standard error.
        explanation: What differs between the sides; see `cnnfc.gate.explaining.explain`.
        command: Repeats this benchmark alone.
        pair_values: Natural logarithm of the ratio of each pair, in the order of measuring.
        tail_values: The same of the means.
        file: File that defines it, relative to the project's root with ``/``; None if not known.
        mean_undecided: Typical calls have passed, but a rise of the mean by its threshold is not
            excluded.
    """

    name: str
    params: tuple[str, ...]
    kind: str
    unit: str
    verdict: Verdict
    reason: str
    threshold: float
    baseline: float | None = None
    contender: float | None = None
    effect: Effect | None = None
    tail: Effect | None = None
    confirmed: Effect | None = None
    detectable: float | None = None
    in_cycles: Effect | None = None
    waived_by: str | None = None
    failed_on: tuple[str, ...] = ()
    failure: str | None = None
    explanation: Mapping[str, Any] | None = None
    command: str = ""
    pair_values: tuple[float, ...] = ()
    tail_values: tuple[float, ...] = ()
    file: str | None = None
    mean_undecided: bool = False

    @property
    def id(self) -> str:
        """Name with parameters, of letters that ``pytest -k`` knows: ``dense.F.time_x[a-b]``."""
        return benchmark_id(self.name, self.params)

    @property
    def is_decided(self) -> bool:
        """Whether a gate of this benchmark alone would have an answer."""
        return self.verdict in _DECIDED or self.fails

    @property
    def fails(self) -> bool:
        """Whether this alone makes the gate red."""
        if self.verdict is Verdict.REGRESSION:
            return self.waived_by is None
        return self.verdict is Verdict.BROKEN and self.failed_on == ("contender",)


@dataclass(frozen=True)
class CanaryResult:
    """A reference kernel that neither side can change.

    Attributes:
        name: ``loop``, ``copy``, ``gemm``, ...
        effect: Ratio between the sides, which should be 1.
        drift: Largest lasting change of its level in the course of the gate, as a fraction.
        moved: Whether it tells that the machine moved.
        reason: The same in a sentence; empty if it did not move.
        levels: Seconds of each pair (both sides), in order.
    """

    name: str
    effect: Effect
    drift: float
    moved: bool
    reason: str = ""
    levels: tuple[float, ...] = ()


@dataclass(frozen=True)
class SideFacts:
    """What was compared on one side: ``label`` as it was typed, and what it is.

    ``commit`` is a full hash, None for a work tree that is not committed; ``tree`` the hash of its
    content; ``software`` versions by name; ``environment`` variables set for this side alone.
    """

    label: str
    commit: str | None
    tree: str | None
    software: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SkippedBenchmark:
    """A benchmark with parameters that is skipped on both sides, with the reason it gives."""

    name: str
    params: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class WaiverUse:
    """A waiver and what became of it: ``used``, ``unused`` or ``expired``."""

    pattern: str
    largest_ratio: float
    reason: str
    expires: str
    state: str
    benchmarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class GateReport:
    """A whole gate.

    Attributes:
        baseline: What was compared with.
        contender: What was judged.
        machine: Name of the machine.
        hardware: Its hardware record (`cnnfc.machine.record`), JSON-ready.
        started_at: ISO 8601 with time zone.
        finished_at: The same; None if the gate ended early: somebody or something stopped it.
        seconds: How long it took.
        seed: Repeats the order of everything.
        pairs: Pairs of workers that were measured.
        strict: Whether inconclusive and missing benchmarks fail.
        policy: What was in force, JSON-ready (`cnnfc.gate.policy.policy`).
        command: What was typed.
        benchmarks: One result each, in the order of the suite.
        canaries: The reference kernels.
        skipped: What is skipped on both sides.
        waivers: Every waiver of the committed file.
        notes: Whatever else a reader should know, a sentence each.
        selftest: Ids of the benchmarks that were slowed down on purpose; None without a self-test.
        cnnfc: Version of cnnfc.
        suite: Folder of the benchmarks, relative to the project's root with ``/``.
    """

    baseline: SideFacts
    contender: SideFacts
    machine: str
    hardware: Mapping[str, Any]
    started_at: str
    finished_at: str | None
    seconds: float
    seed: int
    pairs: int
    strict: bool
    policy: Mapping[str, Any]
    command: str
    benchmarks: tuple[BenchmarkResult, ...]
    canaries: tuple[CanaryResult, ...] = ()
    skipped: tuple[SkippedBenchmark, ...] = ()
    waivers: tuple[WaiverUse, ...] = ()
    notes: tuple[str, ...] = ()
    selftest: tuple[str, ...] | None = None
    cnnfc: str = ""
    suite: str = "benchmarks"

    def count(self, verdict: Verdict) -> int:
        """How many benchmarks have `verdict`."""
        return sum(result.verdict is verdict for result in self.benchmarks)

    @property
    def selftest_passed(self) -> bool:
        """Whether exactly the benchmarks that were slowed down on purpose came out as slower.

        What fails on the contender alone, which is the same code, is a fault of the gate.
        """
        if any(one.verdict is Verdict.BROKEN and one.fails for one in self.benchmarks):
            return False
        slower = {one.id for one in self.benchmarks if one.verdict is Verdict.REGRESSION}
        return bool(slower) and slower == set(self.selftest or ())

    @property
    def exit_code(self) -> int:
        """The exit code of the gate, the first of these that applies.

        130 if it ended early; of a self-test 0 if it passed, else 1; 5 if nothing was measured
        enough to be judged, so that no benchmark has an answer; 1 for a regression that is not
        waived or a benchmark that fails on the contender alone; 4 if the machine moved; 3 for
        inconclusive or missing benchmarks if `strict`; else 0.
        """
        if self.finished_at is None:
            return 130
        if self.selftest is not None:
            return 0 if self.selftest_passed else 1
        if not any(result.is_decided for result in self.benchmarks):
            return 5
        if any(result.fails for result in self.benchmarks):
            return 1
        if self.count(Verdict.MACHINE_MOVED):
            return 4
        doubtful = self.count(Verdict.INCONCLUSIVE) + self.count(Verdict.MISSING)
        return 3 if self.strict and doubtful else 0


def benchmark_id(name: str, params: tuple[str, ...]) -> str:
    """`name` with `params` in brackets, of characters that ``pytest -k`` takes, plus ``[]``.

    >>> benchmark_id("conv.Forward.time_layer", ("'dense.64-64'", "'cpu-1'"))
    'conv.Forward.time_layer[dense.64-64-cpu-1]'
    """
    if not params:
        return name
    return f"{name}[{'-'.join(map(_plain, params))}]"


def _plain(param: str) -> str:
    letters = "".join(letter if letter.isalnum() or letter in "._" else "-" for letter in param)
    # -1 and 1 are two parameters.
    sign = "-" if param.lstrip("'\"").startswith("-") else ""
    return sign + letters.strip("-")
