"""Whom a broadcast addresses: the rule, and the people it means.

One person is one message: who has several addresses of the agency is reached at the one they wrote to last. Whether
they still want it is asked again when their batch is sent; the audience is counted in counting.py, frozen in blocks.py.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Subquery, select
from sqlalchemy.orm import Session

from broadcast import compose, holdings, outcomes, retelling, segmented
from broadcast.content import Script
from broadcast.holdings import Holding
from broadcast.models import Broadcast
from broadcast.outcomes import Ledgers
from broadcast.states import Kind
from db import packed, ranges
from delivery.models import Delivery
from delivery.states import Lane
from locales import texts
from subscribers import conditions, reaching
from subscribers.models import Address, AreaChoice, Cadence, Subscriber, Subscription
from subscribers.segments import asking
from subscribers.segments.asking import Selection

LANES = {
    Kind.ALERT: Lane.ALERT,
    Kind.NOTICE: Lane.NOTICE,
    Kind.BULLETIN: Lane.BULLETIN,
    Kind.CAMPAIGN: Lane.BULLETIN,
}
CADENCES = {
    Kind.ALERT: tuple(Cadence),
    Kind.NOTICE: (Cadence.AT_ONCE,),
    Kind.BULLETIN: (Cadence.DAILY,),
    Kind.CAMPAIGN: tuple(cadence for cadence in Cadence if cadence is not Cadence.ALERTS),
}
UNSUMMED = CADENCES[Kind.CAMPAIGN]  # of a notice to a segment: a digest is for everybody who holds a topic


@dataclass(frozen=True, slots=True)
class Rule:
    """Who: consented, not suppressed, and these. `topic_id` None: whatever they subscribed to.

    Left out, too, are addresses that are in quarantine at `now`; None, of an alert: it heeds no quarantine. And people
    whose pause lasts beyond `paused_at`, and those who chose areas and none of `area_ids` (none: it is for everywhere).
    `holding` says which topics they hold together, of which all hold `topic_id`. `segment`: whom of all these it means.
    `ledgers` name people by what became of other broadcasts for them. `is_drill`: who is on the drill list, whatever
    else they agreed to, and nobody else ever.
    """

    agency_id: int
    topic_id: int | None
    cadences: tuple[Cadence, ...]
    locales: tuple[str, ...]
    now: datetime | None = None
    paused_at: datetime | None = None
    area_ids: tuple[int, ...] = ()
    holding: Holding | None = None
    segment: Selection | None = None
    ledgers: Ledgers | None = None
    is_drill: bool = False


def rule_of(session: Session, broadcast: Broadcast, *, now: datetime) -> Rule:
    """The rule of a broadcast as it stands. An alert heeds no cadence; everybody means whatever they subscribed to.

    What puts something right is for whoever has it: only a stop and a suppression keep it from them.
    """
    holding, ledgers = holdings.of(session, broadcast), outcomes.of(session, broadcast)
    if ledgers is not None and ledgers.is_put_right:
        said = readers(compose.script(session, broadcast))
        return Rule(broadcast.agency_id, None, tuple(Cadence), said, ledgers=ledgers, is_drill=broadcast.is_drill)
    return Rule(
        agency_id=broadcast.agency_id,
        topic_id=holding.topics[0] if holding else broadcast.topic_id,
        cadences=cadences_of(session, broadcast),
        locales=readers(compose.script(session, broadcast)),
        now=None if broadcast.kind is Kind.ALERT else now,
        paused_at=now,
        area_ids=tuple(broadcast.area_ids),
        holding=holding,
        segment=segmented.of(session, broadcast),
        ledgers=ledgers,
        is_drill=broadcast.is_drill,
    )


def cadences_of(session: Session, broadcast: Broadcast) -> tuple[Cadence, ...]:
    """The cadences of those it goes to. A notice that is in no digest or bulletin reaches at once whom these would."""
    if broadcast.digest_cadence is not None:
        return (broadcast.digest_cadence,)
    if broadcast.bulletin_cadence is not None:
        return retelling.READERS[broadcast.bulletin_cadence]
    agency = compose.agency_of(session, broadcast)
    if broadcast.kind is Kind.NOTICE and broadcast.segment is not None:
        return UNSUMMED
    if broadcast.kind is not Kind.NOTICE or agency.digest_time is not None:
        return CADENCES[broadcast.kind]
    retold = retelling.cadences(session, broadcast.topic_id)
    seldom = (each for each in (Cadence.DAILY, Cadence.WEEKLY) if each not in retold)
    return (*CADENCES[broadcast.kind], *seldom)


def readers(said: Script) -> tuple[str, ...]:
    """The locales whose people get something to read. The agency may have closed a language that people still have."""
    known = dict.fromkeys((*said.locales, *texts.locales()))
    return tuple(locale for locale in known if said.source_of(locale) is not None)


def people(session: Session, rule: Rule, first: int, last: int, *, seed: int = 0) -> Subquery:
    """Whom the rule addresses among the ids from `first` to `last`: subscriber id and the sender that writes to them.

    In an order that can be packed (`packed.shuffled` with the same seed).
    Indexes: ix_subscriptions_topic_subscriber or ix_subscribers_agency for the range of ids,
    ix_addresses_agency_subscriber or ix_addresses_subscriber_id, and the unique key of suppressions. Every table is
    bounded by the range: a join that is bounded on one side is slow.
    """
    if rule.ledgers is not None and rule.ledgers.is_taken_back:
        have_it = outcomes.rows(rule.ledgers, (first, last))
        return have_it.order_by(*packed.scattered(session, Delivery.subscriber_id, seed=seed)).subquery()
    question = select(Subscriber.id, Address.sender_id).join(Address, Address.subscriber_id == Subscriber.id)
    question = question.where(*consented(rule), Subscriber.locale.in_(rule.locales), *usable(rule))
    question = question.where(Subscriber.id.between(first, last), Address.subscriber_id.between(first, last))
    if rule.paused_at is not None:
        question = question.where(~conditions.is_paused(rule.paused_at))
    if rule.area_ids:
        chosen = conditions.chosen_areas(rule.area_ids, AreaChoice.subscriber_id.between(first, last))
        question = question.outerjoin(chosen, chosen.c.subscriber_id == Subscriber.id)
        question = question.where(~conditions.is_elsewhere(chosen))
    if rule.topic_id is not None:
        question = question.join(Subscription, Subscription.subscriber_id == Subscriber.id).where(
            Subscription.topic_id == rule.topic_id,
            Subscription.cadence.in_(rule.cadences),
            Subscription.subscriber_id.between(first, last),
        )
    if rule.holding is not None:
        question = question.where(Subscriber.id.in_(holdings.holders(rule.holding, (first, last))))
    if rule.segment is not None:
        asked = asking.asked(session, rule.segment, lambda column: column.between(first, last))
        question = asked.joined(question).where(asked.is_in)
    order = reaching.best_first(Address.id, Address.last_inbound_at)
    if rule.ledgers is not None:
        found = outcomes.people(rule.ledgers, (first, last)).subquery()
        question = question.join(found, found.c.id == Subscriber.id)
        if rule.ledgers.is_put_right:  # where they got it, the message they have can be rewritten
            order = ((Address.sender_id == found.c.sender_id).desc().nulls_last(), *order)
    arranged = packed.scattered(session, Subscriber.id, seed=seed)
    return ranges.first_of_each(session, question, Subscriber.id.expression, order, arranged=arranged)


def consented(rule: Rule) -> list[ColumnElement[bool]]:
    """Who may hear from the agency at all; of a drill, who is on its list."""
    if rule.is_drill:
        return [Subscriber.agency_id == rule.agency_id, conditions.is_on_drill_list()]
    return [Subscriber.agency_id == rule.agency_id, Subscriber.consented_at.is_not(None)]


def usable(rule: Rule) -> list[ColumnElement[bool]]:
    """Which addresses may be written to."""
    return [Address.agency_id == rule.agency_id, ~reaching.is_left_alone(rule.now)]
