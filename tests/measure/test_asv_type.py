"""A layer is built before asv decides how many calls make a value."""

import functools
import sys
import time

import pytest
from asv_runner.benchmarks import benchmark_types

from cnnfc.measure import api, asv_type, layers
from cnnfc.names import Device


class _Slow(api.Suite):
    """Its first call takes longer than the warm-up, as starting CUDA does."""

    warmup_time = 0.01
    sample_time = 0.001
    repeat = (2, 2, 1.0)
    version = "1"

    def __init__(self):
        self.calls = 0

    def time_layer(self):
        self.calls += 1
        if self.calls == 1:
            time.sleep(0.03)


class _Foreign:
    warmup_time = 0.01
    sample_time = 0.001
    repeat = (2, 2, 1.0)
    version = "1"

    def __init__(self):
        self.calls = 0

    time_layer = _Slow.time_layer


def _run(suite):
    cls = next(t for t in benchmark_types if t.name_regex.match("time_layer"))
    return cls("name", suite.time_layer, [suite.time_layer, suite]).run()


def test_a_slow_first_call_does_not_decide_how_many_calls_make_a_value():
    assert _run(_Slow())["number"] > 1


@pytest.mark.parametrize(("suite", "more"), [(_Slow(), 1), (_Foreign(), 0)])
def test_benchmarks_of_other_suites_run_as_asv_runs_them(monkeypatch, suite, more):
    monkeypatch.setattr(
        asv_type.TimeBenchmark, "run", lambda self, *param: {"samples": [], "number": 1}
    )
    _run(suite)
    assert suite.calls == more


def test_the_type_is_asvs_own_for_every_reader():
    cls = next(t for t in benchmark_types if t.name_regex.match("time_layer"))
    assert cls is asv_type.LayerBenchmark
    assert cls("name", _Slow().time_layer, [_Slow()]).type == "time"


class _Stated(api.Suite):
    """Times what `statement` gives, whatever its method costs."""

    warmup_time = 0.001
    sample_time = 0.001
    repeat = (2, 2, 1.0)
    number = 1
    version = "1"
    accelerator_warmup_time = 0.5

    def time_layer(self, case, device):
        time.sleep(1e-3)


def _benchmark(suite):
    return asv_type.LayerBenchmark("name", suite.time_layer, [suite.time_layer, suite])


def test_the_statement_is_timed_instead_of_the_method(monkeypatch):
    called = []
    monkeypatch.setattr(
        _Stated.time_layer, "statement", lambda *case: lambda: called.append(case), raising=False
    )
    timer = _benchmark(_Stated())._get_timer("dense.8-8", "cpu-1")
    timer.timeit(3)
    assert called == [("dense.8-8", "cpu-1")] * 3


def test_a_call_of_a_layer_stands_in_the_timing_loop_itself(monkeypatch):
    seen = []

    def layer(batch):
        seen.append((batch, sys._getframe(1).f_code.co_name))

    monkeypatch.setattr(
        _Stated.time_layer,
        "statement",
        lambda *case: functools.partial(layer, "batch"),
        raising=False,
    )
    _benchmark(_Stated())._get_timer("dense.8-8", "cpu-1").timeit(2)
    assert seen == [("batch", "inner")] * 2  # `inner` is the loop of timeit


class _Prepared(_Stated):
    """Has a setup before every call, and more than one call a value."""

    number = 3
    warmup_time = 0

    def __init__(self, log):
        self.log = log

    def setup(self, case, device):
        self.log.append("setup")

    def time_layer(self, case, device):
        self.log.append("method")


@pytest.mark.parametrize("statement", ["statement", None])
def test_with_a_setup_before_every_call_the_statement_is_timed_as_well(monkeypatch, statement):
    log = []
    if statement:
        monkeypatch.setattr(
            _Prepared.time_layer, "statement", lambda *case: lambda: log.append(case), raising=False
        )
    benchmark = _benchmark(_Prepared(log))
    benchmark._current_params = ("dense.8-8", "cpu-1")
    benchmark.run(*benchmark._current_params)
    timed = ("dense.8-8", "cpu-1") if statement else "method"
    # The first call does not count; then two values of three calls.  asv has made the setup of the
    # first one before `run`, which this test leaves out.
    assert log == ["method", timed, *["setup", timed] * 5]


def test_without_a_statement_the_method_is_timed():
    assert _benchmark(_Stated())._get_timer("dense.8-8", "cpu-1").timeit(1) >= 1e-3


@pytest.mark.parametrize(("device", "seconds"), [("cpu-1", 0.001), ("cuda-0", 0.5)])
def test_accelerators_are_warmed_up_longer(monkeypatch, device, seconds):
    active = layers.Workload(lambda: None, Device.parse(device), "fp32")
    monkeypatch.setattr(layers, "active", active)
    monkeypatch.setattr(asv_type.TimeBenchmark, "run", lambda self, *param: self.warmup_time)
    assert _benchmark(_Stated()).run("dense.8-8", device) == seconds
