"""Senders: saved once, found by their door, stopped and resumed; and the engine that wakes."""

import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from dramatiq.brokers.stub import StubBroker

from channels.contract import Refusal, Throttled
from delivery import senders
from delivery.engine import Engine
from delivery.loop import Loop
from delivery.models import Sender
from delivery.states import DeliveryState, Lane
from delivery.throttle import LocalThrottle
from tests.delivery.conftest import NOW, Clock, Town, open_desk
from tests.delivery.pigeon import LIMITS as PIGEON
from tests.delivery.pigeon import Pigeon


def test_a_sender_has_a_door_of_its_own_and_is_saved_once(town: Town) -> None:
    with town.sessions.begin() as session:
        made = senders.add(
            session, agency_id=town.agency_id, channel="whatsapp", handle="+6560000001", credentials=b"x", now=NOW
        )
        assert len(made.key) >= 20
        assert senders.find(session, channel="whatsapp", key=made.key) is made
        assert senders.find(session, channel="telegram", key=made.key) is None
        assert [one.id for one in senders.of_agency(session, town.agency_id)] == [town.sender_id, made.id]
        with pytest.raises(ValueError, match="already"):
            senders.add(
                session, agency_id=town.agency_id, channel="whatsapp", handle="+6560000001", credentials=b"y", now=NOW
            )


def test_a_stopped_sender_is_woken_when_it_is_resumed(town: Town) -> None:
    woken: list[tuple[str, int]] = []
    with town.sessions.begin() as session:
        assert not senders.resume(session, town.sender_id)
        assert senders.stop(session, town.sender_id, reason="bad_token", now=NOW)
        assert not senders.stop(session, town.sender_id, reason="again", now=NOW)
    town.sessions.configure(info={"waker": lambda task, id_: woken.append((task, id_))})
    with town.sessions.begin() as session:
        assert senders.resume(session, town.sender_id)
    assert woken == [("alert", town.sender_id), ("work", town.sender_id)]


def test_a_later_template_takes_the_place_of_the_first(town: Town) -> None:
    with town.sessions.begin() as session:
        for provider_id in ("HX1", "HX2"):
            senders.set_template(
                session,
                sender_id=town.sender_id,
                purpose="announcement",
                locale="en",
                provider_id=provider_id,
                body="{{1}}",
            )
    with town.sessions() as session:
        (found,) = senders.templates_in_use(session, town.sender_id, "announcement").values()
        assert found.provider_id == "HX2"


LIMITS = replace(PIGEON, rate=30.0, paid_rate=1000.0)


@pytest.mark.parametrize(
    ("lane", "attempt", "values", "expected"),
    [
        (Lane.ALERT, 1, {}, (30.0, False)),
        (Lane.ALERT, 1, {"rate": 20.0}, (20.0, False)),
        (Lane.ALERT, 1, {"is_paid": True}, (1000.0, True)),
        (Lane.ALERT, 1, {"is_paid": True, "paid_rate": 200.0, "rate": 20.0}, (200.0, True)),
        (Lane.ALERT, 2, {"is_paid": True}, (1000.0, True)),
        (Lane.ALERT, 3, {"is_paid": True}, (30.0, False)),
        (Lane.ALERT, 1, {"is_paid": True, "paid_rate": 10.0}, (30.0, False)),
        (Lane.REPLY, 1, {"is_paid": True}, (30.0, False)),
        (Lane.NOTICE, 1, {"is_paid": True}, (30.0, False)),
        (Lane.BULLETIN, 1, {"is_paid": True}, (30.0, False)),
    ],
)
def test_only_alerts_are_paid_for_and_only_where_the_switch_is_on(
    lane: Lane, attempt: int, values: dict[str, Any], expected: tuple[float, bool]
) -> None:
    assert senders.effective_rate(Sender(**values), lane, LIMITS, attempt=attempt) == expected


def test_where_speed_is_not_sold_the_switch_does_nothing() -> None:
    assert senders.effective_rate(Sender(is_paid=True), Lane.ALERT, PIGEON) == (1000.0, False)


def test_the_longest_wait_ever_asked_for_is_remembered_and_ends(town: Town, loop: Loop) -> None:
    """10,072 seconds were seen (tdlib/td issue 1331)."""
    refusals: list[Refusal | None] = [Throttled("too_fast", retry_after=timedelta(seconds=10_072))]
    clock = Clock()
    throttle = LocalThrottle(lambda: clock.now.timestamp())
    pigeon = Pigeon(rule=lambda message: refusals.pop() if refusals else None)
    desk = open_desk(town, loop, throttle=throttle, pigeon=pigeon, clock=clock)
    town.announce(town.settle_in(10), now=clock.now)
    desk.work_off()
    with town.sessions() as session:
        held_until = session.get_one(Sender, town.sender_id).held_until
    assert held_until == NOW + timedelta(seconds=10_072)
    desk.pigeon.tried.clear()
    clock.wait(10_071)
    desk.woken.append(("work", town.sender_id))
    desk.work_off()
    assert desk.pigeon.tried == []
    clock.wait(1.1)
    desk.woken.append(("work", town.sender_id))
    desk.work_off()
    assert {row.state for row in town.deliveries().values()} == {DeliveryState.ACCEPTED}
    assert len(town.deliveries()) == 10


def wait_for(release: threading.Event) -> None:
    """Work that takes as long as the test likes."""
    assert release.wait(60)


def test_an_alert_finds_a_free_worker_while_bulk_work_fills_all_others() -> None:
    engine = Engine(StubBroker(middleware=[]))
    release, alerted = threading.Event(), threading.Event()
    engine.register("work", "bulk", lambda _: wait_for(release))
    engine.register("alert", "alert", lambda _: alerted.set())
    engine.start(2)
    try:
        for sender_id in range(20):
            engine.wake("work", sender_id)
        engine.wake("alert", 1)
        assert alerted.wait(30)
    finally:
        release.set()
        engine.stop()


def test_a_task_that_fails_takes_nobody_with_it() -> None:
    engine = Engine(StubBroker(middleware=[]))
    done = threading.Event()

    def task(id_: int) -> None:
        if id_ == 1:
            raise RuntimeError("broken")
        done.set()

    engine.register("work", "bulk", task)
    engine.start(2)
    engine.wake("work", 1)
    engine.wake("work", 2)
    assert done.wait(30)
    engine.stop()


def test_a_task_for_a_queue_nobody_listens_to_is_refused() -> None:
    with pytest.raises(ValueError, match="no worker"):
        Engine(StubBroker(middleware=[])).register("work", "nowhere", lambda _: None)
