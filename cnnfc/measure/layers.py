"""Builds a case as a torch module with its input, ready to be called.

Weights and inputs are normal with mean 0 and variance 1, from a seed that depends on the case name
alone: never zeros, which some kernels multiply faster and some CPUs clock higher on, and the same
values at every commit.
"""

from __future__ import annotations

import functools
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import torch

from cnnfc.cases import Case, Convolution, Dense
from cnnfc.costs import costs
from cnnfc.errors import CannotMeasure
from cnnfc.measure import switches
from cnnfc.measure.clocks import wait_for
from cnnfc.measure.devices import free_memory, torch_device, use_threads, why_absent
from cnnfc.names import Device
from cnnfc.units import format_value

#: torch's type of each dtype of the case grammar that eager layers have kernels for.
DTYPES: Final = {
    "fp32": torch.float32,
    "tf32": torch.float32,
    "bf16": torch.bfloat16,
    "fp16": torch.float16,
    "fp64": torch.float64,
}
_CONVOLUTIONS: Final[dict[str, type[torch.nn.Module]]] = {
    "conv1d": torch.nn.Conv1d,
    "conv2d": torch.nn.Conv2d,
    "conv3d": torch.nn.Conv3d,
    "convtranspose1d": torch.nn.ConvTranspose1d,
    "convtranspose2d": torch.nn.ConvTranspose2d,
    "convtranspose3d": torch.nn.ConvTranspose3d,
}
_MEMORY_FORMATS: Final = {"nhwc": torch.channels_last, "ndhwc": torch.channels_last_3d}

#: Memory a forward call may need, as a multiple of its compulsory bytes: kernels of convolutions
#: keep a reordered copy of weights and input (oneDNN, im2col), a matrix product works in place.
_CONVOLUTION_SPACE: Final = 2.0
_DENSE_SPACE: Final = 1.1
#: Training keeps the gradients of weights and input, and the update reads both.
_TRAINING_FACTOR: Final = 2.0
#: What must stay free beside it, in bytes: the interpreter, torch's pools, everybody else.
_HEADROOM: Final = 256 * 2**20

#: Distinct normal values in one tensor: a prime, so that repeats do not line up with rows.
_DISTINCT: Final = 4_194_301

#: Small enough that thousands of steps leave the weights normal and finite.
_LEARNING_RATE: Final = 1e-6


@dataclass(frozen=True)
class Workload:
    """Something to time: `call` runs once what is measured, `activate` prepares the process for it.

    A process may hold many workloads of different devices; `activate` must be called whenever
    another one is to run, because thread counts and precision flags belong to the whole process.
    """

    call: Callable[[], object]
    device: Device
    dtype: str
    training: bool = False

    def activate(self) -> None:
        """Set threads, precision, autograd mode and the clock's device for this workload.

        It is `active` from now on, until another one is or something is built.
        """
        global active  # noqa: PLW0603 - what the process is set up for is process state
        use_threads(self.device)
        switches.set_tf32(enabled=self.dtype == "tf32")
        switches.set_kernel_choice()
        _inference(enabled=not self.training)
        wait_for(torch_device(self.device))
        active = self


#: The workload that the process is set up for.
active: Workload | None = None


def disturb() -> None:
    """Say that threads or modes are being changed: whoever runs next must activate first."""
    global active  # noqa: PLW0603 - see `Workload.activate`
    active = None


def preload() -> None:
    """Make torch import now what it would import on first use: a second for an optimiser.

    asv's fork server calls this once, by importing the suite; its hundreds of children then have
    it.  Nothing is computed, so no thread starts.
    """
    layer = torch.nn.utils.skip_init(torch.nn.Linear, 1, 1)
    torch.optim.SGD(layer.parameters(), lr=_LEARNING_RATE)


def build_forward(case: Case, device: Device) -> Workload:
    """A forward call of `case` in eval mode without autograd.

    Raises `CannotMeasure` with the reason where the case cannot run on `device`.
    """
    check(case, device)
    layer, batch = _layer(case, device)
    layer.eval()
    # Not a function of Python, whose frame would be another 50 ns in every call.
    return Workload(functools.partial(layer, batch), device, dtype_of(case))


def build_train_step(case: Case, device: Device) -> Workload:
    """Forward, backward to weights and input, and an SGD update of `case`.

    The gradient that arrives from above is a fixed normal tensor, so nothing but this layer is
    timed.  Raises `CannotMeasure` as `build_forward` does.
    """
    check(case, device, _TRAINING_FACTOR)
    layer, batch = _layer(case, device)
    layer.train()
    batch.requires_grad_(True)
    optimizer = torch.optim.SGD(layer.parameters(), lr=_LEARNING_RATE)
    upstream = torch.empty_like(layer(batch), requires_grad=False)
    upstream.normal_(generator=_generator(case, upstream.device))

    def call() -> object:
        optimizer.zero_grad(set_to_none=True)
        batch.grad = None
        layer(batch).backward(upstream)
        optimizer.step()
        return None

    return Workload(call, device, dtype_of(case), training=True)


def check(case: Case, device: Device, factor: float = 1.0) -> None:
    """Raise `CannotMeasure` if `case` cannot run on `device`; nothing is allocated.

    `factor` is the memory needed as a multiple of what a forward call needs.
    """
    reason = why_absent(device) or why_no_kernels(dtype_of(case), device)
    if reason is None:
        space = _DENSE_SPACE if isinstance(case, Dense) else _CONVOLUTION_SPACE
        need = costs(case).bytes * space * factor + _HEADROOM
        free = free_memory(device)
        if need > free:
            reason = (
                f"needs about {format_value(need, 'bytes')} of memory, "
                f"{format_value(free, 'bytes')} free"
            )
    if reason is not None:
        raise CannotMeasure(reason)


def why_no_kernels(dtype: str, device: Device) -> str | None:
    """Why nothing can be computed in `dtype` on `device`; ``None`` if it can."""
    if dtype not in DTYPES:
        return f"no {dtype} kernels in torch's eager mode"
    if dtype == "tf32" and not _has_tf32(device):
        return "TF32 exists on NVIDIA GPUs from compute capability 8.0 on alone"
    if dtype == "tf32" and switches.forbids_tf32():
        return "NVIDIA_TF32_OVERRIDE=0 forbids TF32: unset it"
    if dtype == "bf16" and _is_nvidia(device) and not _is_ampere(device):
        return "NVIDIA GPUs have bfloat16 from compute capability 8.0 on"
    if dtype == "fp64" and device.kind == "mps":
        return "Apple's GPUs have no float64"
    return None


def _has_tf32(device: Device) -> bool:
    """Elsewhere torch takes the flag and computes in float32, which must not be filed as TF32."""
    return _is_nvidia(device) and _is_ampere(device)


def _is_nvidia(device: Device) -> bool:
    """ROCm's builds of torch call AMD's GPUs cuda."""
    return device.kind == "cuda" and torch.version.hip is None


def _is_ampere(device: Device) -> bool:
    """Whether an NVIDIA GPU is of that generation or a later one."""
    return torch.cuda.get_device_capability(device.index) >= (8, 0)


def dtype_of(case: Case) -> str:
    """The dtype token of `case`."""
    return str(getattr(case, "dtype", "fp32"))


def _layer(case: Case, device: Device) -> tuple[torch.nn.Module, torch.Tensor]:
    """The module of `case` and a batch of inputs, filled and laid out.

    The batch has shape ``case.input_shape``.
    """
    disturb()
    use_threads(device)
    place, dtype = torch_device(device), DTYPES[dtype_of(case)]
    generator = _generator(case, place)
    options: dict[str, Any] = {"device": place, "dtype": dtype}
    _inference(enabled=False)
    if isinstance(case, Convolution):
        if case.transposed:
            options["output_padding"] = case.output_padding
        layer = torch.nn.utils.skip_init(
            _CONVOLUTIONS[case.kind],
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
        shape, layout = case.input_shape, case.layout
    elif isinstance(case, Dense):
        layer = torch.nn.utils.skip_init(
            torch.nn.Linear, case.in_features, case.out_features, bias=case.bias, **options
        )
        shape, layout = case.input_shape, "contiguous"
    else:
        raise CannotMeasure(f"{case} is not a layer")
    with torch.no_grad():
        for parameter in layer.parameters():
            _fill(parameter, generator)
    batch = torch.empty(shape, device=place, dtype=dtype)
    _fill(batch, generator)
    if layout != "contiguous":
        layer = layer.to(memory_format=_MEMORY_FORMATS[layout])
        batch = batch.to(memory_format=_MEMORY_FORMATS[layout])
    return layer, batch


def _fill(tensor: torch.Tensor, generator: torch.Generator) -> None:
    """Fill with normal values; beyond `_DISTINCT` elements they repeat.

    Drawing 150 million normal values takes 2 seconds, copying them a tenth of that, and no kernel
    can tell.
    """
    flat = tensor.view(-1)
    flat[:_DISTINCT].normal_(generator=generator)
    for start in range(_DISTINCT, flat.numel(), _DISTINCT):
        part = flat[start : start + _DISTINCT]
        part.copy_(flat[: part.numel()])


def _generator(case: Case, place: torch.device) -> torch.Generator:
    return torch.Generator(place).manual_seed(zlib.crc32(str(case).encode()))


_guard: torch.inference_mode | None = None


def _inference(*, enabled: bool) -> None:
    """Enter or leave inference mode for the whole process.

    Entering it inside every call would cost 2 microseconds, a third of the smallest layer.
    """
    global _guard  # noqa: PLW0603 - autograd's mode is process state, so its guard is too
    if enabled and _guard is None:
        _guard = torch.inference_mode()
        _guard.__enter__()
    elif not enabled and _guard is not None:
        _guard.__exit__(None, None, None)
        _guard = None
