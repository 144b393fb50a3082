"""``cnnfc changes`` from the outside, on histories written in asv's format."""

import csv
import io
import json
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cnnfc import cli
from cnnfc.commands.changes import command as changes
from cnnfc.commands.changes.columns import COLUMNS
from cnnfc.commands.changes.command import ChangesOptions, show_changes
from cnnfc.errors import DataError, UsageError
from cnnfc.history.index.place import index_file
from cnnfc.history.results import read_history
from cnnfc.machine.locked_files import locked
from cnnfc.timeline.arrange import arrange
from cnnfc.timeline.changes import look_for_changes
from testkit import edges, odd_results
from testkit import results_on_disk as disk
from testkit.repositories import git, isolate

TESTS = Path(__file__).parents[2]
DEVICES = [["conv2d.3-64.k3.hw32"], ["cpu-1", "cpu-2"]]


@pytest.fixture
def results(tmp_path):
    """Twelve commits: one thread gets 20% slower at the 7th, two threads 10% quicker at the 9th."""
    folder = tmp_path / "results"
    for number in range(1, 13):
        one, two = (1.2 if number >= 7 else 1.0), (0.9 if number >= 9 else 1.0)
        row = disk.row([one * 1e-3, two * 5e-4], *DEVICES, day=number)
        disk.write(folder, number, conv__Forward__time_layer=row)
    return folder


def _shown(results, width=None, **options):
    out = io.StringIO()
    code = show_changes(ChangesOptions(results=results, **options), out, detect=edges.find_edges)
    return code, out.getvalue()


def test_changes_are_listed_worst_first_with_cause_and_commits(results):
    code, said = _shown(results)
    first, blank, head, *rows = said.splitlines()
    assert code == 0
    assert first == "2 changes in 2 series on 1 machine"
    assert blank == ""
    assert head.split() == [
        *("id", "change", "95%", "interval", "cause", "good..bad", "commit", "benchmark"),
    ]
    assert [row.split()[1:] for row in rows] == [
        [
            *("worse", "+20.0%", "+17.6%..+22.4%", "unknown", "00000006..00000007"),
            *("conv.Forward.time_layer", "conv2d.3-64.k3.hw32", "cpu-1"),
        ],
        [
            *("better", "−10.0%", "−11.8%..−8.2%", "unknown", "00000008..00000009"),
            *("conv.Forward.time_layer", "conv2d.3-64.k3.hw32", "cpu-2"),
        ],
    ]
    assert max(map(len, said.splitlines())) <= 120


def test_why_adds_the_evidence(results):
    _, said = _shown(results, why=True)
    lines = said.splitlines()
    (place,) = [n for n, line in enumerate(lines) if " worse " in line]
    assert lines[place + 1] == "    1 of 2 timings on the CPU moved by ×1.20"
    assert lines[place + 3].startswith("    no hardware record belongs to either run")


def test_a_size_and_a_machine_are_selected(results):
    disk.write(results, 1, "elm", conv__Forward__time_layer=disk.row([1e-3, 1e-3], *DEVICES))
    _, said = _shown(results, min_size=0.15)
    assert said.startswith("1 of 2 changes in 4 series on 2 machines")
    assert "−10.0%" not in said
    _, said = _shown(results, machines=("elm",))
    assert said == (
        "no change in 2 series on 1 machine; none of them has enough values yet to find a change "
        "in\n"
    )
    _, said = _shown(results, machines=("oak",))
    assert said.startswith("2 changes in 2 series on 1 machine")


def test_an_unknown_machine_is_refused_by_naming_those_there_are(results):
    with pytest.raises(UsageError, match=r"unknown machine 'aok': choose one of oak; did you mean"):
        _shown(results, machines=("aok",))


@pytest.mark.parametrize(
    ("since", "days"),
    [
        ("2026-03-07", [7, 9]),
        ("2026-03-07T13:00", [9]),
        ("2026-03-10", []),
        ("00000006", [7, 9]),
        ("00000007", [9]),
    ],
)
def test_changes_since_a_date_or_a_measured_commit(results, since, days):
    _, said = _shown(results, since=since, as_json=True)
    dates = [one["first_bad_date"] for one in json.loads(said)["changes"]]
    assert dates == [f"2026-03-{day:02d}T12:00:00+00:00" for day in days]


@pytest.mark.parametrize("since", ["nowhere", "-n1", "", "ffff", "0000", "2026-3-1"])
def test_what_is_no_moment_is_refused_by_naming_what_was_measured(results, since):
    sentence = (
        r"is neither a date such as 2026-11-01 nor a commit, .*: measured commits go from 00000001 "
        r"\(2026-03-01\) to 0000000c \(2026-03-12\)$"
    )
    with pytest.raises(UsageError, match=sentence):
        _shown(results, since=since)


def test_a_date_that_cannot_be_is_refused(results):
    with pytest.raises(UsageError, match="'2026-02-30' is not a date: write it as 2026-11-01"):
        _shown(results, since="2026-02-30")


def test_json_has_every_column_for_every_change_and_says_what_they_mean(results):
    code, said = _shown(results, as_json=True)
    data = json.loads(said)
    assert code == 0
    assert {k: v for k, v in data.items() if k not in {"columns", "changes"}} == {
        "schema_version": 1,
        "series": 2,
        "too_short": 0,
        "exit_code": 0,
    }
    assert [one["name"] for one in data["columns"]] == [one.name for one in COLUMNS]
    assert all(one["meaning"] for one in data["columns"])
    worse, _ = data["changes"]
    assert list(worse) == [one.name for one in COLUMNS]
    assert len(worse.pop("id")) == 8
    assert worse.pop("evidence")[0] == "1 of 2 timings on the CPU moved by ×1.20"
    for name in ("ratio", "ratio_low", "ratio_high", "before", "after"):
        worse[name] = round(worse[name], 6)
    assert worse == {
        "machine": "oak",
        "environment": "py3.11",
        "benchmark": "conv.Forward.time_layer",
        "parameters": ["conv2d.3-64.k3.hw32", "cpu-1"],
        "direction": "slower",
        "ratio": 1.2,
        "ratio_low": 1.176,
        "ratio_high": 1.224,
        "before": 0.001,
        "after": 0.0012,
        "unit": "seconds",
        "values_before": 6,
        "values_after": 6,
        "p_value": 0.001,
        "state": "present",
        "cause": "unknown",
        "last_good": "00000006" * 5,
        "last_good_date": "2026-03-06T12:00:00+00:00",
        "first_bad": "00000007" * 5,
        "first_bad_date": "2026-03-07T12:00:00+00:00",
        "earliest": "00000007" * 5,
        "earliest_date": "2026-03-07T12:00:00+00:00",
        "latest": "00000007" * 5,
        "latest_date": "2026-03-07T12:00:00+00:00",
        "unmeasured": None,
        "unmeasured_commits": [],
        "new": False,
    }


def test_csv_is_the_same_table(results):
    _, said = _shown(results, as_csv=True)
    _, data = _shown(results, as_json=True)
    rows = list(csv.DictReader(io.StringIO(said)))
    objects = json.loads(data)["changes"]
    assert [row["id"] for row in rows] == [one["id"] for one in objects]
    assert rows[0]["parameters"] == "conv2d.3-64.k3.hw32, cpu-1"
    assert rows[0]["evidence"].startswith("1 of 2 timings on the CPU moved by ×1.20; ")
    assert float(rows[0]["ratio"]) == objects[0]["ratio"]
    assert rows[0]["unmeasured"] == ""


def test_json_and_csv_at_once_are_refused(results):
    with pytest.raises(UsageError, match="--json and --csv exclude each other"):
        _shown(results, as_json=True, as_csv=True)


def test_results_that_are_not_there_are_refused_as_by_the_report(tmp_path):
    with pytest.raises(DataError, match="is not there: measure something first"):
        _shown(tmp_path / "results")
    (tmp_path / "results").mkdir()
    with pytest.raises(DataError, match=r"no results in .* can be read: measure with"):
        _shown(tmp_path / "results")


def test_files_that_were_left_out_are_counted_beside_the_output(results, capsys):
    (results / "oak" / "deadbeef-py3.11.json").write_text("{")
    assert _shown(results)[1] == _shown(results)[1]
    assert "left out 1 file or part of one; `cnnfc report` names them" in capsys.readouterr().err


def _said(results, **options):
    """What is said with the detector that people get, and beside it."""
    out = io.StringIO()
    show_changes(ChangesOptions(results=results, as_json=True, **options), out)
    return out.getvalue()


@pytest.fixture
def odd(tmp_path):
    """Results of no project, and what is to be said of them by what is read without an index."""
    results, hardware = odd_results.write(tmp_path / "odd", 7)
    history = read_history(results, hardware)
    found = look_for_changes(arrange(history))
    assert len(found.changes) > 3
    out = io.StringIO()
    changes._write_json(found, found.changes, 0, out)
    count = len(history.problems)
    assert count > 3
    err = f"cnnfc changes: left out {count} files or parts of them; `cnnfc report` names them\n"
    return results, out.getvalue(), err


def test_with_and_without_an_index_the_answer_is_the_same(odd, caches, capsys):
    results, expected, left_out = odd
    for _ in range(3):
        assert _said(results) == expected
        assert capsys.readouterr().err == left_out
    index_file(caches / "cnnfc" / "index", results).write_bytes(b"damaged")
    assert _said(results) == expected
    err = capsys.readouterr().err.removeprefix(left_out)
    assert re.fullmatch(r"cnnfc: the index could not be used .*: it was made again\n", err)


def test_while_somebody_else_has_the_index_the_answer_is_the_same(odd, caches, capsys, monkeypatch):
    results, expected, left_out = odd
    monkeypatch.setattr("cnnfc.commands.indexed.PATIENCE", 0.0)
    with locked(index_file(caches / "cnnfc" / "index", results)):
        assert _said(results) == expected
    note = "cnnfc: another process uses the index: the result files are read instead\n"
    assert capsys.readouterr().err == left_out + note


def test_where_no_index_can_be_written_the_answer_is_the_same(odd, tmp_path, monkeypatch, capsys):
    results, expected, _ = odd
    (tmp_path / "file").write_text("")
    monkeypatch.setattr("cnnfc.history.index.place._caches", lambda: tmp_path / "file")
    assert _said(results) == expected
    assert capsys.readouterr().err.count("cnnfc: there is no index (cannot write ") == 1
    monkeypatch.setattr("cnnfc.history.index.place._caches", lambda: None)
    assert _said(results) == expected
    assert "no index" not in capsys.readouterr().err


def test_results_are_left_as_they_are(odd):
    results, *_ = odd
    before = {path: path.is_file() and path.read_bytes() for path in results.parent.rglob("*")}
    _said(results)
    _said(results)
    after = {path: path.is_file() and path.read_bytes() for path in results.parent.rglob("*")}
    assert after == before


@pytest.fixture
def nightly(tmp_path):
    """Writes the history of nights 1 to `count`, slower from commit `at` on, and calls the job."""

    def run(at, count=12, factor=1.2, **options):
        folder = tmp_path / f"results-{at}-{count}-{factor}"
        for number in range(1, count + 1):
            value = 1e-3 * (factor if number >= at else 1.0)
            row = disk.row([value], ["conv2d.3-64.k3.hw32"], ["cpu-1"], day=number)
            disk.write(folder, number, conv__Forward__time_layer=row)
        return _shown(folder, fail_on_new=True, **options)

    return run


def test_a_job_fails_in_the_night_that_brings_a_slowdown_to_light_and_not_again(nightly, capsys):
    code, said = nightly(12)
    assert code == 1
    assert "(1 new)" in said
    assert "new for the worse: " in capsys.readouterr().err
    assert nightly(12, 13)[0] == 0


def test_a_job_does_not_fail_for_what_is_better_or_filtered_out(nightly):
    assert nightly(12, factor=0.8)[0] == 0
    assert nightly(12, min_size=0.3)[0] == 0
    assert nightly(12, factor=1.0)[0] == 0


def test_the_failing_exit_code_is_in_the_json(nightly):
    code, said = nightly(12, as_json=True)
    assert code == json.loads(said)["exit_code"] == 1


@pytest.mark.parametrize("cause", ["machine", "software"])
def test_a_job_does_not_fail_for_what_the_code_did_not_do(nightly, monkeypatch, cause):
    found = changes.join

    def blamed(*arguments):
        from dataclasses import replace

        result = found(*arguments)
        return replace(
            result,
            changes=tuple(replace(one, cause=changes.Cause(cause)) for one in result.changes),
        )

    monkeypatch.setattr(changes, "join", blamed)
    code, said = nightly(12)
    assert code == 0
    assert cause in said


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A project with twelve commits; every third is measured, and it is slower from the 7th on."""
    isolate(monkeypatch)
    root = tmp_path / "project"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    (root / "asv.conf.json").write_text(
        '{"version": 1, "repo": ".", "project": "tiny", "results_dir": "reports/results"}'
    )
    git(root, "add", "-A")
    hashes = []
    for number in range(1, 37):
        date = f"{datetime(2026, 3, 1 + number // 3, number % 3, tzinfo=UTC).timestamp():.0f} +0000"
        words = ("commit", "-q", "--allow-empty", "-m", f"commit {number}")
        git(root, *words, GIT_AUTHOR_DATE=date)
        hashes.append(git(root, "rev-parse", "HEAD"))
    for number in range(1, 13):
        value = 1e-3 * (1.2 if number >= 7 else 1.0)
        row = disk.row([value], ["conv2d.3-64.k3.hw32"], ["cpu-1"], day=number)
        commit = hashes[3 * number - 1]
        folder = root / "reports" / "results"
        disk.write(folder, number, at=commit, conv__Forward__time_layer=row)
    git(root, "tag", "v1", hashes[19])
    monkeypatch.chdir(root)
    return hashes


def test_git_says_which_commits_were_not_measured(repository):
    _, said = _shown(None, as_json=True)
    (one,) = json.loads(said)["changes"]
    assert one["last_good"] == repository[17]
    assert one["first_bad"] == repository[20]
    assert one["unmeasured"] == 2
    assert one["unmeasured_commits"] == repository[18:20]
    _, said = _shown(None)
    assert " +2 " in said.splitlines()[-1]


def test_changes_after_a_tag_that_was_not_measured_itself(repository):
    assert len(json.loads(_shown(None, since="v1", as_json=True)[1])["changes"]) == 1
    assert len(json.loads(_shown(None, since="HEAD", as_json=True)[1])["changes"]) == 0
    # The first bad commit itself is no longer after it.
    since = repository[20]
    assert len(json.loads(_shown(None, since=since, as_json=True)[1])["changes"]) == 0


def test_the_command_line_hands_everything_over(results, monkeypatch, capsys):
    heard = []
    shown = "cnnfc.commands.changes.command.show_changes"
    monkeypatch.setattr(shown, lambda options, out: heard.append(options) or 0)

    words = ["--since", "v1", "--machine", "a", "--machine", "b", "--min-size", "5%", "--why"]
    words += ["--csv", "--fail-on-new", "--results", "r", "--hardware", "h"]
    assert cli.main(["changes", *words]) == 0
    assert heard == [
        ChangesOptions(
            since="v1",
            machines=("a", "b"),
            min_size=0.05,
            as_csv=True,
            why=True,
            fail_on_new=True,
            results=Path("r"),
            hardware=Path("h"),
        )
    ]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--min-size", "big"], "'big' is not a size: write 3% or 0.03"),
        (["--min-size", "-5%"], "--min-size must not be negative"),
        (["--json", "--csv"], "not allowed with argument --json"),
        (["--here"], "--here is an option of --bisect"),
        (["--bisect", "x", "--csv"], "--csv lists changes and --bisect measures one"),
        (["--bisect", "x", "--fail-on-new"], "leave --fail-on-new out"),
    ],
)
def test_a_wrong_command_line_is_one_sentence(words, sentence, capsys):
    words = [f"{words[0]}={words[1]}", *words[2:]] if words[:1] == ["--min-size"] else words
    assert cli.main(["changes", *words]) == 2
    err = capsys.readouterr().err
    assert sentence in err
    assert err.count("\n") == 1


def test_what_this_project_has_measured_so_far_is_too_little_to_find_a_change_in(tmp_path, capsys):
    """The committed history, by the real detector."""
    results = tmp_path / "results"
    shutil.copytree(TESTS.parent / "reports" / "results", results)
    assert cli.main(["changes", "--results", str(results)]) == 0
    assert " series on " in capsys.readouterr().out
