from dataclasses import replace

import pytest

from cnnfc.machine.doctor.findings import Examination, Finding, Severity
from cnnfc.report.views.machine import doctor
from testkit import histories as make

QUOTA = Finding("quota", "CPU quota", Severity.SEVERE, "Half a CPU.", "It stops.", "more CPUs")
LOAD = Finding("load", "other work", Severity.SEVERE, "Busy.", "It waits.", "end it")
TURBO = Finding("turbo", "CPU turbo", Severity.MODERATE, "On.", "It follows heat.", "switch it off")
VIRTUAL = Finding("virtual-machine", "virtual machine", Severity.MINOR, "It is one.")
UNKNOWN = Finding("governor", "governor", Severity.UNKNOWN, "Not shown.")
FINE = Finding("swap", "swapping", Severity.FINE, "Nothing is in swap.")


@pytest.fixture
def examined():
    """The record of a run, with these findings."""

    def build(*findings):
        return replace(make.record(1), doctor=Examination.of(findings).without_fine())

    return build


def test_a_run_without_findings_is_not_called_steady(examined):
    assert doctor.steadiness_cell(examined(FINE)).text == "nothing found"
    assert doctor.steadiness_cell(examined(FINE)).detail == ""
    cell = doctor.steadiness_cell(examined(UNKNOWN, FINE))
    assert (cell.text, cell.detail, cell.tone) == ("nothing found", "1 not known", "")


def test_a_run_of_which_nothing_was_found_fine_is_not_known(examined):
    cell = doctor.steadiness_cell(examined(UNKNOWN))
    assert (cell.text, cell.detail, cell.tone) == ("not known", "1 topic", "muted")
    assert doctor.steadiness_cell(examined()).text == "not known"


def test_a_run_with_findings_names_all_the_worst(examined):
    cell = doctor.steadiness_cell(examined(VIRTUAL, QUOTA, LOAD, FINE))
    assert cell.text == "3 findings"
    assert cell.detail == "severe: CPU quota, other work, 1 lesser"
    assert cell.tone == "bad"
    assert doctor.steadiness_cell(examined(TURBO)).tone == "warn"
    assert doctor.steadiness_cell(examined(VIRTUAL)).tone == ""


def test_runs_of_older_versions_were_not_examined():
    assert doctor.steadiness_cell(make.record(1)).text == "not examined"
    assert doctor.steadiness_cell(None).text == "–"


def test_runs_sort_by_their_worst_finding(examined):
    looked_at = [examined(QUOTA), examined(TURBO), examined(FINE), examined(UNKNOWN)]
    records = [*looked_at, make.record(1), None]
    keys = [doctor.steadiness_cell(record).sort for record in records]
    assert keys == sorted(keys)
    assert len(set(keys)) == 6


def test_the_latest_findings_are_a_table_with_the_fixes(examined, cells):
    table = doctor.findings_table(examined(TURBO, UNKNOWN, FINE))
    assert cells(table) == [
        ["CPU turbo", "moderate", "switch it off"],
        ["Governor", "unknown", ""],
    ]
    assert table.rows[0][0].detail == "On. It follows heat."
    assert table.note.endswith("cnnfc doctor measures more. 1 other topic was fine.")


def test_without_an_examination_there_is_no_table():
    assert doctor.findings_table(make.record(1)) is None
    assert doctor.findings_table(None) is None


def test_only_findings_worse_than_minor_are_said_at_the_top(examined):
    assert doctor.notice(examined(VIRTUAL, UNKNOWN).doctor) is None
    assert doctor.notice(None) is None
    said = doctor.notice(examined(TURBO, QUOTA, VIRTUAL).doctor)
    assert said.tone == "bad"
    assert said.text == (
        "CPU quota and CPU turbo: numbers measured now can be off by a tenth and more without any "
        "change of code."
    )
