from dataclasses import replace

import pytest

from testkit import histories as make

THREADS = "threads.Forward.time_layer"


def points(benchmark, case, **seconds):
    """A point a thread count: ``points(name, case, cpu1=1.0, cpu2=0.5)``."""
    return [
        make.point(benchmark, case, f"cpu-{name[3:]}", value=value)
        for name, value in seconds.items()
    ]


@pytest.fixture(scope="module")
def page(page_of):
    """Four layers on four thread counts, each with its own fate, and one on two."""
    layers = {
        "dense.1024-512": (1.0, 0.625, 0.4375, 0.34375),  # 0.25 + 0.75 / p
        "dense.2048-1000": (1.0, 0.6, 0.4, 0.395),
        "conv2d.3-64.k3.hw32": (1.0, 1.5, 2.0, 3.0),
        "conv2d.3-64.k7.hw32": (1.0, 0.5, 0.25, 0.5),
    }
    every = [
        point
        for case, (one, two, four, eight) in layers.items()
        for point in points(THREADS, case, cpu1=one, cpu2=two, cpu4=four, cpu8=eight)
    ]
    every += points(make.DENSE, "dense.4096-4096", cpu1=1.0, cpu2=0.4)
    return page_of(make.history(make.run(*every)))["Threads of oak"]


def rows_of(page):
    titles = [column.title for column in page.body.layers.columns]
    return {row[0].text: dict(zip(titles, row, strict=True)) for row in page.body.layers.rows}


def test_the_answer_names_the_median_the_ends_and_where_it_stops(page):
    # From 1 to 8 threads: 2.91, 2.53, 0.33 and 2 times as fast.
    assert [notice.text for notice in page.answer] == [
        "On oak, from 1 thread to 8, the median layer is 2.27 times as fast over 4 layers.",
        "By their intervals 3 of 4 layers got faster, 1 slower, and 0 show no difference.",
        (
            "Least gains conv2d.3-64.k3.hw32 (×0.33, 0.33 – 0.34), most dense.1024-512 (×2.91, "
            "2.87 – 2.95): the answer depends on the layer."
        ),
        (
            "Of 4 layers with 4 thread counts, half stop gaining at 4 threads or before; every "
            "doubling helped 1."
        ),
    ]


def test_every_layer_is_said_in_words_with_the_least_efficient_first(page):
    rows = rows_of(page)
    assert {case: row["In words"].text for case, row in rows.items()} == {
        "conv2d.3-64.k3.hw32": "slower with more threads",
        "conv2d.3-64.k7.hw32": "past its best",
        "dense.2048-1000": "faster, less than ideal",
        "dense.1024-512": "faster, less than ideal",
        "dense.4096-4096": "faster than ideal",
    }
    assert next(iter(rows)) == "conv2d.3-64.k3.hw32"
    assert rows["conv2d.3-64.k3.hw32"]["In words"].tone == "bad"


def test_the_serial_fraction_is_a_number_only_where_it_is_one(page):
    rows = rows_of(page)
    serial = {case: row["Serial fraction"] for case, row in rows.items()}
    assert serial["dense.1024-512"].text == "25%"
    assert " – " in serial["dense.1024-512"].detail
    assert (serial["conv2d.3-64.k3.hw32"].text, serial["conv2d.3-64.k3.hw32"].detail) == (
        "none",
        "above 100%",
    )
    assert (serial["dense.4096-4096"].text, serial["dense.4096-4096"].detail) == ("none", "below 0")


def test_how_far_the_law_is_off_is_said_where_it_was_fitted(page):
    rows = rows_of(page)
    assert float(rows["dense.1024-512"]["Law is off by"].sort) == pytest.approx(0)
    assert rows["dense.4096-4096"]["Law is off by"].text == "–"
    assert float(rows["conv2d.3-64.k7.hw32"]["Law is off by"].sort) > 0.3


def test_speed_up_and_efficiency_have_their_intervals(page):
    row = rows_of(page)["dense.1024-512"]
    # 1 / 0.34375 = 2.91 on 8 threads; 1% of both latencies is 1.4% of their ratio.
    assert (row["Speed-up"].text, row["Speed-up"].detail) == ("×2.91", "2.87 – 2.95")
    assert (row["Efficiency"].text, row["Efficiency"].detail) == ("36%", "36% – 37%")
    assert row["Most"].detail.startswith("on 8: ")


def test_threads_stop_helping_where_a_doubling_gains_nothing_that_shows(page):
    stops = {case: row["Stops helping"].text for case, row in rows_of(page).items()}
    assert stops == {
        "conv2d.3-64.k3.hw32": "after 1",
        "conv2d.3-64.k7.hw32": "after 4",
        "dense.2048-1000": "after 4",
        "dense.1024-512": "not yet",
        "dense.4096-4096": "not yet",
    }


def test_layers_measured_count_by_count_get_a_panel_each(page):
    curves = page.body.curves.wide
    titles = [panel["title"]["text"] for panel in curves["concat"]]
    assert titles == [
        "dense.1024-512",
        "dense.2048-1000",
        "conv2d.3-64.k7.hw32",
        "conv2d.3-64.k3.hw32",
    ]
    assert curves["concat"][0]["title"]["subtitle"] == "serial fraction 25%"
    assert curves["concat"][-1]["title"]["subtitle"] == "slower with more threads"
    assert "fitted to all thread counts" in page.body.curves.caption
    assert "The table has 1 more layer." in page.body.curves.caption


def test_every_layer_is_in_the_chart_of_gains_and_families_have_their_medians(page):
    gains, efficiency = page.body.pair
    assert gains.title == "Speed-up from 1 thread to 8"
    hovers = [
        row["hover"]
        for rows in efficiency.wide["datasets"].values()
        for row in rows
        if "8 threads" in row.get("hover", "")
    ]
    # dense: 2.91 and 2.53 of 8; conv: 0.33 and 2 of 8
    assert sorted(set(hovers)) == [
        "conv, 8 threads\nefficiency 15%, middle half 9.4% – 20%\n2 layers",
        "dense, 8 threads\nefficiency 34%, middle half 33% – 35%\n2 layers",
    ]


def test_two_thread_counts_determine_the_law_and_the_page_says_so(small):
    page = small["Threads of oak"]
    assert [notice.text for notice in page.answer] == [
        (
            "On oak, from 1 thread to 2, the median layer is 1.67 times as fast (95% interval 1.67 "
            "to 1.67) over 12 layers."
        ),
        "By their intervals 12 of 12 layers got faster, 0 slower, and 0 show no difference.",
        (
            "Two thread counts determine the serial fraction exactly: they cannot show whether "
            "Amdahl's law holds, nor where a third count would stop helping."
        ),
    ]
    assert {row["Serial fraction"].text for row in rows_of(page).values()} == {"20%"}
    assert "Law is off by" not in next(iter(rows_of(page).values()))
    # Two panels of convolutions and of dense layers, one of each other family.
    assert len(page.body.curves.wide["concat"]) == 7


def test_one_thread_count_is_said_with_what_to_run(small):
    page = small["Threads of elm"]
    assert [notice.text for notice in page.answer] == [
        (
            "On elm no run measured a layer on two thread counts, the newest on 1 thread alone: "
            "nothing can be said yet."
        ),
        (
            "Run `cnnfc run --bench ^threads` on it: it measures every thread count that the "
            "machine has, next to each other."
        ),
    ]
    assert (page.body.curves, page.body.pair, page.body.layers) == (None, (), None)


def test_a_machine_that_lets_one_thread_run_needs_another_machine(page_of):
    record = replace(make.record(1), state_before={"cpu": {"usable": 1}})
    run = make.run(*make.layer_points(), at=record.finished_at)
    page = page_of(make.history(run, hardware=[record]))["Threads of oak"]
    assert page.answer[1].text == (
        "By its hardware record this machine lets one thread run: it takes another machine."
    )


def test_without_intervals_nothing_is_called_faster(page_of):
    every = [
        replace(point, samples=point.samples[:1], value=point.samples[0])
        for case in ("dense.1024-512", "dense.2048-1000")
        for point in points(make.DENSE, case, cpu1=1.0, cpu2=0.5)
    ]
    page = page_of(make.history(make.run(*every)))["Threads of oak"]
    median, determined = (notice.text for notice in page.answer)
    assert (
        median
        == "On oak, from 1 thread to 2, the median layer is 2.00 times as fast over 2 layers."
    )
    assert determined.startswith("Two thread counts determine the serial fraction exactly")
    rows = rows_of(page)["dense.1024-512"]
    assert (rows["In words"].text, rows["Stops helping"].detail) == ("no interval", "no interval")


def test_a_warning_names_its_thread_count_unless_it_is_of_all(page_of):
    # Evenly from -40% to +40%: the middle half of seven values spans 40% of the median.
    wide, even = {"spread": 0.4}, {}
    every = [
        make.point(make.DENSE, case, device, value=value, **spread)
        for case, one, two in (
            ("dense.1024-512", wide, wide),
            ("dense.2048-1000", even, wide),
            ("dense.4096-4096", even, even),
        )
        for device, value, spread in (("cpu-1", 1.0, one), ("cpu-2", 0.5, two))
    ]
    rows = rows_of(page_of(make.history(make.run(*every)))["Threads of oak"])
    said = "wide spread: the middle half of the values spans 40% of the median"
    warnings = {name: row["Case"].warning for name, row in rows.items()}
    assert warnings == {
        "dense.1024-512": said,
        "dense.2048-1000": f"on 2: {said}",
        "dense.4096-4096": "",
    }


def test_a_suite_without_layers_on_a_cpu_has_no_such_page(page_of):
    assert not [title for title in page_of(make.foreign()) if title.startswith("Threads")]
