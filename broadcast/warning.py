"""Telling an agency's officers what no announcement tells them: that a sender of theirs is stopped, or reaches few."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from broadcast import telling
from delivery import breaker, letters
from delivery.drafts import Draft
from delivery.models import Breaker, Sender
from locales import texts
from staff import officers
from staff.models import Account, Agency, Role

AT_ONCE = 100


def tell_of_stopped(session: Session, now: datetime) -> int:
    """Write to the officers of every sender that was stopped, once for each time; of how many senders they were told.

    They read it on another sender of theirs: by the one that is stopped nothing leaves. Who has no other one is told
    as soon as there is one; an operator sees it in the log and by `loudhailer doctor` anyhow.
    """
    query = select(Sender).where(Sender.stopped_at.is_not(None), Sender.told_at.is_(None))
    return sum(
        _tell_of_stopped(session, sender, now)
        for sender in session.scalars(query.order_by(Sender.id).limit(AT_ONCE)).all()
    )


def tell_of_breakers(session: Session, now: datetime) -> int:
    """Write to the officers of every sender whose breaker opened or closed, once for each; of how many.

    By another sender where they have one: this one may not reach them either.
    """
    query = select(Sender, Breaker).join(Breaker, Breaker.sender_id == Sender.id).where(Breaker.is_told.is_(False))
    rows = session.execute(query.order_by(Sender.id).limit(AT_ONCE)).all()
    return sum(_tell_of_breaker(session, sender, found, now) for sender, found in rows)


def _tell_of_stopped(session: Session, sender: Sender, now: datetime) -> bool:
    reached = _reachable(session, sender.agency_id)
    if not reached or not _claimed(session, sender, now):
        return False
    _write(
        session, reached, sender.agency_id, now, "sender.stopped", sender=sender.handle, reason=sender.stopped_reason
    )
    return True


def _tell_of_breaker(session: Session, sender: Sender, found: Breaker, now: datetime) -> bool:
    everybody = _reachable(session, sender.agency_id)
    reached = [account for account in everybody if account.sender_id != sender.id] or everybody
    if not reached or not breaker.claim_news(session, sender.id):
        return False
    key = "sender.breaker_closed" if found.opened_at is None else "sender.breaker_opened"
    _write(session, reached, sender.agency_id, now, key, sender=sender.handle, share=f"{round(100 * found.share)}%")
    return True


def _write(
    session: Session, reached: Sequence[Account], agency_id: int, now: datetime, key: str, **values: object
) -> None:
    agency = session.get_one(Agency, agency_id)
    text = texts.say(key, agency.locales[0], **values)
    telling.groups_of(session, agency_id, text, now=now)
    draft = Draft(text)
    for account in reached:
        letters.post(
            session, sender_id=account.sender_id, agency_id=agency.id, to=account.address, draft=draft, now=now
        )


def _reachable(session: Session, agency_id: int) -> Sequence[Account]:
    working = set(session.scalars(select(Sender.id).where(Sender.agency_id == agency_id, Sender.stopped_at.is_(None))))
    everybody = [account for role in Role for account in officers.accounts(session, agency_id, role=role)]
    return [account for account in everybody if account.sender_id in working]


def _claimed(session: Session, sender: Sender, now: datetime) -> bool:
    """Two clocks tell once."""
    claimed = update(Sender).where(Sender.id == sender.id, Sender.told_at.is_(None)).values(told_at=now)
    return session.execute(claimed.returning(Sender.id)).first() is not None
