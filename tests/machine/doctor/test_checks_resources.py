import pytest

from cnnfc.machine.doctor import checks_resources
from cnnfc.machine.doctor.answers import Sharing

MIB, GIB = 2**20, 2**30


@pytest.mark.parametrize(
    ("memory", "severity"),
    [
        ({"available_bytes": 10, "total_bytes": 100}, "fine"),
        ({"available_bytes": 9, "total_bytes": 100}, "minor"),
        ({"available_bytes": 4, "total_bytes": 100}, "moderate"),
        # The container's own limit is nearer than the machine's memory.
        (
            {"available_bytes": 90, "total_bytes": 100, "headroom_bytes": 1, "limit_bytes": 50},
            "moderate",
        ),
        ({"available_bytes": 90, "total_bytes": 100, "pressure_percent": 12.0}, "severe"),
        ({"available_bytes": 90, "total_bytes": 100, "pressure_percent": 0.0}, "fine"),
        ({}, "unknown"),
    ],
)
def test_memory_is_judged_by_what_is_left_and_by_waiting_for_it(ask, memory, severity):
    assert ask(checks_resources.memory, memory=memory).severity == severity


def test_memory_says_how_much_is_left(ask):
    memory = {"available_bytes": GIB, "total_bytes": 16 * GIB}
    found = ask(checks_resources.memory, memory=memory)
    assert found.evidence == "1 GiB of 16 GiB are available."
    assert found.figures["available_bytes"] == GIB


@pytest.mark.parametrize(
    ("used", "moved", "severity"),
    [
        (0, None, "fine"),
        (64 * 2**20, 0, "fine"),
        (65 * 2**20, 0, "minor"),
        (0, 4096, "minor"),  # a page in 2 s
        (GIB, 2 * MIB - 4096, "minor"),
        (GIB, 2 * MIB, "moderate"),
        (0, 20 * MIB - 4096, "moderate"),
        (0, 20 * MIB, "severe"),
    ],
)
def test_swapping_is_graded_by_the_bytes_that_move_in_a_second(ask, used, moved, severity):
    probe = None if moved is None else Sharing(2.0, 4, paged_bytes=moved)
    found = ask(checks_resources.swap, memory={"swap_used_bytes": used}, sharing=probe)
    assert found.severity == severity


def test_swapping_says_how_fast_pages_move(ask):
    found = ask(
        checks_resources.swap,
        memory={"swap_used_bytes": GIB},
        sharing=Sharing(2.0, 4, paged_bytes=5 * MIB),
    )
    assert found.evidence == "1 GiB are in swap; 2.5 MiB a second moved while we measured."
    assert found.figures["paged_bytes"] == 5 * MIB


def test_swapping_that_nothing_tells_is_unknown(ask):
    assert ask(checks_resources.swap).severity == "unknown"


def test_a_battery_is_severe_and_its_absence_is_not_worth_a_word(ask):
    assert ask(checks_resources.battery, state={"power_plugged": False}).severity == "severe"
    assert ask(checks_resources.battery, state={"power_plugged": True}).severity == "fine"
    assert ask(checks_resources.battery) is None


@pytest.mark.parametrize(
    ("temperatures", "severity"),
    [
        ({"coretemp": 79.0}, "fine"),
        ({"coretemp": 80.0, "nvme": 40.0}, "minor"),
        ({"k10temp": 95.0}, "severe"),
        ({"nvme": 99.0}, "unknown"),  # a disk's heat is not the processor's
        ({}, "unknown"),
    ],
)
def test_only_the_processors_heat_counts(ask, temperatures, severity):
    found = ask(checks_resources.temperature, state={"temperatures": temperatures})
    assert found.severity == severity
