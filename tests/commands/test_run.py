import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
import time

import pytest

from cnnfc.commands import run as module
from cnnfc.commands.run import RunOptions, run_suite
from cnnfc.errors import CaseError, DataError, NothingMeasured, UsageError
from cnnfc.harness.devices import Devices
from cnnfc.harness.here import environment_name
from cnnfc.harness.lock import hold
from cnnfc.machine.identity import identify
from testkit import projects

#: Runs the project in argv[1] with the fake asv in argv[2].
DRIVER = """
import sys
from pathlib import Path
from cnnfc.commands.run import RunOptions, run_suite
from cnnfc.harness.process import Asv
fake = (sys.executable, "-S", "-E", sys.argv[2])
run_suite(
    RunOptions(report=False),
    sys.stdout,
    start=Path(sys.argv[1]),
    make_asv=lambda root, log, kept: Asv(root, log, kept, program=fake),
)
"""


@pytest.fixture
def project(home, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "look", lambda _: Devices(cpus=2))
    root = tmp_path / "project"
    root.mkdir()
    return projects.Project(root)


class Ran:
    """What a run returned and said; its report is a line."""

    def __init__(self, project, **options):
        self.out = io.StringIO()
        self.code = run_suite(
            RunOptions(**options),
            self.out,
            start=project.root,
            make_asv=project.asv,
            write_report=lambda out: out.write("the report\n"),
        )

    @property
    def text(self):
        return self.out.getvalue()


def many(count):
    names = [f"dense.{n}-2" for n in range(1, count + 1)]
    return projects.suite(projects.benchmark("dense.Forward.time_layer", names))


def test_a_run_measures_and_then_writes_the_report(project):
    ran = Ran(project)
    assert ran.code == 0
    assert ran.text.startswith(f"machine {identify().name}, profile standard\n")
    assert (
        f"{project.first[:8]} (first) in virtualenv-py3.11: 0 of 6 already measured\n" in ran.text
    )
    assert ran.text.endswith("the report\n")


def test_the_report_can_be_left_out(project):
    assert "the report" not in Ran(project, report=False).text


def test_the_machine_is_registered_with_asv_once_and_told(project, home):
    assert f"note: {identify().name} was added to asv's machines" in Ran(project).text
    assert identify().name in json.loads((home / ".asv-machine.json").read_text())
    assert "was added" not in Ran(project).text


def test_asv_is_told_the_machine_by_name(project):
    Ran(project)
    (call,) = project.calls()
    arguments = call["arguments"]
    assert arguments[arguments.index("--machine") + 1] == identify().name


def test_options_limit_what_is_measured(project):
    Ran(project, cases=("dense.2-3",), devices=("cpu-2",))
    (call,) = project.calls()
    arguments = call["arguments"]
    assert [arguments[n + 1] for n, word in enumerate(arguments) if word == "--bench"] == [
        r"^dense\.Forward\.time_layer\((?:'dense\.2\-3',\ 'cpu\-2')\)$",
        r"^hardware\.CanaryGemm\.track_flops\((?:'gemm\.2048',\ 'cpu\-2')\)$",
    ]


def test_the_first_commit_and_a_range_are_measured(project):
    project.commit("second")
    third = project.commit("third")
    assert "12 measured" not in Ran(project, range="HEAD~2").text
    Ran(project, range="HEAD~2..HEAD")
    commits = [call["commit"] for call in project.calls()]
    assert commits[:2] == [project.first, third]
    assert len(set(commits)) == 3


def test_new_measures_the_commits_since_the_last_one_measured_here(project):
    Ran(project)
    second = project.commit("second")
    third = project.commit("third")
    Ran(project, range="NEW")
    assert [call["commit"] for call in project.calls()] == [project.first, third, second]


def test_new_measures_the_checked_out_commit_if_none_was_measured_yet(project):
    second = project.commit("second")
    Ran(project, range="NEW")
    assert [call["commit"] for call in project.calls()] == [second]


def test_new_completes_the_checked_out_commit_if_there_is_nothing_newer(project):
    Ran(project, bench=("dense.2-3",))
    assert "2 of 6 already measured" in Ran(project, range="NEW").text


def test_an_interrupt_says_what_is_kept_and_how_to_go_on(project):
    project.tell(benchmarks=many(200), interrupt_in=2)
    ran = Ran(project)
    assert ran.code == 130
    kept = int(ran.text.rpartition("interrupted: ")[2].split()[0])
    assert 0 < kept < 400
    assert f"{kept} of 400 are measured and kept; run the same command again" in ran.text
    assert "the report" not in ran.text
    project.tell(interrupt_in=None)
    resumed = Ran(project)
    assert f"{kept} of 400 already measured" in resumed.text
    assert f"{400 - kept} measured, 0 skipped, 0 failed" in resumed.text
    assert resumed.code == 0


def test_an_interrupt_while_a_commit_is_built_says_that_nothing_was_measured(project):
    project.tell(interrupt_in=0)
    ran = Ran(project)
    assert ran.code == 130
    assert "interrupted: nothing was measured yet; run the same command again" in ran.text


def test_a_request_to_end_is_an_interrupt(project):
    project.tell(terminate_in=1)
    ran = Ran(project)
    assert ran.code == 130
    assert "interrupted: 0 of 6" in ran.text


def wait_for_lock(path):
    for _ in range(200):
        with contextlib.suppress(UsageError), hold(path):
            return
        time.sleep(0.05)
    pytest.fail("the lock of a killed run stayed")


def test_a_killed_run_loses_its_chunk_only_and_frees_its_lock(project):
    project.tell(benchmarks=many(200), kill_parent_in=2)
    killed = subprocess.run(
        [sys.executable, "-c", DRIVER, str(project.root), str(projects.FAKE)],
        check=False,
        capture_output=True,
        timeout=60,
    )
    assert killed.returncode == -9, killed.stderr
    project.tell(kill_parent_in=None)
    # asv is about to notice that nobody listens any more; until then nothing else may measure.
    wait_for_lock(project.root / "reports" / "asv" / "run.lock")
    resumed = Ran(project)
    kept = int(resumed.text.partition(" of 400 already")[0].split()[-1])
    assert 0 < kept < 400
    assert f"{400 - kept} measured" in resumed.text


def test_asv_holds_the_lock_too_so_that_it_outlives_a_killed_run(project):
    lock = project.root / "reports" / "asv" / "run.lock"

    def make(root, log, kept):
        assert [os.fstat(descriptor).st_ino for descriptor in kept] == [lock.stat().st_ino]
        return project.asv(root, log, kept)

    run_suite(RunOptions(report=False), io.StringIO(), start=project.root, make_asv=make)


def test_two_runs_at_once_are_refused(project):
    inner = {}

    def make(root, log, kept):
        with pytest.raises(UsageError, match="another run is measuring") as caught:
            run_suite(RunOptions(), io.StringIO(), start=project.root, make_asv=project.asv)
        inner["error"] = caught.value
        return project.asv(root, log, kept)

    run_suite(RunOptions(report=False), io.StringIO(), start=project.root, make_asv=make)
    assert f"process {os.getpid()}" in str(inner["error"])


def test_the_doctor_does_not_measure_while_another_run_does(project, monkeypatch):
    asked = []
    monkeypatch.setattr(module, "say_short", lambda *_: asked.append("asked"))
    path = project.root / "reports" / "asv" / "run.lock"
    with hold(path), pytest.raises(UsageError, match="another run is measuring"):
        Ran(project)
    assert asked == []
    Ran(project)
    assert asked == ["asked"]


def test_a_suite_that_is_not_committed_is_told(project):
    project.write("benchmarks/b.py", "x = 1\n")
    assert (
        "note: benchmarks/b.py is not committed: the suite is run as it is in the work tree"
        in Ran(project).text
    )


def test_a_package_that_is_not_committed_is_told_not_to_be_measured(project):
    project.write("p/__init__.py", "x = 1\n")
    project.write("p/more.py", "")
    text = Ran(project).text
    assert "note: p/__init__.py (and 1 more) is not committed and not measured" in text


def test_a_clean_work_tree_is_not_worth_a_word(project):
    Ran(project)
    assert "not committed" not in Ran(project).text


def test_results_that_are_committed_later_are_no_uncommitted_changes(project):
    project.write(".gitignore", "reports/asv/\nfake.json\ncalls.jsonl\n*.tmp\n")
    project.commit("history is committed")
    Ran(project)
    assert (project.root / "results").is_dir()
    assert "not committed" not in Ran(project).text


def test_a_commit_that_was_not_measured_is_named_at_the_end(project):
    second = project.commit("second")
    project.tell(broken={second: "Error running pip wheel (exit status 1)\nwhy"})
    ran = Ran(project, range="-n2 HEAD")
    assert f"not measured, for the reasons above: {second[:8]}\n" in ran.text
    assert ran.code == 0


def test_old_logs_are_removed_and_new_ones_kept(project):
    folder = project.root / "reports" / "asv" / "logs"
    folder.mkdir(parents=True)
    for number in range(30):
        (folder / f"2020010{number:02d}.log").write_text("")
    Ran(project, report=False)

    def log(root, path, kept):
        return project.asv(root, path, kept)

    run_suite(RunOptions(report=False), io.StringIO(), start=project.root, make_asv=log)
    names = sorted(path.name for path in folder.glob("*.log"))
    assert len(names) == module.KEPT_LOGS
    assert names[-1].endswith(f"-{project.first[:8]}.log")


def here(project, monkeypatch, **options):
    monkeypatch.setenv("PYTHONPATH", str(project.root))
    return Ran(project, here=True, **options)


def test_here_measures_with_this_interpreter_and_files_results_under_its_versions(
    project, monkeypatch
):
    ran = here(project, monkeypatch)
    assert f"in {environment_name()}: 0 of 6" in ran.text
    (call,) = project.calls()
    assert call["variables"] == {
        "CNNFC_COMMIT": project.first,
        "CNNFC_ENV_NAME": environment_name(),
        "CNNFC_EVENTS": call["variables"]["CNNFC_EVENTS"],
    }


def test_here_does_not_measure_another_commit(project, monkeypatch):
    project.commit("second")
    with pytest.raises(UsageError, match=r"--here measures what is installed, .*'HEAD~1' out"):
        here(project, monkeypatch, range="HEAD~1")
    assert here(project, monkeypatch, range="main").code == 0


def test_here_with_new_does_not_file_the_installed_code_under_other_commits(project, monkeypatch):
    assert here(project, monkeypatch).code == 0
    project.commit("second")
    project.commit("third")
    with pytest.raises(UsageError, match=r"--here measures what is installed, .*'NEW' out"):
        here(project, monkeypatch, range="NEW")


def test_here_refuses_a_package_that_is_not_committed(project, monkeypatch):
    project.write("p/__init__.py", "x = 1\n")
    with pytest.raises(UsageError, match=r"p/__init__\.py has uncommitted changes"):
        here(project, monkeypatch)


def test_here_without_torch_is_refused(project, monkeypatch):
    def missing():
        raise UsageError("no torch")

    monkeypatch.setattr(module, "environment_name", missing)
    with pytest.raises(UsageError, match="no torch"):
        here(project, monkeypatch)


@pytest.fixture
def copied(project, monkeypatch):
    """The project's files without git."""
    shutil.rmtree(project.root / ".git")
    return project


def test_here_measures_a_copy_without_git_under_the_commit_it_is_told(copied, monkeypatch):
    hash_, date = "5" * 40, "2024-05-06T07:08:09+00:00"
    ran = here(copied, monkeypatch, commit=hash_, date=date)
    assert f"55555555 in {environment_name()}: 0 of 6 already measured" in ran.text
    (call,) = copied.calls()
    assert call["commit"] == hash_
    assert call["variables"]["CNNFC_COMMIT_DATE"] == "1714979289000"
    (result,) = copied.results()
    assert json.loads(result.read_text())["commit_hash"] == hash_
    again = here(copied, monkeypatch, commit=hash_, date=date)
    assert "6 of 6 already measured" in again.text


def test_here_with_the_commit_that_git_has_checked_out_is_here_alone(project, monkeypatch):
    ran = here(project, monkeypatch, commit=project.first)
    assert f"{project.first[:8]} (first) in here-" in ran.text
    assert "CNNFC_COMMIT_DATE" not in project.calls()[0]["variables"]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"commit": "5" * 40}, "goes with --here and without a range"),
        ({"commit": "5" * 40, "here": True, "range": "main"}, "goes with --here and without"),
        ({"commit": "5" * 40, "here": True}, "but git has .* checked out"),
        ({"date": "2024-05-06T07:08:09+00:00"}, "add --commit"),
    ],
)
def test_a_commit_is_the_callers_word_only_where_that_makes_sense(project, options, sentence):
    with pytest.raises(UsageError, match=sentence):
        Ran(project, **options)


@pytest.mark.parametrize(
    ("options", "error", "sentence"),
    [
        ({"range": "nowhere"}, UsageError, "git knows no revision 'nowhere'"),
        ({"range": "HEAD..HEAD"}, UsageError, "has no commits"),
        ({"profile": "fast"}, UsageError, "unknown profile 'fast'"),
        ({"catalogues": ("x",)}, UsageError, "unknown catalogue 'x'"),
        ({"cases": ("x",)}, CaseError, "unknown case 'x'"),
        ({"cases": ("dense.7-7",)}, UsageError, "case dense.7-7 is not measured by any benchmark"),
        ({"devices": ("gpu",)}, UsageError, "unknown device 'gpu'"),
        ({"devices": ("cpu-64",)}, UsageError, "--device cpu-64 does not exist here"),
        ({"bench": ("(",)}, UsageError, "is not a regular expression"),
        ({"bench": ("nothing",)}, UsageError, "matches no benchmark"),
    ],
)
def test_what_does_not_exist_is_refused_in_one_sentence(project, options, error, sentence):
    with pytest.raises(error, match=sentence) as caught:
        Ran(project, **options)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 2
    assert project.calls() == []


def test_without_a_project_there_is_nothing_to_run(tmp_path):
    with pytest.raises(UsageError, match=r"no asv\.conf\.json"):
        run_suite(RunOptions(), io.StringIO(), start=tmp_path)


def test_a_broken_configuration_is_refused(project):
    project.write("asv.conf.json", "{")
    with pytest.raises(DataError, match="not valid JSON"):
        Ran(project)


def test_a_project_outside_of_git_is_refused(tmp_path, home):
    (tmp_path / "asv.conf.json").write_text('{"version": 1, "repo": "."}')
    with pytest.raises(UsageError, match="not inside a git repository"):
        run_suite(RunOptions(), io.StringIO(), start=tmp_path)


def test_a_project_without_a_commit_is_refused(tmp_path, home):
    (tmp_path / "asv.conf.json").write_text('{"version": 1, "repo": "."}')
    projects.git(tmp_path, "init", "-q")
    with pytest.raises(UsageError, match="no commit yet"):
        run_suite(RunOptions(), io.StringIO(), start=tmp_path)


def test_a_results_folder_that_cannot_be_written_to_is_refused(project):
    project.write("results", "a file in its place")
    with pytest.raises(UsageError, match="results cannot be written to") as caught:
        Ran(project)
    assert "\n" not in str(caught.value)


def test_a_results_folder_without_permission_is_refused(project, monkeypatch):
    def refuse(**_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(module.tempfile, "TemporaryFile", refuse)
    with pytest.raises(UsageError, match=r"\(Permission denied\): make it a folder"):
        Ran(project)


def test_a_run_without_any_value_ends_with_its_own_exit_code(project):
    project.tell(broken={project.first: "Error running pip wheel (exit status 1)\nwhy"})
    with pytest.raises(NothingMeasured, match="it cannot be built") as caught:
        Ran(project)
    assert caught.value.exit_code == 5


@pytest.mark.slow
def test_real_asv_measures_a_small_project_resumes_and_survives_a_failure(project, home):
    project.write(
        "asv.conf.json",
        '{"version": 1, "project": "p", "repo": ".", "launch_method": "forkserver"}',
    )
    project.write("p/__init__.py", "def work():\n    return sum(range(100))\n")
    project.write(
        "benchmarks/dense.py",
        """
import p

class Forward:
    params = [["dense.2-3", "dense.4-5"], ["cpu-1"]]
    param_names = ["case", "device"]
    version = "1"
    rounds = 2
    warmup_time = 0
    repeat = 2

    def time_layer(self, case, device):
        if case == "dense.4-5":
            raise ValueError("boom")
        p.work()
""",
    )
    project.commit("real")

    def run(*options):
        return subprocess.run(
            [sys.executable, "-m", "cnnfc.cli", "run", "--here", "--no-report", *options],
            cwd=project.root,
            # Bytecode beside the sources would be a change of this work tree.
            env={
                **os.environ,
                "PYTHONPATH": str(project.root),
                "PYTHONDONTWRITEBYTECODE": "1",
            },
            check=False,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=120,
        )

    first = run()
    assert first.returncode == 0, first.stdout + first.stderr
    assert "0 of 2 already measured" in first.stdout
    assert "1 measured, 0 skipped, 1 failed" in first.stdout
    assert "failed: dense.Forward.time_layer dense.4-5 cpu-1: ValueError: boom" in first.stdout
    second = run()
    assert "1 of 2 already measured, 1 failed before and are tried again" in second.stdout
    (result,) = project.results()
    assert json.loads(result.read_text())["env_name"] == environment_name()
    third = run("--bench", "dense.4-5")
    assert third.returncode == 5
    assert third.stderr.startswith("cnnfc: error: nothing was measured: ")
