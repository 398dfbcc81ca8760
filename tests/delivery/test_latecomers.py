"""Who was handed an alert when they subscribed is left out of the batch that has them, and said so in the ledger."""

import pytest

from delivery import latecomers
from delivery.states import DeliveryState, Lane
from tests.delivery.conftest import NOW, Desk, Town
from tests.delivery.test_joined import join

WITHHELD, ACCEPTED = DeliveryState.WITHHELD, DeliveryState.ACCEPTED


@pytest.mark.parametrize(("lane", "sent"), [(Lane.ALERT, 2), (Lane.NOTICE, 3)])
def test_a_batch_leaves_out_whom_an_alert_was_handed_already(town: Town, desk: Desk, lane: Lane, sent: int) -> None:
    people = town.settle_in(3)
    with town.sessions.begin() as session:
        assert latecomers.note(session, 1, people[1], now=NOW)
        assert not latecomers.note(session, 1, people[1], now=NOW)
    town.announce(people, lane=lane)
    desk.work_off()
    assert len(desk.pigeon.carried) == sent
    expected = {ACCEPTED: sent, WITHHELD: 3 - sent} if sent < 3 else {ACCEPTED: 3}
    assert town.tallies() == expected
    if lane is Lane.ALERT:
        assert town.deliveries()[people[1]].reason == "handed_over"


def test_who_got_it_by_a_batch_is_no_latecomer(town: Town, desk: Desk) -> None:
    people = town.settle_in(1)
    town.announce(people, lane=Lane.ALERT)
    desk.work_off()
    with town.sessions.begin() as session:
        assert not latecomers.note(session, 1, people[0], now=NOW)


def test_who_got_it_before_they_were_joined_is_no_latecomer(town: Town, desk: Desk) -> None:
    kept, other = town.settle_in(2)
    town.announce([other], lane=Lane.ALERT)
    desk.work_off()
    join(town, kept, other)
    with town.sessions.begin() as session:
        assert not latecomers.note(session, 1, kept, now=NOW)


def test_whom_it_was_handed_before_they_were_joined_gets_it_by_no_batch(town: Town, desk: Desk) -> None:
    kept, other = town.settle_in(2)
    with town.sessions.begin() as session:
        assert latecomers.note(session, 1, other, now=NOW)
    join(town, kept, other)
    with town.sessions.begin() as session:
        assert not latecomers.note(session, 1, kept, now=NOW)
    town.announce([kept], lane=Lane.ALERT)
    desk.work_off()
    assert desk.pigeon.carried == []
