"""Leases, fences, doubt, and the officer's hand."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from delivery import batches, consignments, ledger, recovery
from delivery.models import Batch
from delivery.states import BatchState, DeliveryState, DoubtPolicy, Lane, Report, first
from tests.delivery.conftest import LEASE, NOW, Town

OTHERS = (Lane.REPLY, Lane.NOTICE, Lane.BULLETIN)
LATER = NOW + timedelta(seconds=16)


def lease(
    town: Town, *, lanes: Collection[Lane] = OTHERS, slots: int = 2, now: datetime = NOW
) -> batches.Leased | None:
    """What a worker does first."""
    with town.sessions.begin() as session:
        return batches.lease(session, town.sender_id, lanes, slots=slots, now=now, lease_for=LEASE)


def leased(town: Town, *, now: datetime = NOW) -> batches.Leased:
    """The same, when there must be something."""
    taken = lease(town, now=now)
    assert taken
    return taken


def mark(town: Town, held: batches.Leased | None, upto: int, *, now: datetime = NOW) -> bool:
    """What a worker does before it sends."""
    assert held
    with town.sessions.begin() as session:
        return batches.mark(session, held, upto, now=now, lease_for=LEASE)


def settle(town: Town, held: batches.Leased | None, *, unsent: Sequence[int] = ()) -> bool:
    """What a worker does after it sent."""
    assert held
    with town.sessions.begin() as session:
        return batches.settle(session, held, unsent=unsent)


def test_ids_survive_packing() -> None:
    ids = [1, 2**40, 7, 2**62]
    assert list(batches.unpack(batches.pack(ids))) == ids
    assert batches.pack([1]) == b"\x01" + b"\x00" * 7


def test_batches_leave_in_the_order_of_lanes_and_positions(town: Town) -> None:
    people = town.settle_in(4)
    town.announce(people, consignment_id=1, lane=Lane.BULLETIN, size=2)
    town.announce(people[:1], consignment_id=2, lane=Lane.NOTICE)
    taken = [lease(town, slots=9) for _ in range(4)]
    assert [(batch.consignment_id, list(batch.recipients)) if batch else None for batch in taken] == [
        (2, people[:1]),
        (1, people[:2]),
        (1, people[2:]),
        None,
    ]


def test_a_sender_has_only_so_many_batches_in_flight_and_alerts_have_their_own_slot(town: Town) -> None:
    people = town.settle_in(6)
    town.announce(people, consignment_id=1, size=2)
    assert lease(town)
    assert lease(town)
    assert lease(town) is None
    town.announce(people[:1], consignment_id=2, lane=Lane.ALERT)
    alert = lease(town, lanes=(Lane.ALERT,))
    assert alert
    assert alert.consignment_id == 2


def test_an_alert_that_waits_is_seen(town: Town) -> None:
    people = town.settle_in(1)
    with town.sessions() as session:
        assert not batches.is_alert_waiting(session, town.sender_id, NOW)
    town.announce(people, lane=Lane.ALERT)
    with town.sessions() as session:
        assert batches.is_alert_waiting(session, town.sender_id, NOW)


def test_a_worker_that_slept_through_its_lease_settles_nothing(town: Town) -> None:
    town.announce(town.settle_in(3))
    sleeper = leased(town)
    assert mark(town, sleeper, 3)
    other = leased(town, now=LATER)
    assert other.epoch == sleeper.epoch + 1
    assert not settle(town, sleeper)
    assert not mark(town, sleeper, 3, now=LATER)
    with town.sessions.begin() as session:
        assert not batches.renew(session, sleeper, now=LATER, lease_for=LEASE)
        assert not batches.give_back(session, sleeper)
    assert mark(town, other, 3, now=LATER)
    assert settle(town, other)
    assert other.is_finished


def test_a_lease_that_ran_out_cannot_be_marked_even_before_somebody_else_takes_it(town: Town) -> None:
    town.announce(town.settle_in(1))
    sleeper = leased(town)
    assert not mark(town, sleeper, 1, now=LATER)


def test_what_a_dead_worker_had_on_its_way_is_sent_again_and_counted(town: Town) -> None:
    town.announce(town.settle_in(10))
    assert mark(town, lease(town), 4)
    heir = leased(town, now=LATER)
    assert (heir.cursor, heir.marked) == (0, 4)
    with town.sessions() as session:
        assert consignments.progress(session, 1).doubted == 4


def test_what_a_dead_worker_had_on_its_way_is_held_where_the_policy_says_so(town: Town) -> None:
    people = town.settle_in(10)
    town.announce(people, policy=DoubtPolicy.HOLD)
    assert mark(town, lease(town), 4)
    heir = leased(town, now=LATER)
    assert heir.cursor == 4
    written = town.deliveries()
    assert sorted(written) == people[:4]
    assert {row.state for row in written.values()} == {DeliveryState.UNKNOWN}
    with town.sessions() as session:
        assert consignments.progress(session, 1).tallies == {DeliveryState.UNKNOWN: 4}


def test_a_receipt_that_came_meanwhile_ends_the_doubt(town: Town) -> None:
    people = town.settle_in(3)
    town.announce(people)
    assert mark(town, lease(town), 3)
    heard = first(Report(1, DeliveryState.DELIVERED, NOW))
    with town.sessions.begin() as session:
        ledger.record(session, [ledger.Entry(1, people[1], town.sender_id, heard)])
    heir = leased(town, now=LATER)
    assert heir.known == {people[1]}
    with town.sessions() as session:
        assert consignments.progress(session, 1).doubted == 2


def lose(town: Town, times: int, *, now: datetime) -> datetime:
    """So many workers in a row are lost in the first sub-batch they mark; when the last one's lease is over."""
    for _ in range(times):
        held = leased(town, now=now)
        assert mark(town, held, held.cursor + 1, now=now)
        now += LATER - NOW
    return now


def test_a_batch_that_is_lost_again_and_again_is_stuck_and_the_next_one_is_taken(town: Town) -> None:
    town.announce(town.settle_in(4), size=2)
    now = lose(town, 1 + recovery.STALLED_AT_MOST, now=NOW)
    other = leased(town, now=now)
    assert other.marked == 0
    with town.sessions() as session:
        assert [batch.id for batch in recovery.stuck(session)] != [other.id]
        assert session.scalars(select(Batch.state).order_by(Batch.position)).all() == [
            BatchState.STUCK,
            BatchState.LEASED,
        ]


def test_workers_that_are_killed_at_different_places_make_no_batch_stuck(town: Town) -> None:
    """Whoever settles something in between begins anew."""
    town.announce(town.settle_in(10))
    now = NOW
    for _ in range(3):
        now = lose(town, recovery.STALLED_AT_MOST, now=now)
        held = leased(town, now=now)
        assert mark(town, held, held.marked, now=now)
        assert settle(town, held)
        now += LATER - NOW
    with town.sessions() as session:
        row = session.scalars(select(Batch)).one()
        assert (row.stalled, row.cursor) == (0, 3)


def test_a_settlement_that_settles_nobody_is_no_progress(town: Town) -> None:
    people = town.settle_in(2)
    town.announce(people)
    now = lose(town, 2, now=NOW)
    held = leased(town, now=now)
    assert mark(town, held, 1, now=now)
    assert settle(town, held, unsent=people[:1])
    with town.sessions() as session:
        assert session.scalars(select(Batch.stalled)).one() == 2


def test_a_held_doubt_is_settled_and_never_stalls(town: Town) -> None:
    town.announce(town.settle_in(10), policy=DoubtPolicy.HOLD)
    lose(town, 9, now=NOW)
    with town.sessions() as session:
        row = session.scalars(select(Batch)).one()
        assert (row.stalled, row.cursor, row.doubted) == (0, 8, 8)


def test_a_batch_of_nothing_but_held_doubts_is_done(town: Town) -> None:
    town.announce(town.settle_in(2), policy=DoubtPolicy.HOLD)
    assert mark(town, lease(town), 2)
    assert lease(town, now=LATER) is None
    with town.sessions() as session:
        row = session.scalars(select(Batch)).one()
        assert (row.state, row.cursor, row.lease_until) == (BatchState.DONE, 2, None)
        assert consignments.is_complete(session, 1)


def test_what_was_not_sent_of_a_sub_batch_stays_for_the_next(town: Town) -> None:
    people = town.settle_in(6)
    town.announce(people)
    mine = leased(town)
    assert mark(town, mine, 4)
    assert settle(town, mine, unsent=[people[1], people[3]])
    with town.sessions() as session:
        row = session.scalars(select(Batch)).one()
    assert (row.cursor, row.marked) == (2, 2)
    assert list(batches.unpack(row.recipients)) == [people[i] for i in (0, 2, 1, 3, 4, 5)]


@pytest.mark.parametrize("verb", [consignments.pause, consignments.stop])
def test_nothing_more_is_marked_once_an_officer_has_paused_or_stopped(
    town: Town, verb: Callable[[Session, int], bool]
) -> None:
    town.announce(town.settle_in(4), size=2)
    mine = leased(town)
    with town.sessions.begin() as session:
        assert verb(session, 1)
        assert not verb(session, 1)
    assert not mark(town, mine, 2)
    with town.sessions.begin() as session:
        assert batches.give_back(session, mine)
    assert lease(town) is None


def test_what_was_paused_goes_on_after_resume(town: Town) -> None:
    town.announce(town.settle_in(2))
    with town.sessions.begin() as session:
        consignments.pause(session, 1)
    assert lease(town) is None
    with town.sessions.begin() as session:
        assert consignments.resume(session, 1)
    assert lease(town)


def test_batches_of_a_stopped_consignment_are_dropped_wherever_they_are(town: Town) -> None:
    town.announce(town.settle_in(4), size=2)
    mine = leased(town)
    with town.sessions.begin() as session:
        consignments.stop(session, 1)
    with town.sessions.begin() as session:
        batches.give_back(session, mine)
    with town.sessions() as session:
        assert set(session.scalars(select(Batch.state))) == {BatchState.DROPPED}


def test_the_clock_wakes_the_sender_of_an_expired_lease(town: Town) -> None:
    town.announce(town.settle_in(2))
    assert lease(town)
    woken: list[tuple[str, int]] = []
    town.sessions.configure(info={"waker": lambda task, id: woken.append((task, id))})
    with town.sessions.begin() as session:
        assert batches.wake_expired(session, NOW) == 0
    with town.sessions.begin() as session:
        assert batches.wake_expired(session, LATER) == 1
    assert woken == [("work", town.sender_id)]


def test_a_consignment_is_complete_once_planned_and_settled(town: Town) -> None:
    town.announce(town.settle_in(2))
    mine = leased(town)
    with town.sessions.begin() as session:
        assert consignments.close_complete(session, NOW) == []
    mark(town, mine, 2)
    settle(town, mine)
    with town.sessions.begin() as session:
        assert consignments.is_complete(session, 1)
        assert consignments.close_complete(session, NOW) == [1]
        assert consignments.close_complete(session, NOW) == []


def test_planning_twice_opens_one_consignment_and_knows_where_it_stopped(town: Town) -> None:
    people = town.settle_in(4)
    town.announce(people, size=2)
    with town.sessions.begin() as session:
        assert batches.last_position(session, 1) == 1
        assert batches.last_position(session, 1, town.sender_id) == 1
        assert batches.last_position(session, 2) is None
    town.announce([], consignment_id=1)
