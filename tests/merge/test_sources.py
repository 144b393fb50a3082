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


def link(name, to, kind=tarfile.SYMTYPE):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, to
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
        link("results/inside", "benchmarks.json"),
        link("results/hard", "results/benchmarks.json", tarfile.LNKTYPE),
        device("results/zero"),
    ],
    ids=["above", "through", "absolute-link", "relative-link", "inside", "hard-link", "device"],
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


def test_an_archive_of_endless_files_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "MOST_MEMBERS", 2)
    files = [(f"results/{number}", b"") for number in range(3)]
    assert found(pack(tmp_path / "two.tar.gz", *files[:2])) is not None
    with pytest.raises(DataError, match="more than 2 files: unpack it yourself"):
        found(pack(tmp_path / "three.tar.gz", *files))


def parts_of(results):
    """A project that keeps its results in the folder `results`, as the caller finds out."""

    def parts(folder):
        if not (folder / "asv.conf.json").is_file():
            return None
        reports = folder / "reports"
        return {
            "results": folder / results,
            "hardware": reports / "hardware",
            "studies": reports / "studies",
        }

    return parts


@pytest.mark.parametrize("results", ["results", "kept/asv", "reports/results", "reports/other"])
@pytest.mark.parametrize("packed", [False, True])
def test_a_projects_results_are_where_its_configuration_says(reports, tmp_path, results, packed):
    box = reports("box")
    for name in ("asv.conf.json", f"{results}/oak/machine.json", "reports/hardware/oak/r.json"):
        box.write(name, {})
    box.write("reports/notes.txt", "")
    path = box.root
    if packed:
        path = tmp_path / "box.tar.gz"
        with tarfile.open(path, "w:gz") as archive:
            archive.add(box.root, arcname="box")
    with open_source(path, parts_of(results)) as source:
        assert source.kind == ("an archive of a project" if packed else "a project")
        assert list(source.parts) == ["results", "hardware"]
        assert (source.parts["results"] / "oak" / "machine.json").is_file()
        assert source.passed_over == ("notes.txt",)


def test_a_project_without_measurements_is_said(reports):
    reports("box").write("asv.conf.json", {})
    source = open_source(reports("box").root, parts_of("kept"))
    with pytest.raises(UsageError, match=r"is a project without measurements: .*box/kept"), source:
        pass


def test_an_archive_may_not_lead_to_results_outside_of_it(reports, tmp_path):
    reports("outside").write("oak/machine.json", {})
    path = pack(tmp_path / "bad.tar.gz", ("asv.conf.json", b"{}"), ("reports/x", b""))
    source = open_source(path, parts_of(reports("outside").root))
    with pytest.raises(DataError, match="results_dir leads out of the archive"), source:
        pass


def test_a_python_without_filters_unpacks_as_safely(tmp_path, monkeypatch):
    monkeypatch.delattr(tarfile, "data_filter", raising=False)
    with pytest.raises(DataError, match=r"leads out of it\): nothing was merged"):
        found(pack(tmp_path / "evil.tar.gz", ("../evil", b"")))
    assert not (tmp_path.parent / "evil").exists()
    found(pack(tmp_path / "box.tar.gz", ("results/a", b"")))


@pytest.mark.parametrize("name", ["/etc/evil", "results/../../evil", "C:\\evil", "..\\evil"])
def test_a_member_that_leads_out_of_the_archive_is_refused(tmp_path, name):
    with pytest.raises(DataError, match=r"leads out of it\): nothing was merged"):
        found(pack(tmp_path / "evil.tar.gz", (name, b"")))


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
