import tarfile


def test_the_archive_is_a_folder_of_reports_without_names_of_users(bare):
    bare.programs = {
        "suite": "import pathlib; r = pathlib.Path('reports'); (r / 'results/x').write_text(''); "
        "(r / 'results/.x.tmp').write_text(''); (r / 'asv/logs').mkdir(parents=True); "
        "(r / 'asv/logs/y.log').write_text(''); (r / 'results/link').symlink_to('x')"
    }
    archive = bare.folder / "there.tar.gz"
    assert bare.run("--archive", str(archive)) == 0
    with tarfile.open(archive) as packed:
        names = packed.getnames()
        assert {member.uname for member in packed} == {""}
    folders = {"results", "hardware", "studies", "logs"}
    assert folders < set(names)
    assert {"results/x", "summary.json", "logs/asv/y.log"} < set(names)
    assert "results/link" not in names
    assert not [name for name in names if "/." in name]


def test_a_study_of_other_cases_begins_anew_and_the_first_goes_on_later(bare):
    bare.programs = {
        "fidelity": "import pathlib, sys\n"
        "path = pathlib.Path('reports/studies/fidelity.json')\n"
        "before = path.read_text() if path.exists() else ''\n"
        "path.write_text(before + sys.argv[1])"
    }
    study = bare.out / "studies" / "fidelity.json"
    kept = []
    for case in ("a", "a", "b", "a"):
        assert bare.run("--case", case) == 0
        kept.append(study.read_text())
    assert kept == ["a", "aa", "b", "aaa"]
    with tarfile.open(bare.archive) as packed:
        names = [name for name in packed.getnames() if name.endswith("fidelity.json")]
    # What was measured of other cases comes back too, where `cnnfc merge` does not take it for
    # the study itself.
    assert len(names) == 2
    assert "studies/fidelity.json" in names
