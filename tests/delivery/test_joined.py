"""Somebody's other address is joined while an announcement is on its way: they get it once."""

import pytest
from sqlalchemy import select

from delivery.gate import Withheld
from delivery.models import Batch
from delivery.states import BatchState, DeliveryState, Lane
from subscribers import joining
from subscribers.joining import Outcome
from subscribers.models import Address
from tests.delivery.conftest import NOW, Desk, Town


def join(town: Town, kept_id: int, other_id: int) -> None:
    """The kept one's app shows the code, it is typed on the other's."""
    with town.sessions.begin() as session:
        kept, other = (
            session.scalars(select(Address).where(Address.subscriber_id == id_)).one() for id_ in (kept_id, other_id)
        )
        code = joining.show(session, kept, now=NOW)
        assert joining.use(session, other, code, now=NOW).outcome is Outcome.JOINED


def put_second_batch(town: Town, state: BatchState) -> None:
    """Have the second batch wait, or be anybody's again."""
    with town.sessions.begin() as session:
        session.scalars(select(Batch).where(Batch.position == 1)).one().state = state


@pytest.mark.parametrize("lane", [Lane.NOTICE, Lane.ALERT])
def test_who_was_joined_before_their_turn_gets_it_at_the_kept_one_only(town: Town, desk: Desk, lane: Lane) -> None:
    kept, other = town.settle_in(2)
    town.announce([other, kept], lane=lane)
    join(town, kept, other)
    desk.woken.append(("alert" if lane is Lane.ALERT else "work", town.sender_id))
    desk.work_off()
    rows = town.deliveries()
    assert rows[kept].state is DeliveryState.ACCEPTED
    assert (rows[other].state, rows[other].reason) == (DeliveryState.WITHHELD, Withheld.NO_CONSENT)
    assert len(desk.pigeon.carried) == 1


def test_who_got_it_at_the_other_address_before_joining_does_not_get_it_again(town: Town, desk: Desk) -> None:
    kept, other = town.settle_in(2)
    town.announce([other, kept], size=1)
    desk.woken.append(("work", town.sender_id))
    put_second_batch(town, BatchState.STUCK)
    desk.work_off()
    assert set(town.deliveries()) == {other}
    join(town, kept, other)
    put_second_batch(town, BatchState.READY)
    desk.clock.wait(1)
    desk.woken.append(("work", town.sender_id))
    desk.work_off()
    assert len(desk.pigeon.carried) == 1
    assert set(town.deliveries()) == {other}
