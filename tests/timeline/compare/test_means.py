import math

import pytest

from cnnfc.analysis.summary import Summary
from cnnfc.records import BenchmarkInfo
from cnnfc.timeline.compare.means import means
from cnnfc.timeline.compare.ratio import Quotient
from cnnfc.timeline.compare.sides import Compared

ONE = Summary(1.0, None, None, None, 1)


def _compared(ratio, name="conv.Forward.time_layer", family="conv", apart=False, **info):
    quotient = Quotient(ratio, apart=apart)
    return Compared(BenchmarkInfo(name, **info), ("x",), family, ONE, ONE, quotient)


def test_a_mean_is_geometric_and_has_students_interval_of_the_logarithms():
    family, benchmark = means([_compared(1.0), _compared(4.0)])
    assert (family.by, family.name, family.n) == ("family", "conv", 2)
    assert (benchmark.by, benchmark.name, benchmark.n) == (
        "benchmark",
        "conv.Forward.time_layer",
        2,
    )
    assert family.ratio == pytest.approx(2.0)
    # Student's t of one degree of freedom leaves 2.5% above 12.706; the logarithms are 0 and
    # log 4, their standard error log(4) / 2.
    reach = 12.7062 * math.log(4) / 2
    assert family.low == pytest.approx(2 * math.exp(-reach), rel=1e-3)
    assert family.high == pytest.approx(2 * math.exp(reach), rel=1e-3)
    assert (family.smallest, family.largest) == (1.0, 4.0)


def test_equal_ratios_have_no_spread_and_a_single_one_no_interval():
    same = means([_compared(2.0)] * 3)[0]
    assert (same.ratio, same.low, same.high) == tuple(map(pytest.approx, (2.0, 2.0, 2.0)))
    single = means([_compared(2.0)])[0]
    assert (single.n, single.low, single.high) == (1, None, None)


def test_units_and_directions_are_never_averaged_together():
    found = means([
        _compared(2.0, "conv.Memory.peakmem_layer", unit="bytes"),
        _compared(3.0),
        _compared(4.0, "conv.Forward.track_rate", unit="seconds", higher_is_better=True),
    ])  # fmt: skip
    families = [(m.name, m.unit, m.higher_is_better, m.ratio) for m in found if m.by == "family"]
    assert families == [
        ("conv", "bytes", False, pytest.approx(2.0)),
        ("conv", "seconds", False, pytest.approx(3.0)),
        ("conv", "seconds", True, pytest.approx(4.0)),
    ]


def test_only_what_is_apart_counts_as_worse_or_better():
    family = means([
        _compared(2.0, apart=True),
        _compared(0.5, apart=True),
        _compared(0.4, apart=True),
        _compared(3.0),
    ])[0]  # fmt: skip
    assert (family.worse, family.better) == (1, 2)


def test_families_come_first_then_benchmarks_in_alphabetical_order():
    found = means([_compared(1.0, "dense.F.time_x", "dense"), _compared(1.0, "conv.F.time_x")])
    assert [mean.name for mean in found] == ["conv", "dense", "conv.F.time_x", "dense.F.time_x"]


def test_ratios_worlds_apart_have_a_mean_without_an_interval():
    family = means([_compared(1e-300), _compared(1e300)])[0]
    assert family.ratio == pytest.approx(1.0)
    assert (family.low, family.high) == (None, None)
