import io
import json

import pytest

from cnnfc.errors import DataError, NothingMeasured, UsageError
from cnnfc.harness.calls import Caller
from cnnfc.harness.campaign import Campaign
from cnnfc.harness.devices import Devices
from cnnfc.harness.progress import Progress
from cnnfc.harness.repository import open_repository
from cnnfc.harness.selection import Selection
from cnnfc.machine import record
from cnnfc.machine.identity import identify
from testkit import projects

TWO_CPUS = Devices(cpus=2)
SKIPPED = "dense.Forward.time_layer('dense.2-3', 'cpu-1')"


@pytest.fixture
def campaign(project):
    """Runs the project's commits; gives the campaign, whose ``text`` is what it said."""

    def run(commits="HEAD", selection=Selection(), profile="standard", **options):  # noqa: B008
        out = io.StringIO()
        found = Campaign(
            Caller(project.asv(), identify().name, profile),
            selection,
            TWO_CPUS,
            project.root / "results",
            project.root / "reports" / "hardware",
            Progress(out),
            **options,
        )
        found.text = out.getvalue
        run.last = found
        found.run(open_repository(project.root, ".").resolve(commits))
        return found

    return run


def values(project, name="dense.Forward.time_layer"):
    (path,) = project.results()
    return json.loads(path.read_text())["results"][name][0]


def test_everything_is_measured_once_and_then_nothing(campaign, project):
    first = campaign()
    assert (first.tally.measured, first.measured_before) == (6, 0)
    assert "0 of 6 already measured" in first.text()
    assert "6 measured, 0 skipped, 0 failed" in first.text()
    second = campaign()
    assert (second.tally.tried, second.measured_before) == (0, 6)
    assert "6 of 6 already measured" in second.text()
    assert len(project.calls()) == 1


def test_what_an_interrupt_left_is_all_that_is_measured_next_time(campaign, project):
    entries = [f"dense.{n}-2" for n in range(1, 201)]
    benchmarks = projects.suite(projects.benchmark("dense.Forward.time_layer", entries))
    project.tell(benchmarks=benchmarks, interrupt_in=2)
    with pytest.raises(KeyboardInterrupt):
        campaign()
    kept = campaign.last.tally.measured
    assert 0 < kept < 400
    assert (campaign.last.done, campaign.last.total) == (kept, 400)
    project.tell(interrupt_in=None)
    resumed = campaign()
    assert f"{kept} of 400 already measured" in resumed.text()
    assert resumed.tally.measured == 400 - kept
    assert values(project) == [1.5] * 400


def test_failed_points_are_tried_again_and_told(campaign, project):
    project.tell(outcomes={SKIPPED: "failed"})
    first = campaign()
    assert "failed: dense.Forward.time_layer dense.2-3 cpu-1: ValueError: boom" in first.text()
    project.tell(outcomes={})
    second = campaign()
    assert "5 of 6 already measured, 1 failed before and are tried again" in second.text()
    assert second.tally.measured == 1


def test_a_skip_is_not_tried_again(campaign, project):
    project.tell(outcomes={SKIPPED: "skipped"})
    campaign()
    second = campaign()
    assert "6 of 6 already measured" in second.text()
    assert len(project.calls()) == 1


def test_what_asv_run_measured_by_itself_counts(campaign, project):
    campaign(selection=Selection(bench=("dense.2-3",)))
    second = campaign()
    assert "2 of 6 already measured" in second.text()
    assert second.tally.measured == 4


def test_a_benchmark_with_a_new_version_is_measured_again(campaign, project):
    campaign()
    entry = projects.benchmark("dense.Forward.time_layer", ["dense.2-3"], version="2")
    project.tell(benchmarks=projects.suite(entry))
    assert campaign().tally.measured == 2


def test_a_case_that_was_added_is_all_that_is_measured(campaign, project):
    campaign()
    entry = projects.benchmark("dense.Forward.time_layer", ["dense.1-1", "dense.2-3", "dense.4-5"])
    project.tell(benchmarks=projects.suite(entry))
    assert campaign().tally.measured == 2
    assert values(project) == [1.5] * 6


def test_every_run_has_a_hardware_record_of_its_own_that_is_finished(campaign, project):
    campaign(selection=Selection(bench=("dense.2-3",)))
    campaign()
    (first, second), problems = record.read_all(project.root / "reports" / "hardware")
    assert not problems
    for found in (first, second):
        assert found.commit == project.first
        assert found.finished_at is not None
        assert found.state_after is not None
    paths = {call["record"] for call in project.calls()}
    assert paths == {first.path, second.path}


def test_an_interrupted_run_finishes_its_record_too(campaign, project):
    entries = [f"dense.{n}-2" for n in range(1, 201)]
    benchmarks = projects.suite(projects.benchmark("dense.Forward.time_layer", entries))
    project.tell(benchmarks=benchmarks, interrupt_in=2)
    with pytest.raises(KeyboardInterrupt):
        campaign()
    (found,), _ = record.read_all(project.root / "reports" / "hardware")
    assert found.finished_at is not None


def test_a_record_that_cannot_be_finished_costs_no_result(campaign, project, monkeypatch):
    def fail(_):
        raise DataError("the disk is full")

    monkeypatch.setattr(record, "finish", fail)
    found = campaign()
    assert "note: the hardware record is not finished: the disk is full" in found.text()
    assert found.tally.measured == 6


def test_several_commits_are_measured_newest_first(campaign, project):
    second = project.commit("second")
    found = campaign("-n2 HEAD")
    assert [call["commit"] for call in project.calls()] == [second, project.first]
    assert found.tally.measured == 12
    assert "(1 of 2)" in found.text()


def test_a_commit_that_is_complete_is_not_even_built(campaign, project):
    campaign()
    project.commit("second")
    before = (project.root / "calls.jsonl").read_text().count("\n")
    campaign("-n2 HEAD")
    calls = (project.root / "calls.jsonl").read_text().splitlines()[before:]
    assert [json.loads(line)["commit"] != project.first for line in calls] == [True, True]


def test_a_commit_that_cannot_be_built_is_named_and_passed_over(campaign, project):
    second = project.commit("second")
    project.tell(broken={second: "Error running python -m pip wheel (exit status 1)\nwhy\n"})
    found = campaign("-n2 HEAD")
    assert f"{second[:8]}: it cannot be built (exit status 1)\n      why\n" in found.text()
    assert [commit.hash for commit, _ in found.broken] == [second]
    assert found.tally.measured == 6


def test_every_environment_of_the_project_is_measured(campaign, project):
    project.tell(environments=["virtualenv-py3.11", "virtualenv-py3.12"])
    found = campaign()
    assert found.tally.measured == 12
    assert len(project.results()) == 2


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        ("failed", r"dense\.Forward\.time_layer dense\.2-3 cpu-1 failed, ValueError: boom"),
        ("skipped", r"all 2 points were skipped; the notes of the hardware record"),
    ],
)
def test_a_run_without_a_single_value_says_so(campaign, project, outcome, reason):
    points = [f"dense.Forward.time_layer('dense.2-3', 'cpu-{n}')" for n in (1, 2)]
    project.tell(outcomes=dict.fromkeys(points, outcome))
    with pytest.raises(NothingMeasured, match="nothing was measured: " + reason) as caught:
        campaign(selection=Selection(bench=("dense.2-3",)))
    assert caught.value.exit_code == 5


def test_skips_that_were_known_before_are_told_as_such(campaign, project):
    project.tell(outcomes={SKIPPED: "skipped"})
    one = Selection(bench=("dense.2-3.*cpu-1",))
    for expected in ("all 1 points were skipped", "is known to be skipped here"):
        with pytest.raises(NothingMeasured, match=expected):
            campaign(selection=one)


def test_a_run_whose_only_commit_cannot_be_built_says_so(campaign, project):
    project.tell(broken={project.first: "No __init__.py file in 'benchmarks'"})
    with pytest.raises(NothingMeasured, match=r"asv says: No __init__\.py file"):
        campaign()


def test_failures_that_stay_do_not_hide_what_was_measured_before(campaign, project):
    project.tell(outcomes={SKIPPED: "failed"})
    campaign()
    assert campaign().tally.measured == 0


def test_a_selection_that_the_suite_does_not_have_is_refused(campaign):
    with pytest.raises(UsageError, match="matches no benchmark"):
        campaign(selection=Selection(bench=("nothing",)))


def test_a_damaged_result_file_is_named_before_anything_is_measured(campaign, project):
    campaign()
    (path,) = project.results()
    path.write_text(path.read_text()[:-20])
    with pytest.raises(DataError, match="is damaged"):
        campaign()
    assert len(project.calls()) == 1


def test_the_profile_reaches_the_benchmarks(campaign, project):
    campaign(profile="full", selection=Selection(profile="full"))
    assert {call["profile"] for call in project.calls()} == {"full"}


def test_a_suite_is_listed_once_unless_it_is_edited(campaign, project):
    entries = [f"dense.{n}-2" for n in range(1, 201)]
    entry = projects.benchmark("a.Forward.time_layer", entries, rounds=3)
    project.tell(benchmarks=projects.suite(entry))
    states = iter(["one", "one", "one", "edited", *["edited"] * 50])
    campaign(fingerprint=lambda: next(states))
    listed = [call["listed"] for call in project.calls()]
    assert len(listed) > 3
    assert listed == ["1", "1", *[None] * (len(listed) - 2)]


def test_markup_in_a_commits_message_is_shown_as_it_is_and_moves_no_cursor(campaign, project):
    project.commit("<b>\x1b[2J</b>")
    assert "(<b> [2J</b>)" in campaign().text()
