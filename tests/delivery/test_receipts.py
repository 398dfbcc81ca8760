"""Receipts: in any order, again and again, before our own settlement, and of other people's messages."""

from datetime import timedelta
from itertools import permutations

import pytest
from sqlalchemy import select

from channels.contract import Heard, Receipt, Refusal, Rejected, Unavailable, Unreachable
from delivery import letters, receipts, retries
from delivery.drafts import Draft
from delivery.models import Letter, Retry, Sender
from delivery.receipts import Settled
from delivery.states import DeliveryState, LetterState
from staff.models import Agency
from subscribers.models import Suppression
from tests.delivery.conftest import NOW, Desk, Town

LATER = NOW + timedelta(seconds=3)


def receipt(reference: str | None, heard: Heard, refusal: Refusal | None = None, *, seconds: int = 1) -> Receipt:
    """What a provider says of a message."""
    at = NOW + timedelta(seconds=seconds)
    return Receipt(f"{reference}-{heard}", heard, reference, "SM1", refusal, at)


def settle(town: Town, *heard: Receipt, sender_id: int | None = None) -> Settled:
    """Settle these in one transaction, as the door does."""
    with town.sessions.begin() as session:
        sender = session.get_one(Sender, sender_id or town.sender_id)
        return receipts.settle(session, sender, heard, now=LATER)


@pytest.mark.parametrize("is_together", [True, False])
def test_receipts_in_every_order_lead_to_the_same_ledger(town: Town, desk: Desk, is_together: bool) -> None:
    orders = list(permutations([Heard.SENT, Heard.DELIVERED, Heard.READ]))
    people = town.settle_in(len(orders))
    town.announce(people)
    desk.work_off()
    for id_, order in zip(people, orders, strict=True):
        said = [receipt(f"1-{id_}-1", heard, seconds=place) for heard, place in zip(order, (2, 3, 4), strict=True)]
        for group in [said, said] if is_together else [[each] for each in said + said]:
            assert settle(town, *group) == Settled(len(group), 0)
    assert {row.state for row in town.deliveries().values()} == {DeliveryState.READ}
    assert town.tallies() == {DeliveryState.READ: len(orders)}


def test_a_receipt_that_overtakes_our_own_settlement_lands(town: Town, desk: Desk) -> None:
    people = town.settle_in(2)
    town.announce(people)

    def overtake() -> None:
        settle(town, receipt(f"1-{people[0]}-1", Heard.DELIVERED))

    desk.pigeon.while_flying = overtake
    desk.work_off()
    row = town.deliveries()[people[0]]
    assert row.state is DeliveryState.DELIVERED
    assert row.accepted_at == NOW
    assert town.tallies() == {DeliveryState.DELIVERED: 1, DeliveryState.ACCEPTED: 1}


def test_receipts_of_another_agency_are_ignored_and_counted(town: Town, desk: Desk) -> None:
    people = town.settle_in(1)
    town.announce(people)
    desk.work_off()
    with town.sessions.begin() as session:
        other = Agency(slug="other", name="Other", locales=["en"], created_at=NOW)
        session.add(other)
        session.flush()
        stranger = Sender(agency_id=other.id, key="k", channel="telegram", handle="x", credentials=b"", created_at=NOW)
        session.add(stranger)
        session.flush()
        stranger_id = stranger.id
    heard = receipt(f"1-{people[0]}-1", Heard.FAILED, Unreachable("blocked"))
    assert settle(town, heard, sender_id=stranger_id) == Settled(0, 1)
    assert town.tallies() == {DeliveryState.ACCEPTED: 1}


@pytest.mark.parametrize("reference", [None, "", "1-2", "7-8-9", "letter-99", "1-x-1", "9" * 40])
def test_receipts_of_nothing_we_know_are_ignored(town: Town, reference: str | None) -> None:
    assert settle(town, receipt(reference, Heard.DELIVERED)) == Settled(0, 1)


def test_a_failure_for_a_while_is_tried_again_once_however_often_it_is_reported(town: Town, desk: Desk) -> None:
    people = town.settle_in(1)
    town.announce(people)
    desk.work_off()
    failed = receipt(f"1-{people[0]}-1", Heard.FAILED, Unavailable("phone_off", code="30003"))
    settle(town, failed, failed)
    assert town.tallies() == {DeliveryState.FAILED: 1}
    desk.clock.wait(60)
    with town.sessions.begin() as session:
        assert retries.gather(session, desk.clock.now) == 1
    settle(town, failed)
    with town.sessions() as session:
        assert session.scalars(select(Retry)).all() == []
    desk.work_off()
    row = town.deliveries()[people[0]]
    assert (row.state, row.attempt) == (DeliveryState.ACCEPTED, 2)
    settle(town, failed)
    assert town.tallies() == {DeliveryState.ACCEPTED: 1}


def test_a_failure_for_good_is_not_tried_again_and_costs_the_address_only_if_it_is_about_it(
    town: Town, desk: Desk
) -> None:
    people = town.settle_in(2)
    town.announce(people)
    desk.work_off()
    settle(
        town,
        receipt(f"1-{people[0]}-1", Heard.FAILED, Rejected("filtered", code="30007")),
        receipt(f"1-{people[1]}-1", Heard.FAILED, Unreachable("not_on_whatsapp", code="63024")),
    )
    with town.sessions() as session:
        assert session.scalars(select(Retry)).all() == []
        assert session.scalars(select(Suppression.value)).all() == [str(1_000_000 + people[1])]
    assert town.deliveries()[people[1]].code == "63024"


def test_a_letter_that_fails_later_is_written_down_and_its_address_given_up(town: Town, desk: Desk) -> None:
    with town.sessions.begin() as session:
        letter = letters.post(
            session, sender_id=town.sender_id, agency_id=town.agency_id, to="42", draft=Draft("Hello"), now=NOW
        )
    desk.work_off()
    heard = Receipt("e", Heard.FAILED, f"letter-{letter.id}", "p1", Unreachable("blocked", code="30004"), NOW)
    assert settle(town, receipt(f"letter-{letter.id}", Heard.DELIVERED), heard, heard) == Settled(3, 0)
    with town.sessions() as session:
        assert session.get_one(Letter, letter.id).state is LetterState.FAILED
        assert session.scalars(select(Suppression.value)).all() == ["42"]
