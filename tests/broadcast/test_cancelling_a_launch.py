"""A cancel that comes while the audience is being frozen leaves nothing behind that waits."""

from threading import Thread

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from broadcast import compose, launch, planning
from broadcast.models import Broadcast
from channels.contract import Limits
from delivery.models import Batch
from delivery.states import BatchState
from staff.models import Officer
from tests.broadcast.places import NOW, Place, limits_of, ready, settle, subscriber

Sessions = sessionmaker[Session]


@pytest.fixture
def on_its_way(sessions: Sessions) -> tuple[Place, Broadcast]:
    """Launched, and not planned yet."""
    with sessions.begin() as session:
        place = settle(session)
        for _ in range(3):
            subscriber(session, place, at=[place.free])
        made = ready(session, place)
        seen = compose.fingerprint(session, made)
        launch.confirm(session, made, place.author, fingerprint=seen, limits_of=limits_of, now=NOW)
    return place, made


def test_no_batch_is_left_waiting_at_a_place_where_the_next_announcement_would_queue(
    sessions: Sessions, on_its_way: tuple[Place, Broadcast]
) -> None:
    place, made = on_its_way

    def cancel() -> None:
        with sessions.begin() as session:
            found, officer = session.get_one(Broadcast, made.id), session.get_one(Officer, place.author.id)
            launch.cancel(session, found, officer, now=NOW)

    cancelling = Thread(target=cancel)

    def in_the_middle(channel: str) -> Limits:
        if cancelling.ident is None:
            cancelling.start()
            cancelling.join(0.5)
        return limits_of(channel)

    planning.plan(sessions, made.id, limits_of=in_the_middle, clock=lambda: NOW)
    cancelling.join(15)
    with sessions() as session:
        states = set(session.scalars(select(Batch.state).where(Batch.consignment_id == made.id)))
    assert states == {BatchState.DROPPED}
