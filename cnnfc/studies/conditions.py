"""The circumstances under which the steadiness study repeats its runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from cnnfc.studies.resident import NICE


@dataclass(frozen=True)
class Condition:
    """One way to set the measuring processes up.

    Attributes:
        name: Names it in the study's file.
        title: What it is, for people.
        environment: Variables that are set for it.
        protocol: Settings that the suite's own make way for (s).
    """

    name: str
    title: str
    environment: Mapping[str, str] = field(default_factory=dict)
    protocol: Mapping[str, float] = field(default_factory=dict)


#: Every measure of the suite in force, then each taken away or one added.
CONDITIONS: Final = {
    condition.name: condition
    for condition in (
        Condition("suite", "as the suite measures"),
        # libgomp's own default, written out: the suite sets a shorter one if there is none.
        Condition("spin", "libgomp's own spinning", {"GOMP_SPINCOUNT": "300000"}),
        # A variable that changes nothing; any that begins so keeps the suite's hands off malloc.
        Condition("malloc", "glibc's own memory policy", {"MALLOC_PERTURB_": "0"}),
        Condition(
            "pinned",
            "threads pinned to CPUs",
            {"OMP_PROC_BIND": "close", "OMP_PLACES": "threads"},
        ),
        Condition(
            "longer",
            "warm-up 100 ms, values of 20 ms",
            protocol={"warmup_time": 0.1, "sample_time": 0.02},
        ),
        Condition("nice", "priority raised (nice -10)", {NICE: "-10"}),
    )
}
