"""Small multiples share their axes, and show each part before all of them."""

import pytest

from cnnfc.report import palette
from cnnfc.report.charts import multiples
from cnnfc.report.charts.marks import Mark, Value
from cnnfc.report.charts.multiples import Panel

SMALL = Mark(palette.CONV, "conv2d.3-64.k3.hw32", 1792.0, Value(2e-4, 1e-4, 3e-4, "a"))
LARGE = Mark(palette.DENSE, "dense.4096-4096", 16_781_312.0, Value(4e-2, None, None, "b"))


def _domains(spec):
    for panel in spec["concat"]:
        for layer in panel["layer"]:
            x, y = layer["encoding"]["x"], layer["encoding"]["y"]
            yield x["scale"]["domain"], y["scale"]["domain"]


@pytest.mark.parametrize("compact", [False, True])
def test_all_panels_have_the_same_axes(compact):
    spec = multiples.multiples(
        [Panel("one", (SMALL,)), Panel("two", (LARGE,), ((1e3, 1e-4), (1e7, 1e-2)))],
        shadow=True,
        compact=compact,
    )
    found = list(_domains(spec))
    assert len(found) == 5
    assert all(domains == found[0] for domains in found)
    (low, high), _ = found[0]
    assert low < SMALL.x < LARGE.x < high


def test_only_the_first_panel_of_a_row_says_its_latencies():
    spec = multiples.multiples(
        [Panel(str(n), (SMALL, LARGE)) for n in range(5)], shadow=False, compact=False
    )
    labels = [panel["layer"][-1]["encoding"]["y"]["axis"]["labels"] for panel in spec["concat"]]
    assert spec["columns"] == 4
    assert labels == [True, False, False, False, True]


def test_a_panel_has_its_own_marks_before_those_of_all_panels():
    spec = multiples.multiples(
        [Panel("one", (SMALL,)), Panel("two", (LARGE,))], shadow=True, compact=False
    )
    for number, (panel, mark) in enumerate(zip(spec["concat"], (SMALL, LARGE), strict=True)):
        behind, front = panel["layer"]
        assert front["name"] == f"marks_{number}"
        rows = spec["datasets"][front["data"]["name"]]
        assert [row["label"] for row in rows] == [mark.label]
        assert len(spec["datasets"][behind["data"]["name"]]) == 2
        assert panel["title"]["text"] == [("one", "two")[number]]


def test_without_a_shadow_a_panel_has_its_own_marks_only():
    spec = multiples.multiples(
        [Panel("one", (SMALL,)), Panel("two", (LARGE,))], shadow=False, compact=True
    )
    assert [len(panel["layer"]) for panel in spec["concat"]] == [1, 1]
