import pytest

from cnnfc.report.writing import bundle


@pytest.fixture
def made(monkeypatch, tmp_path):
    """How often a bundle is made; caches are in an empty folder."""
    calls = []

    def make(snippet):
        calls.append(snippet)
        return f"/* µ */ {snippet} // {len(calls)}"

    monkeypatch.setattr(bundle.vl_convert, "javascript_bundle", make)
    monkeypatch.setattr(bundle, "index_folder", lambda _: tmp_path / "cnnfc" / "index")
    return calls


def _library():
    return bundle.chart_library.__wrapped__()


def test_a_bundle_is_made_once_and_kept(made, tmp_path):
    first = _library()
    assert _library() == first
    assert len(made) == 1
    (kept,) = (tmp_path / "cnnfc" / "charts").iterdir()
    assert kept.read_text(encoding="utf-8").endswith(first)


@pytest.mark.parametrize("damage", [b"", b"alert(1)", b"\xff\xfe", b"// sha256 0000\nalert(1)"])
def test_a_damaged_bundle_is_made_again(made, tmp_path, damage):
    _library()
    (kept,) = (tmp_path / "cnnfc" / "charts").iterdir()
    kept.write_bytes(damage)
    assert "alert" not in _library()
    assert len(made) == 2
    _library()
    assert len(made) == 2


def test_another_version_has_a_bundle_of_its_own(made, tmp_path, monkeypatch):
    _library()
    monkeypatch.setattr(bundle, "version", lambda _: "0.0")
    _library()
    assert len(made) == 2
    assert len(list((tmp_path / "cnnfc" / "charts").iterdir())) == 2


def test_without_a_folder_that_can_be_written_it_is_made_each_time(made, tmp_path, monkeypatch):
    (tmp_path / "cnnfc").write_text("in the way")
    assert _library() != _library()
    monkeypatch.setattr(bundle, "index_folder", lambda _: None)
    assert _library().endswith("// 3")
