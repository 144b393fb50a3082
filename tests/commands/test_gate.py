"""The whole command on a repository of a few lines; the measuring is mostly left out."""

import hashlib
import json
import os
import shlex
from dataclasses import replace

import pytest

from cnnfc import cli
from cnnfc.gate import schedule, whole
from cnnfc.gate.cases import GatedCase
from cnnfc.gate.judging.judge import repeat_command
from cnnfc.gate.measuring import pairs
from cnnfc.gate.measuring.setting import Protocol
from cnnfc.harness.lock import hold
from cnnfc.history import gate_json
from cnnfc.verdicts import BenchmarkResult, Effect, Verdict
from testkit.repositories import git, isolate

SUITE = """
import tiny

def time_a():
    tiny.work()

class S:
    params = ["x.1", "y"]

    def time_b(self, which):
        pass

def track_c():
    return 1
"""
CONFIG = '{"version": 1, "project": "tiny", "repo": "."}'
COARSE = """
[tool.cnnfc.gate]
threshold = 0.5
tail_threshold = 1.0
canary_tolerance = 1.0
false_red = 0.4
miss = 0.4
largest_pairs = 8
"""
#: A build backend that says what is wrong and fails.
UNBUILDABLE = {
    "backend.py": "def build_wheel(*_, **__):\n    raise SystemExit('the compiler is on strike')\n",
    "pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "backend"\n'
    'backend-path = ["."]\n' + COARSE,
}


class Repository:
    def __init__(self, root):
        self.root = root
        root.mkdir()
        self.git("init", "-q", "-b", "main")

    def git(self, *arguments):
        return git(self.root, *arguments)

    def write(self, files):
        for name, text in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def commit(self, files, *, message="commit"):
        self.write(files)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)

    def report(self):
        (path,) = self.root.glob("reports/gate/*/gate.json")
        return gate_json.read(path)

    def state(self):
        """Everything that is the user's: files, index, references, stash."""
        files = {
            str(path.relative_to(self.root)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in self.root.rglob("*")
            if path.is_file() and "reports" not in path.relative_to(self.root).parts
        }
        return files, self.git("for-each-ref"), self.git("status", "--porcelain")


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Two commits of which the newer one says 2; commands run in their folder."""
    isolate(monkeypatch)
    repository = Repository(tmp_path / "project")
    files = {
        "asv.conf.json": CONFIG,
        ".gitignore": "reports/\n",
        "pyproject.toml": COARSE,
        "benchmarks/__init__.py": "",
        "benchmarks/it.py": SUITE,
    }
    repository.commit({**files, "tiny.py": "def work():\n    return 1\n"})
    repository.commit({"tiny.py": "def work():\n    return 2\n"})
    monkeypatch.chdir(repository.root)
    return repository


@pytest.fixture
def said(capsys):
    """Runs ``cnnfc gate`` with arguments; gives exit code, standard output, standard error."""

    def run(*arguments):
        code = cli.main(["gate", *arguments])
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return code, captured.out, captured.err

    return run


def result_of(listed, command, verdict=Verdict.PASS, **fields):
    fields = {"effect": Effect(1.0, 0.9, 1.1, 0.95, 0.01, 6), **fields}
    return BenchmarkResult(
        name=listed.name,
        params=listed.params,
        kind=listed.kind,
        unit=listed.unit,
        verdict=verdict,
        reason="so it is",
        threshold=0.03,
        command=repeat_command(command, listed.id),
        file=listed.file,
        **fields,
    )


@pytest.fixture
def judged(monkeypatch):
    """Leaves the measuring out; gives the requests, and takes what is answered if not a pass."""

    class Judged(list):
        answer = None

        def __call__(self, request, watch):
            self.append(request)
            if self.answer is not None:
                return self.answer(request)
            results = [result_of(listed, request.command) for listed in request.chosen]
            return whole.Answer(results=tuple(results))

    fake = Judged()
    monkeypatch.setattr(whole, "judge", fake)
    return fake


def refused(said, *arguments):
    """The sentence with which a command is refused; nothing else may be said."""
    code, out, err = said(*arguments)
    *_, last = [line for line in err.splitlines() if line.startswith("cnnfc: error: ")]
    assert code == 2
    return err[err.index(last) :].removeprefix("cnnfc: error: ").strip(), out


def test_a_gate_that_finds_nothing_is_green(project, said, judged):
    code, out, err = said("HEAD~1")
    assert code == 0
    assert "4 benchmarks, seed" in out
    assert "index.html" in out.splitlines()[-1]
    assert err == ""
    (request,) = judged
    assert [one.id for one in request.chosen] == [
        "it.time_a",
        "it.S.time_b[x.1]",
        "it.S.time_b[y]",
        "it.track_c",
    ]
    assert request.policy.threshold == 0.5
    report = project.report()
    assert report.exit_code == 0
    assert {one.file for one in report.benchmarks} == {"benchmarks/it.py"}
    assert report.contender.label == "work tree"
    (folder,) = project.root.glob("reports/gate/*")
    assert sorted(path.name for path in folder.iterdir()) == [
        "gate.json",
        "gate.sarif",
        "index.html",
        "junit.xml",
        "summary.md",
    ]
    # Nothing that was only needed while it ran.
    assert [path for path in project.root.rglob("*") if path.name.endswith(".tmp")] == []


def test_what_is_the_users_stays_as_it_is(project, said, judged):
    project.write({"staged.txt": "staged", "tiny.py": "def work():\n    return 3\n"})
    project.git("add", "staged.txt")
    project.write({"untracked.txt": "untracked"})
    project.git("stash", "list")
    before = project.state()
    assert said("HEAD~1")[0] == 0
    assert said("HEAD~1", "HEAD")[0] == 0
    assert project.state() == before


def test_a_commit_compared_with_itself_is_refused(project, said, judged):
    for arguments in (("HEAD", "HEAD"), ("main", "HEAD"), ("HEAD",)):
        sentence, _ = refused(said, *arguments)
        assert "the same" in sentence
    assert judged == []


def test_an_unknown_commit_is_refused_by_name(project, said, judged):
    sentence, _ = refused(said, "v9.9")
    assert "v9.9" in sentence
    sentence, _ = refused(said, "HEAD~1", "no-such-branch")
    assert "no-such-branch" in sentence


def test_unrelated_histories_are_compared_with_a_note(project, said, judged):
    project.git("checkout", "-q", "--orphan", "other")
    project.commit({"tiny.py": "def work():\n    return 9\n"})
    code, out, _ = said("main", "other")
    assert code == 0
    assert "no common" in " ".join(project.report().notes)
    assert "note: " in out


def test_a_commit_that_cannot_be_built_is_refused_with_its_log(project, said, judged):
    project.commit(UNBUILDABLE)
    sentence, _ = refused(said, "HEAD~1", "HEAD")
    assert "cannot be built" in sentence
    assert "the compiler is on strike" in sentence
    assert list(project.root.glob("reports/gate/*")) == []
    assert judged == []


def test_a_commit_before_the_suite_existed_is_measured_with_a_note(project, said, judged):
    project.git("checkout", "-q", "--orphan", "young")
    project.git("rm", "-rqf", "benchmarks")
    project.commit({"tiny.py": "def work():\n    return 0\n"})
    project.commit({"benchmarks/__init__.py": "", "benchmarks/it.py": SUITE})
    assert said("HEAD~1", "HEAD")[0] == 0
    assert {one.presence for one in judged[0].chosen} == {"both"}
    assert "has no benchmarks of its own" in " ".join(project.report().notes)


def test_the_contender_must_have_benchmarks(project, said):
    project.git("rm", "-rqf", "benchmarks")
    project.commit({})
    sentence, _ = refused(said, "HEAD~1", "HEAD")
    assert "has no folder benchmarks" in sentence


def test_benchmarks_of_one_side_alone_are_named(project, said):
    # Nothing can be measured of these, so the measuring is the real one, and is over at once.
    project.commit({"benchmarks/it.py": "def time_old(): pass\n"})
    project.commit({"benchmarks/it.py": "def time_young(): pass\n"})
    code, out, _ = said("HEAD~1", "HEAD")
    assert code == 5
    assert {one.id: one.verdict for one in project.report().benchmarks} == {
        "it.time_young": Verdict.NEW,
        "it.time_old": Verdict.MISSING,
    }
    assert "it.time_old" in out


@pytest.mark.parametrize(
    ("verdict", "fields", "strict", "code"),
    [
        (Verdict.REGRESSION, {}, False, 1),
        (Verdict.BROKEN, {"failed_on": ("contender",)}, False, 1),
        (Verdict.MACHINE_MOVED, {}, False, 4),
        (Verdict.INCONCLUSIVE, {}, False, 0),
        (Verdict.MISSING, {"effect": None}, True, 3),
        (Verdict.NEW, {"effect": None}, True, 0),
    ],
)
def test_the_exit_code_says_what_was_found(project, said, judged, verdict, fields, strict, code):
    def answer(request):
        first, *rest = request.chosen
        found = [result_of(one, request.command) for one in rest]
        return whole.Answer((result_of(first, request.command, verdict, **fields), *found))

    judged.answer = answer
    assert said("HEAD~1", "HEAD", *(["--strict"] if strict else []))[0] == code
    assert project.report().exit_code == code


def test_nothing_measured_is_never_green(project, said, judged):
    judged.answer = lambda request: whole.Answer(
        tuple(
            result_of(one, request.command, Verdict.INCONCLUSIVE, effect=None)
            for one in request.chosen
        )
    )
    assert said("HEAD~1", "HEAD")[0] == 5


def test_pairs_that_decide_nothing_are_never_green(project, said, judged):
    judged.answer = lambda request: whole.Answer(
        tuple(result_of(one, request.command, Verdict.INCONCLUSIVE) for one in request.chosen)
    )
    assert said("HEAD~1", "HEAD")[0] == 5
    assert said("HEAD~1", "HEAD", "--strict")[0] == 5


def test_values_of_zero_are_measured_too(project, said, judged):
    judged.answer = lambda request: whole.Answer(
        (result_of(request.chosen[-1], "", effect=None, baseline=0.0, contender=0.0),)
    )
    assert said("HEAD~1", "HEAD")[0] == 0


def test_an_interrupted_gate_writes_what_there_is(project, said, judged):
    judged.answer = lambda request: whole.Answer(
        (result_of(request.chosen[0], request.command),), interrupted=True
    )
    code, out, _ = said("HEAD~1", "HEAD")
    assert code == 130
    assert project.report().finished_at is None
    assert len(project.report().benchmarks) == 1
    assert "interrupted" in out


def test_an_interrupt_that_nobody_expects_still_writes(project, said, judged):
    def interrupt(request):
        raise KeyboardInterrupt

    judged.answer = interrupt
    assert said("HEAD~1", "HEAD")[0] == 130
    assert project.report().finished_at is None


def test_json_is_all_that_standard_output_gets(project, said, judged):
    code, out, err = said("HEAD~1", "HEAD", "--json")
    assert code == 0
    assert json.loads(out)["exit_code"] == 0
    assert out == next(project.root.glob("reports/gate/*/gate.json")).read_text()
    assert "4 benchmarks, seed" in err


def test_a_system_without_workers_is_refused_at_once(project, said, judged, monkeypatch):
    monkeypatch.setattr("platform.system", lambda: "Windows")
    sentence, _ = refused(said, "HEAD~1", "HEAD")
    assert sentence.startswith("the gate runs on Linux and macOS alone")
    assert not (project.root / "reports").exists()


def test_two_gates_at_once_are_one_too_many(project, said, judged):
    with hold(project.root / "reports" / "asv" / "run.lock"):
        sentence, _ = refused(said, "HEAD~1", "HEAD")
    assert f"another run is measuring in this project (process {os.getpid()})" in sentence
    assert said("HEAD~1", "HEAD")[0] == 0


def test_outputs_that_cannot_be_written_are_refused_before_anything_is_measured(
    project, said, judged, tmp_path
):
    (tmp_path / "file").write_text("in the way")
    sentence, _ = refused(said, "HEAD~1", "HEAD", "--out", str(tmp_path / "file" / "out"))
    assert sentence.startswith(f"cannot write {tmp_path / 'file' / 'out' / 'gate.json'}: ")
    assert sentence.endswith("make its folder writable or choose another")
    assert judged == []


def test_a_project_that_cannot_be_written_to_is_refused(project, said, judged):
    (project.root / "reports").write_text("in the way")
    sentence, _ = refused(said, "HEAD~1", "HEAD")
    assert "cannot be locked" in sentence
    assert "that you may write to" in sentence


def test_parts_of_files_that_a_killed_gate_left_are_removed(project, said, judged, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / ".gate.json.999999999-0123abcd.tmp").write_text("{")
    left = project.root / "reports" / "asv" / "gate" / ".run.999999999-0123abcd.tmp"
    left.mkdir(parents=True)
    assert said("HEAD~1", "HEAD", "--out", str(out))[0] == 0
    assert [path for path in out.iterdir() if path.name.startswith(".")] == []
    assert not left.exists()


def test_a_work_tree_that_changes_meanwhile_is_noted(project, said, judged):
    def change(request):
        project.write({"tiny.py": "def work():\n    return 4\n"})
        return whole.Answer(tuple(result_of(one, request.command) for one in request.chosen))

    project.write({"tiny.py": "def work():\n    return 3\n"})
    judged.answer = change
    said("HEAD")
    assert "the work tree was changed while the gate ran" in " ".join(project.report().notes)


def test_results_outlive_a_repository_that_breaks_meanwhile(project, said, judged):
    def damage(request):
        (project.root / ".git").rename(project.root / "reports" / "git")
        return whole.Answer(tuple(result_of(one, request.command) for one in request.chosen))

    judged.answer = damage
    assert said("HEAD~1")[0] == 0
    assert "while the gate ran cannot be told" in " ".join(project.report().notes)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("threshhold = 0.03", ["threshhold", "threshold"]),
        ("threshold = 0.0", ["threshold", "above 0"]),
        ("threshold = -0.03", ["threshold", "above 0"]),
        ('threshold = "a lot"', ["threshold", "a lot"]),
        ("largest_pairs = 5", ["could never be red", "raise largest_pairs or false_red"]),
        ('benchmarks = ["("]', ["benchmarks", "regular expression"]),
        ('benchmarks = ["conv"]', ["no benchmark matches benchmarks in [tool.cnnfc.gate]"]),
        ('overrides = [{pattern = "[", threshold = 0.1}]', ["override", "regular expression"]),
    ],
)
def test_a_policy_that_cannot_be_is_refused_by_name(project, said, judged, table, words):
    project.write({"pyproject.toml": f"[tool.cnnfc.gate]\n{table}\n"})
    sentence, _ = refused(said, "HEAD~1")
    for word in words:
        assert word in sentence
    assert judged == []


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--threshold", "0"], "above 0"),
        (["--threshold=-3%"], "above 0"),
        (["--threshold", "nan"], "is not a size"),
        (["--threshold", "many"], "is not a size"),
        (["--budget", "0"], "is not a time budget"),
        (["--budget", "soon"], "is not a time budget"),
        (["--bench", "it.("], "is not a regular expression"),
        (["--bench", "dense"], "of 4 ids the first is 'it.time_a'"),
        (["--baseline-with", "torch=="], "--baseline-with"),
        (["--selftest", "--bench", "track"], "none that both sides have was chosen"),
    ],
)
def test_options_that_cannot_be_are_refused_by_name(project, said, judged, arguments, word):
    sentence, _ = refused(said, "HEAD~1", "HEAD", *arguments)
    assert word in sentence
    assert judged == []


@pytest.mark.parametrize(
    ("waiver", "word"),
    [
        ('expires = "soon"', "expires"),
        ('pattern = "("\nexpires = 2999-01-01', "regular expression"),
        ("expires = 2999-01-01\nlargest_ratio = 0.5", "largest_ratio"),
    ],
)
def test_a_waiver_that_cannot_be_is_refused_by_name(project, said, judged, waiver, word):
    whole_waiver = {"pattern": '"it"', "largest_ratio": "1.5", "reason": '"because"'}
    lines = [f"{k} = {v}" for k, v in whole_waiver.items() if k not in waiver]
    project.write({"gate-waivers.toml": "\n".join(["[[waiver]]", *lines, waiver])})
    sentence, _ = refused(said, "HEAD~1")
    assert "gate-waivers.toml" in sentence
    assert word in sentence


def test_a_waiver_lets_a_regression_through(project, said, judged):
    project.write(
        {
            "gate-waivers.toml": '[[waiver]]\npattern = "it\\\\.time_a"\nlargest_ratio = 1.5\n'
            'reason = "worth it"\nexpires = 2999-01-01\n'
        }
    )
    judged.answer = lambda request: whole.Answer(
        tuple(
            result_of(one, "", Verdict.REGRESSION, effect=Effect(size, size, size, 0.95, 0.01, 6))
            if one.id == "it.time_a"
            else result_of(one, "")
            for one in request.chosen
        )
    )
    size = 1.2
    assert said("HEAD~1")[0] == 0
    assert project.report().waivers[0].state == "used"
    size = 1.6
    assert said("HEAD~1")[0] == 1


def test_the_command_of_a_result_repeats_just_this_one(project, said, judged):
    arguments = ("HEAD~1", "HEAD", "--threshold", "60%", "--here")
    said(*arguments)
    for one in project.report().benchmarks:
        program, *words = shlex.split(one.command)
        assert program == "cnnfc"
        assert words[:6] == ["gate", *arguments]
        assert cli.main(words) == 0
        assert [listed.id for listed in judged[-1].chosen] == [one.id]
        assert judged[-1].policy.threshold == pytest.approx(0.6)


def test_a_change_that_raises_its_own_threshold_is_seen(project, said, judged):
    project.commit({"pyproject.toml": COARSE.replace("threshold = 0.5", "threshold = 0.9")})
    _, out, _ = said("HEAD~1", "HEAD")
    (note,) = project.report().notes
    assert note.startswith("[tool.cnnfc.gate] in pyproject.toml is not what it is in HEAD~1")
    assert note.endswith("threshold (0.5 there, 0.9 here)")
    assert f"note: {note[:40]}" in out


def test_one_benchmark_is_no_plural(project, said, judged):
    assert "1 benchmark, seed" in said("HEAD~1", "HEAD", "--bench", "time_a")[1]


def test_a_self_test_slows_each_benchmark_by_twice_its_own_threshold(project, said, judged):
    table = (
        '[tool.cnnfc.gate]\ngpu_threshold = 0.2\noverrides = [{pattern = "wide", threshold = 0.3}]'
    )
    project.write({"pyproject.toml": table})
    said("--selftest")
    cases = [
        GatedCase(f"it.time_{name}", f"it.time_{name}", (), 0, device=device)
        for name, device in (("a", "cpu"), ("wide", "cpu"), ("b", "cuda"))
    ]
    chosen = {}
    for case in cases:
        chosen.update(judged[0].slow_down([case]))
    sizes = {one: injection.fraction for one, injection in chosen.items()}
    assert sizes == pytest.approx({"it.time_a": 0.1, "it.time_wide": 0.6, "it.time_b": 0.4})


def test_a_seed_is_drawn_said_and_taken(project, said, judged):
    said("HEAD~1", "HEAD", "--seed", "77")
    assert judged[-1].seed == project.report().seed == 77
    said("HEAD~1", "HEAD")
    said("HEAD~1", "HEAD")
    assert len({request.seed for request in judged}) == 3


def test_modules_that_nobody_can_import_are_noted(project, said, judged):
    project.write({"benchmarks/lacks.py": "import a_module_that_is_not_there\n"})
    _, out, _ = said("HEAD")
    (note,) = project.report().notes
    assert note.startswith("benchmarks.lacks cannot be imported, so its benchmarks are not gated")
    assert f"note: {note[:40]}" in out


def test_benchmarks_outside_of_the_project_are_gated_too(project, said, judged, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    (project.root / "benchmarks").rename(elsewhere)
    config = {"version": 1, "repo": ".", "benchmark_dir": str(elsewhere)}
    project.commit({"asv.conf.json": json.dumps(config)})
    assert said("HEAD~2", "HEAD")[0] == 0
    assert {one.file for one in project.report().benchmarks} == {"../elsewhere/it.py"}


@pytest.fixture
def quick(monkeypatch):
    """Measures really, in pairs so short that a gate of a few benchmarks takes seconds."""
    real = whole.judge
    short = Protocol(leg_seconds=0.002, blocks=1, warm_calls=1, canary_seconds=0.001)
    monkeypatch.setattr(
        whole, "judge", lambda request, watch: real(replace(request, protocol=short), watch)
    )
    monkeypatch.setattr(schedule, "WORTHWHILE", 0.0)
    monkeypatch.setattr(pairs, "CANARIES", ("loop",))


WORK = """
class S:
    params = [0, 1, 2]

    def time_work(self, n):
        for _ in range(1000):
            pass

class Skipped:
    params = [0, 1, 2, 3, 4, 5]

    def setup(self, n):
        raise NotImplementedError("not here")

    def time_nothing(self, n):
        pass
"""


def test_a_self_test_is_red_for_exactly_what_it_slowed_down(project, said, quick):
    project.commit({"benchmarks/it.py": WORK})
    code, out, _ = said("--selftest", "--seed", "3", "--json")
    report = project.report()
    slower = [one.id for one in report.benchmarks if one.verdict is Verdict.REGRESSION]
    assert code == 0
    assert json.loads(out)["exit_code"] == 0
    # One of the three that can be measured, none of those that are skipped.
    assert len(report.selftest) == 1
    assert tuple(slower) == report.selftest
    assert len(report.skipped) == 6
    (red,) = (one for one in report.benchmarks if one.id in slower)
    assert "--selftest" in shlex.split(red.command)


def test_a_self_test_that_misses_is_red(project, said, judged):
    judged.answer = lambda request: whole.Answer(
        tuple(result_of(one, "") for one in request.chosen), slowed_down=("it.time_a",)
    )
    assert said("--selftest")[0] == 1
