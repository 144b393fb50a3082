from http.client import IncompleteRead
from urllib.error import URLError

import pytest


def test_only_gate_json_is_read(script, hub, api):
    hub.leave(hub.archive(gate__json="{}", index__html="<script>", summary__md="@everyone"))
    assert script.artifact.gate_json(api, 99) == b"{}"


def test_the_token_is_not_sent_to_where_the_archive_lies(script, hub, api):
    hub.leave(hub.archive(gate__json="{}"))
    script.artifact.gate_json(api, 99)
    assert ("GET", "/blob/5", False) in hub.asked
    assert all(token for _, path, token in hub.asked if not path.startswith("/blob/"))


def test_a_run_without_an_artifact_says_nothing(script, hub, api):
    hub.leave(b"", name="other")
    hub.leave(b"", expired=True)
    assert script.artifact.gate_json(api, 99) is None


def test_of_two_artifacts_the_newer_counts(script, hub, api):
    hub.leave(hub.archive(gate__json="new"), id_=6)
    hub.leave(hub.archive(gate__json="old"), id_=5)
    assert script.artifact.gate_json(api, 99) == b"new"


def test_an_archive_that_is_too_large_is_not_downloaded(script, hub, api):
    hub.leave(b"", size=script.artifact.LARGEST_ARCHIVE + 1)
    with pytest.raises(script.github.Refusal, match="larger than 32,000,000 bytes"):
        script.artifact.gate_json(api, 99)
    assert not [path for _, path, _ in hub.asked if path.startswith("/blob/")]


def test_an_archive_that_lies_about_its_size_is_read_up_to_the_limit(script, hub, api, monkeypatch):
    monkeypatch.setattr(script.artifact, "LARGEST_ARCHIVE", 1000)
    hub.leave(b"x" * 5000, size=10)
    with pytest.raises(script.github.Refusal, match="larger than 1,000 bytes"):
        script.artifact.gate_json(api, 99)


def test_a_file_that_unpacks_to_more_than_the_limit_is_refused(script, hub, monkeypatch):
    monkeypatch.setattr(script.artifact, "LARGEST_FILE", 1000)
    with pytest.raises(script.github.Refusal, match=r"gate\.json is larger than 1,000 bytes"):
        script.artifact.unpacked(hub.archive(gate__json=b"0" * 100_000))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"no archive", "cannot be unpacked"),
        (b"", "cannot be unpacked"),
        (None, r"has no gate\.json"),
        ("cut", "cannot be unpacked"),
    ],
)
def test_a_damaged_archive_is_refused_in_a_sentence(script, hub, content, said):
    if content is None:
        content = hub.archive(other__txt="x")
    elif content == "cut":
        whole = hub.archive(gate__json=bytes(range(256)) * 40)
        content = whole[:60] + bytes(20) + whole[80:]
    with pytest.raises(script.github.Refusal, match=said):
        script.artifact.unpacked(content)


def test_an_answer_that_is_an_error_is_told_in_a_sentence(script, hub, api):
    with pytest.raises(script.github.Refusal, match="GitHub answers 404 to GET /nowhere"):
        list(api.every("/nowhere"))


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (TimeoutError("timed out"), "timed out"),
        (URLError(OSError("Name or service not known")), "Name or service not known"),
        (ConnectionResetError(), "ConnectionResetError"),
        (IncompleteRead(b"12"), "IncompleteRead"),
    ],
)
def test_a_connection_that_fails_is_told_in_a_sentence(script, api, monkeypatch, error, said):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(api._opener, "open", fail)
    monkeypatch.setattr(script.github.urllib.request, "urlopen", fail)
    for ask in (
        lambda: list(api.every("/pulls")),
        lambda: api.download("/actions/artifacts/5/zip", 100),
        lambda: api._elsewhere("https://example.org/blob", 100),
    ):
        with pytest.raises(script.github.Refusal, match=said):
            ask()
