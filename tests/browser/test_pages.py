"""Pages in a real Chromium: quiet, at home, legible, and complete without scripts."""

import pytest

pytestmark = pytest.mark.browser

KINDS = (
    *("index.html", "changes.html", "benchmarks.html"),
    *("machine/*", "parameters/*", "roofline/*", "threads/*", "benchmark/*"),
)


def _paths(site, every):
    """One page of each kind, the largest; or every page."""
    for kind in KINDS:
        found = sorted(site.glob(kind), key=lambda path: path.stat().st_size)
        for path in found if every else found[-1:]:
            yield path.relative_to(site).as_posix()


def _check(opened, paths, address, scheme, site):
    top = address(scheme, site, "")
    for path in paths:
        opened.page.goto(address(scheme, site, path))
        overflow = opened.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert overflow <= 0, (path, overflow)
    assert opened.said == []
    assert [url for url in opened.asked if not url.startswith(top)] == []


@pytest.mark.parametrize("javascript", [True, False], ids=["script", "no-script"])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pages_are_quiet_at_home_and_fit_the_window(
    visit, sites, address, theme, width, javascript
):
    with visit(theme=theme, width=width, javascript=javascript) as opened:
        _check(opened, _paths(sites["small"], every=False), address, "file", "small")


def test_pages_are_the_same_from_a_server(visit, sites, address):
    with visit() as opened:
        _check(opened, _paths(sites["small"], every=False), address, "http", "small")
        # The browser asks for the icon by itself; every address it asks for must be there.
        assert len(opened.asked) > 5


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_of_an_attacker_runs(visit, sites, address, width):
    with visit(width=width) as opened:
        _check(opened, _paths(sites["hostile"], every=True), address, "file", "hostile")
        assert opened.page.title().endswith(" · <script>alert(1)</script>")


def _parameters(sites):
    return next(_paths_of(sites["small"], "parameters/oak-*cpu-1-*"))


def _paths_of(site, pattern):
    return (path.relative_to(site).as_posix() for path in sorted(site.glob(pattern)))


def test_a_chart_takes_the_colours_of_the_theme(visit, sites, address):
    fills = {}
    for theme in ("light", "dark"):
        with visit(theme=theme) as opened:
            opened.page.goto(address("file", "small", _parameters(sites)))
            mark = opened.page.locator('.wide path[fill="var(--blue)"]').first
            fills[theme] = mark.evaluate("element => getComputedStyle(element).fill")
    assert fills == {"light": "rgb(0, 114, 178)", "dark": "rgb(74, 163, 223)"}


@pytest.mark.parametrize(
    ("width", "shown", "hidden"), [(1280, "wide", "narrow"), (390, "narrow", "wide")]
)
def test_a_window_shows_the_chart_that_was_drawn_for_it(
    visit, sites, address, width, shown, hidden
):
    with visit(width=width) as opened:
        opened.page.goto(address("file", "small", _parameters(sites)))
        chart = opened.page.locator("figure.chart").first
        assert chart.locator(f".{shown} svg >> visible=true").count() == 1
        assert chart.locator(f".{hidden} svg >> visible=true").count() == 0


def test_texts_of_a_chart_are_large_enough_to_read(visit, sites, address):
    for width in (1280, 390):
        with visit(width=width) as opened:
            for path in _paths(sites["small"], every=False):
                opened.page.goto(address("file", "small", path))
                sizes = opened.page.evaluate(
                    """[...document.querySelectorAll('.chart svg')]
                    .filter(svg => svg.checkVisibility())
                    .map(svg => 11 * svg.getBoundingClientRect().width / svg.viewBox.baseVal.width)
                    """
                )
                assert all(size >= 9 for size in sizes), (path, width, sizes)


def test_without_scripts_tables_and_charts_remain_and_no_dead_control_shows(visit, sites, address):
    with visit(javascript=False) as opened:
        opened.page.goto(address("file", "small", _parameters(sites)))
        assert opened.page.locator("tbody tr").count() > 12
        assert opened.page.locator(".wide svg").first.is_visible()
        assert opened.page.locator("button, input, select").count() == 0
        assert not opened.page.locator(".filter").first.is_visible()
        assert opened.page.locator("#parameters .tools").inner_text() == "SVG"
        opened.page.locator("summary").click()
        assert opened.page.locator("details p").first.is_visible()


def _column(opened, table, number):
    cells = opened.page.locator(f"#{table} tbody tr:not([hidden]) > :nth-child({number})")
    return [text.split("\n")[0].strip() for text in cells.all_inner_texts()]


def test_a_table_is_sorted_by_keyboard_in_both_directions(visit, sites, address):
    with visit() as opened:
        opened.page.goto(address("file", "small", _parameters(sites)))
        head = opened.page.locator("#cases thead th").nth(2)
        head.locator("button").focus()
        opened.page.keyboard.press("Enter")
        assert head.get_attribute("aria-sort") == "ascending"
        up = _column(opened, "cases", 3)
        numbers = [float(text.replace(",", "")) for text in up]
        assert numbers == sorted(numbers)
        assert len(numbers) == 12
        opened.page.keyboard.press("Enter")
        assert head.get_attribute("aria-sort") == "descending"
        assert [float(t.replace(",", "")) for t in _column(opened, "cases", 3)] == numbers[::-1]
        assert opened.page.locator("#cases th[aria-sort]").count() == 1


def test_what_has_no_value_is_last_in_both_directions(visit, sites, address):
    with visit() as opened:
        oak = next(_paths_of(sites["small"], "machine/oak-*"))
        opened.page.goto(address("file", "small", oak))
        button = opened.page.locator("#runs thead th").nth(4).locator("button")
        for _ in range(2):
            button.click()
            assert _column(opened, "runs", 5)[-1] == "–"


def test_rows_are_filtered_by_words(visit, sites, address):
    with visit() as opened:
        opened.page.goto(address("file", "small", _parameters(sites)))
        opened.page.keyboard.press("/")
        assert opened.page.evaluate("document.activeElement.type") == "search"
        opened.page.keyboard.type("k3 hw14")
        assert sorted(_column(opened, "cases", 1)) == [
            "conv2d.128-128.k3.nobias.hw14",
            "conv2d.256-256.k3.nobias.hw14",
            "conv2d.64-64.k3.nobias.hw14",
        ]
        assert opened.page.locator("#cases .filter span").inner_text() == "3 of 12"
        opened.page.keyboard.press("Control+A")
        opened.page.keyboard.press("Delete")
        assert len(_column(opened, "cases", 1)) == 12


def test_pointing_at_a_mark_says_what_it_is(visit, sites, address):
    with visit() as opened:
        opened.page.goto(address("file", "small", _parameters(sites)))
        opened.page.locator("#parameters").scroll_into_view_if_needed()
        opened.page.wait_for_selector("#parameters .upgraded")
        marks = "#parameters .live .mark-symbol.role-mark path"
        find = f"""() => [...document.querySelectorAll('{marks}')]
          .find((e) => e.__data__.datum.hover.startsWith('dense.4096-4096'))"""
        opened.page.evaluate_handle(find).as_element().hover()
        tip = opened.page.locator(".tip")
        tip.wait_for(state="visible")
        assert tip.inner_text().splitlines() == [
            "dense.4096-4096",
            "16,781,312 parameters, 33.6 MFLOP, 64 MiB",
            "310 ps a parameter, 6.45 GFLOP/s, 129% of the roofline bound",
            "5.20 ms, 98.4% interval 5.15 – 5.25, n = 7",
            "00000009, 2026-03-09",
        ]
        opened.page.mouse.move(2, 2)
        tip.wait_for(state="hidden")


def test_pages_can_be_printed(visit, sites, address):
    with visit() as opened:
        opened.page.goto(address("file", "small", _parameters(sites)))
        opened.page.emulate_media(media="print")
        assert not opened.page.locator(".top nav").is_visible()
        assert opened.page.locator(".wide svg >> visible=true").count() > 0
        assert not opened.page.locator(".tools >> visible=true").count()
        assert opened.page.pdf(format="A4").startswith(b"%PDF")


def test_the_navigation_says_where_you_are(visit, sites, address):
    with visit() as opened:
        opened.page.goto(address("file", "small", "index.html"))
        opened.page.get_by_role("link", name="Benchmarks").click()
        here = opened.page.locator(".top nav [aria-current]")
        assert here.inner_text() == "Benchmarks"
        assert here.get_attribute("aria-current") == "page"
        opened.page.go_back()
        assert opened.page.locator("h1").inner_text() == "Overview"
