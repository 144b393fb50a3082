"""The exceptions that cnnfc raises on purpose.

::

    CnnfcError               one clear sentence: what, where, what to do
    ├── UsageError           the user asked for something that cannot be      (exit code 2)
    │   └── CaseError        a case name or a shape that cannot be
    ├── DataError            a file that cannot be read as what it should be  (exit code 2)
    ├── NothingMeasured      a run that ended without a single value          (exit code 5)
    └── CannotMeasure        this case cannot be measured here; the reason is the message

``CannotMeasure`` never reaches a user as a failure: the torch wing turns it into a skip whose
reason is recorded.  Everything else ends a command with ``exit_code`` and the message alone.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class CnnfcError(Exception):
    """Base of every error whose message is written for the user, not for a developer."""

    exit_code = 2


class UsageError(CnnfcError):
    """What was asked for does not exist or contradicts itself."""


class CaseError(UsageError, ValueError):
    """A case name, or the shape behind it, is not valid."""


class DataError(CnnfcError):
    """A file is damaged, foreign or from the future."""


class NothingMeasured(CnnfcError):
    """A run ended and not one value was measured."""

    exit_code = 5


class CannotMeasure(CnnfcError):
    """A case cannot be measured here (no such device, not enough memory, no such kernel)."""


def unknown(what: str, name: str, choices: Iterable[str]) -> UsageError:
    """The error for a `name` that is none of `choices`: it lists them and guesses a slip.

    >>> str(unknown("profile", "fulll", ["quick", "full"]))
    "unknown profile 'fulll': choose one of quick, full; did you mean 'full'?"
    """
    known = list(choices)
    close = difflib.get_close_matches(name, known, n=1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    return UsageError(f"unknown {what} {name!r}: choose one of {', '.join(known)}{hint}")
