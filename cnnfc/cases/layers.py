"""Convolution and dense layers.

Shapes, with N batch, C channels and L/H/W/D image extents:
a convolution takes (N, C, *size) and gives (N, out_channels, *output_size);
a dense layer takes (N, in_features), or (N, tokens, in_features) where tokens is set.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cnnfc.cases.base import (
    DTYPES,
    Case,
    as_tuple,
    check_choice,
    check_count,
    extent,
    short,
    tail,
)
from cnnfc.errors import CaseError

EXTENT_PREFIX: Final = {1: "l", 2: "hw", 3: "dhw"}
CHANNELS_LAST: Final = {2: "nhwc", 3: "ndhwc"}


@dataclass(frozen=True)
class Convolution(Case):
    """A convolution layer in 1, 2 or 3 dimensions, or its transpose.

    ``kernel``, ``size``, ``stride``, ``padding``, ``dilation`` and ``output_padding`` may be given
    as one integer for all dimensions; they are stored as tuples of length ``dims``.  ``padding``
    ``None`` stands for dilation * (kernel - 1) // 2 a side, which keeps the image size for odd
    kernels and stride 1.  ``output_padding`` belongs to transposed convolutions.
    """

    in_channels: int
    out_channels: int
    kernel: tuple[int, ...] | int
    size: tuple[int, ...] | int
    stride: tuple[int, ...] | int = 1
    padding: tuple[int, ...] | int | None = None
    output_padding: tuple[int, ...] | int = 0
    dilation: tuple[int, ...] | int = 1
    groups: int = 1
    bias: bool = True
    batch: int = 1
    dtype: str = "fp32"
    layout: str = "contiguous"
    dims: int = 2
    transposed: bool = False

    def __post_init__(self) -> None:
        if self.dims not in EXTENT_PREFIX:
            raise CaseError(f"a convolution has 1, 2 or 3 dimensions, not {self.dims}")
        for field in ("in_channels", "out_channels", "groups", "batch"):
            check_count(field.replace("_", " "), getattr(self, field))
        for field, least in (("kernel", 1), ("size", 1), ("stride", 1), ("dilation", 1)):
            self._spread(field, least)
        if self.padding is None:
            object.__setattr__(self, "padding", self._half_padding())
        self._spread("padding", 0)
        self._spread("output_padding", 0)
        check_choice("dtype", self.dtype, DTYPES)
        if self.layout not in ("contiguous", CHANNELS_LAST.get(self.dims)):
            raise CaseError(f"layout {self.layout!r} does not exist for {self.kind}")
        for field in ("in_channels", "out_channels"):
            if getattr(self, field) % self.groups:
                raise CaseError(
                    f"{field.replace('_', ' ')} ({getattr(self, field)}) "
                    f"must be a multiple of groups ({self.groups})"
                )
        self._check_output()

    def _spread(self, field: str, least: int) -> None:
        """Store `field` as a tuple of ``dims`` integers of at least `least`."""
        value = getattr(self, field)
        values = (value,) * self.dims if isinstance(value, int) else tuple(value)
        if len(values) != self.dims:
            raise CaseError(f"{field} {extent(values)} needs {self.dims} numbers")
        for number in values:
            check_count(field.replace("_", " "), number, least)
        object.__setattr__(self, field, values)

    def _half_padding(self) -> tuple[int, ...]:
        return tuple(
            d * (k - 1) // 2
            for k, d in zip(as_tuple(self.kernel), as_tuple(self.dilation), strict=True)
        )

    def _check_output(self) -> None:
        if not self.transposed and any(as_tuple(self.output_padding)):
            raise CaseError("output padding (o) belongs to transposed convolutions")
        for extra, stride, dilation in zip(
            as_tuple(self.output_padding),
            as_tuple(self.stride),
            as_tuple(self.dilation),
            strict=True,
        ):
            if extra and extra >= max(stride, dilation):
                raise CaseError(f"output padding {extra} must be smaller than stride or dilation")
        if min(self.output_size) < 1:
            shape = [
                extent(as_tuple(a)) for a in (self.kernel, self.dilation, self.padding, self.size)
            ]
            raise CaseError(
                f"kernel {shape[0]} with dilation {shape[1]} and padding {shape[2]} "
                f"does not fit the image {shape[3]}"
            )

    @property
    def kind(self) -> str:
        return f"conv{'transpose' if self.transposed else ''}{self.dims}d"

    @property
    def family(self) -> str:
        return "conv"

    @property
    def output_size(self) -> tuple[int, ...]:
        """Spatial extents of the output, by the formulas of torch's ConvNd documentation."""
        result = []
        for image, k, s, p, o, d in zip(
            as_tuple(self.size),
            as_tuple(self.kernel),
            as_tuple(self.stride),
            as_tuple(self.padding),
            as_tuple(self.output_padding),
            as_tuple(self.dilation),
            strict=True,
        ):
            if self.transposed:
                result.append((image - 1) * s - 2 * p + d * (k - 1) + o + 1)
            else:
                result.append((image + 2 * p - d * (k - 1) - 1) // s + 1)
        return tuple(result)

    @property
    def input_shape(self) -> tuple[int, ...]:
        return (self.batch, self.in_channels, *as_tuple(self.size))

    @property
    def output_shape(self) -> tuple[int, ...]:
        return (self.batch, self.out_channels, *self.output_size)

    def __str__(self) -> str:
        parts = [self.kind, f"{self.in_channels}-{self.out_channels}", f"k{short(self.kernel)}"]
        for letter, values, default in (
            ("s", as_tuple(self.stride), (1,) * self.dims),
            ("p", as_tuple(self.padding), self._half_padding()),
            ("o", as_tuple(self.output_padding), (0,) * self.dims),
            ("d", as_tuple(self.dilation), (1,) * self.dims),
        ):
            if values != default:
                parts.append(f"{letter}{short(values)}")
        if self.groups != 1:
            parts.append(f"g{self.groups}")
        if not self.bias:
            parts.append("nobias")
        parts.append(f"{EXTENT_PREFIX[self.dims]}{short(self.size)}")
        parts += tail(self.batch, self.dtype)
        if self.layout != "contiguous":
            parts.append(self.layout)
        return ".".join(parts)


@dataclass(frozen=True)
class Dense(Case):
    """A fully connected layer, y = x W^T + b, on 2-D or (with ``tokens``) 3-D input."""

    in_features: int
    out_features: int
    bias: bool = True
    batch: int = 1
    tokens: int | None = None
    dtype: str = "fp32"

    def __post_init__(self) -> None:
        for field in ("in_features", "out_features", "batch"):
            check_count(field.replace("_", " "), getattr(self, field))
        if self.tokens is not None:
            check_count("tokens", self.tokens)
        check_choice("dtype", self.dtype, DTYPES)

    @property
    def kind(self) -> str:
        return "dense"

    @property
    def family(self) -> str:
        return "dense"

    @property
    def rows(self) -> int:
        """Vectors multiplied by the weight matrix in one call: batch, times tokens if any."""
        return self.batch * (self.tokens or 1)

    @property
    def input_shape(self) -> tuple[int, ...]:
        return (self.batch, *([self.tokens] if self.tokens else []), self.in_features)

    @property
    def output_shape(self) -> tuple[int, ...]:
        return (*self.input_shape[:-1], self.out_features)

    def __str__(self) -> str:
        parts = ["dense", f"{self.in_features}-{self.out_features}"]
        if not self.bias:
            parts.append("nobias")
        if self.batch != 1:
            parts.append(f"n{self.batch}")
        if self.tokens is not None:
            parts.append(f"t{self.tokens}")
        return ".".join(parts + tail(1, self.dtype))
