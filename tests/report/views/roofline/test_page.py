from dataclasses import replace

import pytest

from cnnfc.report.views.roofline import words
from testkit import histories as make

TITLE = "Roofline of oak, CPU, 1 thread"


@pytest.fixture(scope="module")
def page(page_of):
    """50 GFLOP/s, 10 GB/s, and no record that says how large a cache is."""
    return page_of(make.history(make.run(*make.layer_points())))[TITLE]


def test_the_answer_counts_what_binds_for_certain_and_at_most(page):
    # Compute: three of the ladder and both k3 at 14x14; two small layers may be all overhead.
    assert [notice.text for notice in page.answer] == [
        (
            "On oak, CPU, 1 thread, compute binds 5 of 12 layers, memory 0 and overhead 0 to 2: of "
            "two numbers the first is certain by the intervals of the latencies, the second "
            "possible. 2 of the layers are unclear."
        ),
        (
            "Of the same 12 layers 2 would be bound by memory, but their data come from a cache, "
            "whose speed no reference kernel measures; 3 are bound by none of these, since none "
            "explains half of their time."
        ),
        (
            "4 of 12 layers have fewer than 5 FLOP per byte, the ridge: below it memory is the "
            "lower ceiling, above it arithmetic."
        ),
        (
            "The shortest call (conv2d.64-64.k3.nobias.hw7) took at most 101 µs, of which its own "
            "work explains all but 26.7 µs: overhead lies between."
        ),
    ]


def test_every_rule_stands_with_how_many_layers_it_found(page, cells):
    rows = {row[0]: (row[2], row[3]) for row in cells(page.body.rules)}
    assert rows == {
        "compute": ("5", "5"),
        "memory": ("0", "0"),
        "cache, not memory": ("2", "3"),
        "overhead": ("0", "2"),
        "none of them": ("3", "4"),
        "unclear": ("2", "–"),
    }
    assert page.body.rules.note == (
        "Of 12 layers with ceilings and an interval. The ceilings: 50 GFLOP/s in fp32 and 10 GB/s "
        "of memory."
    )


def test_every_layer_has_its_rates_its_share_and_its_regime(page, cells):
    table = page.body.layers
    assert [(column.title, column.unit) for column in table.columns] == [
        ("Case", ""),
        ("Family", ""),
        ("Bound by", ""),
        ("Of the bound", "%"),
        ("Intensity", "FLOP/B"),
        ("Arithmetic", "GFLOP/s"),
        ("Data", "GB/s"),
        ("Latency", "ms"),
    ]
    rows = {row[0].text: row for row in table.rows}
    row = rows["conv2d.64-64.k3.nobias.hw14"]
    # 14,450,688 FLOPs and 247,808 bytes in 0.4 ms; 289 us of arithmetic at 50 GFLOP/s
    assert [cell.text for cell in row] == [
        "conv2d.64-64.k3.nobias.hw14",
        "conv",
        "compute",
        "72",
        "58.3",
        "36.1",
        "0.620",
        "0.400",
    ]
    assert row[3].detail == "72 – 73"
    assert row[5].detail == "35.8 – 36.5"
    assert row[7].detail == "0.396 – 0.404, n = 7"
    # At most 101 of at least 396 us could be overhead.
    assert row[2].detail == "arithmetic 72 – 73%, memory 6.1 – 6.3%, overhead 6.6 – 26%"


@pytest.mark.parametrize(
    ("cached", "none", "said"),
    [
        (1, 0, "Of the same 9 layers 1 would be bound by memory, but its data come from a cache, "),
        (2, 0, "Of the same 9 layers 2 would be bound by memory, but their data come from a "),
        (0, 1, "Of the same 9 layers 1 is bound by none of these, since none explains half of its"),
        (0, 2, "Of the same 9 layers 2 are bound by none of these, since none explains half of "),
    ],
)
def test_one_layer_is_spoken_of_as_one(cached, none, said):
    assert words._rest(cached, none, 9).startswith(said)


def test_an_unclear_layer_names_what_its_interval_leaves(page):
    rows = {row[0].text: row[2] for row in page.body.layers.rows}
    assert rows["conv2d.3-64.k3.hw32"].text == "unclear: overhead or none"
    assert rows["dense.1024-512"].text == "unclear: cache or overhead"


def test_the_page_leads_with_its_ceilings(page):
    assert [(stat.label, stat.value) for stat in page.body.stats[:5]] == [
        ("Layers", "12"),
        ("Peak", "50 GFLOP/s"),
        ("Memory", "10 GB/s"),
        ("Ridge", "5 FLOP/B"),
        ("Shortest call", "100 µs"),
    ]


def test_both_figures_show_every_layer_at_the_same_height(page):
    roofline, overhead = page.body.figures
    heights = [
        {
            row["label"]: row["centre"]
            for rows in spec["datasets"].values()
            for row in rows
            if "centre" in row
        }
        for spec in (roofline.wide, overhead.wide)
    ]
    assert len(heights[0]) == 12
    assert heights[0] == heights[1]


def test_a_mark_says_what_it_is_bound_by(page):
    (mark,) = [
        row
        for rows in page.body.figures[0].wide["datasets"].values()
        for row in rows
        if row.get("label") == "conv2d.64-64.k3.nobias.hw14" and "hover" in row
    ][:1]
    assert mark["hover"] == (
        "conv2d.64-64.k3.nobias.hw14\n58.3 FLOP/B, 36.1 GFLOP/s, 620 MB/s\n72% of the bound\n"
        "Bound by: compute\n400 µs, n = 7"
    )


def test_without_ceilings_the_page_says_what_to_run(page_of):
    page = page_of(make.history(make.run(*make.layer_points(ceilings=False))))[TITLE]
    (notice,) = page.answer
    assert notice.text == (
        "On oak, CPU, 1 thread, nothing can be said of 12 layers: the reference kernels for their "
        "number formats are missing in the same run (`cnnfc run --bench Canary` measures them)."
    )
    assert {row[2].text for row in page.body.layers.rows} == {"not known"}
    assert len(page.body.figures) == 2
    assert "no lines where reference kernels" in page.body.figures[0].caption


def test_single_values_are_no_ground_for_a_regime(page_of):
    points = [
        replace(point, samples=point.samples[:1], value=point.samples[0])
        for point in make.layer_points()
    ]
    page = page_of(make.history(make.run(*points)))[TITLE]
    assert page.answer[0].text.endswith("(`asv run --record-samples` and more values give one).")
    assert {row[2].detail for row in page.body.layers.rows} == {"its latency has no interval"}


def test_a_layer_without_a_ceiling_of_its_number_format_is_named(page_of):
    points = [*make.layer_points(), make.point(make.DENSE, "dense.1024-512.int8", "cpu-1")]
    page = page_of(make.history(make.run(*points)))[TITLE]
    assert page.answer[-1].text.startswith("1 layer could not be judged: the reference kernels")


def test_the_size_of_the_cache_is_part_of_the_rule_where_it_is_known(page_of):
    known = make.record(1)
    caches = [{"level": 3, "type": "unified", "bytes": 2**25}]
    record = replace(known, identity={**known.identity, "detail": {"caches": caches}})
    run = make.run(*make.layer_points(), at=known.finished_at)
    page = page_of(make.history(run, hardware=[record]))[TITLE]
    rules = {row[0].text: row[1].text for row in page.body.rules.rows}
    assert "last-level cache (32 MiB)" in rules["cache, not memory"]


def test_devices_of_one_machine_are_siblings_and_the_same_elsewhere_is_linked(small):
    page = small[TITLE]
    assert [(link.text, link.current) for link in page.siblings] == [
        ("CPU, 1 thread", True),
        ("CPU, 2 threads", False),
    ]
    assert [link.text for link in page.body.elsewhere] == ["elm, CPU, 1 thread"]


def test_a_suite_without_layers_has_no_such_page(page_of):
    assert not [title for title in page_of(make.foreign()) if title.startswith("Roofline")]
