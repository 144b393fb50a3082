import io
import json

import pytest

from cnnfc.harness.calls import Caller
from cnnfc.harness.pace import Pace
from cnnfc.harness.progress import Progress
from cnnfc.harness.repository import Commit
from cnnfc.harness.session import CallFailed, Tally, Target, measure, prepare
from cnnfc.machine import record
from cnnfc.machine.record import Note
from testkit import projects


@pytest.fixture
def session(project):
    """A prepared commit of the project; calling it measures points by their names."""

    class Session:
        def __init__(self):
            self.out = io.StringIO()
            self.progress = Progress(self.out)
            self.caller = Caller(project.asv(), "m", "standard")
            self.commit = Commit(project.first)
            self.tally = Tally()
            self.target = Target(
                self.commit,
                projects.ENVIRONMENT,
                "m",
                project.root / "results",
                project.root / "hardware" / "m" / "r.json",
            )
            self.prepare()

        def prepare(self):
            results = project.root / "results"
            self.environments, self.suite = prepare(
                self.caller, self.commit, results, self.progress
            )
            self.points = [p for p in self.suite.points if "Canary" not in p.benchmark]
            self.canaries = [p for p in self.suite.points if "Canary" in p.benchmark]
            self.pace = Pace(self.suite)

        def __call__(self, missing, canaries=(), **options):
            measure(
                self.target,
                missing,
                canaries,
                self.tally,
                caller=self.caller,
                pace=self.pace,
                progress=self.progress,
                **options,
            )

        def stored(self, name):
            content = json.loads(self.target.result.read_text())
            return content["results"][name]

    return Session()


def many(count):
    return projects.suite(
        projects.benchmark("dense.Forward.time_layer", [f"dense.{n}-2" for n in range(1, count)]),
        projects.benchmark("hardware.CanaryGemm.track_flops", ["gemm.2048"]),
    )


def test_preparing_tells_the_environments_and_the_suite(session):
    assert session.environments == (projects.ENVIRONMENT,)
    assert sorted(session.suite.benchmarks) == sorted(projects.SUITE)


def test_what_is_measured_is_counted_and_stored(session, project):
    session(session.points)
    assert (session.tally.measured, session.tally.skipped, session.tally.failures) == (4, 0, [])
    assert len(project.calls()) == 1


def test_chunks_are_separate_calls_that_add_up_in_one_file(session, project):
    project.tell(benchmarks=many(21))
    session.prepare()
    # 40 points of 0.25 s each, as the fake says, once the first chunk has taught it.
    session(session.points, chunk_seconds=3.0)
    assert len(project.calls()) > 2
    assert session.tally.measured == 40
    assert len(project.results()) == 1
    assert session.stored("dense.Forward.time_layer")[0] == [1.5] * 40


def test_canaries_are_read_in_the_first_the_middle_and_the_last_chunk(session, project):
    project.tell(benchmarks=many(21))
    session.prepare()
    session(session.points + session.canaries, session.canaries, chunk_seconds=2.0)
    read = ["Canary" in " ".join(call["arguments"]) for call in project.calls()]
    assert len(read) >= 4
    assert (read[0], read[-1], sum(read)) == (True, True, 3)
    samples = session.stored("hardware.CanaryGemm.track_flops")[11]
    assert [len(values) for values in samples] == [3, 3]
    assert session.tally.measured == 42


def test_a_single_chunk_reads_the_canaries_once(session, project):
    session(session.points + session.canaries, session.canaries)
    assert len(project.calls()) == 1
    assert "--append-samples" not in project.calls()[0]["arguments"]


def test_a_resumed_run_adds_to_the_canaries_it_finds(session, project):
    session(session.points[:2] + session.canaries, session.canaries)
    session(session.points[2:], session.canaries)
    assert "--append-samples" in project.calls()[1]["arguments"]
    assert [len(v) for v in session.stored("hardware.CanaryGemm.track_flops")[11]] == [2, 2]
    assert session.tally.measured == 6


def test_missing_canaries_alone_are_one_call(session, project):
    session(session.canaries, session.canaries)
    assert len(project.calls()) == 1
    assert session.tally.measured == 2


def test_canaries_that_cannot_be_measured_are_not_read_again(session, project):
    project.tell(
        benchmarks=many(21),
        outcomes={"hardware.CanaryGemm.track_flops('gemm.2048', 'cpu-2')": "skipped"},
    )
    session.prepare()
    session(session.points + session.canaries, session.canaries, chunk_seconds=2.0)
    last = project.calls()[-1]["arguments"][-1]
    assert "Canary" in last
    assert "cpu\\-2" not in last
    assert session.tally.skipped == 1


def test_a_failure_carries_what_was_printed(session, project):
    project.tell(outcomes={"dense.Forward.time_layer('dense.2-3', 'cpu-1')": "failed"})
    session(session.points)
    (failure,) = session.tally.failures
    assert failure.point.label == "dense.Forward.time_layer dense.2-3 cpu-1"
    assert failure.reason == "ValueError: boom"
    assert session.tally.measured == 3


def test_a_skip_is_noted_in_the_hardware_record(session, project):
    project.tell(outcomes={"dense.Forward.time_layer('dense.2-3', 'cpu-1')": "skipped"})
    session(session.points)
    found = record.read(session.target.record)
    reason = "dense.Forward.time_layer('dense.2-3', 'cpu-1') is impossible"
    assert found.notes == (Note(reason, "dense.Forward.time_layer", "dense.2-3", "cpu-1"),)
    assert found.commit == session.commit.hash


def test_outcomes_are_read_from_the_file_even_if_asv_tells_nothing(session, project):
    project.tell(
        silent=True,
        outcomes={
            "dense.Forward.time_layer('dense.2-3', 'cpu-1')": "skipped",
            "dense.Forward.time_layer('dense.2-3', 'cpu-2')": "failed",
        },
    )
    session(session.points)
    tally = session.tally
    assert (tally.measured, tally.skipped, len(tally.failures)) == (2, 1, 1)
    assert tally.failures[0].reason == "no reason was printed"


def test_a_device_that_turns_out_to_be_missing_is_given_up_after_the_first_chunk(session, project):
    devices = ("cpu-1", "xpu-0")
    names = [f"dense.{n}-2" for n in range(1, 21)]
    entry = projects.benchmark("dense.Forward.time_layer", names, devices)
    skipped = {f"dense.Forward.time_layer({name!r}, 'xpu-0')": "skipped" for name in names}
    project.tell(benchmarks=projects.suite(entry), outcomes=skipped)
    session.prepare()
    # What the suite's setup_cache does first thing.
    record.begin(
        project.root,
        commit=None,
        environment=None,
        profile=None,
        software=None,
        notes=[Note("no such device", device="xpu-0")],
        path=session.target.record,
    )
    session.progress.total = len(session.points)
    session(session.points, chunk_seconds=2.0)
    assert len(project.calls()) > 2
    assert all("xpu" not in " ".join(c["arguments"]) for c in project.calls()[1:])
    assert session.tally.measured == 20
    assert session.progress.done == session.progress.total


def test_a_call_that_breaks_down_ends_the_commit_and_keeps_the_chunks_before(session, project):
    project.tell(benchmarks=many(21), crash_in=2)
    session.prepare()
    with pytest.raises(CallFailed, match="asv itself broke down") as caught:
        session(session.points, chunk_seconds=3.0)
    assert caught.value.log.read_text().startswith("\n$ asv run")
    assert 0 < session.tally.measured < 40
    stored = session.stored("dense.Forward.time_layer")[0]
    assert stored.count(1.5) == session.tally.measured


def test_an_interrupt_keeps_the_chunks_before(session, project):
    project.tell(benchmarks=many(21), interrupt_in=2)
    session.prepare()
    with pytest.raises(KeyboardInterrupt):
        session(session.points, chunk_seconds=3.0)
    stored = session.stored("dense.Forward.time_layer")[0]
    assert 0 < stored.count(1.5) == session.tally.measured < 40


def test_a_commit_that_cannot_be_built_says_why(session, project):
    text = "Error running python -m pip wheel . (exit status 1)\nSTDERR -------->\nno backend\n"
    project.tell(broken={project.first: text})
    with pytest.raises(CallFailed, match=r"it cannot be built \(exit status 1\)") as caught:
        session.prepare()
    assert caught.value.lines == ("no backend",)


def test_asv_is_not_left_to_try_another_commit_in_its_place(session, project):
    text = "Error running python benchmark.py discover /b (exit status 1)\nSTDERR -------->\noops\n"
    project.tell(broken={project.first: text}, falls_back=True)
    with pytest.raises(CallFailed, match="the suite in benchmarks/ cannot be imported"):
        session.prepare()
