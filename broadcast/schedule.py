"""When a bulletin is due: "Mondays and Fridays at 08:00 in this zone", over the changes of summer time too. Pure.

Each local day it runs on has exactly one occurrence, named by its local instant ("2026-11-24T08:00"):
- A local time that does not exist (the clock jumps over it in spring) is due as much later as the clock jumped: 02:30
  becomes 03:30. That is what the people's own clocks show half an hour after the jump.
- A local time that exists twice (in autumn) is due the first time and only then.

Misfires: an occurrence nobody ran in time is sent late as long as the bulletin allows, and otherwise
held. Only the latest one that is due is looked at: what it covers reaches back to the one that ran before it, so a day
of silence makes one bulletin and not two.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

EVERY_DAY = tuple(range(7))  # of the week, from Monday


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


def latest(now: datetime, local_time: str, zone: str, days: Collection[int] = EVERY_DAY) -> Due:
    """The last occurrence that is due at `now` of what runs on these days of the week (0 is Monday)."""
    today = now.astimezone(ZoneInfo(zone)).date()
    return next(due for due in _dues(today, local_time, zone, days, step=-1) if due.due_at <= now)


def following(now: datetime, local_time: str, zone: str, days: Collection[int] = EVERY_DAY) -> Due:
    """The first occurrence after `now`."""
    today = now.astimezone(ZoneInfo(zone)).date()
    return next(due for due in _dues(today, local_time, zone, days, step=1) if due.due_at > now)


def asked(now: datetime, zone: str) -> Due:
    """The occurrence that somebody asks for now: named to the second, so that it is none of those that come anyway."""
    return Due(now.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M:%S"), now)


def _dues(today: date, local_time: str, zone: str, days: Collection[int], *, step: int) -> Iterator[Due]:
    near = (today + timedelta(days=step * n) for n in range(9))
    return (on(day, local_time, zone) for day in near if day.weekday() in days)


def is_too_late(due: Due, now: datetime, late_minutes: int) -> bool:
    """Whether this occurrence must be held instead of being sent now."""
    return now - due.due_at > timedelta(minutes=late_minutes)
