import pytest

from cnnfc.analysis.residuals import Reason
from cnnfc.report.layers.devices import all_devices
from cnnfc.report.layers.regimes import regimes
from cnnfc.report.layers.unexpected import Unexpected, UnexpectedLayers, unexpected
from cnnfc.report.views.parameters.residuals import cause, fold, residual_table
from cnnfc.timeline.arrange import arrange
from testkit import histories as make

REUSED = "conv2d.64-64.k3.nobias.hw8"


@pytest.fixture
def far():
    """Six dense layers with 1 ns a parameter, and a convolution that uses its weights 64 times."""
    points = [
        make.point(make.DENSE, f"dense.{n}-{n}.nobias", "cpu-1", value=n * n * 1e-9)
        for n in (16, 32, 64, 512, 1024, 2048)
    ]
    points.append(make.point(make.FORWARD, REUSED, "cpu-1", value=36_864 * 64e-9))
    (found,) = all_devices(arrange(make.history(make.run(*points))))
    return unexpected(found, regimes(found))


@pytest.fixture
def one():
    """A layer with given reasons."""

    def build(case, *reasons, ratio=4.0, cold=None):
        points = [
            make.point(make.DENSE if case.startswith("dense") else make.FORWARD, name, "cpu-1")
            for name in (case, "dense.8-8", "dense.4-4")
        ]
        (found,) = all_devices(arrange(make.history(make.run(*points))))
        layer = next(layer for layer in found.layers if str(layer.case) == case)
        expected = layer.latency / ratio
        return Unexpected(layer, expected, (100.0, 2.0), (1e9, 0.5), reasons, cold)

    return build


def test_a_row_says_how_far_off_a_layer_is_by_which_factor_and_why(far, cells):
    table = residual_table(far)
    (row,) = cells(table)
    # 64 FLOPs for each of 2; the law through all seven layers lies a little above 1 ns.
    assert row[0] == REUSED
    assert row[1:3] == ["36.9", "2.36"]
    assert row[5:7] == ["128", "2.00"]
    assert row[-1] == "Many FLOPs for its parameters: each weight is used 64 times."
    residual, uses, speed = (float(table.rows[0][n].sort) for n in (4, 5, 6))
    assert row[4] == f"×{residual:.1f}"
    assert (uses, speed) == pytest.approx((128, 2e9))
    # All are equally fast, so the whole residual is in the uses.
    assert table.rows[0][5].detail == f"usual {row[4]}"
    assert table.rows[0][6].detail == "usual ×1.00"
    assert table.note.startswith("1 of 7 layers are off by a factor of ")


def test_no_large_residual_is_said_with_the_limit():
    table = residual_table(UnexpectedLayers(7, 2.25, ()))
    assert (table.rows, table.note) == ((), "")
    assert table.empty == "No layer is off by a factor of 2.25 or more."


def test_only_the_farthest_are_shown_and_that_is_said(one):
    table = residual_table(UnexpectedLayers(40, 2.0, (one("dense.16-16", Reason.SLOW),) * 20))
    assert len(table.rows) == 16
    assert table.note.startswith(
        "20 of 40 layers are off by a factor of 2.00 or more; these are the 16 farthest. "
    )


def test_without_a_law_there_is_no_table():
    assert residual_table(None) is None


@pytest.mark.parametrize(
    ("case", "reasons", "ratio", "words"),
    [
        (
            # With a bias, which is no weight: 1,024 positions.
            "conv2d.3-64.k3.hw32",
            (Reason.REUSED,),
            4.0,
            "Many FLOPs for its parameters: each weight is used 1,024 times.",
        ),
        (
            "dense.16-16",
            (Reason.FEW_USES,),
            0.25,
            "Few FLOPs for its parameters: each weight is used once.",
        ),
        (
            "dense.16-16.n2",
            (Reason.WEIGHTS,),
            0.25,
            (
                "Few FLOPs for its parameters: each weight is used twice, and its weights "
                "stream from memory."
            ),
        ),
        (
            "dense.16-16",
            (Reason.CACHED,),
            0.25,
            (
                "Few FLOPs for its parameters: each weight is used once, and its weights are "
                "still in a cache."
            ),
        ),
        ("dense.16-16", (Reason.FAST,), 0.25, "Fast arithmetic for its parameters."),
        ("dense.16-16", (Reason.WEIGHTS,), 4.0, "Slow arithmetic: its weights stream from memory."),
        (
            "dense.16-16",
            (Reason.OVERHEAD, Reason.REUSED),
            4.0,
            (
                "So little work that the overhead of the call decides; also many FLOPs for its "
                "parameters: each weight is used once."
            ),
        ),
        (
            "conv2d.64-64.k3.g64.hw14",
            (Reason.GROUPED,),
            4.0,
            "Slow arithmetic: depthwise, and each of its groups is a small matrix product.",
        ),
        (
            "conv2d.64-64.k3.g4.hw14",
            (Reason.GROUPED,),
            4.0,
            (
                "Slow arithmetic: groups of 16 channels, and each of its groups is a small matrix "
                "product."
            ),
        ),
        ("dense.16-16", (), 4.0, "No single cause: both factors are near the usual."),
    ],
)
def test_the_cause_is_said_in_words(one, case, reasons, ratio, words):
    assert cause(one(case, *reasons, ratio=ratio)) == words


@pytest.mark.parametrize("reason", list(Reason))
@pytest.mark.parametrize("ratio", [0.25, 4.0])
def test_every_reason_that_the_rule_gives_has_words(one, reason, ratio):
    slow = {Reason.REUSED, Reason.ACTIVATIONS, Reason.OVERHEAD, Reason.GROUPED}
    slow |= {Reason.KERNEL, Reason.SLOW}
    fast = {Reason.FEW_USES, Reason.FAST}
    if reason in (fast if ratio > 1 else slow):
        return
    assert cause(one("dense.16-16", reason, ratio=ratio)).endswith(".")


def test_cold_caches_are_named_where_they_were_measured(one):
    said = cause(one("dense.16-16", Reason.FAST, ratio=0.25, cold=5.48))
    assert (
        said == "Fast arithmetic for its parameters. With cold caches it takes 5.48 times as long."
    )


def test_a_factor_is_never_below_one():
    assert [fold(ratio) for ratio in (3.2, 1.0, 0.999, 0.25)] == [
        "×3.20",
        "×1.00",
        "×1.00",
        "÷4.00",
    ]
