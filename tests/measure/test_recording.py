"""The hardware record that every run leaves."""

import json

import pytest

from cnnfc.machine import record
from cnnfc.machine.gpus import GpuReading
from cnnfc.measure import recording
from cnnfc.measure.timings import Timing

VARIABLES = (
    *("CNNFC_RECORD", "CNNFC_COMMIT", "CNNFC_ENV_NAME", "CNNFC_PROFILE"),
    *("ASV_CONF_DIR", "ASV_COMMIT", "ASV_ENV_NAME"),
)
COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture(autouse=True)
def _cache_folder(tmp_path, monkeypatch):
    """The folder that asv runs ``setup_cache`` and all benchmarks of a run in."""
    folder = tmp_path / "cache"
    folder.mkdir()
    monkeypatch.chdir(folder)
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def plain_asv_run(tmp_path, monkeypatch):
    """The environment that plain ``asv run`` gives; the folder where records belong."""
    monkeypatch.setenv("ASV_CONF_DIR", str(tmp_path / "project"))
    monkeypatch.setenv("ASV_COMMIT", COMMIT)
    monkeypatch.setenv("ASV_ENV_NAME", "virtualenv-py3.11")
    return tmp_path / "project" / "reports" / "hardware"


def _only(folder):
    (path,) = folder.glob("*/*.json")
    return record.read(path)


def test_a_plain_asv_run_leaves_one_record_beside_its_configuration(plain_asv_run):
    recording.begin()
    found = _only(plain_asv_run)
    assert (found.commit, found.environment) == (COMMIT, "virtualenv-py3.11")
    assert found.profile == "standard"
    assert found.software["torch"]["torch"]
    assert found.machine in {path.name for path in plain_asv_run.iterdir()}


def test_devices_that_are_not_here_are_noted_once_for_all_cases(plain_asv_run):
    recording.begin()
    absent = {note.device: note.reason for note in _only(plain_asv_run).notes}
    assert absent["xpu-0"].startswith("no xpu device")
    assert "cpu-1" not in absent


def test_outside_asv_nothing_is_written(tmp_path):
    recording.begin()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_the_calls_of_one_cnnfc_run_share_the_record_that_it_names(tmp_path, monkeypatch):
    path = tmp_path / "hardware" / "oak" / "one.json"
    monkeypatch.setenv("CNNFC_RECORD", str(path))
    monkeypatch.setenv("CNNFC_COMMIT", COMMIT)
    monkeypatch.setenv("CNNFC_ENV_NAME", "here-py3.11")
    monkeypatch.setenv("CNNFC_PROFILE", "quick")
    monkeypatch.setenv("ASV_COMMIT", "f" * 40)
    recording.begin()
    first = path.read_bytes()
    recording.begin()
    assert path.read_bytes() == first
    data = json.loads(first)
    assert (data["commit"], data["environment"], data["profile"]) == (
        COMMIT,
        "here-py3.11",
        "quick",
    )
    assert [p.name for p in path.parent.iterdir()] == ["one.json"]


def test_a_skip_is_added_to_the_notes_of_the_run(plain_asv_run):
    recording.begin()
    recording.note_skip("needs 60 GB", "dense.150528-100352", "cpu-1")
    assert (
        record.Note(reason="needs 60 GB", case="dense.150528-100352", device="cpu-1")
        in _only(plain_asv_run).notes
    )


def test_a_skip_for_an_absent_device_adds_nothing_to_the_note_that_is_there(plain_asv_run):
    recording.begin()
    before = _only(plain_asv_run).notes
    recording.note_skip("no xpu", "dense.3-2", "xpu-0")
    assert _only(plain_asv_run).notes == before


def test_a_record_that_cannot_be_written_does_not_fail_the_measurement(plain_asv_run):
    recording.begin()
    (path,) = plain_asv_run.glob("*/*.json")
    path.write_text("{")
    recording.note_skip("needs 60 GB", "dense.3-2", "cpu-1")
    assert path.read_text() == "{"


def test_without_a_record_a_skip_is_only_printed():
    recording.note_skip("needs 60 GB", "dense.3-2", "cpu-1")


def test_a_record_folder_that_cannot_be_made_is_said_and_fails_no_benchmark(plain_asv_run, capsys):
    plain_asv_run.parent.mkdir(parents=True)
    plain_asv_run.write_text("a file where the folder should be")
    recording.begin()
    assert capsys.readouterr().err.startswith("cnnfc: no hardware record: ")


READINGS = (GpuReading(1755000000, 1980000000, 650.5, 61, ("software-power-cap",)),) * 2


def test_what_was_read_during_a_timing_is_added_to_the_record_by_every_process(plain_asv_run):
    recording.begin()
    for number in (1, 2):
        timing = Timing((1.0,), blocks=1, discarded=number, readings=READINGS)
        recording.note_timing("device_time", "dense.3-2", "cuda-0", timing)
    (one,) = _only(plain_asv_run).blocks
    assert (one["quantity"], one["case"], one["device"]) == ("device_time", "dense.3-2", "cuda-0")
    assert (one["blocks"], one["discarded"]) == (2, 3)
    assert one["temperature_celsius"] == [61] * 4


def test_a_warning_of_a_timing_is_a_note_that_hides_no_point_from_a_later_run(plain_asv_run):
    recording.begin()
    timing = Timing((1.0,), warnings=("the host could not queue 3 calls",))
    recording.note_timing("device_time", "dense.3-2", "cuda-0", timing)
    found = _only(plain_asv_run)
    # Without the name of a benchmark it is no skip, with a case it is no absent device.
    assert found.notes[-1] == record.Note(
        "device time: the host could not queue 3 calls", case="dense.3-2", device="cuda-0"
    )
    assert found.blocks == ()


def test_a_timing_without_readings_or_warnings_leaves_the_record_alone(plain_asv_run):
    recording.begin()
    (path,) = plain_asv_run.glob("*/*.json")
    before = path.read_bytes()
    recording.note_timing("throughput", "dense.3-2", "mps-0", Timing((1.0,)))
    assert path.read_bytes() == before


def test_readings_that_cannot_be_written_do_not_fail_the_measurement(plain_asv_run):
    recording.begin()
    (path,) = plain_asv_run.glob("*/*.json")
    path.write_text("{")
    timing = Timing((1.0,), readings=READINGS, warnings=("slow",))
    recording.note_timing("throughput", "dense.3-2", "cuda-0", timing)
    assert path.read_text() == "{"
