"""What the probes of the doctor answer: frozen figures in base units."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Skipped:
    """A probe that could not run; `reason` is a sentence without a full stop."""

    reason: str


@dataclass(frozen=True)
class Jitter:
    """Time that a spinning program did not get.

    Attributes:
        seconds: How long it spun.
        lost_seconds: Sum of all pauses longer than `probes.GAP_SECONDS`.
        longest_seconds: The longest of them; 0 without any.
        gaps: How many there were.
        reading_seconds: What one reading of the clock costs, pauses left out.
    """

    seconds: float
    lost_seconds: float
    longest_seconds: float
    gaps: int
    reading_seconds: float

    @property
    def share(self) -> float:
        """Share of the time that was lost, 0 to 1."""
        return self.lost_seconds / self.seconds if self.seconds > 0 else 0.0


@dataclass(frozen=True)
class Repeatability:
    """How alike repetitions of one piece of work take.

    Attributes:
        repetitions: How many were timed.
        least_seconds: The shortest.
        fast_seconds: Their 10th percentile: what the work takes while nothing is in its way.  The
            shortest alone may be a moment of a higher clock.
        median_seconds: Their median.
        mean_seconds: Their mean, which all slow ones are in.
        most_seconds: The longest.
        start_share: By how much the first tenth was slower than the second half (medians); above 0
            the processor got faster while it worked, below 0 slower.
    """

    repetitions: int
    least_seconds: float
    fast_seconds: float
    median_seconds: float
    mean_seconds: float
    most_seconds: float
    start_share: float

    @property
    def spread(self) -> float:
        """By how much the mean is above the fast ones, as a share of them."""
        return self.mean_seconds / self.fast_seconds - 1


@dataclass(frozen=True)
class Sharing:
    """What others did on this machine between two readings of its counters.

    Every field but the first two is None where the platform does not count it.

    Attributes:
        seconds: Between the readings.
        cpus: CPUs that the counters cover.
        others_cpus: CPUs' worth of time that other processes used.
        steal_seconds: CPU time of all CPUs that the hypervisor gave to other machines.
        busy_seconds: CPU time of all CPUs in which a process or the kernel ran.
        throttled_periods: How often the control group's quota stopped this process.
        throttled_seconds: For how long in total, summed over the CPUs that stood still.
        switches: Context switches of the whole machine.
        preemptions: How often this process was taken off its CPU before it waited for anything.
        paged_bytes: Bytes swapped in and out; Linux alone.
    """

    seconds: float
    cpus: int
    others_cpus: float | None = None
    steal_seconds: float | None = None
    busy_seconds: float | None = None
    throttled_periods: int | None = None
    throttled_seconds: float | None = None
    switches: int | None = None
    preemptions: int | None = None
    paged_bytes: int | None = None


@dataclass(frozen=True)
class Cores:
    """The shortest time of the same work on single CPUs.

    Attributes:
        least_seconds: By CPU.
        usable: How many CPUs there were to choose from.
    """

    least_seconds: dict[int, float]
    usable: int

    @property
    def spread(self) -> float:
        """By how much the slowest CPU is behind the fastest, as a share of the fastest."""
        fastest = min(self.least_seconds.values(), default=0.0)
        return max(self.least_seconds.values()) / fastest - 1 if fastest > 0 else 0.0


@dataclass(frozen=True)
class Measured:
    """The answers of all probes; None where a probe was not asked.

    `spinning` are the seconds of a small layer with the waiting threads as they would be without
    cnnfc (``"theirs"``) and as cnnfc sets them (``"ours"``), each with its ``median`` and its
    ``slow`` (90th percentile) call.
    """

    jitter: Jitter | Skipped | None = None
    loop: Repeatability | Skipped | None = None
    sharing: Sharing | Skipped | None = None
    cores: Cores | Skipped | None = None
    spinning: dict[str, dict[str, float]] | Skipped | None = None
