import pytest

from cnnfc.analysis.predictors import Fit
from cnnfc.report.layers import Predictor, all_devices
from cnnfc.report.views.conclusion import conclusion
from cnnfc.timeline.arrange import arrange


@pytest.fixture
def said(make):
    """The sentences about one device, by choice with fits put in the place of its predictors."""

    def build(*fits, layers=12, ceilings=True, band=None):
        points = make.layer_points(ceilings=ceilings)
        points = points[:layers] + points[12:]
        (found,) = all_devices(arrange(make.history(make.run(*points))))
        if fits:
            names = ("Parameters", "FLOPs", "Roofline bound")
            found.__dict__["predictors"] = tuple(
                Predictor(name, "", fit) for name, fit in zip(names, fits, strict=False)
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
            "On oak, CPU, 1 thread, the number of parameters explains 41% (95% interval 22% to "
            "58%) of the variance of log latency over 96 layers; the roofline bound explains 93% "
            "(95% interval 88% to 96%) over the 90 layers that have one, clearly more."
        )
    ]


def test_overlapping_intervals_cannot_tell(said):
    (sentence,) = said(_fit(0.22, 0.41, 0.58), _fit(0.5, 0.7, 0.8))
    assert sentence.endswith(
        "FLOPs explain 70% (95% interval 50% to 80%), and the intervals overlap: these layers "
        "cannot tell which explains more."
    )


def test_parameters_may_win(said):
    (sentence,) = said(_fit(0.9, 0.95, 0.99), _fit(0.1, 0.2, 0.3))
    assert sentence.endswith("FLOPs explain 20% (95% interval 10% to 30%), clearly less.")


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


def test_a_decade_alone_is_added_where_there_is_one(said):
    band = (1_000_000, Predictor("Parameters", "", _fit(0.0, 0.03, 0.12, n=34)))
    assert said(_fit(0.22, 0.41, 0.58), band=band)[1] == (
        "Among the 34 layers with between 1 M and 10 M parameters it explains 3.0% (95% interval "
        "0% to 12%)."
    )


def test_a_ladder_whose_ends_overlap_claims_nothing(make):
    cases = [f"conv2d.64-64.k3.nobias.hw{size}" for size in (7, 8, 9)]
    points = [make.point(make.FORWARD, case, "cpu-1", spread=0.5) for case in cases]
    (found,) = all_devices(arrange(make.history(make.run(*points))))
    assert len(found.ladders) == 1
    assert len(conclusion(found, "oak")) == 1
