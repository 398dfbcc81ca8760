"""Quiet hours, a pause and pictures: kept, refused where there is no such thing, and nothing of consent."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from subscribers import wishes
from subscribers.models import Subscriber
from subscribers.wishes import QuietHours
from tests.bot import people

NOW = people.START


def test_quiet_hours_are_kept_and_taken_away(subscriber: Subscriber) -> None:
    assert wishes.quiet_hours(subscriber) is None
    wishes.set_quiet_hours(subscriber, QuietHours(22 * 60, 7 * 60))
    assert wishes.quiet_hours(subscriber) == QuietHours(1320, 420)
    wishes.clear_quiet_hours(subscriber)
    assert wishes.quiet_hours(subscriber) is None


@pytest.mark.parametrize("hours", [(420, 420), (-1, 420), (0, 1440)])
def test_quiet_hours_that_no_day_has_are_refused(subscriber: Subscriber, hours: tuple[int, int]) -> None:
    with pytest.raises(wishes.BadWish):
        wishes.set_quiet_hours(subscriber, QuietHours(*hours))
    assert wishes.quiet_hours(subscriber) is None


@pytest.mark.parametrize("days", wishes.PAUSES)
def test_a_pause_ends_by_itself_and_at_once_when_wished(session: Session, subscriber: Subscriber, days: int) -> None:
    subscriber.pause_announced_at = NOW
    until = wishes.pause(subscriber, days, now=NOW)
    assert until == NOW + timedelta(days=days)
    assert subscriber.pause_announced_at is None
    assert NOW < wishes.told_at(until, days) < until
    assert subscriber.announce_return_at == wishes.told_at(until, days)  # as they were promised
    assert wishes.is_paused(subscriber, now=until - timedelta(seconds=1))
    assert not wishes.is_paused(subscriber, now=until)
    assert wishes.resume(subscriber, now=NOW)
    assert subscriber.announce_return_at is None
    assert not wishes.is_paused(subscriber, now=NOW)
    assert not wishes.resume(subscriber, now=NOW)
    assert subscriber.consented_at is None


def test_a_pause_is_of_one_seven_or_thirty_days(subscriber: Subscriber) -> None:
    with pytest.raises(wishes.BadWish):
        wishes.pause(subscriber, 365, now=NOW)
    assert subscriber.paused_until is None
