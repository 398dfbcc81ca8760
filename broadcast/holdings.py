"""Which topics people hold together: the sets that a digest is made for, and who holds one.

A set is a number: bit n stands for the n-th topic that has news. So one grouping in SQL finds every set there is, and
one comparison finds its people; nobody's subscriptions are read one by one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import BigInteger, ColumnElement, Select, Subquery, case, cast, func, select
from sqlalchemy.orm import Session

from broadcast.models import Digest
from subscribers.models import Cadence, Subscriber, Subscription

TOPICS = 60  # bits of a number of 64, with room to spare
SETS = 64  # digests of one occurrence; the rarer sets are served topic by topic


@dataclass(frozen=True, slots=True)
class Holding:
    """Whoever holds exactly `topics` among `news` with this cadence.

    With `other_sets`: whoever holds the one topic and whose set is none of these.
    """

    cadence: Cadence
    news: tuple[int, ...]
    topics: tuple[int, ...]
    other_sets: tuple[int, ...] = ()


def of(row: Digest) -> Holding:
    """The rule of a digest as it was kept."""
    return Holding(row.cadence, tuple(row.news), tuple(row.topics), tuple(row.other_sets))


def groups(
    session: Session, agency_id: int, cadence: Cadence, news: Sequence[int], *, at_most: int = SETS
) -> list[Holding]:
    """What digests there must be, so that everybody with news gets one message, the sets most people hold first.

    Only people on the rarest sets, beyond `at_most`, get one for each topic instead; and so does, for the others, who
    holds topics beyond the first 60 that have news.
    """
    first, rest = tuple(news[:TOPICS]), news[TOPICS:]
    singles = [Holding(cadence, (topic,), (topic,)) for topic in rest if _is_held(session, agency_id, cadence, topic)]
    return [*_together(session, agency_id, cadence, first, at_most), *singles]


def holders(holding: Holding, between: tuple[int, int] | None = None) -> Select[int]:
    """The ids of its people, of all or of those `between` two ids (both in it). ix_subscriptions_topic_subscriber."""
    question = select(Subscription.subscriber_id).where(
        Subscription.topic_id.in_(holding.news), Subscription.cadence == holding.cadence
    )
    if between is not None:
        question = question.where(Subscription.subscriber_id.between(*between))
    held = _sum(holding.news)
    if holding.other_sets:
        return question.group_by(Subscription.subscriber_id).having(
            held.not_in(holding.other_sets), _holds(holding.topics[0])
        )
    return question.group_by(Subscription.subscriber_id).having(held == number(holding.news, holding.topics))


def number(news: Sequence[int], topics: Iterable[int]) -> int:
    """The number of a set of topics."""
    return sum(1 << news.index(topic) for topic in set(topics))


def _together(session: Session, agency_id: int, cadence: Cadence, news: tuple[int, ...], at_most: int) -> list[Holding]:
    people = _people(agency_id, cadence, news)
    counted = select(people.c.held).group_by(people.c.held).order_by(func.count().desc(), people.c.held)
    found = [int(held) for held in session.scalars(counted.limit(at_most + 1))]
    common = found[:at_most]
    exact = [Holding(cadence, news, _topics(news, held)) for held in common]
    if len(found) <= at_most:
        return exact
    topics = select(Subscription.topic_id).distinct().order_by(Subscription.topic_id)
    topics = topics.where(Subscription.topic_id.in_(news), Subscription.cadence == cadence)
    rare = topics.where(Subscription.subscriber_id.in_(select(people.c.id).where(people.c.held.not_in(common))))
    return [*exact, *(Holding(cadence, news, (topic,), tuple(common)) for topic in session.scalars(rare))]


def _people(agency_id: int, cadence: Cadence, news: Sequence[int]) -> Subquery:
    question = select(Subscription.subscriber_id.label("id"), _sum(news).label("held"))
    question = question.join(Subscriber, Subscriber.id == Subscription.subscriber_id).where(
        Subscriber.agency_id == agency_id,
        Subscriber.consented_at.is_not(None),
        Subscription.topic_id.in_(news),
        Subscription.cadence == cadence,
    )
    return question.group_by(Subscription.subscriber_id).subquery()  # ix_subscriptions_topic_subscriber


def _is_held(session: Session, agency_id: int, cadence: Cadence, topic_id: int) -> bool:
    people = _people(agency_id, cadence, (topic_id,))
    return session.scalars(select(people.c.id).limit(1)).first() is not None


def _sum(news: Sequence[int]) -> ColumnElement[int]:
    bits = [(Subscription.topic_id == topic, cast(1 << place, BigInteger)) for place, topic in enumerate(news)]
    return func.sum(case(*bits, else_=0))


def _holds(topic_id: int) -> ColumnElement[bool]:
    return func.max(case((Subscription.topic_id == topic_id, 1), else_=0)) == 1


def _topics(news: Sequence[int], held: int) -> tuple[int, ...]:
    return tuple(topic for place, topic in enumerate(news) if held >> place & 1)
