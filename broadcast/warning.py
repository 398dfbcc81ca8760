"""Telling an agency's officers what no announcement tells them: that one of their senders was stopped."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from delivery import letters
from delivery.drafts import Draft
from delivery.models import Sender
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
        _tell(session, sender, now) for sender in session.scalars(query.order_by(Sender.id).limit(AT_ONCE)).all()
    )


def _tell(session: Session, sender: Sender, now: datetime) -> bool:
    reached = _reachable(session, sender.agency_id)
    if not reached or not _claimed(session, sender, now):
        return False
    agency = session.get_one(Agency, sender.agency_id)
    text = texts.say("sender.stopped", agency.locales[0], sender=sender.handle, reason=sender.stopped_reason)
    for account in reached:
        letters.post(
            session, sender_id=account.sender_id, agency_id=agency.id, to=account.address, draft=Draft(text), now=now
        )
    return True


def _reachable(session: Session, agency_id: int) -> Sequence[Account]:
    working = set(session.scalars(select(Sender.id).where(Sender.agency_id == agency_id, Sender.stopped_at.is_(None))))
    everybody = [account for role in Role for account in officers.accounts(session, agency_id, role=role)]
    return [account for account in everybody if account.sender_id in working]


def _claimed(session: Session, sender: Sender, now: datetime) -> bool:
    """Two clocks tell once."""
    claimed = update(Sender).where(Sender.id == sender.id, Sender.told_at.is_(None)).values(told_at=now)
    return session.execute(claimed.returning(Sender.id)).first() is not None
