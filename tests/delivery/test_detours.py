"""Two addresses of one person: the one they prefer, and the other when that cannot be reached."""

from datetime import timedelta
from functools import reduce
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from channels.contract import Heard, Message, Receipt, Refusal, Unreachable
from delivery import consignments, ledger, receipts, retries
from delivery.ledger import Entry
from delivery.loop import Loop
from delivery.models import Delivery, Detour, Retry, Sender
from delivery.states import DeliveryState, Lane, Report, first
from subscribers import suppression
from subscribers.models import Address, Subscriber, SuppressionReason
from tests.delivery.conftest import NOW, VAULT, Desk, Town, open_desk
from tests.delivery.pigeon import Pigeon

GONE = Unreachable("blocked", code="403")
S = DeliveryState


def other_sender(town: Town, key: str = "weather-wa") -> int:
    """A second sender of the agency."""
    with town.sessions.begin() as session:
        made = Sender(agency_id=town.agency_id, key=key, channel="whatsapp", handle=key, created_at=NOW)
        made.credentials = VAULT.seal({"token": "x"})
        session.add(made)
        session.flush()
        return made.id


def also_at(town: Town, subscriber_id: int, sender_id: int) -> str:
    """Another address of somebody, written to before the one they have; its value."""
    value = f"+65{sender_id}{subscriber_id}"
    with town.sessions.begin() as session:
        row = Address(subscriber_id=subscriber_id, agency_id=town.agency_id, sender_id=sender_id, value=value)
        row.channel, row.created_at, row.last_inbound_at = "whatsapp", NOW, NOW - timedelta(hours=1)
        session.add(row)
    return value


def announce(town: Town, *senders: int, lane: Lane = Lane.NOTICE) -> None:
    """To everybody at the first sender; there are words for each sender."""
    town.announce(town.people, lane=lane)
    with town.sessions.begin() as session:
        for sender_id in senders:
            consignments.add_wording(session, 1, sender_id=sender_id, locale="en", text="Rain.")


def refusing(*values: str) -> Pigeon:
    """A pigeon that nobody is there for at these addresses."""

    def rule(message: Message) -> Refusal | None:
        return GONE if message.to in values else None

    return Pigeon(rule=rule)


def go_on(desk: Desk) -> int:
    """What the clock does with what is due, and what follows."""
    with desk.town.sessions.begin() as session:
        due = retries.gather(session, desk.clock.now)
    desk.work_off()
    return due


def home(town: Town, subscriber_id: int) -> str:
    """The value of somebody's first address."""
    return str(1_000_000 + subscriber_id)


def row_of(town: Town, subscriber_id: int) -> tuple[DeliveryState, int, int]:
    """State, attempt and sender of somebody's one row in the ledger; the tallies agree by sender, too."""
    town.tallies()
    row = town.deliveries()[subscriber_id]
    return row.state, row.attempt, row.sender_id


def heard(town: Town, sender_id: int, attempt: int, what: Heard, refusal: Refusal | None = None) -> None:
    """A receipt for somebody's message."""
    reference = f"1-{town.people[0]}-{attempt}"
    receipt = Receipt(f"{reference}-{what}", what, reference, "SM1", refusal, NOW)
    with town.sessions.begin() as session:
        receipts.settle(session, session.get_one(Sender, sender_id), [receipt], now=NOW)


def test_who_cannot_be_reached_gets_it_at_their_other_address_and_stays_one_row(town: Town, loop: Loop) -> None:
    person, alone = town.settle_in(2)
    other = other_sender(town)
    value = also_at(town, person, other)
    desk = open_desk(town, loop, pigeon=refusing(home(town, person), home(town, alone)))
    announce(town, other)
    desk.work_off()
    assert row_of(town, person) == (S.FAILED, 1, town.sender_id)
    assert go_on(desk) == 1
    assert row_of(town, person) == (S.ACCEPTED, 2, other)
    assert row_of(town, alone) == (S.FAILED, 1, town.sender_id)
    assert [message.to for message in desk.pigeon.carried] == [value]
    with town.sessions() as session:
        assert consignments.is_complete(session, 1)


@pytest.mark.parametrize("lane", [Lane.NOTICE, Lane.ALERT])
def test_each_address_is_tried_once_and_it_ends(town: Town, loop: Loop, lane: Lane) -> None:
    [person] = town.settle_in(1)
    others = [other_sender(town), other_sender(town, "weather-b")]
    values = [home(town, person), *(also_at(town, person, each) for each in others)]
    desk = open_desk(town, loop, pigeon=refusing(*values))
    announce(town, *others, lane=lane)
    desk.work_off()
    assert [go_on(desk) for _ in range(4)] == [1, 1, 0, 0]
    assert len(desk.pigeon.tried) == 3
    state, attempt, _ = row_of(town, person)
    assert (state, attempt) == (S.FAILED, 3)


def test_whose_address_was_suppressed_since_the_freeze_gets_it_at_the_other(town: Town, desk: Desk) -> None:
    [person] = town.settle_in(1)
    other = other_sender(town)
    value = also_at(town, person, other)
    announce(town, other)
    with town.sessions.begin() as session:
        suppression.put(
            session,
            agency_id=town.agency_id,
            sender_id=town.sender_id,
            value=home(town, person),
            reason=SuppressionReason.BLOCKED,
            now=NOW,
        )
    desk.work_off()
    assert row_of(town, person) == (S.WITHHELD, 1, town.sender_id)
    assert go_on(desk) == 1
    assert row_of(town, person) == (S.ACCEPTED, 2, other)
    assert [message.to for message in desk.pigeon.carried] == [value]


def test_after_a_stop_the_other_address_gets_nothing(town: Town, loop: Loop) -> None:
    [person] = town.settle_in(1)
    other = other_sender(town)
    also_at(town, person, other)
    desk = open_desk(town, loop, pigeon=refusing(home(town, person)))
    announce(town, other)
    desk.work_off()
    with town.sessions.begin() as session:
        session.execute(update(Subscriber).values(consented_at=None))
    go_on(desk)
    assert row_of(town, person) == (S.FAILED, 1, town.sender_id)
    assert not desk.pigeon.carried


def test_after_the_deadline_nothing_goes_on(town: Town, desk: Desk) -> None:
    [person] = town.settle_in(1)
    other = other_sender(town)
    also_at(town, person, other)
    announce(town, other)
    desk.work_off()
    with town.sessions.begin() as session:
        receipt = Receipt("late", Heard.FAILED, f"1-{person}-1", "SM1", GONE, NOW)
        sender = session.get_one(Sender, town.sender_id)
        receipts.settle(session, sender, [receipt], now=NOW + timedelta(hours=1))
    assert go_on(desk) == 0


def test_a_late_failure_goes_on_and_a_later_delivery_of_the_first_attempt_stands(town: Town, desk: Desk) -> None:
    [person] = town.settle_in(1)
    other = other_sender(town)
    also_at(town, person, other)
    announce(town, other)
    desk.work_off()
    heard(town, town.sender_id, 1, Heard.FAILED, GONE)
    heard(town, town.sender_id, 1, Heard.FAILED, GONE)
    assert go_on(desk) == 1
    assert row_of(town, person) == (S.ACCEPTED, 2, other)
    heard(town, town.sender_id, 1, Heard.DELIVERED)
    assert row_of(town, person) == (S.DELIVERED, 1, town.sender_id)
    heard(town, other, 2, Heard.DELIVERED)
    assert row_of(town, person) == (S.DELIVERED, 2, other)
    with town.sessions() as session:
        assert session.scalars(select(Detour.sender_id)).all() == [town.sender_id]
        assert not session.scalars(select(Retry)).all()


def test_somebody_whose_first_attempt_turns_out_to_have_arrived_is_not_written_to_again(town: Town, desk: Desk) -> None:
    [person] = town.settle_in(1)
    other = other_sender(town)
    also_at(town, person, other)
    announce(town, other)
    desk.work_off()
    heard(town, town.sender_id, 1, Heard.FAILED, GONE)
    heard(town, town.sender_id, 1, Heard.DELIVERED)
    go_on(desk)
    assert row_of(town, person) == (S.DELIVERED, 1, town.sender_id)
    assert len(desk.pigeon.carried) == 1


def test_two_addresses_at_one_sender_are_met_at_the_one_they_prefer(town: Town, desk: Desk) -> None:
    [person] = town.settle_in(1)
    value = also_at(town, person, town.sender_id)
    with town.sessions.begin() as session:
        preferred = session.scalars(select(Address.id).where(Address.value == value)).one()
        session.execute(update(Subscriber).values(preferred_address_id=preferred))
    announce(town)
    desk.work_off()
    assert [message.to for message in desk.pigeon.carried] == [value]


SENDERS = {1: 11, 2: 11, 3: 22, 4: 33}  # each attempt has one sender
reports = st.builds(
    lambda attempt, state, second: Entry(
        1, 7, SENDERS[attempt], first(Report(attempt, state, NOW + timedelta(seconds=second)))
    ),
    st.integers(1, 4),
    st.sampled_from(DeliveryState),
    st.integers(0, 3),
)


@given(st.lists(reports, min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_whose_delivery_it_is_does_not_depend_on_the_order_either(some: list[Entry], random: object) -> None:
    again = some + some[:2]
    random.shuffle(again)  # type: ignore[attr-defined]
    assert reduce(ledger._both, again) == reduce(ledger._both, some)


def test_the_row_and_the_tallies_end_the_same_in_every_order(town: Town) -> None:
    said = [
        Entry(1, 7, 11, first(Report(1, S.FAILED, NOW))),
        Entry(1, 7, 22, first(Report(2, S.ACCEPTED, NOW))),
        Entry(1, 7, 22, first(Report(2, S.FAILED, NOW))),
        Entry(1, 7, 11, first(Report(1, S.DELIVERED, NOW))),
    ]
    for number, order in enumerate(permutations(range(4)), start=1):
        with town.sessions.begin() as session:
            for place in order:
                ledger.record(session, [said[place]._replace(consignment_id=number)], are_expected=place % 2 == 0)
        with town.sessions() as session:
            row = session.scalars(select(Delivery).where(Delivery.consignment_id == number)).one()
            assert (row.state, row.attempt, row.sender_id) == (S.DELIVERED, 1, 11)
        assert town.tallies(number) == {S.DELIVERED: 1}
