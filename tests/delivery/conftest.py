"""An agency with a sender, people who hold a topic, and a consignment for them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import zip_longest

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.crypto import Vault
from db.engine import Sessions
from delivery import batches, consignments, tasks
from delivery.loop import Loop
from delivery.models import Delivery, Retry, Sender
from delivery.states import DeliveryState, DoubtPolicy, Lane
from delivery.switchboard import Switchboard
from delivery.tasks import Office
from delivery.throttle import LocalThrottle, Throttle
from staff.models import Agency
from subscribers.models import Address, Cadence, Subscriber, Subscription, Topic
from tests.delivery.pigeon import Pigeon
from tests.simulated import TELEGRAM_TOKEN

VAULT = Vault([Fernet.generate_key().decode()])
NOW = datetime(2026, 11, 24, 0, 0, tzinfo=UTC)
LEASE = timedelta(seconds=15)


@dataclass
class Town:
    """Everything a post office needs to have something to do."""

    sessions: Sessions
    agency_id: int
    sender_id: int
    topic_id: int
    people: list[int] = field(default_factory=list)

    def settle_in(self, count: int, *, locale: str = "en", at: Sequence[str] = ()) -> list[int]:
        """People with consent and the topic at once, reached `at` these addresses or some of their own; their ids."""
        with self.sessions.begin() as session:
            new = [_person(self, locale) for _ in range(count)]
            session.add_all(new)
            session.flush()
            ids = [person.id for person in new]
            session.add_all(_address(self, id_, value) for id_, value in zip_longest(ids, at))
            session.add_all(_subscription(self, id_) for id_ in ids)
        self.people += ids
        return ids

    def announce(
        self,
        ids: Sequence[int],
        *,
        consignment_id: int = 1,
        lane: Lane = Lane.NOTICE,
        policy: DoubtPolicy = DoubtPolicy.RESEND,
        size: int = 50,
        now: datetime = NOW,
    ) -> int:
        """A planned consignment to these people in batches of `size`; its id."""
        with self.sessions.begin() as session:
            consignments.open(
                session,
                consignment_id,
                agency_id=self.agency_id,
                lane=lane,
                policy=policy,
                topic_id=self.topic_id,
                cadences=[Cadence.AT_ONCE],
                deadline_at=now + timedelta(hours=1),
                now=now,
            )
            consignments.add_wording(session, consignment_id, sender_id=self.sender_id, locale="en", text="Rain.")
            for position, start in enumerate(range(0, len(ids), size)):
                piece = ids[start : start + size]
                batches.add(
                    session,
                    consignment_id,
                    sender_id=self.sender_id,
                    lane=lane,
                    position=position,
                    ids=piece,
                    now=now,
                )
            consignments.planned(session, consignment_id)
        return consignment_id

    def deliveries(self, consignment_id: int = 1) -> dict[int, Delivery]:
        """The ledger's rows by subscriber."""
        with self.sessions() as session:
            rows = session.scalars(select(Delivery).where(Delivery.consignment_id == consignment_id))
            return {row.subscriber_id: row for row in rows}

    def tallies(self, consignment_id: int = 1) -> dict[DeliveryState, int]:
        """What the tallies say, after making sure that they, and how many wait, say what counting the rows says."""
        with self.sessions() as session:
            waiting = select(func.count()).where(Retry.consignment_id == consignment_id)
            assert consignments.progress(session, consignment_id).retrying == session.scalar(waiting)
            said = consignments.tallies(session, consignment_id)
            count = select(Delivery.state, func.count()).where(Delivery.consignment_id == consignment_id)
            assert said == dict(session.execute(count.group_by(Delivery.state)).all())
            return said


@dataclass
class Clock:
    """A clock that stands still unless somebody moves it."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)


@dataclass
class Desk:
    """An office whose every message goes to a pigeon, and the wake-ups it asked for."""

    town: Town
    office: Office
    pigeon: Pigeon
    clock: Clock
    woken: list[tuple[str, int]]

    def work_off(self, rounds: int = 500) -> None:
        """Do everything that asks to be done, one after the other, until nothing does."""
        for _ in range(rounds):
            if not self.woken:
                return
            task, id_ = self.woken.pop(0)
            self.office.loop.run(TASKS[task](self.office, id_))
        raise AssertionError(f"still busy: {self.woken[:5]}")


TASKS = {"work": tasks.work, "alert": tasks.alert, "post": tasks.post}


def _person(town: Town, locale: str) -> Subscriber:
    return Subscriber(agency_id=town.agency_id, locale=locale, consented_at=NOW, created_at=NOW)


def _address(town: Town, subscriber_id: int, value: str | None) -> Address:
    return Address(
        subscriber_id=subscriber_id,
        agency_id=town.agency_id,
        sender_id=town.sender_id,
        channel="telegram",
        value=value or str(1_000_000 + subscriber_id),
        last_inbound_at=NOW,
        created_at=NOW,
    )


def _subscription(town: Town, subscriber_id: int) -> Subscription:
    return Subscription(subscriber_id=subscriber_id, topic_id=town.topic_id, cadence=Cadence.AT_ONCE, created_at=NOW)


@pytest.fixture
def town(sessions: Sessions) -> Town:
    """An agency with one Telegram sender and one topic, and nobody in it yet."""
    with sessions.begin() as session:
        agency = Agency(slug="weather", name="Weather", locales=["en"], created_at=NOW)
        session.add(agency)
        session.flush()
        sender = _sender(session, agency.id)
        topic = Topic(agency_id=agency.id, key="rain", names={"en": "Rain"})
        session.add(topic)
        session.flush()
        return Town(sessions, agency.id, sender.id, topic.id)


def _sender(session: Session, agency_id: int) -> Sender:
    sender = Sender(
        agency_id=agency_id,
        key="weather-bot",
        channel="telegram",
        handle="weather_bot",
        credentials=VAULT.seal({"token": TELEGRAM_TOKEN, "webhook_secret": "a-secret_of-the-door"}),
        rate=None,
        created_at=NOW,
    )
    session.add(sender)
    session.flush()
    return sender


@pytest.fixture
def loop() -> Iterator[Loop]:
    """The one event loop of a process."""
    made = Loop()
    yield made
    made.stop()


def open_desk(
    town: Town,
    loop: Loop,
    *,
    throttle: Throttle | None = None,
    pigeon: Pigeon | None = None,
    clock: Clock | None = None,
) -> Desk:
    """An office in this town; wake-ups wait on a list instead of in a broker."""
    clock, woken = clock or Clock(), list[tuple[str, int]]()
    flies = pigeon or Pigeon()
    board = Switchboard(
        build=lambda _name, _line: flies,
        limits_of=lambda _name: flies.limits,
        vault=VAULT,
        public_url="http://127.0.0.1:1",
        endpoints={},
    )
    office = Office(town.sessions, board, throttle or LocalThrottle(), loop, clock, LEASE)
    town.sessions.configure(info={"waker": lambda task, id_: _note(woken, (task, id_))})
    return Desk(town, office, flies, clock, woken)


def _note(woken: list[tuple[str, int]], wake: tuple[str, int]) -> None:
    if wake not in woken:
        woken.append(wake)


@pytest.fixture
def desk(town: Town, loop: Loop) -> Desk:
    """An office that sends by pigeon, a thousand a second."""
    return open_desk(town, loop)
