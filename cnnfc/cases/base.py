"""The base of all case types with the checks that they share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Final, cast

from cnnfc.errors import CaseError

DTYPES: Final = ("fp32", "tf32", "bf16", "fp16", "fp64", "int8")

#: Above this a size is a typing error, not a layer: 2**40 elements are 4 TiB in float32.
_LARGEST: Final = 2**40

#: Kind to the function that reads the rest of a name; `cnnfc.cases.grammar` fills it.
PARSERS: Final[dict[str, Callable[[str, list[str]], Case]]] = {}


class Case(ABC):
    """One thing to measure; subclasses are frozen, hashable and validated on construction."""

    @staticmethod
    def parse(name: str) -> Case:
        """The case that `name` stands for; `CaseError` says what is wrong with it."""
        kind, _, rest = name.partition(".")
        parser = PARSERS.get(kind)
        if parser is None or not rest:
            raise CaseError(
                f"unknown case {name!r}: a case starts with one of {', '.join(PARSERS)}, "
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


def as_tuple(value: tuple[int, ...] | int | None) -> tuple[int, ...]:
    """A field that construction has already turned into a tuple, for the type checker."""
    return cast("tuple[int, ...]", value)


def check_count(name: str, value: object, least: int = 1) -> None:
    """Raise `CaseError` unless `value` is a whole number from `least` to 2**40."""
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= _LARGEST:
        raise CaseError(f"{name} must be a whole number from {least} to 2**40, not {value!r}")


def check_choice(name: str, value: str, choices: Sequence[str]) -> None:
    """Raise `CaseError` unless `value` is one of `choices`."""
    if value not in choices:
        raise CaseError(f"{name} {value!r} is not one of {', '.join(choices)}")


def extent(values: tuple[int, ...]) -> str:
    """``3x5`` for (3, 5)."""
    return "x".join(str(value) for value in values)


def short(values: tuple[int, ...] | int | None) -> str:
    """``3`` for (3, 3), ``3x5`` for (3, 5)."""
    numbers = as_tuple(values)
    return str(numbers[0]) if len(set(numbers)) == 1 else extent(numbers)


def tail(batch: int, dtype: str) -> list[str]:
    """The tokens of batch and dtype, without those at their default."""
    return [f"n{batch}"] * (batch != 1) + [dtype] * (dtype != "fp32")
