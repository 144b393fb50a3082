"""What is read of a GPU around a leg, from readings that are written down here."""

import pytest

from cnnfc.gate.measuring import gpu_clocks
from cnnfc.gate.measuring.gpu_clocks import GpuClocks, Stamped, Throttling, Watched
from cnnfc.machine.gpus import GpuReading
from cnnfc.machine.host import Host


class FakeNvml:
    """One GPU: each question for its clock takes the next of `clocks` (MHz), the last stays."""

    NVML_CLOCK_SM = 1

    def __init__(self, *clocks, reasons=0, free=None):
        self.clocks, self.reasons, self.free = list(clocks), reasons, free
        self.open = self.opened = 0

    def nvmlInit(self):  # noqa: N802 - NVML's name
        self.open += 1
        self.opened += 1

    def nvmlShutdown(self):  # noqa: N802 - NVML's name
        self.open -= 1

    def nvmlDeviceGetHandleByUUID(self, uuid):  # noqa: N802 - NVML's name
        return ["GPU-1"].index(uuid)

    def nvmlDeviceGetClockInfo(self, handle, kind):  # noqa: N802 - NVML's name
        return self.clocks.pop(0) if len(self.clocks) > 1 else self.clocks[0]

    def nvmlDeviceGetCurrentClocksEventReasons(self, handle):  # noqa: N802 - NVML's name
        return self.reasons


def host(tmp_path, nvml):
    return Host(root=tmp_path, system="Linux", nvml=lambda: nvml)


def stamped(*clocks, reasons=()):
    """Readings at 0, 1, 2, ... seconds."""
    return Watched([Stamped(at, GpuReading(hz, None, None, None, reasons)) for at, hz in
                    enumerate(clocks)])  # fmt: skip


def test_only_what_was_read_while_values_were_taken_counts():
    watched = stamped(300, 1500, 1700, 300)
    assert watched.clock(0.5, 2.5) == 1600


def test_a_leg_too_short_to_be_read_in_takes_the_readings_beside_it():
    watched = stamped(100, 1500, 1700, 300)
    assert watched.clock(1.2, 1.8) == 1600
    assert stamped(1500).clock(0.5, 0.6) == 1500


def test_a_clock_that_nvml_does_not_say_is_not_known():
    assert stamped(None, None).clock(0.0, 1.0) is None
    assert Watched().clock(0.0, 1.0) is None
    assert Watched().reasons(0.0, 1.0) == ()


def test_heat_and_power_are_named_and_what_somebody_chose_is_not():
    reasons = ("gpu-idle", "software-power-cap", "applications-clocks-setting")
    assert stamped(1500, reasons=reasons).reasons(0.0, 1.0) == ("software-power-cap",)


def test_a_gpu_is_read_before_and_after_and_in_between(tmp_path, monkeypatch):
    monkeypatch.setattr(gpu_clocks, "_EVERY", 0.0)
    nvml = FakeNvml(300, 1500)
    clocks = GpuClocks(host(tmp_path, nvml))
    with clocks.during("1") as watched:
        while len(watched.readings) < 5:
            pass
    found = [one.reading.sm_clock_hz for one in watched.readings]
    assert found[0] == 300e6
    assert set(found[1:]) == {1500e6}
    times = [one.at for one in watched.readings]
    assert times == sorted(times)


def test_nvml_is_opened_once_and_closed(tmp_path):
    nvml = FakeNvml(1500)
    clocks = GpuClocks(host(tmp_path, nvml))
    for _ in range(3):
        with clocks.during("1"):
            assert nvml.open == 1
    clocks.close()
    assert (nvml.open, nvml.opened) == (0, 1)


def test_no_thread_outlives_what_failed_meanwhile(tmp_path):
    clocks = GpuClocks(host(tmp_path, FakeNvml(1500)))
    with pytest.raises(RuntimeError, match="lost"), clocks.during("1"):
        raise RuntimeError("lost")
    assert "gpu-clocks" not in {thread.name for thread in gpu_clocks.threading.enumerate()}


def test_where_nvml_is_missing_nothing_is_read(tmp_path):
    clocks = GpuClocks(host(tmp_path, None))
    with clocks.during("1") as watched:
        pass
    assert watched.readings == []
    assert clocks.free_memory("1") is None


def throttling(a, b, legs=20):
    found = Throttling()
    for letter, share in (("A", a), ("B", b)):
        held = round(share * legs)
        found.add(letter, [("software-power-cap",)] * held + [()] * (legs - held))
    return found


def test_throttling_of_one_side_alone_is_named_with_both_shares():
    assert throttling(0.1, 0.6).difference() == (
        "the GPU was held back unequally: software-power-cap in 60% of the contender's legs and "
        "10% of the baseline's"
    )


def test_throttling_that_both_sides_share_is_not_named():
    assert throttling(0.9, 1.0).difference() is None
    assert throttling(0.0, 0.0).difference() is None


@pytest.mark.parametrize(("legs", "named"), [(20, False), (60, True)])
def test_the_fewer_the_legs_the_more_their_shares_must_differ(legs, named):
    # 0.65 - 0.25 = 0.4: with 20 legs a side three standard errors are 3 / sqrt(40) = 0.47, with 60
    # they are 0.27.
    assert (throttling(0.25, 0.65, legs).difference() is not None) is named
    # However many they are, less than 0.3 is of no interest.
    assert throttling(0.25, 0.5, 10 * legs).difference() is None


def test_a_few_legs_tell_nothing_of_throttling():
    assert throttling(0.0, 1.0, legs=8).difference() is None
