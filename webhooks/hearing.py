"""Handling kept calls: one address at a time, its calls in order, everything that follows in one transaction."""

from datetime import datetime, timedelta
from functools import partial

import structlog
from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from bot import conversation
from bot.models import Conversation
from bot.talk import Above
from channels.contract import Event, Hook, Inbound, Membership
from db import bulk, wake
from db.engine import Sessions
from delivery import letters, senders
from delivery.models import Sender
from delivery.switchboard import Switchboard
from subscribers.consent import Merged
from webhooks import apology, meters
from webhooks.models import Call, CallState

log = structlog.get_logger(__name__)

ATTEMPTS = 3
WOKEN_AGAIN = timedelta(seconds=30)
OVER = (CallState.HANDLED, CallState.FAILED, CallState.MALFORMED)
FORGOTTEN_AT_ONCE = 1_000


def hear(sessions: Sessions, switchboard: Switchboard, call_id: int, *, now: datetime) -> None:
    """Handle the oldest waiting call of the address that `call_id` came from, and have the next one woken.

    Safe to run twice, side by side, or long after the call was handled. A call that makes the conversation crash
    leaves nothing but the count of its attempts, and after the last of them an apology.
    """
    with sessions.begin() as session:
        asked = session.get(Call, call_id)
        if asked is None or asked.address is None or asked.state is not CallState.WAITING:
            return  # a wake-up that came twice, of which a surge has thousands, costs one look at its row
        sender_id, address = asked.sender_id, asked.address
        locked = conversation.lock(session, sender_id=sender_id, address=address, now=now)
        call = _oldest(session, sender_id, address)
        if call is None:
            return
        _attempt(session, switchboard, call, locked, now)
        session.flush()
        wake_next(session, sender_id, address)


def _attempt(session: Session, board: Switchboard, call: Call, locked: Conversation, now: datetime) -> None:
    call_id = call.id
    try:
        with session.begin_nested():
            _handle(session, board, call, locked, now)
        meters.heard("handled")
    except Merged:  # the person became another's in the middle of this turn: the next attempt meets that one
        log.info("hearing.again", call_id=call_id)
        _count_failure(session, board, call, now, "Merged")
    except Exception as error:
        meters.heard("failed")
        log.exception("hearing.failed", call_id=call_id)
        _count_failure(session, board, call, now, type(error).__name__)


def _handle(session: Session, board: Switchboard, call: Call, locked: Conversation, now: datetime) -> None:
    sender = session.get_one(Sender, call.sender_id)
    event = event_of(board, sender, call)
    match event:
        case Inbound():
            limits = board.limits_of(sender.channel)
            above = Above(board.public_url, partial(_empty, in_hand=call))
            for draft in conversation.hear(
                session, event, sender=sender, limits=limits, now=now, locked=locked, above=above
            ):
                letters.post(
                    session,
                    sender_id=sender.id,
                    agency_id=sender.agency_id,
                    to=event.address,
                    draft=draft,
                    now=now,
                )
        case Membership():
            conversation.notice(session, event, sender=sender, now=now)
        case _:
            log.warning("hearing.no_event", call_id=call.id)
    call.state, call.handled_at, call.error = CallState.HANDLED, now, None


def _empty(session: Session, sender_id: int, address: str, *, in_hand: Call) -> None:
    """Empty the calls of an address that is to be forgotten; their ids stay, so that a repeated one is known as such.

    What was said since and waits stays: it is a stranger's first word.
    """
    if (in_hand.sender_id, in_hand.address) == (sender_id, address):
        in_hand.address, in_hand.url, in_hand.body = None, "", b""
    theirs = update(Call).where(Call.state.in_(OVER), Call.sender_id == sender_id, Call.address == address)
    emptied = theirs.values(address=None, url="", body=b"", error=None, state=CallState.HANDLED)  # ix_calls_work
    session.execute(emptied.execution_options(synchronize_session=False))


def _oldest(session: Session, sender_id: int, address: str) -> Call | None:
    """By arrival, not by id: ids follow the order in which rows are locked. Index: ix_calls_work."""
    return session.scalars(
        select(Call)
        .where(Call.state == CallState.WAITING, Call.sender_id == sender_id, Call.address == address)
        .order_by(Call.received_at, Call.id)
        .limit(1)
        .execution_options(populate_existing=True)
    ).one_or_none()


def wake_next(session: Session, sender_id: int, address: str) -> None:
    """Ask for the next waiting call of an address, if there is one."""
    following = _oldest(session, sender_id, address)
    if following is not None:
        wake.later(session, "hear", following.id)


def event_of(switchboard: Switchboard, sender: Sender, call: Call) -> Event | None:
    """The event again, from the raw call: what was kept is the truth, not what we once made of it."""
    hook = Hook(url=call.url, headers={"content-type": call.content_type}, body=call.body)
    events = switchboard.channel(sender).parse(hook)
    return next((event for event in events if event.event_id == call.event_id), None)


def _count_failure(session: Session, switchboard: Switchboard, call: Call, now: datetime, error: str) -> None:
    """Give up a call after some attempts and say so kindly; what the person says next is heard all the same."""
    call.attempts += 1
    if call.attempts < ATTEMPTS:
        return
    call.state, call.error = CallState.FAILED, f"gave up: {error}"[:200]
    log.error("hearing.given_up", call_id=call.id, error=error)
    session.flush()
    try:
        with session.begin_nested():
            sender = session.get_one(Sender, call.sender_id)
            apology.post(session, sender, event_of(switchboard, sender, call), now=now)
    except Exception:
        log.exception("hearing.no_apology", call_id=call.id)


def wake_waiting(session: Session, *, before: datetime, now: datetime, limit: int = 1000) -> int:
    """Wake somebody for each address whose calls have waited since `before` (their own wake-up was lost); how many.

    An address is woken again only after half a minute, so that a long queue is not made longer. Index: ix_calls_work.
    """
    waits_since, woken_at = func.min(Call.received_at), func.max(Call.woken_at)
    first_of_address = (
        select(func.min(Call.id))
        .where(Call.state == CallState.WAITING, Call.address.is_not(None))
        .group_by(Call.sender_id, Call.address)
        .having(waits_since < before, or_(woken_at.is_(None), woken_at < now - WOKEN_AGAIN))
        .order_by(func.min(Call.id))
        .limit(limit)
    )
    found = session.scalars(first_of_address).all()
    free = select(Call.id).where(Call.id.in_(found)).order_by(Call.id).with_for_update(skip_locked=True)
    waiting = session.scalars(free).all() if found else []
    for call_id in waiting:
        wake.later(session, "hear", call_id)
    if waiting:
        session.execute(update(Call).where(Call.id.in_(waiting)).values(woken_at=now))
    return len(waiting)


def replay(session: Session, call_id: int) -> bool:
    """Put a call that failed through again; False if there is no such call or it needs none."""
    failed = update(Call).where(Call.id == call_id, Call.state == CallState.FAILED)
    if not bulk.changed(session, failed.values(state=CallState.WAITING, attempts=0, error=None)):
        return False
    wake.later(session, "hear", call_id)
    return True


def forget(session: Session, now: datetime) -> int:
    """Delete calls whose agency's term for words is over, at most 1,000 of a sender; how many. Waiting ones stay."""
    gone = 0
    for sender_id, term in senders.terms_for_words(session):
        old = (
            select(Call.id)  # ix_calls_sender_received
            .where(Call.sender_id == sender_id, Call.received_at <= now - term, Call.state.in_(OVER))
            .order_by(Call.received_at)
            .limit(FORGOTTEN_AT_ONCE)
        )
        gone += bulk.changed(session, delete(Call).where(Call.id.in_(old)))
    return gone
