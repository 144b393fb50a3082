"""Hardware records are known by what they say, and read by those who want them."""

import json
import os

import pytest

from cnnfc.history.index import records as module
from cnnfc.history.index.records import Records
from cnnfc.history.result_folders import shown_problem
from cnnfc.machine.record import read_all
from testkit import histories, odd_results


@pytest.fixture
def hardware(tmp_path):
    """Two records of one commit by two machines, one of another commit, and a damaged file."""
    folder = tmp_path / "hardware"
    for number, machine in ((1, "oak"), (1, "elm"), (2, "oak")):
        odd_results.write_record(folder, number, machine)
    (folder / "oak" / "cut.json").write_text("{")
    odd_results.age(folder)
    return folder


@pytest.fixture
def read(monkeypatch):
    """Names of the files that were read."""
    names = []
    real = module.read

    def reading(path):
        names.append(f"{path.parent.name}/{path.name}")
        return real(path)

    monkeypatch.setattr(module, "read", reading)
    return names


def key(number):
    return histories.commit(number), "py3.11"


def test_it_has_what_the_folder_has(hardware):
    expected, problems = read_all(hardware)
    found = Records(hardware, {})
    assert found.all() == expected
    assert found.problems == tuple(shown_problem(one, hardware) for one in problems)
    assert [problem.path for problem in found.problems] == ["hardware/oak/cut.json"]
    assert set(found) == {key(1), key(2)}
    assert len(found) == 2
    assert sorted(one.machine for one in found[key(1)]) == ["elm", "oak"]
    assert found.get(key(3), ()) == ()


def test_what_is_known_is_not_read_again_until_it_is_wanted(hardware, read):
    first = Records(hardware, {})
    read.clear()
    again = Records(hardware, first.kept)
    # A damaged file may have become readable without a trace.
    assert read == ["oak/cut.json"]
    assert again.kept == first.kept
    assert again.problems == first.problems
    read.clear()
    assert key(2) in again
    assert read == []
    assert len(again[key(1)]) == 2
    assert len(again[key(1)]) == 2
    assert sorted(read) == ["elm/1.json", "oak/1.json"]


@pytest.mark.parametrize("kept", [b"", b"[]", b"{}", b"[" * 10_000, b"[1, 2, 3, 4]", b"null"])
def test_what_is_kept_but_foreign_is_read_again(hardware, kept):
    sound = Records(hardware, {})
    assert Records(hardware, dict.fromkeys(sound.kept, kept)).kept == sound.kept


def test_the_digest_is_of_what_the_records_say(hardware):
    def digest(*numbers):
        return Records(hardware, {}).digest(map(key, numbers))

    before, other = digest(1), digest(2)
    assert before != other
    assert digest(1, 2) != digest(2)
    assert digest(2, 3) == other
    path = hardware / "elm" / "1.json"
    os.utime(path, (odd_results.LONG_AGO - 9, odd_results.LONG_AGO - 9))
    path.write_text(json.dumps(json.loads(path.read_text()), indent=3))
    assert digest(1) == before
    odd_results.write_record(hardware, 1, "elm", torch="2.13.0")
    assert digest(1) != before
    assert digest(2) == other


def test_one_that_goes_meanwhile_was_never_there(hardware):
    found = Records(hardware, {})
    (hardware / "elm" / "1.json").unlink()
    assert [record.machine for record in found[key(1)]] == ["oak"]
    assert len(found.all()) == 2


@pytest.mark.parametrize("there", [True, False])
def test_without_a_folder_there_are_none(tmp_path, there):
    found = Records(tmp_path / "none" if there else None, {"a": b"b"})
    assert (len(found), found.all(), found.problems, found.kept) == (0, (), (), {})
