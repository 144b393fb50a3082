"""A shallow clone: what its history allows is measured, anything else names ``--unshallow``."""

import io
import subprocess

import asv.config
import asv.repo
import pytest

from cnnfc.commands import run as run_module
from cnnfc.commands.run import RunOptions, run_suite
from cnnfc.errors import UsageError
from cnnfc.harness.devices import Devices
from cnnfc.harness.process import Asv
from cnnfc.harness.repository import open_repository
from cnnfc.machine.identity import identify
from testkit import breakable, projects


@pytest.fixture
def clone(faked, tmp_path, monkeypatch):
    """Makes a clone of depth `depth` of a project with 5 commits; gives its folder."""
    monkeypatch.setattr(run_module, "look", lambda _: Devices(cpus=2))
    for number in range(4):
        faked.made.commit(f"more {number}")

    def make(depth):
        place = tmp_path / "clone"
        source = f"file://{faked.root}"
        subprocess.run(
            ["git", "clone", "-q", "--depth", str(depth), source, place], check=True, timeout=60
        )
        (place / "fake.json").write_text((faked.root / "fake.json").read_text())
        return place

    return make


def run(place, faked, range_="HEAD"):
    out = io.StringIO()
    program = faked.made.asv().program
    code = run_suite(
        RunOptions(range=range_, report=False),
        out,
        start=place,
        make_asv=lambda root, log, kept: Asv(root, log, kept, program=program),
    )
    return code, out.getvalue()


def head(place, what="HEAD"):
    return projects.git(place, "rev-parse", what)


def note(commit):
    return (
        f"note: this clone is shallow and ends at {commit[:8]}, so no earlier commit is seen: "
        f"`git fetch --unshallow` brings the rest\n"
    )


def test_the_checked_out_commit_is_measured_without_a_word(clone, faked):
    place = clone(1)
    code, text = run(place, faked)
    assert code == 0
    assert "6 measured" in text
    assert "shallow" not in text


@pytest.mark.parametrize("range_", ["HEAD~3..HEAD", "HEAD~1", "v1.0.."])
def test_commits_that_the_clone_lacks_are_refused_with_the_command_that_brings_them(
    clone, faked, range_
):
    place = clone(1)
    with pytest.raises(UsageError) as caught:
        run(place, faked, range_)
    assert str(caught.value) == (
        f"git knows no revision {range_!r} in {place}, which is a shallow clone: bring the rest of "
        f"its history with `git fetch --unshallow`"
    )


def test_the_named_command_helps(clone, faked):
    place = clone(1)
    subprocess.run(["git", "-C", place, "fetch", "-q", "--unshallow"], check=True, timeout=60)
    code, text = run(place, faked, "HEAD~3..HEAD")
    assert code == 0
    assert text.count("6 measured") == 3
    assert "shallow" not in text


def test_a_range_that_meets_the_end_of_the_clone_is_measured_as_far_as_it_goes(clone, faked):
    place = clone(2)
    end = head(place, "HEAD~1")
    code, text = run(place, faked, "-n5 HEAD")
    assert code == 0
    assert text.count("6 measured") == 2
    assert note(end) in text
    # A range within the clone needs no word.
    assert "shallow" not in run(place, faked, "HEAD~1..HEAD")[1]


def test_new_measures_what_the_clone_has_and_says_that_there_may_be_more(clone, faked):
    place = clone(1)
    results = place / "results" / identify().name
    results.mkdir(parents=True)
    code, text = run(place, faked, "NEW")
    assert code == 0
    assert text.count("6 measured") == 1
    assert note(head(place)) in text


def test_only_a_shallow_clone_has_ends(clone, faked):
    assert open_repository(faked.root, ".").ends() == frozenset()
    place = clone(2)
    assert open_repository(place, ".").ends() == {head(place, "HEAD~1")}
    (place / "deep").mkdir()
    assert open_repository(place, "deep").ends() == {head(place, "HEAD~1")}


def test_real_asv_measures_the_head_of_a_shallow_clone(make_real, tmp_path):
    real = make_real("", ["a"])
    projects.git(real.root, "commit", "-q", "--allow-empty", "-m", "second")
    place = tmp_path / "clone"
    projects.git(real.root, "clone", "-q", "--depth", "1", f"file://{real.root}", str(place))
    shallow = object.__new__(breakable.Real)
    shallow.root = place
    status, text = shallow.run()
    assert status == 0, text
    assert shallow.values() == {"a": 1.0}


def test_asv_can_check_a_commit_out_of_a_shallow_clone_for_its_own_environments(
    clone, tmp_path, monkeypatch
):
    place = clone(1)
    monkeypatch.chdir(place)
    found = asv.repo.get_repo(asv.config.Config.load(str(place / "asv.conf.json")))
    commit = found.get_hash_from_name(head(place))
    found.checkout(str(tmp_path / "tree"), commit)
    assert (tmp_path / "tree" / "p" / "__init__.py").exists()
    assert found.get_date(commit) > 0
