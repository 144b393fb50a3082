import sys

import pytest

from cnnfc.errors import CannotMeasure
from cnnfc.studies import programs
from cnnfc.studies.programs import call

TRACEBACK = "import sys; print('Traceback (most recent call last)', file=sys.stderr); print('fine')"


def python(program):
    return [sys.executable, "-c", program]


def test_what_a_program_prints_is_given(tmp_path):
    program = "import os; print(os.getcwd(), os.environ['SIZE'])"
    assert call("it", python(program), tmp_path, {"SIZE": "7"}) == f"{tmp_path} 7\n"


def test_a_failure_is_a_reason_with_the_last_words():
    with pytest.raises(CannotMeasure, match=r"^it ended with status 3: no room$"):
        call("it", python("import sys; print('no room', file=sys.stderr); sys.exit(3)"))


def test_other_exit_codes_may_be_no_failure():
    assert call("it", python("print(1); raise SystemExit(3)"), allowed=(0, 3)) == "1\n"


def test_a_traceback_is_a_failure_where_it_is_asked_for():
    assert call("it", python(TRACEBACK)) == "fine\n"
    with pytest.raises(CannotMeasure, match="it ended with status 0: Traceback"):
        call("it", python(TRACEBACK), tracebacks_fail=True)


def test_a_program_that_is_not_there_is_a_reason():
    with pytest.raises(CannotMeasure, match=r"^it was not found$"):
        call("it", ["no-such-program-of-cnnfc"])


def test_a_program_that_takes_too_long_is_a_reason(monkeypatch):
    monkeypatch.setattr(programs, "TIMEOUT", 0.2)
    with pytest.raises(CannotMeasure, match=r"^it did not end within 0\.2 s$"):
        call("it", python("import time; time.sleep(60)"))
