"""What is kept of a side that gave no values for a benchmark."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Loss:
    """A side that gave no values for a case.

    Attributes:
        role: ``baseline`` or ``contender``.
        reason: What happened, in a sentence.
        said: The end of what the worker wrote to standard error.
    """

    role: str
    reason: str
    said: str = ""
