import pytest

from testkit import histories as make

TITLE = "Parameters against latency on oak, CPU, 1 thread"


def test_every_layer_is_listed_with_costs_latency_and_residual(small, cells):
    table = small[TITLE].body.cases
    assert [(column.title, column.unit) for column in table.columns] == [
        ("Case", ""),
        ("Family", ""),
        ("Parameters", "k"),
        ("FLOPs", "MFLOP"),
        ("Bytes", "MiB"),
        ("Latency", "µs"),
        ("Per parameter", "ns"),
        ("Of roofline", "%"),
        ("Residual", ""),
    ]
    rows = {row[0]: row for row in cells(table)}
    # 64 * 64 * 9 parameters, 2 * 36,864 * 49 FLOPs, 4 * (2 * 3,136 + 36,864) bytes,
    # 80 us / 36,864 = 2.17 ns; bound 3.61 MFLOP / 50 GFLOP/s = 72.3 us of 80 us
    assert rows["conv2d.64-64.k3.nobias.hw7"][1:8] == [
        "conv",
        "36.9",
        "3.61",
        "0.165",
        "80.0",
        "2.17",
        "90",
    ]
    assert table.note == "Under each latency its 98.4% interval and n."
    assert table.rows[0][5].detail == "5,150 – 5,250, n = 7"


def test_a_residual_is_the_distance_from_the_line_through_all_layers(page_of, cells):
    # Four layers on the line latency = 1 ns a parameter, and a pair that pulls it nowhere.
    case = "dense.{}-{}.nobias"
    points = [
        make.point(make.DENSE, case.format(n, n), "cpu-1", value=n * n * 1e-9)
        for n in (64, 128, 512, 1024)
    ]
    points += [
        make.point(make.DENSE, case.format(256, 256), "cpu-1", value=4 * 256 * 256e-9),
        make.point(make.DENSE, case.format(128, 512), "cpu-1", value=256 * 256e-9 / 4),
    ]
    rows = cells(page_of(make.history(make.run(*points)))[TITLE].body.cases)
    residual = {row[0]: row[-1] for row in rows}
    assert residual == {
        "dense.64-64.nobias": "×1.00",
        "dense.128-128.nobias": "×1.00",
        "dense.512-512.nobias": "×1.00",
        "dense.1024-1024.nobias": "×1.00",
        "dense.256-256.nobias": "×4.00",
        "dense.128-512.nobias": "×0.25",
    }


def test_predictors_have_interval_and_n(small):
    rows = {row[0].text: row for row in small[TITLE].body.predictors.rows}
    assert list(rows) == ["Parameters", "FLOPs", "Bytes", "Activations", "Roofline bound"]
    assert {row[-1].text for row in rows.values()} == {"12"}
    assert all(" – " in row[1].detail and " – " in row[2].detail for row in rows.values())


def test_what_was_held_out_stands_beside_what_was_fitted(small):
    table = small[TITLE].body.predictors
    assert [(column.title, column.unit) for column in table.columns[1:5]] == [
        ("Variance explained", "fitted"),
        ("Variance explained", "held out"),
        ("Median error", "fitted"),
        ("Median error", "held out"),
    ]
    for row in table.rows:
        fitted, held_out = (float(row[n].sort) for n in (1, 2))
        assert held_out <= fitted
        assert (row[2].tone == "warn") is (held_out < 0)
        assert row[2].text.startswith("−") is (held_out < 0)
    assert "each family (conv, conv 1×1, conv depthwise, conv transposed and dense)" in table.note


def test_each_family_that_was_held_out_has_its_error(small, cells):
    table = small[TITLE].body.held_out
    assert [row[0] for row in cells(table)] == [
        "conv",
        "conv 1×1",
        "conv depthwise",
        "conv transposed",
        "dense",
    ]
    assert [row[0].detail for row in table.rows][:2] == ["6 layers", "1 layer"]
    # Fewer than ten layers of a family have no interval; which way they are off is said.
    ways = {cell.detail for row in table.rows for cell in row[1:]}
    assert ways <= {"", "slower", "faster"}


def test_two_families_cannot_be_held_out(page_of):
    cases = ["dense.64-64", "dense.64-128", "dense.64-256", "conv2d.3-8.k3.hw32"]
    points = [
        make.point(make.DENSE if case.startswith("dense") else make.FORWARD, case, "cpu-1", value=t)
        for case, t in zip(cases, (1e-5, 2e-5, 4e-5, 5e-5), strict=True)
    ]
    body = page_of(make.history(make.run(*points)))[TITLE].body
    assert [row[2].text for row in body.predictors.rows] == ["cannot be held out"] * 4 + ["–"]
    assert body.predictors.note.endswith(
        "Nothing could be held out: there are 2 families, and it takes 3 to hold one out."
    )
    assert body.held_out is None


def test_the_overhead_floor_is_drawn_into_both_charts(small):
    # The shortest call took 80 us, by its interval at most 1% more.
    for figure in small[TITLE].body.scatter:
        for spec in (figure.wide, figure.narrow):
            labels = [row.get("label") for rows in spec["datasets"].values() for row in rows]
            assert "overhead ≤ 80.8 µs" in labels


def test_a_mark_says_costs_and_efficiency(small):
    spec = small[TITLE].body.scatter[0].wide
    hovers = {row["hover"] for rows in spec["datasets"].values() for row in rows if "hover" in row}
    (hover,) = [text for text in hovers if text.startswith("dense.4096-4096")]
    # 2 * 4096^2 FLOPs, 4 * (4096 + 16,781,312 + 4096) bytes, which take 6.72 ms at 10 GB/s
    assert hover.split("\n")[:3] == [
        "dense.4096-4096",
        "16,781,312 parameters, 33.6 MFLOP, 64 MiB",
        "310 ps a parameter, 6.45 GFLOP/s, 129% of the roofline bound",
    ]


def test_devices_are_compared_on_the_same_axes_and_in_numbers(small, cells):
    body = small[TITLE].body
    assert [figure.id for figure in body.multiples] == ["by-device"]
    assert [row[:3] for row in cells(body.slices)] == [
        ["CPU, 1 thread", "device", "12"],
        ["CPU, 2 threads", "device", "12"],
    ]
    alone = "Parameters against latency on elm, CPU, 1 thread"
    assert (small[alone].body.multiples, small[alone].body.slices) == ((), None)


def test_without_ceilings_the_roofline_says_what_it_needs(page_of):
    page = page_of(make.history(make.run(*make.layer_points(ceilings=False))))[TITLE]
    bound = page.body.predictors.rows[-1]
    assert (bound[0].text, bound[1].text, bound[-1].text) == ("Roofline bound", "–", "0")
    assert bound[0].warning == (
        "needs the reference kernels CanaryGemm and CanaryCopy of the same run"
    )
    assert page.body.ceilings == ()
    assert [figure.id for figure in page.body.scatter] == ["parameters"]


def test_ceilings_are_named_with_their_units(small):
    assert [(fact.name, fact.value) for fact in small[TITLE].body.ceilings] == [
        ("Matrix product, fp32", "50 GFLOP/s"),
        ("Memory copy", "10 GB/s"),
    ]


def test_a_ladder_shows_how_far_equal_parameters_are_apart(small, cells):
    (row,) = cells(small[TITLE].body.ladders)
    assert row == [
        "36,864",
        "×40.0",
        "image size",
        "conv2d.64-64.k3.nobias.hw7",
        "80.0",
        "conv2d.64-64.k3.nobias.hw56",
        "3,200",
    ]
    # 3.2 * 0.99 / (0.08 * 1.01)
    assert small[TITLE].body.ladders.rows[0][1].detail == "at least ×39.2"


def test_first_calls_are_compared_with_warmed_ones(small, cells):
    body = small[TITLE].body
    assert cells(body.first_calls) == [
        ["conv2d.3-64.k3.hw32", "40.0", "0.160", "×250"],
        ["conv2d.64-64.k3.nobias.hw7", "40.0", "0.0800", "×500"],
    ]
    assert body.first_answer == (
        "Over 2 layers the first call took 250 to 500 times as long as the warmed one, by their "
        "centres."
    )
    other = small["Parameters against latency on oak, CPU, 2 threads"].body
    assert (other.first_call, other.first_calls, other.first_answer) == (None, None, "")


def test_pages_of_one_machine_are_siblings_and_the_same_device_elsewhere_is_linked(small):
    page = small[TITLE]
    assert [(link.text, link.current) for link in page.siblings] == [
        ("CPU, 1 thread", True),
        ("CPU, 2 threads", False),
    ]
    assert [link.text for link in page.body.elsewhere] == ["elm, CPU, 1 thread"]


def test_a_suite_without_layers_has_no_such_page(page_of):
    pages = page_of(make.foreign())
    assert not [title for title in pages if title.startswith("Parameters")]
    assert pages["Overview"].body.parameters is None


@pytest.mark.parametrize("count", [2, 3])
def test_three_layers_are_the_least(page_of, count):
    points = make.layer_points(ceilings=False)[:count]
    assert (TITLE in page_of(make.history(make.run(*points)))) is (count == 3)
