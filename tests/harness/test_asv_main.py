"""Runs the program against the installed asv: what it replaces there must still be there."""

import importlib.util
import json
import math
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import asv.results
import asv.runner
import asv.util
import pytest

from cnnfc.harness import here
from cnnfc.harness.events import EnvironmentNamed, Message, PointEnded, PointStarted
from cnnfc.harness.process import PROGRAM, Asv
from cnnfc.harness.stored import read_stored, result_path
from cnnfc.harness.suite import read_suite
from cnnfc.machine.asv_file import register
from cnnfc.machine.identity import Identity
from cnnfc.records import Outcome
from testkit import projects

NAME = "b.Suite.time_it"
BENCHMARK = """
import json, os, sys
from asv_runner.benchmarks.mark import SkipNotImplemented

class Suite:
    params = [["fine", "skip", "fail"], ["cpu-1", "cpu-2"]]
    param_names = ["case", "device"]
    rounds = 2
    repeat = 1
    number = 1
    warmup_time = 0
    version = "1"

    def time_it(self, case, device):
        if case == "skip":
            print("cnnfc: skipped skip on cpu: not today", file=sys.stderr)
            raise SkipNotImplemented("not today")
        if case == "fail":
            raise ValueError("boom")
        with open(os.environ["SEEN"], "w") as file:
            json.dump(dict(os.environ), file)
"""


@pytest.fixture(scope="module")
def program():
    """The program as a module, to look at its parts."""
    spec = importlib.util.spec_from_file_location("asv_main_under_test", PROGRAM[-1])
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Ran:
    """A project in which real asv listed the suite and then measured it all but one point."""

    def __init__(self, folder):
        root = folder / "project"
        root.mkdir()
        project = projects.Project(root)
        project.write("benchmarks/b.py", BENCHMARK)
        project.write(
            "asv.conf.json",
            '{"version": 1, "project": "p", "repo": ".", "branches": ["main", "gone"],'
            ' "launch_method": "forkserver"}',
        )
        self.commit = project.commit("suite")
        register(Identity(cpu_model="Test"), folder / ".asv-machine.json")
        self.machine = Identity(cpu_model="Test").name
        self.root, self.seen = root, folder / "seen.json"
        variables = {"HOME": str(folder), "SEEN": str(self.seen), "CNNFC_COMMIT": self.commit}
        runner = Asv(root, folder / "asv.log", variables=variables)
        common = ["--set-commit-hash", self.commit, "--machine", self.machine, "-E", "here"]
        self.listed, self.heard = [], []
        self.list_status = runner.run(
            ["run", *common, "--bench", "just-discover"], self.listed.append
        )
        points = r"time_it\('(?:fine|skip|fail)', 'cpu-1'\)|'fine', 'cpu-2'"
        self.status = runner.run(
            ["run", *common, "--record-samples", "--show-stderr", "--bench", points],
            self.heard.append,
            variables={"CNNFC_LISTED": "1"},
        )
        self.log = runner.log.read_text()
        self.result = result_path(
            root / "results", self.machine, self.commit, here.environment_name()
        )


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    return Ran(tmp_path_factory.mktemp("ran"))


def test_asv_lists_the_suite(ran):
    assert ran.list_status == 0, ran.log
    suite = read_suite(ran.root / "results" / "benchmarks.json")
    assert suite.benchmarks[NAME].rounds == 2
    assert len(suite.points) == 6


def test_the_environment_is_told_by_the_name_that_cnnfc_expects(ran):
    names = [event.name for event in ran.listed if isinstance(event, EnvironmentNamed)]
    assert names == [here.environment_name()]


def test_every_process_of_every_selected_point_is_told(ran):
    started = [e.point.values for e in ran.heard if isinstance(e, PointStarted)]
    ended = [(e.point.values, e.outcome) for e in ran.heard if isinstance(e, PointEnded)]
    a_round = [
        (("fine", "cpu-1"), Outcome.MEASURED),
        (("fine", "cpu-2"), Outcome.MEASURED),
        (("skip", "cpu-1"), Outcome.SKIPPED),
        (("fail", "cpu-1"), Outcome.FAILED),
    ]
    assert ended == a_round * 2
    assert started == [values for values, _ in ended]
    assert all(e.point.benchmark == NAME for e in ran.heard if isinstance(e, PointEnded))


def test_the_end_of_a_point_carries_what_it_printed(ran):
    ended = {e.point.values[0]: e for e in ran.heard if isinstance(e, PointEnded)}
    assert "ValueError: boom" in ended["fail"].output
    assert ended["fail"].status == 1
    assert "cnnfc: skipped skip on cpu: not today" in ended["skip"].output
    assert ended["skip"].status == 0
    assert ended["fine"].seconds > 0


def test_a_failed_benchmark_gives_the_status_that_still_stores(ran):
    assert ran.status == 2, ran.log


def test_results_lie_where_cnnfc_looks_and_mean_what_it_thinks(ran):
    stored = read_stored(ran.result, read_suite(ran.root / "results" / "benchmarks.json"))
    assert {point.values: outcome for point, outcome in stored.items()} == {
        ("fine", "cpu-1"): Outcome.MEASURED,
        ("fine", "cpu-2"): Outcome.MEASURED,
        ("skip", "cpu-1"): Outcome.SKIPPED,
        ("skip", "cpu-2"): Outcome.SKIPPED,
        ("fail", "cpu-1"): Outcome.FAILED,
        ("fail", "cpu-2"): Outcome.SKIPPED,
    }


def test_no_path_of_the_interpreter_is_stored(ran):
    text = ran.result.read_text()
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert json.loads(text)["python"] == version
    assert sys.prefix not in text


def test_benchmarks_see_the_variables_but_not_the_events(ran):
    seen = json.loads(ran.seen.read_text())
    assert seen["CNNFC_COMMIT"] == ran.commit
    assert "CNNFC_EVENTS" not in seen


def test_asvs_messages_are_told(ran):
    texts = [event.text for event in ran.listed if isinstance(event, Message)]
    assert "Discovering benchmarks" in texts


def test_a_suite_that_is_listed_already_is_not_read_again(ran):
    texts = [event.text for event in ran.heard if isinstance(event, Message)]
    assert "Discovering benchmarks" not in texts
    assert any("(1 commits * 1 environments * 1 benchmarks)" in text for text in texts)


def test_no_temporary_file_is_left(ran):
    assert not list(ran.root.rglob("*.tmp"))


@pytest.fixture(scope="module")
def told(ran, tmp_path_factory):
    """The result file of the same suite in a copy of its files, measured without any git."""
    folder = tmp_path_factory.mktemp("told")
    root = folder / "copy"
    shutil.copytree(ran.root, root, ignore=shutil.ignore_patterns(".git", "results"))
    (folder / ".asv-machine.json").write_text((ran.seen.parent / ".asv-machine.json").read_text())
    (folder / "no-git").mkdir()
    runner = Asv(
        root,
        folder / "asv.log",
        variables={
            "HOME": str(folder),
            "SEEN": str(folder / "seen.json"),
            "PATH": str(folder / "no-git"),
            "CNNFC_COMMIT_DATE": "1714979289000",
        },
    )
    common = ["--set-commit-hash", "5" * 40, "--machine", ran.machine, "-E", "here"]
    expression = r"time_it\('fine', 'cpu-1'\)"
    status = runner.run(["run", *common, "--bench", expression], lambda _: None)
    assert status == 0, runner.log.read_text()
    path = result_path(root / "results", ran.machine, "5" * 40, here.environment_name())
    return json.loads(path.read_text())


def test_without_git_commit_and_date_are_the_callers_word(told):
    assert (told["commit_hash"], told["date"]) == ("5" * 40, 1714979289000)
    assert told["results"][NAME][0][0] > 0


def test_a_point_is_found_from_its_number_as_asv_counts(program):
    benchmark = {"params": [["a", "b"], ["x", "y", "z"]]}
    assert [program.parameters(benchmark, n) for n in range(6)] == [
        ["a", "x"],
        ["a", "y"],
        ["a", "z"],
        ["b", "x"],
        ["b", "y"],
        ["b", "z"],
    ]
    assert program.parameters({"params": []}, 0) == []


@pytest.mark.parametrize(
    ("result", "status", "outcome"),
    [
        (True, 0, "measured"),
        (3.5, 0, "measured"),
        (0.0, 0, "measured"),
        (float("nan"), 0, "skipped"),
        (None, 0, "failed"),
        (None, -256, "failed"),
    ],
)
def test_outcomes_are_judged_as_asv_stores_them(program, result, status, outcome):
    assert program.judge(result, status) == outcome


def test_a_case_that_is_added_later_is_not_measured_rather_than_failed(program, monkeypatch):
    """Without the replacement asv stores null, its mark of a failure, for ``d``."""
    original = asv.results.Results.get_result_value
    monkeypatch.setattr(asv.results.Results, "get_result_value", original)
    program.keep_new_points_unmeasured()
    stored = asv.results.Results.unnamed()

    def add(cases, values, selected):
        result = asv.runner.BenchmarkResult(
            values, [None] * len(values), [None] * len(values), 0, "", None
        )
        benchmark = {"name": "b", "version": "1", "params": [cases]}
        stored.add_result(benchmark, result, selected_idx=selected)

    nan = float("nan")
    add(["a", "b"], [1.0, None], {0, 1})
    add(["a", "b", "c", "d"], [nan, nan, 3.0, nan], {2})
    values = stored.get_result_value("b", [["a", "b", "c", "d"]])
    assert values[:3] == [1.0, None, 3.0]
    assert math.isnan(values[3])


def test_a_caller_that_is_gone_ends_the_measuring(program):
    reader, writer = os.pipe()
    os.close(reader)
    events = program.Events(writer)
    with pytest.raises(KeyboardInterrupt):
        events.send("start")
    os.close(writer)
    # asv cleans up after the interrupt, and tells of it, undisturbed.
    events.send("message")


#: Runs the program with an asv that only waits; argv: the program.
WAITS = """
import importlib.util, sys, time

spec = importlib.util.spec_from_file_location("program", sys.argv[1])
program = importlib.util.module_from_spec(spec)
spec.loader.exec_module(program)

def wait():
    print("up", flush=True)
    time.sleep(20)

program.asv.main.main = wait
try:
    program.main()
except KeyboardInterrupt:
    sys.exit(7)
"""


@pytest.mark.parametrize("how", ["the caller ends", "the caller interrupts"])
def test_asv_can_be_interrupted_where_whoever_started_cnnfc_ignores_interrupts(how):
    """A script that is no terminal's ignores them for everything that it starts with ``&``."""
    reader, writer = os.pipe()
    with subprocess.Popen(
        ["sh", "-c", """trap '' INT; exec "$@" """, "sh", sys.executable, "-c", WAITS, PROGRAM[-1]],
        env={**os.environ, "CNNFC_EVENTS": str(writer)},
        pass_fds=(writer,),
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        os.close(writer)
        assert process.stdout.readline() == "up\n"
        if how == "the caller interrupts":
            process.send_signal(signal.SIGINT)
            assert process.wait(60) == 7
        os.close(reader)
        assert process.wait(60) == 7


def test_without_a_caller_nothing_is_told(program):
    program.Events(None).send("start")


def test_a_file_that_could_not_be_written_to_its_end_keeps_its_old_content(
    program, tmp_path, monkeypatch
):
    def half(path, *_, **__):
        Path(path).write_text("{")
        raise KeyboardInterrupt

    path = tmp_path / "result.json"
    path.write_text("old")
    monkeypatch.setattr(asv.util, "write_json", half)
    program.beside("asv_files").install()
    with pytest.raises(KeyboardInterrupt):
        asv.util.write_json(str(path), {}, 2, compact=True)
    assert path.read_text() == "old"


def test_a_file_is_written_as_asv_writes_it(program, tmp_path, monkeypatch):
    monkeypatch.setattr(asv.util, "write_json", asv.util.write_json)
    program.beside("asv_files").install()
    asv.util.write_json(str(tmp_path / "new" / "r.json"), {"a": 1}, 2, compact=True)
    assert json.loads((tmp_path / "new" / "r.json").read_text()) == {"a": 1, "version": 2}
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["r.json"]


def test_measured_numbers_are_cut_to_seven_digits_and_nothing_else_is(
    program, tmp_path, monkeypatch
):
    monkeypatch.setattr(asv.util, "write_json", asv.util.write_json)
    program.beside("asv_files").install()
    row = [[4.465959592584558e-05, float("nan"), None, float("inf")], [["'a'"]], 1795266287466]
    data = {"results": {"b": row}, "date": 1795266287466, "params": {"ram": "25276502016"}}
    asv.util.write_json(str(tmp_path / "r.json"), data, 2, compact=True)
    text = (tmp_path / "r.json").read_text()
    written = json.loads(text)
    assert written["results"]["b"][0][0] == 4.46596e-05
    assert "[[4.46596e-05, NaN, null, Infinity], [[\"'a'\"]], 1795266287466]" in text
    assert {name: written[name] for name in ("date", "params")} == {
        name: data[name] for name in ("date", "params")
    }


def test_asv_never_chooses_the_running_interpreter_by_itself(program):
    assert not program.HereEnvironment.matches("3.11")
    assert not program.HereEnvironment.matches("same")
