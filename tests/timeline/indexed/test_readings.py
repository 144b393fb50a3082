"""A group that is made of columns is the group that is made of files, as far as it goes."""

import pytest

from cnnfc.history.index.index import open_index
from cnnfc.history.results import read_history
from cnnfc.timeline.arrange import arrange
from cnnfc.timeline.indexed.centres import Summaries
from cnnfc.timeline.indexed.readings import Around, follow_tracks
from cnnfc.timeline.indexed.tracks import Tracks
from testkit import odd_results


def plain(one):
    """A series without what only its result files say."""
    readings = [
        reading
        and (
            (reading.run.commit, reading.run.commit_date, reading.run.started_at),
            (reading.point.version, reading.point.started_at),
            (reading.summary.centre, reading.summary.low, reading.summary.high, reading.summary.n),
        )
        for reading in one.readings
    ]
    # Of a value that a file has twice, one alone gets into an index.
    others = None if one.info.name == "suite.time_twice" else one.other_versions
    return one.info, one.parameters, readings, one.outcome, others


@pytest.mark.parametrize("aliases", [{}, {"elm": "oak"}])
def test_runs_readings_and_records_are_those_of_the_files(tmp_path, aliases):
    results, hardware = odd_results.write(tmp_path, 3)
    expected = arrange(read_history(results, hardware, aliases))
    with open_index(results, hardware, aliases, folder=None, summarise=Summaries()) as index:
        around = Around(index.benchmarks, index.records)
        for group, wanted in zip(index.groups, expected, strict=True):
            tracks = Tracks(index.series(group))
            some = [(track, f"course {n}") for n, track in enumerate(tracks) if len(track.commit)]
            found, followed = follow_tracks(group, tracks, some, around)
            assert (found.machine, found.environment) == (wanted.machine, wanted.environment)
            assert found.records == wanted.records
            assert [(run.commit, run.started_at, run.machine_facts) for run in found.runs] == [
                (run.commit, run.started_at, run.machine_facts) for run in wanted.runs
            ]
            measured = {
                (one.info.name, one.parameters): plain(one)
                for one in wanted.all_series()
                if one.measured
            }
            assert [one.series for one in followed] == list(found.all_series())
            keys = [(one.info.name, one.parameters) for one in found.all_series()]
            assert keys == sorted(measured)
            assert {key: plain(one) for key, one in zip(keys, found.all_series(), strict=True)} == (
                measured
            )
            for one in followed:
                places = [n for n, value in enumerate(one.series.readings) if value is not None]
                assert list(one.positions) == places
            by_key = {(track.benchmark, track.parameters): course for track, course in some}
            assert [one.course for one in followed] == [by_key[key] for key in keys]


def test_a_benchmark_that_nobody_describes_is_known_by_its_name():
    assert Around({}, {}).info("suite.time_a").unit == "seconds"
