"""A segment's tree as SQL: for each table one pass that says whom its comparisons mean, and numbers to combine. Values
are bound.

A pass finds sets of people as words of bits (db/words.py), so "or" and "not" cost the same as "and", and what is joined
is a 64th of the people.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import reduce
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, Subquery, and_, case, func, not_, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from db import words
from db.words import Bits
from subscribers.models import Address, Area, AreaChoice, Link, Subscriber, Subscription, Topic
from subscribers.segments import language
from subscribers.segments.tree import NONE, And, Field, Not, Or, Sign, Term, Tree, terms

Bounded = Callable[[InstrumentedAttribute[int]], ColumnElement[bool]]
"""Which people a statement is about, as a condition on a column of their ids."""

OWN = frozenset({Field.LANGUAGE, Field.JOINED, Field.SOURCE})
"""What a subscriber's own row tells."""


@dataclass(frozen=True, slots=True)
class Selection:
    """A segment of one agency, whose days are those of `zone`."""

    agency_id: int
    zone: str
    tree: Tree


@dataclass(frozen=True, slots=True)
class Asked:
    """What a statement about `Subscriber` needs: the joins, and whether somebody is in the segment."""

    joins: Sequence[tuple[Subquery, ColumnElement[bool]]]
    is_in: ColumnElement[bool]

    def joined(self, question: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
        """The question with the joins; it has as many rows as before."""
        for each, is_same in self.joins:
            question = question.outerjoin(each, is_same)
        return question


def selection(text: str | None, *, agency_id: int, zone: str) -> Selection | None:
    """The segment of a text that was read before and kept; None: there is none."""
    return None if text is None else Selection(agency_id, zone, language.read(text))


def asked(session: Session, chosen: Selection, bounded: Bounded | None = None) -> Asked:
    """The segment for a statement about all of its agency, or about the people it is `bounded` to.

    Every table is bounded: by the agency's own things, and by the people. Asks for the ids of topics and areas first.
    """
    own, others = parted(chosen.tree)
    conditions = [own_condition(chosen, part) for part in own]
    passes, bits = elsewhere(session, chosen, [term for part in others for term in terms(part)], bounded)
    bits |= {term: all_if(own_condition(chosen, term)) for part in others for term in terms(part) if term.field in OWN}
    if others:
        conditions.append(words.has(session, combined(others, bits), Subscriber.id))
    return Asked([(each, each.c.word == words.number(session, Subscriber.id)) for each in passes], and_(*conditions))


def holds(session: Session, chosen: Selection, subscriber_id: int) -> bool:
    """Whether one person is in it now."""
    this = asked(session, chosen, lambda column: column == subscriber_id)
    question = select(Subscriber.id).where(Subscriber.id == subscriber_id, Subscriber.agency_id == chosen.agency_id)
    return session.scalar(this.joined(question).where(this.is_in)) is not None


def own_marks(chosen: Selection) -> list[ColumnElement[bool]]:
    """What a pass over subscribers marks, for `meant` to find: what their own rows tell of the whole segment."""
    return [own_condition(chosen, term) for term in _own_terms(chosen)]


def meant(session: Session, chosen: Selection, people: Subquery) -> tuple[list[Subquery], Bits]:
    """The passes to join by word to a pass over subscribers that has `own_marks`, and whom the segment means there."""
    passes, bits = elsewhere(session, chosen, list(terms(chosen.tree)))
    bits |= {term: marked(people, place) for place, term in enumerate(_own_terms(chosen))}
    return passes, _folded(chosen.tree, bits)


def _own_terms(chosen: Selection) -> list[Term]:
    return [term for term in dict.fromkeys(terms(chosen.tree)) if term.field in OWN]


def parted(tree: Tree) -> tuple[list[Tree], list[Tree]]:
    """The parts of an outermost "and": those that people's own rows answer, and the others."""
    parts = tree.parts if isinstance(tree, And) else (tree,)
    own = [part for part in parts if all(term.field in OWN for term in terms(part))]
    return own, [part for part in parts if part not in own]


def combined(parts: Sequence[Tree], bits: Mapping[Term, Bits]) -> Bits:
    """Of one word, whom all the parts mean."""
    return reduce(lambda first, second: first.bitwise_and(second), (_folded(part, bits) for part in parts))


def own_condition(chosen: Selection, tree: Tree) -> ColumnElement[bool]:
    """Whether people's own rows are of this part, whose fields are all `OWN`. Never NULL."""
    match tree:
        case Term():
            return _of_own(chosen, tree)
        case Not():
            return not_(own_condition(chosen, tree.of))
        case And():
            return and_(*(own_condition(chosen, part) for part in tree.parts))
        case Or():
            return or_(*(own_condition(chosen, part) for part in tree.parts))


def elsewhere(
    session: Session, chosen: Selection, asked_for: Sequence[Term], bounded: Bounded | None = None
) -> tuple[list[Subquery], dict[Term, Bits]]:
    """What other tables tell: a pass over each, and by comparison whom it means where the passes are joined by word."""
    passes, bits = list[Subquery](), dict[Term, Bits]()
    for fields, told in TABLES.items():
        mine = [term for term in dict.fromkeys(asked_for) if term.field in fields]
        if mine:
            found, answers = told(session, chosen, mine, bounded)
            passes.append(found)
            bits |= answers
    return passes, bits


def _folded(tree: Tree, bits: Mapping[Term, Bits]) -> Bits:
    match tree:
        case Term():
            return bits[tree]
        case Not():
            return _folded(tree.of, bits).bitwise_not()
        case And():
            return combined(tree.parts, bits)
        case Or():
            return reduce(lambda first, second: first.bitwise_or(second), (_folded(part, bits) for part in tree.parts))


def _of_own(chosen: Selection, term: Term) -> ColumnElement[bool]:
    match term.field:
        case Field.LANGUAGE:
            return Subscriber.locale.in_(term.values)
        case Field.JOINED:
            since, is_later = _compared(term, chosen.zone)
            compared = Subscriber.consented_at >= since if is_later else Subscriber.consented_at < since
            return and_(Subscriber.consented_at.is_not(None), compared)
        case _:
            return _came_by(chosen.agency_id, term)


def all_if(condition: ColumnElement[bool]) -> Bits:
    """The whole word where this holds of its row, else nobody of it."""
    return case((condition, words.ALL), else_=words.NOBODY)


Told = tuple[Subquery, dict[Term, Bits]]


def _of_subscriptions(session: Session, chosen: Selection, mine: Sequence[Term], bounded: Bounded | None) -> Told:
    """Topics and cadences."""
    # ix_subscriptions_topic_subscriber; by ranges of people the primary key.
    ids = {term: _ids(session, Topic, chosen.agency_id, term.values) for term in mine if term.field is Field.TOPIC}
    is_any = len(ids) < len(mine)
    held = set(_ids(session, Topic, chosen.agency_id) if is_any else [id for some in ids.values() for id in some])
    is_held, column = _is_one_of(Subscription.topic_id, sorted(held)), Subscription.subscriber_id
    marks = [
        _is_one_of(Subscription.topic_id, ids[term]) if term in ids else Subscription.cadence.in_(term.values)
        for term in mine
    ]
    found = words.marked(session, column, marks, is_held, *_bounds(column, bounded))
    return found, {term: marked(found, place) for place, term in enumerate(mine)}


def _of_addresses(session: Session, chosen: Selection, mine: Sequence[Term], bounded: Bounded | None) -> Told:
    """Channels, and last words: who spoke since, and for "before" who did not."""
    marks, column = list[ColumnElement[bool]](), Address.subscriber_id  # ix_addresses_agency_subscriber
    is_other = set[Term]()
    for term in mine:
        if term.field is Field.CHANNEL:
            marks.append(Address.channel.in_(term.values))
            continue
        since, is_later = _compared(term, chosen.zone)
        marks.append(Address.last_inbound_at >= since)
        if not is_later:
            is_other.add(term)
    found = words.marked(session, column, marks, Address.agency_id == chosen.agency_id, *_bounds(column, bounded))
    bits = {term: marked(found, place) for place, term in enumerate(mine)}
    return found, {term: each.bitwise_not() if term in is_other else each for term, each in bits.items()}


def _of_areas(session: Session, chosen: Selection, mine: Sequence[Term], bounded: Bounded | None) -> Told:
    """Whoever chose one of these or none at all; of "none" alone, the latter."""
    column, is_ours = AreaChoice.subscriber_id, AreaChoice.area_id.in_(_ids(session, Area, chosen.agency_id))
    keys = {term: [value for value in term.values if value != NONE] for term in mine}
    marks = [AreaChoice.area_id.in_(_ids(session, Area, chosen.agency_id, keys[term])) for term in mine]
    # The primary key for ranges of people, ix_area_choices_area for an agency's areas.
    found = words.marked(session, column, marks, is_ours, *_bounds(column, bounded))
    nowhere = func.coalesce(found.c.everybody, words.NOBODY).bitwise_not()
    return found, {term: marked(found, place).bitwise_or(nowhere) for place, term in enumerate(mine)}


TABLES = {
    frozenset({Field.TOPIC, Field.CADENCE}): _of_subscriptions,
    frozenset({Field.CHANNEL, Field.SEEN}): _of_addresses,
    frozenset({Field.AREA}): _of_areas,
}


def marked(found: Subquery, place: int) -> Bits:
    """Whom the mark at this place of a pass means, also in words it does not have."""
    return func.coalesce(found.c[f"m{place}"], words.NOBODY)


def _is_one_of(column: InstrumentedAttribute[int], ids: Sequence[int]) -> ColumnElement[bool]:
    return column == ids[0] if len(ids) == 1 else column.in_(ids)


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
