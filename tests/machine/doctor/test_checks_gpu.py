import pytest

from cnnfc.machine.doctor.checks_gpu import gpus
from cnnfc.machine.doctor.evidence import Evidence

WELL = {
    "name": "NVIDIA H200",
    "sm_clock_hz": 1980e6,
    "sm_clock_max_hz": 1980e6,
    "clock_reasons": [],
    "utilisation_percent": 0,
    "other_processes": 0,
    "persistence": True,
    "power_limit_watts": 700.0,
    "power_limit_default_watts": 700.0,
    "temperature_celsius": 40,
    "mig": False,
    "ecc": True,
}


def examine(*states, **more):
    evidence = Evidence(state={"gpus": list(states), **more.pop("state", {})}, **more)
    return {finding.id: finding for finding in gpus(evidence)}


def one(topic, **changes):
    return examine({**WELL, **changes})[f"gpu-0-{topic}"]


def test_a_gpu_that_is_set_up_well_is_fine_in_everything():
    found = examine(WELL)
    assert {finding.severity for finding in found.values()} == {"fine"}
    assert len(found) == 8
    assert not any(finding.fix for finding in found.values())


def test_every_gpu_has_findings_of_its_own():
    found = examine(WELL, {**WELL, "persistence": False})
    assert found["gpu-0-persistence"].severity == "fine"
    assert found["gpu-1-persistence"].severity == "minor"
    assert found["gpu-1-persistence"].fix == "sudo nvidia-smi -i 1 --persistence-mode=1"


def test_a_clock_below_its_maximum_at_rest_is_not_locked():
    found = one("clocks", sm_clock_hz=345e6, clock_reasons=["gpu-idle"])
    assert found.severity == "moderate"
    assert found.evidence == "The SM clock is 345 MHz of 1.98 GHz at rest: it is not locked."
    assert found.fix.startswith("sudo nvidia-smi -i 0 --lock-gpu-clocks=1980 ")


def test_a_high_clock_at_rest_may_be_one_that_the_user_locked():
    found = one("clocks", sm_clock_hz=1500e6, clock_reasons=["gpu-idle"])
    assert found.severity == "minor"
    assert found.evidence == (
        "The SM clock is 1.5 GHz of 1.98 GHz at rest: it may be locked at 1.5 GHz."
    )
    assert found.fix.startswith("nothing if you locked it, else: sudo nvidia-smi ")
    assert one("clocks", sm_clock_hz=990e6).severity == "minor"
    assert one("clocks", sm_clock_hz=989e6).severity == "moderate"


@pytest.mark.parametrize(
    ("clock", "severity"),
    [(1.97e9, "fine"), (1.95e9, "minor"), (1.8e9, "moderate"), (1.4e9, "severe")],
)
def test_a_clock_under_load_is_graded_by_what_is_missing(clock, severity):
    assert one("clocks", sm_clock_hz=clock, utilisation_percent=90).severity == severity


@pytest.mark.parametrize(
    ("reasons", "severity"),
    [
        (["gpu-idle"], "fine"),
        ([], "fine"),
        (["applications-clocks-setting"], "fine"),
        (["software-power-cap"], "moderate"),
        (["gpu-idle", "hardware-thermal-slowdown"], "severe"),
        (None, "unknown"),
    ],
)
def test_what_holds_the_clock_down_is_named(reasons, severity):
    found = one("clock-reasons", clock_reasons=reasons)
    assert found.severity == severity
    if severity in ("moderate", "severe"):
        assert reasons[-1] in found.evidence


@pytest.mark.parametrize(
    ("others", "busy", "severity"),
    [
        (0, 0, "fine"),
        (1, 0, "minor"),
        (1, 20, "moderate"),
        (2, 50, "severe"),
        (0, 30, "moderate"),  # busy with what this driver does not list
        (None, 0, "unknown"),
    ],
)
def test_others_on_the_gpu_are_graded_by_how_busy_it_is(others, busy, severity):
    assert one("processes", other_processes=others, utilisation_percent=busy).severity == severity


@pytest.mark.parametrize(
    ("limit", "severity"),
    [(700.0, "fine"), (680.0, "minor"), (600.0, "moderate"), (500.0, "severe")],
)
def test_a_power_limit_below_the_makers_is_graded_by_the_difference(limit, severity):
    found = one("power-limit", power_limit_watts=limit)
    assert found.severity == severity
    assert found.fix in ("", "sudo nvidia-smi -i 0 --power-limit=700")


def test_heat_and_slices_are_named():
    assert one("temperature", temperature_celsius=85).severity == "minor"
    assert one("mig", mig=True).severity == "moderate"


def test_a_gpu_that_answers_nothing_is_unknown_in_what_would_matter():
    found = examine({"name": "GPU"})
    assert {finding.severity for finding in found.values()} == {"unknown"}
    assert set(found) == {
        f"gpu-0-{topic}"
        for topic in (
            *("clocks", "clock-reasons", "processes", "persistence", "power-limit"),
            "temperature",
        )
    }


def test_a_driver_that_fails_is_said():
    found = examine(state={"gpu_error": "Driver/library version mismatch"})
    assert found["gpu-driver"].severity == "unknown"
    assert "Driver/library version mismatch" in found["gpu-driver"].evidence


def test_without_a_gpu_there_is_nothing_to_say():
    assert examine() == {}


def test_in_a_container_the_fix_belongs_on_the_host():
    found = examine({**WELL, "mig": True}, identity={"detail": {"container": "docker"}})
    assert found["gpu-0-mig"].fix == (
        "on the container's host: sudo nvidia-smi -i 0 --multi-instance-gpu=0"
    )
