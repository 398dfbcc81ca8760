"""Mishaps at the worst moment: a database that stumbles while we settle, receipts that overtake, a long pause."""

import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import DataError, DBAPIError, OperationalError
from sqlalchemy.orm import Session

from channels.contract import Heard, Message, Receipt, Refusal, Rejected, Throttled, Unavailable
from delivery import batches, consignments, letters, postman, receipts, recovery, retries
from delivery.drafts import Draft
from delivery.loop import Loop
from delivery.models import Batch, Letter, Retry, Sender
from delivery.office import PATIENCE
from delivery.states import BatchState, DeliveryState, Lane, LetterState
from tests.delivery.conftest import LEASE, NOW, Desk, Town, open_desk
from tests.delivery.pigeon import Pigeon
from tests.delivery.taking import taken

ACCEPTED, DELIVERED, FAILED = DeliveryState.ACCEPTED, DeliveryState.DELIVERED, DeliveryState.FAILED
UNKNOWN, WITHHELD = DeliveryState.UNKNOWN, DeliveryState.WITHHELD
ODD = "no text that one could keep"
LOST = OperationalError("INSERT", None, sqlite3.OperationalError("the connection is gone"))
BAD_DATA = DataError("INSERT", None, sqlite3.DataError("no text"))


@contextmanager
def stumbling(town: Town, beginning: str, *, times: int) -> Iterator[None]:
    """The database loses the transactions that hold the next statements of this beginning."""
    left = [times]

    def stumble(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        if left[0] and statement.startswith(beginning):
            left[0] -= 1
            raise OperationalError(statement, None, sqlite3.OperationalError("the connection is gone"))

    engine = town.sessions.kw["bind"]
    event.listen(engine, "before_cursor_execute", stumble)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", stumble)
        assert not left[0], "the database never stumbled"


@contextmanager
def refusing(town: Town, error: DBAPIError) -> Iterator[None]:
    """The database takes no settlement, for ever; where the error is about data, only none with an odd answer in it."""

    def refuse(_c: object, _cursor: object, statement: str, parameters: object, *_rest: object) -> None:
        is_meant = isinstance(error, OperationalError) or ODD in repr(parameters)
        if is_meant and statement.startswith("INSERT INTO deliveries"):
            raise error

    engine = town.sessions.kw["bind"]
    event.listen(engine, "before_cursor_execute", refuse)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", refuse)


def test_a_settlement_that_is_written_again_sends_nobody_a_second_message(town: Town, loop: Loop) -> None:
    people = town.settle_in(10)
    throttled: list[Refusal] = [Throttled(retry_after=timedelta(seconds=0.1))] * 2

    def rule(message: Message) -> Refusal | None:
        return throttled.pop() if throttled and message.to in {str(1_000_000 + id_) for id_ in people[3:5]} else None

    desk = open_desk(town, loop, pigeon=Pigeon(rule=rule))
    town.announce(people)
    with stumbling(town, "INSERT INTO deliveries", times=1):
        desk.work_off()
    for _ in range(2):  # the first of them was held back by the other's 429
        desk.clock.wait(5)
        desk.woken.append(("work", town.sender_id))
        desk.work_off()
    assert Counter(message.to for message in desk.pigeon.carried) == {str(1_000_000 + id_): 1 for id_ in people}
    assert town.tallies() == {ACCEPTED: 10}


def test_a_database_that_is_away_for_longer_than_a_lease_costs_no_answer(town: Town, loop: Loop) -> None:
    """What was heard is written down as soon as it is back, before anybody else has the batch."""
    people = town.settle_in(10)
    desk = open_desk(town, loop)
    desk.office = replace(desk.office, lease_for=timedelta(seconds=0.2))
    town.announce(people)
    began = time.monotonic()
    with stumbling(town, "INSERT INTO deliveries", times=5):
        desk.work_off()
    assert time.monotonic() - began > 5 * 0.2  # the pauses alone: the lease ran out long ago
    assert len(desk.pigeon.tried) == 10
    assert town.tallies() == {ACCEPTED: 10}


def test_a_process_that_ends_waits_for_a_database_no_longer_than_a_lease(town: Town, loop: Loop) -> None:
    desk = open_desk(town, loop)
    desk.office = replace(desk.office, lease_for=timedelta(seconds=0.3))
    town.announce(town.settle_in(10))
    desk.pigeon.while_flying = desk.office.stopping.set
    began = time.monotonic()
    with pytest.raises(OperationalError), refusing(town, LOST):
        desk.work_off()
    assert time.monotonic() - began < PATIENCE / 4


def odd_about(to: int) -> Pigeon:
    """A provider whose answer about this person is an odd one."""
    refusal = Rejected("odd", code=ODD)
    return Pigeon(rule=lambda message: refusal if message.to == str(1_000_000 + to) else None)


def tried_for(desk: Desk, id_: int) -> int:
    """How often something was sent to this person."""
    return sum(message.to == str(1_000_000 + id_) for message in desk.pigeon.tried)


def lease_after_lease(desk: Desk, number: int = 10) -> None:
    """So many leases run out; each time the workers do what there is to do, and one fails."""
    desk.woken.append(("work", desk.town.sender_id))
    for _ in range(number):
        while desk.woken:
            with suppress(DataError), refusing(desk.town, BAD_DATA):
                desk.work_off()
        desk.clock.wait(LEASE.total_seconds() + 1)
        with desk.town.sessions.begin() as session:
            batches.wake_expired(session, desk.clock.now)


def states(town: Town) -> list[BatchState]:
    """The states of the batches, in the order of their positions."""
    with town.sessions() as session:
        return list(session.scalars(select(Batch.state).order_by(Batch.position)))


def test_a_batch_that_can_never_be_settled_is_sent_so_many_times_and_the_others_go_on(town: Town, loop: Loop) -> None:
    people = town.settle_in(30)
    desk = open_desk(town, loop, pigeon=odd_about(people[3]))
    town.announce(people, size=10)
    lease_after_lease(desk)
    assert [tried_for(desk, id_) for id_ in (people[3], people[4], people[12])] == [
        1 + recovery.STALLED_AT_MOST
    ] * 2 + [1]
    assert states(town) == [BatchState.STUCK, BatchState.DONE, BatchState.DONE]
    assert town.tallies() == {ACCEPTED: 20}
    with town.sessions() as session:
        assert not consignments.is_complete(session, 1)
        assert [(each.consignment_id, each.people) for each in recovery.stuck(session)] == [(1, 10)]


def test_a_stuck_batch_goes_on_when_an_operator_says_so(town: Town, loop: Loop) -> None:
    people = town.settle_in(10)
    desk = open_desk(town, loop, pigeon=odd_about(people[3]))
    town.announce(people)
    lease_after_lease(desk)
    with town.sessions.begin() as session:
        [stuck] = recovery.stuck(session)
        assert recovery.unstick(session, stuck.id)
        assert recovery.unstick(session, stuck.id) is None
    desk.work_off()
    assert tried_for(desk, people[3]) == 2 + recovery.STALLED_AT_MOST
    assert town.tallies() == {ACCEPTED: 9, FAILED: 1}
    with town.sessions() as session:
        assert consignments.is_complete(session, 1)


def test_a_stuck_batch_of_a_cancelled_announcement_is_dropped(town: Town, loop: Loop) -> None:
    people = town.settle_in(10)
    desk = open_desk(town, loop, pigeon=odd_about(people[3]))
    town.announce(people)
    lease_after_lease(desk)
    with town.sessions.begin() as session:
        [stuck] = recovery.stuck(session)
        assert consignments.stop(session, 1)
    with town.sessions.begin() as session:
        assert recovery.unstick(session, stuck.id) is None
    assert states(town) == [BatchState.DROPPED]


def test_what_was_sent_is_settled_although_the_next_people_cannot_be_read(town: Town, loop: Loop) -> None:
    desk = open_desk(town, loop, pigeon=Pigeon().with_limits(rate=20.0))
    town.announce(town.settle_in(30), size=30)
    engine, asked = town.sessions.kw["bind"], list[str]()

    def break_down(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("SELECT subscribers.id, subscribers.locale"):
            asked.append(statement)
            if len(asked) == 2:
                raise ValueError("these people cannot be read")

    event.listen(engine, "before_cursor_execute", break_down)
    try:
        desk.work_off()  # the wake-up for a second slot comes back to the batch
    finally:
        event.remove(engine, "before_cursor_execute", break_down)
    assert len(asked) > 2
    assert set(Counter(message.to for message in desk.pigeon.carried).values()) == {1}
    assert town.tallies() == {ACCEPTED: 30}


def heard(town: Town, reference: str, what: Heard) -> None:
    """The provider tells us this of a message."""
    with town.sessions.begin() as session:
        sender = session.get_one(Sender, town.sender_id)
        receipts.settle(session, sender, [Receipt("event", what, reference, "provider")], now=NOW)


def gathered(desk: Desk) -> int:
    """Have what is due gathered, and do what follows."""
    with desk.town.sessions.begin() as session:
        number = retries.gather(session, desk.clock.now)
    desk.work_off()
    return number


@pytest.mark.parametrize("is_late", [False, True])
def test_who_turns_out_to_have_it_is_not_sent_it_again(town: Town, loop: Loop, is_late: bool) -> None:
    """The answer of the provider was lost, its receipt was not: before or after the retry became a batch."""
    people = town.settle_in(1)
    lost: list[Refusal] = [Unavailable("timeout", may_be_sent=True)]
    desk = open_desk(town, loop, pigeon=Pigeon(rule=lambda _message: lost.pop() if lost else None))
    town.announce(people)
    desk.work_off()
    assert town.tallies() == {UNKNOWN: 1}
    desk.clock.wait(10)
    if not is_late:
        heard(town, f"1-{people[0]}-1", Heard.DELIVERED)
    with town.sessions.begin() as session:
        assert retries.gather(session, desk.clock.now) == 1
    if is_late:
        heard(town, f"1-{people[0]}-1", Heard.DELIVERED)
    desk.work_off()
    assert len(desk.pigeon.tried) == 1
    assert town.tallies() == {DELIVERED: 1}
    with town.sessions() as session:
        assert consignments.is_complete(session, 1)


def test_a_message_that_failed_by_receipt_is_still_tried_again(town: Town, desk: Desk) -> None:
    people = town.settle_in(1)
    town.announce(people)
    desk.work_off()
    with town.sessions.begin() as session:
        sender = session.get_one(Sender, town.sender_id)
        failed = Receipt("event", Heard.FAILED, f"1-{people[0]}-1", "provider", Unavailable("down"))
        receipts.settle(session, sender, [failed], now=NOW)
    desk.clock.wait(10)
    assert gathered(desk) == 1
    assert [message.reference for message in desk.pigeon.carried] == [f"1-{people[0]}-{n}" for n in (1, 2)]


@pytest.mark.parametrize(("may_be_sent", "state"), [(False, WITHHELD), (True, UNKNOWN)])
def test_a_retry_that_waited_beyond_its_deadline_never_leaves(
    town: Town, loop: Loop, may_be_sent: bool, state: DeliveryState
) -> None:
    """A pause of hours must not bring an alert of this morning to anybody tonight."""
    refused: list[Refusal] = [Unavailable("down", may_be_sent=may_be_sent)]
    desk = open_desk(town, loop, pigeon=Pigeon(rule=lambda _message: refused.pop() if refused else None))
    town.announce(town.settle_in(1), lane=Lane.ALERT)
    desk.work_off()
    with town.sessions.begin() as session:
        consignments.pause(session, 1)
    desk.clock.wait(2 * 3600)
    assert gathered(desk) == 0
    with town.sessions.begin() as session:
        consignments.resume(session, 1)
    gathered(desk)
    assert len(desk.pigeon.tried) == 1
    assert town.tallies() == {state: 1}
    with town.sessions.begin() as session:
        assert session.scalars(select(Retry)).all() == []
        assert consignments.close_complete(session, desk.clock.now) == [1]


def test_who_cancels_when_the_last_batch_is_just_done_stops_late_retries_too(town: Town, desk: Desk) -> None:
    people = town.settle_in(1)
    town.announce(people)
    desk.work_off()
    with town.sessions.begin() as session:
        assert consignments.close_complete(session, NOW) == [1]
        assert consignments.stop(session, 1)
        sender = session.get_one(Sender, town.sender_id)
        failed = Receipt("event", Heard.FAILED, f"1-{people[0]}-1", "provider", Unavailable("down"))
        receipts.settle(session, sender, [failed], now=NOW)
    desk.clock.wait(10)
    assert gathered(desk) == 0
    assert len(desk.pigeon.carried) == 1


def written(town: Town, *texts: str) -> list[int]:
    """Letters to one person; their ids."""

    def post(session: Session, text: str) -> int:
        sender_id, agency_id = town.sender_id, town.agency_id
        made = letters.post(session, sender_id=sender_id, agency_id=agency_id, to="42", draft=Draft(text), now=NOW)
        return made.id

    with town.sessions.begin() as session:
        return [post(session, text) for text in texts]


def test_a_letter_whose_worker_dies_every_time_is_given_up_and_the_next_one_leaves(town: Town, desk: Desk) -> None:
    """Or it went out every fifteen seconds for ever, and nothing else ever reached that person."""
    first, second = written(town, "deadly", "harmless")
    for _ in range(50):
        with town.sessions.begin() as session:
            taken(session, first, now=desk.clock.now, lease_for=LEASE)
            if session.get_one(Letter, second).state is LetterState.LEASED:
                break
        desk.clock.wait(LEASE.total_seconds() + 1)
    with town.sessions() as session:
        given_up = session.get_one(Letter, first)
        assert (given_up.state, given_up.reason) == (LetterState.FAILED, "worker_lost")
        assert session.get_one(Letter, second).state is LetterState.LEASED


def test_the_clock_wakes_for_a_letter_once_and_again_only_after_a_while(town: Town, desk: Desk) -> None:
    """While a provider is away each tick would lengthen the queue by every letter that waits, without end."""
    written(town, "hello")
    woken = []
    for _ in range(10):
        with town.sessions.begin() as session:
            woken.append(postman.wake_due(session, desk.clock.now))
        desk.clock.wait(1)
    assert woken[0] == 1
    assert 2 <= sum(woken) <= 4
