import re
from dataclasses import replace

import pytest

from cnnfc.records import BenchmarkInfo, Point
from cnnfc.report.past import look_back
from cnnfc.report.views.benchmark import page as benchmark
from cnnfc.report.views.common import Context, benchmark_path
from cnnfc.timeline.arrange import arrange
from testkit import edges
from testkit import histories as make


def test_a_table_has_newest_value_interval_n_and_change(page_of, cells):
    runs = [
        make.run(make.point("b", "x", value=1e-3), make.point("b", "y", value=2e-3), number=1),
        make.run(make.point("b", "x", value=1.5e-3), make.point("b", "y", value=2e-3), number=2),
    ]
    (section,) = page_of(make.history(*runs))["b"].body.sections
    assert [(column.title, column.unit) for column in section.table.columns] == [
        ("Case", ""),
        ("Newest", "ms"),
        ("98.4% interval", "ms"),
        ("n", ""),
        ("Change", ""),
        ("History", ""),
    ]
    assert cells(section.table) == [
        ["x", "1.50", "1.48 – 1.52", "7", "▲ +50.0%", ""],
        ["y", "2.00", "1.98 – 2.02", "7", "+0.0%", ""],
    ]
    assert [(row[4].tone, row[4].detail) for row in section.table.rows] == [
        ("bad", "worse"),
        ("muted", ""),
    ]


def test_the_answer_counts_what_left_its_interval(page_of):
    runs = [
        make.run(make.point("b", "x", value=1.0), make.point("b", "y", value=2.0), number=1),
        make.run(make.point("b", "x", value=1.5), make.failed("b", "z"), number=2),
        make.run(make.point("b", "x", value=1.2), make.failed("b", "z"), number=3),
    ]
    (notice,) = page_of(make.history(*runs))["b"].answer
    assert notice.text == (
        "oak: 2 series over 3 commits; too few values yet to find a change in; 1 of 1 newest "
        "values has an interval apart from the one before: 1 better, 0 worse. 1 case failed in the "
        "newest run."
    )
    assert notice.tone == "bad"


def test_the_answer_says_what_was_left_out_for_another_version(page_of):
    old = replace(make.point("b", "x", value=9.0), version="1")
    new = replace(make.point("b", "x", value=1.0), version="2")
    page = page_of(make.history(make.run(old, number=1), make.run(new, number=2)))["b"]
    assert page.answer[0].text == (
        "oak: 1 series over 1 commit; a second value is needed before anything can be compared; "
        "1 value of another version of this benchmark cannot be compared and is left out."
    )


def test_the_answer_says_how_many_series_could_show_a_change(page_of):
    levels = {("b", "x"): make.stepping(1.0), ("b", "y"): make.stepping(1.0)}
    (notice,) = page_of(make.grown(levels), detect=edges.find_edges)["b"].answer
    assert notice.text.startswith("oak: 2 series over 9 commits; no change in the 2 with 6 values")


@pytest.mark.parametrize(
    ("n", "commits", "said"),
    [
        (7, 1, "a second value is needed before anything can be compared"),
        (3, 2, "without intervals, a difference cannot be told from noise"),
        (7, 2, "no newest value of 1 has an interval apart from the one before"),
    ],
)
def test_the_answer_never_claims_more_than_its_data(page_of, n, commits, said):
    runs = [make.run(make.point("b", n=n), number=number + 1) for number in range(commits)]
    (notice,) = page_of(make.history(*runs))["b"].answer
    assert said in notice.text


def test_a_value_of_an_older_run_says_of_which(page_of):
    runs = [
        make.run(make.point("b", "x"), make.point("b", "y"), number=1),
        make.run(make.point("b", "x"), make.skipped("b", "y"), number=2),
    ]
    (section,) = page_of(make.history(*runs))["b"].body.sections
    x, y = section.table.rows
    assert x[1].detail == ""
    assert y[1].detail == "of 00000001"


def test_warnings_stand_with_their_row_and_shared_ones_once(page_of):
    history = make.history(
        make.run(make.point("b", "x", n=3), make.point("b", "y", n=3), make.failed("b", "z"))
    )
    (section,) = page_of(history)["b"].body.sections
    assert section.table.note.startswith("All of them: only 3 values: no 95% interval")
    assert [row[0].warning for row in section.table.rows] == ["", "", "failed in the newest run"]
    one = make.history(make.run(make.point("b", "x", n=3), make.point("b", "y")))
    (section,) = page_of(one)["b"].body.sections
    assert [bool(row[0].warning) for row in section.table.rows] == [True, False]


def test_change_and_history_need_a_second_commit(page_of):
    (section,) = page_of(make.history(make.run(make.point("b", "x"))))["b"].body.sections
    assert [column.title for column in section.table.columns][-1] == "n"


def test_a_benchmark_without_parameters_is_called_by_its_name(page_of, cells):
    (section,) = page_of(make.foreign())["count"].body.sections
    assert section.table.columns[0].title == "Benchmark"
    assert cells(section.table)[0][:2] == ["count", "2.00"]


def test_a_unit_of_a_stranger_is_printed_as_it_is(page_of):
    page = page_of(make.foreign())["sorting.track_swaps"]
    assert page.body.sections[0].table.columns[1].unit == "swaps per item"
    assert page.body.direction == "higher is better"


def _figures(history, page_of, name="b"):
    (section,) = page_of(history)[name].body.sections
    return [figure.id.split("-")[0] for figure in section.figures]


def test_the_charts_suit_how_much_there_is_to_show(page_of):
    def history(series, commits, name="b"):
        return make.history(
            *(
                make.run(*(make.point(name, str(n)) for n in range(series)), number=c + 1)
                for c in range(commits)
            )
        )

    assert _figures(history(3, 1), page_of) == ["newest"]
    assert _figures(history(3, 2), page_of) == ["history"]
    assert _figures(history(20, 2), page_of) == ["history", "newest"]
    assert _figures(history(60, 1), page_of) == ["newest"]
    assert _figures(make.history(make.run(make.failed("b", "x"))), page_of) == []


def test_devices_are_shown_on_one_axis(page_of):
    points = [
        make.point(make.FORWARD, f"conv2d.3-{n}.k3.hw32", device, value=n * scale)
        for device, scale in (("cpu-1", 1e-3), ("cpu-2", 1e-5))
        for n in range(1, 25)
    ]
    (section,) = page_of(make.history(make.run(*points)))[make.FORWARD].body.sections
    domains = [
        figure.wide["layer"][0]["encoding"]["x"]["scale"]["domain"] for figure in section.figures
    ]
    assert len(domains) == 2
    assert domains[0] == domains[1]


def test_what_was_skipped_everywhere_has_no_page(page_of):
    pages = page_of(make.history(make.run(make.skipped("b", "x"), make.point("c"))))
    assert set(pages) == {"Overview", "Changes", "Benchmarks", "oak", "c"}


def test_a_chart_stays_within_its_budget_of_marks(page_of):
    runs = [
        make.run(*(make.point("b", str(n)) for n in range(400)), number=number)
        for number in range(1, 29)
    ]
    (section,) = page_of(make.history(*runs))["b"].body.sections
    history = section.figures[0]
    rows = sum(len(data) for data in history.wide["datasets"].values())
    assert rows <= 5_100
    assert "8 older commits left out of the chart." in history.caption
    assert "One line stands for 2 series." in history.caption


def test_more_rows_than_a_page_holds_go_on_further_pages(monkeypatch):
    monkeypatch.setattr(benchmark, "MOST_ROWS", 3)
    runs = [
        make.run(*(make.point("b", str(n)) for n in range(2)), machine=machine)
        for machine in ("elm", "fir", "oak")
    ]
    groups = arrange(make.history(*runs))
    pages = list(benchmark.pages("b", groups, look_back(groups), Context(make.NOW)))
    shown = [
        [(section.machine.text, len(section.table.rows)) for section in page.body.sections]
        for page in pages
    ]
    assert shown == [[("elm", 2), ("fir", 1)], [("fir", 1), ("oak", 2)]]
    assert [page.path for page in pages] == [benchmark_path("b"), benchmark_path("b", 2)]
    assert [[link.current for link in page.siblings] for page in pages] == [
        [True, False],
        [False, True],
    ]


def test_the_commands_measure_this_benchmark_and_no_other(small):
    asv, own = (command.text for command in small[make.FORWARD].body.commands)
    tail = r"--bench '^conv\.Forward\.time_layer\b' '0000000900^!'"
    assert (asv, own) == (f"asv run --record-samples {tail}", f"cnnfc run {tail}")
    pattern = re.compile(r"^conv\.Forward\.time_layer\b")
    assert pattern.search(make.FORWARD + "(conv2d.3-64.k3.hw32, cpu-1)")
    assert not pattern.search("conv.Forward.time_layers")
    assert not pattern.search("xconv.Forward.time_layer")


def test_a_benchmark_of_the_full_profile_is_measured_with_it(page_of):
    name = "conv.ForwardFull.time_layer"
    page = page_of(make.history(make.run(Point(name, ("'a'",), make.point("b").outcome, 1.0))))[
        name
    ]
    asv, own = (command.text for command in page.body.commands)
    assert asv.startswith("CNNFC_PROFILE=full asv run --record-samples --bench ")
    assert own.startswith("cnnfc run --profile full --bench ")


def test_a_foreign_suite_is_measured_with_asv_alone_and_its_names_are_quoted(page_of):
    name = "x'; rm -rf ~; '"
    history = make.history(make.run(Point(name, (), make.point("b").outcome, 1.0)))
    history = type(history)(history.runs, {name: BenchmarkInfo(name)}, (), ())
    (command,) = page_of(history)[name].body.commands
    import shlex

    words = shlex.split(command.text)
    assert words[:4] == ["asv", "run", "--record-samples", "--bench"]
    assert re.search(words[4], name)
    assert len(words) == 6


def test_the_command_is_of_the_commit_that_the_newest_value_is_of(page_of):
    runs = [
        make.run(make.point("b"), number=3),
        make.run(make.point("c"), make.skipped("b"), number=4),
    ]
    (command,) = page_of(make.history(*runs))["b"].body.commands
    assert command.text.endswith("'0000000300^!'")
    assert (
        command.does == "measures the newest point, of 2026-03-03, again, in asv's own environment"
    )


@pytest.fixture(scope="module")
def changed(page_of):
    """The part about `oak` of a benchmark with a change, one of another, and another torch."""
    levels = {
        ("b", "x"): make.stepping(1.5),
        ("b", "y"): make.stepping(1.0),
        ("c", "x"): make.stepping(1.3),
    }
    records = [make.record(n, torch="2.12.0" if n < 3 else "2.13.0") for n in range(1, 10)]
    pages = page_of(make.grown(levels, hardware=records), detect=edges.find_edges)
    return pages["b"]


def test_the_answer_begins_with_what_changed(changed):
    assert changed.answer[0].tone == "bad"
    assert changed.answer[0].text.startswith(
        "oak: 2 series over 9 commits; 1 change, 1 for the worse and still there (the largest "
        "+50.0%, of unknown cause); "
    )


def test_the_changes_of_a_benchmark_are_its_own_alone(changed, cells):
    (section,) = changed.body.sections
    assert section.changes.id == f"steps-{section.id}"
    assert [(row[0], row[1]) for row in cells(section.changes)] == [("x", "▲ +50.0%")]


def test_levels_change_points_and_updates_are_in_the_chart(changed):
    (section,) = changed.body.sections
    figure = section.figures[0]
    data = list(figure.wide["datasets"].values())
    levels = next(rows for rows in data if rows and "level" in rows[0])
    ends = [(row["style"], row["commit"][:8], row["centre"]) for row in levels]
    assert ends == [
        ("x", "00000001", 1e-3),
        ("x", "00000004", 1e-3),
        ("x", "00000005", 1.5e-3),
        ("x", "00000009", 1.5e-3),
        ("y", "00000001", 1e-3),
        ("y", "00000009", 1e-3),
    ]
    turn = next(rows for rows in data if rows and "after" in rows[0])
    assert [(row["commit"][:8], row["before"], row["after"]) for row in turn] == [
        ("00000005", 1e-3, 1.5e-3)
    ]
    labels = [row["label"] for rows in data if rows and "label" in rows[0] for row in rows]
    assert sorted(labels) == ["+50.0% unknown", "torch 2.13.0"]
    assert figure.alt == "2 series over 9 commits; 1 change and 1 update of software"
    for said in ("Thick lines are levels", "A riser with a mark", "Dotted lines", "ends now"):
        assert said in figure.caption


def test_updates_of_software_are_listed_with_the_first_commit(changed, cells):
    (section,) = changed.body.sections
    assert cells(section.updates) == [["00000003", "torch", "2.12.0", "2.13.0"]]


def test_a_series_that_is_too_short_has_no_level(page_of):
    runs = [make.run(make.point("b", "x", value=number), number=number) for number in (1, 2, 3)]
    (section,) = page_of(make.history(*runs))["b"].body.sections
    data = section.figures[0].wide["datasets"].values()
    assert not [rows for rows in data if rows and "level" in rows[0]]
    assert section.changes is None
    assert section.updates is None


def test_the_axis_ends_now(page_of):
    (section,) = page_of(make.grown({("b", "x"): make.stepping(1.0)}))["b"].body.sections
    for spec in (section.figures[0].wide, section.figures[0].narrow):
        domain = spec["layer"][-1]["encoding"]["x"]["scale"]["domain"]
        assert domain[-1] == "now|2026-03-10"


def test_of_many_series_those_with_a_change_have_a_colour(page_of):
    levels = {("b", f"{n:02d}"): make.stepping(1.0, level=n) for n in range(1, 20)}
    levels["b", "20"] = make.stepping(1.5, at=4)
    levels["b", "21"] = make.stepping(0.5, at=6)
    (section,) = page_of(make.grown(levels), detect=edges.find_edges)["b"].body.sections
    figure = section.figures[0]
    assert "Coloured: series with a change." in figure.caption
    data = figure.wide["datasets"].values()
    drawn = [row for rows in data if rows and "level" in rows[0] for row in rows]
    assert {row["style"] for row in drawn} == {"20", "21"}
    # Relative to the median of the nine values, which is that of the longer stretch.
    assert sorted({round(row["centre"], 3) for row in drawn}) == [0.5, 0.667, 1.0]


def test_changes_before_the_commits_that_a_chart_shows_are_left_out(page_of, monkeypatch):
    from cnnfc.report.views.benchmark import figures as benchmark_figures

    monkeypatch.setattr(benchmark_figures, "BUDGET", 3 * 4)
    history = make.grown({("b", "x"): make.stepping(1.5, at=4)})
    (section,) = page_of(history, detect=edges.find_edges)["b"].body.sections
    data = section.figures[0].wide["datasets"].values()
    assert not [rows for rows in data if rows and "after" in rows[0]]
    (level,) = [rows for rows in data if rows and "level" in rows[0]]
    assert [row["commit"][:8] for row in level] == ["00000006", "00000009"]
    assert len(section.changes.rows) == 1
