import json
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace

import pytest

from cnnfc.errors import DataError
from cnnfc.machine.doctor.findings import Examination, Finding, Severity
from cnnfc.machine.record import collect
from cnnfc.machine.schema import SCHEMA, HardwareRecord, Note, parse
from testkit import machines

RECORD = HardwareRecord(
    machine="amd-epyc-2c-24gb",
    started_at=datetime(2026, 1, 15, 8, 30, 0, 5, tzinfo=UTC),
    profile="quick",
    identity={"name": "amd-epyc-2c-24gb"},
    state_before={"cpu": {"usable": 2}},
    software={"python": {"version": "3.11.7"}},
    asv={"cpu": "AMD EPYC", "num_cpu": "2", "ram": "25276502016"},
    commit="0123456789abcdef0123456789abcdef01234567",
    environment="virtualenv-py3.11",
    dirty=False,
    notes=(Note("no such device", device="cuda-0"), Note("too big", "conv.Forward.time_layer")),
    finished_at=datetime(2026, 1, 15, 8, 40, tzinfo=UTC),
    state_after={"cpu": {"usable": 2}},
    doctor=Examination(
        checked=("battery", "turbo"),
        findings=(
            Finding(
                "turbo",
                "CPU turbo",
                Severity.MODERATE,
                "Turbo is on.",
                "The clock follows heat.",
                "switch it off",
                {"share": 0.05},
            ),
        ),
    ),
)

#: History is read for years: a key may be added here, never renamed, removed or given another
#: unit without a new SCHEMA.
KEYS = (Path(__file__).parents[1] / "data/machine/record-keys.txt").read_text().split()


#: Groups whose keys are names of packages and variables, not ours, and the doctor's figures, which
#: a program looks up by the finding.
NAMED = ("software.packages", "software.environment", "doctor.findings.figures")


def keys_of(value, path=""):
    """Dotted keys of all leaves."""
    if isinstance(value, dict) and path not in NAMED:
        for key, item in value.items():
            yield from keys_of(item, f"{path}.{key}".lstrip("."))
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for item in value:
            yield from keys_of(item, path)
    else:
        yield path


@pytest.fixture
def full_record(make_host):
    """A machine that says everything that is ever asked."""
    psutil = machines.psutil_of(
        affinity={0, 1},
        cpu_freq=lambda: SimpleNamespace(current=2900.0, min=800.0, max=3500.0),
        getloadavg=lambda: (1.0, 1.0, 1.0),
        cpu_stats=lambda: SimpleNamespace(ctx_switches=1, interrupts=1),
        cpu_times=lambda: SimpleNamespace(user=5.0, system=2.0, idle=3.0, steal=0.5),
        swap_memory=lambda: SimpleNamespace(used=0),
        sensors_temperatures=lambda: {"coretemp": [SimpleNamespace(current=50.0)]},
        sensors_battery=lambda: SimpleNamespace(power_plugged=True),
    )
    pressure = "some avg10=1.50 avg60=0.00 avg300=0.00 total=1\n"
    files = {
        **machines.half_cpu_container(),
        "sys/hypervisor/type": "xen",
        "proc/pressure/memory": pressure,
    }
    nvml = machines.FakeNvml(machines.h200(), DriverVersion="550", CudaDriverVersion=12040)
    host = make_host(files, nvml, psutil=psutil, architecture="x86_64", kernel="6.8.0")
    note = Note("why", "conv.Forward.time_layer", "dense.1-1", "cpu-1")
    record = collect(
        commit="0" * 40, environment="e", profile="quick", dirty=True, notes=[note], host=host
    )
    return replace(record, finished_at=record.started_at, state_after=record.state_before)


def test_the_keys_of_a_record_are_frozen(full_record):
    data = full_record.as_dict()
    data["state_before"]["gpu_error"] = "said only where NVML fails"
    assert data.pop("state_after").keys() <= data["state_before"].keys()
    data["state"] = data.pop("state_before")
    assert sorted(set(keys_of(data))) == KEYS
    assert SCHEMA == 1


def test_every_key_of_a_record_is_documented(full_record):
    text = HardwareRecord.__doc__
    names = {key.rpartition(".")[2] for key in KEYS if not key.startswith("notes.")}
    missing = [
        name
        for name in sorted(names - {"coretemp"})
        if f"``{name}``" not in text and f"\n        {name}: " not in text
    ]
    assert missing == []
    assert all(f"\n        {field.name}: " in text for field in fields(HardwareRecord))
    assert all(f"\n        {field.name}: " in Note.__doc__ for field in fields(Note))


def test_a_record_survives_the_way_through_a_file():
    data = json.loads(json.dumps(RECORD.as_dict(), allow_nan=False))
    read = parse(data, "here.json")
    assert read == RECORD
    assert read.path == "here.json"


def test_an_interrupted_run_of_an_unknown_commit_is_a_record_too():
    bare = replace(
        RECORD, commit=None, environment=None, dirty=None, finished_at=None, state_after=None,
        notes=(), profile=None, doctor=None,
    )  # fmt: skip
    assert parse(bare.as_dict(), "x") == bare
    assert "finished_at" not in bare.as_dict()


def test_times_are_read_as_utc():
    elsewhere = timezone(timedelta(hours=2))
    data = {**RECORD.as_dict(), "started_at": "2026-01-15T10:30:00+02:00"}
    assert parse(data, "x").started_at == datetime(2026, 1, 15, 10, 30, tzinfo=elsewhere)
    assert parse(data, "x").started_at.tzinfo is UTC


def test_keys_of_a_later_cnnfc_are_left_alone():
    assert parse({**RECORD.as_dict(), "colour": "red"}, "x") == RECORD


@pytest.mark.parametrize(
    "data", [[], "text", 3, None, {}, {"schema": 1}, {"version": 2, "results": {}}]
)
def test_a_foreign_file_is_said_to_be_foreign(data):
    with pytest.raises(DataError, match=r"^a/b\.json is not a hardware record of cnnfc$"):
        parse(data, "a/b.json")


def test_a_record_of_a_later_cnnfc_says_so():
    with pytest.raises(DataError, match=r"^b\.json has schema 2, this cnnfc reads up to 1: update"):
        parse({**RECORD.as_dict(), "schema": 2}, "b.json")


@pytest.mark.parametrize("schema", ["1", None, True, 0, 1.0])
def test_a_schema_that_is_no_number_is_no_record(schema):
    with pytest.raises(DataError, match="is not a hardware record"):
        parse({**RECORD.as_dict(), "schema": schema}, "b.json")


@pytest.mark.parametrize(
    ("field", "value", "complaint"),
    [
        ("machine", None, "machine is missing"),
        ("machine", "../../etc", "is no name"),
        ("machine", "<b>x</b>", "is no name"),
        ("machine", 5, "machine is not a text"),
        ("started_at", None, "started_at is missing"),
        ("started_at", "yesterday", "started_at 'yesterday' is no time"),
        ("started_at", "2026-01-15T08:30:00", "has no time zone"),
        ("finished_at", 12, "finished_at is not a text"),
        ("identity", [], "identity is not an object"),
        ("software", None, "software is missing"),
        ("asv", "x", "asv is not an object"),
        ("dirty", "yes", "dirty is not true or false"),
        ("doctor", [], "doctor is not an object"),
        ("doctor", {"findings": {}}, "doctor's findings is not a list"),
        ("doctor", {"checked": [1]}, "doctor's checked is not a list of texts"),
        ("doctor", {"findings": ["x"]}, "a finding is not an object"),
        ("doctor", {"findings": [{"severity": "fine", "id": 3}]}, "a finding's id is not a text"),
        ("doctor", {"findings": [{"severity": "bad"}]}, "severity 'bad' is none of severe,"),
        ("doctor", {"findings": [{"severity": "fine", "figures": 3}]}, "figures is not an object"),
        ("commit", 1, "commit is not a text"),
        ("notes", {}, "notes is not a list"),
        ("notes", ["x"], "a note is not an object"),
        ("notes", [{}], "reason is missing"),
        ("notes", [{"reason": "x", "case": 1}], "case is not a text"),
    ],
)
def test_a_damaged_field_is_named_with_its_file(field, value, complaint):
    with pytest.raises(DataError) as caught:
        parse({**RECORD.as_dict(), field: value}, "b.json")
    assert str(caught.value).startswith("b.json is a damaged hardware record: ")
    assert complaint in str(caught.value)
