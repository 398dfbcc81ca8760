"""The post office as a process has it: engine, loop, real channels, and the pretended platforms over real HTTP."""

import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

import dramatiq
import pytest
import redis
from dramatiq.brokers.redis import RedisBroker
from dramatiq.brokers.stub import StubBroker
from sqlalchemy import select, update

from channels import registry
from delivery import batches, consignments, letters, postman, retries, senders, tasks
from delivery.drafts import Draft
from delivery.engine import Engine
from delivery.loop import Loop
from delivery.models import Sender
from delivery.states import DeliveryState, Lane
from delivery.switchboard import Switchboard
from delivery.throttle import LocalThrottle, RedisThrottle, Throttle
from subscribers.models import Address
from tests.delivery.conftest import VAULT, Town
from tests.simulated import TELEGRAM_TOKEN, Simulator

LEASE = timedelta(seconds=5)


def utc_now() -> datetime:
    """A process of ours reads the clock at its door."""
    return datetime.now(UTC)


class House:
    """One process: what app.py puts together, and a clock that ticks when told."""

    def __init__(self, town: Town, simulator: Simulator, broker: dramatiq.Broker, throttle: Throttle) -> None:
        self.town, self.loop, self.engine = town, Loop(), Engine(broker)
        self.board = Switchboard(
            build=registry.build,
            limits_of=registry.limits,
            vault=VAULT,
            public_url="http://127.0.0.1:9",
            endpoints={"telegram": f"{simulator.url}/telegram"},
        )
        self.office = tasks.Office(town.sessions, self.board, throttle, self.loop, utc_now, LEASE, self.engine.stopping)
        self.engine.register_work("alert", "alert", self.loop, partial(tasks.alert, self.office))
        self.engine.register_work("work", "bulk", self.loop, partial(tasks.work, self.office))
        self.engine.register_work("post", "letters", self.loop, partial(tasks.post, self.office))
        town.sessions.configure(info={"waker": self.engine.wake})

    def __enter__(self) -> "House":
        self.engine.start(2)
        return self

    def __exit__(self, *_: object) -> None:
        self.engine.stop()
        self.loop.run(self.board.aclose())
        self.loop.run(self.office.throttle.aclose())
        self.loop.stop()

    def tick(self) -> None:
        """What the clock does every second."""
        for verb in (batches.wake_expired, retries.gather, postman.wake_due, senders.wake_ready):
            with self.town.sessions.begin() as session:
                verb(session, utc_now())

    def finish(self, consignment_id: int, *, seconds: float) -> None:
        """Tick until it is complete."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.tick()
            with self.town.sessions() as session:
                if consignments.is_complete(session, consignment_id):
                    return
            time.sleep(0.2)
        raise AssertionError(f"not complete after {seconds} s: {self.town.tallies(consignment_id)}")


@pytest.fixture(scope="module")
def platforms() -> Iterator[Simulator]:
    """The pretended platforms with their brakes on."""
    with Simulator() as simulator:
        yield simulator


@pytest.fixture
def simulator(platforms: Simulator) -> Simulator:
    """The same with nobody in them."""
    platforms.clear_faults()
    platforms.reset()
    return platforms


def settle_phones(town: Town, simulator: Simulator, count: int, *, rate: float | None = None) -> list[int]:
    """Subscribers with a phone each; their ids."""
    bot = simulator.add_bot(TELEGRAM_TOKEN, "weather_bot")
    if rate is not None:
        simulator.limits(bot=bot, rate=rate, burst=rate)
    phones = simulator.new_phones(count, "telegram", started_with=bot)
    with town.sessions.begin() as session:
        session.execute(update(Sender).values(rate=rate))
    return town.settle_in(count, at=[phone.removeprefix("telegram-") for phone in phones])


def got(simulator: Simulator) -> Counter[str]:
    """How often each address got a message."""
    return Counter(simulator.summary()["recipients"].get("telegram", {}))


def test_five_hundred_get_it_once_through_faults_and_the_ledger_equals_the_record(
    town: Town, simulator: Simulator
) -> None:
    people = settle_phones(town, simulator, 500, rate=200.0)
    simulator.fault("throttle", method="sendMessage", count=3, seconds=1)
    simulator.fault("drop_before", method="sendMessage", count=5)
    simulator.act(f"telegram-{address_of(town, people[0])}", "block", bot=TELEGRAM_TOKEN.split(":")[0])
    with House(town, simulator, StubBroker(middleware=[]), LocalThrottle()) as house:
        town.announce(people, size=100, now=utc_now())
        house.finish(1, seconds=60)
    assert town.tallies()[DeliveryState.FAILED] == 1
    assert town.tallies()[DeliveryState.ACCEPTED] == 499
    reached = {id_ for id_, row in town.deliveries().items() if row.state is DeliveryState.ACCEPTED}
    assert set(got(simulator)) == {address_of(town, id_) for id_ in reached}
    # A connection that broke before the provider acted is in doubt for us, so it was sent again: nobody got it twice.
    assert set(got(simulator).values()) == {1}


def address_of(town: Town, subscriber_id: int) -> str:
    """Where a subscriber is reached."""
    with town.sessions() as session:
        return session.scalars(select(Address.value).where(Address.subscriber_id == subscriber_id)).one()


def test_thirty_a_second_never_provokes_a_429(town: Town, simulator: Simulator) -> None:
    people = settle_phones(town, simulator, 90)
    with House(town, simulator, StubBroker(middleware=[]), LocalThrottle()) as house:
        started = time.monotonic()
        town.announce(people, size=45, now=utc_now())
        house.finish(1, seconds=30)
        took = time.monotonic() - started
    totals = simulator.summary()["totals"]
    assert (totals["accepted"], totals["refused"]) == (90, 0)
    assert took >= 90 / 30 - 0.3  # that no time is lost is what `python -m bench limit` measures


def test_an_alert_overtakes_a_bulletin_that_is_going_out(town: Town, simulator: Simulator) -> None:
    people = settle_phones(town, simulator, 300, rate=40.0)
    with House(town, simulator, StubBroker(middleware=[]), LocalThrottle()) as house:
        town.announce(people, lane=Lane.BULLETIN, size=100, now=utc_now())
        time.sleep(1.5)
        town.announce(people[:40], consignment_id=2, lane=Lane.ALERT, now=utc_now())
        house.finish(2, seconds=20)
        with town.sessions.begin() as session:
            consignments.stop(session, 1)
    alerts, bulletins = (
        [row.accepted_at for row in town.deliveries(id_).values() if row.accepted_at] for id_ in (2, 1)
    )
    assert len(alerts) == 40
    assert len(bulletins) < 200  # it had not nearly ended
    assert sum(min(alerts) < at < max(alerts) for at in bulletins) <= 10


def test_scaled_out_it_works_over_redis_and_waits_while_redis_is_away(
    town: Town, simulator: Simulator, redis_url: str
) -> None:
    people = settle_phones(town, simulator, 60, rate=60.0)
    broker = RedisBroker(url=redis_url, middleware=[], socket_timeout=0.5)  # type: ignore[no-untyped-call]
    with (
        redis.Redis.from_url(redis_url) as operator,
        House(town, simulator, broker, RedisThrottle(redis_url, patience=0.3)) as house,
    ):
        town.announce(people, size=20, now=utc_now())
        time.sleep(0.4)
        operator.execute_command("CLIENT PAUSE", 2000, "ALL")
        time.sleep(0.7)
        before = accepted(simulator)
        time.sleep(0.8)
        assert accepted(simulator) == before < 60
        post(town, people[0])
        house.finish(1, seconds=30)
        simulator.wait_for(lambda: house.tick() or accepted(simulator) == 61, 10)  # type: ignore[func-returns-value]
    assert town.tallies() == {DeliveryState.ACCEPTED: 60}


def accepted(simulator: Simulator) -> int:
    """How many messages the platforms took."""
    return int(simulator.summary()["totals"]["accepted"])


def post(town: Town, subscriber_id: int) -> None:
    """A reply to one person."""
    with town.sessions.begin() as session:
        letters.post(
            session,
            sender_id=town.sender_id,
            agency_id=town.agency_id,
            to=address_of(town, subscriber_id),
            draft=Draft("Hello"),
            now=utc_now(),
        )
