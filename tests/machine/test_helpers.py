import operator
import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from cnnfc.machine import helpers as module
from cnnfc.machine.helpers import Helpers


def test_results_come_in_the_order_of_the_items():
    with Helpers(2) as helpers:
        assert list(helpers.each(operator.neg, range(100))) == [-n for n in range(100)]
        assert list(helpers.each(operator.neg, [])) == []


def test_items_are_asked_for_only_as_they_are_worked_on():
    asked = []

    def items():
        for number in range(100):
            asked.append(number)
            yield number

    with Helpers(1) as helpers:
        results = helpers.each(operator.neg, items())
        assert next(results) == 0
        assert len(asked) <= 10
        results.close()


def test_both_work_at_once():
    with Helpers(1) as helpers:
        list(helpers.each(operator.neg, range(3)))
        here, there = os.getpid(), {p.pid for p in psutil.Process().children()}
        assert there
        naps = ["__import__('time').sleep(0.02) or __import__('os').getpid()"] * 40
        seen = set(helpers.each(eval, naps))
    assert here in seen
    assert seen - {here} <= there
    assert len(seen) == 2


def test_without_helpers_this_process_does_it_all_and_starts_none(monkeypatch):
    monkeypatch.setattr(module, "usable_cpus", lambda: 1)
    with Helpers() as helpers:
        assert list(helpers.each(operator.neg, range(3))) == [0, -1, -2]
        assert helpers._pool is None


def test_an_error_of_the_work_is_that_of_the_work():
    with Helpers(1) as helpers, pytest.raises(ZeroDivisionError):
        list(helpers.each(eval, ["1", "1 / 0", "2"] * 10))


def test_where_no_process_can_be_started_this_one_does_it_all(monkeypatch):
    def fail(*_, **__):
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(module, "ProcessPoolExecutor", fail)
    with Helpers(3) as helpers:
        assert list(helpers.each(operator.neg, range(5))) == [0, -1, -2, -3, -4]


def test_helpers_that_die_are_done_without():
    with Helpers(1) as helpers:
        list(helpers.each(operator.neg, range(3)))
        for process in helpers._pool._processes.values():
            process.kill()
        assert list(helpers.each(operator.neg, range(50))) == [-n for n in range(50)]


#: Says which helper it has, and is killed.
KILLED = """
import operator, os, signal
from cnnfc.machine.helpers import Helpers
if __name__ == "__main__":
    helpers = Helpers(1)
    list(helpers.each(operator.neg, range(3)))
    print(*helpers._pool._processes, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="other signals")
def test_helpers_end_with_a_process_that_is_killed(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(KILLED)
    killed = subprocess.run(
        [sys.executable, program], stdout=subprocess.PIPE, text=True, timeout=60
    )
    assert killed.returncode == -signal.SIGKILL
    number = int(killed.stdout)
    end = time.monotonic() + 30
    while psutil.pid_exists(number) and psutil.Process(number).status() != "zombie":
        assert time.monotonic() < end, "a helper is left over"
        time.sleep(0.02)
