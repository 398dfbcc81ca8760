"""What the post office knows of one person goes before its term: letters, and what says whose a delivery was."""

from collections.abc import Collection

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from delivery.models import Consignment, Delivery, Letter
from delivery.states import LetterState

FORGOTTEN = "forgotten"


def forget_deliveries(session: Session, *, agency_id: int, subscriber_ids: Collection[int]) -> None:
    """Take the provider's ids from somebody's deliveries: with their person gone, the rows that stay are nobody's.

    The figures of each broadcast stay as they were. By primary key, once for each of the agency's consignments.
    """
    ours = select(Consignment.id).where(Consignment.agency_id == agency_id)
    theirs = update(Delivery).where(Delivery.consignment_id.in_(ours), Delivery.subscriber_id.in_(subscriber_ids))
    session.execute(theirs.values(provider_id=None).execution_options(synchronize_session=False))


def forget_letters(session: Session, *, sender_id: int, to: str) -> None:
    """Delete the letters of an address. One that is being sent now is given up and emptied: its worker has lost it.

    Cards stay: they are an officer's. Index: ix_letters_address.
    """
    theirs = (Letter.sender_id == sender_id, Letter.to == to, Letter.key.is_(None))
    emptied = {"text": "", "choices": [], "state": LetterState.FAILED, "reason": FORGOTTEN, "epoch": Letter.epoch + 1}
    flying = update(Letter).where(*theirs, Letter.state == LetterState.LEASED)
    session.execute(flying.values(emptied).execution_options(synchronize_session=False))
    at_rest = delete(Letter).where(*theirs, Letter.reason.is_distinct_from(FORGOTTEN))
    session.execute(at_rest.execution_options(synchronize_session=False))
