import math
from dataclasses import replace
from datetime import date

import pytest

from cnnfc.errors import DataError
from cnnfc.gate.policy.waivers import apply, read_waivers
from cnnfc.report.gate.waiver_entry import waiver_entries
from cnnfc.verdicts import Effect
from testkit import gate_reports as gates


def test_the_entry_covers_its_regression_once_somebody_gives_a_reason(tmp_path):
    report = gates.usual()
    entry = "\n".join(waiver_entries(report))
    path = tmp_path / "gate-waivers.toml"
    path.write_text(entry)
    with pytest.raises(DataError, match="reason must be a sentence that says why"):
        read_waivers(path, date(2026, 5, 4))
    path.write_text(entry.replace('""', '"Needed."'))
    waivers = read_waivers(path, date(2026, 5, 4))
    assert [waiver.expires for waiver in waivers] == [date(2026, 8, 2)] * 2
    judged, uses = apply(report.benchmarks, waivers)
    assert not any(r.fails and r.verdict is gates.Verdict.REGRESSION for r in judged)
    assert [len(use.benchmarks) for use in uses] == [1, 1]


def test_the_bound_is_the_upper_end_rounded_up():
    found = gates.result(gates.Verdict.REGRESSION, 8.0)
    found = replace(found, effect=Effect(1.08, 1.06, 1.101, 0.95, 0.01, 12), tail=None)
    assert "largest_ratio = 1.11" in waiver_entries(gates.report(found))
    found = replace(found, effect=Effect(1.08, 1.06, math.inf, 0.95, 0.01, 12))
    assert "largest_ratio = 1.08" in waiver_entries(gates.report(found))


def test_nothing_hostile_is_proposed(nasty):
    said = "\n".join(waiver_entries(nasty))
    assert said == "" or "pattern = 'xxx" in said


def test_a_clean_gate_proposes_nothing():
    assert waiver_entries(gates.clean()) == []
