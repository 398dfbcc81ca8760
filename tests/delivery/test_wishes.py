"""Quiet hours, pauses and areas where a message leaves: what people wished for holds, and costs nothing."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from bot import conversation
from channels.contract import Inbound, Refusal, Unavailable
from delivery import consignments, retries
from delivery.gate import Withheld
from delivery.loop import Loop
from delivery.models import Batch, Consignment, Retry, Sender
from delivery.states import DeliveryState, Lane
from subscribers.models import Address, Area, AreaChoice, Subscriber
from tests.delivery.conftest import NOW, Desk, Town, open_desk
from tests.delivery.pigeon import Pigeon

HOUR = timedelta(hours=1)
ENDS = NOW + 2 * HOUR  # 08:00 in Singapore is NOW; these end at 10:00
LONG_QUIET = (22 * 60, 10 * 60)


def wish(town: Town, subscriber_id: int, **values: object) -> None:
    """Write a wish into somebody's row."""
    with town.sessions.begin() as session:
        session.execute(update(Subscriber).where(Subscriber.id == subscriber_id).values(values))


def be_quiet(town: Town, subscriber_id: int, hours: tuple[int, int] = LONG_QUIET) -> None:
    """Somebody's quiet hours, in minutes of the local day."""
    wish(town, subscriber_id, quiet_from=hours[0], quiet_until=hours[1])


def choose(town: Town, subscriber_id: int, *area_ids: int) -> None:
    """Somebody's areas."""
    with town.sessions.begin() as session:
        session.add_all(AreaChoice(subscriber_id=subscriber_id, area_id=area_id) for area_id in area_ids)


def waiting(town: Town) -> list[Retry]:
    """What waits, by subscriber."""
    with town.sessions() as session:
        return list(session.scalars(select(Retry).order_by(Retry.subscriber_id)))


def gather(desk: Desk) -> int:
    """What the clock does with what is due."""
    with desk.town.sessions.begin() as session:
        return retries.gather(session, desk.clock.now)


def people_of(town: Town) -> tuple[int, int, int]:
    """Planned, settled and waiting people of the consignment."""
    with town.sessions() as session:
        found = consignments.progress(session, 1)
    return found.people, found.settled, found.retrying


def test_who_is_in_quiet_hours_gets_it_when_they_end_at_no_cost_of_an_attempt(town: Town, desk: Desk) -> None:
    awake, asleep, evening = town.settle_in(3)
    be_quiet(town, asleep)
    be_quiet(town, evening, (20 * 60, 7 * 60))
    town.announce(town.people)
    desk.work_off()
    assert set(town.deliveries()) == {awake, evening}
    [found] = waiting(town)
    assert (found.subscriber_id, found.attempt) == (asleep, 1)
    assert ENDS <= found.due_at <= ENDS + retries.JITTER
    with town.sessions() as session:
        assert retries.quiet(session, 1, now=NOW) == retries.Quiet(1, ENDS, ENDS)
        assert not consignments.is_complete(session, 1)
    assert people_of(town) == (3, 2, 1)
    desk.clock.now = ENDS - HOUR
    assert gather(desk) == 0
    desk.clock.now = ENDS + retries.JITTER  # an hour after the deadline of the consignment
    assert gather(desk) == 1
    desk.work_off()
    row = town.deliveries()[asleep]
    assert (row.state, row.attempt) == (DeliveryState.ACCEPTED, 1)
    assert people_of(town) == (3, 3, 0)
    with town.sessions() as session:
        assert retries.quiet(session, 1, now=desk.clock.now) is None
        assert consignments.is_complete(session, 1)
    assert len(desk.pigeon.carried) == 3


def test_after_quiet_hours_the_time_for_other_attempts_begins_anew(town: Town, loop: Loop) -> None:
    is_away = True

    def rule(_message: object) -> Refusal | None:
        return Unavailable("away") if is_away else None

    desk = open_desk(town, loop, pigeon=Pigeon(rule=rule))
    [asleep] = town.settle_in(1)
    be_quiet(town, asleep)
    town.announce(town.people)
    desk.work_off()
    desk.clock.now = ENDS + retries.JITTER
    gather(desk)
    desk.work_off()
    [found] = waiting(town)
    assert (found.attempt, found.deadline_at) == (2, ENDS + HOUR)
    is_away = False
    desk.clock.wait(60)
    assert gather(desk) == 1
    desk.work_off()
    assert (town.deliveries()[asleep].state, town.deliveries()[asleep].attempt) == (DeliveryState.ACCEPTED, 2)


def test_another_attempt_that_falls_into_quiet_hours_keeps_its_number_and_is_not_too_late(
    town: Town, loop: Loop
) -> None:
    refusals = [Unavailable("away")]

    def rule(_message: object) -> Refusal | None:
        return refusals.pop() if refusals else None

    desk = open_desk(town, loop, pigeon=Pigeon(rule=rule))
    [person] = town.settle_in(1)
    town.announce(town.people)
    desk.work_off()
    be_quiet(town, person)
    desk.clock.wait(60)
    gather(desk)
    desk.work_off()
    [found] = waiting(town)
    assert (found.attempt, found.deadline_at) == (2, ENDS + HOUR)
    desk.clock.now = ENDS + retries.JITTER
    gather(desk)
    desk.work_off()
    assert (town.deliveries()[person].state, town.deliveries()[person].attempt) == (DeliveryState.ACCEPTED, 2)


def says(desk: Desk, subscriber_id: int, text: str) -> None:
    """What somebody types in their chat."""
    with desk.town.sessions.begin() as session:
        value = session.scalars(select(Address.value).where(Address.subscriber_id == subscriber_id)).one()
        sender = session.get_one(Sender, desk.town.sender_id)
        said = Inbound(text, value, text)
        assert conversation.hear(session, said, sender=sender, limits=desk.pigeon.limits, now=desk.clock.now)


def postponed(desk: Desk) -> retries.Quiet | None:
    """Who waits, as the officer's card says it."""
    with desk.town.sessions() as session:
        return retries.quiet(session, 1, now=desk.clock.now)


def test_who_turns_quiet_hours_off_gets_at_once_what_waited_for_their_end(town: Town, desk: Desk) -> None:
    asleep, other = town.settle_in(2)
    for person in (asleep, other):
        be_quiet(town, person)
    town.announce(town.people)
    desk.work_off()
    desk.clock.wait(60)
    assert gather(desk) == 0
    says(desk, asleep, "/quiet off")
    assert postponed(desk) == retries.Quiet(1, ENDS, ENDS)
    assert gather(desk) == 1
    desk.woken.append(("work", town.sender_id))
    desk.work_off()
    row = town.deliveries()[asleep]
    assert (row.state, row.attempt) == (DeliveryState.ACCEPTED, 1)
    assert [found.subscriber_id for found in waiting(town)] == [other]
    assert people_of(town) == (2, 1, 1)
    says(desk, other, "/quiet off")
    assert postponed(desk) is None


def test_who_moves_quiet_hours_waits_for_the_new_end_and_is_counted_there_alone(town: Town, desk: Desk) -> None:
    [asleep] = town.settle_in(1)
    be_quiet(town, asleep)
    town.announce(town.people)
    desk.work_off()
    says(desk, asleep, "/quiet 22:00-9:00")  # it is 8:00
    assert gather(desk) == 1
    desk.woken.append(("work", town.sender_id))
    desk.work_off()
    assert not desk.pigeon.carried
    assert postponed(desk) == retries.Quiet(1, ENDS - HOUR, ENDS - HOUR)
    [found] = waiting(town)
    assert (found.attempt, found.deadline_at) == (1, ENDS + HOUR)  # a deadline only ever moves away
    says(desk, asleep, "/quiet 23:00-6:00")
    assert gather(desk) == 1
    desk.woken.append(("work", town.sender_id))
    desk.work_off()
    assert len(desk.pigeon.carried) == 1
    assert postponed(desk) is None


def test_another_attempt_is_not_hurried_by_a_change_of_quiet_hours_nor_is_a_stopped_one_sent(
    town: Town, desk: Desk
) -> None:
    [asleep] = town.settle_in(1)
    be_quiet(town, asleep)
    town.announce(town.people)
    desk.work_off()
    with town.sessions.begin() as session:
        retry = session.scalars(select(Retry)).one()
        retry.due_at = NOW + timedelta(minutes=5)  # an attempt later
    says(desk, asleep, "/quiet off")
    assert waiting(town)[0].due_at == NOW + timedelta(minutes=5)
    with town.sessions.begin() as session:
        assert consignments.stop(session, 1)
        assert retries.release(session, agency_id=town.agency_id, subscriber_id=asleep, until=ENDS, now=NOW) == 0


def test_an_alert_heeds_no_quiet_hours(town: Town, desk: Desk) -> None:
    [asleep] = town.settle_in(1)
    be_quiet(town, asleep)
    town.announce(town.people, lane=Lane.ALERT)
    desk.work_off()
    assert town.deliveries()[asleep].state is DeliveryState.ACCEPTED
    assert not waiting(town)


def test_a_pause_of_the_broadcast_holds_those_who_wait_and_a_stop_lets_them_go(town: Town, desk: Desk) -> None:
    [asleep] = town.settle_in(1)
    be_quiet(town, asleep)
    town.announce(town.people)
    desk.work_off()
    desk.clock.now = ENDS + HOUR
    with town.sessions.begin() as session:
        assert consignments.pause(session, 1)
    assert gather(desk) == 0
    with town.sessions.begin() as session:
        consignments.resume(session, 1)
        consignments.stop(session, 1)
    assert not waiting(town)
    assert gather(desk) == 0
    assert not desk.pigeon.carried


def test_who_says_stop_while_they_wait_gets_nothing(town: Town, desk: Desk) -> None:
    [asleep] = town.settle_in(1)
    be_quiet(town, asleep)
    town.announce(town.people)
    desk.work_off()
    wish(town, asleep, consented_at=None)
    desk.clock.now = ENDS + HOUR
    gather(desk)
    desk.work_off()
    assert town.deliveries()[asleep].reason == Withheld.NO_CONSENT


def test_a_worker_that_postpones_the_same_person_twice_counts_them_once(town: Town, desk: Desk) -> None:
    [asleep] = town.settle_in(1)
    be_quiet(town, asleep)
    town.announce(town.people)
    desk.work_off()
    with town.sessions.begin() as session:
        session.execute(update(Batch).values(state="ready", cursor=0, marked=0))
    desk.woken.append(("work", town.sender_id))
    desk.work_off()
    with town.sessions() as session:
        assert retries.quiet(session, 1, now=NOW) == retries.Quiet(1, ENDS, ENDS)
    assert len(waiting(town)) == 1


@pytest.mark.parametrize("lane", [Lane.NOTICE, Lane.ALERT])
def test_who_has_paused_gets_nothing_not_even_an_alert_until_the_pause_is_over(
    town: Town, desk: Desk, lane: Lane
) -> None:
    away, back = town.settle_in(2)
    wish(town, away, paused_until=NOW + timedelta(seconds=1))
    wish(town, back, paused_until=NOW)
    town.announce(town.people, lane=lane)
    desk.work_off()
    rows = town.deliveries()
    assert (rows[away].state, rows[away].reason) == (DeliveryState.WITHHELD, Withheld.PAUSED)
    assert rows[back].state is DeliveryState.ACCEPTED


def test_the_segment_is_asked_again_when_the_batch_is_read(town: Town, desk: Desk) -> None:
    first, second, third = town.settle_in(3)
    town.announce(town.people)
    with town.sessions.begin() as session:
        session.execute(update(Consignment).values(segment="topic:rain and language:en and not seen<2026-11-24"))
        session.execute(update(Subscriber).where(Subscriber.id == second).values(locale="ms"))
        session.execute(update(Address).where(Address.subscriber_id == third).values(last_inbound_at=None))
    desk.work_off()
    rows = town.deliveries()
    assert rows[first].state is DeliveryState.ACCEPTED
    assert {rows[id_].reason for id_ in (second, third)} == {Withheld.SEGMENT_LEFT}


def test_areas_are_asked_again_when_the_batch_is_read(town: Town, desk: Desk) -> None:
    here, there, both, anywhere = town.settle_in(4)
    with town.sessions.begin() as session:
        east, west = (Area(agency_id=town.agency_id, key=key, names={"en": key}) for key in ("east", "west"))
        session.add_all([east, west])
        session.flush()
        ids = east.id, west.id
    choose(town, here, ids[0])
    choose(town, there, ids[1])
    choose(town, both, *ids)
    town.announce(town.people)
    with town.sessions.begin() as session:
        session.execute(update(Consignment).values(area_ids=[ids[0]]))
    desk.work_off()
    rows = town.deliveries()
    assert (rows[there].state, rows[there].reason) == (DeliveryState.WITHHELD, Withheld.AREA_LEFT)
    assert {rows[id_].state for id_ in (here, both, anywhere)} == {DeliveryState.ACCEPTED}
