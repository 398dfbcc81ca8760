"""A segment's tree as SQL: outer joins that add no row, and one condition that is never NULL. Values are bound.

Joins and no EXISTS for each person: under an "or" PostgreSQL looks each person up by itself, a million times.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, Subquery, and_, func, not_, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from subscribers import conditions
from subscribers.models import Address, Area, AreaChoice, Link, Subscriber, Subscription, Topic
from subscribers.segments import language
from subscribers.segments.tree import NONE, And, Field, Not, Or, Sign, Term, Tree, terms

Bounded = Callable[[InstrumentedAttribute[int]], ColumnElement[bool]]
"""Which people a statement is about, as a condition on a column of their ids."""


@dataclass(frozen=True, slots=True)
class Selection:
    """A segment of one agency, whose days are those of `zone`."""

    agency_id: int
    zone: str
    tree: Tree


@dataclass(frozen=True, slots=True)
class Asked:
    """What a statement about `Subscriber` needs: the joins, and whether somebody is in the segment."""

    joins: Sequence[Subquery]
    is_in: ColumnElement[bool]

    def joined(self, question: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
        """The question with the joins; it has as many rows as before."""
        for each in self.joins:
            question = question.outerjoin(each, each.c.subscriber_id == Subscriber.id)
        return question


def selection(text: str | None, *, agency_id: int, zone: str) -> Selection | None:
    """The segment of a text that was read before and kept; None: there is none."""
    return None if text is None else Selection(agency_id, zone, language.read(text))


def asked(session: Session, chosen: Selection, bounded: Bounded | None = None) -> Asked:
    """The segment for a statement about all of its agency, or about the people it is `bounded` to.

    Every table is bounded: by the agency's own things, and by the people. Asks for the ids of topics and areas first.
    """
    parts = chosen.tree.parts if isinstance(chosen.tree, And) else (chosen.tree,)
    alone = {part: _alone(session, chosen, part, bounded) for part in dict.fromkeys(parts)}
    rest = [part for part in alone if alone[part] is None]
    found = {term: _answer(session, chosen, term, bounded) for part in rest for term in dict.fromkeys(terms(part))}
    joins = [join for join, _ in found.values() if join is not None]
    answers = {term: condition for term, (_, condition) in found.items()}
    decided = (alone[part] if alone[part] is not None else _folded(part, answers) for part in alone)
    return Asked(joins, and_(*(each for each in decided if each is not None)))


def holds(session: Session, chosen: Selection, subscriber_id: int) -> bool:
    """Whether one person is in it now."""
    this = asked(session, chosen, lambda column: column == subscriber_id)
    question = select(Subscriber.id).where(Subscriber.id == subscriber_id, Subscriber.agency_id == chosen.agency_id)
    return session.scalar(this.joined(question).where(this.is_in)) is not None


def _alone(session: Session, chosen: Selection, part: Tree, bounded: Bounded | None) -> ColumnElement[bool] | None:
    """One comparison that holds for everybody meant, or for nobody of them, as an EXISTS: PostgreSQL then looks for
    matches, and makes nothing distinct. None for anything else: under an "or" it would ask for each person.
    """
    term = part.of if isinstance(part, Not) else part
    if not isinstance(term, Term) or term.field not in (Field.TOPIC, Field.CADENCE, Field.CHANNEL, Field.SEEN):
        return None
    question, is_among = _among(session, chosen, term, bounded)
    matching = question.where(question.selected_columns[0] == Subscriber.id)
    matches = matching.correlate(Subscriber).exists()  # its tables are its own, whatever stands around it
    return matches if is_among is not isinstance(part, Not) else ~matches


Answer = tuple[Subquery | None, ColumnElement[bool]]


def _answer(session: Session, chosen: Selection, term: Term, bounded: Bounded | None) -> Answer:
    match term.field:
        case Field.LANGUAGE:
            return None, Subscriber.locale.in_(term.values)
        case Field.JOINED:
            since, is_later = _compared(term, chosen.zone)
            compared = Subscriber.consented_at >= since if is_later else Subscriber.consented_at < since
            return None, and_(Subscriber.consented_at.is_not(None), compared)
        case Field.SOURCE:
            return None, _came_by(chosen.agency_id, term)
        case Field.AREA:
            return _of_areas(session, chosen.agency_id, term, bounded)
        case _:
            question, is_among = _among(session, chosen, term, bounded)
            is_one = term.field is Field.TOPIC and len(term.values) == 1  # the primary key has each person once
            join = (question if is_one else question.group_by(question.selected_columns[0])).subquery()
            has = join.c.subscriber_id.is_not(None)
            return join, has if is_among else ~has


def _folded(tree: Tree, found: Mapping[Term, ColumnElement[bool]]) -> ColumnElement[bool]:
    match tree:
        case Term():
            return found[tree]
        case Not():
            return not_(_folded(tree.of, found))
        case And():
            return and_(*(_folded(part, found) for part in tree.parts))
        case Or():
            return or_(*(_folded(part, found) for part in tree.parts))


def _among(session: Session, chosen: Selection, term: Term, bounded: Bounded | None) -> tuple[Select[int], bool]:
    """The people of another table, and whether being among them, or not being among them, is what the term means."""
    agency_id = chosen.agency_id
    match term.field:
        case Field.TOPIC:
            return _of_topics(_ids(session, Topic, agency_id, term.values), bounded), True
        case Field.CADENCE:
            held = _of_topics(_ids(session, Topic, agency_id), bounded)
            return held.where(Subscription.cadence.in_(term.values)), True
        case Field.CHANNEL:
            return _of_addresses(agency_id, bounded).where(Address.channel.in_(term.values)), True
        case _:
            since, is_later = _compared(term, chosen.zone)
            return _of_addresses(agency_id, bounded).where(Address.last_inbound_at >= since), is_later


def _of_topics(ids: Sequence[int], bounded: Bounded | None) -> Select[int]:
    # ix_subscriptions_topic_subscriber; by ranges of people the primary key.
    question = select(Subscription.subscriber_id).where(*_bounds(Subscription.subscriber_id, bounded))
    return question.where(Subscription.topic_id == ids[0] if len(ids) == 1 else Subscription.topic_id.in_(ids))


def _of_addresses(agency_id: int, bounded: Bounded | None) -> Select[int]:
    question = select(Address.subscriber_id)  # ix_addresses_agency_subscriber
    return question.where(Address.agency_id == agency_id, *_bounds(Address.subscriber_id, bounded))


def _of_areas(session: Session, agency_id: int, term: Term, bounded: Bounded | None) -> Answer:
    """Whoever chose one of these or none at all; of "none" alone, the latter."""
    wanted = [value for value in term.values if value != NONE]
    within = AreaChoice.area_id.in_(_ids(session, Area, agency_id)), *_bounds(AreaChoice.subscriber_id, bounded)
    chosen = conditions.chosen_areas(_ids(session, Area, agency_id, wanted), *within)
    return chosen, ~conditions.is_elsewhere(chosen) if wanted else chosen.c.subscriber_id.is_(None)


def _came_by(agency_id: int, term: Term) -> ColumnElement[bool]:
    sources = [value for value in term.values if value != NONE]
    links = select(Link.id).where(Link.agency_id == agency_id, Link.source.in_(sources))  # ix_links_agency
    came = func.coalesce(Subscriber.link_id, 0).in_(links)
    return or_(came, Subscriber.link_id.is_(None)) if NONE in term.values else came


def _compared(term: Term, zone: str) -> tuple[datetime, bool]:
    """The instant at which the compared days begin or end, and whether those from it on are meant."""
    day = date.fromisoformat(term.values[0])
    if term.sign in (Sign.AFTER, Sign.UNTIL):
        day += timedelta(days=1)
    return datetime.combine(day, time(), ZoneInfo(zone)), term.sign in (Sign.AFTER, Sign.SINCE)


def _ids(
    session: Session, model: type[Topic] | type[Area], agency_id: int, keys: Sequence[str] | None = None
) -> Sequence[int]:
    query = select(model.id).where(model.agency_id == agency_id)
    if keys is not None:
        query = query.where(model.key.in_(keys))
    return session.scalars(query.order_by(model.id)).all()


def _bounds(column: InstrumentedAttribute[int], bounded: Bounded | None) -> Iterator[ColumnElement[bool]]:
    if bounded is not None:
        yield bounded(column)
