"""Reads the name of a case.

A name is the identity of a case in every result file::

    conv2d.3-64.k3.hw32                        3 -> 64 channels, 3x3, 32x32 image, batch 1, float32
    conv2d.512-512.k3.s2.g32.hw14.n8.bf16.nhwc
    convtranspose2d.64-32.k4.s2.hw14
    dense.1024-512
    dense.768-3072.n8.t197                     8 sequences of 197 tokens
    gemm.2048.bf16   copy.x4llc   loop.1000000 canaries

The kind first, then the sizes, then tokens in the order of `TOKENS`, each at its default left out.
Only ``[A-Za-z0-9._-]`` occurs, so a name is safe as a file name, in a URL and in a pytest ``-k``
expression.  ``Case.parse(str(case)) == case`` holds for every valid case.  Parsing accepts tokens
in any order and written-out defaults; the canonical name is ``str(case)``.
"""

from __future__ import annotations

import re
from typing import Final

from cnnfc.cases.base import DTYPES, PARSERS, Case, extent
from cnnfc.cases.canaries import Copy, Gemm, Loop
from cnnfc.cases.layers import CHANNELS_LAST, EXTENT_PREFIX, Convolution, Dense
from cnnfc.errors import CaseError

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

_MARKS: Final = (*DTYPES, "nhwc", "ndhwc", "nobias")
#: At most 13 digits: 2**40 has 13, and int() refuses thousands of them with an error of its own.
_NUMBER: Final = "[0-9]{1,13}"
_TOKEN = re.compile(rf"(dhw|hw|[a-z])({_NUMBER}(?:x{_NUMBER}){{0,2}})")
_SIZES = re.compile(rf"({_NUMBER})-({_NUMBER})")


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
        raise CaseError(f"{letter!r} takes one number, not {extent(values)}")
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
    prefix = EXTENT_PREFIX[dims]
    numbers, marks = _tokens(parts[1:], f"k s p o d g n {prefix}")
    in_channels, out_channels = _sizes(parts[0], "channels in and out")
    layout = CHANNELS_LAST.get(dims, "contiguous")
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


PARSERS.update(
    {
        **{f"conv{dims}d": _parse_convolution for dims in (1, 2, 3)},
        **{f"convtranspose{dims}d": _parse_convolution for dims in (1, 2, 3)},
        "dense": _parse_dense,
        "gemm": _parse_canary,
        "copy": _parse_canary,
        "loop": _parse_canary,
    }
)
