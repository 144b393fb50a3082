"""The page of a gate in a real Chromium, opened as the file it is."""

import pytest

from cnnfc.report.gate.page import html
from testkit import gate_reports as gates

pytestmark = pytest.mark.browser

NAMES = ("usual", "many", "hostile", "interrupted", "nothing", "selftest")


@pytest.fixture(scope="module")
def gate(tmp_path_factory):
    """The address of the page about one of the gates."""
    folder = tmp_path_factory.mktemp("gates")
    for name in NAMES:
        folder.joinpath(f"{name}.html").write_text(html(gates.EVERY[name]()), encoding="utf-8")
    return lambda name: folder.joinpath(f"{name}.html").as_uri()


@pytest.mark.parametrize("javascript", [True, False], ids=["script", "no-script"])
@pytest.mark.parametrize("width", [1900, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_page_is_quiet_alone_and_fits_the_window(visit, gate, theme, width, javascript):
    with visit(theme=theme, width=width, javascript=javascript) as opened:
        for name in NAMES:
            opened.page.goto(gate(name))
            for row in opened.page.locator(".row > summary").all()[:2]:
                row.click()
            overflow = opened.page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            assert overflow <= 0, (name, overflow)
        assert opened.said == []
        assert set(opened.asked) == {gate(name) for name in NAMES} | {
            url for url in opened.asked if url.startswith("data:")
        }


def test_the_answer_is_in_the_first_screen(visit, gate):
    for width in (1280, 390):
        with visit(width=width) as opened:
            opened.page.goto(gate("usual"))
            box = opened.page.locator("h1").bounding_box()
            assert box["y"] + box["height"] < 450
            assert "2 of 14 benchmarks are slower" in opened.page.locator("h1").inner_text()


def _shown(opened):
    return opened.page.locator(".row:visible").count()


def test_a_verdict_and_a_word_filter_the_list_and_the_address_keeps_them(visit, gate):
    with visit() as opened:
        opened.page.goto(gate("many"))
        assert _shown(opened) == 6  # what passed is folded
        opened.page.get_by_role("button", name="Slower").click()
        assert _shown(opened) == 3
        opened.page.keyboard.press("/")
        opened.page.keyboard.type("conv2d.4-64")
        assert _shown(opened) == 1
        assert opened.page.locator("#search span").inner_text() == "1 of 300"
        address = opened.page.evaluate("location.href")
        assert "verdict=regression" in address
    with visit() as other:
        other.page.goto(address)
        assert _shown(other) == 1
        pressed = other.page.locator('#tallies [aria-pressed="true"]')
        assert pressed.count() == 1
        pressed.click()
        other.page.locator("#search input").fill("no such benchmark")
        assert _shown(other) == 0
        assert other.page.locator("#none").is_visible()
        other.page.locator("#search input").fill("")
        assert _shown(other) == 6


def test_a_link_to_a_benchmark_opens_it_even_in_a_folded_group(visit, gate):
    with visit() as opened:
        opened.page.goto(f"{gate('many')}#b9")
        row = opened.page.locator("#b9")
        assert row.locator(".reason").is_visible()
        opened.page.evaluate("location.hash = 'verdict=regression'")
        opened.page.locator("#g-pass").wait_for(state="hidden")
        opened.page.evaluate("location.hash = 'b20'")
        opened.page.locator("#b20 .reason").wait_for(state="visible")
        opened.page.goto(gate("usual"))
        opened.page.locator(".worst a").nth(1).click()
        opened.page.wait_for_function("document.getElementById('b1').open")
        assert opened.page.locator("#b1 .strip-plot").is_visible()


def test_a_mark_lies_on_the_common_axis_where_its_ratio_is(visit, gate):
    """The threshold's label, the shaded part of every row, and marks to its right for the slow."""
    with visit() as opened:
        opened.page.goto(gate("usual"))
        found = opened.page.evaluate(
            """() => {
              const box = (e) => e.getBoundingClientRect();
              const middle = (e) => box(e).x + box(e).width / 2;
              const limit = middle(document.querySelector('.axis text.limit'));
              const zones = [...document.querySelectorAll('.row > summary .zone')]
                .map((e) => box(e).x);
              const slow = middle(document.querySelector('#b1 .m-regression'));
              const quick = middle(document.querySelector('.m-improvement[href]:not(.key *)'));
              return { limit, zones, slow, quick };
            }"""
        )
        assert all(abs(zone - found["limit"]) < 1.5 for zone in found["zones"])
        assert len(found["zones"]) == 14
        assert found["slow"] > found["limit"] + 20 > found["limit"] > found["quick"]


def test_without_scripts_verdicts_are_links_and_rows_still_open(visit, gate):
    with visit(javascript=False) as opened:
        opened.page.goto(gate("usual"))
        assert opened.page.locator("#tallies a").count() == 8
        assert opened.page.locator("button, input").count() == 0
        opened.page.locator("#b1 > summary").click()
        assert opened.page.locator("#b1 .reason").is_visible()


def test_print_shows_what_is_folded(visit, gate):
    with visit() as opened:
        opened.page.goto(gate("many"))
        opened.page.emulate_media(media="print")
        assert opened.page.pdf(format="A4").count(b"/Type /Page") > 10
