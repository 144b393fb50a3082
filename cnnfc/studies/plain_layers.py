"""Builds a case as a user of torch would write it down, owing nothing to `cnnfc.measure`."""

from __future__ import annotations

from typing import Any

from cnnfc.cases import Case, Convolution, Dense
from cnnfc.errors import CannotMeasure

Description = tuple[str, dict[str, Any], tuple[int, ...]]


def describe(case: Case) -> Description:
    """The class of ``torch.nn`` for `case`, its arguments, and the shape of a batch.

    Raises:
        CannotMeasure: `case` is no layer, or not in float32.
    """
    if isinstance(case, Dense):
        kind = "Linear"
        options: dict[str, Any] = {
            "in_features": case.in_features,
            "out_features": case.out_features,
            "bias": case.bias,
        }
    elif isinstance(case, Convolution):
        kind = case.kind.replace("convtranspose", "ConvTranspose").replace("conv", "Conv")
        names = ("in_channels", "out_channels", "stride", "padding", "dilation", "groups", "bias")
        options = {name: getattr(case, name) for name in names}
        options["kernel_size"] = case.kernel
        if case.transposed:
            options["output_padding"] = case.output_padding
    else:
        raise CannotMeasure(f"{case} is not a layer")
    if case.dtype != "fp32":
        raise CannotMeasure("the reference layers are float32")
    return kind, options, tuple(case.input_shape)


def plain_layer(case: Case) -> Any:  # noqa: ANN401 - torch is not imported here
    """The torch module that `case` describes."""
    import torch  # noqa: PLC0415

    kind, options, _ = describe(case)
    return _laid_out(getattr(torch.nn, kind)(**options), case)


def plain_batch(case: Case) -> Any:  # noqa: ANN401 - torch is not imported here
    """A batch of normal values for `plain_layer`."""
    import torch  # noqa: PLC0415

    _, _, shape = describe(case)
    return _laid_out(torch.randn(shape), case)


def _laid_out(thing: Any, case: Case) -> Any:  # noqa: ANN401 - a module or a tensor
    import torch  # noqa: PLC0415

    formats = {"nhwc": torch.channels_last, "ndhwc": torch.channels_last_3d}
    layout = formats.get(getattr(case, "layout", "contiguous"))
    return thing if layout is None else thing.to(memory_format=layout)
