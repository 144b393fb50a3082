"""What is timed, for any list of cases; the modules beside it say of which.

The names begin with an underscore because asv takes every other class with a ``time_`` method for a
benchmark, wherever it was defined.
"""

import os

from cnnfc.measure import api

_IS_FULL = os.environ.get("CNNFC_PROFILE") == "full"


class _Suite(api.Suite):
    """How often and how long everything is measured.

    This belongs to the suite and not to ``cnnfc.measure``, which is a different one at every
    commit: a changed protocol must not look like a changed commit.  ``version`` is written out
    because asv's default, a hash of the source text, would end every series at the next edit of a
    comment; a class whose values change their meaning gets the next number.
    """

    version = "1"
    #: Processes a parameter: the layout of memory and the placement of threads differ between
    #: processes more than calls differ within one.
    rounds = 3
    warmup_time = 0.08
    sample_time = 0.015
    repeat = (3, 5, 2.0)
    timeout = 120


class _Forward(_Suite):
    """A warmed forward call."""

    def time_layer(self, case, device):
        api.forward(case, device)()


class _ForwardFull(_Suite):
    """The same for cases that only the full profile measures."""

    # One process is enough to find that another profile is asked for.
    rounds = _Suite.rounds if _IS_FULL else 1

    def time_layer(self, case, device):
        api.forward(case, device, "full")()


class _ForwardCold(_Suite):
    """A forward call whose weights and input are in no cache."""

    #: Every value needs an eviction, so single calls are timed: take more of them.
    repeat = (5, 15, 2.0)

    def setup(self, case, device):
        """Runs before every timed call, because asv times a benchmark with a setup one by one."""
        api.evict(case, device)

    def time_layer(self, case, device):
        api.forward(case, device)()


class _ForwardFirst(_Suite):
    """The first forward call of a process, as a single stopwatch reading shows it."""

    def track_latency(self, case, device):
        return api.first_call(case, device)

    track_latency.unit = "seconds"
    # One value a process, and an interval of a median takes six.
    track_latency.rounds = 6


class _TrainStep(_Suite):
    """Forward, backward to weights and input, and SGD update."""

    def time_layer(self, case, device):
        api.train_step(case, device)()


class _ForwardMemory(_Suite):
    """Peak memory of a forward call: of the whole process, and of an accelerator's allocator."""

    def peakmem_layer(self, case, device):
        api.forward(case, device)()

    def track_device_memory(self, case, device):
        return api.peak_device_memory(case, device)

    track_device_memory.unit = "bytes"


class _Canary(_Suite):
    """A reference kernel that does not depend on the code under test.

    One round more than the layers have: asv runs round by round over all benchmarks, so the first
    reading comes at the very start and the others are spread over the run.
    """
