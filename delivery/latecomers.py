"""Latecomers: who subscribed while an alert was in force, and was handed it with our answer instead of by a batch."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import bulk
from delivery.batches import Leased
from delivery.models import Delivery, Latecomer, Retry
from delivery.states import Aim, DeliveryState, Lane
from subscribers.models import Subscriber

NEVER_CAME = (DeliveryState.WITHHELD, DeliveryState.FAILED)


def note(session: Session, consignment_id: int, subscriber_id: int, *, now: datetime) -> bool:
    """Whether they are to be handed it now. True once for each person and alert, and for nobody whom it reached.

    From the commit on no batch sends it to them: what is in a batch already is left out there.
    """
    if session.get(Retry, (consignment_id, subscriber_id)) is not None or _came(session, consignment_id, subscriber_id):
        return False
    row = {"consignment_id": consignment_id, "subscriber_id": subscriber_id, "at": now}
    return bool(bulk.insert_new(session, Latecomer, [row], Latecomer.subscriber_id))


def among(session: Session, leased: Leased, ids: Sequence[int]) -> frozenset[int]:
    """Those of a batch's people who were handed it already. Only of alerts there are any."""
    if leased.lane is not Lane.ALERT or not ids:
        return frozenset()
    here = Latecomer.consignment_id.in_(_of(leased))
    question = select(Latecomer.subscriber_id).where(here, bulk.among(session, Latecomer.subscriber_id, ids))
    joined = (  # both by the primary key; ix_subscribers_merged_into_id holds few
        select(Subscriber.merged_into_id)
        .join(Latecomer, Latecomer.subscriber_id == Subscriber.id)
        .where(here, Subscriber.merged_into_id.is_not(None), bulk.among(session, Subscriber.merged_into_id, ids))
    )
    return frozenset(session.scalars(question)) | frozenset(id_ for id_ in session.scalars(joined) if id_ is not None)


def _of(leased: Leased) -> tuple[int, ...]:
    """Whoever was handed the same by another consignment has it too; what is put right is said to them above all."""
    return (leased.consignment_id, *(leased.of_ids if leased.aim is Aim.REPEAT else ()))


def _came(session: Session, consignment_id: int, subscriber_id: int) -> bool:
    """Whether it reached them, or whoever was joined to them."""
    joined = session.scalars(select(Subscriber.id).where(Subscriber.merged_into_id == subscriber_id)).all()
    for id_ in (subscriber_id, *joined):
        known = session.get(Delivery, (consignment_id, id_))
        if known is not None and known.state not in NEVER_CAME:
            return True
    return any(session.get(Latecomer, (consignment_id, id_)) is not None for id_ in joined)
