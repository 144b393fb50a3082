from types import SimpleNamespace

import pytest

from cnnfc.machine.doctor.answers import Sharing
from cnnfc.machine.doctor.sharing import SharingProbe, sharing_between
from testkit import machines
from testkit.clocks import Clock


class Counters:
    """A psutil whose counters are what the test says at the moment."""

    def __init__(self):
        self.times = SimpleNamespace(user=100.0, system=20.0, nice=1.0, steal=3.0)
        self.own = SimpleNamespace(user=5.0, system=1.0)
        self.stats = SimpleNamespace(ctx_switches=1000)
        self.switches = SimpleNamespace(involuntary=10)
        self.swap = SimpleNamespace(sin=0, sout=4096)

    def cpu_times(self):
        return self.times

    def cpu_stats(self):
        return self.stats

    def swap_memory(self):
        return self.swap

    def Process(self):  # noqa: N802 - psutil's name
        return SimpleNamespace(cpu_times=lambda: self.own, num_ctx_switches=lambda: self.switches)


def test_what_others_used_is_all_but_our_own(make_host):
    counters = Counters()
    files = machines.half_cpu_container()
    host = make_host(files, psutil=counters, logical_cpus=4)
    probe = SharingProbe(host, Clock(usual=2.0))
    # In 2 s: 5 CPU seconds used by all, 2 of them by us; 0.5 stolen; 3 periods and 0.25 s stopped.
    counters.times = SimpleNamespace(user=103.0, system=21.5, nice=1.5, steal=3.5)
    counters.own = SimpleNamespace(user=6.75, system=1.25)
    counters.stats = SimpleNamespace(ctx_switches=1500)
    counters.switches = SimpleNamespace(involuntary=14)
    counters.swap = SimpleNamespace(sin=8192, sout=4096)
    stat = host.path("/sys/fs/cgroup/cpu.stat")
    stat.write_text("nr_periods 10\nnr_throttled 10\nthrottled_usec 2750000\n")
    found = probe.stop()
    assert (found.seconds, found.cpus) == (2.0, 4)
    assert found.others_cpus == pytest.approx(1.5)
    assert (found.steal_seconds, found.busy_seconds) == (0.5, pytest.approx(5.0))
    assert (found.throttled_periods, found.throttled_seconds) == (3, 0.25)
    assert (found.switches, found.preemptions, found.paged_bytes) == (500, 4, 8192)


def test_counters_that_do_not_exist_are_not_known(make_host):
    found = SharingProbe(make_host(psutil=None), Clock(usual=1.0)).stop()
    assert (found.others_cpus, found.steal_seconds, found.paged_bytes) == (None, None, None)
    assert found.throttled_periods is None


def test_counters_that_never_move_while_we_work_say_nothing(make_host):
    counters = Counters()
    probe = SharingProbe(make_host(psutil=counters), Clock(usual=1.0))
    counters.own = SimpleNamespace(user=6.0, system=1.0)
    assert probe.stop().others_cpus is None


def test_counters_that_went_back_say_nothing(make_host):
    counters = Counters()
    probe = SharingProbe(make_host(psutil=counters), Clock(usual=1.0))
    counters.times = SimpleNamespace(user=1.0, system=1.0, nice=0.0, steal=0.0)
    found = probe.stop()
    assert (found.others_cpus, found.steal_seconds, found.busy_seconds) == (None, None, None)


def test_page_ins_of_mapped_files_on_a_mac_are_no_swapping(make_host):
    counters = Counters()
    probe = SharingProbe(make_host(system="Darwin", psutil=counters), Clock(usual=1.0))
    counters.swap = SimpleNamespace(sin=2**30, sout=4096)
    assert probe.stop().paged_bytes is None


def test_what_was_taken_between_two_states_is_told_by_their_counters():
    names = ("steal_seconds", "busy_seconds", "throttled_periods", "throttled_seconds")
    before = {"cpu": dict(zip(names, (1.5, 40.0, 3, 0.5), strict=True))}
    after = {"cpu": dict(zip(names, (11.5, 230.0, 7, 2.5), strict=True))}
    found = sharing_between(before, after, 100.0, 2)
    assert found == Sharing(
        100.0,
        2,
        steal_seconds=10.0,
        busy_seconds=190.0,
        throttled_periods=4,
        throttled_seconds=2.0,
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, {}),
        ({"cpu": {"steal_seconds": 5.0}}, {"cpu": {"steal_seconds": 1.0}}),
        ({"cpu": {"steal_seconds": None}}, {"cpu": 3}),
    ],
)
def test_states_that_say_nothing_or_were_set_anew_tell_nothing(before, after):
    assert sharing_between(before, after, 10.0, 2) == Sharing(10.0, 2)
