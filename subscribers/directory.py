"""The person behind an address: found or made, and kept reachable while the platform says that they are."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from channels.contract import Inbound, Membership
from db import bulk
from locales import texts
from subscribers import suppression
from subscribers.models import Address, Subscriber, SuppressionReason


class WritesFrom(Protocol):
    """What this room needs to know of a sender; delivery.models.Sender is one."""

    id: int
    agency_id: int
    channel: str


def meet(
    session: Session,
    sender: WritesFrom,
    inbound: Inbound,
    *,
    known: Address | None,
    enabled: Sequence[str],
    now: datetime,
) -> Address:
    """Whoever speaks: the `known` address, else one made (its locale guessed from the platform's hint), never twice.

    Their word opens the reply window and lifts a suppression, unless it is a legal one. It is no consent.
    """
    address = known
    if address is None:
        locale = texts.resolve(inbound.locale_hint, enabled) or enabled[0]
        address = make(session, sender, inbound.address, locale=locale, now=now, last_inbound_at=now)
    address.person_key = inbound.person_key or address.person_key
    address.last_inbound_at = max(filter(None, (address.last_inbound_at, now)))
    suppression.lift(session, sender_id=sender.id, value=inbound.address)
    return address


def find(session: Session, *, sender_id: int, value: str) -> Address | None:
    """The address with this value at this sender, with its subscriber."""
    query = select(Address).where(Address.sender_id == sender_id, Address.value == value)  # the unique key
    return session.scalars(query).one_or_none()


def addresses(session: Session, subscriber_id: int) -> Sequence[Address]:
    """The addresses of a person, the oldest first."""
    query = select(Address).where(Address.subscriber_id == subscriber_id).order_by(Address.id)
    return session.scalars(query).all()


def make(
    session: Session,
    sender: WritesFrom,
    value: str,
    *,
    locale: str,
    now: datetime,
    last_inbound_at: datetime | None = None,
) -> Address:
    """A new subscriber with this one address, who has agreed to nothing yet.

    Where somebody else makes the same address at the same moment, theirs is returned and ours is taken back.
    """
    subscriber = Subscriber(agency_id=sender.agency_id, locale=locale, created_at=now)
    session.add(subscriber)
    session.flush()
    row = {
        "subscriber_id": subscriber.id,
        "agency_id": sender.agency_id,
        "sender_id": sender.id,
        "channel": sender.channel,
        "value": value,
        "created_at": now,
        "last_inbound_at": last_inbound_at,
    }
    made = session.scalars(bulk.insert(session, Address).values(row).on_conflict_do_nothing().returning(Address))
    if new := made.one_or_none():
        set_committed_value(new, "subscriber", subscriber)  # or it would be read again
        return new
    session.delete(subscriber)
    session.flush()
    address = find(session, sender_id=sender.id, value=value)
    assert address is not None, "somebody else inserted it"
    return address


def set_locale(subscriber: Subscriber, locale: str) -> None:
    """The language they chose themselves."""
    subscriber.locale = locale
    subscriber.is_locale_chosen = True


def heed(session: Session, sender: WritesFrom, membership: Membership, *, now: datetime) -> None:
    """The platform says that somebody blocked us, or came back. Neither is a word about consent."""
    if membership.is_reachable:
        suppression.lift(session, sender_id=sender.id, value=membership.address)
        return
    suppression.put(
        session,
        agency_id=sender.agency_id,
        sender_id=sender.id,
        value=membership.address,
        reason=SuppressionReason.BLOCKED,
        now=now,
    )
