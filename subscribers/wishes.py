"""What people wish for, as conditions on their rows: quiet hours and pauses; and the one verb that begins a pause."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_

from subscribers.models import Subscriber

DAY = timedelta(days=1)
TOLD_BEFORE = DAY
TOLD_BEFORE_A_SHORT_ONE = timedelta(hours=2)


def is_quiet(minute: int) -> ColumnElement[bool]:
    """Whether this minute of the local day falls into their quiet hours; null where they have none."""
    over_midnight = Subscriber.quiet_from > Subscriber.quiet_until
    return or_(
        and_(Subscriber.quiet_from <= minute, Subscriber.quiet_until > minute),
        and_(over_midnight, or_(Subscriber.quiet_from <= minute, Subscriber.quiet_until > minute)),
    )


def is_paused(at: datetime) -> ColumnElement[bool]:
    """Whether their pause lasts beyond this instant."""
    return Subscriber.paused_until.is_not(None) & (Subscriber.paused_until > at)


def pause(subscriber: Subscriber, span: timedelta, *, now: datetime) -> datetime:
    """Hear nothing at all for this long, and be told before it ends: a day before, of a short pause two hours.

    Until when. A pause takes the place of the one before; consent stands.
    """
    before = TOLD_BEFORE if span > DAY else min(TOLD_BEFORE_A_SHORT_ONE, span / 2)
    until = now + span
    subscriber.paused_until = until
    subscriber.announce_return_at, subscriber.pause_announced_at = until - before, None
    return until


def end_pause(subscriber: Subscriber) -> None:
    """Hear from us again from now on; nothing is announced."""
    subscriber.paused_until = subscriber.announce_return_at = None
