"""Latency and memory of convolution layers."""

from cnnfc.measure import api

from . import ACCELERATORS, DEVICES, FULL, STANDARD, cases


class Forward(api.Suite):
    """A warmed forward call."""

    params = [cases(*STANDARD, kind="conv"), DEVICES]

    def time_layer(self, case, device):
        api.forward(case, device)()


class ForwardFull(api.Suite):
    """The same for cases that only the full profile measures."""

    params = [cases(*FULL, kind="conv", without=STANDARD), DEVICES]

    def time_layer(self, case, device):
        api.forward(case, device, "full")()


class ForwardCold(api.Suite):
    """A forward call whose weights and input are in no cache."""

    params = [cases("cold", kind="conv"), DEVICES]
    #: Every value needs an eviction, so single calls are timed: take more of them.
    repeat = (5, 15, 2.0)

    def setup(self, case, device):
        """Runs before every timed call, because asv times a benchmark with a setup one by one."""
        api.evict(case, device)

    def time_layer(self, case, device):
        api.forward(case, device)()


class ForwardFirst(api.Suite):
    """The first forward call of a process, as a single stopwatch reading shows it."""

    params = [cases("first", kind="conv"), DEVICES]
    unit = "seconds"

    def track_latency(self, case, device):
        return api.first_call(case, device)

    track_latency.rounds = 5


class TrainStep(api.Suite):
    """Forward, backward to weights and input, and SGD update."""

    params = [cases("train", kind="conv"), DEVICES]

    def time_layer(self, case, device):
        api.train_step(case, device)()


class ForwardMemory(api.Suite):
    """Peak memory of a forward call: of the whole process, and of an accelerator's allocator."""

    params = [cases("question", kind="conv"), ["cpu-1", *ACCELERATORS]]

    def peakmem_layer(self, case, device):
        api.forward(case, device)()

    def track_device_memory(self, case, device):
        return api.peak_device_memory(case, device)

    track_device_memory.unit = "bytes"
