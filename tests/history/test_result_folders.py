import pytest

from cnnfc.errors import DataError
from cnnfc.history.result_folders import (
    left_out,
    machine_of,
    of_machine,
    result_folders,
    shown_problem,
)
from cnnfc.history.results import read_history
from cnnfc.records import Problem


def test_folders_come_with_their_result_files_in_order(box):
    box.write("b.json", content={})
    box.write("a.json", content={})
    box.write("machine.json", content={"machine": "box"})
    box.write("benchmarks.json", content={})
    box.write(".hidden.json", content={})
    box.write("note.txt", content="")
    (box.folder / ".git").mkdir()
    top, machine = result_folders(box.folder, [])
    assert (top.names, top.shown) == ((), "results")
    assert (machine.names, machine.shown) == (("a.json", "b.json"), "results/box")
    assert machine.shown_file("a.json") == "results/box/a.json"


def test_a_folder_that_is_not_there_is_a_clear_error(tmp_path):
    with pytest.raises(DataError, match="is not there: measure something first"):
        list(result_folders(tmp_path / "none", []))


def test_a_machine_is_what_its_file_says(box):
    box.write("machine.json", content={"machine": "box", "ram": 8, "version": 1, "x": [1]})
    _, folder = result_folders(box.folder, [])
    found = machine_of(folder, [])
    assert found.name == "box"
    assert found.facts == {"machine": "box", "ram": "8"}


def test_an_alias_goes_before_what_files_say(box):
    box.write(params={"machine": "other"})
    box.write("machine.json", content={"machine": "box"})
    (run,) = read_history(box.folder, aliases={"box": "alias"}).runs
    assert run.machine == "alias"
    _, folder = result_folders(box.folder, [])
    with pytest.raises(DataError, match="it is of machine alias in the folder of box"):
        of_machine(run, machine_of(folder, []), None, folder)


def test_a_reason_keeps_its_beginning_and_its_end(box):
    assert left_out("a", "short") == Problem("a", "short")
    long = left_out("a", "begin " + "x" * 100_000 + " end").reason
    assert len(long) < 1010
    assert long.startswith("begin xxx")
    assert long.endswith("xxx end")


def test_a_name_of_megabytes_in_a_file_makes_no_sentence_of_megabytes(box):
    box.write("machine.json", content={"machine": "box"})
    box.write(params={"machine": "m" * 2_000_000})
    (problem,) = read_history(box.folder).problems
    assert len(problem.reason) < 1010
    assert problem.reason.endswith("move it to where it belongs, or give the folder an alias")


def test_problems_of_records_are_shown_from_their_folder_on(tmp_path):
    path = tmp_path / "hardware" / "oak" / "r.json"
    problem = Problem(str(path), f"{path} is damaged")
    assert shown_problem(problem, tmp_path / "hardware") == Problem(
        "hardware/oak/r.json", "hardware/oak/r.json is damaged"
    )
