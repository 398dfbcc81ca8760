"""Sending a batch: everybody once, nobody who stopped, and the officer's hand within a sub-batch."""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import event, select, update
from sqlalchemy.orm import Session

from channels.contract import Message, Misconfigured, Refusal, Rejected, Throttled, Unavailable, Unreachable
from delivery import batches, consignments, flight, office, retries, senders
from delivery.loop import Loop, Pool
from delivery.models import Batch, Retry, Sender
from delivery.office import Office
from delivery.states import BatchState, DeliveryState, DoubtPolicy, Lane
from delivery.throttle import Grant, LocalThrottle
from subscribers.models import Subscriber, Suppression, SuppressionReason
from tests.delivery.conftest import NOW, Desk, Town, open_desk
from tests.delivery.pigeon import Pigeon

ACCEPTED, FAILED, UNKNOWN = DeliveryState.ACCEPTED, DeliveryState.FAILED, DeliveryState.UNKNOWN


def refusing(*refusals: Refusal, to: int | None = None) -> Pigeon:
    """A pigeon that refuses its first messages (to one person) with these, and carries the rest."""
    left = list(refusals)

    def rule(message: Message) -> Refusal | None:
        is_meant = to is None or message.to == str(1_000_000 + to)
        return left.pop(0) if left and is_meant else None

    return Pigeon(rule=rule)


def test_everybody_gets_it_once_and_the_ledger_says_so(town: Town, desk: Desk) -> None:
    people = town.settle_in(120)
    town.announce(people, size=50)
    desk.work_off()
    assert Counter(message.to for message in desk.pigeon.carried) == {str(1_000_000 + id_): 1 for id_ in people}
    assert {message.reference for message in desk.pigeon.carried} == {f"1-{id_}-1" for id_ in people}
    assert town.tallies() == {ACCEPTED: 120}
    written = town.deliveries()[people[0]]
    assert (written.accepted_at, written.attempt, written.sender_id) == (NOW, 1, town.sender_id)
    assert written.provider_id
    with town.sessions() as session:
        assert consignments.is_complete(session, 1)
        assert consignments.progress(session, 1).people == 120


@pytest.mark.parametrize(("lane", "task", "leaves"), [(Lane.NOTICE, "work", False), (Lane.ALERT, "alert", True)])
def test_while_an_audience_is_frozen_a_sender_carries_one_batch_here_and_every_alert(
    town: Town, desk: Desk, lane: Lane, task: str, leaves: bool
) -> None:
    town.announce(town.settle_in(3), lane=lane)
    pool = Pool.ALERT if lane is Lane.ALERT else Pool.BULK
    desk.office.aboard[pool, town.sender_id] = 1  # another batch of it is in hand
    desk.office.freezing.add(7)
    begun: list[object] = []
    event.listen(town.sessions, "after_begin", lambda session, *_: begun.append(session))
    desk.woken[:] = [(task, town.sender_id)]
    desk.work_off()
    assert (bool(begun), bool(desk.pigeon.carried)) == (leaves, leaves)  # nor is the database asked for nothing
    desk.office.freezing.discard(7)
    desk.woken[:] = [(task, town.sender_id)]
    desk.work_off()
    assert len(desk.pigeon.carried) == 3


@pytest.mark.parametrize(("lane", "task", "pauses"), [(Lane.BULLETIN, "work", True), (Lane.ALERT, "alert", False)])
def test_while_an_alert_is_frozen_here_all_else_pauses_in_the_air_and_alerts_fly(
    town: Town, loop: Loop, lane: Lane, task: str, pauses: bool
) -> None:
    flown: list[bool] = []

    def rule(_: Message) -> None:
        flown.append(bool(desk.office.freezing_alerts))
        if len(flown) == 1 and pauses:  # the alert comes while the first sub-batch is in the air
            desk.office.freezing_alerts.add(7)
            frozen.start()

    desk = open_desk(town, loop, pigeon=Pigeon(rule=rule))
    frozen = threading.Timer(2 * flight.WAY, desk.office.freezing_alerts.clear)
    town.announce(town.settle_in(200), lane=lane)
    if not pauses:
        desk.office.freezing_alerts.add(7)
    desk.woken[:] = [(task, town.sender_id)]
    desk.work_off()
    assert len(flown) == 200
    assert any(flown) is not pauses
    assert town.tallies() == {ACCEPTED: 200}


def test_while_an_alert_is_frozen_here_nobody_else_takes_its_tokens(town: Town, loop: Loop) -> None:
    taken: list[bool] = []

    class Watched(LocalThrottle):
        async def take(self, sender_id: int, n: int, lane: Lane, rate: float, *, is_paid: bool = False) -> Grant:
            taken.append(bool(desk.office.freezing_alerts))
            return await super().take(sender_id, n, lane, rate, is_paid=is_paid)

    desk = open_desk(town, loop, throttle=Watched())
    town.announce(town.settle_in(3), lane=Lane.BULLETIN)
    desk.office.freezing_alerts.add(7)
    threading.Timer(3 * flight.WAY, desk.office.freezing_alerts.clear).start()
    desk.work_off()
    assert taken
    assert not any(taken)
    assert town.tallies() == {ACCEPTED: 3}


def test_who_stopped_between_the_freeze_and_the_send_gets_nothing(town: Town, desk: Desk) -> None:
    people = town.settle_in(3)
    town.announce(people)
    with town.sessions.begin() as session:
        session.execute(update(Subscriber).where(Subscriber.id == people[1]).values(consented_at=None))
    desk.work_off()
    assert len(desk.pigeon.carried) == 2
    assert town.deliveries()[people[1]].reason == "no_consent"
    assert town.tallies() == {ACCEPTED: 2, DeliveryState.WITHHELD: 1}


def test_a_suppressed_address_gets_nothing(town: Town, desk: Desk) -> None:
    people = town.settle_in(2)
    town.announce(people)
    with town.sessions.begin() as session:
        session.add(_suppression(town, people[0]))
    desk.work_off()
    assert [message.to for message in desk.pigeon.carried] == [str(1_000_000 + people[1])]
    assert town.deliveries()[people[0]].reason == "suppressed"


def _suppression(town: Town, subscriber_id: int) -> Suppression:
    value, reason = str(1_000_000 + subscriber_id), SuppressionReason.LEGAL
    return Suppression(agency_id=town.agency_id, sender_id=town.sender_id, value=value, reason=reason, at=NOW)


def test_who_cannot_be_reached_fails_and_is_not_written_to_again(town: Town, loop: Loop) -> None:
    people = town.settle_in(2)
    desk = open_desk(
        town, loop, pigeon=refusing(Unreachable("blocked", code="Forbidden: bot was blocked"), to=people[0])
    )
    town.announce(people)
    desk.work_off()
    failed = town.deliveries()[people[0]]
    assert (failed.state, failed.reason, failed.code) == (FAILED, "unreachable", "Forbidden: bot was blocked")
    with town.sessions() as session:
        lost = session.scalars(select(Suppression)).one()
        assert (lost.value, lost.reason) == (str(1_000_000 + people[0]), SuppressionReason.BLOCKED)
    town.announce(people, consignment_id=2)
    desk.work_off()
    assert town.tallies(2) == {ACCEPTED: 1, DeliveryState.WITHHELD: 1}


def test_a_rejected_message_is_given_up_and_the_address_kept(town: Town, loop: Loop) -> None:
    people = town.settle_in(1)
    desk = open_desk(town, loop, pigeon=refusing(Rejected("too_long", code="400")))
    town.announce(people)
    desk.work_off()
    assert town.tallies() == {FAILED: 1}
    with town.sessions() as session:
        assert session.scalars(select(Suppression)).all() == []


def test_what_a_provider_refuses_for_a_while_is_tried_again_later(town: Town, loop: Loop) -> None:
    people = town.settle_in(3)
    desk = open_desk(town, loop, pigeon=refusing(Unavailable("down"), to=people[1]))
    town.announce(people)
    desk.work_off()
    assert town.tallies() == {ACCEPTED: 2}
    with town.sessions.begin() as session:
        assert consignments.close_complete(session, NOW) == []
        assert retries.gather(session, NOW) == 0
    desk.clock.wait(10)
    with town.sessions.begin() as session:
        assert retries.gather(session, desk.clock.now) == 1
    desk.work_off()
    assert town.tallies() == {ACCEPTED: 3}
    assert town.deliveries()[people[1]].attempt == 2
    assert desk.pigeon.carried[-1].reference == f"1-{people[1]}-2"
    with town.sessions.begin() as session:
        assert consignments.close_complete(session, NOW) == [1]


def test_after_the_deadline_nothing_is_tried_again(town: Town, loop: Loop) -> None:
    desk = open_desk(town, loop, pigeon=refusing(Unavailable("down")))
    town.announce(town.settle_in(1))
    desk.clock.wait(3600)
    desk.work_off()
    assert town.tallies() == {FAILED: 1}
    with town.sessions() as session:
        assert session.scalars(select(Retry)).all() == []


@pytest.mark.parametrize(("policy", "again"), [(DoubtPolicy.RESEND, 1), (DoubtPolicy.HOLD, 0)])
def test_what_may_have_gone_out_is_unknown_and_sent_again_only_by_policy(
    town: Town, loop: Loop, policy: DoubtPolicy, again: int
) -> None:
    desk = open_desk(town, loop, pigeon=refusing(Unavailable("timeout", may_be_sent=True)))
    town.announce(town.settle_in(1), policy=policy)
    desk.work_off()
    assert town.tallies() == {UNKNOWN: 1}
    desk.clock.wait(10)
    with town.sessions.begin() as session:
        assert retries.gather(session, desk.clock.now) == again
    desk.work_off()
    assert town.tallies() == {ACCEPTED if again else UNKNOWN: 1}


def test_who_stops_while_a_retry_waits_gets_nothing_and_the_doubt_stays_written(town: Town, loop: Loop) -> None:
    people = town.settle_in(1)
    desk = open_desk(town, loop, pigeon=refusing(Unavailable("timeout", may_be_sent=True)))
    town.announce(people)
    desk.work_off()
    with town.sessions.begin() as session:
        session.execute(update(Subscriber).values(consented_at=None))
    desk.clock.wait(10)
    with town.sessions.begin() as session:
        retries.gather(session, desk.clock.now)
    desk.work_off()
    assert desk.pigeon.carried == []
    assert town.tallies() == {UNKNOWN: 1}


def test_throttling_costs_no_attempt_and_holds_the_sender(town: Town, loop: Loop) -> None:
    people = town.settle_in(3)
    desk = open_desk(town, loop, pigeon=refusing(Throttled(retry_after=timedelta(seconds=0.2)), to=people[1]))
    town.announce(people)
    desk.work_off()
    with town.sessions() as session:
        held = session.get_one(Sender, town.sender_id).held_until
    assert held is not None
    assert held > NOW
    desk.clock.wait(1)
    with town.sessions.begin() as session:
        assert senders.wake_ready(session, desk.clock.now) == 1
    desk.work_off()
    assert town.tallies() == {ACCEPTED: 3}
    assert {row.attempt for row in town.deliveries().values()} == {1}
    assert len(desk.pigeon.carried) == 3


def test_a_misconfigured_sender_stops_and_its_batch_is_unharmed(town: Town, loop: Loop) -> None:
    people = town.settle_in(5)
    desk = open_desk(town, loop, pigeon=refusing(*[Misconfigured("bad_token", code="401")] * 5))
    town.announce(people)
    desk.work_off()
    assert town.tallies() == {}
    with town.sessions.begin() as session:
        sender = session.get_one(Sender, town.sender_id)
        assert (sender.stopped_at, sender.stopped_reason) == (NOW, "bad_token")
        assert senders.wake_ready(session, NOW) == 0
        assert session.scalars(select(Batch.state)).all() == [BatchState.READY]
    desk.pigeon.rule = lambda message: None
    with town.sessions.begin() as session:
        assert senders.resume(session, town.sender_id)
    desk.work_off()
    assert town.tallies() == {ACCEPTED: 5}


@pytest.mark.parametrize("verb", [consignments.pause, consignments.stop])
def test_a_pause_or_a_stop_acts_before_the_next_sub_batch(
    town: Town, loop: Loop, verb: Callable[[Session, int], bool]
) -> None:
    people = town.settle_in(40)
    desk = open_desk(town, loop, pigeon=Pigeon().with_limits(rate=20.0))
    town.announce(people, size=40)

    def stop_once() -> None:
        desk.pigeon.while_flying = lambda: None
        with town.sessions.begin() as session:
            verb(session, 1)

    desk.pigeon.while_flying = stop_once
    desk.work_off()
    assert 1 <= len(desk.pigeon.carried) <= 20 * 0.8 / batches.parallel(20.0) + 1
    assert town.tallies() == {ACCEPTED: len(desk.pigeon.carried)}
    if verb is consignments.pause:
        desk.pigeon.with_limits(rate=1000.0)
        with town.sessions.begin() as session:
            consignments.resume(session, 1)
        desk.work_off()
        assert town.tallies() == {ACCEPTED: 40}


def test_an_alert_overtakes_a_running_bulletin_which_goes_on_afterwards(town: Town, loop: Loop) -> None:
    people = town.settle_in(40)
    desk = open_desk(town, loop, pigeon=Pigeon().with_limits(rate=50.0))
    town.announce(people, lane=Lane.BULLETIN, size=40)

    def alert_once() -> None:
        desk.pigeon.while_flying = lambda: None
        town.announce(people[:5], consignment_id=2, lane=Lane.ALERT)

    desk.pigeon.while_flying = alert_once
    desk.work_off()
    order = [message.reference.split("-")[0] for message in desk.pigeon.carried]
    assert order.index("2") <= 20
    assert order[order.index("2") : order.index("2") + 5] == ["2"] * 5
    assert town.tallies(1) == {ACCEPTED: 40}
    assert town.tallies(2) == {ACCEPTED: 5}


def test_a_worker_whose_lease_was_taken_while_it_sent_writes_nothing(town: Town, desk: Desk) -> None:
    town.announce(town.settle_in(3))

    def overtaken() -> None:
        desk.pigeon.while_flying = lambda: None
        with town.sessions.begin() as session:
            session.execute(update(Batch).values(epoch=Batch.epoch + 1))

    desk.pigeon.while_flying = overtaken
    desk.work_off()
    assert len(desk.pigeon.carried) == 3
    assert town.deliveries() == {}
    with town.sessions() as session:
        assert session.scalars(select(Batch.marked)).one() == 3


def test_a_lease_is_kept_while_a_provider_thinks(town: Town, loop: Loop) -> None:
    desk = open_desk(town, loop, pigeon=Pigeon(answer_after=0.5))
    desk.office = _with_short_lease(desk)
    town.announce(town.settle_in(1))
    started = NOW + timedelta(seconds=0.3)
    desk.pigeon.while_flying = lambda: _assert_leased_beyond(town, started)
    desk.clock.wait(0.2)
    desk.work_off()
    assert town.tallies() == {ACCEPTED: 1}


def _with_short_lease(desk: Desk) -> Office:
    return replace(desk.office, lease_for=timedelta(seconds=0.3))


def _assert_leased_beyond(town: Town, instant: datetime) -> None:
    with town.sessions() as session:
        until = session.scalars(select(Batch.lease_until)).one()
        assert until
        assert until > instant


def test_a_process_that_ends_gives_its_batch_back(town: Town, loop: Loop) -> None:
    desk = open_desk(town, loop, pigeon=Pigeon().with_limits(rate=20.0))
    town.announce(town.settle_in(30), size=30)
    desk.pigeon.while_flying = desk.office.stopping.set
    desk.work_off()
    with town.sessions() as session:
        batch = session.scalars(select(Batch)).one()
    assert batch.state is BatchState.READY
    assert batch.cursor == batch.marked == len(desk.pigeon.carried) > 0


def test_many_who_cannot_be_told_because_a_provider_is_away_give_it_a_rest(town: Town, loop: Loop) -> None:
    desk = open_desk(town, loop, pigeon=Pigeon(rule=lambda message: Unavailable("down")))
    town.announce(town.settle_in(2000), size=2000)
    desk.work_off()
    assert len(desk.pigeon.tried) < 2000
    with town.sessions() as session:
        assert session.get_one(Sender, town.sender_id).held_until is not None
        assert len(session.scalars(select(Retry)).all()) == len(desk.pigeon.tried)


def test_a_process_that_starts_again_remembers_the_brakes(town: Town, loop: Loop) -> None:
    with town.sessions.begin() as session:
        senders.hold(session, town.sender_id, until=NOW + timedelta(seconds=10), pace=0.5)
    throttle = LocalThrottle()
    desk = open_desk(town, loop, throttle=throttle)
    town.announce(town.settle_in(1))
    desk.work_off()
    assert desk.pigeon.tried == []
    desk.clock.wait(11)
    with town.sessions.begin() as session:
        assert senders.wake_ready(session, desk.clock.now) == 1
    desk.work_off()
    assert town.tallies() == {ACCEPTED: 1}
    assert loop.run(throttle.hold(town.sender_id, 1.0)).pace == pytest.approx(0.25, abs=0.02)


@pytest.mark.parametrize(("policy", "waiting"), [(DoubtPolicy.RESEND, 1), (DoubtPolicy.HOLD, 0)])
def test_a_process_that_ends_does_not_wait_for_a_provider_that_hangs(
    town: Town, loop: Loop, monkeypatch: pytest.MonkeyPatch, policy: DoubtPolicy, waiting: int
) -> None:
    monkeypatch.setattr(office, "GRACE", 0.2)
    monkeypatch.setattr(office, "LOOK_SECONDS", 0.1)
    desk = open_desk(town, loop, pigeon=Pigeon(answer_after=60.0).with_limits(rate=20.0))
    town.announce(town.settle_in(30), size=30, policy=policy)
    desk.office.stopping.clear()
    threading.Timer(0.5, desk.office.stopping.set).start()
    desk.work_off()
    in_the_air = len(desk.pigeon.tried)
    assert 0 < in_the_air < 30
    assert town.tallies() == {UNKNOWN: in_the_air}
    with town.sessions() as session:
        batch = session.scalars(select(Batch)).one()
        assert (batch.state, batch.cursor, batch.marked) == (BatchState.READY, in_the_air, in_the_air)
        assert len(session.scalars(select(Retry)).all()) == waiting * in_the_air


def test_a_slow_provider_takes_nothing_after_the_window_that_pause_acts_in(town: Town, loop: Loop) -> None:
    desk = open_desk(town, loop, pigeon=Pigeon(answer_after=0.5))
    people = town.settle_in(600)
    town.announce(people, size=600)
    first: list[int] = []

    def pause_once() -> None:
        desk.pigeon.while_flying = lambda: None
        first.append(len(desk.pigeon.tried))
        with town.sessions.begin() as session:
            consignments.pause(session, 1)

    desk.pigeon.while_flying = pause_once
    desk.work_off()
    assert first[0] <= len(desk.pigeon.tried) <= 2 * flight.SIDE_BY_SIDE  # of 400 in the sub-batch
    assert town.tallies() == {ACCEPTED: len(desk.pigeon.tried)}
