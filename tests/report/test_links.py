import re

import pytest

from cnnfc.report import links


def test_a_page_is_named_after_its_subject():
    path = links.page_path("benchmark", "conv.Forward.time_layer")
    assert re.fullmatch(r"benchmark/conv-forward-time-layer-[0-9a-f]{8}\.html", path)


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "/abs",
        "C:\\x",
        "x" * 300,
        "",
        "...",
        "<script>",
        "שלום",
        "\ud800",
        "a\x00",
    ],
)
def test_no_name_leads_out_of_its_folder(name):
    path = links.page_path("machine", name)
    assert re.fullmatch(r"machine/[a-z0-9-]+\.html", path)
    assert len(path) <= 70


def test_names_that_look_alike_once_simplified_have_pages_of_their_own():
    names = ["Conv", "conv", "con.v", "con v", "con-v"]
    assert len({links.page_path("benchmark", name) for name in names}) == 5


def test_several_names_are_not_one_name_with_a_space():
    assert links.slug("a b", "c") != links.slug("a", "b c")


def test_the_name_of_a_device_of_windows_is_no_file_name():
    assert re.fullmatch(r"con-[0-9a-f]{8}", links.slug("con"))


HASH = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("base", "commit"),
    [
        ("https://github.com/x/y/commit/", HASH),
        ("http://git.example.org:8080/?p=x;h=", "0123456"),
    ],
)
def test_a_commit_is_linked_to_the_configured_repository(base, commit):
    assert links.commit_href(base, commit) == base + commit


@pytest.mark.parametrize(
    ("base", "commit"),
    [
        (None, HASH),
        ("#", HASH),
        ("javascript:alert(1)//", HASH),
        ("https://user:password@example.org/", HASH),
        ('https://example.org/"onclick="', HASH),
        ("https://example.org/c/", "HEAD"),
        ("https://example.org/c/", "012345"),
        ("https://example.org/c/", HASH + "0"),
        ("https://example.org/c/", "../../../x"),
        ("https://example.org/c/", HASH.upper()),
        ("https://example.org/c/", "0123456\n"),
    ],
)
def test_anything_else_is_no_link(base, commit):
    assert links.commit_href(base, commit) == ""


def test_only_a_hash_is_shortened():
    assert links.short_commit(HASH) == "01234567"
    assert links.short_commit("a-branch-name") == "a-branch-name"
