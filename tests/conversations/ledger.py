"""What our workers would have written of an announcement that has left: how it ended for each person."""

from collections import Counter
from collections.abc import Mapping

from sqlalchemy import select

from broadcast.models import Broadcast
from broadcast.states import State
from delivery.models import Consignment, Delivery, Tally
from delivery.states import ConsignmentState, DeliveryState
from subscribers.models import Address
from tests.conversations.stage import Phone, Stage

End = tuple[DeliveryState, str | None]


def settled(stage: Stage, ends: Mapping[Phone, End]) -> None:
    """The newest announcement is finished, with this state and reason for each."""
    with stage.sessions.begin() as session:
        made = session.scalars(select(Broadcast).order_by(Broadcast.id.desc()).limit(1)).one()
        made.state, made.finished_at, made.audience_size = State.FINISHED, stage.now, len(ends)
        values = {"agency_id": made.agency_id, "lane": "notice", "policy": "resend", "cadences": []}
        times = dict.fromkeys(("deadline_at", "launched_at", "created_at"), stage.now)
        session.add(Consignment(id=made.id, state=ConsignmentState.DONE, **values, **times))
        for phone, (state, reason) in ends.items():
            to = session.scalars(select(Address).where(Address.value == phone.value)).one()
            row = Delivery(consignment_id=made.id, subscriber_id=to.subscriber_id, sender_id=to.sender_id, attempt=1)
            row.state, row.reason = state, reason
            if state is DeliveryState.ACCEPTED:
                row.accepted_at, row.provider_id = stage.now, str(to.subscriber_id)
            session.add(row)
        counted = Counter((phone.sender.id, state) for phone, (state, _) in ends.items())
        for (sender_id, state), count in counted.items():
            session.add(Tally(consignment_id=made.id, sender_id=sender_id, state=state, count=count))
