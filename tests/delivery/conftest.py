"""An agency with a sender, people who hold a topic, and a consignment for them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.engine import Sessions
from delivery import batches, consignments
from delivery.models import Delivery, Sender
from delivery.states import DoubtPolicy, Lane
from staff.models import Agency
from subscribers.models import Address, Cadence, Subscriber, Subscription, Topic

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

    def settle_in(self, count: int, *, locale: str = "en") -> list[int]:
        """People with consent, the topic at once, and an address like tg-<id>; their ids."""
        with self.sessions.begin() as session:
            new = [_person(self, locale) for _ in range(count)]
            session.add_all(new)
            session.flush()
            for person in new:
                session.add(_address(self, person.id))
                session.add(_subscription(self, person.id))
        self.people += [person.id for person in new]
        return [person.id for person in new]

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


def _person(town: Town, locale: str) -> Subscriber:
    return Subscriber(agency_id=town.agency_id, locale=locale, consented_at=NOW, created_at=NOW)


def _address(town: Town, subscriber_id: int) -> Address:
    return Address(
        subscriber_id=subscriber_id,
        agency_id=town.agency_id,
        sender_id=town.sender_id,
        channel="telegram",
        value=str(1_000_000 + subscriber_id),
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
        credentials=b"",
        rate=None,
        created_at=NOW,
    )
    session.add(sender)
    session.flush()
    return sender
