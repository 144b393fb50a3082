import re

import jinja2
import pytest

from cnnfc.report.charts import scatter
from cnnfc.report.charts.marks import Mark, Value
from cnnfc.report.model import Cell, Column, Figure, Link, Page, Site, Table
from cnnfc.report.palette import CONV
from cnnfc.report.writing.figures import draw
from cnnfc.report.writing.laying import Layout
from testkit.documents import Document

SITE = Site("p", "2026-03-10 12:00 UTC", "1.0", (Link("Overview", "index.html"),), ())
TABLE = Table("cases", "Cases", (Column("A"),), ((Cell("x"),),))


def _figure(id_="sizes"):
    marks = [Mark(CONV, "c", x, Value(2e-4, 1e-4, 3e-4, "c")) for x in (1e3, 1e4)]
    wide, narrow = (scatter.parameters(marks, [], compact=c) for c in (False, True))
    return Figure(id_, "Sizes", "Caption", 'what "it" shows', wide, narrow)


def _lay(*parts, path="machine/a.html", **options):
    """A page with these tables and figures."""
    layout = Layout(**options)
    own = jinja2.DictLoader(
        {
            "own.html.j2": "{% extends 'base.html.j2' %}{% import 'macros.html.j2' as m %}"
            "{% block content %}{% for part in body %}{% if part.rows is defined %}"
            "{{ m.table(part, root) }}{% else %}{{ m.figure(part) }}{% endif %}{% endfor %}"
            "{% endblock %}"
        }
    )
    layout._environment.loader = jinja2.ChoiceLoader([own, layout._environment.loader])
    return layout.page(SITE, Page(path, "own.html.j2", "T", "Q?", "S", parts))


def test_a_page_has_the_files_of_its_parts_and_links_to_them():
    laid = _lay(TABLE, _figure())
    assert set(laid.files) == {
        f"data/machine/a/{name}" for name in ("cases.csv", "cases.json", "sizes.js", "sizes.svg")
    }
    page = Document(laid.html)
    links = [a["href"] for a in page.all("a")]
    for name in ("cases.csv", "cases.json", "sizes.svg"):
        assert f"../data/machine/a/{name}" in links
    (figure,) = page.all("figure")
    assert figure["data-chart"] == "../data/machine/a/sizes.js"
    assert laid.charts
    assert page.all("script")[-1]["src"] == "../assets/charts.js"


def test_a_page_without_charts_asks_for_no_script_of_charts():
    laid = _lay(TABLE, path="index.html")
    assert not laid.charts
    assert [a["src"] for a in Document(laid.html).all("script")] == ["assets/site.js"]
    assert set(laid.files) == {"data/index/cases.csv", "data/index/cases.json"}


def test_the_files_of_one_page_are_not_those_of_the_next():
    layout = Layout()
    for path in ("a.html", "b.html"):
        laid = layout.page(SITE, Page(path, "benchmarks.html.j2", "T", "Q?", "S", TABLE))
        assert {name.split("/")[1] for name in laid.files} == {path[0]}


def test_a_table_without_rows_has_no_files():
    assert _lay(Table("none", "None", (Column("A"),), ())).files == {}


def test_drawings_that_a_page_has_no_room_for_are_pictures_for_both_themes():
    room = draw(_figure()).length
    laid = _lay(_figure("first"), _figure("second"), room=room + 100)
    page = Document(laid.html)
    shown = [a["src"] for a in page.all("img")]
    assert shown == [f"../data/machine/a/second{end}" for end in (".svg", ".narrow.svg")]
    assert {a["alt"] for a in page.all("img")} == {'what "it" shows'}
    # Known before they are there, so that the page does not move when they come.
    drawn = draw(_figure())
    sizes = [
        re.search(r'viewBox="0 0 (\d+) (\d+)"', one).groups() for one in (drawn.wide, drawn.narrow)
    ]
    assert [(a["width"], a["height"]) for a in page.all("img")] == sizes
    assert all(a["media"] == "screen and (prefers-color-scheme: dark)" for a in page.all("source"))
    for address in [*shown, *(a["srcset"] for a in page.all("source"))]:
        assert address.removeprefix("../") in laid.files


def test_two_parts_of_one_name_are_an_error():
    with pytest.raises(ValueError, match="several parts called 'cases'"):
        _lay(TABLE, TABLE)


@pytest.mark.parametrize("path", ["../a.html", "/a.html", "a/b/c.html", "A.html", "a.htm", ""])
def test_a_page_has_a_path_inside_the_site(path):
    with pytest.raises(ValueError, match="cannot be the path of a page"):
        _lay(path=path)


def test_a_name_that_is_no_file_name_becomes_one():
    laid = _lay(Table("../Über", "Cases", (Column("A"),), ((Cell("x"),),)))
    assert all(name.startswith("data/machine/a/uber-") for name in laid.files)
