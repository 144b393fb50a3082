"""The page of changes."""

import pytest

from cnnfc.report import writer
from cnnfc.report.pages import build_site
from cnnfc.report.views.changes import page as changes
from cnnfc.report.views.common import benchmark_path
from testkit import edges
from testkit import histories as make

K3, K7 = "conv2d.3-64.k3.hw32", "conv2d.3-64.k7.hw32"


@pytest.fixture(scope="module")
def history():
    """One change for the worse, one that is gone again, one for the better; kernels held still."""
    levels = {
        (make.FORWARD, K3, "cpu-1"): make.stepping(1.5),
        (make.FORWARD, K7, "cpu-1"): make.stepping(1.2, back=7),
        (make.DENSE, "dense.1024-512", "cpu-1"): make.stepping(0.8, at=6),
        (make.GEMM, "gemm.2048", "cpu-1"): make.stepping(1.0, level=50e9),
    }
    return make.grown(levels, hardware=[make.record(n) for n in range(1, 10)])


@pytest.fixture(scope="module")
def page(history, page_of):
    return page_of(
        history,
        detect=edges.find_edges,
        between=lambda _good, _bad: ["c1", "c2", "c3"],
        show_commit_url="https://example.org/commit/",
    )["Changes"]


def _answer(page):
    return [(notice.tone, notice.text) for notice in page.answer]


def test_what_is_worse_and_still_there_is_said_first(page):
    assert _answer(page) == [
        (
            "bad",
            (
                "1 change for the worse is still there, laid to the code: +50.0% of "
                f"conv.Forward.time_layer {K3} cpu-1 on oak, first seen at 00000005 of 2026-03-05."
            ),
        ),
        ("", "Other changes: 1 worse for a while and recovered and 2 for the better."),
        (
            "",
            (
                "4 changes in 4 series on 1 machine. By chance at most 1% of flat series show a "
                "change: 0.04 of the 4 with enough values, on average."
            ),
        ),
    ]


def test_the_worst_change_has_everything_in_its_row(page):
    table = page.body.changes
    assert [column.title for column in table.columns] == [
        *("Benchmark", "Machine", "Change", "Before", "After", "Laid to", "Last before"),
        *("First after", "By chance", "State"),
    ]
    row = table.rows[0]
    assert [cell.text for cell in row] == [
        *("conv.Forward.time_layer", "oak", "▲ +50.0%", "1.00 ms", "1.50 ms", "code"),
        *("00000004", "00000005", "0.1%", "present"),
    ]
    name, machine, change, before, after, cause, good, bad, *_, state = row
    assert name.detail == f"{K3} · cpu-1"
    assert name.href.startswith(benchmark_path(make.FORWARD) + "#oak-py3-11-")
    assert machine.href.startswith("machine/oak-")
    assert (change.tone, change.detail) == ("bad", "worse, +47.0% to +53.0%")
    assert (before.sort, before.detail) == ("0.001", "n = 4")
    assert (after.sort, after.detail) == ("0.0015", "n = 5")
    # What speaks most for it; the table of what happened has the rest.
    assert cause.detail == "1 of 3 timings on the CPU moved by ×1.50 (conv 1 of 2, dense 0 of 1)"
    assert good.detail == "2026-03-04, 3 after it not measured"
    assert good.href == "https://example.org/commit/" + "00000004" * 5
    assert (bad.href, bad.detail) == ("https://example.org/commit/" + "00000005" * 5, "2026-03-05")
    assert state.detail.startswith("id ")


def test_changes_are_listed_worst_first_with_what_became_of_them(page):
    rows = page.body.changes.rows
    assert [(row[2].text, row[2].tone, row[-1].text) for row in rows] == [
        ("▲ +50.0%", "bad", "present"),
        ("▲ +20.0%", "muted", "recovered"),
        ("▼ −20.0%", "good", "present"),
        ("▼ −16.7%", "good", "present"),
    ]


def test_other_commits_that_may_be_the_first_bad_one_are_named(history, page_of):
    page = page_of(history, detect=edges.detector(reach=1))["Changes"]
    bad = page.body.changes.rows[0][7]
    assert bad.detail == "2026-03-05, or any of 00000004 to 00000006"


def test_without_git_nothing_says_what_was_not_measured(history, page_of):
    page = page_of(history, detect=edges.find_edges)["Changes"]
    assert page.body.changes.rows[0][6].detail == "2026-03-04"


def test_changes_that_happened_at_once_are_put_together_with_all_evidence(page_of, cells):
    levels = {
        (make.FORWARD, K3, "cpu-1"): make.stepping(1.5),
        (make.FORWARD, K7, "cpu-1"): make.stepping(1.2),
        (make.DENSE, "dense.1024-512", "cpu-1"): make.stepping(1.3, back=7),
        (make.GEMM, "gemm.2048", "cpu-1"): make.stepping(1.0, level=50e9),
    }
    history = make.grown(levels, hardware=[make.record(n) for n in range(1, 10)])
    table = page_of(history, detect=edges.find_edges)["Changes"].body.occurrences
    assert cells(table) == [
        ["3 series worse", "▲ +30.0%", "code", "oak", "00000004", "00000005", "mixed"],
        ["1 series better", "▼ −23.1%", "code", "oak", "00000006", "00000007", "present"],
    ]
    what, size, cause, *_, state = table.rows[0]
    assert state.detail == "2 present, 1 recovered"
    assert what.detail == f"conv.Forward.time_layer · {K3} · cpu-1 and 2 more"
    assert what.href == "changes.html#steps"
    assert (size.tone, size.detail) == ("bad", "up to +50.0%")
    assert "reference kernels stood still: gemm.2048 on cpu-1 ×1.00" in cause.detail
    assert "the software is the same by the hardware records of both runs" in cause.detail
    single = table.rows[1][0]
    assert single.href.startswith(benchmark_path(make.DENSE) + "#")
    assert table.rows[1][1].detail == "−24.6% to −21.5%"


def test_every_machine_has_a_strip_and_every_change_a_mark(page):
    figure = page.body.figure
    assert figure.alt == "4 changes on 1 machine, 1 of them for the worse and still there"
    marks = next(data for data in figure.wide["datasets"].values() if data and "hover" in data[0])
    assert [mark["style"] for mark in marks] == ["code"] * 4
    assert [mark["recovered"] for mark in marks] == [False, True, False, False]
    assert marks[0]["hover"].splitlines()[:3] == [
        f"conv.Forward.time_layer {K3} cpu-1",
        "+50.0%, +47.0% to +53.0%: worse, present",
        "00000004..00000005, 2026-03-05",
    ]
    titles = next(data for data in figure.wide["datasets"].values() if data and "title" in data[0])
    assert [(row["title"], row["note"]) for row in titles] == [("oak", "2 worse, 2 better")]


def test_a_rate_that_falls_is_drawn_as_worse(page_of):
    history = make.grown({(make.GEMM, "gemm.2048", "cpu-1"): make.stepping(0.5, level=50e9)})
    page = page_of(history, detect=edges.find_edges)["Changes"]
    (row,) = page.body.changes.rows
    assert (row[2].text, row[2].tone, row[5].text) == ("▼ −50.0%", "bad", "machine")
    marks = next(
        data for data in page.body.figure.wide["datasets"].values() if data and "hover" in data[0]
    )
    # The middle of the first strip is 84 pixels from the top.
    assert marks[0]["y"] < 84


def test_a_change_without_a_ratio_stands_in_the_table_alone(page_of):
    levels = {("b", "x"): lambda n: -1.0 if n < 5 else -2.0}
    page = page_of(make.grown(levels), detect=edges.find_edges)["Changes"]
    assert page.body.figure is None
    change = page.body.changes.rows[0][2]
    assert (change.text, change.detail) == ("▼ −1 s", "better, −1 s to −1 s")


def test_what_was_looked_at_is_counted_by_machine(page, cells):
    assert cells(page.body.looked) == [["oak", "4", "4", "9", "9", "4", "1", "23 hours ago"]]
    stats = {stat.label: stat.value for stat in page.body.stats}
    assert stats == {
        "Worse": "1",
        "Recovered": "1",
        "Better": "2",
        "New": "0",
        "Looked at": "4",
        "Too short": "0",
    }


def test_series_that_are_too_short_say_nothing_and_the_page_says_so(small):
    page = small["Changes"]
    (notice,) = page.answer
    assert notice.tone == ""
    assert notice.text == (
        "Too early to tell: a series needs 6 values before a change can be found in it, and none "
        "of 44 series on 2 machines has so many."
    )
    assert page.body.figure is None
    assert page.body.changes.rows == ()
    # Where none could be found, that none was found would say too much.
    assert page.body.changes.empty == "No series is long enough to find one in."


def test_a_flat_history_is_said_to_be_flat(page_of):
    page = page_of(make.grown({("b", "x"): make.stepping(1.0)}), detect=edges.find_edges)["Changes"]
    assert _answer(page)[0] == ("good", "No change for the worse is still there.")
    assert page.answer[1].text.startswith("No change in 1 series on 1 machine. By chance at most")
    assert page.body.changes.empty == "No change was found."


def test_nothing_measured_is_no_error(page_of):
    page = page_of(make.history())["Changes"]
    assert _answer(page) == [
        ("", "Nothing is measured yet: run `cnnfc run` or `asv run`, then report again.")
    ]
    assert page.body.looked.rows == ()


def test_more_changes_than_a_page_holds_are_counted(history, page_of, monkeypatch):
    monkeypatch.setattr(changes, "MOST_ROWS", 3)
    page = page_of(history, detect=edges.find_edges)["Changes"]
    assert len(page.body.changes.rows) == 3
    assert page.body.changes.note == (
        "Worst first. 1 smaller one not shown; `cnnfc changes` lists all."
    )


def test_a_change_on_a_further_page_of_its_benchmark_is_linked_there(page_of, monkeypatch):
    from cnnfc.report.views.benchmark import page as benchmark

    monkeypatch.setattr(benchmark, "MOST_ROWS", 1)
    levels = {("b", "x"): make.stepping(1.0), ("b", "y"): make.stepping(1.5)}
    page = page_of(make.grown(levels), detect=edges.find_edges)["Changes"]
    assert page.body.changes.rows[0][0].href.startswith(benchmark_path("b", 2) + "#")


def test_changes_of_an_attacker_are_only_ever_text(tmp_path):
    """Two values and a detector that believes them: every name is in a mark, a row, a sentence."""
    site = build_site(
        make.hostile(),
        project="orchard",
        now=make.NOW,
        show_commit_url="https://example.org/",
        between=lambda _good, _bad: [make.SCRIPT],
        detect=edges.detector(least=2),
    )
    assert next(page for page in site.pages if page.path == "changes.html").body.changes.rows
    writer._write(site, tmp_path)
    for path in tmp_path.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert "<script>alert" not in text
        assert "<img" not in text
