"""The line of a message that says when it was sent, in the agency's own time. Pure.

Until the launch there is no such moment: the preview then shows a stand-in, and lengths are measured with the longest
line there may be. So neither the length nor what an officer confirms depends on when the launch happens.
"""

from datetime import UTC, datetime, timedelta
from functools import cache

from locales import texts

LAST_DAY = datetime(2026, 12, 28, tzinfo=UTC)  # two digits, and some weekday: all days of a month are as long


def line(launched_at: datetime | None, zone: str, locale: str) -> str:
    """When a broadcast was launched, as people of this locale read it; before that, that it will stand here."""
    if launched_at is None:
        return texts.say("broadcast.sent_at.later", locale)
    return texts.instant(launched_at, zone, locale)


@cache
def longest(zone: str, locale: str) -> str:
    """The longest line this can be in a locale and a time zone: where it is says how its clock is written."""
    days = (LAST_DAY.replace(month=month) for month in range(1, 13))
    moments = (texts.instant(day + timedelta(hours=hour), zone, locale) for day in days for hour in range(24))
    return max((line(None, zone, locale), *moments), key=len)
