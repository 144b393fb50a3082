import pytest

from cnnfc.report.layers.devices import all_devices
from cnnfc.report.layers.slices import all_slices
from cnnfc.report.views.parameters.multiples import multiples_figures, slices_table
from cnnfc.timeline.arrange import arrange
from testkit import histories as make


@pytest.fixture
def cuts():
    """Slices of twelve dense layers at batch 1 and three at batch 4; latency is as parameters."""
    points = [
        make.point(make.DENSE, f"dense.{n}-{n}.nobias.n{batch}", "cpu-1", value=n * n * 1e-9)
        for batch, sizes in ((1, range(8, 32, 2)), (4, (8, 16, 32)))
        for n in sizes
    ]
    every = list(all_devices(arrange(make.history(make.run(*points)))))
    return all_slices(every[0], every)


def test_the_table_has_the_numbers_of_every_panel(cuts):
    table = slices_table(cuts)
    large, few = table.rows
    assert [cell.text for cell in large] == [
        "batch 1",
        "batch size",
        "12",
        "100%",
        "–",
        # Proportional: ten times the parameters take ten times as long.
        "×10.0",
        "64 ns – 900 ns",
    ]
    assert large[5].detail == "×10.0 – ×10.0"
    # Three layers are too few for intervals, and a slope without one is not shown.
    assert (few[2].text, few[3].detail, few[5].text) == ("3", "", "–")
    assert "only 3 points: intervals take 7 more" in few[0].warning


def test_there_is_a_figure_for_each_cut(cuts):
    (figure,) = multiples_figures(cuts)
    assert (figure.id, figure.title) == ("by-batch", "By batch size")
    assert figure.alt == "2 panels of latency against parameters, by batch size"
    assert figure.caption.endswith("Grey dots are the marks of all panels.")
    assert [panel["title"]["text"] for panel in figure.wide["concat"]] == [["batch 1"], ["batch 4"]]


def test_a_law_is_drawn_from_the_smallest_to_the_largest_layer_of_its_part(cuts):
    (figure,) = multiples_figures(cuts)
    (line,) = [
        row
        for rows in figure.wide["datasets"].values()
        for row in rows
        if "x2" in row and row["x2"] == 900
    ]
    assert (line["x"], line["y"], line["y2"]) == pytest.approx((64, 64e-9, 900e-9))


def test_a_law_without_an_interval_is_not_drawn(cuts):
    (figure,) = multiples_figures(cuts)
    ends = [row for rows in figure.wide["datasets"].values() for row in rows if "x2" in row]
    # One of twelve layers, none of three.
    assert len(ends) == 1
    assert "too few have none" in figure.caption


def test_without_cuts_there_is_neither_figure_nor_table():
    assert list(multiples_figures(())) == []
    assert slices_table(()) is None
