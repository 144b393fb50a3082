"""What a case costs on paper: exact counts by closed formulas.

Conventions, the same wherever cnnfc shows a count:

* 1 MAC (a multiplication and the addition of its product) = 2 FLOPs.  Adding the bias is not
  counted, and a product with a zero of the padding is, as in torch's ``FlopCounterMode``.
* Bytes are *compulsory*: input, weights, bias and output cross the memory bus once each, all in
  the dtype of the case (Williams et al., "Roofline", 2009: a lower bound of the traffic).
* Parameters are the weights and the bias of the layer itself.  Batch-norm, activation and pooling
  layers are no cases; `trunk_parameters` adds batch-norm values under a named convention.

For a convolution of one batch of N images, C_in to C_out channels in g groups, kernel K (product
of its extents), image of I and output of O positions::

    weights = C_in / g * C_out * K            bias = C_out
    MACs    = N * O * weights                 (transposed: N * I * weights)

and for a dense layer on R = batch * tokens vectors: weights = in * out, bias = out,
MACs = R * weights.  So FLOPs per weight are 2 * N * O for every kernel size and any grouping, and
2 * R for a dense layer: the identity that explains why parameters do not predict latency.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Final, cast

from cnnfc.cases import Case, Convolution, Copy, Dense, Gemm, Loop
from cnnfc.catalogues import Entry

#: Bytes an element occupies in memory.  tf32 is a mode of the multiplier: its data are float32.
DTYPE_BYTES: Final = {"fp32": 4, "tf32": 4, "bf16": 2, "fp16": 2, "fp64": 8, "int8": 1}


@dataclass(frozen=True)
class Costs:
    """Exact counts of one call of a case, or of a whole network (`total`); all 0 and up.

    ``parameters`` counts weights and bias; ``bytes`` = ``activation_bytes`` (input and output) +
    ``weight_bytes`` (weights and bias); ``output_elements`` counts numbers, not bytes.
    """

    parameters: int
    macs: int
    flops: int
    bytes: int
    activation_bytes: int
    weight_bytes: int
    output_elements: int

    @property
    def intensity(self) -> float:
        """Arithmetic intensity in FLOP per compulsory byte; NaN where no bytes are known."""
        return self.flops / self.bytes if self.bytes else math.nan


@dataclass(frozen=True)
class Convention:
    """A way to count the parameters of a network's convolutions with their batch-norm layers.

    ``conv_bias`` counts a bias for each output channel of every convolution, whether the case has
    one or not; ``batch_norm_values`` are counted for each of these channels.
    """

    name: str
    conv_bias: bool
    batch_norm_values: int


#: torch counts what ``Module.parameters()`` yields: no convolution bias in front of a batch norm,
#: whose scale and shift are parameters and whose running statistics are buffers.
TORCH: Final = Convention("torch (no convolution bias; batch-norm scale and shift)", False, 2)
#: ``keras.applications`` keeps the biases and counts running mean and variance as well.
KERAS: Final = Convention(
    "Keras (convolution biases; batch-norm scale, shift, running mean and variance)", True, 4
)


def costs(case: Case) -> Costs:
    """The `Costs` of one forward call of `case`.

    Canaries have no parameters.  A matrix product of size n has n**3 MACs on 3 n**2 elements, all
    of them counted as activations.  A copy's bytes are a multiple of a cache that only the machine
    knows, and an interpreter loop has neither FLOPs nor data: their counts are all 0.

    Raises:
        TypeError: for a type of case that has no formula here.
    """
    match case:
        case Convolution():
            return _convolution(case)
        case Dense():
            weights = case.in_features * case.out_features
            bias = case.out_features if case.bias else 0
            return _layer(case, weights, bias, case.rows * weights)
        case Gemm():
            matrix = case.size**2
            moved = 3 * matrix * DTYPE_BYTES[case.dtype]
            macs = case.size**3
            return Costs(0, macs, 2 * macs, moved, moved, 0, matrix)
        case Copy() | Loop():
            return Costs(0, 0, 0, 0, 0, 0, 0)
    raise TypeError(f"no cost formula for {type(case).__name__}")


def total(entries: Iterable[Entry]) -> Costs:
    """The sum over `entries`, each taken as often as it occurs: a whole network's layers.

    Bytes are added layer by layer: an activation that one layer writes and the next one reads
    counts twice, as it must where it does not fit into a cache.
    """
    sums = dict.fromkeys((field.name for field in fields(Costs)), 0)
    for entry in entries:
        one = costs(entry.case)
        for name in sums:
            sums[name] += entry.times * cast("int", getattr(one, name))
    return Costs(**sums)


def trunk_parameters(entries: Iterable[Entry], convention: Convention) -> int:
    """Parameters of the convolutions in `entries`, each followed by a batch norm.

    Dense layers are left out, so that of a classifier the trunk remains: with ``resnet50`` this is
    23,508,032 by `TORCH` and 23,587,712 by `KERAS`, both from 23,454,912 convolution weights and
    26,560 channels.
    """
    count = 0
    for entry in entries:
        if isinstance(entry.case, Convolution):
            channel = convention.conv_bias + convention.batch_norm_values
            count += entry.times * (_weights(entry.case) + channel * entry.case.out_channels)
    return count


def _weights(case: Convolution) -> int:
    kernel = math.prod(cast("tuple[int, ...]", case.kernel))
    return case.in_channels // case.groups * case.out_channels * kernel


def _convolution(case: Convolution) -> Costs:
    weights = _weights(case)
    # Every weight is used once for each output position that gathers, or, transposed, for each
    # input position that scatters.
    shape = case.input_shape if case.transposed else case.output_shape
    macs = case.batch * math.prod(shape[2:]) * weights
    return _layer(case, weights, case.out_channels if case.bias else 0, macs)


def _layer(case: Convolution | Dense, weights: int, bias: int, macs: int) -> Costs:
    size = DTYPE_BYTES[case.dtype]
    outputs = math.prod(case.output_shape)
    activations = (math.prod(case.input_shape) + outputs) * size
    parameters = weights + bias
    return Costs(
        parameters=parameters,
        macs=macs,
        flops=2 * macs,
        bytes=activations + parameters * size,
        activation_bytes=activations,
        weight_bytes=parameters * size,
        output_elements=outputs,
    )
