"""The frozen types that say what one measured case is: a layer with its shape.

A case is written as a name that is its identity in every result file::

    conv2d.3-64.k3.hw32                        3 -> 64 channels, 3x3, 32x32 image, batch 1, float32
    conv2d.512-512.k3.s2.g32.hw14.n8.bf16.nhwc
    convtranspose2d.64-32.k4.s2.hw14
    dense.1024-512
    dense.768-3072.n8.t197                     8 sequences of 197 tokens
    gemm.2048.bf16   copy.x4llc   loop.1000000 canaries

Grammar: the kind first, then the sizes, then tokens in the order of `TOKENS`, each at its
default left out.  Only ``[A-Za-z0-9._-]`` occurs, so a name is safe as a file name, in a URL and
in a pytest ``-k`` expression.  ``Case.parse(str(case)) == case`` holds for every valid case.
Parsing accepts tokens in any order and written-out defaults; the canonical name is ``str(case)``.

Shapes, with N batch, C channels and L/H/W/D image extents:
a convolution takes (N, C, *size) and gives (N, out_channels, *output_size);
a dense layer takes (N, in_features), or (N, tokens, in_features) where tokens is set.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, cast

from cnnfc.errors import CaseError

DTYPES: Final = ("fp32", "tf32", "bf16", "fp16", "fp64", "int8")
LAYOUTS: Final = ("contiguous", "nhwc", "ndhwc")

#: Order of the tokens behind the sizes.  ``compile`` and ``graph`` (execution mode) and ``im2col``,
#: ``fft``, ``winograd`` (algorithm) have their places reserved at the end.
TOKENS: Final = (
    "k kernel",
    "s stride",
    "p padding",
    "o output padding (transposed)",
    "d dilation",
    "g groups",
    "nobias",
    "l | hw | dhw image size",
    "n batch",
    "t tokens (dense)",
    "dtype",
    "layout",
    "mode (reserved)",
    "algorithm (reserved)",
)

_EXTENT_PREFIX: Final = {1: "l", 2: "hw", 3: "dhw"}
_CHANNELS_LAST: Final = {2: "nhwc", 3: "ndhwc"}
#: Above this a size is a typing error, not a layer: 2**40 elements are 4 TiB in float32.
_LARGEST: Final = 2**40
_MARKS: Final = (*DTYPES, "nhwc", "ndhwc", "nobias")
#: At most 13 digits: 2**40 has 13, and int() refuses thousands of them with an error of its own.
_NUMBER: Final = "[0-9]{1,13}"
_TOKEN = re.compile(rf"(dhw|hw|[a-z])({_NUMBER}(?:x{_NUMBER}){{0,2}})")
_SIZES = re.compile(rf"({_NUMBER})-({_NUMBER})")


class Case(ABC):
    """One thing to measure; subclasses are frozen, hashable and validated on construction."""

    @staticmethod
    def parse(name: str) -> Case:
        """The case that `name` stands for; `CaseError` says what is wrong with it."""
        kind, _, rest = name.partition(".")
        parser = _PARSERS.get(kind)
        if parser is None or not rest:
            raise CaseError(
                f"unknown case {name!r}: a case starts with one of {', '.join(_PARSERS)}, "
                f"for example conv2d.3-64.k3.hw32 or dense.1024-512"
            )
        try:
            return parser(kind, rest.split("."))
        except CaseError as error:
            raise CaseError(f"case {name!r}: {error}") from None

    @property
    @abstractmethod
    def kind(self) -> str:
        """The first word of the name: ``conv2d``, ``dense``, ``gemm``, ..."""

    @property
    @abstractmethod
    def family(self) -> str:
        """``conv``, ``dense`` or ``canary``."""

    @property
    def is_canary(self) -> bool:
        return self.family == "canary"


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
        if self.dims not in _EXTENT_PREFIX:
            raise CaseError(f"a convolution has 1, 2 or 3 dimensions, not {self.dims}")
        for field in ("in_channels", "out_channels", "groups", "batch"):
            _check_count(field.replace("_", " "), getattr(self, field))
        for field, least in (("kernel", 1), ("size", 1), ("stride", 1), ("dilation", 1)):
            self._spread(field, least)
        if self.padding is None:
            object.__setattr__(self, "padding", self._half_padding())
        self._spread("padding", 0)
        self._spread("output_padding", 0)
        _check_choice("dtype", self.dtype, DTYPES)
        if self.layout not in ("contiguous", _CHANNELS_LAST.get(self.dims)):
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
            raise CaseError(f"{field} {_extent(values)} needs {self.dims} numbers")
        for number in values:
            _check_count(field.replace("_", " "), number, least)
        object.__setattr__(self, field, values)

    def _half_padding(self) -> tuple[int, ...]:
        return tuple(
            d * (k - 1) // 2 for k, d in zip(_t(self.kernel), _t(self.dilation), strict=True)
        )

    def _check_output(self) -> None:
        if not self.transposed and any(_t(self.output_padding)):
            raise CaseError("output padding (o) belongs to transposed convolutions")
        for extra, stride, dilation in zip(
            _t(self.output_padding), _t(self.stride), _t(self.dilation), strict=True
        ):
            if extra and extra >= max(stride, dilation):
                raise CaseError(f"output padding {extra} must be smaller than stride or dilation")
        if min(self.output_size) < 1:
            shape = [_extent(_t(a)) for a in (self.kernel, self.dilation, self.padding, self.size)]
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
        for extent, k, s, p, o, d in zip(
            _t(self.size),
            _t(self.kernel),
            _t(self.stride),
            _t(self.padding),
            _t(self.output_padding),
            _t(self.dilation),
            strict=True,
        ):
            if self.transposed:
                result.append((extent - 1) * s - 2 * p + d * (k - 1) + o + 1)
            else:
                result.append((extent + 2 * p - d * (k - 1) - 1) // s + 1)
        return tuple(result)

    @property
    def input_shape(self) -> tuple[int, ...]:
        return (self.batch, self.in_channels, *_t(self.size))

    @property
    def output_shape(self) -> tuple[int, ...]:
        return (self.batch, self.out_channels, *self.output_size)

    def __str__(self) -> str:
        parts = [self.kind, f"{self.in_channels}-{self.out_channels}", f"k{_short(self.kernel)}"]
        for letter, values, default in (
            ("s", _t(self.stride), (1,) * self.dims),
            ("p", _t(self.padding), self._half_padding()),
            ("o", _t(self.output_padding), (0,) * self.dims),
            ("d", _t(self.dilation), (1,) * self.dims),
        ):
            if values != default:
                parts.append(f"{letter}{_short(values)}")
        if self.groups != 1:
            parts.append(f"g{self.groups}")
        if not self.bias:
            parts.append("nobias")
        parts.append(f"{_EXTENT_PREFIX[self.dims]}{_short(self.size)}")
        parts += _tail(self.batch, self.dtype)
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
            _check_count(field.replace("_", " "), getattr(self, field))
        if self.tokens is not None:
            _check_count("tokens", self.tokens)
        _check_choice("dtype", self.dtype, DTYPES)

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
        return ".".join(parts + _tail(1, self.dtype))


@dataclass(frozen=True)
class Gemm(Case):
    """Canary: a square matrix product of ``size`` rows and columns, the peak-arithmetic probe."""

    size: int
    dtype: str = "fp32"

    def __post_init__(self) -> None:
        _check_count("size", self.size)
        _check_choice("dtype", self.dtype, DTYPES)

    @property
    def kind(self) -> str:
        return "gemm"

    @property
    def family(self) -> str:
        return "canary"

    def __str__(self) -> str:
        return ".".join(["gemm", str(self.size), *_tail(1, self.dtype)])


@dataclass(frozen=True)
class Copy(Case):
    """Canary: a memory copy of ``caches`` times the last-level cache of the machine it runs on.

    The factor, not the bytes, is the name, so that the parameter list is the same everywhere
    and the copy leaves the cache everywhere.
    """

    caches: int = 4

    def __post_init__(self) -> None:
        _check_count("caches", self.caches)

    @property
    def kind(self) -> str:
        return "copy"

    @property
    def family(self) -> str:
        return "canary"

    def __str__(self) -> str:
        return f"copy.x{self.caches}llc"


@dataclass(frozen=True)
class Loop(Case):
    """Canary: an empty interpreter loop, which no library and no compiler flag can speed up."""

    iterations: int = 1_000_000

    def __post_init__(self) -> None:
        _check_count("iterations", self.iterations)

    @property
    def kind(self) -> str:
        return "loop"

    @property
    def family(self) -> str:
        return "canary"

    def __str__(self) -> str:
        return f"loop.{self.iterations}"


def _t(value: tuple[int, ...] | int | None) -> tuple[int, ...]:
    """A field that construction has already turned into a tuple, for the type checker."""
    return cast("tuple[int, ...]", value)


def _check_count(name: str, value: object, least: int = 1) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= _LARGEST:
        raise CaseError(f"{name} must be a whole number from {least} to 2**40, not {value!r}")


def _check_choice(name: str, value: str, choices: Sequence[str]) -> None:
    if value not in choices:
        raise CaseError(f"{name} {value!r} is not one of {', '.join(choices)}")


def _extent(values: tuple[int, ...]) -> str:
    return "x".join(str(value) for value in values)


def _short(values: tuple[int, ...] | int | None) -> str:
    """``3`` for (3, 3), ``3x5`` for (3, 5)."""
    numbers = _t(values)
    return str(numbers[0]) if len(set(numbers)) == 1 else _extent(numbers)


def _tail(batch: int, dtype: str) -> list[str]:
    return [f"n{batch}"] * (batch != 1) + [dtype] * (dtype != "fp32")


def _tokens(parts: list[str], allowed: str) -> tuple[dict[str, tuple[int, ...]], set[str]]:
    """Split tokens into numbers by letter and marks; `allowed` lists the letters."""
    numbers: dict[str, tuple[int, ...]] = {}
    marks: set[str] = set()
    for part in parts:
        match = _TOKEN.fullmatch(part)
        if part in _MARKS:
            if part in marks:
                raise CaseError(f"{part!r} is given twice")
            marks.add(part)
        elif match is None or match[1] not in allowed.split():
            raise CaseError(f"{part!r} is not a token of this kind of case")
        elif match[1] in numbers:
            raise CaseError(f"{match[1]!r} is given twice")
        else:
            numbers[match[1]] = tuple(int(number) for number in match[2].split("x"))
    return numbers, marks


def _sizes(part: str, what: str) -> tuple[int, int]:
    match = _SIZES.fullmatch(part)
    if match is None:
        raise CaseError(f"{part!r} is not {what}, such as 3-64")
    return int(match[1]), int(match[2])


def _one(numbers: dict[str, tuple[int, ...]], letter: str, default: int) -> int:
    values = numbers.get(letter, (default,))
    if len(values) != 1:
        raise CaseError(f"{letter!r} takes one number, not {_extent(values)}")
    return values[0]


def _dtype(marks: set[str]) -> str:
    found = sorted(marks.intersection(DTYPES))
    if len(found) > 1:
        raise CaseError(f"more than one dtype: {', '.join(found)}")
    return found[0] if found else "fp32"


def _refuse_marks(marks: set[str], *allowed: str) -> None:
    for mark in sorted(marks.difference(DTYPES, allowed)):
        raise CaseError(f"{mark!r} is not a token of this kind of case")


def _parse_convolution(kind: str, parts: list[str]) -> Case:
    dims = int(kind[-2])
    prefix = _EXTENT_PREFIX[dims]
    numbers, marks = _tokens(parts[1:], f"k s p o d g n {prefix}")
    in_channels, out_channels = _sizes(parts[0], "channels in and out")
    layout = _CHANNELS_LAST.get(dims, "contiguous")
    _refuse_marks(marks, "nobias", layout)
    for letter, what in (("k", "a kernel"), (prefix, "an image size")):
        if letter not in numbers:
            raise CaseError(f"{what} is missing, such as {letter}3")

    def axis(letter: str, default: int) -> tuple[int, ...] | int:
        values = numbers.get(letter, (default,))
        return values[0] if len(values) == 1 else values

    return Convolution(
        in_channels,
        out_channels,
        kernel=axis("k", 1),
        size=axis(prefix, 1),
        stride=axis("s", 1),
        padding=axis("p", 0) if "p" in numbers else None,
        output_padding=axis("o", 0),
        dilation=axis("d", 1),
        groups=_one(numbers, "g", 1),
        bias="nobias" not in marks,
        batch=_one(numbers, "n", 1),
        dtype=_dtype(marks),
        layout=layout if layout in marks else "contiguous",
        dims=dims,
        transposed="transpose" in kind,
    )


def _parse_dense(_: str, parts: list[str]) -> Case:
    numbers, marks = _tokens(parts[1:], "n t")
    in_features, out_features = _sizes(parts[0], "features in and out")
    _refuse_marks(marks, "nobias")
    return Dense(
        in_features,
        out_features,
        bias="nobias" not in marks,
        batch=_one(numbers, "n", 1),
        tokens=_one(numbers, "t", 1) if "t" in numbers else None,
        dtype=_dtype(marks),
    )


def _parse_canary(kind: str, parts: list[str]) -> Case:
    match = re.fullmatch(rf"x({_NUMBER})llc" if kind == "copy" else f"({_NUMBER})", parts[0])
    if match is None:
        raise CaseError(
            f"{parts[0]!r} is not a size, such as {'x4llc' if kind == 'copy' else 2048}"
        )
    _, marks = _tokens(parts[1:], "")
    _refuse_marks(marks)
    if kind == "gemm":
        return Gemm(int(match[1]), _dtype(marks))
    if marks:
        raise CaseError(f"{kind} has no dtype")
    return Copy(int(match[1])) if kind == "copy" else Loop(int(match[1]))


_PARSERS = {
    **{f"conv{dims}d": _parse_convolution for dims in (1, 2, 3)},
    **{f"convtranspose{dims}d": _parse_convolution for dims in (1, 2, 3)},
    "dense": _parse_dense,
    "gemm": _parse_canary,
    "copy": _parse_canary,
    "loop": _parse_canary,
}
