from dataclasses import replace
from datetime import timedelta

from cnnfc.report.views.machine.card import STALE_AFTER
from testkit import edges
from testkit import histories as make


def _answer(page):
    return [(notice.tone, notice.text) for notice in page.answer]


def test_what_is_wrong_is_said_first(small):
    assert _answer(small["Overview"]) == [("warn", "1 file could not be read whole.")]


def test_all_is_well_only_if_it_is(page_of):
    page = page_of(make.history(make.run(make.point("b"), number=9)))["Overview"]
    assert _answer(page) == [
        (
            "good",
            (
                "Nothing failed, every file could be read, the newest run is from 1 day ago, and "
                "no series has enough values yet to find a change in."
            ),
        )
    ]


def test_failures_and_stale_machines_are_named(page_of):
    old = make.run(make.point("b"), machine="elm", at=make.NOW - STALE_AFTER - timedelta(days=1))
    page = page_of(make.history(make.run(make.failed("b"), number=9), old))["Overview"]
    assert _answer(page) == [
        ("bad", "1 combination failed on oak in its newest run."),
        ("warn", "elm was last measured 15 days ago."),
    ]


def test_many_machines_are_counted_instead_of_listed(page_of):
    runs = [make.run(make.failed("b"), machine=f"oak-{n}", number=9) for n in range(5)]
    page = page_of(make.history(*runs))["Overview"]
    assert _answer(page) == [
        ("bad", "5 combinations failed in the newest runs of oak-0, oak-1, oak-2 and 2 more.")
    ]


def test_a_machine_is_fresh_for_two_weeks_to_the_second(page_of):
    def state(age):
        run = make.run(make.point("b"), at=make.NOW - age)
        return page_of(make.history(run))["Overview"].body.machines[0].state.text

    assert state(STALE_AFTER) == "fresh"
    assert state(STALE_AFTER + timedelta(seconds=1)) == "stale"


def test_nothing_measured_is_said_with_the_next_step(page_of):
    pages = page_of(make.history())
    assert set(pages) == {"Overview", "Changes", "Benchmarks"}
    assert _answer(pages["Overview"]) == [
        ("bad", "Nothing is measured yet: run `cnnfc run` or `asv run`, then report again.")
    ]


def test_the_numbers_that_lead(small):
    stats = {stat.label: (stat.value, stat.detail) for stat in small["Overview"].body.stats}
    assert stats == {
        "Last run": ("23 hours ago", "2026-03-09 13:00 UTC"),
        "Machines": ("2", "4 runs"),
        "Commits": ("3", "since 2026-03-01"),
        "Benchmarks": ("5", "with a value"),
        # oak: 12 layers and 2 kernels on 2 devices and 2 first calls; elm: 14
        "Measured": ("44", "in the newest runs"),
        "Worse": ("0", "and still there"),
        "Failed": ("0", "in the newest runs"),
        "Left out": ("1", "files or parts"),
    }


def test_a_card_shows_a_machine_at_a_glance(small):
    oak, elm = small["Overview"].body.machines
    assert (oak.name, oak.processor) == ("oak", "Oak 1 · 2 cores · 8 GiB")
    assert (oak.last_run, oak.commit.text, oak.commit_date) == (
        "23 hours ago",
        "00000009",
        "2026-03-09",
    )
    assert oak.commit.href == "https://example.org/commit/" + "00000009" * 5
    assert (oak.coverage, oak.coverage_detail) == ("5 of 5 benchmarks", "30 of 30 combinations")
    assert oak.coverage_share == "100.0"
    assert (oak.changes.text, oak.changes.tone) == ("too few values yet", "muted")
    # 12 layers on 2 devices and 2 first calls; reference kernels are rates
    assert oak.spark_note == "typical time, 26 series, lower is better"
    assert [link.text for link in oak.layers] == ["CPU, 1 thread", "CPU, 2 threads"]
    assert (elm.name, elm.spark, elm.spark_note) == ("elm", None, "one commit so far")


def test_coverage_is_of_all_that_is_known_not_of_what_the_newest_run_tried(page_of):
    runs = [
        make.run(make.point("b", "x"), make.point("b", "y"), make.point("c"), number=1),
        make.run(make.point("b", "x"), make.skipped("d"), number=2),
        make.run(make.point("b", "x"), make.failed("e"), number=3),
    ]
    (card,) = page_of(make.history(*runs))["Overview"].body.machines
    # c has no new value, d never had one, e failed.
    assert (card.coverage, card.coverage_detail) == ("1 of 3 benchmarks", "1 of 4 combinations")
    assert card.coverage_share == "25.0"


def test_a_change_that_is_still_there_is_no_good_health(page_of, cells):
    levels = {
        ("b", "x"): make.stepping(1.5),
        ("b", "y"): make.stepping(0.5),
        ("b", "z"): make.stepping(1.2, back=7),
    }
    page = page_of(make.grown(levels), detect=edges.find_edges)["Overview"]
    ((tone, said),) = _answer(page)
    assert tone == "bad"
    assert said.startswith("1 change for the worse is still there, of unknown cause: +50.0% of b x")
    card = page.body.machines[0].changes
    assert (card.text, card.tone, card.href) == ("1 worse, still there", "bad", "changes.html")
    assert card.detail == "1 of unknown cause"
    table = page.body.changes
    assert cells(table) == [
        ["1 series worse", "▲ +50.0%", "unknown", "oak", "00000004", "00000005", "present"]
    ]
    assert table.rows[0][0].detail == "b · x"
    assert table.note == "The page of changes has all that changed."


def test_a_flat_history_is_healthy(page_of):
    history = make.grown({("b", "x"): make.stepping(1.0)})
    page = page_of(history, detect=edges.find_edges)["Overview"]
    ((tone, said),) = _answer(page)
    assert tone == "good"
    assert said.endswith("no change for the worse is still there in 1 series.")
    card = page.body.machines[0].changes
    assert (card.text, card.detail) == ("none for the worse", "1 series looked at")
    assert page.body.changes is None


def test_two_environments_of_a_machine_are_told_apart(page_of):
    runs = [make.run(make.point("b"), environment=name) for name in ("py3.11", "py3.12")]
    cards = page_of(make.history(*runs))["Overview"].body.machines
    assert [card.name for card in cards] == ["oak · py3.11", "oak · py3.12"]


def test_moves_are_sorted_and_have_interval_and_n(page_of, cells):
    runs = [
        make.run(
            make.point("a", value=1e-3 * factor),
            make.point("b", value=2e-3 / factor**2),
            make.point("c", value=3e-3 * (1 + factor / 1000)),
            number=number,
        )
        for number, factor in ((1, 1.0), (2, 1.25))
    ]
    table = page_of(make.history(*runs))["Overview"].body.moves
    assert [row[:5] for row in cells(table)] == [
        ["b", "oak", "2.00 ms", "1.28 ms", "▼ −36.0%"],
        ["a", "oak", "1.00 ms", "1.25 ms", "▲ +25.0%"],
    ]
    assert table.rows[0][3].detail == "1.27 – 1.29, n = 7"
    assert [row[4].tone for row in table.rows] == ["good", "bad"]
    assert table.note.startswith(
        "2 of 3 newest values have an interval apart from the one before, 1 for"
    )


def test_without_anything_to_compare_there_are_no_moves(page_of):
    assert page_of(make.history(make.run(make.point("b"))))["Overview"].body.moves is None


def test_explained_variance_is_listed_for_every_device(small, cells):
    table = small["Overview"].body.parameters
    assert [(row[0].text, row[0].detail, row[-1].text) for row in table.rows] == [
        ("elm", "CPU, 1 thread", "12"),
        ("oak", "CPU, 1 thread", "12"),
        ("oak", "CPU, 2 threads", "12"),
    ]
    assert cells(table)[0][3] == "Roofline bound"


def test_problems_are_listed_up_to_a_limit(page_of, cells):
    one = make.small().problems[0]
    history = replace(make.history(make.run(make.point("b"))), problems=(one,) * 250)
    table = page_of(history)["Overview"].body.problems
    assert len(table.rows) == 200
    assert cells(table)[0] == ["results/oak/damaged.json", "it is cut off"]
    assert table.note == "50 more not shown."
