"""``cnnfc changes --bisect`` on a small repository; the measuring is left out."""

import io
import json
import shutil
from pathlib import Path

import pytest

from cnnfc import cli
from cnnfc.commands.bisect import command as changes_bisect
from cnnfc.commands.bisect.command import BisectOptions, bisect, choose
from cnnfc.commands.bisect.search import Answer, Side
from cnnfc.commands.bisect.trial import Interrupted, Trial
from cnnfc.errors import UsageError
from cnnfc.gate import whole
from cnnfc.harness.lock import hold
from cnnfc.history.results import read_history
from cnnfc.timeline.arrange import arrange
from cnnfc.timeline.changes import find_changes
from cnnfc.verdicts import BenchmarkResult, Effect, Verdict
from testkit import edges
from testkit import results_on_disk as disk
from testkit.repositories import git

SUITE = """
import tiny

class F:
    params = [["x.1", "y"], [1, 2]]

    def time_it(self, which, number):
        tiny.work()
"""


class Project:
    """Commits 0 to 30 of which every fifth is measured; `hashes` are those of all."""

    def __init__(self, root):
        self.root = root
        self.hashes = []

    def git(self, *words):
        return git(self.root, *words)

    def measure(self, factor, at=16, step=5):
        """Measure every `step`-th commit, `factor` times slower from commit `at` on."""
        for day, number in enumerate(range(0, 31, step), 1):
            value = 1e-3 * (factor if number >= at else 1.0)
            row = disk.row([value] * 4, ["x.1", "y"], [1, 2], day=day)
            folder = self.root / "reports" / "results"
            disk.write(folder, day, at=self.hashes[number], it__F__time_it=row)

    def memory(self):
        (path,) = self.root.glob("reports/gate/bisect-*/bisect.json")
        return json.loads(path.read_text())


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """The repository, made once."""
    found = Project(tmp_path_factory.mktemp("template") / "project")
    (found.root / "benchmarks").mkdir(parents=True)
    files = {
        "asv.conf.json": '{"version": 1, "repo": ".", "project": "tiny", '
        '"results_dir": "reports/results"}',
        ".gitignore": "reports/\n",
        "benchmarks/__init__.py": "",
        "benchmarks/it.py": SUITE,
    }
    for name, text in files.items():
        (found.root / name).write_text(text)
    found.git("init", "-q", "-b", "main")
    for number in range(31):
        # The last three commits are one and the same to a benchmark.
        (found.root / "tiny.py").write_text(f"def work():\n    return {min(number, 28)}\n")
        found.git("add", "-A")
        found.git("commit", "-q", "--allow-empty", "-m", f"commit {number}")
        found.hashes.append(found.git("rev-parse", "HEAD"))
    return found


@pytest.fixture
def project(template, tmp_path, monkeypatch):
    shutil.copytree(template.root, tmp_path / "project")
    found = Project(tmp_path / "project")
    found.hashes = list(template.hashes)
    monkeypatch.chdir(found.root)
    return found


class Asked(list):
    """Answers as the gate would, if commit `culprit` made the change; remembers the questions."""

    def __init__(self, project, culprit, **odd):
        self.project, self.culprit, self.odd = project, culprit, odd

    def __call__(self, trial, commit, out):
        number = self.project.hashes.index(commit)
        self.append(number)
        said = self.odd.get(f"c{number}")
        if isinstance(said, BaseException):
            raise said
        if isinstance(said, Side):
            return Answer(said, f"{said} for a reason")
        side = Side.AFTER if number >= self.culprit else Side.BEFORE
        slower = side is (Side.AFTER if trial.slower_after else Side.BEFORE)
        ratio = 1.2 if slower else 1.0
        return Answer(side, "as the pairs say", ratio, ratio - 0.01, ratio + 0.01)


def found_in(project, detect=edges.find_edges):
    return find_changes(arrange(read_history(project.root / "reports" / "results")), detect=detect)


@pytest.fixture
def said(project):
    """Bisects the first change; gives exit code and output."""

    def run(ask, reach=0, **options):
        detect = edges.detector(reach=reach)
        change = found_in(project, detect)[0]
        out = io.StringIO()
        code = bisect(BisectOptions(change.id, **options), out, detect=detect, ask=ask)
        return code, out.getvalue()

    return run


def test_the_commit_is_named_and_compared_with_the_one_before_it(project, said):
    project.measure(1.2)
    ask = Asked(project, 17)
    code, text = said(ask)
    # The ends first, then halves of 16 to 19, then the commit that was found with its parent.
    assert (code, ask) == (0, [20, 17, 16, 17])
    lines = text.splitlines()
    first, last = (project.hashes[number][:8] for number in (15, 20))
    assert lines[0].startswith("change ")
    assert f"4 commits between {first} and {last}; gates look for 10%" in lines[0]
    assert lines[-2] == f"the first commit after the change is {project.hashes[17][:8]} commit 17"
    assert lines[-1] == (
        "it differs from the one before it, ratio 1.200 (1.190 to 1.210) to the quicker end"
    )
    assert project.memory()["suspects"] == [project.hashes[17]]


@pytest.mark.parametrize("culprit", [16, 17, 18, 19, 20])
@pytest.mark.parametrize("factor", [1.2, 0.8])
def test_every_commit_of_the_range_can_be_the_one_in_either_direction(
    project, said, culprit, factor
):
    project.measure(factor)
    code, text = said(Asked(project, culprit))
    assert code == 0
    assert f"the first commit after the change is {project.hashes[culprit][:8]}" in text


@pytest.mark.parametrize(
    ("factor", "culprit", "asked"), [(1.2, 16, [20, 17, 16]), (0.8, 20, [15, 17, 18, 19])]
)
def test_a_commit_that_was_compared_with_the_quicker_end_is_not_compared_again(
    project, said, factor, culprit, asked
):
    """The commit before it, or it itself, is that end."""
    project.measure(factor)
    ask = Asked(project, culprit)
    code, text = said(ask)
    assert (code, ask) == (0, asked)
    assert "it differs from the one before it, ratio 1.200" in text


def test_a_range_of_one_commit_needs_no_measuring(project, said):
    project.measure(1.2, step=1)
    ask = Asked(project, 16)
    code, text = said(ask)
    assert (code, ask) == (0, [])
    assert f"{project.hashes[16][:8]} commit 16 is the only commit in the range" in text
    assert "nothing to measure" in text


def test_the_range_is_as_wide_as_the_place_of_the_step_is_uncertain(project, said):
    project.measure(1.2, step=1)
    ask = Asked(project, 15)
    code, text = said(ask, reach=2)
    assert code == 0
    assert f"4 commits between {project.hashes[13][:8]} and {project.hashes[18][:8]}" in text
    assert f"the first commit after the change is {project.hashes[15][:8]}" in text


def test_a_change_that_is_not_there_is_not_searched_for(project, said):
    project.measure(1.2)
    ask = Asked(project, 99)
    code, text = said(ask)
    assert (code, ask) == (3, [20])
    assert "do not differ by 10% here and now" in text
    # Another day it may be.
    ask = Asked(project, 17)
    assert said(ask)[0] == 0
    assert ask[0] == 20


def test_a_commit_with_the_files_of_the_quicker_end_is_not_measured(project, said):
    project.measure(0.8, at=26)
    ask = Asked(project, 28)
    code, text = said(ask)
    # Commits 28 to 30 have the same files.
    assert (code, ask) == (0, [25, 27, 27])
    last = project.hashes[30][:8]
    assert f"{project.hashes[28][:8]} is after it: it has the same files as {last}\n" in text
    assert f"the first commit after the change is {project.hashes[28][:8]}" in text


@pytest.mark.parametrize("side", [Side.UNCLEAR, Side.BROKEN])
def test_ends_that_cannot_be_compared_are_not_searched_between(project, said, side):
    project.measure(1.2)
    code, text = said(Asked(project, 17, c20=side))
    assert code == 3
    assert f"cannot be compared: {side} for a reason" in text


@pytest.mark.parametrize("odd", [Side.UNCLEAR, Side.BROKEN, UsageError("it cannot be built")])
def test_a_commit_without_an_answer_is_passed_over(project, said, odd):
    project.measure(1.2)
    ask = Asked(project, 19, c17=odd)
    code, text = said(ask)
    assert code == 0
    assert ask[:3] == [20, 17, 18]
    assert "passed over" in text or "undecided" in text
    assert f"the first commit after the change is {project.hashes[19][:8]}" in text


def test_what_cannot_be_parted_is_a_range(project, said):
    project.measure(1.2)
    ask = Asked(project, 18, c17=UsageError("no compiler"), c18=Side.UNCLEAR)
    code, text = said(ask)
    assert code == 3
    assert "one of 3 commits made the change" in text
    assert f"  {project.hashes[17][:8]} is passed over: no compiler" in text
    assert text.splitlines()[-3:] == [
        f"{project.hashes[number][:8]} commit {number}" for number in (17, 18, 19)
    ]
    assert project.memory()["suspects"] == project.hashes[17:20]
    # The same command tries these again, and only these.
    again = Asked(project, 18)
    assert said(again)[0] == 0
    assert set(again) == {17, 18}


def test_a_change_in_parts_is_laid_to_no_single_commit(project, said):
    project.measure(1.2)
    ask = Asked(project, 17)

    def in_parts(trial, commit, out):
        if trial.good == project.hashes[16]:
            return Answer(Side.BEFORE, "slower by 3%", 1.03, 1.02, 1.04)
        return ask(trial, commit, out)

    code, text = said(in_parts)
    assert code == 3
    assert "no change of 10% is seen (slower by 3%): it may have come in several parts" in text


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), Interrupted("the disk is full")])
@pytest.mark.parametrize("after", range(4))
def test_an_interruption_loses_nothing(project, said, stop, after):
    project.measure(1.2)
    ask = Asked(project, 17)
    count = iter(range(10))

    def until(trial, commit, out):
        if next(count) == after:
            raise stop
        return ask(trial, commit, out)

    code, text = said(until)
    assert code == 130
    assert "interrupted" in text
    assert "the same command goes on where this one was stopped" in text
    code, _ = said(ask)
    assert code == 0
    # Over both sittings as in one.
    assert ask == [20, 17, 16, 17]


def test_a_search_that_has_ended_needs_no_measuring_again(project, said):
    project.measure(1.2)
    said(Asked(project, 17))
    ask = Asked(project, 17)
    code, text = said(ask)
    assert (code, ask) == (0, [])
    assert f"the first commit after the change is {project.hashes[17][:8]}" in text


def test_another_run_that_measures_is_not_taken_for_a_broken_commit(project, said):
    project.measure(1.2)
    with (
        hold(project.root / "reports" / "asv" / "run.lock"),
        pytest.raises(UsageError, match="another run is measuring in this project"),
    ):
        said(Asked(project, 17, c17=UsageError("another run is measuring")))


def test_a_full_disk_is_not_taken_for_a_broken_commit(project, said):
    project.measure(1.2)
    error = UsageError("cannot be written")
    error.__cause__ = OSError(28, "No space left on device")
    with pytest.raises(UsageError, match="cannot be written"):
        said(Asked(project, 17, c17=error))
    assert set(project.memory()["answers"]) == set()


def test_json_is_all_that_standard_output_gets(project, said, capsys):
    project.measure(1.2)
    code, text = said(Asked(project, 17), as_json=True)
    data = json.loads(text)
    assert (code, data["exit_code"]) == (0, 0)
    assert data["suspects"] == [project.hashes[17]]
    assert data["commits"] == project.hashes[15:21]
    assert {project.hashes.index(c): a["side"] for c, a in data["answers"].items()} == {
        17: "after",
        16: "before",
    }
    assert data["parent"]["ratio"] == 1.2
    assert "the first commit after the change is" in capsys.readouterr().err


def test_a_machine_or_a_cause_that_speaks_against_it_is_noted(project, said):
    project.measure(1.2)
    _, text = said(Asked(project, 17))
    assert "note: it was seen on oak, and this is " in text


def test_commits_that_git_does_not_know_are_refused(project, said):
    project.hashes = [f"{number:08x}" * 5 for number in range(31)]
    project.measure(1.2)
    with pytest.raises(UsageError, match="git cannot say which commits lie between 0000000f and"):
        said(Asked(project, 17))


def test_an_id_is_found_by_its_beginning(project):
    project.measure(1.2)
    changes = found_in(project)
    assert len(changes) == 4
    assert choose(changes[0].id[:5], changes) is changes[0]
    with pytest.raises(UsageError, match="no change has the id 'zzz9': `cnnfc changes` lists them"):
        choose("zzz9", changes)
    with pytest.raises(
        UsageError, match=r"no change has the id '': .*\(the first are none at all\)"
    ):
        choose("", ())
    with pytest.raises(UsageError, match="several changes have ids that begin with 'a'"):
        choose("a", [_Named("ab"), _Named("ac")])


class _Named:
    def __init__(self, id_):
        self.id = id_


def test_the_command_line_hands_everything_over(monkeypatch):
    heard = []
    monkeypatch.setattr(changes_bisect, "bisect", lambda options, out: heard.append(options) or 3)
    words = ["--bisect", "k4vt2m7q", "--budget", "5 min", "--here", "--json"]
    assert cli.main(["changes", *words, "--results", "r", "--hardware", "h"]) == 3
    assert heard == [
        BisectOptions("k4vt2m7q", 300.0, True, True, Path("r"), Path("h")),
    ]


@pytest.fixture
def gated(monkeypatch):
    """Leaves the measuring of the gate out; commits from `culprit` on are slower."""
    requests = []

    def judge(request, watch):
        requests.append(request)
        (listed,) = request.chosen
        slower = requests.culprit_of(request)
        result = BenchmarkResult(
            name=listed.name,
            params=listed.params,
            kind=listed.kind,
            unit=listed.unit,
            verdict=Verdict.REGRESSION if slower else Verdict.PASS,
            reason="so it is",
            threshold=request.policy.threshold,
            effect=Effect(1.2, 1.19, 1.21, 0.95, 0.01, 11) if slower else None,
        )
        return whole.Answer(results=(result,))

    class Requests(list):
        culprit_of = None

    requests = Requests()
    monkeypatch.setattr(whole, "judge", judge)
    return requests


def test_the_gate_compares_the_quicker_end_with_each_commit(project, said, gated):
    """Everything but the measuring: builds, listings, the choice of the benchmark, the outputs."""
    project.measure(1.2)
    gated.culprit_of = lambda request: project.hashes.index(request.sides.contender.commit) >= 18
    code, text = said(Trial.ask, here=True, budget=60.0)
    assert code == 0
    assert f"the first commit after the change is {project.hashes[18][:8]} commit 18" in text
    pairs = [
        tuple(
            project.hashes.index(side.commit) for side in (one.sides.baseline, one.sides.contender)
        )
        for one in gated
    ]
    assert pairs == [(15, 20), (15, 17), (15, 18), (17, 18)]
    change = found_in(project)[0]
    assert {one.chosen[0].params for one in gated} == {
        tuple(map(repr, _values(change.series_key.parameters)))
    }
    assert [one.policy.threshold for one in gated] == 4 * [pytest.approx(0.1)]
    assert {one.policy.budget for one in gated} == {60.0}
    folders = {path.parent.name for path in project.root.glob("reports/gate/bisect-*/*/gate.json")}
    assert len(folders) == 4


def _values(parameters):
    which, number = parameters
    return which, int(number)
