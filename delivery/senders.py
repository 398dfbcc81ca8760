"""Senders: the bots and numbers an agency writes from, their templates, and whether they may send."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import ColumnElement, bindparam, exists, or_, select
from sqlalchemy.orm import Session

from channels.contract import Limits
from db import bulk, wake
from delivery.consignments import LIVE
from delivery.models import Batch, Consignment, Letter, Sender, WordingTemplate
from delivery.states import BatchState, Lane, LetterState, Stage
from delivery.throttle import regained
from staff.models import Agency

log = structlog.get_logger(__name__)

KEY_BYTES = 18
WOKEN_AT_ONCE = 200
PAID_ATTEMPTS = 2
"""What was refused so often leaves unpaid: a purse that is empty, or a switch the platform does not know of, costs time
and loses nobody."""

# Put together once: for every word that is heard that would take longer than to run it.
_WITH_AGENCY = (
    select(Sender, Agency).join(Agency, Agency.id == Sender.agency_id).where(Sender.id == bindparam("sender_id"))
)


def add(
    session: Session,
    *,
    agency_id: int,
    channel: str,
    handle: str,
    credentials: bytes,
    now: datetime,
    rate: float | None = None,
) -> Sender:
    """Save a sender with a door of its own. `credentials` are sealed by the vault; ValueError if it exists already."""
    values = {
        "agency_id": agency_id,
        "key": secrets.token_urlsafe(KEY_BYTES),
        "channel": channel,
        "handle": handle,
        "credentials": credentials,
        "rate": rate,
        "pace": 1.0,
        "stopped_reason": "",
        "created_at": now,
    }
    made = bulk.insert_new(session, Sender, [values], Sender.id)
    if not made:
        raise ValueError(f"there is a {channel} sender {handle} already")
    return session.get_one(Sender, made[0])


def with_agency(session: Session, sender_id: int) -> tuple[Sender, Agency]:
    """A sender and whose it is, in one question."""
    found = session.execute(_WITH_AGENCY, {"sender_id": sender_id}).one()
    return found[0], found[1]


def find(session: Session, *, channel: str, key: str) -> Sender | None:
    """The sender behind a door, or None."""
    return session.scalars(select(Sender).where(Sender.key == key, Sender.channel == channel)).one_or_none()


def of_agency(session: Session, agency_id: int) -> Sequence[Sender]:
    """An agency's senders, the oldest first."""
    return session.scalars(select(Sender).where(Sender.agency_id == agency_id).order_by(Sender.id)).all()


def terms_for_words(session: Session) -> Sequence[tuple[int, timedelta]]:
    """Every sender, and how long what people said to it (and were answered) is kept."""
    asked = select(Sender.id, Agency.keep_words_days).join(Agency, Agency.id == Sender.agency_id).order_by(Sender.id)
    return [(sender_id, timedelta(days=days)) for sender_id, days in session.execute(asked)]


def everyone(session: Session) -> Sequence[Sender]:
    """Every sender of every agency: for operators."""
    return session.scalars(select(Sender).order_by(Sender.agency_id, Sender.id)).all()


def effective_rate(sender: Sender, lane: Lane, limits: Limits, *, attempt: int = 1) -> tuple[float, bool]:
    """Messages a second of a sender in a lane, and whether paid for: alerts alone, and only if so set. Pure."""
    free, paid = sender.rate or limits.rate, sender.paid_rate or limits.paid_rate
    is_paid = sender.is_paid and limits.paid_rate is not None and lane is Lane.ALERT and attempt <= PAID_ATTEMPTS
    return (paid, True) if is_paid and paid is not None and paid > free else (free, False)


def pace_at(sender: Sender, now: datetime) -> float:
    """The share of its rate a sender may use, as it has come back since its last hold. Pure."""
    since = (now - sender.held_until).total_seconds() if sender.held_until else 0.0
    return regained(sender.pace, since)


def set_paid(session: Session, sender_id: int, *, is_paid: bool, rate: float | None) -> None:
    """Have a sender's alerts leave as paid messages from now on, or no longer; a rate of None is the channel's own."""
    sender = session.get_one(Sender, sender_id, with_for_update=True)
    sender.is_paid, sender.paid_rate = is_paid, rate


def set_template(session: Session, *, sender_id: int, purpose: str, locale: str, provider_id: str, body: str) -> None:
    """Remember the wording a provider approved for a purpose and a locale; a later one takes its place."""
    mine = (WordingTemplate.sender_id == sender_id, WordingTemplate.purpose == purpose)
    known = select(WordingTemplate).where(*mine, WordingTemplate.locale == locale)
    for old in session.scalars(known.where(WordingTemplate.provider_id == provider_id)).all():
        session.delete(old)
    session.flush()
    values = {"purpose": purpose, "locale": locale, "provider_id": provider_id, "body": body}
    session.add(WordingTemplate(sender_id=sender_id, stage=Stage.APPROVED, **values))
    session.flush()


def templates_in_use(session: Session, sender_id: int, purpose: str) -> dict[str, WordingTemplate]:
    """By locale, the newest approved wording of a sender for a purpose."""
    query = select(WordingTemplate).where(  # ix_templates_sender_purpose
        WordingTemplate.sender_id == sender_id,
        WordingTemplate.purpose == purpose,
        WordingTemplate.stage == Stage.APPROVED,
    )
    return {each.locale: each for each in session.scalars(query.order_by(WordingTemplate.id))}


def stop(session: Session, sender_id: int, *, reason: str, now: datetime) -> bool:
    """Let nothing leave by this sender until an operator has looked; False if it was stopped before."""
    sender = session.get_one(Sender, sender_id, with_for_update=True)
    if sender.stopped_at is not None:
        return False
    sender.stopped_at, sender.stopped_reason = now, reason[:200]
    log.error("sender.stopped", sender_id=sender_id, reason=reason[:200])
    return True


def resume(session: Session, sender_id: int) -> bool:
    """Let it send again, with its brakes released; False if it was not stopped. Whatever waits is woken."""
    sender = session.get_one(Sender, sender_id, with_for_update=True)
    if sender.stopped_at is None:
        return False
    sender.stopped_at, sender.stopped_reason, sender.held_until = None, "", None
    for task in ("alert", "work"):
        wake.later(session, task, sender_id)
    waiting = select(Letter.id).where(Letter.sender_id == sender_id, Letter.state == LetterState.WAITING)
    for letter_id in session.scalars(waiting.order_by(Letter.id).limit(WOKEN_AT_ONCE)):
        wake.later(session, "post", letter_id)
    return True


def hold(session: Session, sender_id: int, *, until: datetime, pace: float) -> None:
    """Remember over restarts that the provider asked us to wait, and at which share of the rate we go on."""
    sender = session.get_one(Sender, sender_id, with_for_update=True, populate_existing=True)
    sender.held_until = max(filter(None, (sender.held_until, until)))
    sender.pace = pace
    log.warning("sender.held", sender_id=sender_id, until=sender.held_until.isoformat(), pace=round(pace, 3))


def wake_ready(session: Session, now: datetime) -> int:
    """Wake every sender that may send and has batches waiting; how many wake-ups were asked for."""
    ready = (
        select(Sender.id, _has_ready(Batch.lane_rank == Lane.ALERT.rank), _has_ready(Batch.lane_rank > Lane.ALERT.rank))
        .where(Sender.stopped_at.is_(None), or_(Sender.held_until.is_(None), Sender.held_until <= now))
        .order_by(Sender.id)
    )
    asked = 0
    for sender_id, has_alert, has_others in session.execute(ready):
        for task, is_ready in (("alert", has_alert), ("work", has_others)):
            if is_ready:
                wake.later(session, task, sender_id)
                asked += 1
    return asked


def _has_ready(lanes: ColumnElement[bool]) -> ColumnElement[bool]:
    """ix_batches_work: the search ends at the first one."""
    return exists().where(
        Batch.sender_id == Sender.id,
        Batch.state == BatchState.READY,
        lanes,
        Consignment.id == Batch.consignment_id,
        Consignment.state.in_(LIVE),
    )
