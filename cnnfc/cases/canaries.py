"""Reference kernels, measured to see whether the machine moved."""

from __future__ import annotations

from dataclasses import dataclass

from cnnfc.cases.base import DTYPES, Case, check_choice, check_count, tail


@dataclass(frozen=True)
class Gemm(Case):
    """Canary: a square matrix product of ``size`` rows and columns, the peak-arithmetic probe."""

    size: int
    dtype: str = "fp32"

    def __post_init__(self) -> None:
        check_count("size", self.size)
        check_choice("dtype", self.dtype, DTYPES)

    @property
    def kind(self) -> str:
        return "gemm"

    @property
    def family(self) -> str:
        return "canary"

    def __str__(self) -> str:
        return ".".join(["gemm", str(self.size), *tail(1, self.dtype)])


@dataclass(frozen=True)
class Copy(Case):
    """Canary: a memory copy of ``caches`` times the last-level cache of the machine it runs on.

    The factor, not the bytes, is the name, so that the parameter list is the same everywhere
    and the copy leaves the cache everywhere.
    """

    caches: int = 4

    def __post_init__(self) -> None:
        check_count("caches", self.caches)

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
        check_count("iterations", self.iterations)

    @property
    def kind(self) -> str:
        return "loop"

    @property
    def family(self) -> str:
        return "canary"

    def __str__(self) -> str:
        return f"loop.{self.iterations}"
