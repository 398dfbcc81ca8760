"""Latecomers: who subscribed while an alert was in force, and was handed it with our answer instead of by a batch."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import bulk
from delivery.batches import Leased
from delivery.models import Delivery, Latecomer, Retry
from delivery.states import DeliveryState, Lane

NEVER_CAME = (DeliveryState.WITHHELD, DeliveryState.FAILED)


def note(session: Session, consignment_id: int, subscriber_id: int, *, now: datetime) -> bool:
    """Whether they are to be handed it now. True once for each person and alert, and for nobody whom it reached.

    From the commit on no batch sends it to them: what is in a batch already is left out there.
    """
    key = (consignment_id, subscriber_id)
    known = session.get(Delivery, key)
    if known is not None and known.state not in NEVER_CAME:
        return False
    if session.get(Retry, key) is not None:
        return False
    row = {"consignment_id": consignment_id, "subscriber_id": subscriber_id, "at": now}
    return bool(bulk.insert_new(session, Latecomer, [row], Latecomer.subscriber_id))


def among(session: Session, leased: Leased, ids: Sequence[int]) -> frozenset[int]:
    """Those of a batch's people who were handed it already. Only of alerts there are any."""
    if leased.lane is not Lane.ALERT or not ids:
        return frozenset()
    question = select(Latecomer.subscriber_id).where(  # the primary key
        Latecomer.consignment_id == leased.consignment_id, bulk.among(session, Latecomer.subscriber_id, ids)
    )
    return frozenset(session.scalars(question))
