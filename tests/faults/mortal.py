"""Runs a function again and again, ending it at its first step, its second step, and so on.

A step is a call that opens, renames, removes or makes a file below a folder.  Python tells of each
before it happens (audit events), so every state between two steps that a killed process can leave
behind comes up once.
"""

import os
import sys
from pathlib import Path

STEPS = ("open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chmod")
KILLED = 77


def end_at_each_step(action, check, folder, *, interrupt=False):
    """Call `check` with the number of the step after each death; gives how many there were.

    With `interrupt` the step raises KeyboardInterrupt, once, in place of the death.
    """
    number = 0
    while True:
        number += 1
        pid = os.fork()
        if not pid:
            _live(action, number, str(folder), interrupt=interrupt)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        if status == 0:
            return number - 1
        if status != KILLED:
            raise AssertionError(f"step {number} ended with {status}")
        check(number)


def _live(action, number, folder, *, interrupt):
    left = number

    def count(event, arguments):
        nonlocal left
        if event not in STEPS or not str(arguments[0]).startswith(folder):
            return
        left -= 1
        if left == 0:
            if interrupt:
                raise KeyboardInterrupt
            os._exit(KILLED)

    sys.addaudithook(count)
    try:
        action()
    except KeyboardInterrupt:
        os._exit(KILLED)
    except BaseException as error:  # noqa: BLE001  # whatever it is, the parent hears of it
        sys.stderr.write(f"step {number}: {error!r}\n")
        sys.stderr.flush()
        os._exit(1)
    os._exit(0)


def names(folder):
    return sorted(str(path.relative_to(folder)) for path in Path(folder).rglob("*"))
