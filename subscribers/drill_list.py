"""An agency's drill list: the few people who get its drills, and nothing but the drills by it.

Nobody is put on it: one joins by a one-time link, or as an officer by their own account. Being on it is the person's
word for drills alone; STOP ends it with everything else.
"""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session

from db import bulk
from subscribers.models import Address, DrillLink, DrillMember, Subscriber

MOST = 50
CODE_BYTES = 24
VALID_FOR = timedelta(hours=48)


class Full(Exception):
    """The list has as many people as it may have: somebody has to leave it first."""


def join(session: Session, subscriber: Subscriber, *, now: datetime) -> bool:
    """Put somebody on the list by their own word; False where they were on it. Raises Full.

    Two who join at once must take turns: whoever calls holds a lock on the agency.
    """
    if is_on(session, subscriber.id):
        return False
    check_room(session, subscriber.agency_id)
    session.add(DrillMember(subscriber_id=subscriber.id, agency_id=subscriber.agency_id, joined_at=now))
    session.flush()
    return True


def leave(session: Session, subscriber: Subscriber) -> bool:
    """Take somebody off the list; False where they were not on it."""
    return bulk.changed(session, delete(DrillMember).where(DrillMember.subscriber_id == subscriber.id)) > 0


def move(session: Session, giver: Subscriber, to: Subscriber, *, stopped_at: datetime | None) -> None:
    """They turned out to be one person, who is on the list where either was, unless they have said stop since."""
    gone = delete(DrillMember).where(DrillMember.subscriber_id == giver.id)
    since = session.scalar(gone.returning(DrillMember.joined_at))
    if since is None or is_on(session, to.id) or (stopped_at is not None and stopped_at >= since):
        return
    session.add(DrillMember(subscriber_id=to.id, agency_id=to.agency_id, joined_at=since))
    session.flush()


def is_on(session: Session, subscriber_id: int) -> bool:
    """Whether somebody is on the list."""
    return session.get(DrillMember, subscriber_id) is not None


def check_room(session: Session, agency_id: int) -> None:
    """Raise Full where nobody else can join."""
    if size(session, agency_id) >= MOST:
        raise Full(f"agency {agency_id}")


def size(session: Session, agency_id: int) -> int:
    """How many people are on it."""
    return session.scalar(select(func.count()).where(DrillMember.agency_id == agency_id)) or 0


def members(session: Session, agency_id: int) -> Sequence[tuple[DrillMember, Address]]:
    """Who is on it, the longest first, each with their addresses."""
    query = select(DrillMember, Address).join(Address, Address.subscriber_id == DrillMember.subscriber_id)
    query = query.where(DrillMember.agency_id == agency_id).order_by(DrillMember.joined_at, Address.id)
    return [(member, address) for member, address in session.execute(query.limit(4 * MOST))]


def link(session: Session, *, agency_id: int, officer_id: int, now: datetime) -> str:
    """A one-time code (A-Z, a-z, 0-9, - and _) that puts whoever opens it on the list."""
    code = secrets.token_urlsafe(CODE_BYTES)
    made = DrillLink(code_hash=_hash(code), agency_id=agency_id, officer_id=officer_id, expires_at=now + VALID_FOR)
    session.add(made)
    session.flush()
    return code


def is_good(session: Session, code: str, *, agency_id: int, now: datetime) -> bool:
    """Whether a code could be used now; what is used, too old or another agency's is as unknown as a made-up one."""
    return session.scalar(select(DrillLink.agency_id).where(*_open(code, agency_id, now))) is not None


def use_up(session: Session, code: str, *, now: datetime) -> None:
    """Use a good code, once: whoever calls holds the lock under which it was found to be good."""
    session.execute(update(DrillLink).where(DrillLink.code_hash == _hash(code)).values(used_at=now))


def _open(code: str, agency_id: int, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        DrillLink.code_hash == _hash(code),
        DrillLink.agency_id == agency_id,
        DrillLink.used_at.is_(None),
        DrillLink.expires_at > now,
    )


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
