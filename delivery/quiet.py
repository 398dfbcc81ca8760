"""Quiet hours on the clocks of an agency's zone: which minute it is there, and when a wish for quiet ends. Pure.

A wish is written in minutes of the local day, so it means what the person's own clock shows, over the changes of
summer time too: an end that the clock jumps over comes with the jump, and one that it shows twice comes the first time
that is still ahead.
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def minute_of(now: datetime, zone: str) -> int:
    """The minute of the local day, 0 to 1439."""
    local = now.astimezone(ZoneInfo(zone))
    return local.hour * 60 + local.minute


def end(now: datetime, zone: str, until: int) -> datetime:
    """The first instant after `now` at which a local clock shows this minute of the day, or has jumped over it."""
    tz = ZoneInfo(zone)
    today = now.astimezone(tz).replace(hour=until // 60, minute=until % 60, second=0, microsecond=0)
    days = (today - DAY, today, today + DAY)
    instants = {_shown(day.replace(fold=fold)) for day in days for fold in (0, 1)}
    return min(instant for instant in instants if instant > now)


def _shown(wall: datetime) -> datetime:
    """When a local clock shows this; where it never does, when it jumps over it."""
    instant = wall.astimezone(UTC)
    if instant.astimezone(wall.tzinfo).replace(tzinfo=None) == wall.replace(tzinfo=None):
        return instant
    earliest, latest = sorted(wall.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    after = latest.astimezone(wall.tzinfo).utcoffset()
    jumped = earliest.replace(second=0)
    while jumped.astimezone(wall.tzinfo).utcoffset() != after:
        jumped += MINUTE
    return jumped
