"""Reference kernels that show whether the machine moved; also the ceilings of the roofline."""

from cnnfc.measure import api

from . import CANARY_DEVICES, cases, passes


class CanaryGemm(passes._Canary):
    """Peak arithmetic: FLOP/s of a large matrix product for each dtype."""

    params = [cases("canaries_gemm"), CANARY_DEVICES]

    def track_flops(self, case, device):
        return api.canary_flops(case, device)

    track_flops.unit = "flop/s"
    track_flops.rounds = passes._Canary.rounds + 1
    track_flops.higher_is_better = True


class CanaryCopy(passes._Canary):
    """Memory bandwidth: bytes a second of a copy larger than the caches."""

    params = [cases("canaries_copy"), CANARY_DEVICES]

    def track_bandwidth(self, case, device):
        return api.canary_bandwidth(case, device)

    track_bandwidth.unit = "byte/s"
    track_bandwidth.rounds = passes._Canary.rounds + 1
    track_bandwidth.higher_is_better = True


class CanaryLoop(passes._Canary):
    """The interpreter: seconds of an empty loop."""

    params = [cases("canaries_loop"), ["cpu-1"]]

    def track_duration(self, case, device):
        return api.canary_duration(case, device)

    track_duration.unit = "seconds"
    track_duration.rounds = passes._Canary.rounds + 1
