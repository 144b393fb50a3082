"""Ladders: each thing that changes has a panel, all panels have the same heights."""

import math
from itertools import pairwise

from cnnfc.report import palette
from cnnfc.report.charts import ladders
from cnnfc.report.charts.ladders import Line, Panel
from cnnfc.report.charts.marks import Mark, Value


def _line(label, *points):
    return Line(
        tuple(
            Mark(palette.CONV, f"{label} {x}", x, Value(y, 0.9 * y, 1.1 * y, f"{label} {x}"))
            for x, y in points
        ),
        label,
    )


BATCH = Panel("Batch size", (_line("1.79 k: ×8", (1, 1e-4), (2, 2e-4), (16, 8e-4)),))
GROUPS = Panel("Groups", (_line("36.9 k: ×2", (1, 1e-3), (4, 1e-3), (4096, 2e-3)),))


def _labels(spec, panel):
    (texts,) = [
        layer for layer in spec["concat"][panel]["layer"] if layer["mark"]["type"] == "text"
    ]
    return spec["datasets"][texts["data"]["name"]]


def test_panels_share_the_axis_of_latency_and_have_places_of_their_own():
    spec = ladders.ladders([BATCH, GROUPS], compact=False)
    encodings = [panel["layer"][0]["encoding"] for panel in spec["concat"]]
    heights = [encoding["y"]["scale"]["domain"] for encoding in encodings]
    assert heights[0] == heights[1]
    assert heights[0][0] < 0.9e-4
    assert heights[0][1] > 2.2e-3
    assert [encoding["x"]["axis"]["values"] for encoding in encodings] == [[1, 2, 16], [1, 4, 4096]]
    assert [panel["title"]["text"] for panel in spec["concat"]] == [["Batch size"], ["Groups"]]


def test_on_a_narrow_page_panels_stand_below_each_other():
    assert ladders.ladders([BATCH, GROUPS], compact=True)["columns"] == 1
    assert ladders.ladders([BATCH, GROUPS], compact=False)["columns"] == 2


def test_a_line_has_its_label_at_its_end():
    (label,) = _labels(ladders.ladders([BATCH, GROUPS], compact=False), 0)
    assert label["label"] == "1.79 k: ×8"
    assert math.isclose(label["y"], 8e-4)


def test_labels_do_not_lie_on_each_other_and_stay_inside():
    lines = tuple(_line(f"line {n}", (1, 1e-4), (8, 1e-3 * (1 + n / 100))) for n in range(5))
    panel = Panel("Batch size", lines)
    spec = ladders.ladders([panel], compact=True)
    low, high = spec["concat"][0]["layer"][0]["encoding"]["y"]["scale"]["domain"]
    height = spec["concat"][0]["height"]
    pixels = [height * math.log(row["y"] / low) / math.log(high / low) for row in _labels(spec, 0)]
    assert [row["label"] for row in _labels(spec, 0)] == [f"line {n}" for n in range(5)]
    assert all(after - before > 14.9 for before, after in pairwise(pixels))
    assert pixels[0] > 0
    assert pixels[-1] <= height + 1e-6


def test_names_of_marks_differ_between_panels():
    spec = ladders.ladders([BATCH, GROUPS], compact=False)
    names = [
        layer["name"] for panel in spec["concat"] for layer in panel["layer"] if "name" in layer
    ]
    assert names == ["marks_0", "marks_1"]
