from datetime import UTC, datetime, timedelta, timezone

import pytest

from cnnfc.report.charts.times import days, time_axis

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


def test_days_are_counted_from_1970_whatever_the_zone():
    moment = datetime(1970, 1, 2, 12, tzinfo=UTC)
    assert days(moment) == 1.5
    assert days(moment.astimezone(timezone(timedelta(hours=9)))) == 1.5
    assert days(moment.replace(tzinfo=None)) == 1.5


@pytest.mark.parametrize(
    ("first", "labels"),
    [
        ("2026-11-21 05:10", "11-21 06:00, 11-21 07:00, 11-21 08:00, 11-21 09:00"),
        ("2026-11-15 12:00", "2026-11-16, 2026-11-17, 2026-11-18, 2026-11-19, 2026-11-20"),
        ("2026-07-15 00:00", "2026-08, 2026-09, 2026-10, 2026-11"),
        ("2022-03-01 00:00", "2023, 2024, 2025, 2026"),
        ("1970-01-01 00:00", "1970, 1980, 1990, 2000, 2010, 2020"),
    ],
)
def test_ticks_stand_at_round_dates_and_the_last_is_now(first, labels):
    axis = time_axis(datetime.fromisoformat(first).replace(tzinfo=UTC), NOW, 9)
    assert ", ".join(axis.labels) == f"{labels}, now"


def test_a_tick_is_where_its_date_is():
    axis = time_axis(datetime(2026, 7, 15, tzinfo=UTC), NOW, 9)
    assert axis.ticks[0] == days(datetime(2026, 8, 1, tzinfo=UTC))
    assert axis.ticks[-1] == days(NOW)
    assert axis.low < days(datetime(2026, 7, 15, tzinfo=UTC))
    assert axis.high > days(NOW)


def test_one_moment_alone_has_a_day_around_it():
    axis = time_axis(NOW, NOW, 9)
    assert axis.high - axis.low > 0.5
    assert axis.labels[-1] == "now"


def test_a_clock_that_is_ahead_is_not_now():
    axis = time_axis(NOW + timedelta(days=3), NOW, 9)
    assert axis.labels[-1] == "latest"
    assert axis.low < axis.high


@pytest.mark.parametrize("room", [2, 3, 9])
def test_any_two_dates_have_an_axis_with_no_more_ticks_than_there_is_room_for(room):
    first = datetime.min.replace(tzinfo=UTC)
    for last in (NOW, datetime.max.replace(tzinfo=UTC)):
        axis = time_axis(first, last, room)
        assert len(axis.ticks) <= room + 1
        assert all(axis.low <= tick <= axis.high for tick in axis.ticks)
        assert list(axis.ticks) == sorted(set(axis.ticks))
