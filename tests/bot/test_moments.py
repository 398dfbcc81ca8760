"""A day and an hour as officers type them: four languages, any digits, over the changes of summer time."""

from datetime import UTC, datetime

import pytest

from bot import moments

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)  # a Tuesday, nine in the morning in Singapore
ZONE = "Asia/Singapore"


@pytest.mark.parametrize(
    ("said", "local"),
    [
        ("18:00", "24 18:00"),
        ("1830", "24 18:30"),
        ("today 6pm", "24 18:00"),
        ("tomorrow 8:30", "25 08:30"),
        ("Tomorrow at 8.30am", "25 08:30"),
        ("day after tomorrow 7:15", "26 07:15"),
        ("28 Nov 18:00", "28 18:00"),
        ("at 18:00 on 28 November", "28 18:00"),
        ("Nov 28 6 pm", "28 18:00"),
        ("28/11 18:00", "28 18:00"),
        ("2026-11-28 18:00", "28 18:00"),
        ("fri 9:00", "27 09:00"),
        ("今天下午6点", "24 18:00"),
        ("明天早上8点半", "25 08:30"),
        ("明早8点", "25 08:00"),
        ("今晚十点", "24 22:00"),
        ("后天 18:00", "26 18:00"),
        ("11月28日 18:00", "28 18:00"),
        ("十一月二十八日下午六点", "28 18:00"),
        ("周五 9点", "27 09:00"),
        ("esok 8 pagi", "25 08:00"),
        ("hari ini 18.30", "24 18:30"),
        ("lusa pukul 9:00", "26 09:00"),
        ("நாளை காலை 8:30", "25 08:30"),
        ("நாளை மறுநாள் மாலை 6:15", "26 18:15"),
        ("28 நவம்பர் 18:00", "28 18:00"),
        ("௨௮ நவம்பர் ௧௮:௦௦", "28 18:00"),
    ],
)
def test_an_hour_is_read_in_every_language(said: str, local: str) -> None:
    expected = datetime.strptime(f"2026-11-{local} +0800", "%Y-%m-%d %H:%M %z")
    assert moments.read(said, now=NOW, zone=ZONE) == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("3 Jan 9:00", datetime(2027, 1, 3, 1, 0, tzinfo=UTC)),  # the next one
        ("20 Nov 9:00", datetime(2026, 11, 20, 1, 0, tzinfo=UTC)),  # a mistake, and refused where it matters
        ("8:00", datetime(2026, 11, 24, 0, 0, tzinfo=UTC)),  # over since an hour: not tomorrow's
        ("28 Disember 2027 8:00", datetime(2027, 12, 28, 0, 0, tzinfo=UTC)),
    ],
)
def test_a_day_without_a_year_is_near(said: str, expected: datetime) -> None:
    assert moments.read(said, now=NOW, zone=ZONE) == expected


@pytest.mark.parametrize(
    "said",
    [
        *("", "now", "soon", "8", "tomorrow", "tomorrow 8", "28 Nov", "31 Feb 9:00", "25:00", "24:00", "18:60"),
        *("tomorrow 8:30 and 9:30", "B7K2 18:00", "13/13 9:00", "tomorrow 28 Nov 9:00", "9" * 400, "'; drop table x"),
    ],
)
def test_what_is_not_one_day_and_hour_beyond_doubt_is_not_guessed(said: str) -> None:
    assert moments.read(said, now=NOW, zone=ZONE) is None


@pytest.mark.parametrize(
    ("said", "hour"),
    [
        ("28 Mar 2027 1:30", 0),  # CET
        ("28 Mar 2027 2:30", 1),  # does not exist: half an hour after the jump, 3:30 CEST
        ("28 Mar 2027 3:30", 1),
        ("31 Oct 2027 2:30", 0),  # twice: the first
    ],
)
def test_summer_time_is_heeded(said: str, hour: int) -> None:
    read = moments.read(said, now=NOW, zone="Europe/Berlin")
    assert read is not None
    assert (read.hour, read.minute) == (hour, 30)
