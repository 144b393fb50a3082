import io

import pytest

from cnnfc.harness.events import EnvironmentNamed, Message, PointEnded, PointStarted
from cnnfc.harness.pace import Pace
from cnnfc.harness.progress import Progress
from cnnfc.harness.suite import Benchmark, Suite
from cnnfc.harness.watch import ChunkWatch, Watch
from cnnfc.records import Outcome

BENCHMARK = Benchmark("a.time_b", ("n",), (("1", "2", "3"),), rounds=2, seconds=1.0)
ONE, TWO, CANARY = BENCHMARK.points


@pytest.fixture
def progress():
    return Progress(io.StringIO(), clock=lambda: 0.0)


@pytest.fixture
def watch(progress):
    progress.done, progress.total = 10, 12
    pace = Pace(Suite({"a.time_b": BENCHMARK}))
    return ChunkWatch(progress, pace, [ONE, TWO], [CANARY], seconds_later=100.0)


def test_it_keeps_the_environments_and_the_errors(progress):
    watch = Watch(progress)
    watch(EnvironmentNamed("e"))
    watch(EnvironmentNamed("e"))
    watch(Message("ERROR", "bad"))
    watch(Message("INFO", "fine"))
    assert list(watch.environments) == ["e"]
    assert watch.errors == ["bad"]
    assert watch.seconds_left is None


@pytest.mark.parametrize(
    ("message", "label"),
    [
        ("Creating virtualenv for e", "making the environment"),
        ("Building 1234 for e", "building"),
        ("Installing 1234 into e", "installing (takes minutes the first time, for torch)"),
        ("Something new", "starting asv"),
    ],
)
def test_it_says_what_asv_is_at_in_plain_words(progress, message, label):
    watch = Watch(progress)
    watch(Message("INFO", message))
    assert watch.label == label


def test_it_names_the_point_that_is_being_measured(watch):
    watch(PointStarted(ONE))
    assert watch.label == "a.time_b 1"


def test_a_point_counts_by_the_part_of_its_processes_that_have_ended(watch):
    seen = []
    for point in (ONE, TWO, ONE, TWO):
        watch(PointEnded(point, Outcome.MEASURED, 1.0))
        seen.append(watch.progress.done)
    assert seen == [10, 11, 11, 12]


def test_readings_of_canaries_take_time_but_count_for_nothing(watch):
    assert watch.seconds_left == 106.0
    watch(PointEnded(CANARY, Outcome.MEASURED, 1.0))
    assert watch.progress.done == 10
    assert watch.seconds_left == 105.0


def test_time_left_follows_what_points_really_take(watch):
    watch(PointEnded(ONE, Outcome.MEASURED, 5.0))
    # 5 processes to come, each expected to take what the only one seen took.
    assert watch.seconds_left == 125.0


def test_skips_and_failures_teach_nothing_about_time(watch):
    watch(PointEnded(ONE, Outcome.SKIPPED, 0.01))
    watch(PointEnded(ONE, Outcome.FAILED, 60.0))
    assert watch.pace.once(ONE) == 1.0
    assert watch.seconds_of_points == pytest.approx(60.01)


def test_time_going_by_changes_nothing(watch):
    watch(PointStarted(ONE))
    watch(None)
    assert watch.label == "a.time_b 1"
