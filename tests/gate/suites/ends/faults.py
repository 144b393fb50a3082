"""One fault each."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path


def time_well():
    pass


def time_garbage():
    print('{"id": 1, "values": [0.0]}')  # noqa: T201 - the fault itself
    os.write(1, b'{"id": 2, "values": [0.0]}\n\xff\xfe')


def time_writes_everywhere():
    for descriptor in range(3, 32):
        with contextlib.suppress(OSError):
            os.write(descriptor, b'{"id": 999, "values": [0.0]}\nnot JSON \xff\n[1]\n')


def time_raises():
    raise ValueError("on purpose")


def time_exits():
    sys.exit(3)


def time_interrupts():
    raise KeyboardInterrupt


def time_ends():
    print("these are my last words")  # noqa: T201 - the parent quotes it
    os._exit(7)


def time_forks():
    with Path("forks").open("a") as file:
        file.write("x")
    os.fork()


def time_killed():
    os.kill(os.getpid(), signal.SIGKILL)


def _leave_a_child():
    """A process of a session of its own, which holds everything open that this one holds."""
    pid = os.fork()
    if pid == 0:
        time.sleep(600)
        os._exit(0)
    Path("child").write_text(str(pid))


def time_ends_and_leaves_a_child():
    _leave_a_child()
    os._exit(7)


def time_starts_a_stranger():
    other = subprocess.Popen(
        [sys.executable, "-S", "-c", "import time; time.sleep(600)"], start_new_session=True
    )
    Path("stranger").write_text(str(other.pid))
    # A warning of its own, which is no fault, when nobody has waited for it.
    other.returncode = 0


def time_hangs():
    _leave_a_child()
    time_starts_a_stranger()
    while True:
        time.sleep(60)


def time_leaves_folder():
    os.chdir("/")


def time_in_folder():
    Path("here").stat()


def track_environment():
    Path("environment").write_text(json.dumps(dict(os.environ)))
    return 0


def track_path():
    Path("path").write_text(json.dumps(sys.path))
    return 0


def track_package():
    import package_of_the_side

    return package_of_the_side.VALUE


def track_tool():
    import readings  # noqa: F401 - the tool's own module must not be found

    return 0
