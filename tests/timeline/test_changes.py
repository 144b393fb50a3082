from dataclasses import replace
from datetime import UTC, datetime

import pytest

from cnnfc.records import BenchmarkInfo
from cnnfc.timeline.arrange import arrange
from cnnfc.timeline.changes import Direction, State, find_changes, look_for_changes
from testkit import edges
from testkit import histories as make

FORWARD = "conv.Forward.time_layer"
COPY = "hardware.CanaryCopy.track_bandwidth"
CASE = "conv2d.3-64.k3.hw32"
KEY = (FORWARD, CASE, "cpu-1")


@pytest.fixture
def found(grow):
    def find(levels, detect=edges.find_edges, between=lambda good, bad: None, **options):
        return find_changes(arrange(grow(levels, **options)), between, detect)

    return find


def test_a_change_has_its_commits_levels_and_sizes(found, step):
    (one,) = found({KEY: step(1.2)})
    assert one.series_key.machine == "oak"
    assert one.series_key.environment == "py3.11"
    assert (one.series_key.benchmark, *one.series_key.parameters) == KEY
    assert (one.last_good.commit, one.first_bad.commit) == (make.commit(6), make.commit(7))
    assert one.first_bad.date == datetime(2026, 3, 7, 12, tzinfo=UTC)
    assert one.ratio == pytest.approx(1.2)
    assert (one.low, one.high) == (pytest.approx(1.2 * 0.98), pytest.approx(1.2 * 1.02))
    assert one.p_value == 0.001
    assert (one.before, one.after) == (1e-3, pytest.approx(1.2e-3))
    assert (one.values_before, one.values_after, one.unit) == (6, 6, "seconds")
    assert one.size == pytest.approx(0.2)
    assert one.direction is Direction.SLOWER
    assert one.state is State.PRESENT


def test_a_flat_series_has_none(found, step):
    assert found({KEY: step(1.0)}) == ()


def test_the_range_is_that_of_the_measured_commits_around_the_place(found, step):
    (one,) = found({KEY: step(1.2)}, edges.detector(reach=1), skip={5, 8})
    assert one.last_good.commit == make.commit(6)
    assert one.earliest.commit == make.commit(6)
    assert one.latest.commit == make.commit(9)
    assert one.surely_good.commit == make.commit(4)


def test_git_is_asked_for_the_commits_between(found, step):
    asked = []

    def between(good, bad):
        asked.append((good, bad))
        return ("a", "b")

    (one,) = found({KEY: step(1.2)}, between=between, skip={5, 6})
    assert asked == [(make.commit(4), make.commit(7))]
    assert (one.unmeasured, one.between) == (2, ("a", "b"))


def test_without_git_the_number_of_commits_is_not_known(found, step):
    (one,) = found({KEY: step(1.2)})
    assert (one.unmeasured, one.between) == (None, ())


def test_a_lower_rate_is_worse_and_a_lower_time_is_better(found, step):
    (rate,) = found({(COPY, "copy.x4llc", "cpu-1"): step(0.8, level=1e10)})
    assert (rate.direction, rate.is_worse) == (Direction.SLOWER, True)
    (time,) = found({KEY: step(0.8)})
    assert (time.direction, time.is_worse) == (Direction.QUICKER, False)
    assert time.size == pytest.approx(0.2)


def test_the_id_is_of_the_series_and_the_first_bad_commit(found, step):
    (one,) = found({KEY: step(1.2)})
    (again,) = found({KEY: step(1.3)}, count=14)
    (other,) = found({(FORWARD, CASE, "cpu-2"): step(1.2)})
    (later,) = found({KEY: step(1.2, at=8)})
    (elsewhere,) = found({KEY: step(1.2)}, machine="elm")
    assert again.id == one.id
    assert len({one.id, other.id, later.id, elsewhere.id}) == 4
    # Written into issues and file names: it must never be computed otherwise.
    assert one.id == "4r5l6o7a"


def test_worse_and_still_so_comes_first_then_what_has_gone_then_what_is_better(found, step):
    def key(device):
        return FORWARD, CASE, device

    changes = found(
        {
            key("cpu-1"): step(1.1),
            key("cpu-2"): step(1.5),
            key("cpu-4"): step(2.0, back=10),
            key("cpu-8"): step(0.5),
        }
    )
    order = [(change.series_key.parameters[1], change.first_bad.date.day) for change in changes]
    assert order[:3] == [("cpu-2", 7), ("cpu-1", 7), ("cpu-4", 7)]
    assert sorted(order[3:]) == [("cpu-4", 10), ("cpu-8", 7)]
    assert [str(change.state) for change in changes][:3] == ["present", "present", "recovered"]


def test_levels_at_zero_have_no_ratio_but_a_size():
    info = BenchmarkInfo("learn.track_loss", "track", "nats")
    runs = [
        make.run(make.point(info.name, value=value, spread=0.0), number=number)
        for number, value in enumerate([-2.0] * 6 + [-1.0] * 6, 1)
    ]
    history = replace(make.history(*runs), benchmarks={info.name: info})
    (one,) = find_changes(arrange(history), detect=edges.find_edges)
    assert str(one.ratio) == "nan"
    assert one.size == 0.5
    assert one.is_worse


def test_no_step_joins_two_versions_of_a_benchmark():
    def history(*versions):
        points = [
            replace(make.point(*KEY, value=1.0 if place < 6 else 1.5), version=version)
            for place, version in enumerate(versions)
        ]
        return make.history(*(make.run(one, number=n) for n, one in enumerate(points, 1)))

    def count(*versions):
        return len(find_changes(arrange(history(*versions)), detect=edges.find_edges))

    assert count(*12 * ["2"]) == 1
    assert count(*6 * ["1"], *6 * ["2"]) == 0
    assert count(*6 * [None], *6 * ["2"]) == 0


def test_machines_and_environments_are_not_joined(grow, step):
    runs = [
        *grow({KEY: step(1.0)}, count=6).runs,
        *grow({KEY: step(1.5, at=1)}, count=12, skip=set(range(1, 7)), machine="elm").runs,
        *grow({KEY: step(2.0, at=1)}, count=12, skip=set(range(1, 7)), environment="py3.12").runs,
    ]
    assert find_changes(arrange(make.history(*runs)), detect=edges.find_edges) == ()


def test_what_came_to_light_in_the_last_session_is_new(found, step):
    assert [one.new for one in found({KEY: step(1.2, at=12)})] == [True]
    assert [one.new for one in found({KEY: step(1.2, at=11)})] == [False]


def test_series_with_too_few_values_are_counted(grow, step):
    levels = {KEY: step(1.2), (FORWARD, CASE, "cpu-2"): lambda n: 1.0 if n < 3 else None}
    found = look_for_changes(arrange(grow(levels)), detect=edges.find_edges)
    assert (found.series, found.too_short, len(found.changes)) == (2, 1, 1)


def test_an_odd_history_has_no_changes_and_no_errors():
    """With the real detector: hostile names, huge and tiny numbers, one or two values a series."""
    for history in (make.hostile(), make.foreign(), make.small()):
        found = look_for_changes(arrange(history))
        assert found.changes == ()
        assert found.too_short == found.series > 0
        find_changes(arrange(history), detect=edges.detector(least=2))


def test_the_real_detector_finds_a_clear_step_and_its_cause(grow):
    wobble = [0.0, 0.004, -0.003, 0.001, -0.004, 0.002, 0.003, -0.002]

    def level(factor, scale):
        return lambda n: scale * (factor if n >= 16 else 1.0) * (1 + wobble[n * 5 % 8])

    history = grow(
        {KEY: level(1.1, 1e-3), (COPY, "copy.x4llc", "cpu-1"): level(1.0, 1e10)},
        count=28,
        hardware=[make.record(number) for number in range(1, 29)],
    )
    (one,) = find_changes(arrange(history))
    assert one.first_bad.commit == make.commit(16)
    assert one.ratio == pytest.approx(1.1, abs=0.01)
    assert one.low < 1.1 < one.high
    assert str(one.cause) == "code"
