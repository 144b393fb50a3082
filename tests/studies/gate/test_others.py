import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from cnnfc.errors import CannotMeasure
from cnnfc.studies.gate import others, recording
from cnnfc.studies.gate.others import Others, condition


@pytest.mark.parametrize("load", ["quiet", "busy"])
def test_a_step_beside_others_is_a_class_apart(load):
    assert condition(load, others.SHARED) == load
    assert condition(load, 1.01 * others.SHARED) == "disturbed"


def test_what_is_neither_idle_nor_ours_is_others(monkeypatch):
    # Wall time, busy time of the machine, own time (s): 6 of 10 busy seconds were ours.
    readings = iter([(0.0, 100.0, 50.0), (4.0, 110.0, 56.0)])
    monkeypatch.setattr(Others, "_read", staticmethod(lambda: next(readings)))
    assert Others().cpus() == 1.0


def test_a_child_is_no_other_once_it_was_waited_for():
    before = Others._read()[2]
    subprocess.run([sys.executable, "-c", "sum(range(10**6))"], check=True, timeout=60)
    assert os.times().children_user > 0
    assert Others._read()[2] > before


def test_recorded_pairs_beside_others_are_disturbed(monkeypatch):
    class Suite:
        def surveyed(self, folder, protocol):
            return None, []

    lost = SimpleNamespace(seconds=1.0, blocks={}, canaries={})
    monkeypatch.setattr(recording, "measure_pair", lambda *_: lost)
    monkeypatch.setattr(recording.Others, "cpus", lambda _self: 0.5)
    # No case at all: that is said before anything else.
    with pytest.raises(CannotMeasure):
        recording.record(Suite(), "quiet", 1, pairs=1)
    case = SimpleNamespace(id="a", seconds=1e-3, number=1)
    block = SimpleNamespace()
    lost.blocks["a"] = [block]
    monkeypatch.setattr(Suite, "surveyed", lambda *_: (None, [case]))
    monkeypatch.setattr(recording, "reduce_pair", lambda *_: {"values": "1", "tenth": "2"})
    point = recording.record(Suite(), "quiet", 1, pairs=1)
    assert (point["recorded"], point["others"]) == ("disturbed", 0.5)
