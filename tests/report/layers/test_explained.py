import pytest

from cnnfc.report.layers.devices import all_devices
from cnnfc.report.layers.explained import band, fits, predictors
from cnnfc.timeline.arrange import arrange
from testkit import histories as make


@pytest.fixture
def layers():
    """The layers of one device, from the ordinary history or from given points."""

    def build(*points):
        run = make.run(*(points or make.layer_points()))
        (found,) = all_devices(arrange(make.history(run)))
        return found.layers

    return build


def test_each_quantity_is_fitted_and_held_out(layers):
    found = predictors(layers())
    assert [one.name for one in found] == [
        "Parameters",
        "FLOPs",
        "Bytes",
        "Activations",
        "Roofline bound",
    ]
    for one in found:
        assert one.fit.n == one.held_out.n == 12
        assert [(family.name, family.n) for family in one.held_out.families] == [
            ("conv", 6),
            ("conv 1×1", 1),
            ("conv depthwise", 1),
            ("conv transposed", 1),
            ("dense", 3),
        ]
        assert one.held_out.log_r2 <= one.fit.log_r2


def test_layers_without_a_bound_are_left_out_of_it_alone(layers):
    low = make.point(make.DENSE, "dense.64-64.bf16", "cpu-1")
    found = predictors(layers(*make.layer_points(), low))
    assert [one.fit.n for one in found] == [13, 13, 13, 13, 12]


def test_two_families_cannot_be_held_out(layers):
    points = [
        make.point(make.DENSE, f"dense.{n}-64", "cpu-1", value=1e-6 * n) for n in (8, 16, 64, 256)
    ] + [make.point(make.FORWARD, f"conv2d.3-{n}.k3.hw32", "cpu-1") for n in (8, 16, 64)]
    for one in predictors(layers(*points))[:4]:
        assert one.held_out.log_r2 is None
        assert one.held_out.reason == "there are 2 families, and it takes 3 to hold one out"


def test_only_the_quantities_asked_for_are_fitted(layers):
    found = fits(layers(), ("Bytes", "Parameters"))
    assert {name: fit.n for name, fit in found.items()} == {"Parameters": 12, "Bytes": 12}


def test_the_decade_with_most_layers_is_judged_alone_by_every_predictor(layers):
    # 64 * 9 * (20 to 130) = 11,520 to 74,880 parameters, and one with 248.
    cases = [f"conv2d.64-{width}.k3.nobias.hw14" for width in range(20, 140, 10)]
    points = [make.point(make.FORWARD, case, "cpu-1") for case in [*cases, "conv2d.3-8.k3.hw32"]]
    found = band(layers(*points))
    assert found.low == 10_000
    assert [(one.name, one.fit.n) for one in found.predictors] == [
        ("Parameters", 12),
        ("FLOPs", 12),
        ("Bytes", 12),
        ("Activations", 12),
        ("Roofline bound", 0),
    ]


def test_a_decade_that_has_all_layers_or_too_few_says_nothing_new(layers):
    assert band(layers()) is None
    cases = [f"conv2d.64-{width}.k3.nobias.hw14" for width in range(20, 140, 10)]
    assert band(layers(*(make.point(make.FORWARD, case, "cpu-1") for case in cases))) is None
