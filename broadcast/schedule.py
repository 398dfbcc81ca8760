"""When a bulletin is due: "every day at 08:00 in this zone", over the changes of summer time too. Pure.

Each local day has exactly one occurrence, named by its local instant ("2026-11-24T08:00"):
- A local time that does not exist (the clock jumps over it in spring) is due as much later as the clock jumped: 02:30
  becomes 03:30. That is what the people's own clocks show half an hour after the jump.
- A local time that exists twice (in autumn) is due the first time and only then.

Misfires: an occurrence nobody ran in time is sent late as long as the bulletin allows, and otherwise
held. Only the latest one that is due is looked at: what it covers reaches back to the one that ran before it, so a day
of silence makes one bulletin and not two.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Due:
    """One occurrence: its name and the moment it is due."""

    local_at: str
    due_at: datetime


def parsed(local_time: str) -> time:
    """ "08:00" as a time; ValueError for anything else."""
    found = datetime.strptime(local_time, "%H:%M").time()  # noqa: DTZ007  a time of day has no zone
    if found.strftime("%H:%M") != local_time:
        raise ValueError(f"{local_time!r} is no time of day like 08:00")
    return found


def on(day: date, local_time: str, zone: str) -> Due:
    """The occurrence of this local day."""
    local = datetime.combine(day, parsed(local_time), ZoneInfo(zone))  # fold 0: the first of two
    return Due(local.strftime("%Y-%m-%dT%H:%M"), local.astimezone(UTC))


def latest(now: datetime, local_time: str, zone: str) -> Due:
    """The last occurrence that is due at `now`."""
    today = now.astimezone(ZoneInfo(zone)).date()
    return next(due for days in range(3) if (due := on(today - timedelta(days=days), local_time, zone)).due_at <= now)


def latest_weekly(now: datetime, local_time: str, zone: str, weekday: int) -> Due:
    """The last occurrence that is due at `now` of one that runs on one day of the week (0 is Monday)."""
    today = now.astimezone(ZoneInfo(zone)).date()
    days = (today - timedelta(days=back) for back in range(9))
    dues = (on(day, local_time, zone) for day in days if day.weekday() == weekday)
    return next(due for due in dues if due.due_at <= now)


def following(now: datetime, local_time: str, zone: str) -> Due:
    """The first occurrence after `now`."""
    today = now.astimezone(ZoneInfo(zone)).date()
    return next(due for days in range(3) if (due := on(today + timedelta(days=days), local_time, zone)).due_at > now)


def is_too_late(due: Due, now: datetime, late_minutes: int) -> bool:
    """Whether this occurrence must be held instead of being sent now."""
    return now - due.due_at > timedelta(minutes=late_minutes)
