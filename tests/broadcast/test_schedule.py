"""One occurrence for each local day, whatever the clocks on the walls do."""

import itertools
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadcast import schedule
from broadcast.schedule import Due

NEW_YORK = "America/New_York"
ZONES = st.sampled_from(["Asia/Singapore", NEW_YORK, "Europe/Berlin", "Australia/Lord_Howe", "Pacific/Apia", "UTC"])
TIMES = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59))
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


def test_every_morning_at_eight_in_singapore() -> None:
    assert schedule.latest(utc(2026, 11, 24, 0, 0), "08:00", "Asia/Singapore") == Due(
        "2026-11-24T08:00", utc(2026, 11, 24, 0, 0)
    )
    before = utc(2026, 11, 23, 23, 59)
    assert schedule.latest(before, "08:00", "Asia/Singapore").local_at == "2026-11-23T08:00"
    assert schedule.following(before, "08:00", "Asia/Singapore").local_at == "2026-11-24T08:00"


def test_in_spring_a_time_the_clock_jumps_over_is_due_an_hour_later_and_not_skipped() -> None:
    due = schedule.on(date(2026, 3, 8), "02:30", NEW_YORK)
    assert due == Due("2026-03-08T02:30", utc(2026, 3, 8, 7, 30))  # 03:30 in summer time
    assert schedule.on(date(2026, 3, 8), "08:00", NEW_YORK).due_at == utc(2026, 3, 8, 12, 0)
    assert schedule.on(date(2026, 3, 7), "08:00", NEW_YORK).due_at == utc(2026, 3, 7, 13, 0)


def test_in_autumn_a_time_that_comes_twice_is_due_once() -> None:
    first, second = utc(2026, 11, 1, 5, 30), utc(2026, 11, 1, 6, 30)  # both are 01:30 on the wall
    assert schedule.on(date(2026, 11, 1), "01:30", NEW_YORK) == Due("2026-11-01T01:30", first)
    assert schedule.latest(second, "01:30", NEW_YORK) == schedule.latest(first, "01:30", NEW_YORK)
    assert schedule.following(first, "01:30", NEW_YORK).local_at == "2026-11-02T01:30"


@given(MOMENTS, TIMES, ZONES)
def test_no_moment_is_between_two_occurrences_more_than_two_days_apart(now: datetime, at: str, zone: str) -> None:
    last, coming = schedule.latest(now, at, zone), schedule.following(now, at, zone)
    assert last.due_at <= now < coming.due_at
    assert coming.due_at - last.due_at <= timedelta(hours=50)
    assert last.local_at < coming.local_at


@given(MOMENTS, TIMES, ZONES)
def test_a_clock_that_looks_often_finds_each_day_once(now: datetime, at: str, zone: str) -> None:
    looks = [schedule.latest(now + timedelta(minutes=30 * step), at, zone) for step in range(24 * 2 * 4)]
    found = list(dict.fromkeys(looks))
    assert [due.local_at for due in found] == sorted({due.local_at for due in looks})
    assert len({due.local_at[:10] for due in found}) == len(found)


DAYS = st.sets(st.integers(0, 6), min_size=1)
CHANGES = st.sampled_from(
    [utc(year, month, day) for year, month, day in ((2026, 3, 29), (2026, 10, 25), (2027, 3, 28))]
)


@given(CHANGES, TIMES, DAYS)
def test_around_the_days_the_clocks_change_in_berlin_each_of_its_days_comes_once(
    change: datetime, at: str, days: set[int]
) -> None:
    begins = change - timedelta(days=8)
    looks = [
        schedule.latest(begins + timedelta(minutes=30 * step), at, "Europe/Berlin", days) for step in range(48 * 16)
    ]
    found = list(dict.fromkeys(looks))
    on = [date.fromisoformat(due.local_at[:10]) for due in found]
    assert {day.weekday() for day in on} <= days
    first, last = on[0], on[-1]
    between = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    assert on == [day for day in between if day.weekday() in days]
    assert all(due.local_at[11:] == at for due in found)
    for before, after in itertools.pairwise(found):
        assert schedule.following(before.due_at, at, "Europe/Berlin", days) == after


def test_what_is_asked_for_has_a_name_that_no_hour_has() -> None:
    due = schedule.asked(utc(2026, 11, 24, 0, 0, 7), "Asia/Singapore")
    assert due == Due("2026-11-24T08:00:07", utc(2026, 11, 24, 0, 0, 7))


@pytest.mark.parametrize("wrong", ["8:00", "24:00", "08:60", "noon", "", "08:00:00"])
def test_what_is_no_time_of_day_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError):
        schedule.parsed(wrong)


def test_a_late_occurrence_is_sent_until_its_patience_ends() -> None:
    due = Due("2026-11-24T08:00", utc(2026, 11, 24, 0, 0))
    assert not schedule.is_too_late(due, utc(2026, 11, 24, 2, 0), 120)
    assert schedule.is_too_late(due, utc(2026, 11, 24, 2, 0, 1), 120)
