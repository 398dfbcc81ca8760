"""The breaker of each sender: it opens when far fewer people are reached than usual, and closes by itself.

Shared by all hosts: one row of numbers for each slot of seconds, one row that says how it stands. What opens it is
decided in `hygiene`. Whoever strikes an address asks here first, and holds the breaker's row until the commit.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from db import bulk
from delivery import hygiene, quarantine
from delivery.hygiene import REMEMBERED, Reach
from delivery.models import Breaker, ReachCount

log = structlog.get_logger(__name__)

SLOT = timedelta(seconds=15)
WINDOW = timedelta(minutes=5)
SLOTS = WINDOW // SLOT
AT_ONCE = 500


def count(session: Session, sender_id: int, *, sent: int, unreachable: int, now: datetime) -> None:
    """Add what a settlement saw to the sender's slot: one row, written in the settlement's own transaction."""
    if sent or unreachable:
        row = (sender_id, _slot(now), sent, unreachable)
        bulk.add_rows(session, bulk.Rows(ReachCount, ("sender_id", "slot", "sent", "unreachable"), [row]))


def is_open(session: Session, sender_id: int, *, now: datetime) -> bool:
    """Whether failures of this sender cost no address anything. Opens the breaker where it has to."""
    breaker = _locked(session, sender_id)
    if breaker.opened_at is not None:
        return True
    slots = _slots(session, sender_id, now)
    if not hygiene.opens(slots, _usual(breaker)):
        return False
    _open(session, breaker, slots, now)
    return True


def watch(session: Session, now: datetime) -> int:
    """Close the breakers whose senders reach people again, and remember what is usual; how many were closed."""
    _remember(session, now)  # first: what is past belongs to the outage, if there was one
    opened = select(Breaker.sender_id).where(Breaker.opened_at <= now - WINDOW).order_by(Breaker.sender_id)
    return sum(_close_if_calm(session, sender_id, now) for sender_id in session.scalars(opened.limit(AT_ONCE)).all())


def set_usual(session: Session, sender_id: int, share: float) -> None:
    """Say which share (0 to 1) usually cannot be reached by this sender, and close its breaker."""
    session.execute(delete(ReachCount).where(ReachCount.sender_id == sender_id))  # before the breaker, as everybody
    breaker = _locked(session, sender_id)
    breaker.usual_sent, breaker.usual_unreachable = REMEMBERED, round(share * REMEMBERED)
    breaker.opened_at = None


def opened(session: Session) -> dict[int, Breaker]:
    """The breakers that are open now, by sender id: for operators."""
    return {row.sender_id: row for row in session.scalars(select(Breaker).where(Breaker.opened_at.is_not(None)))}


def _slot(at: datetime) -> int:
    return int(at.timestamp() // SLOT.total_seconds())


def _locked(session: Session, sender_id: int) -> Breaker:
    found = session.get(Breaker, sender_id, with_for_update=True, populate_existing=True)
    return found or _made(session, sender_id)


def _made(session: Session, sender_id: int) -> Breaker:
    session.execute(
        bulk.insert(session, Breaker)
        .values(sender_id=sender_id, usual_sent=0, usual_unreachable=0, share=0.0)
        .on_conflict_do_nothing()
    )
    return session.get_one(Breaker, sender_id, with_for_update=True, populate_existing=True)


def _slots(session: Session, sender_id: int, now: datetime) -> list[Reach]:
    """Those of the last minutes in which something was sent, oldest first. The primary key."""
    question = select(ReachCount.sent, ReachCount.unreachable).where(
        ReachCount.sender_id == sender_id, ReachCount.slot > _slot(now) - SLOTS
    )
    return [Reach(*row) for row in session.execute(question.order_by(ReachCount.slot))]


def _usual(breaker: Breaker) -> Reach:
    return Reach(breaker.usual_sent, breaker.usual_unreachable)


def _open(session: Session, breaker: Breaker, slots: Sequence[Reach], now: datetime) -> None:
    seen = sum(slots, Reach())
    breaker.opened_at, breaker.share = now, seen.share
    session.flush()
    lifted = quarantine.take_back(session, breaker.sender_id, since=now - WINDOW)
    log.error(
        "breaker.opened", sender_id=breaker.sender_id, sent=seen.sent, unreachable=seen.unreachable, lifted=lifted
    )


def _close_if_calm(session: Session, sender_id: int, now: datetime) -> bool:
    breaker = _locked(session, sender_id)
    if breaker.opened_at is None or not hygiene.may_close(_slots(session, sender_id, now), _usual(breaker)):
        return False
    since, breaker.opened_at = breaker.opened_at, None
    log.warning("breaker.closed", sender_id=sender_id, open_seconds=round((now - since).total_seconds()))
    return True


def _remember(session: Session, now: datetime) -> None:
    """Take the slots that are past into what is usual; those of an outage are forgotten."""
    past = delete(ReachCount).where(ReachCount.slot <= _slot(now) - SLOTS)
    rows = session.execute(past.returning(ReachCount.sender_id, ReachCount.sent, ReachCount.unreachable)).all()
    by_sender: dict[int, list[Reach]] = {}
    for sender_id, sent, unreachable in rows:
        by_sender.setdefault(sender_id, []).append(Reach(sent, unreachable))
    for sender_id in sorted(by_sender):
        breaker = _locked(session, sender_id)
        if breaker.opened_at is None:
            usual = hygiene.remember(_usual(breaker), by_sender[sender_id])
            breaker.usual_sent, breaker.usual_unreachable = usual.sent, usual.unreachable
