"""Runs every rule of the doctor over what is known of a machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from cnnfc.machine.doctor import (
    checks_cpu,
    checks_gpu,
    checks_resources,
    checks_sharing,
    checks_threads,
)
from cnnfc.machine.doctor.answers import Measured
from cnnfc.machine.doctor.evidence import Evidence
from cnnfc.machine.doctor.findings import Examination, Finding

#: In the order in which equally bad findings are shown: what a user can mend first.
RULES: Final[tuple[Callable[[Evidence], Iterator[Finding]], ...]] = (
    checks_resources.battery,
    checks_sharing.quota,
    checks_sharing.load,
    checks_sharing.steal,
    checks_sharing.jitter,
    checks_threads.spinning_threads,
    checks_cpu.governor,
    checks_cpu.turbo,
    checks_cpu.loop,
    checks_cpu.cores,
    checks_cpu.smt,
    checks_cpu.affinity,
    checks_cpu.clock_source,
    checks_resources.temperature,
    checks_resources.memory,
    checks_resources.swap,
    checks_gpu.gpus,
    checks_sharing.virtual_machine,
)


def examine(
    identity: Mapping[str, Any],
    state: Mapping[str, Any],
    software: Mapping[str, Any],
    measured: Measured | None = None,
) -> Examination:
    """What makes timings unsteady, by what a hardware record says and by what was measured.

    Args:
        identity: As `HardwareRecord.identity`.
        state: As `HardwareRecord.state_before`.
        software: As `HardwareRecord.software`.
        measured: Answers of the probes; without them only what is written somewhere is judged.

    Returns:
        Findings of every topic that applies here, worst first.  Computes only; never raises for
        missing or foreign values.
    """
    evidence = Evidence(identity, state, software, measured or Measured())
    return Examination.of(finding for rule in RULES for finding in rule(evidence))
