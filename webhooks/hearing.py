"""Handling kept calls: one address at a time, its calls in order, everything that follows in one transaction."""

from datetime import datetime, timedelta
from functools import partial

import structlog
from sqlalchemy import bindparam, delete, func, or_, select, update
from sqlalchemy.orm import Session

from bot import conversation, groups
from bot.models import Conversation
from bot.talk import Above, FileWanted
from channels.contract import (
    GroupChanged,
    GroupSaid,
    Inbound,
    Membership,
)
from db import bulk, wake
from db.engine import Sessions
from delivery import letters, senders
from delivery.drafts import Draft
from delivery.models import Sender
from delivery.switchboard import Switchboard
from subscribers.consent import Merged
from webhooks import apology, held, meters
from webhooks.events import event_of
from webhooks.fetching import Fetch, Files, Wanted, fetched
from webhooks.models import Call, CallState

log = structlog.get_logger(__name__)

ATTEMPTS = 3
LOST, WOKEN_AGAIN = timedelta(seconds=5), timedelta(seconds=30)
LONG_QUEUE, LOST_IN_QUEUE = 100, timedelta(minutes=5)
OVER = (CallState.HANDLED, CallState.FAILED, CallState.MALFORMED)
FORGOTTEN_AT_ONCE = 1_000

# Put together once: for every word that is heard that would take longer than to run them.
_WAITS_AT = select(Call.sender_id, Call.address).where(Call.id == bindparam("call_id"), Call.state == CallState.WAITING)
_WAITING = (  # by arrival, not by id: ids follow the order in which rows are locked. Index: ix_calls_work
    select(Call)
    .where(Call.state == CallState.WAITING)
    .where(Call.sender_id == bindparam("sender_id"), Call.address == bindparam("address"))
    .order_by(Call.received_at, Call.id)
)
_OLDEST, _OLDEST_TWO = _WAITING.limit(1), _WAITING.limit(2)


def hear(
    sessions: Sessions, switchboard: Switchboard, call_id: int, *, now: datetime, fetch: Fetch | None = None
) -> None:
    """Handle the oldest waiting call of the address that `call_id` came from, and have the next one woken.

    Where a dialog wants the file that was sent, everything is undone, the file is fetched while no transaction is
    open, and it is done again.
    """
    try:
        _hear(sessions, switchboard, call_id, {}, now=now)
    except Wanted as wanted:
        files = {wanted.event_id: fetched(sessions, switchboard, wanted, fetch)}
        _hear(sessions, switchboard, call_id, files, now=now)


def _hear(sessions: Sessions, switchboard: Switchboard, call_id: int, files: Files, *, now: datetime) -> None:
    """One go at it.

    Safe to run twice, side by side, or long after the call was handled. A call that makes the conversation crash
    leaves nothing but the count of its attempts, and after the last of them an apology.
    """
    try:
        with sessions.begin() as session:
            is_heard = _attempt(session, switchboard, call_id, files, now)
    except Failed as failed:
        with sessions.begin() as session:
            _count_failure(session, switchboard, failed, now)
    else:
        if is_heard:
            meters.heard("handled")


class Failed(Exception):
    """What was said in this call could not be handled; everything that was done for it is undone."""

    def __init__(self, call_id: int, error: str) -> None:
        super().__init__(error)
        self.call_id = call_id
        self.error = error


def _attempt(session: Session, board: Switchboard, call_id: int, files: Files, now: datetime) -> bool:
    """Handle the oldest call of that address and wake the next; False where none waits. Raises Failed, or Wanted."""
    place = _waits_at(session, call_id)
    if place is None:
        return False
    locked = conversation.lock(session, sender_id=place[0], address=place[1], now=now)
    whose = {"sender_id": place[0], "address": place[1]}
    waiting = session.scalars(_OLDEST_TWO, whose, execution_options={"populate_existing": True}).all()
    if not waiting:
        return False
    try:
        _handle(session, board, waiting[0], locked, files, now)
        session.flush()
    except Wanted:
        raise
    except Merged as merged:  # the person became another's in the middle of this turn: the next attempt meets that one
        log.info("hearing.again", call_id=waiting[0].id)
        raise Failed(waiting[0].id, "Merged") from merged
    except Exception as error:
        meters.heard("failed")
        log.exception("hearing.failed", call_id=waiting[0].id)
        raise Failed(waiting[0].id, type(error).__name__) from error
    for following in waiting[1:]:  # one that comes from now on has a wake-up of its own
        wake.later(session, "hear", following.id)
    return True


def _waits_at(session: Session, call_id: int) -> tuple[int, str] | None:
    """Whose call it is; None if it was handled: a wake-up that came twice, of which a surge has thousands."""
    found = session.execute(_WAITS_AT, {"call_id": call_id}).one_or_none()
    return None if found is None or found.address is None else (found.sender_id, found.address)


def _handle(
    session: Session, board: Switchboard, call: Call, locked: Conversation, files: Files, now: datetime
) -> None:
    sender, _agency = senders.with_agency(session, call.sender_id)  # held, so that nobody reads it again
    event = event_of(board, sender, call)
    match event:
        case Inbound():
            for draft in _answers(session, board, event, call, locked, files, now):
                letters.post(
                    session,
                    sender_id=sender.id,
                    agency_id=sender.agency_id,
                    to=event.address,
                    draft=draft,
                    now=now,
                )
        case GroupSaid():
            _hear_group(session, board, event, sender, now)
        case GroupChanged():
            groups.heed(session, event, sender=sender, now=now)
        case Membership():
            conversation.notice(session, event, sender=sender, now=now)
        case _:
            log.warning("hearing.no_event", call_id=call.id)
    call.state, call.handled_at, call.error = CallState.HANDLED, now, None


def _hear_group(session: Session, board: Switchboard, said: GroupSaid, sender: Sender, now: datetime) -> None:
    limits = board.limits_of(sender.channel)
    for to, draft in groups.hear(session, said, sender=sender, limits=limits, now=now):
        letters.post(session, sender_id=sender.id, agency_id=sender.agency_id, to=to, draft=draft, now=now)


def _answers(
    session: Session,
    board: Switchboard,
    said: Inbound,
    call: Call,
    locked: Conversation,
    files: Files,
    now: datetime,
) -> list[Draft]:
    sender = session.get_one(Sender, call.sender_id)
    limits, file = board.limits_of(sender.channel), files.get(said.event_id)
    above = Above(
        board.public_url,
        partial(_empty, in_hand=call),
        partial(held.file, board),
        lambda by, payload: board.channel(by).link(payload),
    )
    try:
        return conversation.hear(
            session, said, sender=sender, limits=limits, now=now, locked=locked, above=above, file=file
        )
    except FileWanted:
        if said.attachment is None:
            raise
        raise Wanted(sender.id, said.event_id, said.attachment) from None


def _empty(session: Session, sender_id: int, address: str, *, in_hand: Call) -> None:
    """Empty the calls of an address that is to be forgotten; their ids stay, so that a repeated one is known as such.

    What was said since and waits stays: it is a stranger's first word.
    """
    if (in_hand.sender_id, in_hand.address) == (sender_id, address):
        in_hand.address, in_hand.url, in_hand.body = None, "", b""
    theirs = update(Call).where(Call.state.in_(OVER), Call.sender_id == sender_id, Call.address == address)
    emptied = theirs.values(address=None, url="", body=b"", error=None, state=CallState.HANDLED)  # ix_calls_work
    session.execute(emptied.execution_options(synchronize_session=False))


def _count_failure(session: Session, switchboard: Switchboard, failed: Failed, now: datetime) -> None:
    """Count the attempt; the address goes on with this call, or with the next one where this is given up."""
    call = session.get(Call, failed.call_id, with_for_update=True)
    if call is None or call.state is not CallState.WAITING or call.address is None:
        return
    sender_id, address = call.sender_id, call.address
    call.attempts += 1
    if call.attempts >= ATTEMPTS:
        _give_up(session, switchboard, call, now, failed.error)
    session.flush()
    for following in session.scalars(_OLDEST, {"sender_id": sender_id, "address": address}):
        wake.later(session, "hear", following.id)


def _give_up(session: Session, switchboard: Switchboard, call: Call, now: datetime, error: str) -> None:
    """After some attempts, and say so kindly; what the person says next is heard all the same."""
    call.state, call.error = CallState.FAILED, f"gave up: {error}"[:200]
    log.error("hearing.given_up", call_id=call.id, error=error)
    session.flush()
    try:
        with session.begin_nested():
            sender = session.get_one(Sender, call.sender_id)
            apology.post(session, sender, event_of(switchboard, sender, call), now=now)
    except Exception:
        log.exception("hearing.no_apology", call_id=call.id)


def wake_unheard(session: Session, now: datetime, *, backlog: int) -> int:
    """Wake somebody for whoever waits although their own wake-up is lost; for how many. `backlog` messages are queued.

    In a long queue nothing was lost: it waits there, and ten thousand callers woken anew would fill it with echoes.
    """
    if backlog > LONG_QUEUE:
        return wake_waiting(session, before=now - LOST_IN_QUEUE, again=LOST_IN_QUEUE, now=now)
    return wake_waiting(session, before=now - LOST, now=now)


def wake_waiting(
    session: Session, *, before: datetime, now: datetime, again: timedelta = WOKEN_AGAIN, limit: int = 1000
) -> int:
    """Wake somebody for each address whose calls have waited since `before` (their own wake-up was lost); how many.

    An address is woken again only after `again`, so that a long queue is not made longer. Index: ix_calls_work.
    """
    waits_since, woken_at = func.min(Call.received_at), func.max(Call.woken_at)
    first_of_address = (
        select(func.min(Call.id))
        .where(Call.state == CallState.WAITING, Call.address.is_not(None))
        .group_by(Call.sender_id, Call.address)
        .having(waits_since < before, or_(woken_at.is_(None), woken_at < now - again))
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
