"""Addresses nobody may write to: facts about an address, never the person's word (that is consent)."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from db import bulk
from subscribers.models import Suppression, SuppressionReason

LIFTED_BY_A_WORD = (SuppressionReason.BLOCKED, SuppressionReason.INVALID)


def is_suppressed(session: Session, *, sender_id: int, value: str) -> bool:
    """Whether nobody may write to this address through this sender."""
    return reason(session, sender_id=sender_id, value=value) is not None


def reason(session: Session, *, sender_id: int, value: str) -> SuppressionReason | None:
    """Why nobody may write to this address, or None."""
    return session.scalar(
        select(Suppression.reason).where(Suppression.sender_id == sender_id, Suppression.value == value)
    )


def put(
    session: Session,
    *,
    agency_id: int,
    sender_id: int,
    value: str,
    reason: SuppressionReason,
    now: datetime,
    detail: str = "",
) -> None:
    """Suppress an address. A second time changes nothing, except that LEGAL takes the place of a weaker reason."""
    row = {"agency_id": agency_id, "sender_id": sender_id, "value": value, "reason": reason, "detail": detail[:200]}
    statement = bulk.insert(session, Suppression).values(**row, at=now)
    if reason is SuppressionReason.LEGAL:
        changed = {"reason": reason, "detail": detail[:200], "at": now}
        session.execute(statement.on_conflict_do_update(index_elements=["sender_id", "value"], set_=changed))
    else:
        session.execute(statement.on_conflict_do_nothing())


def lift(session: Session, *, sender_id: int, value: str) -> bool:
    """Lift what a word from the person lifts (blocked, invalid), never LEGAL; whether there was something to lift."""
    lifted = session.execute(
        delete(Suppression)
        .where(Suppression.sender_id == sender_id, Suppression.value == value)
        .where(Suppression.reason.in_(LIFTED_BY_A_WORD))
        .returning(Suppression.id)
    )
    return bool(lifted.all())


def lift_legal(session: Session, *, sender_id: int, value: str) -> bool:
    """Lift a LEGAL suppression: only an officer's decision leads here."""
    lifted = session.execute(
        delete(Suppression)
        .where(Suppression.sender_id == sender_id, Suppression.value == value)
        .where(Suppression.reason == SuppressionReason.LEGAL)
        .returning(Suppression.id)
    )
    return bool(lifted.all())
