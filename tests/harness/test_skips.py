from dataclasses import replace
from datetime import UTC, datetime, timedelta

from cnnfc.harness.skips import (
    absent_devices,
    known_skips,
    of_target,
    remember,
    without_devices,
)
from cnnfc.harness.suite import Benchmark, Point, Suite
from cnnfc.machine import record
from cnnfc.machine.record import HardwareRecord, Note

FORWARD, FULL, OTHER = "a.Forward.time_layer", "a.ForwardFull.time_layer", "s.time_it"
PARAMS = (("'x'", "'y'"), ("'cpu-1'", "'cuda-0'"))
SUITE = Suite(
    {
        FORWARD: Benchmark(FORWARD, ("case", "device"), PARAMS),
        FULL: Benchmark(FULL, ("case", "device"), PARAMS),
        OTHER: Benchmark(OTHER, ("n", "m"), (("1",), ("2", "3"))),
    }
)
RECORD = HardwareRecord(
    machine="m",
    started_at=datetime(2024, 5, 6, tzinfo=UTC),
    profile="standard",
    identity={},
    state_before={},
    software={},
    asv={},
    commit="c",
    environment="e",
)


def point(case, device, name=FORWARD):
    return Point(name, (repr(case), repr(device)))


def noted(*notes, **changes):
    return replace(RECORD, notes=notes, **changes)


def test_a_note_on_a_benchmark_case_and_device_is_a_known_skip():
    records = [noted(Note("r", FORWARD, "x", "cpu-1"))]
    assert known_skips(records, SUITE, "standard") == {point("x", "cpu-1")}


def test_a_note_without_a_case_or_device_covers_all_of_them():
    assert known_skips([noted(Note("r", FORWARD, None, "cuda-0"))], SUITE, "standard") == {
        point("x", "cuda-0"),
        point("y", "cuda-0"),
    }
    assert known_skips([noted(Note("r", FORWARD, "y", None))], SUITE, "standard") == {
        point("y", "cpu-1"),
        point("y", "cuda-0"),
    }


def test_a_note_that_names_no_benchmark_is_no_skip_of_any():
    assert not known_skips([noted(Note("r", None, "x", "cpu-1"))], SUITE, "standard")
    assert not known_skips([noted(Note("something about the run"))], SUITE, "standard")


def test_what_was_skipped_for_being_reserved_for_full_is_not_skipped_by_full():
    standard = noted(Note("only the full profile", FULL, "x", "cpu-1"))
    full = noted(Note("too large", FULL, "y", "cpu-1"), profile="full")
    assert known_skips([standard, full], SUITE, "full") == {point("y", "cpu-1", FULL)}
    assert known_skips([standard], SUITE, "standard") == {point("x", "cpu-1", FULL)}


def test_devices_are_absent_if_the_latest_record_says_so():
    before = noted(Note("no driver", device="cuda-0"), Note("few cores", device="cpu-4"))
    after = noted(
        Note("few cores", device="cpu-4"),
        Note("too large", case="x", device="cpu-1"),
        started_at=RECORD.started_at + timedelta(hours=1),
    )
    assert absent_devices([after, before]) == {"cpu-4"}
    assert absent_devices([]) == frozenset()


def test_points_on_absent_devices_are_left_out():
    points = [point("x", "cpu-1"), point("x", "cuda-0"), Point(OTHER, ("1", "2"))]
    assert without_devices(points, SUITE, {"cuda-0"}) == (points[0], points[2])


def test_records_belong_to_one_machine_commit_and_environment():
    other = [replace(RECORD, **{field: "z"}) for field in ("machine", "commit", "environment")]
    found = of_target([RECORD, *other], machine="m", commit="c", environment="e")
    assert found == (RECORD,)


def test_skips_are_remembered_with_the_reason_that_was_printed(tmp_path):
    path = tmp_path / "hardware" / "m" / "r.json"
    printed = {
        point("x", "cuda-0"): "For parameters: 'x'\ncnnfc: skipped x on cuda-0: too large\nmore",
        point("y", "cuda-0"): "For parameters: 'y'\nnot today\n",
        Point(OTHER, ("1", "3")): "",
    }
    remember(path, SUITE, printed, commit="c", environment="e", profile="standard")
    found = record.read(path)
    assert (found.commit, found.environment, found.profile) == ("c", "e", "standard")
    assert found.notes == (
        Note("too large", FORWARD, "x", "cuda-0"),
        Note("not today", FORWARD, "y", "cuda-0"),
        Note("the benchmark skipped this and gave no reason", OTHER, "1 3"),
    )
    assert known_skips([found], SUITE, "standard") == set(printed)


def test_a_record_that_the_benchmarks_began_is_kept(tmp_path):
    path = record.begin(
        tmp_path,
        commit="c",
        environment="e",
        profile="quick",
        software={"torch": {"version": "2"}},
        notes=[Note("first")],
        path=tmp_path / "m" / "r.json",
    )
    skipped = {point("x", "cpu-1"): "no"}
    remember(path, SUITE, skipped, commit="c", environment="e", profile="quick")
    found = record.read(path)
    assert found.software["torch"] == {"version": "2"}
    assert found.notes == (Note("first"), Note("no", FORWARD, "x", "cpu-1"))
