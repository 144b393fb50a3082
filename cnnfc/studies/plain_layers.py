"""Builds a case as a user of torch would write it down, owing nothing to `cnnfc.measure`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cnnfc.cases import Case, Convolution, Dense
from cnnfc.errors import CannotMeasure


def plain_layer(case: Case) -> Any:  # noqa: ANN401 - torch is not imported here
    """The torch module that `case` describes, as a user would write it down."""
    import torch  # noqa: PLC0415

    if isinstance(case, Dense):
        layer: Any = torch.nn.Linear(case.in_features, case.out_features, bias=case.bias)
    elif isinstance(case, Convolution):
        options: dict[str, Any] = {"output_padding": case.output_padding} if case.transposed else {}
        classes: dict[str, Callable[..., Any]] = {
            "conv1d": torch.nn.Conv1d,
            "conv2d": torch.nn.Conv2d,
            "conv3d": torch.nn.Conv3d,
            "convtranspose1d": torch.nn.ConvTranspose1d,
            "convtranspose2d": torch.nn.ConvTranspose2d,
            "convtranspose3d": torch.nn.ConvTranspose3d,
        }
        layer = classes[case.kind](
            case.in_channels,
            case.out_channels,
            case.kernel,
            stride=case.stride,
            padding=case.padding,
            dilation=case.dilation,
            groups=case.groups,
            bias=case.bias,
            **options,
        )
        if case.layout != "contiguous":
            layer = layer.to(memory_format=_memory_format(case))
    else:
        raise CannotMeasure(f"{case} is not a layer")
    if getattr(case, "dtype", "fp32") != "fp32":
        raise CannotMeasure("the reference layers are float32")
    return layer


def plain_batch(case: Case) -> Any:  # noqa: ANN401 - torch is not imported here
    """A batch of normal values for `plain_layer`."""
    import torch  # noqa: PLC0415

    if not isinstance(case, (Convolution, Dense)):
        raise CannotMeasure(f"{case} is not a layer")
    batch = torch.randn(case.input_shape)
    if isinstance(case, Convolution) and case.layout != "contiguous":
        batch = batch.to(memory_format=_memory_format(case))
    return batch


def _memory_format(case: Convolution) -> Any:  # noqa: ANN401 - torch is not imported here
    import torch  # noqa: PLC0415

    return {"nhwc": torch.channels_last, "ndhwc": torch.channels_last_3d}[case.layout]
