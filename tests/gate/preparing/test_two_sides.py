"""Two commits become two trees that can be imported from."""

import subprocess
import sys
from importlib import util
from pathlib import Path

import pytest

from cnnfc.errors import UsageError
from cnnfc.gate.preparing import kept, packages, two_sides
from cnnfc.gate.preparing.recipe import Recipe
from cnnfc.gate.preparing.two_sides import changed_since
from cnnfc.gate.preparing.versions import Version


def value(side):
    """``tiny.VALUE`` as a worker of `side` sees it, and where it is from."""
    program = (
        "import sys; sys.path[:0] = sys.argv[1:]; import tiny; print(tiny.VALUE, tiny.__file__)"
    )
    done = subprocess.run(
        [side.python, "-B", "-c", program, *map(str, side.path)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    number, file = done.stdout.split(maxsplit=1)
    assert Path(file.strip()).parent == side.path[0]
    return int(number)


def left(folder):
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def test_each_side_imports_the_package_of_its_own_commit(plain):
    sides = plain.prepare("HEAD~1", "HEAD")
    assert (value(sides.baseline), value(sides.contender)) == (1, 2)
    assert (sides.baseline.role, sides.contender.role) == ("baseline", "contender")
    assert (sides.baseline.label, sides.contender.label) == ("HEAD~1", "HEAD")
    assert sides.baseline.commit == plain.git("rev-parse", "HEAD~1")
    assert sides.contender.tree == plain.git("rev-parse", "HEAD^{tree}")
    assert sides.notes == ()


def test_a_package_is_built_for_each_side(prepared):
    project, sides, said = prepared
    assert (value(sides.baseline), value(sides.contender)) == (2, 3)
    assert sides.baseline.python == sides.contender.python == Path(sys.executable)
    assert sides.baseline.software["tiny"] == "1.0"
    hash_ = project.git("rev-parse", "HEAD~1")[:12]
    assert said == [f"building commit {hash_} (HEAD~1)", "building the work tree"]


def test_what_was_built_is_found_again(prepared):
    project, sides, _ = prepared
    said = []
    assert project.prepare(say=said.append) == sides
    assert said == []


def test_a_build_leaves_nothing_in_the_trees_or_in_the_work_tree(prepared):
    project, sides, _ = prepared
    assert project.git("status", "--porcelain", "--ignored") == ""
    assert not (sides.contender.own_suite.parent / "left-by-the-build").exists()
    assert left(project.scratch) == ["logs", "packages", "sides", "trees"]


def test_both_sides_run_the_benchmarks_of_the_contender(plain):
    plain.write({"benchmarks/it.py": "def time_other():\n    pass\n"})
    sides = plain.prepare()
    assert sides.baseline.suite == sides.contender.suite == sides.contender.own_suite
    assert "time_other" in (sides.baseline.suite / "it.py").read_text()
    assert "time_it" in (sides.baseline.own_suite / "it.py").read_text()


def test_the_work_tree_is_taken_with_new_and_changed_files_but_not_with_ignored_ones(plain):
    plain.commit({"gone.txt": "", ".gitignore": "ignored.txt\n"})
    (plain.root / "gone.txt").unlink()
    plain.write({"tiny.py": "VALUE = 5\n", "new.txt": "", "ignored.txt": ""})
    sides = plain.prepare("HEAD")
    tree = sides.contender.suite.parent
    assert value(sides.contender) == 5
    assert (sides.contender.label, sides.contender.commit) == ("work tree", None)
    assert (tree / "new.txt").exists()
    assert not (tree / "ignored.txt").exists()
    assert not (tree / "gone.txt").exists()


def test_a_work_tree_without_changes_is_its_commit(plain):
    sides = plain.prepare()
    assert sides.contender.commit == plain.git("rev-parse", "HEAD")
    assert sides.contender.label == "work tree"


def test_paths_of_the_two_sides_have_equal_length(prepared):
    _, sides, _ = prepared
    for read in (lambda s: s.own_suite, lambda s: s.config, lambda s: s.path[0]):
        old, new = read(sides.baseline), read(sides.contender)
        assert old != new
        assert len(str(old)) == len(str(new))


def test_each_side_has_a_configuration_of_its_own_in_an_empty_folder(plain):
    first = plain.prepare()
    (first.baseline.config / "left.json").touch()
    sides = plain.prepare()
    for side in (sides.baseline, sides.contender):
        assert left(side.config) == ["asv.conf.json"]
        assert (side.config / "asv.conf.json").read_text() == plain.config_path.read_text()


@pytest.mark.parametrize("is_built", [False, True])
def test_packages_and_benchmarks_are_compiled_for_good(plain, prepared, is_built):
    side = prepared[1].baseline if is_built else plain.prepare().baseline
    for source in (side.path[0] / "tiny.py", side.own_suite / "it.py", side.suite / "it.py"):
        compiled = Path(util.cache_from_source(source)).read_bytes()
        # PEP 552: the flags say a hash that is never checked.
        assert compiled[4:8] == (1).to_bytes(4, "little")
    # Tracebacks and profiles show the source where it lies.
    assert (
        str(side.path[0] / "tiny.py").encode()
        in Path(util.cache_from_source(side.path[0] / "tiny.py")).read_bytes()
    )


def test_a_file_that_does_not_compile_is_left_to_whoever_imports_it(plain):
    plain.write({"benchmarks/broken.py": "def (:\n"})
    sides = plain.prepare()
    assert (sides.contender.suite / "broken.py").exists()


def test_the_same_files_on_both_sides_are_nothing_to_compare(plain):
    with pytest.raises(UsageError, match=r"^the work tree has the same files as HEAD: there is "):
        plain.prepare("HEAD")
    with pytest.raises(UsageError, match=r"^main and HEAD have the same files: there is nothing "):
        plain.prepare("main", "HEAD")
    sides = plain.prepare("HEAD", allow_same=True)
    assert sides.baseline.path == sides.contender.path


def test_a_commit_that_cannot_be_built_is_named_with_the_end_of_its_log(built):
    broken = built.commit({"backend.py": "raise RuntimeError('no compiler here')\n"}, "broken")
    built.commit({"backend.py": (built.root / "backend.py").read_text() + "#\n"}, "repaired")
    with pytest.raises(UsageError) as error:
        built.prepare(broken[:10])
    sentence, _, log = str(error.value).partition("\n")
    assert sentence.startswith(f"commit {broken[:12]} cannot be built; the end of ")
    assert Path(sentence.removesuffix(":").rpartition(" ")[2]).is_file()
    assert "RuntimeError: no compiler here" in log
    assert left(built.scratch / "packages") == []
    assert [name for name in left(built.scratch) if name.startswith(".")] == []


def test_an_interrupted_build_leaves_nothing_half_made(built, monkeypatch):
    def interrupted(source, into, *arguments, **options):
        (into / "tiny.py").write_text("VALUE = 'half'\n")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(packages, "build_package", interrupted)
        with pytest.raises(KeyboardInterrupt):
            built.prepare()
    assert left(built.scratch / "packages") == []
    assert [name for name in left(built.scratch) if name.startswith(".")] == []
    assert value(built.prepare("HEAD", allow_same=True).baseline) == 3


def test_an_interrupted_unpacking_leaves_nothing_half_made(plain, monkeypatch):
    def interrupted(git, tree, folder):
        (folder / "tiny.py").write_text("VALUE = 'half'\n")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(two_sides.snapshot, "unpack", interrupted)
        with pytest.raises(KeyboardInterrupt):
            plain.prepare()
    assert left(plain.scratch / "trees") == []
    assert value(plain.prepare().baseline) == 1


def test_a_commit_from_before_the_benchmarks_runs_those_of_the_contender(empty):
    empty.commit({"tiny.py": "VALUE = 1\n"}, "old")
    empty.config_path.write_text("{}")
    empty.commit({"tiny.py": "VALUE = 2\n", "benchmarks/it.py": ""}, "new")
    sides = empty.prepare()
    assert sides.baseline.own_suite is None
    assert sides.baseline.suite == sides.contender.own_suite
    (note,) = sides.notes
    assert note.endswith(
        "(HEAD~1) has no benchmarks of its own, so none can be missing in the contender"
    )


def test_a_contender_without_benchmarks_is_refused(plain):
    plain.git("rm", "-rq", "benchmarks")
    with pytest.raises(
        UsageError, match=r"^the contender has no folder benchmarks with benchmarks"
    ):
        plain.prepare("HEAD")


def test_benchmarks_that_have_moved_are_found_where_each_commit_had_them(plain):
    plain.git("mv", "benchmarks", "moved")
    plain.config_path.write_text('{"benchmark_dir": "moved"}')
    plain.commit()
    sides = plain.prepare()
    assert (sides.baseline.own_suite.name, sides.contender.own_suite.name) == (
        "benchmarks",
        "moved",
    )


def test_a_project_in_a_folder_of_its_repository_finds_package_and_benchmarks(tmp_path, plain):
    inner = plain.root / "perf"
    plain.write({"perf/suite/it.py": "", "python/tiny.py": "VALUE = 7\n"})
    inner.joinpath("asv.conf.json").write_text(
        '{"repo": "..", "repo_subdir": "python", "benchmark_dir": "suite"}'
    )
    old = plain.commit()
    plain.write({"python/tiny.py": "VALUE = 8\n"})
    project = type(plain)(inner, inner / "suite", inner / "asv.conf.json", plain.scratch)
    sides = project.prepare(old)
    assert (value(sides.baseline), value(sides.contender)) == (7, 8)
    assert sides.contender.suite.parts[-2:] == ("perf", "suite")
    with pytest.raises(UsageError, match=r"has no folder python, which is repo_subdir in "):
        project.prepare(f"{old}~1")


def test_benchmarks_outside_of_the_repository_are_copied_once_for_both(tmp_path, plain):
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "suite").mkdir(parents=True)
    (elsewhere / "suite" / "it.py").write_text("VALUE = 1\n")
    (elsewhere / "asv.conf.json").write_text('{"repo": "../project", "benchmark_dir": "suite"}')
    project = type(plain)(
        elsewhere, elsewhere / "suite", elsewhere / "asv.conf.json", plain.scratch
    )
    sides = project.prepare("HEAD~1", "HEAD")
    assert value(sides.baseline) == 1
    assert sides.baseline.suite == sides.baseline.own_suite == sides.contender.suite
    assert sides.baseline.suite.is_relative_to(plain.scratch)
    assert (sides.baseline.suite / "it.py").read_text() == "VALUE = 1\n"
    (elsewhere / "suite" / "it.py").write_text("VALUE = 2\n")
    assert project.prepare("HEAD~1", "HEAD").baseline.suite != sides.baseline.suite


def test_a_repository_at_an_address_is_refused(plain):
    plain.config_path.write_text('{"repo": "https://example.com/x.git"}')
    with pytest.raises(UsageError, match="the gate needs a repository on this disk"):
        plain.prepare()


def test_a_work_tree_that_changes_afterwards_is_noticed(plain):
    plain.write({"tiny.py": "VALUE = 5\n"})
    sides = plain.prepare()
    assert not changed_since(plain, sides, plain.scratch)
    plain.write({"tiny.py": "VALUE = 6\n"})
    assert value(sides.contender) == 5
    assert changed_since(plain, sides, plain.scratch)
    assert not changed_since(plain, plain.prepare("HEAD~1", "HEAD"), plain.scratch)


def test_a_scratch_folder_within_the_work_tree_is_no_part_of_it(plain):
    inside = type(plain)(
        plain.root, plain.benchmarks, plain.config_path, plain.root / "reports" / "gate"
    )
    sides = inside.prepare()
    assert sides.contender.commit == plain.git("rev-parse", "HEAD")
    assert not changed_since(inside, sides, inside.scratch)


def test_a_scratch_folder_that_cannot_be_made_is_a_clear_sentence(plain):
    file = plain.root / "file"
    file.touch()
    project = type(plain)(plain.root, plain.benchmarks, plain.config_path, file / "scratch")
    with pytest.raises(UsageError, match=r"cannot be written \(Not a directory\): make its folder"):
        project.prepare()


def test_only_the_newest_trees_are_kept(plain, monkeypatch):
    monkeypatch.setattr(kept, "KEPT", 3)
    for number in range(10, 13):
        plain.commit({"tiny.py": f"VALUE = {number}\n"})
        sides = plain.prepare()
    assert len(left(plain.scratch / "trees")) == 3
    assert (value(sides.baseline), value(sides.contender)) == (11, 12)


def test_variables_of_asvs_matrix_are_set_on_both_sides(plain):
    plain.config_path.write_text(
        '{"matrix": {"env": {"BUILT_WITH": ["x"]}, "env_nobuild": {"RUN_WITH": ["1", "2"]}}}'
    )
    sides = plain.prepare()
    assert sides.baseline.environment == {"BUILT_WITH": "x", "RUN_WITH": "2"}
    assert sides.contender.environment == sides.baseline.environment
    assert sides.notes == (
        "of RUN_WITH the matrix in asv.conf.json has several values: '2' counts",
    )


def test_outputs_of_gates_are_no_work_of_the_tree(plain):
    plain.write({"reports/gate/main-head/gate.json": "{}"})
    sides = plain.prepare()
    assert sides.contender.commit == plain.git("rev-parse", "HEAD")
    plain.write({"reports/other.json": "{}"})
    assert changed_since(plain, sides, plain.scratch)


def test_a_build_is_known_by_its_compiler_and_by_what_it_is_built_with(monkeypatch):
    for name in ("CC", "CXX", "CFLAGS", "CXXFLAGS", "LDFLAGS"):
        monkeypatch.delenv(name, raising=False)
    version = Version("HEAD", "c", "t", "c")
    here = {"setuptools": "70"}
    monkeypatch.setattr(two_sides.requirements, "installed", lambda: here)

    def key(**matrix):
        return two_sides._key(Recipe(build_variables=matrix), version, ("setuptools>=40", "torch"))

    keys = [key(), key(CFLAGS="-O2")]
    for name in ("CC", "CXX", "CFLAGS", "CXXFLAGS", "LDFLAGS"):
        monkeypatch.setenv(name, "x")
        keys.append(key())
    # asv's matrix goes before the environment, as in the build itself.
    assert key(CC="y") != key()
    here["setuptools"] = "71"
    keys.append(key())
    here["torch"] = "2.13"
    keys.append(key())
    here["numpy"] = "2"
    assert key() == keys[-1]
    assert len(set(keys)) == len(keys)


def test_compiled_files_that_run_in_another_environment_are_named(plain, wheels):
    wheels("dep", "1.0")
    about = {"tiny-1.0.dist-info/METADATA": "Name: tiny\nVersion: 1.0\nRequires-Dist: dep\n"}
    plain.commit({**about, "tiny-1.0.dist-info/new": ""})
    plain.commit({"inner/fast.cpython-311.so": ""})
    notes = plain.prepare().notes
    (said,) = (note for note in notes if "compiled files" in note)
    assert said == (
        f"the contender has compiled files, which were built beside the packages of "
        f"{sys.executable} and not of the environment that runs them"
    )
    assert not any("compiled" in note for note in plain.prepare(here=True).notes)
