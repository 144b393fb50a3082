"""The one HTML file about a gate: alone, well-formed, and deaf to what names say."""

import base64
import gzip
import hashlib
import re

import pytest

from cnnfc.report.gate.page import html
from testkit import gate_reports as gates
from testkit.documents import Document

NAMES = (
    *("clean", "usual", "many", "hostile", "interrupted", "nothing", "selftest", "moved"),
    "doubtful",
)


@pytest.fixture(scope="module")
def texts():
    return {name: html(gates.EVERY[name]()) for name in NAMES}


@pytest.fixture(scope="module", params=NAMES)
def document(request, texts):
    return Document(texts[request.param])


def _hash(text):
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def test_the_policy_admits_its_own_script_and_style_and_nothing_else(document):
    (policy,) = [a["content"] for a in document.all("meta") if "http-equiv" in a]
    assert policy == (
        f"default-src 'none'; script-src '{_hash(document.inside['script'])}'; "
        f"style-src '{_hash(document.inside['style'])}'; img-src data:; base-uri 'none'; "
        "form-action 'none'"
    )
    names = [tag for tag, _ in document.tags]
    assert names.index("meta") < names.index("style") < names.index("script")
    assert len(document.all("script")) == len(document.all("style")) == 1


def test_nothing_is_fetched_and_no_link_leaves_the_page(document):
    assert len(document.ids) == len(set(document.ids))
    for tag, attributes in document.tags:
        assert tag not in ("iframe", "object", "embed", "img", "base", "form"), tag
        assert not [name for name in attributes if name.startswith("on") or name == "style"], tag
        assert "src" not in attributes
        address = attributes.get("href")
        if tag == "link":
            assert address.startswith("data:image/svg+xml;base64,")
        elif address is not None:
            assert address[0] == "#"
            assert address[1:] in document.ids


def test_names_of_attackers_are_only_ever_text(texts):
    text = texts["hostile"]
    assert text.count("<script") == text.count("<style") == 1
    assert "<img" not in text
    assert not re.search("[\x00-\x08\x0b-\x1f\u202a-\u202e\ud800-\udfff]", text)
    said = "".join(Document(text).text)
    assert gates.SCRIPT in said
    assert "{{ 7 * 7 }}{% raw %}" in said


def test_a_page_about_hundreds_of_benchmarks_stays_light(texts):
    assert len(gzip.compress(texts["many"].encode())) < 150_000
    assert len(Document(texts["many"]).all("details")) > 300


def test_the_same_gate_gives_the_same_page(texts):
    assert html(gates.usual()) == texts["usual"]


def test_a_report_without_any_fact_of_the_machine_is_enough():
    assert "oak-4c-16gb" in html(gates.clean())


def test_it_says_where_a_slowdown_fails_and_that_drift_is_not_judged(texts):
    said = " ".join("".join(Document(texts["usual"]).text).split())
    assert "a certain one of a time fails from half of it on" in said
    assert "A certain slowdown fails from half of the threshold on" in said
    assert "shown, not judged" in said
    for wrong in ("fails the gate", "the shaded part fails", "change for good", "may move by"):
        assert wrong not in said
