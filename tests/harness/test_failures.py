import textwrap

from cnnfc.harness.failures import (
    BUILD_LINES,
    TIMED_OUT,
    Failure,
    explain_call,
    explain_point,
    one_line,
    summarise,
)
from cnnfc.harness.suite import Point

POINT = Point("a.time_b", ("'dense.2-3'", "'cpu-1'"))
TRACEBACK = textwrap.dedent("""\
    For parameters: 'dense.2-3', 'cpu-1'
    Traceback (most recent call last):
      File "/env/lib/python3.11/site-packages/asv_runner/server.py", line 179, in _run_server
        _run(run_args)
      File "/env/lib/python3.11/site-packages/asv_runner/benchmarks/time.py", line 331, in timing
        timing = timer.timeit(number)
                 ^^^^^^^^^^^^^^^^^^^^
      File "/usr/lib/python3.11/timeit.py", line 180, in timeit
        timing = self.inner(it, self.timer)
      File "<timeit-src>", line 6, in inner
      File "/project/benchmarks/b.py", line 15, in time_layer
        raise ValueError("boom")
    ValueError: boom
    """)
BUILD = """\
Error running /e/bin/python -m pip wheel --no-deps -w /w /e/project (exit status 1)
STDOUT -------->
Processing /e/project
STDERR -------->
  error: subprocess-exited-with-error
  ModuleNotFoundError: No module named 'hatchling'

[notice] A new release of pip is available
"""


def test_a_failed_benchmark_gives_its_last_line_and_the_frames_that_are_its_own():
    failure = explain_point(POINT, TRACEBACK, 1)
    assert failure.reason == "ValueError: boom"
    assert failure.lines == (
        "Traceback (most recent call last):",
        '  File "/project/benchmarks/b.py", line 15, in time_layer',
        '    raise ValueError("boom")',
        "ValueError: boom",
    )


def test_a_time_out_is_said_with_its_limit():
    output = "some output\n\nasv: benchmark timed out (timeout 120s)\n"
    assert explain_point(POINT, output, TIMED_OUT).reason == "benchmark timed out (timeout 120s)"


def test_a_killed_benchmark_is_said_to_be_killed():
    reason = explain_point(POINT, "", -9).reason
    assert reason == "it was ended by signal 9 (SIGKILL); the system does that when memory runs out"
    assert explain_point(POINT, "Segmentation", -11).reason == (
        "it was ended by signal 11 (SIGSEGV), a fault in compiled code"
    )


def test_a_benchmark_that_printed_nothing_says_so():
    assert explain_point(POINT, "", 1).reason == "no reason was printed"


def test_a_failed_build_shows_the_end_of_what_complained():
    reason, lines = explain_call([BUILD], [])
    assert reason == "it cannot be built (exit status 1)"
    assert lines == (
        "  error: subprocess-exited-with-error",
        "  ModuleNotFoundError: No module named 'hatchling'",
    )


def test_a_long_build_log_is_cut_to_its_end():
    printed = "\n".join(f"line {number}" for number in range(100))
    _, lines = explain_call([f"Error running x (exit status 1)\nSTDOUT -------->\n{printed}"], [])
    assert lines == tuple(f"line {number}" for number in range(100 - BUILD_LINES, 100))


def test_each_step_of_a_build_is_called_by_what_it_is_for():
    commands = {
        "/e/bin/python -m pip install /w/p.whl[measure]": "its environment cannot be installed",
        "/e/bin/python /asv/benchmark.py discover /b /r": (
            "the suite in benchmarks/ cannot be imported"
        ),
        "/usr/bin/python -m virtualenv -p python3.11 /e": "its environment cannot be made",
        "/usr/bin/git checkout -f 1234": "it cannot be checked out",
        "make": "a command failed",
    }
    for command, purpose in commands.items():
        reason, _ = explain_call([f"Error running {command} (exit status 2)\nx"], [])
        assert reason == f"{purpose} (exit status 2)"


def test_what_asv_itself_complains_of_is_passed_on():
    reason, _ = explain_call(["No __init__.py file in 'benchmarks'"], ["other"])
    assert reason == "asv says: No __init__.py file in 'benchmarks'"


def test_where_asv_broke_down_the_end_of_its_log_says_why():
    reason, lines = explain_call([], ["Traceback", "", "KeyError: 'x'"])
    assert reason == "asv says: KeyError: 'x'"
    assert lines == ("Traceback", "KeyError: 'x'")


def test_silence_is_said():
    assert explain_call([], []) == ("asv ended without a reason", ())


def test_failures_with_the_same_reason_are_told_together():
    other = Point("a.time_b", ("'dense.4-5'", "'cpu-1'"))
    failures = [
        Failure(POINT, "boom", ("trace", "boom")),
        Failure(other, "boom", ("boom",)),
        Failure(POINT, "bang", ("bang",)),
    ]
    assert summarise(failures) == [
        "  failed: a.time_b dense.2-3 cpu-1 and 1 more: boom",
        "      trace",
        "      boom",
        "  failed: a.time_b dense.2-3 cpu-1: bang",
    ]


def test_many_kinds_of_failure_are_counted():
    failures = [Failure(POINT, str(number)) for number in range(7)]
    lines = summarise(failures, most=5)
    assert len(lines) == 6
    assert lines[-1] == "  and 2 other kinds of failure"


def test_what_a_benchmark_printed_cannot_move_the_cursor():
    assert one_line("a\x1b[2Jb\rc") == "a [2Jb c"
