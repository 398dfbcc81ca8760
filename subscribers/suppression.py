"""Addresses nobody may write to: facts about an address, never the person's word (that is consent).

A row with an end is a quarantine (delivery/quarantine.py), which is no suppression yet: letters leave all the same.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import bindparam, delete, select, tuple_
from sqlalchemy.orm import Session

from db import bulk
from subscribers.models import Suppression, SuppressionReason

LIFTED_BY_A_WORD = (SuppressionReason.BLOCKED, SuppressionReason.INVALID)

# Put together once: for every word that is heard that would take longer than to run it.
_LIFTING = (
    delete(Suppression)
    .where(Suppression.sender_id == bindparam("sender_id"), Suppression.value == bindparam("address"))
    .where(Suppression.reason.in_(LIFTED_BY_A_WORD))
    .returning(Suppression.id)
    .execution_options(synchronize_session=False)  # whoever is just met: nobody has read it in this session
)


def reason(session: Session, *, sender_id: int, value: str) -> SuppressionReason | None:
    """Why nobody may write to this address, or None."""
    return session.scalar(
        select(Suppression.reason).where(
            Suppression.sender_id == sender_id, Suppression.value == value, Suppression.until.is_(None)
        )
    )


def among(session: Session, places: Collection[tuple[int, str]]) -> set[tuple[int, str]]:
    """Those of these (sender id, address) to which nobody may write."""
    theirs = tuple_(Suppression.sender_id, Suppression.value).in_(list(places))
    query = select(Suppression.sender_id, Suppression.value).where(theirs, Suppression.until.is_(None))
    return {(sender_id, value) for sender_id, value in session.execute(query)} if places else set()


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
    """Suppress an address. A second time changes nothing, except that LEGAL takes the place of a weaker reason.

    A quarantine, and a suppression that failed sends led to, become this one: nothing takes it back but a word.
    """
    changed = {"reason": reason, "detail": detail[:200], "at": now, "until": None, "strikes": 0, "struck_at": None}
    row = {"agency_id": agency_id, "sender_id": sender_id, "value": value, **changed}
    is_weaker = Suppression.struck_at.is_not(None)
    session.execute(
        bulk.insert(session, Suppression)
        .values(row)
        .on_conflict_do_update(
            index_elements=["sender_id", "value"],
            set_=changed,
            where=None if reason is SuppressionReason.LEGAL else is_weaker,
        )
    )


def lift(session: Session, *, sender_id: int, value: str) -> bool:
    """Lift what a word from the person lifts (blocked, invalid, a quarantine), never LEGAL; whether there was any."""
    return bool(session.execute(_LIFTING, {"sender_id": sender_id, "address": value}).all())


def lift_legal(session: Session, *, sender_id: int, value: str) -> bool:
    """Lift a LEGAL suppression: only an officer's decision leads here."""
    lifted = session.execute(
        delete(Suppression)
        .where(Suppression.sender_id == sender_id, Suppression.value == value)
        .where(Suppression.reason == SuppressionReason.LEGAL)
        .returning(Suppression.id)
    )
    return bool(lifted.all())
