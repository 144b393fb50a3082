"""What all pairs of a gate share: its sides, how long each leg is, and how often."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cnnfc.gate.cases import GatedCase, Injection
from cnnfc.gate.measuring.gpu_clocks import GpuClocks
from cnnfc.gate.sides import Sides


@dataclass(frozen=True)
class Protocol:
    """How long and how often.

    Attributes:
        leg_seconds: Length of a leg.
        leg_values: Values that a leg has at least: it gets longer for slow calls, so that its mean
            has some of the calls in it that are slow now and then.
        longest_leg: The length up to which it does (s).
        blocks: Blocks of each case in a pair, spread over it: every case has had one before any has
            its second.  What disturbs a machine for a while then hits one of them at most.
        warm_calls: Calls at the start of a leg that are not timed; fewer where they are slow.
        canary_seconds: Length of a leg of a reference kernel.
    """

    leg_seconds: float = 0.0125
    leg_values: int = 10
    longest_leg: float = 0.1
    blocks: int = 4
    warm_calls: int = 3
    canary_seconds: float = 0.02

    def leg_for(self, case: GatedCase) -> float:
        """Length of a leg of `case` (s)."""
        wanted = self.leg_values * case.number * case.seconds
        return max(self.leg_seconds, min(self.longest_leg, wanted))


@dataclass(frozen=True)
class Setting:
    """What all pairs of a gate share.

    Attributes:
        sides: What is compared.
        folder: Scratch folder; workers run in folders of it.
        caches: Results of ``setup_cache`` by role and key.
        protocol: How long and how often.
        injections: Slowdowns of the contender by id of the case, for tests of the gate itself.
        gpus: Reads the clocks of GPUs that cases run on.
    """

    sides: Sides
    folder: Path
    caches: Mapping[str, Mapping[str, Path]] = field(default_factory=dict)
    protocol: Protocol = field(default_factory=Protocol)
    injections: Mapping[str, Injection] = field(default_factory=dict)
    gpus: GpuClocks = field(default_factory=GpuClocks)
