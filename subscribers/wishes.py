"""What somebody wishes about how they hear from us: quiet hours, a pause, pictures. None of it touches consent.

Kept in the subscriber's row, because every send asks for it. Minutes are those of the local day in the agency's zone.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from subscribers.models import Subscriber

DAY = 24 * 60  # minutes
PAUSES = (1, 7, 30)  # days
TOLD_BEFORE = timedelta(days=1)  # how long before its end a pause is announced ...
TOLD_BEFORE_SHORT = timedelta(hours=2)  # ... and one of a single day


class BadWish(ValueError):
    """No such quiet hours or pause can be kept: whoever asked for it is to be asked again."""


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From `start` to `end`, minutes of the local day, over midnight where `end` is the smaller one."""

    start: int
    end: int

    def hold(self, minute: int) -> bool:
        """Whether this minute of the local day falls into them."""
        if self.start <= self.end:
            return self.start <= minute < self.end
        return minute >= self.start or minute < self.end


def quiet_hours(subscriber: Subscriber) -> QuietHours | None:
    """When they want to hear nothing but alerts and answers; None: at no time."""
    if subscriber.quiet_from is None or subscriber.quiet_until is None:
        return None
    return QuietHours(subscriber.quiet_from, subscriber.quiet_until)


def is_quiet(subscriber: Subscriber, minute: int) -> bool:
    """Whether this minute of the local day falls into their quiet hours."""
    hours = quiet_hours(subscriber)
    return hours is not None and hours.hold(minute)


def set_quiet_hours(subscriber: Subscriber, hours: QuietHours) -> None:
    """Keep their quiet hours. BadWish for minutes no day has, and for none at all or a whole day."""
    if not (0 <= hours.start < DAY and 0 <= hours.end < DAY) or hours.start == hours.end:
        raise BadWish(f"no quiet hours: {hours.start} to {hours.end}")
    subscriber.quiet_from, subscriber.quiet_until = hours.start, hours.end


def clear_quiet_hours(subscriber: Subscriber) -> None:
    """Write at any hour."""
    subscriber.quiet_from = subscriber.quiet_until = None


def pause(subscriber: Subscriber, days: int, *, now: datetime) -> datetime:
    """Withhold everything for 1, 7 or 30 days from now, alerts too; until when. BadWish for any other number.

    A pause takes the place of the one before. When its end is to be announced stands in the row from now on.
    """
    if days not in PAUSES:
        raise BadWish(f"no pause of {days} days")
    until = now + timedelta(days=days)
    subscriber.paused_until = until
    subscriber.announce_return_at, subscriber.pause_announced_at = told_at(until, days), None
    return until


def resume(subscriber: Subscriber, *, now: datetime) -> bool:
    """End a pause at once, and announce nothing; whether there was one."""
    was_paused = is_paused(subscriber, now=now)
    subscriber.paused_until = subscriber.announce_return_at = subscriber.pause_announced_at = None
    return was_paused


def is_paused(subscriber: Subscriber, *, now: datetime) -> bool:
    """Whether nothing but answers may be sent to them now."""
    return subscriber.paused_until is not None and now < subscriber.paused_until


def told_at(until: datetime, days: int) -> datetime:
    """When somebody who paused for so many days is told that it is about to end."""
    return until - (TOLD_BEFORE_SHORT if days == 1 else TOLD_BEFORE)


def set_media(subscriber: Subscriber, *, is_wanted: bool) -> None:
    """Send them pictures and documents, or text alone."""
    subscriber.wants_media = is_wanted
