from cnnfc.studies.text import percent, table


def test_the_first_column_stands_left_and_the_others_right():
    assert table(("case", "s"), [("a", "10"), ("long name", "7")]) == [
        "case        s",
        "---------  --",
        "a          10",
        "long name   7",
    ]


def test_a_share_is_said_in_percent():
    assert (percent(0.0123), percent(1.0), percent(0.5)) == ("1.23%", "100%", "50%")
