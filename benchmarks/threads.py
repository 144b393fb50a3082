"""How far more CPU threads make a layer faster."""

from . import SCALING_DEVICES, cases, passes


class Forward(passes._Forward):
    """Every thread count, measured next to each other."""

    params = [cases("threads"), SCALING_DEVICES]
