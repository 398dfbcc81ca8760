"""Everything about somebody goes, at once, but what keeps us from writing again; and a number in new hands.

What stays of who asked for it is a tombstone: a hash of each address, for nothing but to know it again when a file
brings it. A hash of a telephone number can be found by trying all numbers: it hides, it does not make unknowable.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, bindparam, delete, or_, select, update
from sqlalchemy.orm import Session

from channels.contract import Inbound
from db import bulk
from subscribers.directory import WritesFrom
from subscribers.models import (
    Address,
    AreaChoice,
    Consent,
    DrillMember,
    Subscriber,
    Subscription,
    Suppression,
    SuppressionReason,
    Tombstone,
)

UNSYNCHRONISED = {"synchronize_session": False}

# Put together once: for every word that is heard that would take longer than to run it.
_NOBODY_THERE = and_(
    Suppression.sender_id == Address.sender_id,
    Suppression.value == Address.value,
    Suppression.reason == SuppressionReason.INVALID,
    Suppression.until.is_(None),
)
_KNOWN = (
    select(Address, Suppression.id)
    .outerjoin(Suppression, _NOBODY_THERE)
    .where(Address.sender_id == bindparam("sender_id"), Address.value == bindparam("address"))  # the unique keys
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody was reached: a sender of ours, and the platform's opaque string."""

    sender_id: int
    value: str


@dataclass(frozen=True, slots=True)
class Erased:
    """Who was erased: the ids under which they were known, and where they were reached."""

    ids: tuple[int, ...]
    places: tuple[Place, ...]


def erase(session: Session, subscriber: Subscriber, *, now: datetime) -> Erased:
    """Delete a person, whoever was joined to them, what they chose and agreed to. Their later word is a stranger's.

    A LEGAL suppression stays: it is an officer's or a court's, and no officer lifted it.
    """
    mine = or_(Subscriber.id == subscriber.id, Subscriber.merged_into_id == subscriber.id)
    ids = session.scalars(select(Subscriber.id).where(mine).order_by(Subscriber.id).with_for_update()).all()
    known = select(Address.sender_id, Address.value).where(Address.subscriber_id.in_(ids)).order_by(Address.id)
    places = tuple(Place(sender_id, value) for sender_id, value in session.execute(known))
    for place in places:
        _bury(session, place, now)
    session.flush()
    for row in list(session):  # nothing of them is written again at the end of the turn
        if isinstance(row, Subscriber | Address):
            session.expunge(row)
    for model in (Subscription, AreaChoice, Consent, DrillMember, Address):
        session.execute(delete(model).where(model.subscriber_id.in_(ids)).execution_options(**UNSYNCHRONISED))
    session.execute(delete(Subscriber).where(Subscriber.id.in_(ids)).execution_options(**UNSYNCHRONISED))
    return Erased(tuple(ids), places)


def is_erased(session: Session, *, sender_id: int, value: str) -> bool:
    """Whether the person at this address once had everything about them deleted: no file brings them back."""
    buried = select(Tombstone.at).where(Tombstone.sender_id == sender_id, Tombstone.value_hash == _hash(value))
    return session.scalar(buried) is not None


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose address it is that somebody speaks from: None for a stranger, and whether it just was another's."""

    address: Address | None
    is_new: bool = False


def owner(session: Session, sender: WritesFrom, inbound: Inbound) -> Owner:
    """Whose it is. One in new hands is taken from who had it: whoever speaks there is met as a stranger.

    In new hands is an address at which there was nobody (INVALID, which takes days of failures), and one of whom the
    platform says by its own id that it is another person's. The earlier owner keeps everything but the address.
    """
    found = session.execute(_KNOWN, {"sender_id": sender.id, "address": inbound.address}).one_or_none()
    if found is None:
        return Owner(None)
    address: Address = found[0]
    if found[1] is None and not _is_another(address, inbound):
        return Owner(address)
    preferred = update(Subscriber).where(Subscriber.preferred_address_id == address.id)
    session.execute(preferred.where(Subscriber.id == address.subscriber_id).values(preferred_address_id=None))
    session.delete(address)
    session.flush()
    return Owner(None, is_new=True)


def _is_another(address: Address, inbound: Inbound) -> bool:
    keys = (address.person_key, inbound.person_key)
    return None not in keys and keys[0] != keys[1]


def _bury(session: Session, place: Place, now: datetime) -> None:
    row = {"sender_id": place.sender_id, "value_hash": _hash(place.value), "at": now}
    session.execute(bulk.insert(session, Tombstone).values(row).on_conflict_do_nothing())
    mine = (Suppression.sender_id == place.sender_id, Suppression.value == place.value)
    session.execute(delete(Suppression).where(*mine, Suppression.reason != SuppressionReason.LEGAL))


def _hash(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()
