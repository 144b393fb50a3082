"""What one measured case is: a layer with its shape, and the name that is its identity."""

from cnnfc.cases.base import DTYPES, Case
from cnnfc.cases.canaries import Copy, Gemm, Loop
from cnnfc.cases.grammar import TOKENS
from cnnfc.cases.layers import Convolution, Dense

__all__ = ["DTYPES", "TOKENS", "Case", "Convolution", "Copy", "Dense", "Gemm", "Loop"]
