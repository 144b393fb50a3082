import gzip

from cnnfc.report.writing import assets

#: What a page with charts may load at most, in bytes gzipped.
SCRIPTS = 330_000


def test_a_page_with_charts_loads_no_more_script_than_it_may(tmp_path):
    assets.write_assets(tmp_path / "assets", charts=True)
    sizes = {
        path.name: len(gzip.compress(path.read_bytes(), 9))
        for path in (tmp_path / "assets").glob("*.js")
    }
    assert set(sizes) == {"site.js", "charts.js", "vega.js"}
    assert sum(sizes.values()) < SCRIPTS
    assert sizes["site.js"] < 5_000


def test_a_site_without_charts_has_no_script_for_them(tmp_path):
    assets.write_assets(tmp_path / "assets", charts=False)
    assert {path.name for path in (tmp_path / "assets").iterdir()} == {
        *("site.css", "site.js", "favicon.svg")
    }


def test_the_stylesheet_has_its_parts_in_order():
    text = assets.stylesheet()
    assert text.startswith(assets.asset("site.css"))
    assert text.endswith(assets.asset("css/10-tools.css"))


def test_colours_are_those_of_the_theme():
    light, dark = assets.colours("light"), assets.colours("dark")
    assert (light["blue"], dark["blue"]) == ("#0072b2", "#4aa3df")
    assert set(light) == set(dark) >= {"ink", "surface", "grid", "ink-2", "ink-3"}
