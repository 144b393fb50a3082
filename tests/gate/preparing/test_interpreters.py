"""Sides that require different packages get environments of their own."""

import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from cnnfc.errors import UsageError
from cnnfc.gate.preparing import interpreters


def version(side, module):
    done = subprocess.run(
        [side.python, "-P", "-c", f"import {module}; print({module}.VERSION)"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.stdout.strip()


def about(*needs):
    """Metadata of the package, which lie beside it where it needs no build."""
    return {"tiny-1.0.dist-info/METADATA": "\n".join(["Name: tiny", "Version: 1.0", *needs, ""])}


@pytest.fixture
def raised(plain, wheels):
    """A project whose last commit requires dep 2.0 where the one before it required dep 1.0."""
    wheels("dep", "1.0")
    wheels("dep", "2.0")
    wheels("common", "1.0")
    plain.commit(about("Requires-Dist: dep==1.0", "Requires-Dist: common"))
    plain.commit(about("Requires-Dist: common", "Requires-Dist: dep == 2.0"))
    return plain


def test_requirements_that_change_give_each_side_an_environment_that_is_kept(raised, wheels):
    said = []
    sides = raised.prepare(say=said.append)
    assert version(sides.baseline, "dep") == "1.0"
    assert version(sides.contender, "dep") == "2.0"
    assert sides.baseline.software["dep"] == "1.0"
    assert sides.contender.software["dep"] == "2.0"
    assert sides.contender.software["common"] == "1.0"
    assert len(str(sides.baseline.python)) == len(str(sides.contender.python))
    runner = f"asv_runner=={metadata.version('asv_runner')}"
    assert said == [
        f"installing common, dep==1.0, {runner}",
        f"installing common, dep==2.0, {runner}",
    ]
    (note,) = sides.notes
    assert note == (
        "the two sides require different packages, so each has an environment of its own; "
        "these differ: dep 1.0 -> 2.0"
    )
    said.clear()
    wheels("common", "1.5")
    assert raised.prepare(say=said.append) == sides
    assert said == []


@pytest.mark.parametrize("first", ["HEAD~1", "HEAD"])
def test_an_environment_made_later_has_the_versions_of_the_other_one(raised, wheels, first):
    raised.prepare(first, first, allow_same=True)
    wheels("common", "1.5")
    sides = raised.prepare()
    assert [side.software["common"] for side in (sides.baseline, sides.contender)] == ["1.0"] * 2
    assert [side.software["dep"] for side in (sides.baseline, sides.contender)] == ["1.0", "2.0"]


def test_an_environment_that_cannot_have_them_is_made_all_the_same(raised, wheels):
    wheels("common", "1.5")
    wheels("dep", "3.0", "common>=2")
    raised.commit(about("Requires-Dist: common", "Requires-Dist: dep == 3.0"))
    raised.prepare("HEAD~1", "HEAD~1", allow_same=True)
    wheels("common", "2.0")
    sides = raised.prepare()
    assert sides.notes[-1].endswith("these differ: common 1.5 -> 2.0, dep 2.0 -> 3.0")


def test_more_requirements_for_one_side_compare_environments_on_one_commit(plain, wheels):
    wheels("extra", "1.0")
    wheels("extra", "2.0")
    sides = plain.prepare(
        "HEAD", "HEAD", baseline_with=["extra == 1.0"], contender_with=["extra>=2"]
    )
    assert (version(sides.baseline, "extra"), version(sides.contender, "extra")) == ("1.0", "2.0")
    assert sides.baseline.path == sides.contender.path
    with pytest.raises(UsageError, match="there is nothing to compare"):
        plain.prepare("HEAD", "HEAD", baseline_with=["extra==1.0"], contender_with=["Extra ==1.0"])


def test_requirements_that_only_read_differently_need_no_environment(plain):
    never = "Requires-Dist: nothing; python_version < '3'"
    plain.commit(about("Requires-Dist: Asv_Runner >=0.1, <9", never))
    plain.commit(about("Requires-Dist: asv-runner<9,>=0.1"))
    sides = plain.prepare()
    assert sides.baseline.python == sides.contender.python == Path(sys.executable)
    assert sides.contender.software["asv-runner"] == metadata.version("asv_runner")
    assert sides.notes == ()


def test_requirements_that_this_interpreter_lacks_give_both_one_environment(plain, wheels):
    wheels("dep", "1.0")
    plain.commit(about("Requires-Dist: dep"))
    plain.commit({"new.txt": ""})
    sides = plain.prepare()
    assert sides.baseline.python == sides.contender.python != Path(sys.executable)
    assert version(sides.baseline, "dep") == "1.0"
    assert sides.notes == (
        "both sides run in an environment made for them, as this one lacks what they require",
    )


def test_extras_that_asv_installs_count_and_others_do_not(plain, wheels):
    wheels("dep", "1.0")
    old = plain.git("rev-parse", "HEAD")
    plain.commit(about("Requires-Dist: dep; extra == 'slow'"))
    assert plain.prepare(old).contender.python == Path(sys.executable)
    plain.commit(about("Requires-Dist: dep; extra == 'fast'"))
    sides = plain.prepare(old)
    assert version(sides.contender, "dep") == "1.0"
    assert version(sides.baseline, "dep") == ""


def test_packages_of_asvs_matrix_count(plain, wheels):
    wheels("dep", "1.0")
    wheels("dep", "2.0")
    plain.config_path.write_text('{"matrix": {"req": {"dep": ["1.0"], "absent": [null]}}}')
    sides = plain.prepare()
    assert version(sides.baseline, "dep") == "1.0"


def test_packages_that_cannot_be_installed_are_named_with_the_end_of_the_log(plain, wheels):
    with pytest.raises(UsageError) as error:
        plain.prepare("HEAD~1", baseline_with=["nowhere==1"])
    sentence, _, log = str(error.value).partition("\n")
    assert sentence.startswith("an environment with nowhere==1, asv_runner==")
    assert Path(sentence.removesuffix(":").rpartition(" ")[2]).is_file()
    assert "No matching distribution found for nowhere==1" in log
    assert list((plain.scratch / "envs").iterdir()) == []


def test_a_requirement_that_cannot_be_read_is_refused_before_anything_is_built(plain):
    with pytest.raises(UsageError, match=r"^'torch=2' of --contender-with is not a requirement"):
        plain.prepare(contender_with=["torch=2"])
    assert not plain.scratch.exists()


def test_the_package_itself_is_no_requirement(plain):
    plain.commit(about())
    plain.commit({"new.txt": ""})
    with pytest.raises(UsageError, match=r"^'tiny==0.9' is the package that is compared: name its"):
        plain.prepare(baseline_with=["tiny==0.9"])


def test_one_interpreter_runs_both_sides_where_that_is_asked_for(raised):
    sides = raised.prepare(here=True)
    assert sides.baseline.python == sides.contender.python == Path(sys.executable)
    assert sides.notes == (
        "the baseline requires common, dep==1.0, which the interpreter that runs it does not have",
        "the contender requires common, dep==2.0, which the interpreter that runs it does not have",
    )
    with pytest.raises(UsageError, match="other packages for one side need an environment of its"):
        raised.prepare(here=True, baseline_with=["dep==1.0"])


def test_an_interpreter_without_pip_is_told_so(built, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(
        UsageError, match=r"has no pip, which the gate builds with: install it with"
    ):
        built.prepare()


def test_many_differences_of_two_environments_are_counted(monkeypatch, tmp_path):
    old = {f"p{number:02}": "1" for number in range(14)}
    monkeypatch.setattr(interpreters, "_installed", {Path("a"): old, Path("b"): {}}.get)
    need = interpreters.Need(tmp_path, ())
    (note,) = interpreters.remarks((Path("a"), Path("b")), (need, need))
    assert note.endswith("p10 1 -> absent, p11 1 -> absent and 2 more")
