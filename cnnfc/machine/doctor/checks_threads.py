"""Judges how waiting OpenMP threads behave: whether they spin, and on whose word."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cnnfc.machine.doctor.answers import Skipped
from cnnfc.machine.doctor.evidence import Evidence, seconds
from cnnfc.machine.doctor.findings import Finding, Severity, grade
from cnnfc.machine.host import integer

#: The user's word on it, for libgomp, for LLVM's and Intel's OpenMP, and for any of them.
VARIABLES: Final[tuple[str, ...]] = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME")

#: Spins up to which a wait is short: libgomp takes about 100,000 for a millisecond (env.c of
#: libgomp), so this is a tenth of one.  Its own defaults are 300,000 (3 ms), 30 billion with
#: OMP_WAIT_POLICY=active and none with passive.
SHORT_SPINS: Final = 10_000
#: The same for KMP_BLOCKTIME, in milliseconds; the default is 200 (LLVM's OpenMP documentation).
SHORT_BLOCKTIME: Final = 1


def spinning_threads(evidence: Evidence) -> Iterator[Finding]:
    """Whether threads that wait for work keep their CPUs busy, or fall asleep at once.

    Both cost: on a busy machine spinning threads take the CPU from those with work, and a thread
    that slept has to be woken, which is longer than a small layer.  cnnfc sets a short spin itself
    (`cnnfc.measure.quiet`) unless the user has said something.
    """
    what, title = "spinning-threads", "waiting OpenMP threads"
    found = _found(evidence)
    trouble = _trouble(found)
    figures, measured = _figures(evidence, "with yours" if found else "without it")
    if not trouble:
        said = (
            f"{_listed(found)} is set: a short spin, then sleep."
            if found
            else "cnnfc itself sets a short spin (GOMP_SPINCOUNT=1000) before it loads torch."
        )
        yield Finding(what, title, Severity.FINE, f"{said}{measured}", figures=figures)
        return
    ratio = figures.get("slow_ratio")
    # Not measured, either way of waiting is known to cost small layers several percent.
    severity = Severity.MODERATE if ratio is None else grade(ratio - 1)
    if severity in (Severity.FINE, Severity.MINOR):
        severity = Severity.MINOR
        trouble += " At this moment it does not show."
    yield Finding(
        what,
        title,
        severity,
        f"{_listed(found)} is set, and cnnfc leaves it so.{measured}",
        trouble,
        f"unset {' '.join(found)} (cnnfc then sets a short spin itself)",
        figures,
    )


def _found(evidence: Evidence) -> dict[str, str]:
    values = ((name, evidence.environment.get(name)) for name in VARIABLES)
    return {name: str(value) for name, value in values if value not in (None, "")}


def _listed(found: dict[str, str]) -> str:
    return " and ".join(f"{name}={value}" for name, value in found.items())


def _trouble(found: dict[str, str]) -> str:
    """What the user's setting does; "" if it is a short spin, or there is none.

    A spin count goes before a wait policy, in libgomp as in LLVM's OpenMP.
    """
    sleeps = (
        "Waiting threads sleep at once; waking them costs small layers several times their time."
    )
    spins = "Waiting threads spin, and take CPUs from threads with work where there is other load."
    policy = found.get("OMP_WAIT_POLICY", "").lower()
    for name, short in (("GOMP_SPINCOUNT", SHORT_SPINS), ("KMP_BLOCKTIME", SHORT_BLOCKTIME)):
        value = found.get(name)
        if value is None:
            continue
        count = integer(value)
        if count == 0:
            return sleeps
        if count is None or count > short:  # "infinite", or 300k
            return spins
        policy = ""
    return {"passive": sleeps, "active": spins}.get(policy, "")


def _figures(evidence: Evidence, theirs_are: str) -> tuple[dict[str, float], str]:
    """What was measured, as figures and as a sentence."""
    probe = evidence.measured.spinning
    if probe is None:
        return {}, ""
    if isinstance(probe, Skipped):
        return {}, f" Its effect was not measured: {probe.reason}."
    ours, theirs = probe["ours"], probe["theirs"]
    ratio = theirs["slow"] / ours["slow"] if ours["slow"] > 0 else float("nan")
    figures = {
        "ours_median_seconds": ours["median"],
        "ours_slow_seconds": ours["slow"],
        "theirs_median_seconds": theirs["median"],
        "theirs_slow_seconds": theirs["slow"],
        "slow_ratio": ratio,
    }
    return figures, (
        f" A small layer on 2 threads took {seconds(ours['median'])} with cnnfc's setting (slowest "
        f"tenth from {seconds(ours['slow'])}), {seconds(theirs['median'])} {theirs_are} "
        f"({seconds(theirs['slow'])})."
    )
