from types import SimpleNamespace

import pytest

from cnnfc.machine.doctor.answers import Measured
from cnnfc.machine.doctor.examine import examine
from cnnfc.machine.doctor.findings import Severity
from cnnfc.machine.record import collect
from testkit import machines


def of_host(host, **measured):
    record = collect(host=host, software={"python": {"platform": "linux"}, "environment": {}})
    return examine(record.identity, record.state_before, record.software, Measured(**measured))


@pytest.fixture
def half_a_cpu(make_host):
    psutil = machines.psutil_of(affinity={0, 1, 2, 3}, getloadavg=lambda: (0.1, 0.1, 0.1))
    return make_host(machines.half_cpu_container(), psutil=psutil, architecture="x86_64")


def test_a_container_with_half_a_cpu_is_severe_and_the_quota_is_named_first(half_a_cpu):
    found = of_host(half_a_cpu)
    assert found.worst is Severity.SEVERE
    assert found.findings[0].id == "quota"
    assert found.findings[0].evidence == "A quota of 0.5 CPUs is set."


def test_everything_that_an_intel_laptop_says_is_judged(make_host):
    psutil = machines.psutil_of(
        affinity={0, 1, 2, 3},
        getloadavg=lambda: (0.1, 0.1, 0.1),
        swap_memory=lambda: SimpleNamespace(used=0),
        sensors_temperatures=lambda: {"coretemp": [SimpleNamespace(current=96.0)]},
        sensors_battery=lambda: SimpleNamespace(power_plugged=False),
    )
    found = of_host(make_host(machines.intel_smt(), psutil=psutil, architecture="x86_64"))
    by_id = {finding.id: str(finding.severity) for finding in found.findings}
    assert by_id == {
        "battery": "severe",
        "temperature": "severe",
        "turbo": "moderate",
        "load": "minor",  # tasks waited for a CPU in 12.5% of the last 10 s
        "governor": "minor",
        "smt": "minor",
        "steal": "unknown",
        "quota": "fine",
        "spinning-threads": "fine",
        "affinity": "fine",
        "clock-source": "fine",
        "memory": "fine",
        "swap": "fine",
        "virtual-machine": "fine",
    }


def test_a_gpu_at_work_is_judged_by_what_nvml_answers(make_host):
    found = of_host(make_host(nvml=machines.FakeNvml(machines.h200())))
    by_id = {finding.id: finding for finding in found.findings}
    # 1755 of 1980 MHz, held by the power cap and by heat; two other processes at 97%.
    assert by_id["gpu-0-clocks"].severity == "moderate"
    assert by_id["gpu-0-clock-reasons"].severity == "severe"
    assert by_id["gpu-0-processes"].severity == "severe"
    assert by_id["gpu-0-power-limit"].severity == "fine"


def test_a_machine_that_says_nothing_is_unknown_and_never_guessed(make_host):
    found = of_host(make_host(psutil=None))
    assert found.worst is Severity.FINE
    # Only what cnnfc does itself is known.
    assert [f.id for f in found.findings if f.severity is Severity.FINE] == ["spinning-threads"]
    assert all(f.evidence for f in found.findings)


def test_a_mac_is_examined_without_what_linux_alone_has(mac):
    record = collect(host=mac, software={"python": {"platform": "darwin"}, "environment": {}})
    found = examine(record.identity, record.state_before, record.software)
    assert {"quota", "steal"} & set(found.checked) == set()
    said = {f.id: f.evidence for f in found.findings}
    assert said["governor"] == "macOS does not say it."


@pytest.mark.parametrize(
    "junk",
    [
        {"cpu": 3, "memory": [], "gpus": "x", "temperatures": None},
        {"cpu": {"load_average": "x", "quota_cpus": "y", "governor": 3, "turbo": "maybe"}},
        {"gpus": [None, 3, {"sm_clock_hz": "x", "clock_reasons": 3, "mig": "y"}]},
        {"memory": {"available_bytes": None, "total_bytes": 0}},
    ],
)
def test_foreign_values_do_no_harm(junk):
    assert examine({"detail": 3}, junk, {"python": 3, "environment": None}).findings


def test_findings_name_no_person_and_no_machine(make_host, monkeypatch):
    monkeypatch.setenv("HOME", "/home/SENTINEL")
    monkeypatch.setenv("OMP_WAIT_POLICY", "/home/SENTINEL")
    tree = {**machines.half_cpu_container(), "etc/hostname": "SENTINEL"}
    record = collect(host=make_host(tree, machines.FakeNvml(machines.h200())))
    assert "SENTINEL" not in str(record.doctor)


def test_a_record_holds_what_was_found_but_the_fine_ones(half_a_cpu):
    record = collect(host=half_a_cpu)
    assert record.doctor.findings[0].id == "quota"
    assert all(f.severity is not Severity.FINE for f in record.doctor.findings)
    assert "spinning-threads" in record.doctor.checked
