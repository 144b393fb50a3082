"""A fake GitHub on this machine, and the script's modules, new for each test."""

import http.server
import importlib
import importlib.util
import io
import json
import sys
import threading
import zipfile
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest

SCRIPT = Path(__file__).parents[3] / "scripts" / "gate_comment"
NAMES = ("github", "artifact", "comment")
REPOSITORY = "orchard/layers"
TOKEN = "a-token-of-the-job"
HEAD = "1f" * 20


@pytest.fixture
def script(monkeypatch):
    """The script's modules by their names, and ``main``; they find each other by the path."""
    monkeypatch.setattr(sys, "path", [str(SCRIPT), *sys.path])
    for name in NAMES:
        monkeypatch.delitem(sys.modules, name, raising=False)
    modules = {name: importlib.import_module(name) for name in NAMES}
    yield SimpleNamespace(**modules, folder=SCRIPT)
    for name in NAMES:
        sys.modules.pop(name, None)


def archive(**files):
    """A zip with `files`; ``__`` in a name stands for a dot."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in files.items():
            opened.writestr(name.replace("__", "."), content)
    return data.getvalue()


class FakeGitHub:
    """What GitHub would know, and every request it was sent.

    ``asked`` holds method, path and whether the token came with it.
    """

    def __init__(self):
        self.pulls = [self.pull(7, "orchard", "main-topic", HEAD)]
        self.comments, self.artifacts, self.files = [], [], {}
        self.asked = []

    @staticmethod
    def pull(number, owner, branch, sha, repository=11):
        head = {"sha": sha, "ref": branch, "repo": {"id": repository}, "user": {"login": owner}}
        return {"number": number, "head": head}

    def leave(self, data, *, id_=5, name="cnnfc-gate", size=None, expired=False):
        self.files[id_] = data
        size = len(data) if size is None else size
        self.artifacts.append({"id": id_, "name": name, "size_in_bytes": size, "expired": expired})

    def say(self, body, login="github-actions[bot]"):
        id_ = 100 + len(self.comments)
        self.comments.append({"id": id_, "body": body, "user": {"login": login}})
        return id_

    def answer(self, method, path, query, body, port):  # noqa: PLR0911 - one a route
        """Status, headers and content."""
        top = f"/repos/{REPOSITORY}"
        place = path.removeprefix(top)
        if path.startswith("/blob/"):
            return 200, {}, self.files[int(path.removeprefix("/blob/"))]
        if not path.startswith(top):
            return 404, {}, b"{}"
        if place == "/pulls":
            return self._page(
                [
                    one
                    for one in self.pulls
                    if query["head"] == [f"{one['head']['user']['login']}:{one['head']['ref']}"]
                ],
                query,
            )
        if place == "/actions/runs/99/artifacts":
            status, headers, found = self._page(self.artifacts, query)
            return status, headers, json.dumps({"artifacts": json.loads(found)}).encode()
        if place.startswith("/actions/artifacts/"):
            number = place.split("/")[3]
            return 302, {"Location": f"http://127.0.0.1:{port}/blob/{number}"}, b""
        if place == "/issues/7/comments" and method == "GET":
            return self._page(self.comments, query)
        if place == "/issues/7/comments" and method == "POST":
            self.say(json.loads(body)["body"])
            return 201, {}, b"{}"
        if place.startswith("/issues/comments/") and method == "PATCH":
            number = int(place.split("/")[3])
            (one,) = [one for one in self.comments if one["id"] == number]
            one["body"] = json.loads(body)["body"]
            return 200, {}, b"{}"
        return 404, {}, b"{}"

    @staticmethod
    def _page(entries, query):
        size, page = int(query["per_page"][0]), int(query["page"][0])
        return 200, {}, json.dumps(entries[size * (page - 1) : size * page]).encode()


@pytest.fixture
def hub():
    """A running `FakeGitHub`; its address is ``hub.api``."""
    fake = FakeGitHub()

    class Handler(http.server.BaseHTTPRequestHandler):
        def _serve(self):
            parts = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            token = self.headers.get("Authorization") == f"Bearer {TOKEN}"
            fake.asked.append((self.command, parts.path, token))
            status, headers, content = fake.answer(
                self.command, parts.path, parse_qs(parts.query), body, self.server.server_port
            )
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = _serve  # noqa: N815 - the library's names

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        fake.api = f"http://127.0.0.1:{server.server_port}"
        fake.archive = archive
        try:
            yield fake
        finally:
            server.shutdown()
            thread.join(timeout=10)


@pytest.fixture
def api(script, hub):
    return script.github.GitHub(hub.api, REPOSITORY, TOKEN)


@pytest.fixture
def run():
    """The run of the event, as a fork's pull request has it: it names no pull request."""
    return {
        "id": 99,
        "head_sha": HEAD,
        "head_branch": "main-topic",
        "head_repository": {"id": 11, "owner": {"login": "orchard"}},
        "pull_requests": [],
        "html_url": "https://github.com/orchard/layers/actions/runs/99",
    }
