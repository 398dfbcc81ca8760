"""When somebody cannot or may not be reached at one address: the message goes on to another, as its next attempt.

Once to each sender: where it could not be delivered is written down, so that it never goes round in circles. The gate
asks again before it leaves there, consent first.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from db import bulk
from delivery.models import Detour, Sender
from subscribers import reaching
from subscribers.models import Address, Subscriber

COLUMNS = ("consignment_id", "subscriber_id", "sender_id")


def around(
    session: Session,
    consignment_id: int,
    sender_id: int,
    subscriber_ids: Collection[int],
    *,
    agency_id: int,
    is_alert: bool,
    now: datetime,
) -> dict[int, int]:
    """Of these people, whom this sender could or may not reach, those who have another address: the sender to go on by.

    The best of the addresses that may be written to, at a sender that runs and that was not tried for this message.
    """
    if not subscriber_ids:
        return {}
    tried = exists().where(  # the primary key
        Detour.consignment_id == consignment_id,
        Detour.subscriber_id == Address.subscriber_id,
        Detour.sender_id == Address.sender_id,
    )
    others = (
        select(Address.subscriber_id, Address.sender_id)  # ix_addresses_subscriber_id
        .join(Subscriber, Subscriber.id == Address.subscriber_id)
        .join(Sender, Sender.id == Address.sender_id)
        .where(Address.subscriber_id.in_(sorted(subscriber_ids)), Address.agency_id == agency_id)
        .where(Address.sender_id != sender_id, Sender.stopped_at.is_(None), ~tried)
        .where(~reaching.is_left_alone(None if is_alert else now))
        .order_by(Address.subscriber_id, *reaching.best_first(Address.id, Address.last_inbound_at))
    )
    found: dict[int, int] = {}
    for subscriber_id, other_id in session.execute(others):
        found.setdefault(subscriber_id, other_id)
    given_up = [(consignment_id, subscriber_id, sender_id) for subscriber_id in found]
    bulk.insert_rows(session, bulk.Rows(Detour, COLUMNS, given_up))
    return found
