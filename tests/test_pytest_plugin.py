"""The gate under pytest; what the gate itself finds is made up here."""

import argparse
import contextlib
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from cnnfc import pytest_plugin
from cnnfc.cli import gate as gate_command
from cnnfc.commands.gate import GateOptions, Listed
from cnnfc.errors import DataError, NothingMeasured, UsageError
from cnnfc.pytest_plugin import outcomes, session
from cnnfc.verdicts import (
    BenchmarkResult,
    CanaryResult,
    Effect,
    GateReport,
    SideFacts,
    SkippedBenchmark,
    Verdict,
    benchmark_id,
)

pytest_plugins = ["pytester"]

#: What takes a second of every session here, and what leaves files.
LESS = ("-p", "no:hypothesispytest", "-p", "no:cacheprovider")
EFFECT = Effect(ratio=1.0648, low=1.0521, high=1.0782, confidence=0.95, spread=0.01, pairs=12)


def result(verdict, name="conv.Forward.time_layer", params=("'a.1-2'", "'cpu-1'"), **fields):
    return BenchmarkResult(
        **{
            "name": name,
            "params": params,
            "kind": "time",
            "unit": "seconds",
            "verdict": verdict,
            "reason": "the reason",
            "threshold": 0.03,
            "baseline": 0.001234,
            "contender": 0.001314,
            "effect": EFFECT,
            "command": "cnnfc gate main --bench time_layer",
        }
        | fields
    )


def report_of(*results, **fields):
    return GateReport(
        **{
            "baseline": SideFacts("main", "0123456789abcdef", "tree"),
            "contender": SideFacts("work tree", None, "tree"),
            "machine": "box",
            "hardware": {},
            "started_at": "2026-01-01T00:00:00+00:00",
            "finished_at": "2026-01-01T00:01:00+00:00",
            "seconds": 60.0,
            "seed": 7,
            "pairs": 12,
            "strict": False,
            "policy": {},
            "command": "pytest",
            "benchmarks": results,
        }
        | fields
    )


class FakeGate:
    """What `open_gate` gives; it answers with the report that a test has made up."""

    def __init__(self, report):
        found = (*report.benchmarks, *report.skipped)
        self.report = report
        self.listed = tuple(
            Listed(benchmark_id(f.name, f.params), f.name, f.params, 0, "both", "time", "s", 60.0)
            for f in found
        )
        self.folder = Path("reports")
        self.asked = []
        self.options = None
        self.closed = False
        self.fails_with = None

    @contextlib.contextmanager
    def open(self, options, out, *, start=None):
        self.options = options
        out.write("preparing both sides\n")
        yield self
        self.closed = True

    def run(self, only=None):
        self.asked.append(only)
        if self.fails_with is not None:
            raise self.fails_with
        return self.report


@pytest.fixture
def project(pytester):
    """An asv project whose suite must not be imported, in the current folder."""
    (pytester.path / "asv.conf.json").write_text('{"version": 1, "benchmark_dir": "benchmarks"}')
    suite = pytester.mkdir("benchmarks")
    for name in ("__init__.py", "conv.py", "dense.py"):
        (suite / name).write_text("raise RuntimeError('the suite was imported')\n")
    pytester.makeini("[pytest]\nfilterwarnings = error\n")
    return pytester


@pytest.fixture
def gate(project, monkeypatch):
    """Runs pytest with a gate that finds what it is told; gives pytest's result."""

    def run(fake, *arguments):
        fake = fake if isinstance(fake, FakeGate) else FakeGate(fake)
        monkeypatch.setattr(session, "open_gate", fake.open)
        chosen = arguments or ("benchmarks",)
        return project.runpytest_inprocess(*LESS, "--gate", "main", *chosen)

    return run


def test_every_benchmark_with_its_parameters_is_an_item(gate):
    found = report_of(
        result(Verdict.PASS),
        result(Verdict.PASS, params=("'b'", "'cpu-2'")),
        result(Verdict.PASS, name="dense.Train.time_step", params=()),
    )
    fake = FakeGate(found)
    ran = gate(fake, "benchmarks", "--collect-only", "-q")
    assert ran.outlines[:3] == [
        "benchmarks/conv.py::conv.Forward.time_layer[a.1-2-cpu-1]",
        "benchmarks/conv.py::conv.Forward.time_layer[b-cpu-2]",
        "benchmarks/dense.py::dense.Train.time_step",
    ]
    assert fake.asked == []
    assert fake.closed


def test_a_whole_gate_runs_once_and_passes(gate):
    fake = FakeGate(report_of(result(Verdict.PASS), result(Verdict.IMPROVEMENT, params=("'b'",))))
    ran = gate(fake, "benchmarks", "-v")
    ran.assert_outcomes(passed=2)
    assert ran.ret == 0
    assert fake.asked == [None]
    ran.stdout.fnmatch_lines(
        [
            "preparing both sides",
            "benchmarks/conv.py::conv.Forward.time_layer[[]a.1-2-cpu-1] PASS *",
            "benchmarks/conv.py::conv.Forward.time_layer[[]b] IMPROVEMENT *",
            "Did this change make anything slower? No: *",
            "main (01234567) → work tree on box: 2 benchmarks, 12 pairs*, seed 7.",
            "reports/index.html",
        ]
    )


def test_only_what_is_selected_is_measured(gate):
    fake = FakeGate(report_of(result(Verdict.PASS), result(Verdict.PASS, params=("'b'", "'x'"))))
    gate(fake, "benchmarks", "-k", "a.1-2").assert_outcomes(passed=1, deselected=1)
    assert fake.asked == [{"conv.Forward.time_layer[a.1-2-cpu-1]"}]


@pytest.mark.parametrize(
    "chosen",
    [
        "benchmarks/conv.py",
        "benchmarks/conv.py::conv.Forward.time_layer",
        "benchmarks/conv.py::conv.Forward.time_layer[a.1-2-cpu-1]",
    ],
)
def test_a_file_and_a_node_can_be_named(gate, chosen):
    fake = FakeGate(report_of(result(Verdict.PASS), result(Verdict.PASS, name="dense.F.time_x")))
    gate(fake, chosen).assert_outcomes(passed=1)
    assert fake.asked == [{"conv.Forward.time_layer[a.1-2-cpu-1]"}]


def test_benchmarks_may_lie_in_folders_of_the_suite(gate, project):
    folder = project.mkdir("benchmarks/build")
    (folder / "deep.py").write_text("raise RuntimeError\n")
    found = result(Verdict.PASS, name="build.deep.F.time_x", params=())
    for chosen in ("benchmarks", "benchmarks/build/deep.py"):
        ran = gate(report_of(found), chosen, "-v")
        ran.stdout.fnmatch_lines(["benchmarks/build/deep.py::build.deep.F.time_x PASS*"])


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("conv.time_function", "conv.py"),
        ("Here.time_x", "__init__.py"),
        ("package.Here.time_x", "package/__init__.py"),
        ("gone.Away.time_x", "gone.py"),
    ],
)
def test_a_benchmark_is_shown_in_the_file_that_declares_it(gate, project, name, place):
    (project.mkdir("benchmarks/package") / "__init__.py").touch()
    ran = gate(report_of(result(Verdict.PASS, name=name, params=())), "benchmarks", "-v")
    ran.stdout.fnmatch_lines([f"benchmarks/{place}::{name} PASS*"])


def test_a_file_that_pytest_reaches_without_its_folder_is_not_imported(gate, project):
    """Folders above ``--confcutdir`` are no nodes: pytest begins with the file itself."""
    deep = project.mkdir("benchmarks/deep")
    ran = gate(report_of(result(Verdict.PASS)), f"--confcutdir={deep}", "benchmarks/conv.py")
    ran.assert_outcomes(passed=1)


def test_tests_beside_the_suite_still_run(gate, project):
    project.makepyfile(test_other="def test_it(): pass")
    gate(report_of(result(Verdict.PASS)), ".").assert_outcomes(passed=2)


def test_a_regression_says_all_that_is_known(gate):
    found = result(
        Verdict.REGRESSION,
        reason="6.5% slower, at least 5.2%",
        confirmed=replace(EFFECT, ratio=1.06, pairs=1),
        tail=replace(EFFECT, ratio=1.07, high=float("inf")),
        explanation={"differences": ["threads 2 -> 1"]},
    )
    ran = gate(report_of(found), "benchmarks", "-v")
    ran.assert_outcomes(failed=1)
    assert ran.ret == 1
    ran.stdout.fnmatch_lines(
        [
            "*conv.Forward.time_layer[[]a.1-2-cpu-1] REGRESSION*",
            "*_ benchmark conv.Forward.time_layer[[]a.1-2-cpu-1] _*",
            "regression: 6.5% slower, at least 5.2%",
            "  baseline   1.23 ms, main (01234567)",
            "  contender  1.31 ms, work tree",
            "  ratio      1.065: +6.5% (95% interval +5.2% to +7.8%, 12 pairs)",
            "  confirmed  1.060: +6.0% (95% interval +5.2% to +7.8%, 1 pair)",
            "  means      1.070: +7.0% (95% interval over +5.2%, 12 pairs)",
            "  threshold  1.030",
            "  differs    threads 2 -> 1",
            "  repeat     cnnfc gate main --bench time_layer",
        ],
        consecutive=False,
    )
    assert "Traceback" not in ran.stdout.str()
    assert "pytest_plugin" not in ran.stdout.str()


def test_what_the_contender_breaks_is_an_error_with_what_it_wrote(gate):
    found = result(
        Verdict.BROKEN,
        failed_on=("contender",),
        failure="Traceback\nValueError: no",
        effect=None,
        baseline=None,
        contender=None,
    )
    ran = gate(report_of(found, result(Verdict.PASS, params=("'b'",))), "benchmarks", "-v")
    ran.assert_outcomes(errors=1, passed=1)
    assert ran.ret == 1
    ran.stdout.fnmatch_lines(
        [
            "*conv.Forward.time_layer[[]a.1-2-cpu-1] BROKEN*",
            "broken: the reason",
            "  it wrote   Traceback",
            "             ValueError: no",
        ]
    )


@pytest.mark.parametrize("failed_on", [("baseline",), ("baseline", "contender")])
def test_what_the_baseline_broke_already_is_skipped(gate, failed_on):
    found = result(Verdict.BROKEN, failed_on=failed_on, failure="first\nValueError: no")
    ran = gate(report_of(found))
    ran.assert_outcomes(skipped=1)
    ran = gate(report_of(found), "benchmarks", "-rs")
    ran.stdout.fnmatch_lines(
        ["BROKEN * benchmarks/conv.py::conv.*[[]a.1-2-cpu-1]: the reason: ValueError: no"]
    )


DOUBTFUL = [Verdict.INCONCLUSIVE, Verdict.MACHINE_MOVED, Verdict.MISSING]


@pytest.mark.parametrize("verdict", [*DOUBTFUL, Verdict.NEW])
def test_what_cannot_be_judged_is_skipped_with_the_reason(gate, verdict):
    passed = result(Verdict.PASS, params=())
    ran = gate(report_of(result(verdict), passed), "benchmarks", "-v", "-rs")
    ran.assert_outcomes(passed=1, skipped=1)
    assert ran.ret == 0
    ran.stdout.fnmatch_lines(
        [
            f"*conv.Forward.time_layer[[]a.1-2-cpu-1] {verdict.value.upper()} *",
            f"{verdict.value.upper()} * benchmarks/conv.py::conv.*cpu-1]: the reason",
        ]
    )


@pytest.mark.parametrize("verdict", DOUBTFUL)
def test_a_strict_gate_fails_on_what_cannot_be_judged(gate, verdict):
    fake = FakeGate(report_of(result(verdict), strict=True))
    ran = gate(fake, "benchmarks", "--gate-strict")
    ran.assert_outcomes(failed=1)
    assert fake.options.strict


def test_a_strict_gate_lets_a_new_benchmark_in(gate):
    fake = FakeGate(report_of(result(Verdict.NEW), strict=True))
    gate(fake, "benchmarks", "--gate-strict").assert_outcomes(skipped=1)


def test_a_waived_regression_is_an_expected_failure(gate):
    found = report_of(result(Verdict.REGRESSION, waived_by="conv.*"))
    ran = gate(found, "benchmarks", "-v", "-rx")
    ran.assert_outcomes(xfailed=1)
    assert ran.ret == 0
    ran.stdout.fnmatch_lines(["*cpu-1] WAIVED *", "WAIVED *the reason (waived by 'conv.[*]')"])
    gate(found, "benchmarks", "--runxfail").assert_outcomes(failed=1)


def test_a_benchmark_that_both_sides_skip_gives_its_reason(gate):
    found = report_of(
        result(Verdict.PASS),
        skipped=(SkippedBenchmark("conv.G.time_x", ("'cuda-0'",), "no such device here"),),
    )
    ran = gate(found, "benchmarks", "-rs")
    ran.assert_outcomes(passed=1, skipped=1)
    ran.stdout.fnmatch_lines(["SKIPPED * benchmarks/conv.py::conv.G*: no such device here"])


def test_a_benchmark_without_a_result_fails(gate):
    fake = FakeGate(report_of(result(Verdict.PASS), result(Verdict.PASS, params=())))
    fake.report = report_of(result(Verdict.PASS))
    ran = gate(fake)
    ran.assert_outcomes(passed=1, failed=1)
    ran.stdout.fnmatch_lines(["the gate ended without a result for this benchmark"])


def test_a_gate_that_measured_nothing_is_never_green(gate):
    skipped = SkippedBenchmark("conv.G.time_x", ("'cuda-0'",), "no such device here")
    ran = gate(report_of(skipped=(skipped,)))
    ran.assert_outcomes(skipped=1)
    assert ran.ret == 1
    ran.stdout.fnmatch_lines(["nothing was measured, so this run fails"])


def test_junit_has_verdict_ratio_and_interval(gate, project):
    gate(report_of(result(Verdict.REGRESSION)), "benchmarks", "--junitxml=out.xml")
    case = ET.fromstring((project.path / "out.xml").read_text()).find(".//testcase")  # noqa: S314
    assert case.get("name") == "conv.Forward.time_layer[a.1-2-cpu-1]"
    assert case.find("failure") is not None
    assert {p.get("name"): p.get("value") for p in case.iter("property")} == {
        "verdict": "regression",
        "ratio": "1.0648",
        "ratio_low": "1.0521",
        "ratio_high": "1.0782",
        "confidence": "0.95",
        "pairs": "12",
    }


def test_every_option_reaches_the_gate(gate, project):
    fake = FakeGate(report_of(result(Verdict.PASS)))
    options = (
        "--gate-head topic --gate-bench conv --gate-bench dense --gate-strict --gate-selftest "
        "--gate-seed 5 --gate-threshold 5% --gate-here --gate-baseline-with torch==2.12 "
        "--gate-contender-with torch==2.13 --gate-out there"
    )
    gate(fake, "benchmarks", *options.split(), "--gate-budget", "10 min")
    assert fake.options == GateOptions(
        base="main",
        head="topic",
        bench=("conv", "dense"),
        budget=600.0,
        strict=True,
        selftest=True,
        seed=5,
        threshold=0.05,
        here=True,
        baseline_with=("torch==2.12",),
        contender_with=("torch==2.13",),
        out=project.path / "there",
        command=fake.options.command,
    )
    assert fake.options.command.startswith("pytest ")
    assert "--gate-budget '10 min'" in fake.options.command


def test_every_option_of_the_command_has_its_twin():
    parser = argparse.ArgumentParser(add_help=False)
    gate_command.COMMAND.add_options(parser)
    options = {name for action in parser._actions for name in action.option_strings}
    # What pytest has ways of its own for: the base is --gate itself, JSON is in the outputs.
    assert {f"--{name}" for name in pytest_plugin._OPTIONS} == options - {"--json"} | {"--head"}


def test_without_options_the_gate_has_its_own_defaults(gate):
    fake = FakeGate(report_of(result(Verdict.PASS)))
    gate(fake)
    assert replace(fake.options, command="") == GateOptions(base="main")


def test_a_moved_machine_and_notes_are_shown(gate):
    canary = CanaryResult("gemm", EFFECT, 0.1, moved=True, reason="the product drifted by 10%")
    found = report_of(result(Verdict.PASS), canaries=(canary,), notes=("torch differs",))
    gate(found).stdout.fnmatch_lines(["*the product drifted by 10%*", "torch differs"])


def test_a_quiet_session_hears_no_progress(gate):
    ran = gate(report_of(result(Verdict.PASS)), "benchmarks", "-q")
    assert "preparing both sides" not in ran.stdout.str()


def test_an_interrupted_gate_ends_as_interrupted(gate):
    ran = gate(report_of(result(Verdict.PASS), finished_at=None))
    assert ran.ret == pytest.ExitCode.INTERRUPTED
    ran.stdout.fnmatch_lines(["*the gate was interrupted*"])


def test_a_gate_that_cannot_be_opened_is_a_usage_error(gate, project, monkeypatch):
    def refuse(options, out, *, start=None):
        raise UsageError("there is no commit 'main': fetch it")

    fake = FakeGate(report_of(result(Verdict.PASS)))
    fake.open = refuse
    ran = gate(fake)
    assert ran.ret == pytest.ExitCode.USAGE_ERROR
    ran.stderr.fnmatch_lines(["ERROR: there is no commit 'main': fetch it"])


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (DataError("a damaged file"), pytest.ExitCode.USAGE_ERROR),
        (NothingMeasured("nothing was measured"), pytest.ExitCode.TESTS_FAILED),
    ],
)
def test_a_gate_that_fails_says_so_without_a_traceback(gate, error, status):
    fake = FakeGate(report_of(result(Verdict.PASS)))
    fake.fails_with = error
    ran = gate(fake)
    assert ran.ret == status
    assert str(error) in ran.stdout.str() + ran.stderr.str()
    assert "Traceback" not in ran.stdout.str() + ran.stderr.str()
    assert fake.closed


def test_a_bad_budget_is_a_usage_error(gate):
    ran = gate(report_of(result(Verdict.PASS)), "benchmarks", "--gate-budget", "soon")
    assert ran.ret == pytest.ExitCode.USAGE_ERROR
    ran.stderr.fnmatch_lines(["ERROR: 'soon' is not a time budget*"])


def test_tests_alone_are_refused(gate, project):
    project.makepyfile(test_other="def test_it(): pass")
    ran = gate(report_of(result(Verdict.PASS)), "test_other.py")
    assert ran.ret == pytest.ExitCode.USAGE_ERROR
    ran.stderr.fnmatch_lines(["*none of them is asked for: run pytest benchmarks --gate main"])


def test_no_project_is_a_usage_error(gate, project):
    (project.path / "asv.conf.json").unlink()
    ran = gate(report_of(result(Verdict.PASS)))
    assert ran.ret == pytest.ExitCode.USAGE_ERROR
    ran.stderr.fnmatch_lines(["ERROR: no asv.conf.json in *"])


def test_options_of_a_gate_without_a_base_are_refused(project):
    ran = project.runpytest_inprocess("benchmarks", "--gate-baseline-with", "torch==2.12")
    assert ran.ret == pytest.ExitCode.USAGE_ERROR
    ran.stderr.fnmatch_lines(
        ["ERROR: --gate-baseline-with needs the commit to compare with: add --gate BASE"]
    )


XDIST = """
def pytest_addoption(parser):
    group = parser.getgroup("xdist")
    group._addoption("-n", "--numprocesses", dest="numprocesses", type=int)
    group.addoption("--dist", dest="dist", default="no")
    group.addoption("--tx", dest="tx", action="append", default=[])
"""


@pytest.mark.parametrize("option", ["-n2", "--dist=load", "--tx=popen"])
def test_xdist_is_refused(gate, project, option):
    project.makeconftest(XDIST)
    ran = gate(report_of(result(Verdict.PASS)), "benchmarks", option)
    assert ran.ret == pytest.ExitCode.USAGE_ERROR
    ran.stderr.fnmatch_lines(["ERROR: --gate measures in one process*add -n 0"])
    gate(report_of(result(Verdict.PASS)), "benchmarks", "-n0").assert_outcomes(passed=1)


def test_a_broken_test_elsewhere_stops_the_gate_before_it_measures(gate, project):
    project.makepyfile(test_other="syntax error")
    fake = FakeGate(report_of(result(Verdict.PASS)))
    assert gate(fake, ".").ret == pytest.ExitCode.INTERRUPTED
    assert fake.asked == []


def test_items_fail_exactly_where_the_gate_is_red():
    for verdict in Verdict:
        for failed_on in ((), ("contender",), ("baseline", "contender")):
            for waived_by in (None, "x"):
                found = result(verdict, failed_on=failed_on, waived_by=waived_by)
                report = report_of(found)
                red = report.exit_code == 1
                assert (outcomes.outcome(found, report) in ("failed", "error")) == red


SLOWED = "conv.Forward.time_layer[slowed]"


def self_test(of_slowed, of_other=Verdict.PASS, **fields):
    return report_of(
        result(of_slowed, params=("'slowed'",), waived_by=fields.pop("waived_by", None)),
        result(of_other, params=("'other'",)),
        **({"selftest": (SLOWED,)} | fields),
    )


def test_a_self_test_that_works_is_green(gate):
    ran = gate(self_test(Verdict.REGRESSION), "benchmarks", "--gate-selftest", "-rx")
    ran.assert_outcomes(xfailed=1, passed=1)
    assert ran.ret == 0
    ran.stdout.fnmatch_lines(["*found, as it was slowed down on purpose: the reason*"])


@pytest.mark.parametrize("missed", [Verdict.PASS, Verdict.INCONCLUSIVE, Verdict.BROKEN])
def test_a_gate_that_misses_what_was_slowed_down_fails_its_self_test(gate, missed):
    ran = gate(self_test(missed), "benchmarks", "--gate-selftest")
    ran.assert_outcomes(failed=1, passed=1)
    assert ran.ret == 1
    ran.stdout.fnmatch_lines(["*not found, although it was slowed down on purpose: the reason"])
    ran.stdout.fnmatch_lines(["the gate failed its self-test, so this run fails"])


def test_a_gate_that_accuses_what_was_not_slowed_down_fails_its_self_test(gate):
    ran = gate(self_test(Verdict.REGRESSION, Verdict.REGRESSION), "benchmarks", "--gate-selftest")
    ran.assert_outcomes(xfailed=1, failed=1)
    assert ran.ret == 1


def test_what_fails_on_one_of_two_equal_sides_fails_the_self_test(gate):
    broken = result(Verdict.BROKEN, params=("'b'",), failed_on=("contender",))
    found = self_test(Verdict.REGRESSION)
    ran = gate(replace(found, benchmarks=(*found.benchmarks, broken)))
    ran.assert_outcomes(xfailed=1, passed=1, errors=1)
    assert ran.ret == 1


def test_a_gate_that_decided_nothing_is_never_green(gate):
    ran = gate(report_of(result(Verdict.INCONCLUSIVE)))
    ran.assert_outcomes(skipped=1)
    assert ran.ret == 1
    ran.stdout.fnmatch_lines(["no benchmark was decided, so this run fails"])


def test_a_self_test_without_anything_measured_is_never_green(gate):
    skipped = SkippedBenchmark("conv.G.time_x", ("'cuda-0'",), "no such device here")
    ran = gate(report_of(skipped=(skipped,), selftest=()), "benchmarks", "--gate-selftest")
    ran.assert_outcomes(skipped=1)
    assert ran.ret == 1
    ran.stdout.fnmatch_lines(["nothing was measured, so this run fails"])


def test_a_self_test_ends_as_that_of_the_command(gate):
    """Whatever is found and however strict, of two benchmarks."""
    for first in Verdict:
        for second in Verdict:
            report = self_test(first, second, strict=True)
            said = [outcomes.outcome(one, report) for one in report.benchmarks]
            assert ("failed" in said) == (report.exit_code == 1), (first, second)


def test_a_machine_that_moved_is_a_warning(gate):
    found = report_of(result(Verdict.MACHINE_MOVED), result(Verdict.PASS, params=()))
    said = "warning: the machine moved, so this run is no proof; --gate-strict fails it"
    ran = gate(found)
    assert ran.ret == 0
    ran.stdout.fnmatch_lines([said])
    ran = gate(replace(found, strict=True), "benchmarks", "--gate-strict")
    assert ran.ret == 1
    ran.stdout.no_fnmatch_line(said)


LOADED = """
import sys
def pytest_unconfigure():
    print("loaded", sorted(m for m in sys.modules if m.startswith("cnnfc")))
    print("heavy", sorted({"torch", "numpy", "asv", "asv_runner", "psutil"} & set(sys.modules)))
"""


def test_other_projects_pay_for_one_small_module(pytester):
    """A process of its own, with the plugin as an installation has it."""
    pytester.makeconftest(LOADED)
    pytester.makepyfile("def test_it(): pass")
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-m", "pytest", "-q"],
        cwd=pytester.path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "loaded ['cnnfc', 'cnnfc.pytest_plugin']" in ran.stdout
    assert "heavy []" in ran.stdout


def test_pytest_finds_the_plugin_where_cnnfc_is_installed():
    from importlib.metadata import entry_points

    (point,) = (e for e in entry_points(group="pytest11") if e.name == "cnnfc")
    assert Path(point.load().__file__).parent.name == "pytest_plugin"
