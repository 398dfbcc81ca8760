"""Telling people that their pause is about to end: once, in time, where they may be written to. A part of the clock."""

from datetime import datetime

import structlog
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.replies import Reply, render, say
from channels import registry
from channels.contract import Choice, Template
from delivery import gate, letters, quiet, senders
from delivery.drafts import Draft
from delivery.models import Sender
from locales import texts
from staff.models import Agency
from subscribers import reaching, wishes
from subscribers.models import Address, Subscriber

log = structlog.get_logger(__name__)

PURPOSE = "returning"
"""Of the approved wordings that carry this outside the reply window: {{1}} is the agency, {{2}} when the pause ends."""
AT_ONCE = 100


def announce(session: Session, now: datetime) -> int:
    """Write to those whose pause ends soon, at most 100 of them; to how many.

    Whoever claims somebody's announcement writes it, in the same transaction, so two clocks and a restart do no harm.
    Nothing goes to those who said stop, or whose pause is over already; and nothing where only an approved wording may
    leave and there is none. Whoever is in their quiet hours is told when these end.
    """
    due = (
        select(Subscriber.id)  # ix_subscribers_announce_return_at
        .where(Subscriber.announce_return_at <= now)
        .order_by(Subscriber.announce_return_at, Subscriber.id)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    claimed = update(Subscriber).where(Subscriber.id.in_(due), Subscriber.announce_return_at <= now)
    claimed = claimed.values(announce_return_at=None).execution_options(synchronize_session=False)
    ids = session.scalars(claimed.returning(Subscriber.id)).all()
    return sum(_tell(session, subscriber_id, now) for subscriber_id in sorted(ids))


def foreseen(session: Session, person: Subscriber, agency: Agency, days: int) -> datetime | None:
    """When who has just paused for so many days will be told that it ends; None where nothing can be promised.

    By what is known now: where only an approved wording may leave by then there has to be one, and the pause must not
    end in their quiet hours.
    """
    until = person.paused_until
    assert until is not None, "they have just paused"
    hours, at = wishes.quiet_hours(person), wishes.told_at(until, days)
    if hours is not None and wishes.is_quiet(person, quiet.minute_of(at, agency.time_zone)):
        at = quiet.end(at, agency.time_zone, hours.end)
    ways = reaching.ways_to(session, person.id)
    is_possible = any(_is_free(session, way, at) or _approved(session, person, way) is not None for way in ways)
    return at if is_possible and at < until else None


def _tell(session: Session, subscriber_id: int, now: datetime) -> bool:
    person = session.get_one(Subscriber, subscriber_id, populate_existing=True)
    if person.consented_at is None or person.paused_until is None or person.paused_until <= now:
        return False
    agency = session.get_one(Agency, person.agency_id)
    if wishes.is_quiet(person, quiet.minute_of(now, agency.time_zone)):
        _wait(person, agency, person.paused_until, now)
        return False
    for address in reaching.ways_to(session, person.id):
        draft = _draft(session, person, agency, address, person.paused_until, now)
        if draft is not None:
            letters.post(
                session, sender_id=address.sender_id, agency_id=agency.id, to=address.value, draft=draft, now=now
            )
            person.pause_announced_at = now
            return True
    log.info("return.not_announced", subscriber_id=person.id, reason="no approved wording outside the reply window")
    return False


def _wait(person: Subscriber, agency: Agency, until: datetime, now: datetime) -> None:
    """Until their quiet hours end. Where the pause ends with them or before, it ends without a word."""
    hours = wishes.quiet_hours(person)
    end = quiet.end(now, agency.time_zone, hours.end) if hours is not None else now
    if end < until:
        person.announce_return_at = end
    else:
        log.info("return.not_announced", subscriber_id=person.id, reason="quiet hours")


def _draft(
    session: Session, person: Subscriber, agency: Agency, address: Address, until: datetime, now: datetime
) -> Draft | None:
    """What can be said at this address now; None: nothing."""
    reply = _announcement(person.locale, agency.name_in(person.locale), until)
    if _is_free(session, address, now):
        return render(reply, person.locale, agency.time_zone)
    approved = _approved(session, person, address)
    if approved is None:
        return None
    variables = {"1": agency.name_in(person.locale), "2": texts.instant(until, agency.time_zone, person.locale)}
    text = say(reply, person.locale, agency.time_zone)
    return Draft(text, template=Template(approved, variables), heeds_stop=True)


def _is_free(session: Session, address: Address, at: datetime) -> bool:
    """Whether this address may be written to freely then, if they write nothing more until then."""
    limits = registry.limits(session.get_one(Sender, address.sender_id).channel)
    return gate.is_window_open(address.last_inbound_at, limits, now=at)


def _approved(session: Session, person: Subscriber, address: Address) -> str | None:
    found = senders.templates_in_use(session, address.sender_id, PURPOSE).get(person.locale)
    return found.provider_id if found is not None else None


def _announcement(locale: str, agency: str, until: datetime) -> Reply:
    """The buttons are those of the settings: there is one way to pause. The text says what to type instead."""
    choices = [
        Choice("settings:pause:7", texts.say("returning.week.button", locale)),
        Choice("settings:pause:30", texts.say("returning.month.button", locale)),
        Choice("leaving:stop", texts.say("leaving.all.button", locale)),
    ]
    return Reply("returning.announced", {"agency": agency, "until": until}, choices, heeds_stop=True)
