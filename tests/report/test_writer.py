import os
import re
from pathlib import Path

import pytest

from cnnfc.errors import UsageError
from cnnfc.report import writer
from cnnfc.report.writer import MARKER, write_site
from cnnfc.report.writing import laying
from testkit import histories as make
from testkit.documents import Document

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'"
)


def _write(history, out, **options):
    return write_site(history, out, project="orchard", now=make.NOW, **options)


@pytest.fixture(scope="module", params=["small", "foreign", "hostile", "nothing"])
def site(request, tmp_path_factory):
    """A written site: an ordinary one, a stranger's, an attacker's, an empty one."""
    out = tmp_path_factory.mktemp("site") / request.param
    history = make.history() if request.param == "nothing" else getattr(make, request.param)()
    _write(history, out, show_commit_url="https://example.org/commit/")
    return out


@pytest.fixture(scope="module")
def documents(site):
    return {path: Document(path.read_text(encoding="utf-8")) for path in site.rglob("*.html")}


def test_every_page_is_well_formed_with_ids_of_its_own(documents):
    for path, document in documents.items():
        assert len(set(document.ids)) == len(document.ids), path


def test_every_link_leads_to_a_page_of_the_site_or_to_the_repository(site, documents):
    for path, document in documents.items():
        for attributes in document.all("a"):
            address = attributes["href"]
            if address.startswith("http"):
                assert re.fullmatch(r"https://example\.org/commit/[0-9a-f]{40}", address)
                continue
            place, _, fragment = address.partition("#")
            target = Path(os.path.normpath(path.parent / place)) if place else path
            assert target.is_file(), address
            assert target in documents or target.is_relative_to(site / "data"), address
            assert not fragment or fragment in documents[target].ids, address
            assert site in target.parents


def test_a_page_holds_no_script_style_handler_or_address_of_its_own(documents):
    for path, document in documents.items():
        scripts = document.all("script")
        assert all(set(a) == {"src", "defer"} for a in scripts), path
        names = ["site.js", "charts.js"] if document.all("figure") else ["site.js"]
        assert [Path(a["src"]).name for a in scripts] == names, path
        assert "".join(document.inside.get("script", "")) == "", path
        for tag, attributes in document.tags:
            assert tag not in ("style", "iframe", "object", "embed", "img", "base", "form"), path
            assert not [name for name in attributes if name.startswith("on")], path
            assert "style" not in attributes, path
            for name in ("src", "href", "xlink:href"):
                value = attributes.get(name) or ""
                assert ":" not in value.split("/")[0] or value.startswith("https://example.org/")


def test_every_page_has_the_strict_policy_before_anything_is_loaded(documents):
    for document in documents.values():
        names = [tag for tag, _ in document.tags]
        policies = [
            a["content"]
            for a in document.all("meta")
            if a.get("http-equiv") == "Content-Security-Policy"
        ]
        assert policies == [CSP]
        assert names.index("meta") < names.index("link") < names.index("script")


def test_every_figure_has_a_caption_a_label_and_a_table_on_its_page(documents):
    for path, document in documents.items():
        figures = document.all("figure")
        assert len(document.all("figcaption")) == len(figures)
        pictures = [a for a in document.all("svg") if a.get("role") == "img"]
        assert all(a["aria-label"] for a in pictures)
        assert not figures or document.all("table"), path


@pytest.fixture(scope="module")
def attacked(tmp_path_factory):
    """The folder above ``deep/site``, where the report about hostile names lies."""
    top = tmp_path_factory.mktemp("attacked")
    _write(make.hostile(), top / "deep" / "site")
    return top


def test_every_figure_and_table_of_a_page_has_its_files_and_no_other_is_there(site, documents):
    wanted = set()
    for path, document in documents.items():
        folder = site / "data" / path.relative_to(site).with_suffix("")
        for figure in document.all("figure"):
            assert Path(os.path.normpath(path.parent / figure["data-chart"])).is_file()
            wanted |= {folder / f"{figure['id']}{end}" for end in (".js", ".svg")}
        tables = [a["href"] for a in document.all("a") if a["href"].endswith((".csv", ".json"))]
        wanted |= {Path(os.path.normpath(path.parent / address)) for address in tables}
    # Of many charts on a page, some are drawings in files: those have two suffixes.
    found = {p for p in (site / "data").rglob("*.*") if len(p.suffixes) == 1}
    assert found == wanted


def test_a_chart_is_loaded_only_where_there_is_one(site, documents):
    charts = any(document.all("figure") for document in documents.values())
    names = {path.name for path in (site / "assets").iterdir()}
    assert names == {"site.css", "site.js", "favicon.svg"} | (
        {"charts.js", "vega.js"} if charts else set()
    )


def test_names_of_attackers_are_only_ever_text(attacked):
    index = attacked / "deep" / "site" / "index.html"
    for path in index.parent.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert "<script>alert" not in text
        assert "<img" not in text
        assert "{{ 7 * 7 }}" in text or "7 * 7" not in text
        assert not re.search("[\x00-\x08\x0b-\x1f\u202a-\u202e\ud800-\udfff]", text)
    said = "".join(Document(index.read_text(encoding="utf-8")).text)
    assert make.SCRIPT in said


def test_nothing_is_written_outside_the_folder(attacked):
    assert [path.name for path in attacked.iterdir()] == ["deep"]
    assert [path.name for path in (attacked / "deep").iterdir()] == ["site"]
    assert {path.name for path in (attacked / "deep" / "site").iterdir()} == {
        *(MARKER, "assets", "benchmark", "data", "machine"),
        *("index.html", "changes.html", "benchmarks.html"),
    }


def test_a_new_report_replaces_the_old_one_whole(tmp_path):
    out = tmp_path / "site"
    _write(make.history(make.run(make.point("old"))), out)
    _write(make.history(make.run(make.point("new"))), out)
    names = {path.name.rsplit("-", 1)[0] for path in (out / "benchmark").iterdir()}
    assert names == {"new"}
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


def test_an_error_while_writing_leaves_the_old_report(tmp_path, monkeypatch):
    out = tmp_path / "site"
    index = _write(make.history(make.run(make.point("old"))), out)
    before = index.read_text(encoding="utf-8")

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(laying.Layout, "page", fail)
    with pytest.raises(
        UsageError, match=r"cannot be written to .*site \(No space left on device\)"
    ):
        _write(make.history(make.run(make.point("new"))), out)
    assert index.read_text(encoding="utf-8") == before
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


def test_an_error_at_the_last_moment_brings_the_old_report_back(tmp_path, monkeypatch):
    out = tmp_path / "site"
    index = _write(make.history(make.run(make.point("old"))), out)
    rename = Path.rename

    def fail(self, target):
        if self.name.endswith(".new.tmp"):
            raise OSError(13, "Permission denied")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(UsageError, match="Permission denied"):
        _write(make.history(make.run(make.point("new"))), out)
    assert "old" in {p.name.rsplit("-", 1)[0] for p in (out / "benchmark").iterdir()}
    assert index.exists()


@pytest.mark.parametrize("tail", ["", "-0123abcd"])
def test_a_killed_report_with_the_number_of_this_process_does_not_block(tmp_path, tail):
    # A container gives the process of each report the same number.
    for what in ("new", "old"):
        left = tmp_path / f".site.{os.getpid()}{tail}.{what}.tmp"
        left.mkdir()
        (left / MARKER).write_text("")
    _write(make.history(make.run(make.point("b"))), tmp_path / "site")
    assert [path.name for path in tmp_path.iterdir()] == ["site"]
    assert (tmp_path / "site" / "index.html").exists()


@pytest.mark.parametrize("tail", ["", "-0123abcd"])
def test_folders_of_another_report_that_is_running_stay(tmp_path, monkeypatch, tail):
    others = tmp_path / f".site.{os.getpid()}{tail}.new.tmp"
    others.mkdir()
    monkeypatch.setattr(os, "getpid", lambda: 999_999_999)
    _write(make.history(), tmp_path / "site")
    assert sorted(path.name for path in tmp_path.iterdir()) == [others.name, "site"]


def test_two_reports_of_one_process_number_do_not_share_a_folder(tmp_path, monkeypatch):
    """Containers have process numbers of their own, so that two at once may have the same."""
    inside = []

    def pages(*_):
        inside.extend(path.name for path in tmp_path.iterdir())

    monkeypatch.setattr(writer, "_write", pages)
    for _ in range(2):
        _write(make.history(), tmp_path / "site")
    news = [name for name in inside if name.endswith(".new.tmp")]
    assert len(set(news)) == 2


def test_a_folder_with_other_things_is_never_replaced(tmp_path):
    out = tmp_path / "documents"
    out.mkdir()
    (out / "thesis.tex").write_text("years of work")
    with pytest.raises(UsageError, match=r"holds files that cnnfc did not write.*--out"):
        _write(make.small(), out)
    assert (out / "thesis.tex").read_text() == "years of work"


def test_a_file_is_no_folder_for_a_report(tmp_path):
    (tmp_path / "site").write_text("")
    with pytest.raises(UsageError, match="is a file"):
        _write(make.history(), tmp_path / "site")


def test_an_empty_folder_and_a_symbolic_link_to_a_site_are_fine(tmp_path):
    real = tmp_path / "real"
    real.mkdir()
    link = tmp_path / "link"
    link.symlink_to(real)
    _write(make.history(), link)
    index = _write(make.history(), link)
    assert link.is_symlink()
    assert (real / MARKER).is_file()
    assert index == link / "index.html"


def test_the_same_history_gives_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        history = make.history(*(make.run(make.point("b"), number=n) for n in (1, 2)))
        _write(history, tmp_path / name)
    files = sorted(
        p.relative_to(tmp_path / "a") for p in (tmp_path / "a").rglob("*") if p.is_file()
    )
    assert files
    for file in files:
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_a_page_says_when_it_was_written(tmp_path):
    index = _write(make.history(), tmp_path / "site")
    assert "As of 2026-03-10 12:00 UTC." in index.read_text(encoding="utf-8")


def test_a_template_that_names_what_is_not_there_is_an_error():
    import jinja2

    environment = laying.Layout()._environment
    with pytest.raises(jinja2.UndefinedError):
        environment.from_string("{{ nothing }}").render()
