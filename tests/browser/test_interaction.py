"""What pages let people do, in a real Chromium: sort, choose, look closer, take away, pass on."""

import csv
import functools
import json
import re
import struct
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest

pytestmark = pytest.mark.browser

BOTH = pytest.mark.parametrize("scheme", ["file", "http"])
MARKS = "() => [...document.querySelectorAll('#parameters .live .mark-symbol.role-mark path')]"


def _path(sites, pattern, site="small"):
    found = max(sites[site].glob(pattern), key=lambda path: path.stat().st_size)
    return found.relative_to(sites[site]).as_posix()


_parameters = functools.partial(_path, pattern="parameters/oak-*cpu-1-*")


def _alive(page, figure="parameters"):
    """Look at a figure until it is a chart."""
    page.locator(f"[id='{figure}']").scroll_into_view_if_needed()
    page.wait_for_selector(f"[id='{figure}'] .upgraded")


def _until(page, expression, arg=None):
    """Wait until a function of the page is true; Playwright's own wait needs `eval`."""
    for _ in range(200):
        if page.evaluate(expression, arg):
            return
        page.wait_for_timeout(25)
    pytest.fail(f"never came true: {expression}")


def _rows(page, table="cases"):
    return page.evaluate(
        """(id) => [...document.querySelectorAll(`#${id} tbody tr`)]
        .filter((row) => !row.hidden)
        .map((row) => row.cells[0].querySelector('bdi').textContent)""",
        table,
    )


def _texts(page, figure="parameters"):
    """The texts of a chart that is alive, without those of its marks."""
    return page.evaluate(
        """(id) => [...document.querySelectorAll(`[id='${id}'] .live .role-axis-label text`)]
        .map((e) => e.textContent).sort()""",
        figure,
    )


def _head(page, title, table="cases"):
    return page.locator(f"#{table} thead th", has_text=re.compile(f"^{title}"))


@pytest.mark.parametrize("javascript", [True, False], ids=["script", "no-script"])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
@BOTH
def test_charts_come_alive_or_stay_drawings_and_nothing_is_asked_of_others(
    visit, sites, address, scheme, theme, width, javascript
):
    with visit(theme=theme, width=width, javascript=javascript) as opened:
        page = opened.page
        page.goto(address(scheme, "small", _parameters(sites)))
        if javascript:
            _alive(page)
        shown = page.locator("#parameters :is(.wide, .narrow) svg >> visible=true")
        assert shown.count() == 1
        box = shown.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert bool(page.locator(".live").count()) == javascript
        overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert page.evaluate(overflow) <= 0
        assert opened.said == []
        top = address(scheme, "small", "")
        assert [url for url in opened.asked if not url.startswith((top, "data:"))] == []


def test_a_chart_that_comes_alive_looks_as_it_was_drawn(visit, sites, address):
    """Every mark is within a pixel of its place."""
    places = """(box) => [...box.querySelectorAll('[data-tip], .mark-symbol.role-mark path')]
      .map((e) => e.getBoundingClientRect()).map((b) => [b.x + b.width / 2, b.y + b.height / 2])"""
    with visit() as opened:
        page = opened.page
        page.route("**/vega.js", lambda route: route.fulfill(body=""))
        page.goto(address("file", "small", _parameters(sites)))
        # Once the script was there, the drawing would be replaced.
        page.wait_for_timeout(300)
        page.locator("#parameters").evaluate("e => e.scrollIntoView({ behavior: 'instant' })")
        before = page.locator("#parameters .wide").evaluate(places)
        page.unroute("**/vega.js")
        page.reload()
        page.locator("#parameters").evaluate("e => e.scrollIntoView({ behavior: 'instant' })")
        page.wait_for_selector("#parameters .upgraded")
        after = page.locator("#parameters .live").evaluate(places)
    assert len(before) == len(after) > 10
    for one, other in zip(sorted(before), sorted(after), strict=True):
        assert one == pytest.approx(other, abs=1)


@BOTH
def test_a_link_brings_back_what_was_seen(visit, sites, address, scheme):
    start = address(scheme, "small", _parameters(sites))
    with visit() as opened:
        page = opened.page
        page.goto(start)
        _head(page, "Latency").get_by_role("button").click()
        _head(page, "Latency").get_by_role("button").click()
        page.locator("#cases .filter input").fill("conv")
        _alive(page)
        page.get_by_role("button", name="dense").first.click()
        tools = page.locator("#parameters .tools")
        tools.get_by_text("+", exact=True).click()
        tools.get_by_text("+", exact=True).click()
        _until(page, "() => location.hash.includes('parameters.y')")
        page.wait_for_timeout(200)
        seen = (_rows(page), _texts(page))
        link = page.evaluate("location.href")
        assert opened.said == []
    state = dict(part.split("=") for part in unquote(urldefrag(link)[1]).split("&"))
    assert state.keys() == {
        *("cases.sort", "cases.q", "parameters.hide", "parameters.x", "parameters.y")
    }
    assert state["cases.sort"] == "latency.desc"
    assert state["cases.q"] == "conv"
    assert state["parameters.hide"] == "dense"
    assert re.fullmatch(r"[0-9.e+-]+\.\.[0-9.e+-]+", state["parameters.x"])
    with visit() as other:
        other.page.goto(link)
        assert _rows(other.page) == seen[0]
        assert _head(other.page, "Latency").get_attribute("aria-sort") == "descending"
        assert other.page.locator("#cases .filter input").input_value() == "conv"
        _alive(other.page)
        pressed = other.page.locator("#parameters [aria-pressed=false]")
        assert pressed.all_inner_texts() == ["dense"] or pressed.count() == 1
        assert _texts(other.page) == seen[1]
        assert other.said == []


@BOTH
def test_the_back_button_undoes_one_step(visit, sites, address, scheme):
    with visit() as opened:
        page = opened.page
        page.goto(address(scheme, "small", _parameters(sites)))
        first = _rows(page)
        _head(page, "Case").get_by_role("button").click()
        up = _rows(page)
        _head(page, "Case").get_by_role("button").click()
        page.locator("#cases .filter input").press_sequentially("conv")
        assert len(_rows(page)) < len(first)
        page.go_back()
        assert _rows(page) == up[::-1]
        assert page.locator("#cases .filter input").input_value() == ""
        page.go_back()
        assert _rows(page) == up
        page.go_back()
        assert _rows(page) == first
        assert page.locator("#cases th[aria-sort]").count() == 0
        page.go_forward()
        assert _rows(page) == up
        assert opened.said == []


def test_links_to_parts_of_a_page_lead_there(visit, sites, address):
    start = address("file", "small", _parameters(sites))
    with visit() as opened:
        for part in ("cases", "parameters"):
            opened.page.goto(f"{start}#{part}")
            _until(
                opened.page,
                """(id) => { const { top } = document.getElementById(id).getBoundingClientRect();
                  const end = scrollY + innerHeight >= document.documentElement.scrollHeight - 2;
                  return top > -50 && (top < 50 || (end && top < innerHeight)); }""",
                part,
            )
            assert opened.page.evaluate("location.hash") == f"#{part}"
        # A state that makes no sense changes nothing and breaks nothing.
        opened.page.goto(f"{start}#cases.sort=nothing.desc&parameters.x=1..0&a=%E0%A4%A&=&b")
        assert len(_rows(opened.page)) == 12
        assert opened.page.locator("#cases th[aria-sort]").count() == 0
        assert opened.said == []


def test_rows_are_chosen_by_what_a_column_has_few_values_of(visit, sites, address):
    with visit() as opened:
        page = opened.page
        page.goto(address("file", "small", _parameters(sites)))
        choice = page.locator("#cases select[aria-label=Family]")
        values = choice.locator("option").all_inner_texts()
        assert values[0] == "Family: all"
        choice.select_option("dense")
        chosen = _rows(page)
        assert 0 < len(chosen) < 12
        assert all(name.startswith("dense.") for name in chosen)
        assert page.locator("#cases [role=status]").inner_text() == f"{len(chosen)} of 12"
        assert page.evaluate("location.hash") == "#cases.family=dense"
        page.go_back()
        assert len(_rows(page)) == 12
        assert choice.input_value() == ""
        assert opened.said == []


def test_a_table_and_its_files_say_the_same(visit, sites, address):
    tables = 0
    cells = """(section) => [...section.querySelectorAll('tbody tr')].map((row) =>
      [...row.cells].map((cell) => [cell.dataset.sort ?? null, cell.classList.contains('num'),
        cell.querySelector('bdi')?.textContent ?? '']))"""
    with visit() as opened:
        page = opened.page
        for pattern in (
            "index.html",
            "machine/oak-*",
            "parameters/oak-*cpu-1-*",
            "benchmark/conv*",
        ):
            path = _path(sites, pattern)
            page.goto(address("file", "small", path))
            for section in page.query_selector_all("section.table:has(table)"):
                links = [a.get_attribute("href") for a in section.query_selector_all(".tools a")]
                files = [(sites["small"] / path).parent / link for link in links]
                with files[0].open(encoding="utf-8", newline="") as file:
                    _, *lines = csv.reader(file)
                whole = json.loads(files[1].read_text(encoding="utf-8"))
                shown = section.evaluate(cells)
                assert len(lines) == len(whole["rows"]) == len(shown), links
                for row, line, values in zip(shown, lines, whole["rows"], strict=True):
                    # A text that a spreadsheet might run has an apostrophe before it.
                    for cell, value in zip(line, values, strict=True):
                        text = "" if value is None else str(value)
                        assert cell in (text, f"'{text}"), links
                    for sort, numeric, text in row:
                        if text in ("", "–"):
                            continue
                        expected = [text]
                        if (
                            numeric
                            and sort is not None
                            and " – " not in text
                            and " to " not in text
                        ):
                            expected.append(float(sort))
                        assert any(value in expected for value in values), (links, text)
                tables += 1
        assert opened.said == []
    assert tables > 6


def test_what_pointing_says_is_what_the_data_say(visit, sites, address):
    path = _parameters(sites)
    data = sites["small"] / "data" / path.removesuffix(".html") / "cases.json"
    whole = json.loads(data.read_text(encoding="utf-8"))
    titles = [column["title"] for column in whole["columns"]]
    latencies = {row[0]: row[titles.index("Latency")] for row in whole["rows"]}
    with visit() as opened:
        page = opened.page
        page.goto(address("file", "small", path))
        _alive(page)
        marks = page.evaluate_handle(MARKS)
        for number in range(0, page.evaluate("(all) => all.length", marks), 5):
            page.evaluate_handle("([all, n]) => all[n]", [marks, number]).as_element().hover()
            said = page.locator(".tip").inner_text()
            value, symbol = re.search(r"^([0-9.,]+) ([mµn]?s), ", said, re.MULTILINE).groups()
            seconds = float(value.replace(",", "")) * {"s": 1, "ms": 1e-3, "µs": 1e-6}[symbol]
            assert seconds == pytest.approx(latencies[said.splitlines()[0]], rel=5e-3)
        assert opened.said == []


def test_a_series_is_hidden_by_mouse_or_keyboard_and_no_other_changes(visit, sites, address):
    count = """() => [...document.querySelectorAll('#parameters .live .mark-symbol.role-mark path')]
      .reduce((found, e) => ({ ...found, [getComputedStyle(e).fill]:
        (found[getComputedStyle(e).fill] ?? 0) + 1 }), {})"""
    with visit() as opened:
        page = opened.page
        page.goto(address("file", "small", _parameters(sites)))
        _alive(page)
        before = page.evaluate(count)
        entry = page.locator("#parameters .live [role=button][aria-label=dense]")
        entry.focus()
        page.keyboard.press("Enter")
        page.locator("#parameters [aria-pressed=false]").wait_for()
        after = page.evaluate(count)
        gone = {colour: n for colour, n in before.items() if colour not in after}
        assert gone == {"rgb(213, 94, 0)": before["rgb(213, 94, 0)"]}
        assert after == {colour: n for colour, n in before.items() if colour not in gone}
        page.locator("#parameters .live .role-legend-symbol path").first.click()
        page.locator("#parameters [aria-pressed=false]").wait_for(state="detached")
        assert page.evaluate(count) == before
        assert opened.said == []


def test_the_wheel_zooms_with_ctrl_alone_and_dragging_moves(visit, sites, address):
    domain = "() => new URLSearchParams(location.hash.slice(1)).get('parameters.x')"
    with visit() as opened:
        page = opened.page
        page.goto(address("file", "small", _parameters(sites)))
        _alive(page)
        page.locator("#parameters").evaluate("e => e.scrollIntoView({ behavior: 'instant' })")
        first = _texts(page)
        box = page.locator("#parameters .live svg").bounding_box()
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.mouse.wheel(0, 40)
        page.wait_for_timeout(300)
        assert page.evaluate(domain) is None
        page.locator("#parameters").evaluate("e => e.scrollIntoView({ behavior: 'instant' })")
        page.keyboard.down("Control")
        for _ in range(4):
            page.mouse.wheel(0, -60)
        page.keyboard.up("Control")
        _until(page, "() => location.hash.includes('parameters.x')")
        near = page.evaluate(domain)
        zoomed = _texts(page)
        assert zoomed
        assert zoomed != first
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] / 2 - 90, box["y"] + box["height"] / 2, steps=4)
        page.mouse.up()
        _until(page, "(near) => !location.hash.includes(near)", near)
        low, high = (float(end) for end in near.split(".."))
        start, end = (float(end) for end in page.evaluate(domain).split(".."))
        # To the left is further up; the stretch stays as long, and the axis is logarithmic.
        assert start > low
        assert end / start == pytest.approx(high / low, rel=1e-2)
        page.mouse.dblclick(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        _until(page, "() => location.hash === ''")
        page.wait_for_timeout(200)
        assert _texts(page) == first
        assert opened.said == []


def test_commits_can_be_zoomed_into_and_the_address_names_them(visit, sites, address):
    path = _path(sites, "benchmark/conv-*", "changed")
    with visit() as opened:
        page = opened.page
        page.goto(address("file", "changed", path))
        figure = page.locator("figure[id^=history]").first.get_attribute("id")
        _alive(page, figure)
        zoom = page.locator(f"[id='{figure}'] .tools").get_by_text("+", exact=True)
        for _ in range(3):
            zoom.click()
        _until(page, "() => location.hash.includes('.x=')")
        link = page.evaluate("location.href")
        assert re.search(r"\.x=[0-9a-f]{8}\.\.[0-9a-f]{8}", link)
        page.wait_for_timeout(200)
        seen = _texts(page, figure)
        assert any(re.match("[0-9a-f]{8}", text) for text in seen)
        page.keyboard.press("ArrowLeft")
        _until(page, "(link) => location.href !== link", link)
        with visit() as other:
            other.page.goto(link)
            _alive(other.page, figure)
            assert _texts(other.page, figure) == seen
            assert other.said == []
        assert opened.said == []


def test_without_the_library_drawings_stay(visit, sites, address):
    with visit() as opened:
        page = opened.page
        page.route("**/vega.js", lambda route: route.abort())
        page.goto(address("file", "small", _parameters(sites)))
        page.locator("#parameters").scroll_into_view_if_needed()
        page.wait_for_timeout(500)
        assert page.locator("#parameters .wide svg").is_visible()
        assert page.locator(".live").count() == 0
        page.locator("#parameters .wide [data-tip]").last.hover()
        assert page.locator(".tip").is_visible()
        # The browser's own word on the file that is not there, and no other.
        assert all("vega.js" in said or "ERR_FAILED" in said for said in opened.said)


@BOTH
def test_a_picture_can_be_taken_away(visit, sites, address, scheme):
    path = _parameters(sites)
    with visit(theme="dark") as opened:
        page = opened.page
        page.goto(address(scheme, "small", path))
        _alive(page)
        with page.expect_download() as waiting:
            page.locator("#parameters .tools").get_by_text("PNG").click()
        download = waiting.value
        assert download.suggested_filename == "parameters.png"
        head = Path(download.path()).read_bytes()[:24]
        box = page.locator("#parameters .live svg").evaluate("e => e.viewBox.baseVal.width")
        assert head.startswith(b"\x89PNG\r\n")
        assert struct.unpack(">I", head[16:20])[0] == 2 * int(box)
        link = page.locator("#parameters .tools a").get_attribute("href")
        svg = ((sites["small"] / path).parent / link).read_text(encoding="utf-8")
        assert "var(" not in svg
        assert opened.said == []


def test_a_picture_file_shows_by_itself(visit, sites, address):
    path = _parameters(sites).removesuffix(".html")
    with visit() as opened:
        opened.page.goto(address("file", "small", f"data/{path}/parameters.svg"))
        assert opened.page.evaluate("document.documentElement.getBoundingClientRect().width") > 100
        assert opened.page.evaluate("document.querySelectorAll('text').length") > 10
        assert opened.said == []


def test_a_page_without_charts_loads_little_script(visit, sites, address):
    with visit() as opened:
        opened.page.goto(address("http", "small", "benchmarks.html"))
        scripts = [url.rsplit("/", 1)[1] for url in opened.asked if url.endswith(".js")]
        assert scripts == ["site.js"]
