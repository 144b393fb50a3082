"""A layer is built before asv decides how many calls make a value."""

import time

import pytest
from asv_runner.benchmarks import benchmark_types

from cnnfc.measure import api, asv_type


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
