"""What one can subscribe to, and who did. A topic of another agency does not exist here.

Topics are two deep at most. Whoever subscribes to one that has topics below it holds it and each of these; each of
these can be left by itself, and leaving the upper one leaves them all. An announcement on the upper one reaches who
holds it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, bindparam, delete, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from db import bulk
from subscribers.models import Cadence, Subscriber, Subscription, Topic

KEY = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")
KEY_LENGTH = 40

# Put together once: for every word that is heard that would take longer than to run them.
_UPPER = aliased(Topic)
_LISTED = (
    select(Topic)
    .outerjoin(_UPPER, _UPPER.id == Topic.parent_id)
    .where(Topic.agency_id == bindparam("agency_id"))
    .order_by(
        func.coalesce(_UPPER.position, Topic.position),
        func.coalesce(_UPPER.id, Topic.id),
        _UPPER.id.is_not(None),
        Topic.position,
        Topic.id,
    )
)
_FOUND = select(Topic).where(Topic.id == bindparam("topic_id"), Topic.agency_id == bindparam("agency_id"))
_HELD = select(Subscription.topic_id, Subscription.cadence).where(
    Subscription.subscriber_id == bindparam("subscriber_id")
)


class BadTopic(Exception):
    """A topic cannot be like this. The message tells the operator what to change."""


def add(
    session: Session,
    *,
    agency_id: int,
    key: str,
    names: Mapping[str, str],
    locales: Iterable[str],
    parent: Topic | None = None,
) -> Topic:
    """A new topic at the end of the agency's list, or of those below `parent`, which must stand at the top itself.

    BadTopic, also where a name in one of `locales` is missing. Who holds the parent already does not hold the new one.
    """
    if not KEY.fullmatch(key) or len(key) > KEY_LENGTH:
        raise BadTopic(f"the key {key!r} may hold a-z, 0-9, hyphens and underscores, {KEY_LENGTH} at most")
    if by_key(session, agency_id, key) is not None:
        raise BadTopic(f"there is already a topic with the key {key!r}")
    missing = [locale for locale in locales if not names.get(locale, "").strip()]
    if missing:
        raise BadTopic(f"the topic {key!r} has no name in {', '.join(missing)}")
    if parent is not None and (parent.parent_id is not None or parent.agency_id != agency_id):
        raise BadTopic(f"topics are two deep: nothing can stand below {parent.key!r}")
    last = session.scalar(select(func.max(Topic.position)).where(Topic.agency_id == agency_id))
    topic = Topic(agency_id=agency_id, key=key, names=dict(names), position=0 if last is None else last + 1)
    topic.parent_id = parent.id if parent is not None else None
    session.add(topic)
    session.flush()
    return topic


def list_for(session: Session, agency_id: int) -> Sequence[Topic]:
    """The agency's topics in their order, those below another one right after it."""
    return session.scalars(_LISTED, {"agency_id": agency_id}).all()


def find(session: Session, agency_id: int, topic_id: int) -> Topic | None:
    """The agency's topic with this id; another agency's is none."""
    return session.scalars(_FOUND, {"topic_id": topic_id, "agency_id": agency_id}).one_or_none()


def by_key(session: Session, agency_id: int, key: str) -> Topic | None:
    """The agency's topic with this key."""
    return session.scalars(select(Topic).where(Topic.key == key, Topic.agency_id == agency_id)).one_or_none()


def held(session: Session, subscriber: Subscriber) -> dict[int, Cadence]:
    """What somebody subscribed to: topic id -> cadence."""
    return {row.topic_id: row.cadence for row in session.execute(_HELD, {"subscriber_id": subscriber.id})}


def subscribe(session: Session, subscriber: Subscriber, topic_ids: Iterable[int], *, now: datetime) -> None:
    """Add topics of the person's own agency, and those below them; those held already keep their cadence."""
    wanted = list(topic_ids)
    ours = or_(Topic.id.in_(wanted), Topic.parent_id.in_(wanted))
    query = select(Topic.id).where(Topic.agency_id == subscriber.agency_id, ours).order_by(Topic.id)
    rows = [
        {"subscriber_id": subscriber.id, "topic_id": topic_id, "cadence": Cadence.AT_ONCE, "created_at": now}
        for topic_id in session.scalars(query)
    ]
    bulk.insert_new(session, Subscription, rows, Subscription.topic_id)


def unsubscribe(session: Session, subscriber: Subscriber, topic_id: int) -> bool:
    """Take a topic away, and those below it; whether they held any of them."""
    gone = delete(Subscription).where(_with_those_below(subscriber, topic_id)).returning(Subscription.topic_id)
    return bool(session.execute(gone).all())


def toggle(session: Session, subscriber: Subscriber, topic_id: int, *, now: datetime) -> bool | None:
    """Hold the topic if it was not held and the other way round; whether it is held now, None if it is not theirs."""
    if find(session, subscriber.agency_id, topic_id) is None:
        return None
    if topic_id in held(session, subscriber):
        unsubscribe(session, subscriber, topic_id)
        return False
    subscribe(session, subscriber, [topic_id], now=now)
    return True


def set_cadence(session: Session, subscriber: Subscriber, topic_id: int, cadence: Cadence) -> bool:
    """How often they want to hear of a topic they hold, and of those below it; False where they hold none of them."""
    mine = update(Subscription).where(_with_those_below(subscriber, topic_id)).values(cadence=cadence)
    return bool(session.execute(mine.returning(Subscription.topic_id)).all())


def set_every_cadence(session: Session, subscriber: Subscriber, cadence: Cadence) -> None:
    """How often they want to hear of everything they hold."""
    session.execute(update(Subscription).where(Subscription.subscriber_id == subscriber.id).values(cadence=cadence))


def _with_those_below(subscriber: Subscriber, topic_id: int) -> ColumnElement[bool]:
    below = select(Topic.id).where(Topic.parent_id == topic_id)
    these = or_(Subscription.topic_id == topic_id, Subscription.topic_id.in_(below))
    return and_(Subscription.subscriber_id == subscriber.id, these)
