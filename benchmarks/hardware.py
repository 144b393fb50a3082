"""Reference kernels that show whether the machine moved; also the ceilings of the roofline.

Their rounds are one more than those of the layers: asv runs round by round over all benchmarks,
so the first reading comes at the very start and the others are spread over the run.
"""

from cnnfc.measure import api

from . import CANARY_DEVICES, cases

_ROUNDS = api.Suite.rounds + 1


class CanaryGemm(api.Suite):
    """Peak arithmetic: FLOP/s of a large matrix product for each dtype."""

    params = [cases("canaries_gemm"), CANARY_DEVICES]

    def track_flops(self, case, device):
        return api.canary_flops(case, device)

    track_flops.unit = "flop/s"
    track_flops.rounds = _ROUNDS
    track_flops.higher_is_better = True


class CanaryCopy(api.Suite):
    """Memory bandwidth: bytes a second of a copy larger than the caches."""

    params = [cases("canaries_copy"), CANARY_DEVICES]

    def track_bandwidth(self, case, device):
        return api.canary_bandwidth(case, device)

    track_bandwidth.unit = "byte/s"
    track_bandwidth.rounds = _ROUNDS
    track_bandwidth.higher_is_better = True


class CanaryLoop(api.Suite):
    """The interpreter: seconds of an empty loop."""

    params = [cases("canaries_loop"), ["cpu-1"]]

    def track_duration(self, case, device):
        return api.canary_duration(case, device)

    track_duration.unit = "seconds"
    track_duration.rounds = _ROUNDS
