import io
import tarfile

import pytest

from cnnfc.errors import DataError, UsageError
from cnnfc.merge import sources
from cnnfc.merge.sources import open_source


@pytest.fixture
def box(reports):
    """A folder of reports with all three parts."""
    box = reports("box")
    for name in ("results/oak/machine.json", "hardware/oak/r.json", "studies/fidelity.json"):
        box.write(name, {})
    return box


def pack(path, *members, mode="w:gz"):
    """An archive of (name, content) pairs, of folders, or of ready-made members."""
    with tarfile.open(path, mode) as archive:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                archive.addfile(member)
            else:
                name, content = member
                info = tarfile.TarInfo(name)
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
    return path


def found(path):
    with open_source(path) as source:
        return source.kind, tuple(source.parts)


def test_a_folder_of_reports_is_found_with_the_parts_it_has(box):
    box.write("summary.json", {})
    box.write("logs/run.log", "")
    box.write("site/index.html", "")
    box.write(".hidden", "")
    with open_source(box.root) as source:
        assert source.kind == "a folder of reports"
        assert source.parts == {n: box.root / n for n in ("results", "hardware", "studies")}
        assert source.passed_over == ("logs/", "summary.json")


def test_one_part_is_enough(reports):
    reports("box").write("studies/fidelity.json", {})
    assert found(reports("box").root) == ("a folder of reports", ("studies",))


def test_a_project_is_found_by_its_reports(box):
    box.root.rename(box.root.parent / "reports")
    assert found(box.root.parent) == ("a project", ("results", "hardware", "studies"))


@pytest.mark.parametrize("name", ["benchmarks.json", "oak/machine.json"])
def test_asvs_own_folder_of_results_is_found(reports, name):
    reports("box").write(name, {})
    assert found(reports("box").root) == ("asv's results", ("results",))


@pytest.mark.parametrize("top", [".", "box", "box/reports"])
def test_an_archive_is_a_folder_whatever_was_packed(box, tmp_path, top):
    path = tmp_path / "box.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        archive.add(box.root, arcname=top)
    with open_source(path) as source:
        assert source.kind.startswith("an archive of a ")
        assert tuple(source.parts) == ("results", "hardware", "studies")
        assert (source.parts["results"] / "oak" / "machine.json").read_text() == "{}"
        assert source.name == str(path)
        folder = source.parts["results"]
    assert not folder.exists()


def test_an_archive_without_compression_is_one_too(tmp_path):
    path = pack(tmp_path / "box.tar", ("benchmarks.json", b"{}"), mode="w")
    assert found(path) == ("an archive of asv's results", ("results",))


def link(name, to):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = tarfile.SYMTYPE, to
    return info


def device(name):
    info = tarfile.TarInfo(name)
    info.type = tarfile.CHRTYPE
    return info


@pytest.mark.parametrize(
    "member",
    [
        ("../outside.json", b"{}"),
        ("results/../../outside.json", b"{}"),
        link("results/oak", "/etc"),
        link("results/oak", "../../.."),
        device("results/zero"),
    ],
    ids=["above", "through", "absolute-link", "relative-link", "device"],
)
def test_an_archive_that_reaches_out_of_its_folder_is_refused(tmp_path, member):
    path = pack(tmp_path / "bad.tar.gz", ("results/benchmarks.json", b"{}"), member)
    with pytest.raises(DataError, match=r"is not a safe archive .*nothing was merged"):
        found(path)
    assert not (tmp_path / "outside.json").exists()


def test_a_damaged_archive_is_said(box, tmp_path):
    path = tmp_path / "box.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        archive.add(box.root, arcname=".")
        info = tarfile.TarInfo("results/large")
        info.size = 100_000
        archive.addfile(info, io.BytesIO(bytes(100_000)))
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(DataError, match=r"box\.tar\.gz cannot be unpacked .*copy the archive"):
        found(path)


def test_an_archive_that_would_fill_the_disk_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "LARGEST_ARCHIVE", 10)
    path = pack(tmp_path / "bomb.tar.gz", ("results/a", bytes(11)))
    with pytest.raises(DataError, match="unpacks to more than"):
        found(path)


def test_a_python_that_cannot_unpack_safely_does_not_unpack(tmp_path, monkeypatch):
    monkeypatch.delattr(tarfile, "data_filter")
    path = pack(tmp_path / "box.tar.gz", ("results/a", b""))
    with pytest.raises(UsageError, match=r"unpack .* yourself and name the folder"):
        found(path)


@pytest.mark.parametrize(
    ("name", "reason"),
    [("gone", "is not there"), ("file", "neither a folder nor"), ("empty", "nothing to merge")],
)
def test_what_has_nothing_to_merge_is_said(tmp_path, name, reason):
    (tmp_path / "file").write_text("x")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match=reason) as caught:
        found(tmp_path / name)
    assert "\n" not in str(caught.value)
