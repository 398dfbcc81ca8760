"""An audience in cells: how many people are the same in all that decides whether they are written to, and by whom.

One pass over each table, as words of bits (db/words.py); who may be written to by several senders is looked at closely.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy import CTE, ColumnElement, Select, Subquery, and_, cast, false, func, null, select, union_all
from sqlalchemy.orm import Session

from broadcast import holdings
from broadcast.audience import Rule, consented, usable
from db import ranges, words
from db.words import Bits
from subscribers import conditions, reaching
from subscribers.models import Address, Area, AreaChoice, Cadence, Subscriber, Subscription
from subscribers.segments import asking


class Cell(NamedTuple):
    """What is counted together. `cadence` None: no topic is asked for; `sender_id` None: nobody may write to them."""

    locale: str
    is_paused: bool
    quiet_from: int | None
    quiet_until: int | None
    sender_id: int | None
    cadence: Cadence | None
    is_elsewhere: bool = False


def cells(session: Session, rule: Rule) -> Iterator[tuple[int, Cell]]:
    """How many consented and hold the topic, cell by cell; some may be empty."""
    ranges.weigh(session, Subscriber)
    ranges.hurry(session)
    for here, there, *same in session.execute(_question(session, rule)):
        yield int(here), Cell(*same)
        yield int(there), Cell(*same)._replace(is_elsewhere=True)


def _question(session: Session, rule: Rule) -> Select[*tuple[Any, ...]]:
    people, senders = _people(session, rule), _senders(session, rule)
    bits = people.c.everybody.bitwise_and(func.coalesce(senders.c.bits, words.ALL))
    joins: list[tuple[Subquery, bool]] = [(senders, True)]
    cadence: ColumnElement[Any] = null()
    if rule.topic_id is not None:
        has_topic = Subscription.topic_id == rule.topic_id  # ix_subscriptions_topic_subscriber
        held = words.marked(session, Subscription.subscriber_id, [], has_topic, by=[Subscription.cadence])
        joins.append((held, False))
        bits, cadence = bits.bitwise_and(held.c.everybody), held.c.cadence
    if rule.segment is not None:
        passes, meant = asking.meant(session, rule.segment, people)
        joins += [(each, True) for each in passes]
        bits = bits.bitwise_and(meant)
    elsewhere: Bits = words.NOBODY
    if rule.area_ids:
        chosen = _chosen_areas(session, rule)
        joins.append((chosen, True))
        elsewhere = func.coalesce(chosen.c.everybody, words.NOBODY).bitwise_and(asking.marked(chosen, 0).bitwise_not())
    numbers = [bits.bitwise_and(elsewhere.bitwise_not()), bits.bitwise_and(elsewhere)]
    same = [*(people.c[name] for name in ("locale", "is_paused", "quiet_from", "quiet_until")), senders.c.sender_id]
    question = select(*(func.sum(words.size(session, each)) for each in numbers), *same, cadence).select_from(people)
    for each, is_outer in joins:
        question = question.join(each, each.c.word == people.c.word, isouter=is_outer)
    return question.group_by(*same, *([cadence] if rule.topic_id is not None else []))


def _people(session: Session, rule: Rule) -> Subquery:
    """Who consented, by what their own rows tell."""
    where = consented(rule)
    if rule.holding is not None:
        where.append(Subscriber.id.in_(holdings.holders(rule.holding)))
    is_paused = conditions.is_paused(rule.paused_at) if rule.paused_at is not None else false()
    told = [Subscriber.locale, is_paused.label("is_paused"), Subscriber.quiet_from, Subscriber.quiet_until]
    marks = asking.own_marks(rule.segment) if rule.segment is not None else []
    return words.marked(session, Subscriber.id, marks, *where, by=told)


def _chosen_areas(session: Session, rule: Rule) -> Subquery:
    """Who chose areas of the agency, any; and who chose one of the rule's."""
    ours = AreaChoice.area_id.in_(select(Area.id).where(Area.agency_id == rule.agency_id))  # ix_area_choices_area
    return words.marked(session, AreaChoice.subscriber_id, [AreaChoice.area_id.in_(rule.area_ids)], ours)


def _senders(session: Session, rule: Rule) -> Subquery:
    """Whom each sender would write to, each person once; and those of the same words to whom none may write."""
    found = words.marked(session, Address.subscriber_id, [], *usable(rule), by=[Address.sender_id])
    each, other = (usable_ones := select(found).cte("usable")), usable_ones.alias("other")
    several = _several(session, each, other)
    best = _best(session, rule, several)
    alone = each.c.everybody.bitwise_and(func.coalesce(several.c.bits, words.NOBODY).bitwise_not())
    theirs = alone.bitwise_or(func.coalesce(best.c.everybody, words.NOBODY))
    one_each = select(each.c.word, each.c.sender_id, theirs.label("bits"))
    one_each = one_each.outerjoin(several, several.c.word == each.c.word)
    is_best = and_(best.c.word == each.c.word, best.c.sender_id == each.c.sender_id)
    one_each = one_each.outerjoin(best, is_best)
    no_sender = cast(null(), Address.sender_id.type)
    nobody = select(each.c.word, no_sender, words.either(session, each.c.everybody).bitwise_not()).group_by(each.c.word)
    return union_all(one_each, nobody).subquery()


def _several(session: Session, each: CTE, other: CTE) -> Subquery:
    """Who may be written to by more than one sender."""
    both = words.either(session, each.c.everybody.bitwise_and(other.c.everybody)).label("bits")
    pairs = and_(other.c.word == each.c.word, other.c.sender_id > each.c.sender_id)
    found = select(each.c.word, both).join(other, pairs).group_by(each.c.word).subquery()
    # Mostly nobody: an empty join is not even begun.
    return select(found).where(found.c.bits != words.NOBODY).subquery()


def _best(session: Session, rule: Rule, several: Subquery) -> Subquery:
    """Of these people, whom each sender would write to."""
    question = select(Address.subscriber_id, Address.sender_id).where(*usable(rule))
    question = question.join(several, several.c.word == words.number(session, Address.subscriber_id))
    question = question.join(Subscriber, Subscriber.id == Address.subscriber_id)
    question = question.where(words.has(session, several.c.bits, Address.subscriber_id))
    order = reaching.best_first(Address.id, Address.last_inbound_at)
    first = ranges.first_of_each(session, question, Address.subscriber_id.expression, order)
    return words.marked(session, first.c.subscriber_id, [], by=[first.c.sender_id])
