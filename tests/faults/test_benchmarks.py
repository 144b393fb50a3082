"""Whatever a benchmark does, the others are measured, and its failure is named in plain words."""

import io
import sys
import tracemalloc

import pytest

from cnnfc.harness import session
from cnnfc.harness.calls import Caller
from cnnfc.harness.campaign import Campaign
from cnnfc.harness.devices import Devices
from cnnfc.harness.failures import explain_call
from cnnfc.harness.here import environment_name
from cnnfc.harness.process import Asv
from cnnfc.harness.progress import Progress
from cnnfc.harness.repository import open_repository
from cnnfc.harness.selection import Selection
from cnnfc.machine.asv_file import register
from cnnfc.machine.identity import identify
from testkit import breakable

#: Case -> why it failed, in the words of the run.
FAILURES = {
    "exit0": "its process ended before there was a result",
    "exit3": "it ended its own process (exit status 3)",
    "fault": "it was ended by signal 11 (SIGSEGV), a fault in compiled code",
    "group": "it ended the process that starts benchmarks (status -9)",
    "hang": "benchmark timed out (timeout 2s)",
    "memory": "memory ran out (MemoryError)",
    "server": "it ended the process that starts benchmarks (status -9)",
    "words": "its samples are not all numbers",
}
if sys.platform == "darwin":
    # There asv runs with `--launch-method spawn`, without a server that these could end: who starts
    # benchmarks is asv itself.
    del FAILURES["group"], FAILURES["server"]
BODY = """
if case == "exit0":
    os._exit(0)
if case == "exit3":
    print("on my way", flush=True)
    os._exit(3)
if case == "fault":
    ctypes.string_at(0)
if case == "group":
    os.killpg(0, signal.SIGKILL)
    time.sleep(60)
if case == "hang":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(600)
if case == "memory" and sys.platform != "linux":
    raise MemoryError  # elsewhere nothing keeps it from eating all there is
if case == "memory":
    resource.setrlimit(resource.RLIMIT_AS, (2**28, 2**28))
    eaten = []
    while True:
        eaten.append(bytearray(2**24))
if case == "print":
    for _ in range(25):
        sys.stdout.write("o" * 2**20 + "\\n")
        sys.stderr.write("e" * 2**20 + "\\n")
if case == "server":
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(60)
if case == "words":
    return {"samples": ["a", "b"], "number": 1}
"""


CASES = ["first", *FAILURES, "print", "zlast"]


class Ran:
    """A run of a suite in which nearly everything goes wrong."""

    def __init__(self, folder):
        settings = "rounds = 1\ntimeout = 2"
        self.real = breakable.Real(folder / "project", BODY, CASES, settings=settings)
        register(identify())
        log = folder / "asv.log"
        self.out = io.StringIO()
        self.campaign = Campaign(
            Caller(Asv(self.real.root, log), identify().name, "standard", environment_name()),
            Selection(),
            Devices(),
            self.real.root / "results",
            self.real.root / "reports" / "hardware",
            Progress(self.out),
        )
        self.campaign.run(open_repository(self.real.root, ".").resolve("HEAD"))
        self.log = log.read_text(errors="replace")


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(folder))
        patch.setenv("PYTHONPATH", str(folder / "project"))
        yield Ran(folder)


def test_what_other_benchmarks_measured_is_kept(ran):
    values = ran.real.values()
    assert {case for case, value in values.items() if value == 1.0} == {"first", "print", "zlast"}
    assert {case for case, value in values.items() if value is None} == set(FAILURES)
    assert f"3 measured, 0 skipped, {len(FAILURES)} failed" in ran.out.getvalue()
    assert not ran.campaign.broken


def test_every_failure_is_named_in_plain_words(ran):
    found = {failure.point.values[0]: failure.reason for failure in ran.campaign.tally.failures}
    assert found == FAILURES


def test_megabytes_of_output_do_not_go_into_the_log(ran):
    # Of 50 MB, 10,000 characters; asv tells of a suite with failures twice.
    assert 10_000 < len(ran.log) < 30_000
    assert "e" * 1000 in ran.log
    assert ran.log.count(" characters left out ...]") == 2


def test_nothing_is_left_running(ran):
    assert breakable.processes_of(ran.real.root) == []


def test_failures_are_tried_once_more_by_the_next_run_and_what_was_measured_is_not(ran):
    again = Campaign(
        ran.campaign.caller,
        Selection(bench=("first", "exit3", "zlast")),
        Devices(),
        ran.campaign.results,
        ran.campaign.hardware,
        Progress(io.StringIO()),
    )
    again.run(open_repository(ran.real.root, ".").resolve("HEAD"))
    assert [failure.point.values for failure in again.tally.failures] == [("exit3",)]
    assert again.tally.tried == 1
    assert ran.real.values()["zlast"] == 1.0


FLOOD = """
import os, sys
for _ in range(50):
    print("x" * 2**20)
events = int(os.environ["CNNFC_EVENTS"])
os.write(events, b'{"kind": "environment", "name": "before"}\\n')
for _ in range(50):
    os.write(events, b"x" * 2**20)
os.write(events, b'\\n{"kind": "environment", "name": "after"}\\n')
"""


def test_cnnfcs_own_memory_does_not_grow_with_what_asv_says(tmp_path):
    asv = Asv(tmp_path, tmp_path / "log", program=(sys.executable, "-S", "-E", "-c", FLOOD))
    heard = []
    tracemalloc.start()
    try:
        assert asv.run([], heard.append) == 0
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 * 2**20  # of 50 MiB
    assert [event.name for event in heard if event] == ["before", "after"]


def test_only_the_end_of_a_long_log_is_read(tmp_path):
    log = tmp_path / "log"
    with log.open("wb") as file:
        file.truncate(2**30)  # as large as it says, and empty
        file.seek(0, 2)
        file.write(b"\nRuntimeError: the end\n")
    tracemalloc.start()
    try:
        lines = session._tail(log)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert lines[-1] == "RuntimeError: the end"
    assert peak < 2**20
    assert session._tail(tmp_path / "nothing") == []


def test_an_asv_that_was_killed_is_not_explained_by_the_last_line_of_its_log():
    reason, lines = explain_call([], ["[ 0.00%] . b.Suite.track_it"], -9)
    assert reason == (
        "asv was ended by signal 9 (SIGKILL); the system does that when memory runs out"
    )
    assert lines == ()
