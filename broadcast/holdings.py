"""Which topics people hold together: the sets that a digest or a bulletin about several is made for, and their people.

A set is a number: bit n stands for the n-th topic that is told about. So one grouping in SQL finds every set there is,
and one comparison finds its people; nobody's subscriptions are read one by one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, ColumnElement, Select, Subquery, case, cast, func, select
from sqlalchemy.orm import Session

from broadcast import together
from broadcast.models import Broadcast, Holders
from broadcast.states import Kind
from subscribers.models import Cadence, Subscriber, Subscription
from subscribers.segments import asking
from subscribers.segments.asking import Selection

TOPICS = 60  # bits of a number of 64, with room to spare
SETS = 64  # broadcasts of one occurrence; the rarer sets are served topic by topic


@dataclass(frozen=True, slots=True)
class Holding:
    """Whoever holds exactly `topics` among `among`, each with one of these cadences. No `topics`: any of these.

    With `other_sets`: whoever holds the one topic and whose set is none of these. Only what they held by `held_at`
    counts: who subscribes while the sets of one occurrence are planned would be found in two of them.
    """

    cadences: tuple[Cadence, ...]
    among: tuple[int, ...]
    topics: tuple[int, ...]
    other_sets: tuple[int, ...] = ()
    held_at: datetime | None = None


def keep(session: Session, broadcast: Broadcast, holding: Holding) -> None:
    """Have a broadcast be for these people."""
    broadcast.topic_id = holding.topics[0] if len(holding.topics) == 1 else None
    row = Holders(broadcast_id=broadcast.id, cadences=[each.value for each in holding.cadences])
    row.among, row.topics, row.other_sets = list(holding.among), list(holding.topics), list(holding.other_sets)
    session.add(row)
    session.flush()


def of(session: Session, broadcast: Broadcast) -> Holding | None:
    """Whom a broadcast is for, if that is said by what they hold together."""
    row = session.get(Holders, broadcast.id) if broadcast.kind is Kind.BULLETIN else None
    if row is None:
        return None
    cadences = tuple(Cadence(each) for each in row.cadences)
    return Holding(cadences, tuple(row.among), tuple(row.topics), tuple(row.other_sets), _held_at(session, broadcast))


def groups(
    session: Session,
    agency_id: int,
    cadences: Sequence[Cadence],
    among: Sequence[int],
    *,
    now: datetime,
    at_most: int = SETS,
    segment: Selection | None = None,
) -> list[Holding]:
    """The sets there are, so that everybody who holds any of these gets one message, the set most people hold first.

    `now` is when they will be launched, which decides what counts as held. With a `segment` those of its people alone,
    so that there is no message for nobody.

    Only people on the rarest sets, beyond `at_most`, get one for each topic instead; and so does, for the others, who
    holds topics beyond the first 60.
    """
    chosen = tuple(cadences)
    first, rest = tuple(among[:TOPICS]), among[TOPICS:]
    singles = [
        Holding(chosen, (topic,), (topic,)) for topic in rest if _is_held(session, agency_id, chosen, topic, now)
    ]
    people = _people(agency_id, chosen, first, now)
    if segment is not None:
        people = select(people).where(people.c.id.in_(_meant(session, segment))).subquery()
    return [*_together(session, people, chosen, first, at_most), *singles]


def holders(holding: Holding, between: tuple[int, int] | None = None) -> Select[int]:
    """The ids of its people, of all or of those `between` two ids (both in it). ix_subscriptions_topic_subscriber."""
    question = select(Subscription.subscriber_id).where(
        Subscription.topic_id.in_(holding.among), Subscription.cadence.in_(holding.cadences)
    )
    if between is not None:
        question = question.where(Subscription.subscriber_id.between(*between))
    if holding.held_at is not None:
        question = question.where(Subscription.created_at <= holding.held_at)
    question, held = question.group_by(Subscription.subscriber_id), _sum(holding.among)
    if not holding.topics:
        return question
    if holding.other_sets:
        return question.having(held.not_in(holding.other_sets), _holds(holding.topics[0]))
    return question.having(held == number(holding.among, holding.topics))


def number(among: Sequence[int], topics: Iterable[int]) -> int:
    """The number of a set of topics."""
    return sum(1 << among.index(topic) for topic in set(topics))


def _held_at(session: Session, broadcast: Broadcast) -> datetime | None:
    """When it was launched; a retry is for people of the set that the first was for."""
    return together.said_first(session, broadcast).launched_at


def _together(
    session: Session, people: Subquery, cadences: tuple[Cadence, ...], among: tuple[int, ...], at_most: int
) -> list[Holding]:
    counted = select(people.c.held).group_by(people.c.held).order_by(func.count().desc(), people.c.held)
    found = [int(held) for held in session.scalars(counted.limit(at_most + 1))]
    common = found[:at_most]
    exact = [Holding(cadences, among, _topics(among, held)) for held in common]
    if len(found) <= at_most:
        return exact
    topics = select(Subscription.topic_id).distinct().order_by(Subscription.topic_id)
    topics = topics.where(Subscription.topic_id.in_(among), Subscription.cadence.in_(cadences))
    rare = topics.where(Subscription.subscriber_id.in_(select(people.c.id).where(people.c.held.not_in(common))))
    return [*exact, *(Holding(cadences, among, (topic,), tuple(common)) for topic in session.scalars(rare))]


def _people(agency_id: int, cadences: Sequence[Cadence], among: Sequence[int], now: datetime) -> Subquery:
    question = select(Subscription.subscriber_id.label("id"), _sum(among).label("held"))
    question = question.join(Subscriber, Subscriber.id == Subscription.subscriber_id).where(
        Subscriber.agency_id == agency_id,
        Subscriber.consented_at.is_not(None),
        Subscription.topic_id.in_(among),
        Subscription.cadence.in_(cadences),
        Subscription.created_at <= now,
    )
    return question.group_by(Subscription.subscriber_id).subquery()  # ix_subscriptions_topic_subscriber


def _meant(session: Session, segment: Selection) -> Select[int]:
    """The ids of a segment's people."""
    this = asking.asked(session, segment)
    return this.joined(select(Subscriber.id).where(Subscriber.agency_id == segment.agency_id)).where(this.is_in)


def _is_held(session: Session, agency_id: int, cadences: Sequence[Cadence], topic_id: int, now: datetime) -> bool:
    people = _people(agency_id, cadences, (topic_id,), now)
    return session.scalars(select(people.c.id).limit(1)).first() is not None


def _sum(among: Sequence[int]) -> ColumnElement[int]:
    bits = [(Subscription.topic_id == topic, cast(1 << place, BigInteger)) for place, topic in enumerate(among)]
    return func.sum(case(*bits, else_=0))


def _holds(topic_id: int) -> ColumnElement[bool]:
    return func.max(case((Subscription.topic_id == topic_id, 1), else_=0)) == 1


def _topics(among: Sequence[int], held: int) -> tuple[int, ...]:
    return tuple(topic for place, topic in enumerate(among) if held >> place & 1)
