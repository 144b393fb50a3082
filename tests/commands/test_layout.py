from cnnfc.commands.layout import table

ROWS = [
    ("", "A", "B", "ratio"),
    ("conv.Forward.time_layer conv2d.3-64.k3.hw32", "1.00 ms", "12.0 ms", "12.00"),
    ("short", "1.00 ms", "2.00 ms", "2.000"),
]


def test_names_are_to_the_left_and_everything_else_to_the_right():
    assert table([("", "A"), ("one", "1.0"), ("three", "10.0")]) == [
        "            A",
        "  one     1.0",
        "  three  10.0",
    ]


def test_a_narrow_terminal_first_loses_spare_columns_and_then_the_middle_of_names():
    wide = table(ROWS, 80, spare=(1, 2))
    assert "12.0 ms" in wide[1]
    narrow = table(ROWS, 60, spare=(1, 2))
    assert narrow[1] == "  conv.Forward.time_layer conv2d.3-64.k3.hw32  12.00"
    narrower = table(ROWS, 40, spare=(1, 2))
    assert narrower[1] == "  conv.Forward.ti…2d.3-64.k3.hw32  12.00"
    assert [max(map(len, lines)) <= width for lines, width in
            ((wide, 80), (narrow, 60), (narrower, 40))] == [True] * 3  # fmt: skip


def test_without_a_width_nothing_is_cut():
    assert "conv.Forward.time_layer conv2d.3-64.k3.hw32" in table(ROWS)[1]
