import pytest

from cnnfc.report.layers.devices import all_devices
from cnnfc.report.layers.ladders import AXES, along, equal_parameters
from cnnfc.timeline.arrange import arrange
from testkit import histories as make

IMAGE, BATCH, GROUPS = AXES


@pytest.fixture
def layers():
    """Layers measured with the given latencies, by case."""

    def build(latencies):
        points = [
            make.point(
                make.DENSE if case.startswith("dense") else make.FORWARD, case, "cpu-1", value=value
            )
            for case, value in latencies.items()
        ]
        (found,) = all_devices(arrange(make.history(make.run(*points))))
        return found.layers

    return build


def _names(ladder):
    return [str(one.case) for one in ladder.rungs]


def _steps(ladder):
    return [(at, one.latency) for at, one in ladder.steps]


#: All with 36,864 weights.
EQUAL = {
    "conv2d.64-64.k3.nobias.hw7": 1e-4,
    "conv2d.64-64.k3.nobias.hw28": 2e-3,
    "conv2d.64-64.k3.nobias.hw14": 4e-4,
    "conv2d.64-64.k3.nobias.hw14.n8": 3e-3,
    "conv2d.64-64.k3.nobias.hw14.n2": 8e-4,
    "conv2d.128-128.k3.g4.nobias.hw14": 3e-4,
    "conv2d.256-256.k3.g16.nobias.hw14": 5e-4,
}


def test_equal_parameters_make_a_ladder_whatever_else_differs(layers):
    (ladder,) = equal_parameters(layers(EQUAL | {"dense.64-64": 1e-5}))
    assert (ladder.parameters, len(ladder.rungs), ladder.axis) == (36_864, 7, None)
    assert _names(ladder)[0] == "conv2d.64-64.k3.nobias.hw7"
    assert _names(ladder)[-1] == "conv2d.64-64.k3.nobias.hw14.n8"
    assert ladder.factor == pytest.approx(30)
    # The intervals reach 1% to both sides.
    assert ladder.least == pytest.approx(30 * 0.99 / 1.01)
    assert ladder.steps == ()


def test_only_what_an_axis_changes_differs_along_it(layers):
    found = layers(EQUAL)
    (image,), (batch,), (groups,) = (along(axis, found) for axis in (IMAGE, BATCH, GROUPS))
    assert _steps(image) == [(7, 1e-4), (14, 4e-4), (28, 2e-3)]
    assert _steps(batch) == [(1, 4e-4), (2, 8e-4), (8, 3e-3)]
    assert _steps(groups) == [(1, 4e-4), (4, 3e-4), (16, 5e-4)]
    # Rungs are in the order of latency, steps in that of the axis.
    assert _names(groups)[0] == "conv2d.128-128.k3.g4.nobias.hw14"
    assert [ladder.factor for ladder in (image, batch, groups)] == pytest.approx([20, 7.5, 5 / 3])


def test_a_ladder_of_dense_layers_varies_the_batch(layers):
    found = layers({"dense.8-8": 1e-5, "dense.8-8.n2": 1e-5, "dense.8-8.n4": 2e-5})
    assert [_steps(one) for one in along(BATCH, found)] == [[(1, 1e-5), (2, 1e-5), (4, 2e-5)]]
    assert along(IMAGE, found) == along(GROUPS, found) == ()


def test_two_places_are_no_ladder(layers):
    found = layers(
        {
            "conv2d.64-64.k1.nobias.hw7": 1e-4,
            "conv2d.64-64.k1.nobias.hw14": 2e-4,
            # Equal parameters and groups, so that it stands at the same place.
            "conv2d.128-32.k1.nobias.hw14": 2e-4,
        }
    )
    assert [along(axis, found) for axis in AXES] == [(), (), ()]
    assert len(equal_parameters(found)) == 1


def test_images_that_are_not_square_stand_at_the_mean_of_their_sides(layers):
    found = layers({f"conv2d.8-8.k3.hw{size}": 1e-4 for size in ("4x16", "16", "32")})
    (ladder,) = along(IMAGE, found)
    assert [at for at, _ in ladder.steps] == pytest.approx([8, 16, 32])


def test_the_longest_ladder_comes_first(layers):
    found = layers(
        {f"dense.8-8.n{n}": 1e-5 * n for n in (2, 4, 8)}
        | {f"dense.4-4.n{n}": 1e-6 * n for n in (2, 4, 16)}
    )
    assert [ladder.factor for ladder in along(BATCH, found)] == pytest.approx([8, 4])


def test_without_intervals_nobody_knows_the_least_factor():
    points = [
        make.point(make.DENSE, f"dense.8-8.n{n}", "cpu-1", value=1e-5 * n, n=1) for n in (2, 4, 8)
    ]
    (found,) = all_devices(arrange(make.history(make.run(*points))))
    (ladder,) = found.ladders
    assert ladder.least is None
