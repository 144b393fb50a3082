"""Says what a gate fails for and how often it may err, as ``[tool.cnnfc.gate]`` sets it."""

from __future__ import annotations

import math
import re
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Final

from cnnfc.errors import DataError, UsageError
from cnnfc.gate.policy.fields import Fields, load_toml

_FRACTION: Final = "a fraction above 0 and at most 1 (0.03 is 3%)"
_PROBABILITY: Final = "a probability above 0 and below 0.5 (0.01 is 1%)"
_TIME: Final = 'a time such as "10 min" or a number of seconds above 0'
_DURATION: Final = re.compile(
    r"\s*(?:(?P<h>\d+(?:\.\d+)?)\s*(?:h|hours?))?"
    r"\s*(?:(?P<min>\d+(?:\.\d+)?)\s*(?:m|min|minutes?))?"
    r"\s*(?:(?P<s>\d+(?:\.\d+)?)\s*(?:s|sec|seconds?)?)?\s*",
    re.ASCII | re.IGNORECASE,
)


@dataclass(frozen=True)
class Override:
    """Other thresholds for the benchmarks whose id `pattern` is found in.

    Attributes:
        pattern: Regular expression, searched in ids as ``--bench`` is.
        threshold: As in `Policy`, of any kind and device; None leaves it as it is.
        tail_threshold: The same of the means.
    """

    pattern: str
    threshold: float | None = None
    tail_threshold: float | None = None


@dataclass(frozen=True)
class Policy:
    """What is in force; thresholds and tolerances are fractions, 0.03 is 3%.

    Attributes:
        threshold: Slowdown of a ``time_`` benchmark on a CPU that fails the gate.
        gpu_threshold: The same on an accelerator, where times are steadier.
        tail_threshold: The same of mean times, which slow calls now and then raise.
        track_threshold: Worsening of a ``track_`` benchmark that fails; 0: any.
        peakmem_threshold: Growth of a ``peakmem_`` benchmark that fails.
        false_red: Probability that a whole run on identical code is red.
        miss: Probability that a benchmark which is slower by its threshold passes.
        budget: Seconds that the measuring may take.
        canary_tolerance: Shift of a reference kernel from which on the machine has moved.
        direction: ``slower``; ``both`` fails improvements beyond the threshold too, for suites
            whose every change must be looked at.
        largest_pairs: Pairs after which an undecided benchmark is inconclusive.
        benchmarks: Regular expressions of what is measured, searched in ids; empty: everything.
        waivers: File of the waivers, relative to the project's root.
        overrides: Thresholds by pattern; of several that match, the last that sets one counts.
        typed_threshold: Of every time on any device, whatever else is set; from the command line
            alone.
    """

    threshold: float = 0.03
    gpu_threshold: float = 0.02
    tail_threshold: float = 0.05
    track_threshold: float = 0.0
    peakmem_threshold: float = 0.05
    false_red: float = 0.01
    miss: float = 0.02
    budget: float = 900.0
    canary_tolerance: float = 0.03
    direction: str = "slower"
    largest_pairs: int = 32
    benchmarks: tuple[str, ...] = ()
    waivers: str = "gate-waivers.toml"
    overrides: tuple[Override, ...] = field(default=())
    typed_threshold: float | None = None

    def threshold_for(self, id: str, kind: str = "time", device: str | None = None) -> float:  # noqa: A002
        """The slowdown that fails the benchmark with that id, as a fraction.

        Args:
            id: Name with parameters; see `cnnfc.verdicts.benchmark_id`.
            kind: ``time``, ``track`` or ``peakmem``.
            device: Such as ``cuda-0``, ``cuda`` or ``cpu-2``; None is a CPU.
        """
        if kind == "time" and self.typed_threshold is not None:
            return self.typed_threshold
        for override in reversed(self.overrides):
            if override.threshold is not None and re.search(override.pattern, id):
                return override.threshold
        if kind == "track":
            return self.track_threshold
        if kind in ("peakmem", "mem"):
            return self.peakmem_threshold
        on_cpu = device is None or device.startswith("cpu")
        return self.threshold if on_cpu else self.gpu_threshold

    def tail_threshold_for(self, id: str) -> float:  # noqa: A002 - an id is what it is
        """The rise of the mean that fails the benchmark with that id, as a fraction."""
        for override in reversed(self.overrides):
            if override.tail_threshold is not None and re.search(override.pattern, id):
                return override.tail_threshold
        return self.tail_threshold

    def selects(self, id: str) -> bool:  # noqa: A002 - an id is what it is
        """Whether a benchmark with that id is measured if nothing else is asked for."""
        return not self.benchmarks or any(re.search(p, id) for p in self.benchmarks)

    def with_threshold(self, threshold: float) -> Policy:
        """The same with one threshold for all times: on any device, whatever `overrides` say.

        Those of other kinds stay as they are.

        Raises:
            UsageError: It is not a fraction above 0 and at most 1.
        """
        if not 0 < threshold <= 1:
            raise UsageError(f"the threshold must be {_FRACTION}, not {threshold}")
        return replace(
            self, threshold=threshold, gpu_threshold=threshold, typed_threshold=threshold
        )

    def to_json(self) -> dict[str, Any]:
        """The policy with the keys of ``[tool.cnnfc.gate]``, JSON-ready; seconds and fractions.

        ``typed_threshold`` is there too if it was typed.
        """
        overrides = [
            {key: value for key, value in asdict(override).items() if value is not None}
            for override in self.overrides
        ]
        found = {**asdict(self), "benchmarks": list(self.benchmarks), "overrides": overrides}
        if self.typed_threshold is None:
            del found["typed_threshold"]
        return found


def read_policy(pyproject: Path) -> Policy:
    """The policy in table ``[tool.cnnfc.gate]`` of the file `pyproject`; defaults without it.

    Raises:
        DataError: The file is not TOML, or a key is unknown or has a value that cannot be.
    """
    if not pyproject.is_file():
        return Policy()
    table: object = load_toml(pyproject)
    for key in ("tool", "cnnfc", "gate"):
        table = table.get(key, {}) if isinstance(table, dict) else {}
    return _policy(table, f"{pyproject}: [tool.cnnfc.gate]")


def parse_budget(text: str) -> float:
    """Seconds of ``10 min``, ``90 s``, ``1 h 30 min``, ``15m`` or ``600``.

    Raises:
        UsageError: It is none of these, or zero.
    """
    match = _DURATION.fullmatch(text)
    parts = {unit: float(value) for unit, value in match.groupdict("0").items()} if match else {}
    seconds = 3600 * parts.get("h", 0) + 60 * parts.get("min", 0) + parts.get("s", 0)
    if not 0 < seconds < math.inf:
        raise UsageError(f"{text!r} is not a time budget: write {_TIME}")
    return seconds


def parse_fraction(text: str) -> float:
    """The fraction that ``3%`` or ``0.03`` means.

    >>> parse_fraction("2.5 %")
    0.025

    Raises:
        UsageError: It is neither.
    """
    number, sign, rest = text.partition("%")
    try:
        value = float(number) / (100 if sign else 1)
    except ValueError:
        value = math.nan
    if rest.strip() or not math.isfinite(value):
        raise UsageError(f"{text!r} is not a size: write 3% or 0.03")
    return value


def check_can_fail(
    policy: Policy,
    benchmarks: int,
    *,
    slower_level: float,
    not_slower_level: float,
) -> tuple[str, ...]:
    """Refuse a policy that no slowdown whatever could fail; return warnings about a weak one.

    Args:
        policy: What is to be in force.
        benchmarks: How many share the probability of a false red.
        slower_level: Largest p-value with which one of them is called slower; see
            `cnnfc.analysis.paired.Rule`.
        not_slower_level: The same of a pass.

    Raises:
        UsageError: The largest number of pairs is too small for a red at this error rate.
    """
    from cnnfc.analysis.sequential import LOOKS, fewest_pairs  # noqa: PLC0415 - numpy takes time

    # A decision falls at a look, not in between.
    looks = [look for look in LOOKS if look <= policy.largest_pairs]
    to_fail, to_pass = fewest_pairs(slower_level), fewest_pairs(not_slower_level)
    if not any(look >= to_fail for look in looks):
        raise UsageError(
            f"this gate could never be red: false_red = {policy.false_red:g} over {benchmarks} "
            f"benchmarks needs {to_fail} pairs, but decisions end at {max(looks, default=0)} with "
            f"largest_pairs = {policy.largest_pairs}; raise largest_pairs or false_red in "
            f"[tool.cnnfc.gate], or select fewer benchmarks"
        )
    warnings = []
    if to_pass > looks[-1]:
        warnings.append(
            f"nothing can pass: miss = {policy.miss:g} needs {to_pass} pairs, but decisions end at "
            f"{looks[-1]}; raise largest_pairs or miss in [tool.cnnfc.gate]"
        )
    return tuple(warnings)


def _policy(table: object, where: str) -> Policy:
    known = [one.name for one in fields(Policy) if one.name != "typed_threshold"]
    read = Fields(table, where, known)
    return Policy(
        threshold=_fraction(read, "threshold", Policy.threshold),
        gpu_threshold=_fraction(read, "gpu_threshold", Policy.gpu_threshold),
        tail_threshold=_fraction(read, "tail_threshold", Policy.tail_threshold),
        track_threshold=read.number(
            "track_threshold",
            Policy.track_threshold,
            "a fraction from 0 (any worsening fails) to 1",
            least=0,
            most=1,
        ),
        peakmem_threshold=_fraction(read, "peakmem_threshold", Policy.peakmem_threshold),
        false_red=read.number("false_red", Policy.false_red, _PROBABILITY, above=0, below=0.5),
        miss=read.number("miss", Policy.miss, _PROBABILITY, above=0, below=0.5),
        budget=_budget(read),
        canary_tolerance=_fraction(read, "canary_tolerance", Policy.canary_tolerance),
        direction=read.choice("direction", Policy.direction, ("slower", "both")),
        largest_pairs=read.whole(
            "largest_pairs", Policy.largest_pairs, "a whole number from 5 to 48", least=5, most=48
        ),
        benchmarks=read.patterns("benchmarks"),
        waivers=read.text("waivers", Policy.waivers, "the path of a file"),
        overrides=tuple(
            _override(entry, f"{where}: override {number}")
            for number, entry in enumerate(read.tables("overrides"), 1)
        ),
    )


def _override(entry: object, where: str) -> Override:
    read = Fields(entry, where, [known.name for known in fields(Override)])
    override = Override(
        pattern=read.pattern("pattern"),
        threshold=_optional(read, "threshold"),
        tail_threshold=_optional(read, "tail_threshold"),
    )
    if override.threshold is None and override.tail_threshold is None:
        raise DataError(f"{where} changes nothing: give it threshold or tail_threshold")
    return override


def _fraction(read: Fields, key: str, default: float | None) -> float:
    return read.number(key, default, _FRACTION, above=0, most=1)


def _optional(read: Fields, key: str) -> float | None:
    return _fraction(read, key, None) if key in read.table else None


def _budget(read: Fields) -> float:
    value = read.table.get("budget", Policy.budget)
    if not isinstance(value, str):
        return read.number("budget", Policy.budget, _TIME, above=0)
    try:
        return parse_budget(value)
    except UsageError:
        raise read.wrong("budget", _TIME) from None
