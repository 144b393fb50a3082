"""A clock that jumps: durations, order, joins and the report stay sane."""

import io
import itertools
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cnnfc.errors import CannotMeasure
from cnnfc.harness.calls import Caller
from cnnfc.harness.campaign import Campaign
from cnnfc.harness.devices import Devices
from cnnfc.harness.progress import Progress
from cnnfc.harness.repository import open_repository
from cnnfc.harness.selection import Selection
from cnnfc.history.hardware import record_for
from cnnfc.history.results import read_history
from cnnfc.machine import record
from cnnfc.machine.identity import identify
from cnnfc.report.writer import write_site
from testkit import histories as make
from testkit import projects
from testkit.documents import Document

TESTS = Path(__file__).parents[1]
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def campaign(faked, now):
    out = io.StringIO()
    found = Campaign(
        Caller(faked.made.asv(), identify().name, "standard"),
        Selection(),
        Devices(cpus=2),
        faked.root / "results",
        faked.root / "reports" / "hardware",
        Progress(out),
        now=now,
    )
    found.run(open_repository(faked.root, ".").resolve("HEAD"))
    return found, out.getvalue()


def test_a_run_begun_before_an_earlier_one_by_the_clock_does_the_rest_and_has_its_own_record(faked):
    first, _ = campaign(faked, lambda: NOON)
    entry = projects.benchmark("dense.Forward.time_layer", ["dense.2-3", "dense.9-9"])
    faked.made.tell(benchmarks=projects.suite(entry))
    # The clock was set back by a day, and stands still.
    second, text = campaign(faked, lambda: NOON - 24 * HOUR)
    faked.made.tell(benchmarks=projects.suite(projects.benchmark("a.B.time_c", ["dense.2-3"])))
    third, _ = campaign(faked, lambda: NOON)
    assert (first.tally.measured, second.tally.measured, third.tally.measured) == (6, 2, 2)
    assert "2 of 4 already measured" in text
    names = [path.name for path in (faked.root / "reports" / "hardware").rglob("*.json")]
    commit = faked.made.first[:8]
    assert sorted(names) == [
        f"20260303T120000Z-{commit}.json",
        f"20260304T120000Z-{commit}-2.json",
        f"20260304T120000Z-{commit}.json",
    ]


def test_what_a_run_says_of_time_goes_by_a_clock_that_no_one_sets(faked, monkeypatch):
    jumps = itertools.cycle([NOON + 9999 * HOUR, NOON - 9999 * HOUR])
    found, text = campaign(faked, lambda: next(jumps))
    assert found.tally.measured == 6
    assert "6 measured, 0 skipped, 0 failed in " in text
    assert not any(word in text for word in (" h ", "in -", "9999"))


def jumped(minutes):
    """A record whose clock was set back by so many minutes a quarter of an hour into its run."""
    plain = make.record(4)
    return replace(
        plain,
        started_at=NOON,
        finished_at=NOON + timedelta(minutes=30 - minutes),
        environment="py3.11",
    )


def test_a_result_from_after_the_clock_was_set_back_finds_the_record_of_its_run():
    found = jumped(120)
    run = make.run(make.point("b"), number=4, at=NOON - timedelta(minutes=100))
    assert record_for(run, [found]) is found
    # What came before the jump does so in the usual way.
    early = make.run(make.point("b"), number=4, at=NOON + timedelta(minutes=5))
    assert record_for(early, [found]) is found


def test_a_record_that_shows_no_jump_or_ended_before_the_result_is_not_taken():
    moment = NOON - timedelta(minutes=100)
    run = make.run(make.point("b"), number=4, at=moment)
    straight = replace(jumped(120), finished_at=NOON + HOUR)
    unfinished = replace(jumped(120), finished_at=None)
    ended = replace(jumped(120), finished_at=moment - timedelta(minutes=1))
    last_week = replace(jumped(120), started_at=NOON + 240 * HOUR, finished_at=NOON + 239 * HOUR)
    assert record_for(run, [straight, unfinished, ended, last_week]) is None


def test_a_record_begun_in_time_goes_before_one_whose_clock_jumped():
    run = make.run(make.point("b"), number=4, at=NOON - timedelta(minutes=100))
    plain = replace(make.record(4), started_at=NOON - 3 * HOUR)
    assert record_for(run, [jumped(120), plain]) is plain


@pytest.fixture
def strange():
    """A history of a machine whose clocks did everything that clocks must not do."""
    values = [
        make.point("conv.Forward.time_layer", "'a'", "'cpu-1'", value=0.0),
        make.point("conv.Forward.time_layer", "'b'", "'cpu-1'", value=-1e-3),
        make.point("conv.Forward.time_layer", "'c'", "'cpu-1'"),
        make.point(make.GEMM, "'gemm.2048'", "'cpu-1'", value=-1e9),
        make.point(make.COPY, "'copy.x4llc'", "'cpu-1'", value=0.0),
    ]
    runs = [
        make.run(*values, number=4, at=NOON - timedelta(minutes=100)),
        make.run(*values, number=5, at=datetime(2099, 1, 1, tzinfo=UTC)),
        make.run(*values, number=6, at=datetime(1970, 1, 1, tzinfo=UTC)),
        make.run(*values, number=7, at=NOON),
    ]
    records = [jumped(120), replace(make.record(7), started_at=NOON - HOUR, finished_at=NOON)]
    return make.history(*runs, hardware=records)


def test_the_report_shows_no_negative_duration_and_orders_runs_by_their_commits(strange, tmp_path):
    write_site(strange, tmp_path / "site", project="p", now=make.NOW)
    (machine,) = (tmp_path / "site" / "machine").iterdir()
    text = " ".join(" ".join(Document(machine.read_text()).text).split())
    took = text[text.index("Runs, the newest commit first") :]
    assert "1 h 00 min" in took
    assert "0 s" not in took
    assert " -1 " not in took
    order = [took.index(make.commit(number)[:8]) for number in (7, 6, 5, 4)]
    assert order == sorted(order)


def test_a_result_file_with_impossible_times_is_read(tmp_path):
    place = tmp_path / "results" / "elm"
    place.mkdir(parents=True)
    for path in (TESTS / "data" / "results" / "real" / "elm").iterdir():
        content = json.loads(path.read_text())
        if "durations" in content:
            content["durations"] = dict.fromkeys(content["durations"], -3600.0)
            columns = content["result_columns"]
            for row in content["results"].values():
                row[columns.index("started_at")] = -(10**12)
                row[columns.index("duration")] = -5.0
        (place / path.name).write_text(json.dumps(content))
    history = read_history(tmp_path / "results")
    assert history.runs
    assert any(run.measured for run in history.runs)


def test_a_record_that_ends_before_it_begins_is_kept_as_it_is(tmp_path):
    ticks = iter([NOON, NOON - 2 * HOUR])
    path = record.begin(
        tmp_path,
        commit="c" * 40,
        environment="e",
        profile="quick",
        software=None,
        now=lambda: next(ticks),
    )
    record.finish(path, now=lambda: next(ticks))
    found = record.read(path)
    assert (found.started_at, found.finished_at) == (NOON, NOON - 2 * HOUR)


@pytest.fixture
def canaries():
    return pytest.importorskip("cnnfc.measure.canaries")


@pytest.mark.parametrize("step", [0.0, -1.0])
def test_a_reference_kernel_is_skipped_where_the_clock_stands_still_or_goes_back(
    canaries, monkeypatch, step
):
    ticks = itertools.count(0.0, step)
    monkeypatch.setattr(canaries, "clock", lambda: next(ticks))
    with pytest.raises(CannotMeasure, match="the clock of this machine stood still or went back"):
        canaries._read(lambda: None)


def test_a_reference_kernel_does_not_run_for_hours_after_one_wrong_reading(canaries, monkeypatch):
    # The reading that sets the number of calls took no time, and all others a second.
    ticks = iter([0.0, 0.0, *(float(n) for n in range(100))])
    monkeypatch.setattr(canaries, "clock", lambda: next(ticks))
    monkeypatch.setattr(canaries, "_SECONDS", 0.0)
    calls = []
    assert canaries._read(lambda: calls.append(1)) == [1.0] * 3
    assert len(calls) == 1 + 1 + 3
