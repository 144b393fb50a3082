import json
import math
import re

from cnnfc.report.charts import scatter
from cnnfc.report.charts.marks import Mark, Value
from cnnfc.report.model import Figure
from cnnfc.report.palette import CONV, DENSE
from cnnfc.report.writing.figures import draw


def _figure(*marks, id_="parameters"):
    marks = marks or (
        Mark(CONV, "conv2d.3-64.k3.hw32", 1792.0, Value(2e-4, 1e-4, 3e-4, "a")),
        Mark(DENSE, "dense.1024-512", 524800.0, Value(4e-4, None, None, "b")),
    )
    wide, narrow = (scatter.parameters(marks, [], compact=c) for c in (False, True))
    return Figure(id_, "Title", "Caption", "two layers", wide, narrow)


def _data(text):
    """What a data script hands over, read as JSON."""
    name, value = re.fullmatch(r'cnnfc\.chart\(("[^"]*"), (.*)\);\n', text, re.DOTALL).groups()
    return json.loads(name), json.loads(value)


def test_a_figure_has_a_script_and_a_picture_and_more_pictures_where_the_page_shows_those():
    drawn = draw(_figure())
    assert set(drawn.files(outside=False)) == {".js", ".svg"}
    pictures = drawn.files(outside=True)
    assert set(pictures) == {".js", ".svg", ".dark.svg", ".narrow.svg", ".narrow.dark.svg"}
    assert 'fill="#0072b2"' in pictures[".svg"]
    assert 'fill="#4aa3df"' in pictures[".dark.svg"]
    assert all("var(" not in text for name, text in pictures.items() if name.endswith("svg"))
    assert 'width="374"' not in pictures[".svg"]
    assert pictures[".narrow.svg"] != pictures[".svg"]


def test_the_script_has_both_charts_and_the_rows_that_both_have_once():
    name, data = _data(draw(_figure()).files(outside=False)[".js"])
    assert name == "parameters"
    assert data["wide"]["series"] == ["dense", "conv"]
    assert data["wide"]["area"] == [470, 380]
    assert data["narrow"]["area"] == [270, 290]
    assert data["wide"]["rows"] == data["narrow"]["rows"]
    assert len({json.dumps(rows) for rows in data["sets"]}) == len(data["sets"])
    hovers = {row.get("hover") for rows in data["sets"] for row in rows}
    assert {"a", "b"} <= hovers
    assert "datasets" not in data["wide"]["spec"]


def test_names_of_attackers_end_neither_the_text_nor_the_script():
    evil = "</script>\u2028');alert(1);//\u202e\ud800\x00"
    marks = [Mark(CONV, evil, x, Value(2e-4, None, None, evil)) for x in (1e3, 1e4)]
    text = draw(_figure(*marks)).files(outside=False)[".js"]
    assert text.isascii()
    assert text.count("\n") == 1
    _, data = _data(text)
    assert any(
        "');alert(1);//\ufffd" in json.dumps(rows, ensure_ascii=False) for rows in data["sets"]
    )


def test_what_is_no_number_is_nothing():
    marks = [
        Mark(CONV, "c", x, Value(y, None, None, "c")) for x, y in ((1e3, 1e-3), (1e4, math.nan))
    ]
    _, data = _data(draw(_figure(*marks)).files(outside=False)[".js"])
    centres = [row["centre"] for rows in data["sets"] for row in rows if "centre" in row]
    assert None in centres


def test_the_same_figure_gives_the_same_files():
    assert draw(_figure()).files(outside=True) == draw(_figure()).files(outside=True)
