"""A day and an hour as officers type them, in every language at once. Pure.

"tomorrow 8:30", "28 Nov 18:00", "2026-11-28 18:00", "18:00", 明天早上8点半, 11月28日 18:00, "esok 8 pagi",
நாளை காலை 8:30. Digits of any script. An hour that the clock jumps over in spring is as much later as it jumped; of one
that comes twice in autumn the first is meant.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot import hours
from bot.weeks import WEEKDAYS

PASSED = timedelta(days=180)
"""A day without a year that is over so long is next year's; one that is over since yesterday is a mistake."""
DAYS_AHEAD = {
    2: ("day after tomorrow", "后天", "後天", "lusa", "நாளை மறுநாள்", "நாளை மறுதினம்"),
    1: ("tomorrow", "tmr", "tmrw", "明天", "明日", "明(?=[早晚上下])", "esok", "besok", "நாளைக்கு", "நாளை"),
    0: ("today", "今天", "今日", "今(?=[早晚上下])", "hari ini", "இன்றைக்கு", "இன்று"),
}
MONTHS = (
    ("january", "januari", "jan", "ஜனவரி", "ஜன"),
    ("february", "februari", "feb", "பிப்ரவரி", "பிப்"),
    ("march", "mar", "mac", "மார்ச்", "மார்"),
    ("april", "apr", "ஏப்ரல்", "ஏப்"),
    ("may", "mei", "மே"),
    ("june", "jun", "ஜூன்"),
    ("july", "julai", "jul", "ஜூலை"),
    ("august", "ogos", "aug", "ogo", "ஆகஸ்டு", "ஆகஸ்ட்", "ஆக"),
    ("september", "sept", "sep", "செப்டம்பர்", "செப்"),
    ("october", "oktober", "oct", "okt", "அக்டோபர்", "அக்"),
    ("november", "nov", "நவம்பர்", "நவ"),
    ("december", "disember", "dec", "dis", "டிசம்பர்", "டிச"),
)
FILLING = re.compile(r"\b(?:at|on|pada|pukul|jam|hrs)\b|மணிக்கு|மணி|அன்று|[分的在于,.\s–-]")


def _words(*names: str) -> str:
    """Any of these, the longest first, and of Latin ones no part of another word."""
    ordered = sorted(names, key=len, reverse=True)
    return "|".join(rf"(?<![a-z]){name}(?![a-z])" if name.isascii() else name for name in ordered)


_MONTH = _words(*(name for names in MONTHS for name in names))
DATES = (
    re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})"),
    re.compile(r"(?:(?P<year>\d{4})年)?(?P<month>\d{1,2})月(?P<day>\d{1,2})[日号號]"),
    re.compile(r"(?<![\d/])(?P<day>\d{1,2})/(?P<month>\d{1,2})(?:/(?P<year>\d{4}))?(?![\d/])"),
    re.compile(
        rf"(?<!\d)(?P<day>\d{{1,2}})(?:st|nd|rd|th|ஆம்)?\s*(?P<month>{_MONTH})\.?,?(?:\s+(?P<year>\d{{4}})(?=\s))?"
    ),
    re.compile(
        rf"(?P<month>{_MONTH})\.?\s*(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?![\d:.])(?:,?\s+(?P<year>\d{{4}})(?=\s))?"
    ),
)
HAN_DATE = re.compile("[一二三四五六七八九十]{1,3}(?=[月日号號])")


def read(text: str, *, now: datetime, zone: str) -> datetime | None:
    """The moment (UTC) that is meant in a time zone, past or future; None where there is not just one day and hour."""
    said = HAN_DATE.sub(lambda number: str(hours.han(number[0])), hours.folded(text.strip()))
    today = now.astimezone(ZoneInfo(zone)).date()
    day, rest = _day(said, today)
    minute, left = hours.exact(rest)
    if minute is None or day is None or FILLING.sub("", left):
        return None
    return datetime.combine(day, time(*divmod(minute, 60)), ZoneInfo(zone)).astimezone(UTC)  # fold 0: the first of two


def _day(said: str, today: date) -> tuple[date | None, str]:
    """The day that is named, today where none is, and what else is said; no day where there is no such one."""
    for pattern in DATES:
        if found := pattern.search(said):
            return _of_date(found, today), _without(said, found)
    for ahead, names in DAYS_AHEAD.items():
        if found := re.search(_words(*names), said):
            return today + timedelta(days=ahead), _without(said, found)
    for weekday, names in enumerate(WEEKDAYS):
        if found := re.search(_words(*names), said):
            return today + timedelta(days=(weekday - today.weekday()) % 7), _without(said, found)
    return today, said


def _of_date(found: re.Match[str], today: date) -> date | None:
    month = int(found["month"]) if found["month"].isdecimal() else _month(found["month"])
    try:
        if found["year"]:
            return date(int(found["year"]), month, int(found["day"]))
        day = date(today.year, month, int(found["day"]))
        return day if day >= today - PASSED else day.replace(year=today.year + 1)
    except ValueError:  # no such day
        return None


def _month(name: str) -> int:
    return next(number for number, names in enumerate(MONTHS, start=1) if name in names)


def _without(said: str, found: re.Match[str]) -> str:
    return f"{said[: found.start()]} {said[found.end() :]}"
