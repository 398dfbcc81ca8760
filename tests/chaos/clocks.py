"""Cases of time: hosts that disagree about it, two schedulers, and one launch that is woken many times."""

import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import dramatiq
from dramatiq.brokers.redis import RedisBroker
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from broadcast import bulletins, compose
from broadcast.models import Broadcast, Bulletin, Occurrence
from broadcast.states import Kind, State
from delivery.models import Delivery
from demo import agency
from subscribers import topics
from subscribers.models import Cadence, Subscription, Topic
from tests.chaos.case import Case
from tests.chaos.scene import WORKERS, Scene
from tests.journeys import crowd
from tests.journeys.steps import TEXTS

APART = 2.0
PRODUCTION_LEASE = "15"
WAKE_UPS = 20


def set_clocks_apart(scene: Scene) -> None:
    """The second host is two seconds ahead; leases last as long as they do in production."""
    for name in WORKERS:
        scene.town.stop(name)
        _start_apart(scene, name)
    scene.odd |= {*WORKERS}


def _start_apart(scene: Scene, name: str) -> None:
    ahead = APART if name == WORKERS[1] else 0.0
    launcher = ("tests.chaos.shifted", str(ahead))
    scene.town.start(name, "worker", launcher=launcher, LEASE_SECONDS=PRODUCTION_LEASE)


def see_clocks_apart(scene: Scene) -> None:
    """Each host leaves its batches to the other for a while; what they wrote down shows that both have sent."""
    for share, name in ((0.2, WORKERS[0]), (0.5, WORKERS[1])):
        scene.wait_until_reached(share)
        scene.town.stop(name)
        scene.wait_until_reached(share + 0.15)
        _start_apart(scene, name)
    scene.wait_until(scene.is_finished, "for the end of the broadcast")
    stamps = scene.ask(lambda session: _accepted_at(session, scene))
    entries = crowd.accepted(scene.town, scene.code, after=scene.recorded)
    lag = [(stamps[e["phone"]] - datetime.fromisoformat(e["at"])).total_seconds() for e in entries]
    scene.measure("largest difference of two stamps", max(lag) - min(lag), "s", least=APART * 0.75, most=2 * APART)


def _accepted_at(session: Session, scene: Scene) -> dict[str, datetime]:
    query = select(Delivery.subscriber_id, Delivery.accepted_at).where(Delivery.consignment_id == scene.broadcast_id)
    return {scene.audience[id_]: at for id_, at in session.execute(query) if at is not None}


def start_second_clock(scene: Scene) -> None:
    """Two schedulers from now on; and everybody wants the daily bulletin."""
    scene.start("clock-2")
    _want(scene, Cadence.DAILY)
    time.sleep(2.0)  # until it ticks


def bulletin(scene: Scene) -> None:
    """A bulletin that is due now, for both clocks to find: what was announced a minute ago."""
    now = datetime.now(UTC)
    with scene.town.sessions.begin() as session:
        topic = topics.by_key(session, scene.town.cast.agency.id, "flood")
        assert topic is not None
        _announced(session, topic, now - timedelta(minutes=1))
        _due(session, scene, topic, now)
    scene.wait_until(lambda: bool(scene.ask(_made)), "for the bulletin")
    found = scene.ask(lambda session: session.scalars(select(Broadcast).filter_by(id=_made(session))).one())
    scene.code, scene.broadcast_id = found.code, found.id


def _announced(session: Session, topic: Topic, at: datetime) -> None:
    made = Broadcast(agency_id=topic.agency_id, topic_id=topic.id, kind=Kind.NOTICE, state=State.FINISHED)
    made.created_at = made.launched_at = made.finished_at = at
    compose.coin(session, made)
    for locale, text in TEXTS.items():
        compose.put_text(session, made, locale, text)


def _due(session: Session, scene: Scene, topic: Topic, now: datetime) -> None:
    local = now.astimezone(ZoneInfo(agency.ZONE))
    made = bulletins.define(
        session,
        scene.town.cast.agency,
        key="flood-daily",
        topics=[topic],
        local_time=local.strftime("%H:%M"),
        time_zone=agency.ZONE,
        introductions=agency.INTRODUCTIONS,
        now=now - timedelta(hours=1),
    )
    session.flush()
    assert made.id


def _made(session: Session) -> int | None:
    """The broadcast of the bulletin's occurrence."""
    query = select(Occurrence.broadcast_id).join(Bulletin, Bulletin.id == Occurrence.bulletin_id)
    return session.scalar(query.where(Bulletin.key == "flood-daily"))


def see_one_bulletin(scene: Scene) -> None:
    """However many clocks there are."""
    scene.wait_until(scene.is_finished, "for the end of the bulletin")
    query = select(func.count()).where(Broadcast.kind == Kind.BULLETIN)
    scene.measure("bulletins", scene.ask(lambda session: session.scalar(query) or 0), "broadcasts", least=1, most=1)
    _want(scene, Cadence.AT_ONCE)


def _want(scene: Scene, cadence: Cadence) -> None:
    with scene.town.sessions.begin() as session:
        session.execute(update(Subscription).values(cadence=cadence))


def wake_often(scene: Scene) -> None:
    """The launch is woken many times at once, by two clocks and by hand: its batches are written once."""
    assert scene.town.redis_url is not None
    broker = RedisBroker(url=scene.town.redis_url)  # type: ignore[no-untyped-call]
    for _ in range(WAKE_UPS):
        broker.enqueue(dramatiq.Message("planning", "launch", (scene.broadcast_id,), {}, {}))
    broker.close()
    scene.wait_until(scene.is_finished, "for the end of the broadcast")
    everybody = len(scene.audience)
    scene.measure("people in the batches", scene.planned(), "people", least=everybody, most=everybody)


CASES = (
    Case(
        "clocks-apart",
        f"two worker hosts whose clocks are {APART:g} s apart, each stopped once in the middle",
        see_clocks_apart,
        prepare=set_clocks_apart,
    ),
    Case(
        "two-clocks",
        "two schedulers, and a bulletin that is due for both",
        see_one_bulletin,
        prepare=start_second_clock,
        launch=bulletin,
        is_held=True,
    ),
    Case("two-launches", f"one launch woken {WAKE_UPS} times", wake_often, is_held=True),
)
