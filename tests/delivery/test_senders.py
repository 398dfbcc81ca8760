"""Senders: saved once, found by their door, stopped and resumed; and the engine that wakes."""

import threading

import pytest
from dramatiq.brokers.stub import StubBroker
from sqlalchemy import select

from delivery import senders
from delivery.engine import Engine
from delivery.models import WordingTemplate
from tests.delivery.conftest import NOW, Town


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
        assert session.scalars(select(WordingTemplate.provider_id)).all() == ["HX2"]


def wait_for(release: threading.Event) -> None:
    """Work that takes as long as the test likes."""
    assert release.wait(10)


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
        assert alerted.wait(2)
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
    assert done.wait(2)
    engine.stop()


def test_a_task_for_a_queue_nobody_listens_to_is_refused() -> None:
    with pytest.raises(ValueError, match="no worker"):
        Engine(StubBroker(middleware=[])).register("work", "nowhere", lambda _: None)
