"""When an office is open."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from helpdesk.hours import BadHours, Hours

ZONE = ZoneInfo("Asia/Singapore")
WEEK = Hours.parsed("mon-fri", "8:30", "18:00")


@pytest.mark.parametrize(
    ("days", "numbers"), [("mon-fri", (0, 1, 2, 3, 4)), ("sat,Mon", (0, 5)), ("sat-mon", (0, 5, 6)), ("sun", (6,))]
)
def test_days_are_read(days: str, numbers: tuple[int, ...]) -> None:
    assert Hours.parsed(days, "09:00", "17:00").days == numbers


@pytest.mark.parametrize(
    "words", [("", "09:00", "17:00"), ("mon-xyz", "09:00", "17:00"), ("mon", "9", "17:00"), ("mon", "17:00", "09:00")]
)
def test_what_is_no_office_hours_is_said(words: tuple[str, str, str]) -> None:
    with pytest.raises(BadHours):
        Hours.parsed(*words)


def test_hours_survive_being_kept() -> None:
    assert Hours.loaded(WEEK.stored()) == WEEK


@pytest.mark.parametrize(
    ("local", "is_open", "opens"),
    [
        (datetime(2026, 11, 24, 10, 0, tzinfo=ZONE), True, datetime(2026, 11, 25, 8, 30, tzinfo=ZONE)),
        (datetime(2026, 11, 24, 8, 29, tzinfo=ZONE), False, datetime(2026, 11, 24, 8, 30, tzinfo=ZONE)),
        (datetime(2026, 11, 27, 18, 0, tzinfo=ZONE), False, datetime(2026, 11, 30, 8, 30, tzinfo=ZONE)),
    ],
)
def test_it_is_known_when_somebody_is_there_next(local: datetime, is_open: bool, opens: datetime) -> None:
    assert (WEEK.is_open(local), WEEK.next_opening(local)) == (is_open, opens)
