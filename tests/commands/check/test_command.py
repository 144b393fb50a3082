import io
import json
from datetime import timedelta

import pytest

from cnnfc import cli
from cnnfc.analysis.against_history import FAMILY_ERROR, Standing
from cnnfc.commands.check import command as module
from cnnfc.commands.check.command import run_check, show_check
from cnnfc.commands.check.items import Item
from cnnfc.commands.check.plan import plan_check
from cnnfc.commands.check.words import lines
from cnnfc.errors import DataError, NothingMeasured, UsageError
from cnnfc.harness.lock import hold
from cnnfc.harness.suite import Point
from cnnfc.timeline.arrange import arrange
from testkit import check_fakes as fakes
from testkit import histories as make

GEMM_1 = (fakes.GEMM, ("gemm.2048", "cpu-1"))
#: The canary ran a third faster in every run of the history.
FASTER = {fakes.GEMM: (1.32, 1.33, 1.34)}


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Makes the project in a folder, once."""
    fakes.pretend(monkeypatch, tmp_path)

    def make(**options):
        root = tmp_path / "project"
        root.mkdir()
        return fakes.CheckProject(root, **options)

    return make


class Ran:
    """A finished check, what it said meanwhile, and what it says in the end."""

    def __init__(self, project, keys=None, **scratch):
        self.scratch = fakes.Scratch(project, **scratch)
        self.naps = []
        self.stream = io.StringIO()
        self.checked = run_check(
            plan_check(project.root),
            self.stream,
            keys=keys,
            make_asv=self.scratch.make,
            sleep=self.naps.append,
        )
        self.text = "\n".join(lines(self.checked))


def test_a_machine_that_is_as_it_was_is_as_in_its_history(project):
    ran = Ran(project())
    assert ran.checked.exit_code == 0
    assert ran.text.startswith("oak-1-2c-8gb is as in its history: 4 things judged, none slower\n")
    assert {result.standing for result in ran.checked.results} == {Standing.AS_BEFORE}
    assert ran.naps == []


def test_what_is_slower_twice_is_called(project):
    ran = Ran(project(own=FASTER))
    assert ran.checked.exit_code == 4
    assert [result.item.key for result in ran.checked.slower] == [
        GEMM_1,
        (fakes.GEMM, ("gemm.2048", "cpu-2")),
    ]
    first_line = ran.text.splitlines()[0]
    assert first_line.startswith(
        "oak-1-2c-8gb is SLOWER than in its history: matrix product gemm.2048 on cpu-1: "
        "1.5 FLOP/s, 25% under the median of the last 3 runs (2 FLOP/s), beyond the "
    )
    assert first_line.endswith("25% under it at first; and 1 more thing below")


def test_only_what_looked_slower_is_measured_again_after_a_pause(project):
    ran = Ran(project(own=FASTER))
    assert ran.naps == [module.PAUSE_SECONDS]
    first, second = ran.scratch.measured
    assert len(first) == 2
    (again,) = second
    assert again.startswith(r"^hardware\.CanaryGemm\.track_flops\(")
    assert again.endswith(r"(?:'gemm\.2048',\ 'cpu\-1'|'gemm\.2048',\ 'cpu\-2')\)$")
    assert "2 things slower than before: measuring again after a pause" in ran.stream.getvalue()


def test_a_suspicion_that_does_not_come_again_is_no_call(project):
    ran = Ran(project(), factors=(1.4, 1.0))
    assert ran.checked.exit_code == 0
    result = ran.checked.of((fakes.DENSE, ("dense.1024-512", "cpu-1")))
    assert result.standing is Standing.AS_BEFORE
    assert (result.first.standing, result.first.ratio) == (Standing.SLOWER, pytest.approx(1.4))
    assert "40% over it at first, which did not come again" in ran.text


def test_a_suspicion_that_cannot_be_looked_into_is_no_verdict(project):
    failing = {f"{fakes.GEMM}('gemm.2048', 'cpu-1')": "failed"}
    ran = Ran(project(own=FASTER), tell={2: {"outcomes": failing}})
    result = ran.checked.of(GEMM_1)
    assert not result.is_judged
    assert result.why_not == (
        "slower at first, and not measured a second time: it failed: ValueError: boom"
    )
    assert ran.checked.exit_code == 4  # for the other device


def test_what_is_quicker_is_said_and_no_fault(project):
    ran = Ran(project(own={fakes.GEMM: (0.5, 0.5, 0.5)}))
    assert ran.checked.exit_code == 0
    assert "quicker     matrix product gemm.2048 on cpu-1: 1.5 FLOP/s, 100% over" in ran.text


def test_the_worst_comes_first(project):
    own = {fakes.GEMM: (1.32, 1.33, 1.34), fakes.DENSE: (0.5, 0.5, 0.5)}
    ran = Ran(project(own=own))
    assert [result.item.key[0] for result in ran.checked.results] == [
        *(fakes.DENSE, fakes.DENSE, fakes.GEMM, fakes.GEMM)
    ]


def test_the_error_is_shared_out_over_what_is_judged(project):
    made = project()
    assert Ran(made).checked.level == FAMILY_ERROR / 4
    assert Ran(made, keys={GEMM_1}).checked.level == FAMILY_ERROR


def test_only_what_was_asked_for_is_measured(project):
    ran = Ran(project(), keys={GEMM_1})
    assert [result.item.key for result in ran.checked.results] == [GEMM_1]
    assert ran.scratch.measured == [
        [r"^hardware\.CanaryGemm\.track_flops\((?:'gemm\.2048',\ 'cpu\-1')\)$"]
    ]


def test_a_history_that_would_hide_a_slowdown_gives_no_verdict(project):
    ran = Ran(project(runs=(0.8, 1.0, 1.25)))
    assert ran.checked.exit_code == 5
    assert "Not judged\n  " in ran.text
    assert "runs would tell 20%" in ran.text  # of a rate
    assert "runs would tell 25%" in ran.text  # of a time


def test_the_history_stays_as_it_is_and_no_file_is_left(project, tmp_path):
    made = project()
    made.add_record()
    before = made.history()
    ran = Ran(made, record=fakes.record())
    assert made.history() == before
    (root,) = ran.scratch.roots
    assert not root.exists()
    assert list((made.root / "reports" / "asv" / "logs").iterdir()) != []


def test_what_else_differs_is_named(project):
    made = project(own=FASTER)
    made.add_record()
    slow = fakes.record(cpu={"frequency_hz": 2_100_000_000, "governor": "powersave"})
    ran = Ran(made, record=slow)
    assert "; CPU frequency 2.1 GHz instead of 3.4 GHz; and 1 more thing" in ran.text
    assert (
        "\nDifferent from the run of 2026-03-01 12:00 UTC\n"
        "  CPU frequency 2.1 GHz instead of 3.4 GHz\n"
        "  CPU governor powersave instead of performance\n"
    ) in ran.text


def test_it_is_said_when_nothing_else_differs(project):
    made = project()
    made.add_record()
    ran = Ran(made, record=fakes.record(started_at=fakes.FIRST_RUN + timedelta(days=9)))
    assert "\nNothing else differs from the run of 2026-03-01 12:00 UTC\n" in ran.text


def test_without_records_the_speed_alone_is_compared(project):
    ran = Ran(project())
    assert ran.checked.differences is None
    assert "No hardware record says how the machine was" in ran.text


def test_a_history_of_one_day_is_doubted(project, monkeypatch):
    made = project()
    assert "of one day" not in Ran(made).text
    monkeypatch.setattr(module, "measured_at", lambda _: fakes.FIRST_RUN)
    assert "All runs of the history are of one day: how far days are apart" in Ran(made).text


def test_where_only_layers_are_slower_the_machine_is_not_accused_alone(project):
    remark = "No reference kernel is slower, only layers are: what changed may be the software"
    assert remark in Ran(project(own={fakes.DENSE: (0.74, 0.75, 0.76)})).text


def test_where_reference_kernels_are_slower_too_it_is_the_machine(project):
    own = {fakes.DENSE: (0.74, 0.75, 0.76), **FASTER}
    assert "No reference kernel" not in Ran(project(own=own)).text


def test_the_centre_of_a_timing_is_the_lower_quartile_on_both_sides():
    # Of 15 values, the lower quartile is the mean of the 4th and the 5th.
    values = (1.0,) * 5 + (2.0,) * 10
    layer = make.replace(make.point(make.DENSE, "dense.1024-512", "cpu-1"), samples=values)
    history = make.history(*(make.run(layer, number=number) for number in (1, 2, 3)))
    (group,) = arrange(history)
    (series,) = group.all_series()
    point = Point(make.DENSE, ("'dense.1024-512'", "'cpu-1'"))
    item = Item(point, series.layer, series.info, series.measured)
    result = module._judged(item, layer, 0.01)
    assert (result.judgement.fresh, result.judgement.usual) == (1.0, 1.0)


def test_a_value_that_has_no_logarithm_is_not_judged():
    point = Point(make.DENSE, ("'dense.1024-512'", "'cpu-1'"))
    item = Item(point, None, make.info(make.DENSE))
    zero = make.point(make.DENSE, "dense.1024-512", "cpu-1", value=0.0)
    assert module._judged(item, zero, 0.01).why_not == "its value is not above 0"
    good = make.point(make.DENSE, "dense.1024-512", "cpu-1")
    assert module._judged(item, good, 0.01).why_not.startswith(
        "0 runs of history with values above 0 whose median is known; a verdict takes 3"
    )


def test_the_error_rate_is_stated(project):
    assert Ran(project()).text.endswith(
        "Of checks on a machine that behaves as in its history, at most 1% call anything slower "
        "(4 things, 0.25% each); what looks slower is measured twice."
    )


def test_with_nothing_to_judge_nothing_is_measured(project):
    ran = Ran(project(runs=(1.0, 1.0)))
    assert ran.checked.exit_code == 5
    assert ran.scratch.calls == []
    assert ran.text.startswith(
        "Nothing could be judged: oak-1-2c-8gb has 2 runs of history in virtualenv-py3.11, and a "
        "verdict takes 3 at least: `cnnfc run` at other commits adds them\n"
    )


def shown(project, scratch=None, **options):
    out, progress = io.StringIO(), io.StringIO()
    make = (scratch or fakes.Scratch(project)).make
    code = show_check(out=out, progress=progress, start=project.root, make_asv=make, **options)
    return code, out.getvalue(), progress.getvalue()


def test_progress_and_findings_go_to_streams_of_their_own(project):
    code, out, progress = shown(project())
    assert code == 0
    assert out.startswith("oak-1-2c-8gb is as in its history")
    assert "cnnfc machine: measuring 4 things on oak-1-2c-8gb in virtualenv-py3.11" in progress


def test_json_has_everything_and_nothing_else_is_printed(project, monkeypatch):
    monkeypatch.setattr(module, "PAUSE_SECONDS", 0.0)
    made = project(own=FASTER)
    made.add_record()
    slow = fakes.record(cpu={"frequency_hz": 2_100_000_000})
    code, out, _ = shown(made, fakes.Scratch(made, record=slow), as_json=True)
    data = json.loads(out)
    assert (code, data["exit_code"], data["verdict"]) == (4, 4, "slower")
    assert (data["machine"], data["environment"]) == ("oak-1-2c-8gb", "virtualenv-py3.11")
    assert (data["commit"], data["family_error"]) == (made.first, 0.01)
    assert data["differences"] == [
        {"name": "CPU frequency", "now": "2.1 GHz", "before": "3.4 GHz", "is_clock": True}
    ]
    worst = data["items"][0]
    assert worst["id"] == "hardware.CanaryGemm.track_flops-gemm.2048-cpu-1"
    assert (worst["verdict"], worst["unit"]) == ("slower", "flop/s")
    assert worst["judgement"]["ratio"] == worst["first"]["ratio"] == pytest.approx(1.33)
    assert worst["judgement"]["runs"] == 3


def test_json_says_why_nothing_was_judged(project):
    code, out, _ = shown(project(runs=()), as_json=True)
    data = json.loads(out)
    assert (code, data["verdict"], data["items"]) == (5, "nothing judged", [])
    assert data["why_not"].endswith("measure some first (`cnnfc run`)")


def test_a_commit_that_cannot_be_built_ends_the_check(project):
    made = project()
    made.tell(broken={made.first: "Error running pip install (exit status 1)"})
    with pytest.raises(NothingMeasured, match="nothing was measured") as error:
        shown(made)
    assert "check.log" in str(error.value)


def test_a_breakdown_of_asv_ends_the_check(project):
    made = project()
    made.tell(crash_in=1)
    with pytest.raises(NothingMeasured, match="asv itself broke down"):
        shown(made)


def test_a_run_in_progress_is_not_disturbed(project):
    made = project()
    with (
        hold(made.root / "reports" / "asv" / "run.lock"),
        pytest.raises(UsageError, match="another"),
    ):
        shown(made)


def test_a_damaged_list_of_the_suite_is_named(project):
    made = project()
    made.write("results/benchmarks.json", "{")
    with pytest.raises(DataError, match=r"benchmarks\.json is not asv's list"):
        shown(made)


class Interrupted:
    """Takes the place of asv; Ctrl-C comes while it works."""

    def __init__(self, root, log, kept_open):
        self.root, self.log = root, log
        Interrupted.scratch = root

    def run(self, *arguments, **options):
        raise KeyboardInterrupt


def test_an_interrupt_leaves_nothing_behind(project, monkeypatch, capsys):
    monkeypatch.chdir(project().root)
    monkeypatch.setattr(
        module.show_check, "__kwdefaults__", {**show_check.__kwdefaults__, "make_asv": Interrupted}
    )
    assert cli.main(["machine", "--check"]) == 130
    assert capsys.readouterr().err.endswith("cnnfc: interrupted\n")
    assert not Interrupted.scratch.exists()


def test_the_command_line_checks(monkeypatch, capsys):
    heard = []
    monkeypatch.setattr(module, "show_check", lambda **options: heard.append(options) or 4)
    assert cli.main(["machine", "--check", "--json"]) == 4
    assert heard[0]["as_json"] is True


def test_checking_and_registering_exclude_each_other(capsys):
    assert cli.main(["machine", "--check", "--register"]) == 2
    assert "not allowed with argument --check" in capsys.readouterr().err
