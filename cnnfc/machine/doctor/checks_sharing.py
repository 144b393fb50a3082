"""Judges who else uses the processors: load, stolen time, quota, other virtual machines."""

from __future__ import annotations

from collections.abc import Iterator

from cnnfc.machine.doctor.answers import Jitter, Sharing, Skipped
from cnnfc.machine.doctor.evidence import Evidence, number, percent, seconds
from cnnfc.machine.doctor.findings import Finding, Severity, grade
from cnnfc.units import format_duration


def jitter(evidence: Evidence) -> Iterator[Finding]:
    """Time that a spinning program lost; only known when measured.

    Also minor from a pause of 1 ms on: the timer's interrupt and its softirqs take microseconds, a
    millisecond is another task or another virtual machine.
    """
    what, title = "jitter", "time taken from a running program"
    found = evidence.measured.jitter
    if isinstance(found, Skipped):
        yield Finding(what, title, Severity.UNKNOWN, f"Not measured: {found.reason}.")
    elif isinstance(found, Jitter):
        severity = grade(found.share)
        if severity is Severity.FINE and found.longest_seconds >= 1e-3:
            severity = Severity.MINOR
        said = (
            f"{percent(found.share)} of {found.seconds:.1f} s lost in {found.gaps:,} pauses over "
            f"10 µs; the longest {seconds(found.longest_seconds)}."
        )
        figures = {
            "lost_share": found.share,
            "longest_seconds": found.longest_seconds,
            "gaps": found.gaps,
            "seconds": found.seconds,
        }
        if severity is Severity.FINE:
            yield Finding(what, title, severity, said, figures=figures)
            return
        yield Finding(
            what,
            title,
            severity,
            said,
            "A measurement that a pause falls into is longer by it: short ones become outliers, "
            "long ones slower by that share.",
            "end other work; in a virtual machine take dedicated CPUs"
            if evidence.virtual
            else "end other work; keep interrupts and other tasks off the measured CPUs "
            "(kernel parameter isolcpus, or a cpuset)",
            figures,
        )


def load(evidence: Evidence) -> Iterator[Finding]:
    """What other processes take: measured, else by the kernel's averages.

    Measured, it counts in CPUs of all: work of others heats, fills shared caches and memory
    channels, and takes a CPU as soon as every one is wanted.  10% of a machine in use by others is
    moderate, half of it severe, 2% (a desktop at rest) minor.  The load average of the last minute
    also holds what was done just before for this very run, such as building an environment: alone
    it is moderate from three tasks for four CPUs on, and never severe.  Pressure (the share of the
    last 10 s in which a task waited for a CPU, kernel accounting/psi.rst) can be.
    """
    what, title = "load", "work of other processes"
    found = evidence.measured.sharing
    pressure = number(evidence.cpu, "pressure_percent")
    averages = evidence.cpu.get("load_average")
    average = averages[0] if isinstance(averages, list) and averages else None
    cpus = number(evidence.identity, "threads") or number(evidence.cpu, "usable")
    figures: dict[str, float] = {}
    words = []
    severity = Severity.UNKNOWN
    if isinstance(found, Sharing) and found.others_cpus is not None:
        figures["others_cpus"] = found.others_cpus
        figures |= {
            name: value
            for name, value in (
                ("context_switches", found.switches),
                ("preemptions", found.preemptions),
            )
            if value is not None
        }
        words.append(f"others used {found.others_cpus:.2f} of {found.cpus} CPUs while we measured")
        severity = grade(found.others_cpus / found.cpus, 0.02, 0.10, 0.50)
    elif isinstance(average, (int, float)) and cpus:
        severity = grade(average / cpus, 0.15, 0.75, float("inf"))
    if isinstance(average, (int, float)):
        figures["load_average"] = float(average)
        own = "" if "others_cpus" in figures else ", our own preparations counted"
        words.append(f"load average {average:.2f} over the last minute{own}")
    if pressure is not None:
        figures["pressure_percent"] = pressure
        words.append(f"tasks waited for a CPU in {pressure:.0f}% of the last 10 s")
        if "others_cpus" not in figures:
            waited = grade(pressure / 100, 0.05, 0.20, 0.50)
            order = list(Severity)
            severity = min(severity, waited, key=order.index)
    if not words:
        yield Finding(what, title, Severity.UNKNOWN, evidence.hidden())
        return
    said = "; ".join(words)
    said = f"{said[0].upper()}{said[1:]}."
    if severity in (Severity.FINE, Severity.UNKNOWN):
        yield Finding(what, title, severity, said, figures=figures)
        return
    yield Finding(
        what,
        title,
        severity,
        said,
        "Other work takes CPUs, caches and memory bandwidth from what is measured; multi-threaded "
        "cases suffer first.",
        "end it or wait for it (top shows it)",
        figures,
    )


def steal(evidence: Evidence) -> Iterator[Finding]:
    """Time in which the hypervisor ran something else although this machine wanted to run.

    Its share of the CPU time that was wanted, which is what ran and what was stolen, on however
    many CPUs.  Measured if possible; else since boot, where one percent is minor and ten moderate:
    it was then, not now.  Counters that stand still, as in some sandboxes, say nothing.
    """
    what, title = "steal", "time stolen by the hypervisor"
    found = evidence.measured.sharing
    stolen, busy = number(evidence.cpu, "steal_seconds"), number(evidence.cpu, "busy_seconds")
    effect = "The virtual machine stood still in that time, whatever it was measuring."
    fix = "take an instance with dedicated CPUs, or measure when the host is quiet"
    taken = found.steal_seconds if isinstance(found, Sharing) else None
    ran = found.busy_seconds if isinstance(found, Sharing) else None
    if taken is not None and ran is not None and taken + ran > 0:
        share = taken / (taken + ran)
        said = f"{percent(share)} of the CPU time wanted while we measured was stolen."
        severity = grade(share)
        figures = {"steal_share": share}
    elif stolen is not None and busy:
        share = stolen / (busy + stolen)
        said = f"{percent(share)} of the CPU time wanted since boot was stolen."
        severity = grade(share, 0.01, 0.10, float("inf"))
        figures = {"steal_since_boot_share": share}
    elif evidence.platform in ("", "linux"):
        yield Finding(what, title, Severity.UNKNOWN, evidence.hidden())
        return
    else:
        return  # only Linux counts it
    if severity is Severity.FINE:
        effect = fix = ""
    yield Finding(what, title, severity, said, effect, fix, figures)


def quota(evidence: Evidence) -> Iterator[Finding]:
    """Whether a control group stops this process when it has used its share of CPU time.

    A quota works in periods, by default 100 ms: what is over it stands still until the next one
    (kernel scheduler/sched-bwc.rst).  Below one CPU even one thread is stopped in every period.
    Stops that were seen are graded by their share of the time, where it is known.  The kernel sums
    them over the CPUs (throttled_time in its sched/fair.c), so of several threads stopped at once
    the share is an upper bound, and all of the time at most.
    """
    what, title = "quota", "CPU quota of the control group"
    allowed = number(evidence.cpu, "quota_cpus")
    found = evidence.measured.sharing
    periods = number(evidence.cpu, "throttled_periods")
    stopped = number(evidence.cpu, "throttled_seconds") or 0.0
    now = found.throttled_periods if isinstance(found, Sharing) else None
    fix = (
        "give the container whole CPUs and no quota: docker update --cpu-quota -1 CONTAINER and "
        "--cpuset-cpus LIST; in Kubernetes requests equal to limits in whole CPUs, with the "
        "static CPU manager"
    )
    if allowed is None and not now:
        if number(evidence.cpu, "cgroup_version") is not None:
            yield Finding(what, title, Severity.FINE, "No quota is set.")
        elif evidence.platform in ("", "linux"):
            why = "No control group can be read, so a quota cannot be ruled out."
            yield Finding(what, title, Severity.UNKNOWN, why)
        return
    figures = {} if allowed is None else {"quota_cpus": allowed}
    said = "A quota" if allowed is None else f"A quota of {allowed:g} CPUs"
    if now:
        figures["throttled_periods"] = now
        said += f" stopped this group {now:,} times while we measured."
        severity = Severity.SEVERE
        if isinstance(found, Sharing) and found.throttled_seconds is not None:
            share = min(1.0, found.throttled_seconds / found.seconds)
            figures["throttled_share"] = share
            severity = grade(share, minor=0.0)
    elif allowed is not None and allowed < 1:
        said += " is set."
        severity = Severity.SEVERE
    elif periods:
        figures["throttled_periods"] = periods
        said += f" stopped this group {periods:,.0f} times so far, for {format_duration(stopped)}."
        severity = Severity.MODERATE
    else:
        said += " is set; it has stopped nothing so far."
        severity = Severity.MINOR
    effect = (
        "One busy thread is stopped for a part of every period (mostly 100 ms)."
        if allowed is not None and allowed < 1
        else "Where all processes of the group together use more, they stand still until the next "
        "period (mostly 100 ms)."
    )
    yield Finding(what, title, severity, said, effect, fix, figures)


def virtual_machine(evidence: Evidence) -> Iterator[Finding]:
    """Whether neighbours that cannot be seen share the hardware."""
    what, title = "virtual-machine", "virtual machine"
    virtual = evidence.detail.get("virtual")
    if not isinstance(virtual, bool):
        yield Finding(what, title, Severity.UNKNOWN, evidence.hidden())
    elif not virtual:
        yield Finding(what, title, Severity.FINE, "This is no virtual machine.")
    else:
        hypervisor = evidence.detail.get("hypervisor")
        yield Finding(
            what,
            title,
            Severity.MINOR,
            "This is a virtual machine" + (f" ({hypervisor})." if hypervisor else "."),
            "Neighbours on the host share its caches, memory bandwidth and clock; from inside "
            "only stolen time can be seen of them.",
            "take a dedicated host, or compare only numbers measured in the same minutes",
        )
