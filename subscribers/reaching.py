"""Which address of a person is written to: the one they prefer, else the one they wrote to last."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from subscribers.models import Address, Subscriber, Suppression

Column = ColumnElement[Any] | InstrumentedAttribute[Any]


def best_first(address_id: Column, last_inbound_at: Column) -> tuple[ColumnElement[Any], ...]:
    """The order of a person's addresses that may be written to, from the best, beside their row of `subscribers`."""
    is_preferred = address_id == Subscriber.preferred_address_id
    return (is_preferred.desc().nulls_last(), last_inbound_at.desc().nulls_last(), address_id.desc())


def is_left_alone(now: datetime | None) -> ColumnElement[bool]:
    """Whether an address is suppressed, or in quarantine at `now` (None: quarantine is not heeded)."""
    is_suppressed = Suppression.until.is_(None)
    is_held = is_suppressed if now is None else or_(is_suppressed, Suppression.until > now)
    return exists().where(Suppression.sender_id == Address.sender_id, Suppression.value == Address.value, is_held)


def ways_to(session: Session, subscriber_id: int) -> Sequence[Address]:
    """The addresses of one person that a letter may go to, the best first."""
    query = select(Address).join(Subscriber, Subscriber.id == Address.subscriber_id)  # ix_addresses_subscriber_id
    query = query.where(Address.subscriber_id == subscriber_id, ~is_left_alone(None))
    return session.scalars(query.order_by(*best_first(Address.id, Address.last_inbound_at))).all()
