"""What one can subscribe to, and who did. A topic of another agency does not exist here."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from db import bulk
from subscribers.models import Cadence, Subscriber, Subscription, Topic

KEY = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")
KEY_LENGTH = 40


class BadTopic(Exception):
    """A topic cannot be like this. The message tells the operator what to change."""


def add(session: Session, *, agency_id: int, key: str, names: Mapping[str, str], locales: Iterable[str]) -> Topic:
    """A new topic at the end of the agency's list. BadTopic, also where a name in one of `locales` is missing."""
    if not KEY.fullmatch(key) or len(key) > KEY_LENGTH:
        raise BadTopic(f"the key {key!r} may hold a-z, 0-9, hyphens and underscores, {KEY_LENGTH} at most")
    if by_key(session, agency_id, key) is not None:
        raise BadTopic(f"there is already a topic with the key {key!r}")
    missing = [locale for locale in locales if not names.get(locale, "").strip()]
    if missing:
        raise BadTopic(f"the topic {key!r} has no name in {', '.join(missing)}")
    last = session.scalar(select(func.max(Topic.position)).where(Topic.agency_id == agency_id))
    topic = Topic(agency_id=agency_id, key=key, names=dict(names), position=0 if last is None else last + 1)
    session.add(topic)
    session.flush()
    return topic


def list_for(session: Session, agency_id: int) -> Sequence[Topic]:
    """The agency's topics in their order."""
    query = select(Topic).where(Topic.agency_id == agency_id).order_by(Topic.position, Topic.id)
    return session.scalars(query).all()


def find(session: Session, agency_id: int, topic_id: int) -> Topic | None:
    """The agency's topic with this id; another agency's is none."""
    return session.scalars(select(Topic).where(Topic.id == topic_id, Topic.agency_id == agency_id)).one_or_none()


def by_key(session: Session, agency_id: int, key: str) -> Topic | None:
    """The agency's topic with this key."""
    return session.scalars(select(Topic).where(Topic.key == key, Topic.agency_id == agency_id)).one_or_none()


def held(session: Session, subscriber: Subscriber) -> dict[int, Cadence]:
    """What somebody subscribed to: topic id -> cadence."""
    rows = session.execute(
        select(Subscription.topic_id, Subscription.cadence).where(Subscription.subscriber_id == subscriber.id)
    )
    return {row.topic_id: row.cadence for row in rows}


def subscribe(session: Session, subscriber: Subscriber, topic_ids: Iterable[int], *, now: datetime) -> None:
    """Add topics of the person's own agency to what they hold; those held already keep their cadence."""
    query = select(Topic.id).where(Topic.agency_id == subscriber.agency_id, Topic.id.in_(list(topic_ids)))
    rows = [
        {"subscriber_id": subscriber.id, "topic_id": topic_id, "cadence": Cadence.AT_ONCE, "created_at": now}
        for topic_id in session.scalars(query)
    ]
    if rows:
        session.execute(bulk.insert(session, Subscription).values(rows).on_conflict_do_nothing())


def unsubscribe(session: Session, subscriber: Subscriber, topic_id: int) -> bool:
    """Take one topic away; whether they held it."""
    mine = (Subscription.subscriber_id == subscriber.id) & (Subscription.topic_id == topic_id)
    gone = session.execute(delete(Subscription).where(mine).returning(Subscription.topic_id))
    return bool(gone.all())


def toggle(session: Session, subscriber: Subscriber, topic_id: int, *, now: datetime) -> bool | None:
    """Hold the topic if it was not held and the other way round; whether it is held now, None if it is not theirs."""
    if find(session, subscriber.agency_id, topic_id) is None:
        return None
    if unsubscribe(session, subscriber, topic_id):
        return False
    subscribe(session, subscriber, [topic_id], now=now)
    return True


def set_cadence(session: Session, subscriber: Subscriber, topic_id: int, cadence: Cadence) -> bool:
    """How often they want to hear of a topic they hold; False where they do not."""
    mine = (Subscription.subscriber_id == subscriber.id) & (Subscription.topic_id == topic_id)
    changed = session.execute(update(Subscription).where(mine).values(cadence=cadence).returning(Subscription.topic_id))
    return bool(changed.all())
