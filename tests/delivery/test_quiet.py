"""When quiet hours end, on the clocks of the zone: over midnight, over both changes of summer time, in any zone."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery import quiet

NEW_YORK = "America/New_York"  # forward at 02:00 on 8 March 2026, back at 02:00 on 1 November 2026
MINUTE = timedelta(minutes=1)
moments = st.one_of(
    st.integers(0, 3 * 1440).map(lambda minutes: datetime(2026, 3, 7, tzinfo=UTC) + minutes * MINUTE),
    st.integers(0, 3 * 1440).map(lambda minutes: datetime(2026, 10, 31, tzinfo=UTC) + minutes * MINUTE),
)
zones = st.sampled_from(["Asia/Singapore", "Asia/Kolkata", NEW_YORK, "Australia/Lord_Howe", "Europe/Berlin"])


def at(text: str) -> datetime:
    """An instant, as ISO writes it."""
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "zone", "until", "ends"),
    [
        ("2026-11-24T23:10+08:00", "Asia/Singapore", 7 * 60, "2026-11-25T07:00+08:00"),
        ("2026-11-24T06:59:59+08:00", "Asia/Singapore", 7 * 60, "2026-11-24T07:00+08:00"),
        ("2026-11-24T23:00+08:00", "Asia/Singapore", 0, "2026-11-25T00:00+08:00"),
        ("2026-03-07T23:00-05:00", NEW_YORK, 7 * 60, "2026-03-08T07:00-04:00"),  # a night of 7 hours
        ("2026-03-07T23:00-05:00", NEW_YORK, 150, "2026-03-08T03:00-04:00"),  # 02:30 never comes
        ("2026-10-31T23:00-04:00", NEW_YORK, 90, "2026-11-01T01:30-04:00"),  # 01:30 comes twice
        ("2026-11-01T01:10-05:00", NEW_YORK, 90, "2026-11-01T01:30-05:00"),  # in the second of the two hours
    ],
)
def test_quiet_hours_end_when_the_persons_own_clock_says_so(now: str, zone: str, until: int, ends: str) -> None:
    assert quiet.end(at(now), zone, until) == at(ends)


@given(moments, zones, st.integers(0, 1439), st.integers(1, 59))
def test_the_end_is_ahead_within_a_day_and_no_minute_before_it_shows_the_time(
    now: datetime, zone: str, until: int, second: int
) -> None:
    now += timedelta(seconds=second)
    ends = quiet.end(now, zone, until)
    assert now < ends <= now + timedelta(hours=25)
    shown, before = quiet.minute_of(ends, zone), quiet.minute_of(ends - MINUTE, zone)
    has_jumped = before != (shown - 1) % 1440
    assert shown == until or (has_jumped and before < until < shown)
    minute = now.replace(second=0) + MINUTE
    while minute < ends:
        assert quiet.minute_of(minute, zone) != until
        minute += MINUTE
