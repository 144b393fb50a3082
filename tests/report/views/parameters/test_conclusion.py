import pytest

from cnnfc.analysis.held_out import HeldOut
from cnnfc.analysis.predictors import Fit
from cnnfc.report.layers.devices import all_devices
from cnnfc.report.layers.explained import Band, Predictor
from cnnfc.report.views.parameters.conclusion import conclusion
from cnnfc.timeline.arrange import arrange
from testkit import histories as make


@pytest.fixture
def said():
    """The sentences about one device, by choice with fits put in the place of its predictors."""

    def build(*fits, layers=12, ceilings=True, band=None, held=(None,) * 3):
        points = make.layer_points(ceilings=ceilings)
        points = points[:layers] + points[12:]
        (found,) = all_devices(arrange(make.history(make.run(*points))))
        if fits:
            names = ("Parameters", "FLOPs", "Roofline bound")
            found.__dict__["predictors"] = tuple(
                Predictor(name, "", fit, out)
                for name, fit, out in zip(names, fits, held, strict=False)
            )
            found.__dict__["ladders"] = ()
        found.__dict__["band"] = band
        return conclusion(found, "oak")

    return build


def _fit(low, centre, high, n=96):
    return Fit(n, log_r2=centre, log_r2_low=low, log_r2_high=high)


def test_a_clear_difference_is_called_clear(said):
    assert said(_fit(0.22, 0.41, 0.58), _fit(0.5, 0.7, 0.8), _fit(0.88, 0.93, 0.96, n=90)) == [
        (
            "On oak, CPU, 1 thread, parameters explain 41% (95% interval 22% to 58%) of the "
            "variance of log latency over all 96 layers; the roofline bound explains 93% (88% to "
            "96%) over the 90 layers that have one, clearly more."
        )
    ]


def test_overlapping_intervals_cannot_tell(said):
    (sentence,) = said(_fit(0.22, 0.41, 0.58), _fit(0.5, 0.7, 0.8))
    assert sentence.endswith(
        "; FLOPs explain 70% (50% to 80%), and the intervals overlap: these layers cannot tell "
        "which explains more."
    )


def test_parameters_may_win(said):
    (sentence,) = said(_fit(0.9, 0.95, 0.99), _fit(0.1, 0.2, 0.3))
    assert sentence.endswith("; FLOPs explain 20% (10% to 30%), clearly less.")


def test_a_wide_interval_is_called_wide(said):
    *_, last = said(_fit(0.2, 0.41, 0.601, n=14), _fit(0.1, 0.2, 0.3))
    assert last == (
        "The interval is wide: 14 layers cannot say more closely what parameters explain."
    )
    assert len(said(_fit(0.2, 0.41, 0.6), _fit(0.1, 0.2, 0.3))) == 1


def test_too_few_layers_say_so(said):
    first, *others = said(layers=9)
    assert first == (
        "On oak, CPU, 1 thread, 9 layers were measured: too few to say how well parameters explain "
        "latency, which takes at least 10 different ones."
    )
    assert others == [
        # Each interval reaches 1% to both sides: 40 * 0.99 / 1.01.
        (
            "3 layers have exactly 36,864 parameters, and their latencies differ by a factor of "
            "40.0, by their intervals at least 39.2."
        )
    ]


def _band(*predictors):
    return Band(1_000_000, tuple(Predictor(name, "", fit) for name, fit in predictors))


def test_a_decade_alone_is_added_where_there_is_one(said):
    band = _band(("Parameters", _fit(0.0, 0.03, 0.12, n=34)), ("FLOPs", _fit(0.6, 0.8, 0.9, n=34)))
    first, second = said(_fit(0.22, 0.41, 0.58), _fit(0.7, 0.8, 0.9), band=band)
    assert "over all 96 layers, and 3.0% (0% to 12%) over the 34 of them with 1 M to 10 M " in first
    assert "parameters; FLOPs explain 80% (70% to 90%), clearly more." in first
    # The rival has the same narrow range, so that the range is no excuse.
    assert second == "Over those 34 layers FLOPs explain 80% (60% to 90%)."


def test_a_decade_without_an_interval_is_left_out(said):
    band = _band(("Parameters", Fit(10, log_r2=0.5)))
    assert len(said(_fit(0.22, 0.41, 0.58), band=band)) == 1


def _held(low, share, high, error):
    return HeldOut(96, "", share, low, high, error, error / 2, error * 2)


def test_what_is_left_on_new_families_is_said_of_both(said):
    _, sentence = said(
        _fit(0.22, 0.41, 0.58),
        _fit(0.7, 0.8, 0.9),
        held=(_held(-0.5, -0.2, 0.1, 4.0), _held(0.6, 0.7, 0.8, 1.5)),
    )
    assert sentence == (
        "Asked for a family of layers that it was not fitted to, the law in parameters is off by a "
        "factor of 4.00 (2.00 to 8.00) at the median and explains −20% (−50% to 10%), which is "
        "worse than one number for all layers; the law in FLOPs is off by a factor of 1.50 (0.75 "
        "to 3.00) and explains 70% (60% to 80%)."
    )


def test_a_positive_share_of_new_families_is_not_called_worse(said):
    _, sentence = said(_fit(0.22, 0.41, 0.58), held=(_held(0.1, 0.2, 0.3, 4.0),))
    assert "worse" not in sentence


def test_that_nothing_can_be_held_out_is_said_with_the_reason(said):
    reason = "there are 2 families, and it takes 3 to hold one out"
    _, sentence = said(_fit(0.22, 0.41, 0.58), held=(HeldOut(96, reason),))
    assert sentence == f"No kind of layers can be held out to test the law on it: {reason}."


def test_a_ladder_whose_ends_overlap_claims_nothing():
    cases = [f"conv2d.64-64.k3.nobias.hw{size}" for size in (7, 8, 9)]
    points = [make.point(make.FORWARD, case, "cpu-1", spread=0.5) for case in cases]
    (found,) = all_devices(arrange(make.history(make.run(*points))))
    assert len(found.ladders) == 1
    assert len(conclusion(found, "oak")) == 1


def test_a_ladder_says_what_one_thing_alone_makes():
    latency = {"hw7": 1e-4, "hw14": 4e-4, "hw28": 1e-3, "hw7.n8": 3e-3}
    points = [
        make.point(make.FORWARD, f"conv2d.64-64.k3.nobias.{rest}", "cpu-1", value=value)
        for rest, value in latency.items()
    ]
    (found,) = all_devices(arrange(make.history(make.run(*points))))
    assert conclusion(found, "oak")[-1] == (
        "4 layers have exactly 36,864 parameters, and their latencies differ by a factor of 30.0, "
        "by their intervals at least 29.4; one thing changed alone makes a factor of 10.0 by image "
        "size."
    )
