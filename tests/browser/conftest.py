"""A real Chromium, a few written sites, and a watch over everything that a page does."""

import functools
import http.server
import importlib.util
import os
import re
import shutil
import threading

import pytest

import testkit.histories
import testkit.site_histories
from cnnfc.history.results import History
from cnnfc.report.writer import write_site

#: Without a sandbox (containers have none) and without the network that a new browser asks for.
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
NAMES = ("chromium", "chromium-browser", "google-chrome")
LOCAL = re.compile(r"(file:///|http://127\.0\.0\.1:[0-9]+/)")


def _missing(what):
    """Browser tests may be left out on a desk, never where the merge is decided."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what}: install it, CI must not go without browser tests")
    pytest.skip(what)


@pytest.fixture(scope="session")
def chromium():
    """The path of a Chromium."""
    if importlib.util.find_spec("playwright") is None:
        _missing("playwright is not installed")
    named = os.environ.get("CNNFC_CHROMIUM")
    found = shutil.which(named) if named else next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        _missing(f"there is no Chromium (CNNFC_CHROMIUM names one, now {named or 'none'})")
    return found


@pytest.fixture(scope="module")
def browser(chromium):
    """One browser a module; while it lives, this thread has an event loop, so no longer."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def make():
    """Builders of histories."""
    return testkit.histories


@pytest.fixture(scope="session")
def histories():
    """The larger histories that only a browser is shown."""
    return testkit.site_histories


@pytest.fixture(scope="session")
def home(tmp_path_factory):
    """The folder that all sites are below, deep enough for a path that climbs to be found."""
    return tmp_path_factory.mktemp("sites")


@pytest.fixture(scope="session")
def sites(make, histories, chromium, home):
    """Folders with written sites, by name.  (No browser, no work.)"""
    top, url, now = home / "deep" / "down", histories.COMMIT_URL, histories.NOW
    wanted = {
        "small": (make.small(), "small", url, make.NOW),
        "realistic": (histories.realistic(), "orchard", url, now),
        "hostile": (histories.hostile(home / "escaped"), make.SCRIPT, "javascript:alert(1)//", now),
        "changed": (histories.changed(make), "orchard", None, now),
        "single": (histories.single(), "orchard", None, now),
        "empty": (History(), "orchard", None, now),
    }
    for name, (history, project, base, moment) in wanted.items():
        write_site(history, top / name, project=project, show_commit_url=base, now=moment)
    return {name: top / name for name in wanted}


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="session")
def address(sites):
    """The address of a page of a site: ``address(scheme, site, path)``."""
    folder = next(iter(sites.values())).parent
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()

        def build(scheme, site, path):
            if scheme == "file":
                return (sites[site] / path).as_uri()
            return f"http://127.0.0.1:{server.server_port}/{site}/{path}"

        try:
            yield build
        finally:
            server.shutdown()
            thread.join(timeout=10)


class Visit:
    """A page in a new window, and everything that it said or asked for.

    ``said`` is empty for a page that minds its own business; what is off the machine, it does not
    get.
    """

    def __init__(self, browser, *, theme="light", width=1280, javascript=True):
        self.context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=theme,
            java_script_enabled=javascript,
            service_workers="block",
        )
        self.said, self.asked = [], []
        self.context.on("console", lambda message: self.said.append(f"console: {message.text}"))
        self.context.on("weberror", lambda error: self.said.append(f"error: {error.error}"))
        self.context.on("dialog", self._dialog)
        self.context.on("request", self._request)
        self.context.on("requestfailed", self._failed)
        self.context.route(lambda url: not LOCAL.match(url), lambda route: route.abort())
        self.page = self.context.new_page()
        self.page.on("popup", lambda page: self.said.append(f"popup: {page.url}"))
        self.page.set_default_timeout(20_000)

    def _dialog(self, dialog):
        self.said.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _request(self, request):
        self.asked.append(request.url)
        if not LOCAL.match(request.url):
            self.said.append(f"request off the machine: {request.url}")

    def _failed(self, request):
        # Leaving a page cancels what it was still loading, such as the icon.
        if request.failure != "net::ERR_ABORTED":
            self.said.append(f"failed: {request.url}, {request.failure}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.context.close()


@pytest.fixture
def visit(browser):
    return functools.partial(Visit, browser)
