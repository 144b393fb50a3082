"""What is timed, for any list of cases; the modules beside it say of which.

The names begin with an underscore because asv takes every other class with a ``time_`` method for a
benchmark, wherever it was defined.
"""

import functools
import os
import sys

from cnnfc.measure import api

#: Whether the measured commit's cnnfc times as `_Suite.version` says; `forget` came with that.
_IS_CURRENT = hasattr(api, "forget")
_IS_FULL = os.environ.get("CNNFC_PROFILE") == "full"


class _Suite(api.Suite):
    """How often and how long everything is measured.

    This belongs to the suite and not to ``cnnfc.measure``, which is a different one at every
    commit: a changed protocol must not look like a changed commit.  ``version`` is written out
    because asv's default, a hash of the source text, would end every series at the next edit of a
    comment; a class whose values change their meaning gets the next number.  Version 1 timed a
    microsecond of look-ups with every call, and glibc's page faults in some processes.

    What keeps those out of the values is part of ``cnnfc.measure`` all the same: it must be there
    before torch is, and in asv's own loop.  A commit whose ``cnnfc.measure`` does not have it yet
    would file values of version 1 under version 2, so everything here is skipped there.
    """

    version = "2"
    #: Processes a parameter: the layout of memory and the placement of threads differ between
    #: processes more than calls differ within one.
    rounds = 3
    # What longer ones buy stands in the table of `cnnfc study steadiness`.
    warmup_time = 0.03
    sample_time = 0.01
    #: GPUs raise their clocks only once there is work.
    accelerator_warmup_time = 0.2
    repeat = (3, 5, 2.0)
    timeout = 120


def _since(name, case, device, **options):
    """The answer of the function `name` of the api; skipped at commits that are too old for it."""
    function = getattr(api, name, None)
    if _IS_CURRENT and function is not None:
        return function(case, device, **options)
    # Not at the top: it loads numpy, which the api must do first to keep threads from it.
    from asv_runner.benchmarks.mark import SkipNotImplemented  # noqa: PLC0415

    reason = f"this commit's cnnfc.measure.api has no {name}"
    if not _IS_CURRENT:
        reason = (
            f"this commit's cnnfc.measure is older than version {_Suite.version} of the suite: "
            "its look-ups and page faults would be in the values"
        )
    print(f"cnnfc: skipped {case} on {device}: {reason}", file=sys.stderr)  # noqa: T201 - asv shows it
    raise SkipNotImplemented(reason)


# Chosen here and not in every call, which would be timed.
_forward = api.forward if _IS_CURRENT else functools.partial(_since, "forward")
_train_step = api.train_step if _IS_CURRENT else functools.partial(_since, "train_step")


class _Forward(_Suite):
    """A warmed forward call."""

    def time_layer(self, case, device):
        _forward(case, device)()

    time_layer.statement = _forward


class _ForwardFull(_Suite):
    """The same for cases that only the full profile measures."""

    # One process is enough to find that another profile is asked for.
    rounds = _Suite.rounds if _IS_FULL else 1

    def time_layer(self, case, device):
        _forward(case, device, profile="full")()

    time_layer.statement = functools.partial(_forward, profile="full")


class _ForwardCold(_Suite):
    """A forward call whose weights and input are in no cache."""

    #: Every value needs an eviction, so single calls are timed: take more of them.
    repeat = (5, 15, 2.0)

    def setup(self, case, device):
        """Runs before every timed call, because asv times a benchmark with a setup one by one."""
        _since("evict", case, device)

    def time_layer(self, case, device):
        _forward(case, device)()

    time_layer.statement = _forward


class _ForwardFirst(_Suite):
    """The first forward call of a process, as a single stopwatch reading shows it."""

    def track_latency(self, case, device):
        return _since("first_call", case, device)

    track_latency.unit = "seconds"
    # One value a process, and an interval of a median takes six.
    track_latency.rounds = 6


class _TrainStep(_Suite):
    """Forward, backward to weights and input, and SGD update."""

    def time_layer(self, case, device):
        _train_step(case, device)()

    time_layer.statement = _train_step


#: Processes a parameter of what accelerators alone are timed with: each takes its values in two
#: blocks (see `cnnfc.measure.timings`).
_ACCELERATED_ROUNDS = 2


class _ForwardDevice(_Suite):
    """What the device itself needs for a call whose weights and input are in no cache."""

    def track_duration(self, case, device):
        return _since("device_time", case, device)

    track_duration.unit = "seconds"
    track_duration.rounds = _ACCELERATED_ROUNDS


class _ForwardThroughput(_Suite):
    """What a call costs when the next one is always queued."""

    def track_duration(self, case, device):
        return _since("throughput", case, device)

    track_duration.unit = "seconds"
    track_duration.rounds = _ACCELERATED_ROUNDS


class _ForwardHost(_Suite):
    """What passes on the host from before a single call until its result is there."""

    def track_latency(self, case, device):
        return _since("host_latency", case, device)

    track_latency.unit = "seconds"
    track_latency.rounds = _ACCELERATED_ROUNDS


class _ForwardMemory(_Suite):
    """Peak memory of a forward call: of the whole process, and of an accelerator's allocator."""

    def peakmem_layer(self, case, device):
        _forward(case, device)()

    def track_device_memory(self, case, device):
        return _since("peak_device_memory", case, device)

    track_device_memory.unit = "bytes"


class _Canary(_Suite):
    """A reference kernel that does not depend on the code under test.

    One round more than the layers have: asv runs round by round over all benchmarks, so the first
    reading comes at the very start and the others are spread over the run.
    """

    version = "1"
