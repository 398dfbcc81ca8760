"""Whom a broadcast addresses: the rule, how many they are, how long it takes, and in which order they are reached.

One person is one message: who has several addresses of the agency is reached at the one they wrote to last. Whether
they still want it is asked again when their batch is sent; here the audience is only counted and frozen.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import TypeVar

from sqlalchemy import CTE, ColumnElement, Select, String, cast, exists, func, select
from sqlalchemy.orm import Session

from broadcast import compose
from broadcast.content import Script
from broadcast.models import Broadcast
from broadcast.states import Kind
from delivery.models import Batch, Consignment, Sender
from delivery.states import BatchState, ConsignmentState, Lane
from delivery.switchboard import LimitsOf
from locales import texts
from subscribers.models import Address, Cadence, Subscriber, Subscription, Suppression

Key = TypeVar("Key")
BLOCK = 20_000  # neighbouring ids, read at once; bounds the memory of a launch
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
    Kind.CAMPAIGN: tuple(Cadence),
}


@dataclass(frozen=True, slots=True)
class Rule:
    """Who: consented, not suppressed, and these. `topic_id` None: whatever they subscribed to."""

    agency_id: int
    topic_id: int | None
    cadences: tuple[Cadence, ...]
    locales: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Who asked for the topic and will not get this: why, and how many."""

    cadence: int  # they chose the daily bulletin
    language: int  # no text in theirs, and no fallback
    unreachable: int  # no address that may be written to


@dataclass(frozen=True, slots=True)
class Count:
    """How many people will be written to, by sender and locale; and who is left out."""

    cells: Mapping[tuple[int, str], int]
    channels: Mapping[int, str]
    left_out: LeftOut

    @property
    def people(self) -> int:
        """All of them."""
        return sum(self.cells.values())

    @property
    def by_sender(self) -> dict[int, int]:
        """How many each sender writes to."""
        return _summed((sender, count) for (sender, _), count in self.cells.items())

    @property
    def by_channel(self) -> dict[str, int]:
        """How many on each channel."""
        return _summed((self.channels[sender], count) for (sender, _), count in self.cells.items())

    @property
    def by_locale(self) -> dict[str, int]:
        """How many read each language."""
        return _summed((locale, count) for (_, locale), count in self.cells.items())


@dataclass(frozen=True, slots=True)
class Estimate:
    """How long it takes at today's rates at most, everything that goes before it included: in all and by sender id."""

    span: timedelta
    by_sender: Mapping[int, timedelta]


def rule_of(session: Session, broadcast: Broadcast) -> Rule:
    """The rule of a broadcast as it stands. An alert heeds no cadence; everybody means whatever they subscribed to."""
    return Rule(
        agency_id=broadcast.agency_id,
        topic_id=broadcast.topic_id,
        cadences=CADENCES[broadcast.kind],
        locales=readers(compose.script(session, broadcast)),
    )


def readers(said: Script) -> tuple[str, ...]:
    """The locales whose people get something to read. The agency may have closed a language that people still have."""
    known = dict.fromkeys((*said.locales, *texts.locales()))
    return tuple(locale for locale in known if said.source_of(locale) is not None)


def count(session: Session, broadcast: Broadcast) -> Count:
    """How many people this would reach if it left now."""
    rule = rule_of(session, broadcast)
    people = _people(rule).subquery()
    question = select(people.c.sender_id, people.c.locale, func.count()).where(people.c.place == 1)
    rows = session.execute(question.group_by(people.c.sender_id, people.c.locale))
    cells = {(sender_id, locale): number for sender_id, locale, number in rows}
    senders = select(Sender.id, Sender.channel).where(Sender.agency_id == rule.agency_id)
    channels = {row.id: row.channel for row in session.execute(senders)}
    return Count(cells, channels, _left_out(session, rule, sum(cells.values())))


def estimate(session: Session, broadcast: Broadcast, counted: Count, *, limits_of: LimitsOf) -> Estimate:
    """How long the people counted take at today's rates, after everything of the same or a more urgent lane."""
    lane, rates = LANES[broadcast.kind], rates_of(session, broadcast.agency_id, limits_of)
    ahead = _queued(session, list(rates), lane)
    by_sender = {
        sender_id: timedelta(seconds=(people + ahead.get(sender_id, 0)) / rates[sender_id])
        for sender_id, people in counted.by_sender.items()
    }
    return Estimate(max(by_sender.values(), default=timedelta(0)), by_sender)


def rates_of(session: Session, agency_id: int, limits_of: LimitsOf) -> dict[int, float]:
    """Messages a second of each sender of the agency, as far as it is throttled now."""
    senders = session.scalars(select(Sender).where(Sender.agency_id == agency_id))
    return {each.id: max(0.1, (each.rate or limits_of(each.channel).rate) * each.pace) for each in senders}


def edges(session: Session, rule: Rule, *, size: int = BLOCK) -> list[int]:
    """Where blocks of `size` neighbouring ids begin, and the last id of all; empty when nobody is there.

    People who come later have higher ids: they are not in it, which is what freezes the audience.
    """
    column, conditions = _walked(rule)
    ends = select(func.min(column), func.max(column)).where(*conditions)
    first: int | None
    first, last = session.execute(ends).one()
    found: list[int] = []
    while first is not None:
        found.append(first)
        # Both indexes hold the id right after what the condition pins, so this only steps over `size` index entries.
        beyond = select(column).where(*conditions, column >= first, column <= last).order_by(column)
        first = session.scalar(beyond.offset(size).limit(1))
    return [*found, last] if found else []


def order(blocks: int, *, seed: int) -> list[int]:
    """The blocks in the order in which they leave: another for each broadcast, so that nobody is always the last."""
    numbers = list(range(blocks))
    Random(seed).shuffle(numbers)  # noqa: S311  fairness needs no secret
    return numbers


def page(session: Session, rule: Rule, first: int, last: int, *, seed: int) -> dict[int, list[int]]:
    """The people with ids from `first` to `last` by the sender that writes to them, shuffled; seeded, so repeatable."""
    people = _people(rule, between=(first, last)).subquery()
    packed = func.aggregate_strings(cast(people.c.id, String), ",")
    question = select(people.c.sender_id, packed).where(people.c.place == 1).group_by(people.c.sender_id)
    found = {sender_id: sorted(map(int, ids.split(","))) for sender_id, ids in session.execute(question)}
    for sender_id in sorted(found):
        Random(f"{seed}:{first}:{sender_id}").shuffle(found[sender_id])  # noqa: S311
    return dict(sorted(found.items()))


def _people(rule: Rule, *, between: tuple[int, int] | None = None) -> Select[tuple[int, str, int, int]]:
    """Subscriber, locale, sender and the place of that address among theirs (1: the one they wrote to last).

    Indexes: ix_subscriptions_topic_subscriber or ix_subscribers_agency for the range of ids,
    ix_addresses_subscriber_id, and the unique key of suppressions. Every table is bounded by the range: a join that is
    bounded on one side is slow.
    """
    latest = (Address.last_inbound_at.desc().nulls_last(), Address.id.desc())
    place = func.row_number().over(partition_by=Subscriber.id, order_by=latest).label("place")
    question = select(Subscriber.id, Subscriber.locale, Address.sender_id, place)
    question = question.join(Address, Address.subscriber_id == Subscriber.id)
    question = question.where(*_holds(rule), Subscriber.locale.in_(rule.locales), ~_suppressed())
    if rule.topic_id is not None:
        holders = _holders(rule, between)
        question = question.join(holders, holders.c.subscriber_id == Subscriber.id)
    if between is not None:
        question = question.where(Subscriber.id.between(*between), Address.subscriber_id.between(*between))
    return question


def _holders(rule: Rule, between: tuple[int, int] | None) -> CTE:
    held = select(Subscription.subscriber_id).where(Subscription.topic_id == rule.topic_id)
    held = held.where(Subscription.cadence.in_(rule.cadences))
    if between is None:
        return held.cte("holders")
    # Or PostgreSQL multiplies the ranges of three tables, expects hardly anybody, and looks up each of 20,000 by key.
    return held.where(Subscription.subscriber_id.between(*between)).cte("holders").prefix_with("MATERIALIZED")


def _walked(rule: Rule) -> tuple[ColumnElement[int], list[ColumnElement[bool]]]:
    if rule.topic_id is None:
        return Subscriber.id.expression, [Subscriber.agency_id == rule.agency_id]
    return Subscription.subscriber_id.expression, [Subscription.topic_id == rule.topic_id]


def _holds(rule: Rule) -> list[ColumnElement[bool]]:
    return [Subscriber.agency_id == rule.agency_id, Subscriber.consented_at.is_not(None)]


def _suppressed() -> ColumnElement[bool]:
    return exists().where(Suppression.sender_id == Address.sender_id, Suppression.value == Address.value)


def _left_out(session: Session, rule: Rule, reached: int) -> LeftOut:
    question = select(Subscriber.locale, func.count()).where(*_holds(rule)).group_by(Subscriber.locale)
    if rule.topic_id is not None:
        question = question.join(Subscription, Subscription.subscriber_id == Subscriber.id)
        question = question.where(Subscription.topic_id == rule.topic_id)
        wanting = question.where(Subscription.cadence.in_(rule.cadences))
    else:
        wanting = question
    holders = sum(number for _, number in session.execute(question))
    by_locale = dict(session.execute(wanting).all())
    readers = sum(number for locale, number in by_locale.items() if locale in rule.locales)
    in_time = sum(by_locale.values())
    return LeftOut(cadence=holders - in_time, language=in_time - readers, unreachable=max(0, readers - reached))


def _queued(session: Session, sender_ids: Sequence[int], lane: Lane) -> dict[int, int]:
    waiting = (BatchState.READY, BatchState.LEASED)
    question = select(Batch.sender_id, func.sum(Batch.size - Batch.cursor))  # ix_batches_work
    question = question.join(Consignment, Consignment.id == Batch.consignment_id)
    question = question.where(Batch.sender_id.in_(sender_ids), Batch.state.in_(waiting), Batch.lane_rank <= lane.rank)
    question = question.where(Consignment.state == ConsignmentState.OPEN).group_by(Batch.sender_id)
    return {sender_id: int(people) for sender_id, people in session.execute(question)}


def _summed(pairs: Iterable[tuple[Key, int]]) -> dict[Key, int]:
    sums: dict[Key, int] = {}
    for key, number in pairs:
        sums[key] = sums.get(key, 0) + number
    return sums
