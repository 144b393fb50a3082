from datetime import UTC, datetime, timedelta, timezone

import pytest

from cnnfc.report import text

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("plain name_1.2", "plain name_1.2"),
        ("a\nb\tc", "a\nb\tc"),
        ("nul\x00 and escape\x1b[31m", "nul\ufffd and escape\ufffd[31m"),
        ("\u202egnp.exe", "\ufffdgnp.exe"),
        ("half a pair \ud800", "half a pair \ufffd"),
        ("שלום", "שלום"),
    ],
)
def test_characters_that_cannot_be_shown_safely_are_replaced(given, shown):
    assert text.clean(given) == shown
    text.clean(given).encode("utf-8")


def test_a_long_text_loses_its_middle():
    assert text.shorten("abcdefghij", 10) == "abcdefghij"
    assert text.shorten("abcdefghijk", 10) == "abcde…hijk"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-3600, "just now"),
        (59, "just now"),
        (60, "1 min ago"),
        (3599, "59 min ago"),
        (7200, "2 hours ago"),
        (86400, "1 day ago"),
        (86400 * 20, "20 days ago"),
    ],
)
def test_an_age_has_one_unit(seconds, said):
    assert text.ago(NOW - timedelta(seconds=seconds), NOW) == said


def test_times_are_shown_in_utc_and_one_without_a_zone_is_taken_to_be_in_utc():
    moment = datetime(2026, 3, 11, 0, 30, tzinfo=timezone(timedelta(hours=2)))
    assert text.minute(moment) == "2026-03-10 22:30 UTC"
    assert text.day(moment.replace(tzinfo=None)) == "2026-03-11"


@pytest.mark.parametrize(
    ("share", "said"),
    [(0.931, "93%"), (0.0312, "3.1%"), (0.0999, "10%"), (0.0, "0%"), (-0.5, "−50%"), (1.0, "100%")],
)
def test_a_share_has_as_many_digits_as_it_deserves(share, said):
    assert text.percent(share) == said


def test_a_share_that_is_no_number_says_so():
    assert text.percent(float("nan")) == "n/a"
    assert text.change(float("inf")) == "n/a"
    assert text.factor(float("nan")) == "n/a"


@pytest.mark.parametrize(
    ("ratio", "said"), [(1.0821, "+8.2%"), (0.97, "−3.0%"), (2.999, "+199.9%"), (3.4, "×3.40")]
)
def test_a_change_is_signed_and_a_large_one_is_a_factor(ratio, said):
    assert text.change(ratio) == said


@pytest.mark.parametrize(
    ("ratio", "said"), [(1.084, "×1.08"), (38.4, "×38.4"), (388.2, "×388"), (9.999, "×10.0")]
)
def test_a_factor_has_three_digits(ratio, said):
    assert text.factor(ratio) == said


def test_counts_and_lists_read_like_sentences():
    assert text.plural(1, "run") == "1 run"
    assert text.plural(1200, "series", "series") == "1,200 series"
    assert [text.listing(items) for items in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]
