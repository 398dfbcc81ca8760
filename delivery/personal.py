"""What the post office knows of one person: to be told to them, or to go before its term."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from delivery import enclosures
from delivery.models import Consignment, Delivery, Letter
from delivery.states import ConsignmentState, DeliveryState, LetterState

FORGOTTEN = "forgotten"
AT_ONCE = 200  # consignments whose deliveries are looked up together


@dataclass(frozen=True, slots=True)
class Got:
    """What became of one announcement for one person."""

    consignment_id: int
    state: DeliveryState
    reason: str | None
    accepted_at: datetime | None
    delivered_at: datetime | None
    read_at: datetime | None
    failed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Answer:
    """A letter to somebody."""

    at: datetime
    text: str
    state: LetterState


def deliveries(session: Session, *, agency_id: int, subscriber_ids: Collection[int]) -> Iterator[Got]:
    """What they were sent, the newest first, as long as it is kept. Each by its primary key."""
    for some in _consignments(session, agency_id):
        found = select(Delivery).where(Delivery.consignment_id.in_(some), Delivery.subscriber_id.in_(subscriber_ids))
        for row in session.scalars(found.order_by(Delivery.consignment_id.desc(), Delivery.subscriber_id)):
            times = (row.accepted_at, row.delivered_at, row.read_at, row.failed_at)
            yield Got(row.consignment_id, row.state, row.reason, *times)


def letters(session: Session, *, sender_id: int, to: str, since: datetime, limit: int) -> list[Answer]:
    """What an address was answered, the newest first. Index: ix_letters_address."""
    theirs = (Letter.sender_id == sender_id, Letter.to == to, Letter.key.is_(None), Letter.created_at >= since)
    rows = session.scalars(select(Letter).where(*theirs).order_by(Letter.id.desc()).limit(limit))
    return [Answer(row.created_at, row.text, row.state) for row in rows]


def forget_deliveries(session: Session, *, agency_id: int, subscriber_ids: Collection[int]) -> None:
    """Take the provider's ids from somebody's deliveries: with their person gone, the rows that stay are nobody's.

    The figures of each broadcast stay as they were.
    """
    for some in _consignments(session, agency_id):
        theirs = update(Delivery).where(Delivery.consignment_id.in_(some), Delivery.subscriber_id.in_(subscriber_ids))
        session.execute(theirs.values(provider_id=None).execution_options(synchronize_session=False))


def forget_letters(session: Session, *, sender_id: int, to: str) -> None:
    """Delete the letters of an address. One that is being sent now is given up and emptied: its worker has lost it.

    Cards stay: they are an officer's. Index: ix_letters_address.
    """
    enclosures.remove_all(session, sender_id=sender_id, to=to)
    theirs = (Letter.sender_id == sender_id, Letter.to == to, Letter.key.is_(None))
    emptied = {
        "text": "",
        "choices": [],
        "variables": {},
        "state": LetterState.FAILED,
        "reason": FORGOTTEN,
        "epoch": Letter.epoch + 1,
    }
    flying = update(Letter).where(*theirs, Letter.state == LetterState.LEASED)
    session.execute(flying.values(emptied).execution_options(synchronize_session=False))
    at_rest = delete(Letter).where(*theirs, Letter.reason.is_distinct_from(FORGOTTEN))
    session.execute(at_rest.execution_options(synchronize_session=False))


def _consignments(session: Session, agency_id: int) -> Iterator[Sequence[int]]:
    """The agency's consignments that may have deliveries, the newest first. Index: ix_consignments_agency_state_..."""
    kept = select(Consignment.id).where(
        Consignment.agency_id == agency_id, Consignment.state != ConsignmentState.PURGED
    )
    ids = session.scalars(kept.order_by(Consignment.id.desc())).all()
    yield from (ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE))
