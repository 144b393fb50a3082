"""Judges the settings of the processors: clocks, SMT, affinity, the clock that is read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cnnfc.machine.doctor.answers import Cores, Jitter, Repeatability, Skipped
from cnnfc.machine.doctor.evidence import Evidence, number, percent, seconds
from cnnfc.machine.doctor.findings import Finding, Severity, grade

#: Drivers in whose active mode "powersave" leaves the clock to the processor, guided by the energy
#: preference, instead of holding it low (kernel admin-guide/pm/intel_pstate.rst, amd-pstate.rst).
_SELF_GUIDED: Final = ("intel_pstate", "amd-pstate-epp", "amd_pstate_epp")

#: Clock sources that a program reads without entering the kernel or leaving the virtual machine
#: (those with an entry in the kernel's vDSO: vdso_clock_mode in arch/*/include/asm).
_FAST_CLOCKS: Final = ("tsc", "kvm-clock", "hyperv_clocksource_tsc_page", "arch_sys_counter")

#: From which cost of one reading on a clock is slow: the vDSO takes 20 to 100 ns in CPython, a
#: system call with an HPET or ACPI timer 500 ns to 5 us.
_SLOW_READING_SECONDS: Final = 400e-9


def governor(evidence: Evidence) -> Iterator[Finding]:
    """Whether the kernel holds the clock up: governors that follow the load take time to climb.

    ``ondemand``, ``schedutil`` and ``conservative`` sample the load over milliseconds, so short
    measurements start on a low clock (kernel admin-guide/pm/cpufreq.rst).
    """
    what, title = "governor", "CPU frequency governor"
    name = evidence.cpu.get("governor")
    if not isinstance(name, str):
        yield Finding(what, title, Severity.UNKNOWN, evidence.hidden())
        return
    driver = str(evidence.cpu.get("frequency_driver", ""))
    preference = str(evidence.cpu.get("energy_preference", ""))
    said = f"The governor is {name}" + (f" ({preference})" if preference else "") + "."
    guided = name == "powersave" and driver.startswith(_SELF_GUIDED)
    if name == "performance" or (guided and preference == "performance"):
        yield Finding(what, title, Severity.FINE, said)
        return
    if guided and preference in ("", "default", "balance_performance"):
        severity = Severity.MINOR
        effect = "The processor raises its clock only after some milliseconds of load."
    elif name == "powersave" and not guided:
        severity = Severity.MODERATE
        effect = "The clock stays at its lowest step: steady, but not the speed of this machine."
    else:
        severity = Severity.MODERATE
        effect = "The clock follows the load, so the first milliseconds of a measurement are slow."
    yield Finding(
        what,
        title,
        severity,
        said,
        effect + _ramp(evidence),
        evidence.outside("sudo cpupower frequency-set --governor performance"),
    )


def _ramp(evidence: Evidence) -> str:
    loop = evidence.measured.loop
    if not isinstance(loop, Repeatability):
        return ""
    return f" Measured here: {_start(loop)}."


def _start(loop: Repeatability) -> str:
    way = "slower" if loop.start_share >= 0 else "faster"
    return f"the first tenth was {percent(abs(loop.start_share))} {way} than the rest"


def turbo(evidence: Evidence) -> Iterator[Finding]:
    """Whether clocks above the base frequency are allowed: they depend on heat and busy cores.

    pyperf ("Tune the system for benchmarks") and the user guide of Google Benchmark ("Reducing
    variance") both switch it off.  All-core turbo of server processors is typically 5 to 20% below
    that of one core, hence moderate.
    """
    what, title = "turbo", "CPU turbo"
    allowed = evidence.cpu.get("turbo")
    if not isinstance(allowed, bool):
        yield Finding(what, title, Severity.UNKNOWN, evidence.hidden())
    elif not allowed:
        yield Finding(what, title, Severity.FINE, "Turbo is off.")
    else:
        # In its passive mode the same driver is named intel_cpufreq (admin-guide/pm).
        driver = str(evidence.cpu.get("frequency_driver", ""))
        intel = driver.startswith(("intel_pstate", "intel_cpufreq"))
        switch = (
            "echo 1 | sudo tee /sys/devices/system/cpu/intel_pstate/no_turbo"
            if intel
            else "echo 0 | sudo tee /sys/devices/system/cpu/cpufreq/boost"
        )
        yield Finding(
            what,
            title,
            Severity.MODERATE,
            "Turbo is on.",
            "The clock depends on heat and on how many cores are busy, so neighbours and "
            "temperature move timings." + _ramp(evidence),
            f"{evidence.outside(switch)} (numbers get slower, and steadier)",
        )


def smt(evidence: Evidence) -> Iterator[Finding]:
    """Whether two CPUs share a core: work on one takes execution units and cache from the other.

    cnnfc starts at most one thread a core, but does not choose where others run.
    """
    what, title = "smt", "simultaneous multithreading"
    active = evidence.cpu.get("smt_active")
    if not isinstance(active, bool):
        active = evidence.identity.get("smt")
    if not isinstance(active, bool):
        yield Finding(what, title, Severity.UNKNOWN, evidence.hidden())
    elif active:
        yield Finding(
            what,
            title,
            Severity.MINOR,
            "Each core runs two threads or more.",
            "A process on the sibling of a measured core slows it by up to a half; on a machine "
            "without other work it costs nothing.",
            evidence.outside("echo off | sudo tee /sys/devices/system/cpu/smt/control")
            + ", or keep the machine to itself",
        )
    elif evidence.virtual:
        yield Finding(
            what,
            title,
            Severity.UNKNOWN,
            "A virtual machine cannot see whether its CPUs are cores or threads of the host.",
        )
    else:
        yield Finding(what, title, Severity.FINE, "Each core runs one thread.")


def affinity(evidence: Evidence) -> Iterator[Finding]:
    """Whether this process is bound to CPUs, and whether those share cores."""
    what, title = "affinity", "CPU affinity"
    allowed, cores = number(evidence.cpu, "affinity_cpus"), number(evidence.cpu, "affinity_cores")
    threads = number(evidence.identity, "threads")
    if allowed is None:
        why = evidence.hidden()
        yield Finding(what, title, Severity.UNKNOWN, why)
        return
    said = f"This process may run on CPUs {evidence.cpu.get('affinity', '?')}"
    said += f" of {threads:.0f}." if threads else "."
    bound = threads is not None and allowed < threads
    if bound and cores is not None and cores < allowed:
        yield Finding(
            what,
            title,
            Severity.MINOR,
            said,
            f"These are {cores:.0f} cores: cnnfc starts no more threads than that, but two of "
            f"them may meet on one core.",
            "choose one CPU a core: taskset --cpu-list LIST cnnfc run "
            "(lscpu --extended shows which CPUs share a core)",
        )
    else:
        yield Finding(what, title, Severity.FINE, said)


def clock_source(evidence: Evidence) -> Iterator[Finding]:
    """Whether the clock that times everything is cheap to read."""
    what, title = "clock-source", "clock source"
    source = evidence.cpu.get("clock_source")
    jitter = evidence.measured.jitter
    cost = jitter.reading_seconds if isinstance(jitter, Jitter) else None
    figures = {} if cost is None else {"reading_seconds": cost}
    said = f"Time is read from {source}" if isinstance(source, str) else "The source is not shown"
    said += "." if cost is None else f"; one reading took {seconds(cost)}."
    slow_name = isinstance(source, str) and source not in _FAST_CLOCKS
    if cost is None and source is None:
        yield Finding(what, title, Severity.UNKNOWN, evidence.hidden())
    elif (cost or 0) >= _SLOW_READING_SECONDS or (cost is None and slow_name):
        yield Finding(
            what,
            title,
            Severity.MODERATE,
            said,
            "Each reading enters the kernel or the hypervisor, which costs about a microsecond "
            "and varies: timings of few microseconds suffer.",
            "see /sys/devices/system/clocksource/clocksource0/available_clocksource; where tsc "
            "is listed, start the kernel with clocksource=tsc",
            figures,
        )
    else:
        yield Finding(what, title, Severity.FINE, said, figures=figures)


def cores(evidence: Evidence) -> Iterator[Finding]:
    """Whether the same work takes equally long on every CPU; only known when measured.

    Minor from 2%: shortest times of a fraction of a second agree to about 1% on equal cores.
    """
    what, title = "cores", "equal cores"
    found = evidence.measured.cores
    if isinstance(found, Skipped):
        yield Finding(what, title, Severity.UNKNOWN, f"Not measured: {found.reason}.")
    elif isinstance(found, Cores):
        order = sorted(found.least_seconds, key=lambda cpu: found.least_seconds[cpu])
        severity = grade(found.spread, minor=0.02)
        said = (
            f"The slowest of {len(order)} CPUs tried ({order[-1]}) took {percent(found.spread)} "
            f"longer than the fastest ({order[0]}) for the same work."
        )
        figures = {"spread_share": found.spread, "cpus": len(order)}
        if severity is Severity.FINE:
            yield Finding(what, title, severity, said, figures=figures)
            return
        yield Finding(
            what,
            title,
            severity,
            said,
            "A number depends on which CPU the work happens to run on.",
            "bind the run to like cores: taskset --cpu-list LIST cnnfc run "
            "(lscpu --extended shows the highest clock of each)",
            figures,
        )


def loop(evidence: Evidence) -> Iterator[Finding]:
    """How well a loop of the interpreter repeats; only known when measured."""
    what, title = "repeatability", "repeatability of a plain loop"
    found = evidence.measured.loop
    if isinstance(found, Skipped):
        yield Finding(what, title, Severity.UNKNOWN, f"Not measured: {found.reason}.")
    elif isinstance(found, Repeatability):
        share = max(found.spread, abs(found.start_share))
        severity = grade(share)
        middle = found.median_seconds / found.fast_seconds - 1
        said = (
            f"{found.repetitions:,} repetitions: on average {percent(found.spread)} above the "
            f"fastest tenth (median {percent(middle)}), the longest "
            f"{found.most_seconds / found.fast_seconds:.1f} times; {_start(found)}."
        )
        figures = {
            "spread_share": found.spread,
            "least_seconds": found.least_seconds,
            "fast_seconds": found.fast_seconds,
            "median_seconds": found.median_seconds,
            "mean_seconds": found.mean_seconds,
            "most_seconds": found.most_seconds,
            "start_share": found.start_share,
        }
        if severity is Severity.FINE:
            yield Finding(what, title, severity, said, figures=figures)
            return
        drifts = abs(found.start_share) > found.spread
        yield Finding(
            what,
            title,
            severity,
            said,
            f"The processor {'raised' if found.start_share > 0 else 'lowered'} its clock while it "
            f"worked, or other work {'ended' if found.start_share > 0 else 'began'}."
            if drifts
            else "Work that never changes varies by this much here.",
            "end other work (see load), then hold the clock (see governor and turbo)",
            figures,
        )
