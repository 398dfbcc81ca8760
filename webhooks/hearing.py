"""Handling kept calls: one address at a time, its calls in order, everything that follows in one transaction."""

from datetime import datetime

import structlog
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot import conversation
from channels.contract import Event, Hook, Inbound, Membership
from db import wake
from db.engine import Sessions
from delivery import letters
from delivery.models import Sender
from delivery.switchboard import Switchboard
from webhooks.models import Call, CallState

log = structlog.get_logger(__name__)

ATTEMPTS = 3


def hear(sessions: Sessions, switchboard: Switchboard, call_id: int, *, now: datetime) -> None:
    """Handle the oldest waiting call of the address that `call_id` came from, and see to the next."""
    with sessions.begin() as session:
        call = session.get(Call, call_id)
        if call is None or call.address is None:
            return
        sender_id, address = call.sender_id, call.address
    try:
        with sessions.begin() as session:
            _hear_oldest(session, switchboard, sender_id, address, now)
    except Exception:
        log.exception("hearing.failed", call_id=call_id)
        with sessions.begin() as session:
            _count_failure(session, sender_id, address)


def _hear_oldest(session: Session, switchboard: Switchboard, sender_id: int, address: str, now: datetime) -> None:
    conversation.lock(session, sender_id=sender_id, address=address, now=now)
    call = _oldest(session, sender_id, address)
    if call is None:
        return
    sender = session.get_one(Sender, sender_id)
    event = _event(switchboard, sender, call)
    if isinstance(event, Inbound):
        limits = switchboard.limits_of(sender.channel)
        for draft in conversation.hear(session, event, sender=sender, limits=limits, now=now):
            letters.post(session, sender_id=sender.id, agency_id=sender.agency_id, to=address, draft=draft, now=now)
    elif isinstance(event, Membership):
        conversation.notice(session, event, sender=sender, now=now)
    call.state = CallState.HANDLED
    call.handled_at = now
    session.flush()
    wake_next(session, sender_id, address)


def _oldest(session: Session, sender_id: int, address: str) -> Call | None:
    """Index: ix_calls_work."""
    return session.scalars(
        select(Call)
        .where(Call.state == CallState.WAITING, Call.sender_id == sender_id, Call.address == address)
        .order_by(Call.id)
        .limit(1)
    ).one_or_none()


def wake_next(session: Session, sender_id: int, address: str) -> None:
    """Ask for the next waiting call of an address, if there is one."""
    following = _oldest(session, sender_id, address)
    if following is not None:
        wake.later(session, "hear", following.id)


def _event(switchboard: Switchboard, sender: Sender, call: Call) -> Event | None:
    """The event again, from the raw call: what was kept is the truth, not what we once made of it."""
    hook = Hook(url=call.url, headers={"content-type": call.content_type}, body=call.body)
    events = switchboard.channel(sender).parse(hook)
    return next((event for event in events if event.event_id == call.event_id), None)


def _count_failure(session: Session, sender_id: int, address: str) -> None:
    """Give up a call after some attempts, so that it does not stop what the person says next."""
    call = _oldest(session, sender_id, address)
    if call is None:
        return
    call.attempts += 1
    if call.attempts >= ATTEMPTS:
        call.state, call.error = CallState.FAILED, "gave up: see the log for hearing.failed"
        session.flush()
    wake_next(session, sender_id, address)


def wake_waiting(session: Session, *, before: datetime, limit: int = 1000) -> int:
    """Wake somebody for each call that has waited since `before` (its own wake-up was lost); how many."""
    waiting = session.scalars(
        select(Call.id)
        .where(Call.state == CallState.WAITING, Call.received_at < before, Call.address.is_not(None))
        .order_by(Call.id)
        .limit(limit)
    ).all()
    for call_id in waiting:
        wake.later(session, "hear", call_id)
    return len(waiting)


def replay(session: Session, call_id: int) -> bool:
    """Put a call that failed through again; False if there is no such call or it needs none."""
    changed = session.execute(
        update(Call)
        .where(Call.id == call_id, Call.state == CallState.FAILED)
        .values(state=CallState.WAITING, attempts=0, error=None)
    )
    if changed.rowcount == 0:  # type: ignore[attr-defined]
        return False
    wake.later(session, "hear", call_id)
    return True
