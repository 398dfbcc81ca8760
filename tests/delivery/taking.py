"""Taking one letter, as a worker takes a group of them."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from delivery import postman
from delivery.postman import Leased


def taken(session: Session, letter_id: int, *, now: datetime, lease_for: timedelta) -> Leased | None:
    """The oldest unsettled letter of the address that this letter goes to, leased; None if that one has to wait."""
    (found,) = postman.lease_all(session, [letter_id], aboard={}, now=now, lease_for=lease_for)
    return found.leased if found else None
