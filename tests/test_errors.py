"""Errors carry their exit code and one sentence."""

import pytest

from cnnfc.errors import (
    CannotMeasure,
    CaseError,
    CnnfcError,
    DataError,
    NothingMeasured,
    UsageError,
    unknown,
)


@pytest.mark.parametrize(
    ("kind", "code"), [(UsageError, 2), (CaseError, 2), (DataError, 2), (NothingMeasured, 5)]
)
def test_each_error_ends_a_command_with_its_code(kind, code):
    assert issubclass(kind, CnnfcError)
    assert kind("why").exit_code == code


def test_a_case_that_cannot_be_measured_is_no_bad_usage():
    assert issubclass(CannotMeasure, CnnfcError)
    assert not issubclass(CannotMeasure, UsageError)


def test_a_bad_case_can_be_caught_as_a_value_error():
    assert issubclass(CaseError, ValueError)


def test_an_unknown_name_is_answered_with_the_choices_and_a_guess():
    assert str(unknown("profile", "fulll", ["quick", "full"])) == (
        "unknown profile 'fulll': choose one of quick, full; did you mean 'full'?"
    )


def test_no_guess_is_made_where_nothing_is_close():
    assert str(unknown("sort key", "colour", iter(["name", "macs"]))) == (
        "unknown sort key 'colour': choose one of name, macs"
    )
