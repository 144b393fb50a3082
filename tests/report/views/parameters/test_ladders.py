import pytest

from cnnfc.report.layers.devices import all_devices
from cnnfc.report.views.parameters.ladders import ladder_answer, ladder_figure, ladder_table
from cnnfc.timeline.arrange import arrange
from testkit import histories as make

#: All with 36,864 weights: three images, three batches.
EQUAL = {
    "conv2d.64-64.k3.nobias.hw7": 1e-4,
    "conv2d.64-64.k3.nobias.hw14": 4e-4,
    "conv2d.64-64.k3.nobias.hw28": 2e-3,
    "conv2d.64-64.k3.nobias.hw14.n2": 8e-4,
    "conv2d.64-64.k3.nobias.hw14.n8": 3e-3,
}


@pytest.fixture
def found():
    """The layers of one device, measured with the given latencies."""

    def build(latencies=EQUAL):
        points = [
            make.point(make.FORWARD, case, "cpu-1", value=value)
            for case, value in latencies.items()
        ]
        (layers,) = all_devices(arrange(make.history(make.run(*points))))
        return layers

    return build


def test_ladders_of_one_thing_and_of_several_are_told_apart(found, cells):
    table = ladder_table(found())
    assert [row[:3] for row in cells(table)] == [
        ["36,864", "×30.0", "several things"],
        ["36,864", "×20.0", "image size"],
        ["36,864", "×7.50", "batch"],
    ]
    assert [row[2].detail for row in table.rows] == ["5 layers", "3 layers", "3 layers"]


def test_the_answer_says_what_one_thing_changes_alone(found):
    assert ladder_answer(found()) == (
        "5 layers have exactly 36,864 parameters; the slowest of them takes 30.0 times as long as "
        "the fastest. Changed alone, image size makes a factor of up to 20.0 and batch 7.50."
    )


def test_the_figure_has_a_panel_for_each_thing_and_the_factor_at_each_line(found):
    spec = ladder_figure(found().steps).wide
    assert [panel["title"]["text"] for panel in spec["concat"]] == [
        ["Image size, pixels a side"],
        ["Batch size"],
    ]
    labels = [row["label"] for rows in spec["datasets"].values() for row in rows if "y" in row]
    assert labels == ["36.9 k: ×20.0", "36.9 k: ×7.50"]


def test_layers_without_equals_make_no_ladder(found):
    layers = found({f"conv2d.64-{n}.k3.hw14": 1e-4 for n in (8, 16, 32)})
    assert ladder_table(layers) is None
    assert ladder_figure(layers.steps) is None
    assert ladder_answer(layers) == ""


def test_long_lists_are_cut_and_say_so(found):
    sizes = range(1, 15)
    layers = found(
        {
            f"conv2d.{8 * n}-8.k3.nobias.hw{side}": 1e-4 * side * n
            for n in sizes
            for side in (7, 14, 28)
        }
    )
    table = ladder_table(layers)
    assert len(table.rows) == 12
    assert table.note.endswith("2 shorter ladders not shown.")
    # All have the factor 28 / 7; the figure shows as many lines as have room for their labels.
    spec = ladder_figure(layers.steps).narrow
    assert len([row for rows in spec["datasets"].values() for row in rows if "y" in row]) == 6
