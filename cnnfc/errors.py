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
