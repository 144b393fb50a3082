"""Reads the lines in which oneDNN and MKL name the kernels they run.

oneDNN, with verbose mode on, prints a line of fields for each primitive
(https://uxlfoundation.github.io/oneDNN/dev_guide_verbose.html)::

    onednn_verbose,v1,primitive,exec,cpu,convolution,jit:avx512_core,forward_training,
        src:f32:a:blocked:aBcd16b::f0 wei:... dst:...,attr-scratchpad:user,alg:convolution_direct,
        mb1_ic64oc64_ih32oh32kh3...,0.623047

Releases before 3.4 leave out ``v1``, those before 3.1 ``primitive``, and those before 2.5 are
called ``dnnl_verbose``; a time stamp may follow the marker; tensors were written ``src_f32``.  MKL
prints one line about itself, and one for each call: ``MKL_VERBOSE SGEMM(T,N,512,8,1024,0x7ff...)
347.03us ... NThr:1``.  A line of any other form is passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

_MARKERS: Final = ("onednn_verbose", "dnnl_verbose")
#: Fields from ``exec`` on: engine, primitive, implementation, propagation, tensors, attributes,
#: auxiliary, problem, time.
_FIELDS: Final = 10
#: An instruction set may be "Intel AVX-512 with AVX512BW, AVX512VL, and AVX512DQ extensions".
_ONEDNN_SELF: Final = re.compile(r",info,(?:(?P<version>(?:oneDNN|DNNL) v\S+)|cpu,isa:(?P<isa>.+))")
_MKL: Final = re.compile(r"MKL_VERBOSE (?P<routine>\w+)\((?P<arguments>[^)]*)\).*?NThr:(?P<n>\d+)")
_MKL_SELF: Final = re.compile(r"MKL_VERBOSE (?P<version>\S*MKL .*?) for (?P<processor>.+?), ")

#: oneDNN's names of the plain layouts of activations, as deep learning has them.
_PLAIN: Final = {
    "abc": "ncw",
    "acb": "nwc",
    "abcd": "nchw",
    "acdb": "nhwc",
    "abcde": "ncdhw",
    "acdeb": "ndhwc",
}
#: ``aBcd16b``: channels in blocks of 16.
_BLOCKED: Final = re.compile(r"a(?P<dimensions>Bc|Bcd|Bcde)(?P<block>\d+)b")
_SPACE: Final = {"Bc": "w", "Bcd": "hw", "Bcde": "dhw"}


@dataclass(frozen=True)
class Primitive:
    """One primitive that oneDNN ran.

    Attributes:
        kind: ``convolution``, ``reorder``, ``matmul``, ...
        implementation: The kernel: ``jit:avx512_core``.
        propagation: ``forward_inference``, ``backward_data``, ..., ``undef``.
        layouts: Layout by tensor, as oneDNN writes it: ``{"src": "aBcd16b", ...}``.
        dtypes: Data type by tensor.
        problem: Its sizes, as oneDNN writes them.
    """

    kind: str
    implementation: str
    propagation: str
    layouts: tuple[tuple[str, str], ...]
    dtypes: tuple[tuple[str, str], ...]
    problem: str

    def layout(self, tensor: str) -> str:
        """Layout of `tensor` (``src``, ``dst``, ...); empty if it has none."""
        return dict(self.layouts).get(tensor, "")


@dataclass(frozen=True)
class Product:
    """One call of MKL.

    Attributes:
        routine: ``SGEMM``, ...
        sizes: The arguments that are no addresses: ``T,N,512,8,1024,...``.
        threads: How many it ran on.
    """

    routine: str
    sizes: str
    threads: int


@dataclass(frozen=True)
class Kernels:
    """What the lines of one call say.

    Attributes:
        primitives: oneDNN's, in order.
        products: MKL's, in order.
        onednn: Its version; empty if it said nothing.
        isa: The instruction set that oneDNN goes up to.
        mkl: MKL's version.
        mkl_processor: The kind of processor that MKL takes this one for.
    """

    primitives: tuple[Primitive, ...] = ()
    products: tuple[Product, ...] = ()
    onednn: str = ""
    isa: str = ""
    mkl: str = ""
    mkl_processor: str = ""


def read(lines: Iterable[str]) -> Kernels:
    """What `lines` say; lines of other origin are passed over."""
    primitives, products = [], []
    onednn = isa = mkl = processor = ""
    for line in lines:
        fields = line.strip().split(",")
        if fields[0] in _MARKERS:
            primitive = _primitive(fields)
            if primitive is not None:
                primitives.append(primitive)
            elif about := _ONEDNN_SELF.search(line):
                onednn, isa = about["version"] or onednn, about["isa"] or isa
        elif call := _MKL.match(line):
            products.append(_product(call))
        elif about := _MKL_SELF.match(line):
            mkl, processor = about["version"], about["processor"]
    return Kernels(tuple(primitives), tuple(products), onednn, isa, mkl, processor)


def layout_name(tag: str) -> str:
    """`tag` of an activation in the words of deep learning, if there are any.

    >>> layout_name("acdb"), layout_name("aBcd16b"), layout_name("ABcd16b16a")
    ('nhwc', 'nChw16c', 'ABcd16b16a')
    """
    blocked = _BLOCKED.fullmatch(tag)
    if blocked is not None:
        return f"nC{_SPACE[blocked['dimensions']]}{blocked['block']}c"
    return _PLAIN.get(tag, tag)


def _primitive(fields: list[str]) -> Primitive | None:
    # "exec" is the second field of the oldest form and the fifth of the newest.
    if "exec" not in fields[1:5] or "graph" in fields[1:5]:
        return None
    fields = fields[fields.index("exec") :]
    if len(fields) < _FIELDS:
        return None
    # The description of a problem holds no comma, but attributes did in early releases.
    _, _, kind, implementation, propagation, tensors, *_, problem, _ = fields
    read_tensors = [_tensor(text) for text in tensors.split()]
    return Primitive(
        kind=kind,
        implementation=implementation,
        propagation=propagation,
        layouts=tuple((name, tag) for name, _, tag in read_tensors),
        dtypes=tuple((name, dtype) for name, dtype, _ in read_tensors),
        problem=problem,
    )


def _tensor(text: str) -> tuple[str, str, str]:
    """Name, data type and layout of ``src:f32:a:blocked:acdb::f0`` or ``src_f32:a:blocked:...``."""
    name, *rest = text.split(":")
    if "_" in name:
        name, dtype = name.rsplit("_", 1)
    else:
        dtype, rest = (rest[0], rest[1:]) if rest else ("", [])
    # What is left: flags, kind of format, layout, strides or flags.
    return name, dtype, rest[2] if len(rest) > 2 else ""


def _product(call: re.Match[str]) -> Product:
    sizes = [part for part in call["arguments"].split(",") if not part.startswith("0x")]
    return Product(call["routine"], ",".join(sizes), int(call["n"]))
