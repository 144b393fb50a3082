"""Changes found by the index are those of the plain reading, and are looked for once."""

import os
import shutil
from pathlib import Path

import pytest

from cnnfc.analysis.changepoints.steps import find_steps
from cnnfc.history.index.index import open_index
from cnnfc.history.index.place import index_file
from cnnfc.history.results import read_history
from cnnfc.timeline.arrange import arrange
from cnnfc.timeline.changes import join, look_for_changes
from cnnfc.timeline.indexed import centres, changes, courses
from cnnfc.timeline.indexed.centres import Summaries
from cnnfc.timeline.indexed.changes import changes_by_group, kept_courses
from testkit import edges, odd_results
from testkit import results_on_disk as disk

ROOT = Path(__file__).parents[3]
EARLIER = odd_results.LONG_AGO - 60


class Place:
    """A results folder with an index, asked in both ways."""

    def __init__(self, root, results=None, hardware=None, aliases=None):
        self.folder = root / "index"
        self.results, self.hardware, self.aliases = results, hardware, aliases

    def index(self, folder=...):
        return open_index(
            self.results,
            self.hardware,
            self.aliases,
            folder=self.folder if folder is ... else folder,
            summarise=Summaries(),
        )

    def found(self, **options):
        with self.index() as index:
            return join(changes_by_group(index, **options))

    def check(self, folder=..., detect=find_steps):
        """Both ways say the same; gives what they say and what is said of the index."""
        history = read_history(self.results, self.hardware, self.aliases)
        expected = look_for_changes(arrange(history), detect=detect)
        with self.index(folder) as index:
            found = join(changes_by_group(index, detect=detect))
            assert index.problems == history.problems
            notes = index.notes
        # Not-a-number equals nothing, but is written alike.
        assert repr(found) == repr(expected)
        return found, notes


@pytest.fixture
def looked_through(monkeypatch):
    """Machines whose groups were looked through."""
    machines = []
    real = changes.Tracks

    def look(series):
        machines.append(series.group.machine)
        return real(series)

    monkeypatch.setattr(changes, "Tracks", look)
    return machines


@pytest.fixture
def steady(tmp_path):
    """Two machines with 20 commits that get slower at the 13th, and hardware records of both."""
    results, hardware = tmp_path / "results", tmp_path / "hardware"
    for machine in ("elm", "oak"):
        for number in range(1, 21):
            odd_results.steady(results, number, machine)
            odd_results.write_record(hardware, number, machine)
    odd_results.age(tmp_path)
    return Place(tmp_path, results, hardware)


def damage(place):
    index_file(place.folder, place.results).write_bytes(b"damaged" * 1000)


@pytest.mark.parametrize("aliases", [None, {"elm": "oak"}])
@pytest.mark.parametrize("seed", [1, 2])
def test_odd_results_have_the_same_changes_whatever_becomes_of_them(tmp_path, seed, aliases):
    results, hardware = odd_results.write(tmp_path, seed)
    place = Place(tmp_path, results, hardware, aliases)
    found, notes = place.check()
    assert len(found.changes) > 3
    assert notes == ()
    assert repr(place.check()) == repr((found, ()))
    path = odd_results.steady(results, odd_results.COMMITS + 1, "oak")
    place.check()
    path.unlink()
    disk.write(results, 5, "elm", suite__time_new=disk.row([1.0]))
    odd_results.write_record(hardware, 9, "oak", torch="2.14.0", governor="powersave")
    odd_results.describe(results, "hits/s", better=True)
    place.check()
    damage(place)
    _, (note,) = place.check()
    assert note.endswith("it was made again")
    place.check(folder=None)


@pytest.mark.parametrize("folder", ["real", "format1"])
def test_files_of_asv_have_the_same_changes(tmp_path, folder):
    shutil.copytree(ROOT / "tests" / "data" / "results" / folder, tmp_path / "results")
    Place(tmp_path, tmp_path / "results").check(detect=edges.detector(least=2))


def test_what_this_project_has_measured_has_the_same_changes(tmp_path):
    reports = ROOT / "reports"
    place = Place(tmp_path, reports / "results", reports / "hardware")
    place.check()
    place.check(detect=edges.detector(least=2))


def test_with_nothing_new_no_group_is_looked_through(steady, looked_through):
    first = steady.found()
    assert looked_through == ["elm", "oak"]
    assert len(first.changes) > 10
    assert repr(steady.found()) == repr(first)
    assert looked_through == ["elm", "oak"]


def test_a_new_file_concerns_its_group_alone(steady, looked_through):
    steady.check()
    looked_through.clear()
    odd_results.steady(steady.results, 21, "oak")
    steady.check()
    assert looked_through == ["oak"]


def test_series_that_are_as_they_were_keep_their_courses(steady, monkeypatch):
    steady.found()
    lengths = []

    def search(values, intervals=()):
        lengths.append(len(values))
        return find_steps(values, intervals)

    monkeypatch.setattr(courses, "find_steps", search)
    row = disk.row([1.0, 1.0, 1.0], ["a", "b", "a"], day=21)
    disk.write(steady.results, 21, "oak", suite__time_twice=row)
    steady.check()
    # The two of the new file; of what was known before them, the course is known too.
    assert lengths == [21, 21]


def test_a_hardware_record_concerns_the_runs_that_it_is_of(steady, looked_through):
    steady.check()
    looked_through.clear()
    # Commit 30 was never measured.
    odd_results.write_record(steady.hardware, 30)
    steady.check()
    assert looked_through == []
    (steady.hardware / "elm" / "13.json").unlink()
    odd_results.write_record(steady.hardware, 13, "elm", torch="2.13.0")
    found, _ = steady.check()
    assert {str(change.cause) for change in found.changes} >= {"software"}
    # Both machines measured that commit, and a record may be of either.
    assert looked_through == ["elm", "oak"]


def test_which_way_is_better_is_asked_each_time(steady, looked_through):
    odd_results.describe(steady.results, "hits")
    before, _ = steady.check()
    looked_through.clear()
    odd_results.describe(steady.results, "hits", better=True)
    after, _ = steady.check()
    assert looked_through == ["elm", "oak"]
    assert [one.is_worse for one in before.changes] != [one.is_worse for one in after.changes]


def test_another_program_looks_for_itself(steady, looked_through, monkeypatch):
    steady.found()
    monkeypatch.setattr(changes, "program", lambda: "another")
    steady.check()
    assert looked_through == ["elm", "oak"] * 2


def test_another_program_reads_and_sums_up_for_itself(steady, monkeypatch):
    with steady.index() as index:
        assert index.refreshed.read == 40
    monkeypatch.setattr(centres, "program", lambda: "another")
    with steady.index() as index:
        assert index.refreshed.read == 40
        assert index.notes == ()


def test_a_file_that_was_only_touched_changes_nothing(steady, looked_through):
    steady.found()
    for path in [*steady.results.glob("*/*-*.json"), *steady.hardware.glob("*/*.json")]:
        os.utime(path, (EARLIER, EARLIER))
    steady.check()
    assert looked_through == ["elm", "oak"]


def test_what_another_detector_finds_is_not_kept(steady, looked_through):
    steady.check(detect=edges.find_edges)
    steady.check()
    steady.check(detect=edges.find_edges)
    assert looked_through == ["elm", "oak"] * 3


def test_only_the_machines_that_are_named_are_looked_through(steady, looked_through):
    found = steady.found(machines=["oak"])
    assert looked_through == ["oak"]
    assert {change.series_key.machine for change in found.changes} == {"oak"}


def test_a_plain_history_finds_the_courses_of_its_groups(steady, monkeypatch):
    expected, _ = steady.check()
    monkeypatch.setattr(courses, "find_steps", None)  # nobody is to search
    history = read_history(steady.results, steady.hardware)
    with steady.index() as index, kept_courses(index) as detect:
        assert repr(look_for_changes(arrange(history), detect=detect)) == repr(expected)


def test_courses_of_other_series_are_kept_as_long_as_they_are_asked_for(steady, monkeypatch):
    values = [1.0, 1.01, 0.99] * 5
    for _ in range(2):
        with steady.index() as index, kept_courses(index) as detect:
            assert detect(values) == find_steps(values)
        monkeypatch.setattr(courses, "find_steps", None)
    monkeypatch.undo()
    with steady.index() as index:
        with kept_courses(index):
            pass
        assert index.kept("courses of others") == {}
