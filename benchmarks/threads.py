"""How far more CPU threads make a layer faster."""

from cnnfc.measure import api

from . import SCALING_DEVICES, cases


class Forward(api.Suite):
    """A warmed forward call on every thread count, measured next to each other."""

    params = [cases("threads"), SCALING_DEVICES]

    def time_layer(self, case, device):
        api.forward(case, device)()
