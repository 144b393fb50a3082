"""Times by the clock of a GPU, of a stand-in for torch whose kernels take the time they are told.

No real GPU is asked here: see tests/gpu/test_gate_on_a_device.py.
"""

import importlib.util
import sys
import timeit
import types
from pathlib import Path

import pytest
from asv_runner.benchmarks.time import TimeBenchmark

from cnnfc.gate.worker import cuda
from cnnfc.gate.worker.cuda import Events, Spinner

FAKES = Path(__file__).parents[1] / "suites" / "gpu_fakes"
TIMEOUT = 60.0
KERNEL = 1e-4
LAUNCH = 1e-6


@pytest.fixture
def torch(monkeypatch):
    """The stand-in in this process, with a clock that only calls move."""
    spec = importlib.util.spec_from_file_location("fake_torch", FAKES / "torch.py")
    torch = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(torch)
    clock = types.SimpleNamespace(now=1000.0)

    def wait(until):
        clock.now = max(clock.now, until)

    monkeypatch.setattr(torch, "now", lambda: clock.now)
    monkeypatch.setattr(torch, "wait", wait)
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setattr(cuda, "time", types.SimpleNamespace(perf_counter=lambda: clock.now))
    monkeypatch.setattr(cuda, "_warm", set())
    cuda.spinner.cache_clear()
    torch.clock = clock
    yield torch
    cuda.spinner.cache_clear()


def call(torch, seconds=KERNEL, launch=LAUNCH):
    """A call that takes the host `launch` seconds and the GPU `seconds`."""

    def launched():
        torch.clock.now += launch
        torch.launch(seconds)

    return launched


def test_a_value_is_what_the_gpu_needs_and_not_the_launch(torch):
    timer = Events(timeit.Timer(call(torch)), 0)
    assert timer.timeit(10) == pytest.approx(10 * KERNEL)
    # The first launch was covered by a short wait of the GPU, which is not in the value.
    assert torch.state.spins == [100_000]


def test_launches_longer_than_kernels_are_in_the_value(torch):
    timer = Events(timeit.Timer(call(torch, seconds=1e-6, launch=50e-6)), 0)
    # 20 launches of 50 us, of which the cover of 102 us hides two.
    assert timer.timeit(20) == pytest.approx(20 * 50e-6 - 102e-6 + 1e-6)


def test_without_the_wait_a_value_begins_with_its_first_launch(torch, monkeypatch):
    monkeypatch.delattr(torch.cuda, "_sleep")
    assert Events(timeit.Timer(call(torch)), 0).timeit(1) == pytest.approx(LAUNCH + KERNEL)


def test_setups_between_calls_are_not_in_the_value(torch):
    def setup():
        torch.launch(5 * KERNEL)

    benchmark = types.SimpleNamespace(
        _param_bound_func=lambda: call(torch), redo_setup=setup, timer=timeit.default_timer
    )
    timer = Events(TimeBenchmark._get_interleaved_timer(benchmark), 0)
    assert timer.timeit(3) == pytest.approx(3 * KERNEL)
    assert len(torch.state.spins) == 3


def test_a_slowdown_is_spent_by_the_gpu_inside_the_value(torch):
    timer = Events(timeit.Timer(call(torch)), 0).slow_down(lambda calls: calls * 0.05 * KERNEL)
    assert timer.timeit(10) == pytest.approx(10 * 1.05 * KERNEL)


def test_a_slowdown_of_nothing_queues_nothing(torch):
    timer = Events(timeit.Timer(call(torch)), 0).slow_down(lambda _: 0.0)
    torch.state.spins.clear()
    assert timer.timeit(10) == pytest.approx(10 * KERNEL)
    assert len(torch.state.spins) == 1


def test_a_spinner_knows_the_cycle_and_what_an_empty_kernel_takes(torch):
    spinner = Spinner(0)
    torch.state.spins.clear()
    spinner.spend(12e-6)
    # At 1 GHz; 2 us of the 12 are the kernel itself.
    assert torch.state.spins == [10_000]


def test_a_clock_that_waits_for_the_gpu_is_told_from_one_that_does_not(torch):
    def waits():
        torch.cuda.synchronize()
        return torch.now()

    timer = timeit.Timer(call(torch))
    clocks = {"waits": waits, "does not": torch.now, "asv's": timeit.default_timer}
    assert {
        name: cuda.may_choose(types.SimpleNamespace(timer=clock), timer, 0)
        for name, clock in clocks.items()
    } == {"waits": True, "does not": False, "asv's": True}


def test_a_timer_without_a_clock_keeps_its_own(torch):
    of_another_process = types.SimpleNamespace(timeit=lambda number: 1.0)
    benchmark = types.SimpleNamespace(timer=timeit.default_timer)
    assert not cuda.may_choose(benchmark, of_another_process, 0)


@pytest.mark.parametrize(
    ("by_events", "by_host", "expected"),
    [
        (1e-3, 1.05e-3, True),
        (5e-6, 1.2e-4, True),  # a short call: the host has launched and waited
        (1e-6, 1e-3, False),  # work on another stream
        (1.0, 1e-3, False),  # a clock that counts something else
    ],
)
def test_events_agree_with_the_host_or_do_not_see_the_work(by_events, by_host, expected):
    assert cuda.agree(by_events, by_host) is expected


def test_a_gpu_is_kept_busy_before_the_first_leg_of_a_process_alone(torch):
    calls = []

    def a_call():
        calls.append(torch.clock.now)
        torch.clock.now += 0.1

    cuda.warm_up(0, a_call)
    assert len(calls) == 3
    cuda.warm_up(0, a_call)
    assert len(calls) == 3


def test_nothing_is_asked_of_a_gpu_before_the_suite_has_started_it(torch, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: False)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: pytest.fail("CUDA was started"))
    assert cuda.allocations() == {}
    assert cuda.reserved(give_back=True) == 0


def test_amds_gpus_have_no_uuid_that_nvml_knows(torch):
    assert cuda.uuid(0) == "1234"
    torch.version.hip = "6.2"
    assert cuda.uuid(0) is None


@pytest.fixture
def asked(start):
    worker = start("on_gpu", side={"path": (FAKES,)})

    def ask(op, name, **fields):
        answer = worker.ask(op, TIMEOUT, benchmark=f"cases.{name}", index=0, **fields)
        assert "failed" not in answer, answer
        return answer

    return ask


def test_a_survey_finds_the_gpu_and_its_clock(asked):
    answer = asked("survey", "time_with_the_clock_of_asv")
    assert (answer["device"], answer["gpu"], answer["gpu_index"]) == ("cuda", "1234", 0)
    assert answer["timed_by"] == "events"
    assert answer["seconds"] == pytest.approx(KERNEL, rel=0.1)
    # About a millisecond by the GPU's clock, though the launches take microseconds.
    assert 8 <= answer["number"] <= 12


@pytest.mark.parametrize(
    ("name", "clock"),
    [
        ("time_with_a_clock_that_waits", "events"),
        ("time_the_launch", "own"),
        ("time_on_a_stream_of_its_own", "waiting"),
        ("WithSetup.time_it", "events"),
    ],
)
def test_the_clock_is_the_gpus_where_that_sees_what_the_suite_means(asked, name, clock):
    assert asked("survey", name)["timed_by"] == clock


def test_a_launch_is_timed_by_the_clock_that_the_suite_declares(asked):
    assert asked("survey", "time_the_launch")["seconds"] < KERNEL / 4


def test_work_that_events_do_not_see_is_waited_for(asked):
    answer = asked("survey", "time_on_a_stream_of_its_own")
    leg = {"number": 1, "seconds": 0.0, "warm_calls": 0, "clock": ("waiting", 0)}
    assert answer["seconds"] >= 10 * KERNEL
    assert min(asked("leg", "time_on_a_stream_of_its_own", **leg)["values"]) >= 10 * KERNEL


def test_what_runs_on_the_cpu_has_no_clock_of_a_gpu(asked):
    answer = asked("survey", "time_on_the_cpu")
    assert answer["device"] == "cpu"
    assert "timed_by" not in answer
    assert "gpu" not in answer


def test_memory_on_the_gpu_is_that_of_the_case_alone(asked):
    assert asked("survey", "Large.time_it")["device_memory"] == 3 * 2**30
    assert asked("survey", "time_with_the_clock_of_asv")["device_memory"] == 0


def test_a_leg_by_events_has_the_gpus_times_and_an_injected_slowdown(asked):
    leg = {"number": 10, "seconds": 0.01, "warm_calls": 1, "clock": ("events", 0)}
    plain = asked("leg", "time_with_the_clock_of_asv", **leg)
    assert min(plain["values"]) == pytest.approx(KERNEL, rel=0.02)
    inject = {"fraction": 0.2, "every": 1, "seconds_per_call": KERNEL}
    slowed = asked("leg", "time_with_the_clock_of_asv", inject=inject, **leg)
    assert min(slowed["values"]) == pytest.approx(1.2 * KERNEL, rel=0.02)


def test_a_leg_with_setups_times_the_calls_alone(asked):
    leg = {"number": 2, "seconds": 0.005, "warm_calls": 0, "clock": ("events", 0)}
    assert min(asked("leg", "WithSetup.time_it", **leg)["values"]) == pytest.approx(KERNEL, rel=0.1)
