"""Every page of a written site in a real browser: it stands alone, fits, reads and obeys."""

import re
import shutil
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import pytest

pytestmark = pytest.mark.browser

SITES = ("realistic", "changed", "hostile", "single", "empty")  # another module looks at "small"
POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
}

STRUCTURE = """() => ({
  lang: document.documentElement.lang,
  title: document.title,
  headings: document.querySelectorAll('h1').length,
  policy: [...document.querySelectorAll('meta[http-equiv]')].map((m) => [m.httpEquiv, m.content]),
  scripts: [...document.scripts].map((s) => [s.getAttribute('src'), s.textContent]),
  figures: document.querySelectorAll('figure').length,
  captioned: [...document.querySelectorAll('figure > figcaption')]
    .filter((c) => c.innerText.trim()).length,
  drawn: [...document.querySelectorAll('figure')].filter((f) =>
    [...f.querySelectorAll('.wide :is(svg, img), .narrow :is(svg, img)')]
      .some((s) => s.getBoundingClientRect().width > 100
        && (s.closest('[aria-label]') || s.getAttribute('alt')))
  ).length,
  tables: document.querySelectorAll('table').length,
  ids: [...document.querySelectorAll('[id]')].map((e) => e.id),
  links: [...document.querySelectorAll('a[href], link[href], script[src], img[src]')].map((e) =>
    e.getAttribute('href') ?? e.getAttribute('src')),
  controls: document.querySelectorAll('main :is(button, input, select)').length,
})"""

# What only markup from a name could have made.
INJECTED = """() => {
  const tags = 'x-injected, iframe, object, embed, form, base, style, math, img, animate, textarea,'
    + 'foreignObject, [data-injected], [autofocus], [style], noscript, template, main script';
  // Our own: a picture from a file, what is moved to the pointer, and what Vega writes.
  const own = 'picture > img[src*="data/"], .tip, .live form:empty, .live[style], .live [style]';
  const found = [...document.querySelectorAll(tags)].filter((e) => !e.matches(own))
    .map((e) => e.outerHTML);
  for (const element of document.querySelectorAll('*')) {
    for (const { name, value } of element.attributes) {
      if (name.startsWith('on') || (/^(href|src|action|xlink:href)$/.test(name)
          && /^\\s*(javascript|data|vbscript):/i.test(value))) found.push(`${name}=${value}`);
    }
  }
  if (typeof window.__hostile !== 'undefined') found.push('a script of a name ran');
  return found;
}"""

WIDER = """() => {
  const { scrollWidth } = document.documentElement;
  return Math.max(scrollWidth, document.body.scrollWidth) > innerWidth
    ? [scrollWidth, [...document.querySelectorAll('main *')]
        .filter((e) => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('.scroll'))
        .slice(0, 3).map((e) => e.outerHTML.slice(0, 120))]
    : null;
}"""

# Contrast by WCAG 2.1, 1.4.3, for every visible element that has text of its own.
FAINT = """() => {
  const parse = (text) => {
    const found = text.match(/^rgba?\\(([0-9.]+), ([0-9.]+), ([0-9.]+)(?:, ([0-9.]+))?\\)$/);
    if (!found) throw new Error(`a colour that this check cannot read: ${text}`);
    return [...found.slice(1, 4).map(Number), found[4] === undefined ? 1 : Number(found[4])];
  };
  const over = ([r, g, b, a], below) =>
    [r, g, b].map((part, at) => a * part + (1 - a) * below[at]);
  const luminance = (colour) => {
    const [r, g, b] = colour.map((part) => {
      const s = part / 255;
      return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const background = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      layers.push(colour);
      if (colour[3] === 1) break;
    }
    return layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255]);
  };
  const found = [];
  let looked = 0;
  for (const details of document.querySelectorAll('details')) details.open = true;
  for (const element of document.querySelectorAll('body *')) {
    const own = [...element.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    if (!own || !element.checkVisibility() || element.closest('title')) continue;
    const style = getComputedStyle(element);
    const drawn = element.namespaceURI.endsWith('svg');
    // The edge around a text of a chart is the same text below it, painted as the ground.
    const copies = drawn && style.stroke !== 'none' && style.stroke === style.fill
      ? [...element.ownerSVGElement.querySelectorAll('text')] : [];
    if (copies.some((e) => e.textContent === element.textContent
        && getComputedStyle(e).stroke === 'none')) continue;
    const colour = parse(drawn ? style.fill : style.color);
    for (let at = element; at; at = at.parentElement) {
      colour[3] *= Number(getComputedStyle(at).opacity);
    }
    if (drawn) colour[3] *= Number(style.fillOpacity);
    const back = background(element);
    const [light, dark] = [luminance(over(colour, back)), luminance(back)].sort((a, b) => b - a);
    const ratio = (light + 0.05) / (dark + 0.05);
    looked += 1;
    if (ratio < 4.5) {
      const where = `${element.tagName}.${element.getAttribute('class') ?? ''}`;
      found.push(`${ratio.toFixed(2)} ${where} ${element.textContent.trim().slice(0, 40)}`);
    }
  }
  return [looked, [...new Set(found)].slice(0, 12)];
}"""

# What a table shows after sorting by a column, and whether that is an order.
SORTED = """(table, [column, up]) => {
  const texts = [...table.tBodies[0].rows].map((row) => {
    const cell = row.cells[column];
    return cell.getAttribute('data-sort') ?? cell.textContent.trim();
  });
  const missing = (text) => text === '' || text === '–';
  const inOrder = texts.every((text, at) => {
    if (at === 0 || missing(text)) return true;
    if (missing(texts[at - 1])) return false;
    const [before, after] = up ? [texts[at - 1], text] : [text, texts[at - 1]];
    const numbers = [before, after].map(Number);
    return numbers.some(Number.isNaN)
      ? before.localeCompare(after, 'en', { numeric: true }) <= 0
      : numbers[0] <= numbers[1];
  });
  const heads = [...table.tHead.rows[0].cells].map((head) => head.getAttribute('aria-sort'));
  return { texts, inOrder, heads };
}"""

FILTERED = """(section) => {
  const rows = [...section.querySelectorAll('tbody tr')];
  const shown = rows.filter((row) => row.checkVisibility());
  return {
    rows: rows.map((row) => row.textContent.toLowerCase()),
    shown: shown.map((row) => row.textContent.toLowerCase()),
    status: section.querySelector('[role=status]').textContent,
  };
}"""


def _pages(site):
    """The paths of all pages, the index first."""
    found = (path.relative_to(site).as_posix() for path in site.rglob("*.html"))
    return sorted(found, key=lambda path: (path != "index.html", path))


def _of_each_kind(site):
    """The first page of every folder, and those outside of all."""
    kinds = {}
    for path in _pages(site):
        kinds.setdefault(path.rpartition("/")[0] or path, path)
    return list(kinds.values())


def _policy(content):
    parts = (part.strip().partition(" ") for part in content.split(";") if part.strip())
    return {name: sources for name, _, sources in parts}


def _check_structure(found, where):
    assert found["lang"] == "en", where
    assert found["title"].strip(), where
    assert found["headings"] == 1, where
    assert [name for name, _ in found["policy"]] == ["Content-Security-Policy"], where
    assert _policy(found["policy"][0][1]) == POLICY, where
    names = [Path(src).name for src, text in found["scripts"] if not text]
    # Charts ask for the library and for their data once they are looked at.
    late = [name for name in names if name not in ("site.js", "charts.js")]
    assert names[0] == "site.js", where
    assert ("charts.js" in names) == bool(found["figures"]), where
    assert found["figures"] or not late, where
    assert len(found["scripts"]) == len(names), where
    assert found["captioned"] == found["drawn"] == found["figures"], where
    assert found["tables"] or not found["figures"], where
    assert len(found["ids"]) == len(set(found["ids"])), where


@pytest.mark.parametrize("scheme", ["file", "http"])
@pytest.mark.parametrize("name", SITES)
def test_every_page_is_whole_fits_and_asks_for_nothing(sites, visit, address, name, scheme):
    site = sites[name]
    # What a name can do does not depend on how a page came, so a few of these many will do.
    pages = (_of_each_kind if (name, scheme) == ("hostile", "http") else _pages)(site)
    for scripts in (True, False):
        # Between the two, every width is seen in light and in dark, at first and after a change.
        looks = [(1280, "light"), (390, "dark")] if scripts else [(390, "light"), (1280, "dark")]
        with visit(javascript=scripts, width=looks[0][0], theme=looks[0][1]) as opened:
            page = opened.page
            for path in pages:
                where = f"{name}/{path} by {scheme}, scripts {'on' if scripts else 'off'}"
                page.goto(address(scheme, name, path))
                found = page.evaluate(STRUCTURE)
                _check_structure(found, where)
                assert page.evaluate(INJECTED) == [], where
                assert scripts or not found["controls"], where
                for width, colours in looks:
                    page.set_viewport_size({"width": width, "height": 900})
                    page.emulate_media(color_scheme=colours)
                    assert page.evaluate(WIDER) is None, f"{where} at {width} px"
                assert opened.said == [], where


@pytest.mark.parametrize("name", SITES)
def test_every_link_leads_to_a_page_a_part_of_one_or_a_commit(
    sites, visit, address, histories, name
):
    site = sites[name]
    targets, links = {}, []
    with visit() as opened:
        page = opened.page
        for path in _pages(site):
            start = address("file", name, path)
            page.goto(start)
            found = page.evaluate(STRUCTURE)
            targets[start] = set(found["ids"])
            links += [(path, href, urljoin(start, href)) for href in found["links"]]
    assert links
    for path, href, whole in links:
        where = f"{href} on {path}"
        if whole.startswith("https:"):
            assert name == "realistic", where
            assert re.fullmatch(re.escape(histories.COMMIT_URL) + "[0-9a-f]{40}", whole), where
            continue
        target, fragment = urldefrag(whole)
        file = Path(unquote(urlsplit(target).path))
        assert file.is_relative_to(site), where
        assert file.is_file(), where
        assert not fragment or fragment in targets[target], where


def test_hostile_names_are_shown_as_they_are_and_never_evaluated(sites, visit, address, histories):
    site = sites["hostile"]
    shown = ""
    with visit() as opened:
        page = opened.page
        for path in _pages(site):
            page.goto(address("file", "hostile", path))
            shown += page.evaluate("document.body.textContent")
    for text in histories.HOSTILE_TEXTS[:15]:
        assert text in shown
    assert "1337" not in shown
    # Marks that reorder text, and characters that cannot be printed, were replaced.
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]", shown)


def test_hostile_names_reach_no_file_name_and_no_other_folder(sites, home):
    allowed = {home / "deep", home / "deep" / "down", *(site for site in sites.values())}
    for path in home.rglob("*"):
        inside = any(path.is_relative_to(site) for site in sites.values())
        assert inside or path in allowed, f"{path} was written outside of the site"
    for site in sites.values():
        files = [p.relative_to(site).as_posix() for p in site.rglob("*")]
        assert len({name.lower() for name in files}) == len(files)
        for name in files:
            assert re.fullmatch(r"(\.cnnfc-site|[a-z0-9-]{1,120}[a-z0-9./-]*)", name)
        for name in _pages(site):
            assert re.fullmatch(r"([a-z0-9-]+/)?[a-z0-9-]{1,70}\.html", name)
            assert not re.search(r"(^|/)(con|nul|prn|aux|com[0-9]|lpt[0-9])\.", name)


def test_the_watch_notices_what_it_is_there_for(sites, visit, tmp_path):
    copy = tmp_path / "site"
    shutil.copytree(sites["realistic"], copy)
    index = copy / "index.html"
    whole = index.read_text(encoding="utf-8")
    broken = {
        "inline": whole.replace("</h1>", "</h1><script>window.__hostile = 1</script>"),
        "remote": whole.replace("</h1>", '</h1><img src="https://evil.example/x.png">'),
        "wide": whole.replace("</h1>", f"</h1><pre>{'w' * 900}</pre>"),
        "open": re.sub("<meta http-equiv[^>]*>", "", whole).replace(
            "</h1>",
            "</h1><script>window.__hostile = 1; alert(1); console.log(1); boom()</script>"
            '<img src="http://127.0.0.2/x.png">',
        ),
    }
    seen = {}
    for name, text in broken.items():
        index.write_text(text, encoding="utf-8")
        with visit(width=390) as opened:
            page = opened.page
            page.goto(index.as_uri())
            seen[name] = (" ".join(opened.said), page.evaluate(INJECTED), page.evaluate(WIDER))
    assert "Content Security Policy" in seen["inline"][0]
    assert seen["inline"][1]
    assert "Content Security Policy" in seen["remote"][0]
    assert seen["wide"][2]
    assert "a script of a name ran" in seen["open"][1]
    for sign in ("dialog: 1", "console: 1", "error: boom", "off the machine: http://127.0.0.2/"):
        assert sign in seen["open"][0]


def test_light_and_dark_differ_and_every_text_stands_out_in_both(sites, visit, address):
    backgrounds, faint = {}, []
    with visit() as opened:
        page = opened.page
        for name in ("realistic", "hostile", "empty"):
            for path in _of_each_kind(sites[name]):
                page.goto(address("file", name, path))
                for colours in ("light", "dark"):
                    page.emulate_media(color_scheme=colours)
                    backgrounds[colours] = page.evaluate(
                        "getComputedStyle(document.body).backgroundColor"
                    )
                    looked, found = page.evaluate(FAINT)
                    assert looked > 10
                    faint += [f"{name}/{path}, {colours}: {one}" for one in found]
    assert backgrounds["light"] != backgrounds["dark"]
    assert not faint, "\n".join(faint)


def test_the_enter_key_in_the_head_of_any_column_sorts_by_it(sites, visit, address):
    site, moved = sites["realistic"], 0
    with visit() as opened:
        page = opened.page
        for path in _of_each_kind(site):
            page.goto(address("file", "realistic", path))
            for table in page.query_selector_all("main table:has(thead button)"):
                for column, button in enumerate(table.query_selector_all("thead th button")):
                    for direction in ("ascending", "descending"):
                        where = f"column {column} of {path}, {direction}"
                        up = direction == "ascending"
                        before = table.evaluate(SORTED, [column, up])["texts"]
                        button.focus()
                        page.keyboard.press("Enter")
                        after = table.evaluate(SORTED, [column, up])
                        heads = after["heads"]
                        assert heads[column] == direction, where
                        assert heads.count(None) == len(heads) - 1, where
                        assert sorted(after["texts"]) == sorted(before), where
                        assert after["inOrder"], f"{where}: {after['texts']}"
                        moved += after["texts"] != before
        assert opened.said == []
    assert moved > 20


def test_rows_that_do_not_hold_every_word_of_the_filter_are_hidden(sites, visit, address):
    site, filters = sites["realistic"], 0
    with visit() as opened:
        page = opened.page
        for path in _pages(site):
            page.goto(address("file", "realistic", path))
            for number, place in enumerate(page.query_selector_all("[data-filter]")):
                section = page.query_selector(f"[id='{place.get_attribute('data-filter')}']")
                field = place.query_selector("input")
                if number == 0:
                    page.keyboard.press("/")
                else:
                    field.focus()
                assert field.evaluate("e => e === document.activeElement"), path
                rows = section.evaluate(FILTERED)["rows"]
                word = rows[-1].split()[0]
                page.keyboard.type(word.upper())
                found = section.evaluate(FILTERED)
                assert found["shown"] == [row for row in rows if word in row], path
                assert 0 < len(found["shown"]) < len(rows), path
                assert found["status"] == f"{len(found['shown'])} of {len(rows)}", path
                page.keyboard.type(" nothing-has-this")
                assert section.evaluate(FILTERED)["shown"] == [], path
                field.fill("")
                assert section.evaluate(FILTERED)["shown"] == rows, path
                filters += 1
        assert opened.said == []
    assert filters > 2


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("alive", [True, False])
def test_a_mark_of_a_chart_says_its_numbers_under_the_pointer(sites, visit, address, width, alive):
    site = sites["realistic"]
    path = next(path for path in _pages(site) if path.startswith("parameters/"))
    with visit(width=width) as opened:
        page = opened.page
        if not alive:
            # An empty script: nothing fails, and nothing comes alive.
            page.route("**/vega.js", lambda route: route.fulfill(body=""))
        page.goto(address("file", "realistic", path))
        assert not page.locator(".tip").is_visible()
        page.locator("#parameters").scroll_into_view_if_needed()
        marks = "#parameters .mark-symbol.role-mark path" if alive else "#parameters [data-tip]"
        if alive:
            page.wait_for_selector("#parameters .upgraded")
        page.locator(f"{marks}:visible").last.hover()
        tip = page.locator(".tip")
        tip.wait_for(state="visible")
        assert re.match(r"(conv2d|dense)\.", tip.text_content())
        box = tip.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert page.evaluate(WIDER) is None
        assert opened.said == []
        assert bool(page.locator(".live").count()) == alive


def test_everything_that_the_keyboard_reaches_says_what_it_is(sites, visit, address):
    name = """() => {
      const e = document.activeElement;
      const by = e.getAttribute('aria-labelledby');
      return [e.tagName, e.getAttribute('aria-label') || (by && document.getElementById(by)
        .textContent) || e.textContent.trim(), e.matches(':focus-visible')];
    }"""
    site = sites["realistic"]
    with visit() as opened:
        page = opened.page
        for path in _of_each_kind(site):
            page.goto(address("file", "realistic", path))
            page.keyboard.press("Tab")
            assert page.evaluate(name)[1] == "Skip to the content", path
            for _ in range(25):
                page.keyboard.press("Tab")
                tag, said, visible = page.evaluate(name)
                assert tag == "BODY" or (said and visible), f"{path}: {tag}"
        assert opened.said == []


def test_pages_print(sites, visit, address):
    site = sites["realistic"]
    parameters = next(path for path in _pages(site) if path.startswith("parameters/"))
    with visit() as opened:
        page = opened.page
        for path in ("index.html", parameters):
            page.goto(address("file", "realistic", path))
            printed = page.pdf(format="A4", print_background=True)
            assert printed.startswith(b"%PDF-")
            assert printed.rstrip().endswith(b"%%EOF")
            assert len(printed) > 10_000
            page.emulate_media(media="print")
            assert page.locator("h1").is_visible()
            assert not page.locator("header nav").is_visible()
        assert opened.said == []
