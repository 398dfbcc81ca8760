"""Whom a broadcast addresses: the rule, how many they are, and how long it takes.

One person is one message: who has several addresses of the agency is reached at the one they wrote to last. Whether
they still want it is asked again when their batch is sent; here the audience is only counted (and frozen in blocks.py).
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, Subquery, exists, func, or_, select
from sqlalchemy.orm import Session

from broadcast import compose, content, holdings
from broadcast.content import Script
from broadcast.holdings import Holding
from broadcast.models import Broadcast, Bulletin, Digest
from broadcast.states import Kind
from db import ranges
from delivery import senders
from delivery.models import Batch, Consignment, Sender
from delivery.states import BatchState, ConsignmentState, Lane
from delivery.switchboard import LimitsOf
from locales import texts
from subscribers.models import Address, Cadence, Subscriber, Subscription, Suppression

Key = TypeVar("Key")
LATEST = (Address.last_inbound_at.desc().nulls_last(), Address.id.desc())  # the address they wrote to last
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
    """Who: consented, not suppressed, and these. `topic_id` None: whatever they subscribed to.

    Left out, too, are addresses that are in quarantine at `now`; None, of an alert: it heeds no quarantine.
    `holding` is a digest's, whose `topic_id` is one that all of its people hold.
    """

    agency_id: int
    topic_id: int | None
    cadences: tuple[Cadence, ...]
    locales: tuple[str, ...]
    now: datetime | None = None
    holding: Holding | None = None


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
    """How long it takes at today's rates at most, everything that goes before it included: in all and by sender id.

    `prices` is what it costs at most, by channel, in the platform's own money; empty where nothing is paid for.
    """

    span: timedelta
    by_sender: Mapping[int, timedelta]
    prices: Mapping[str, int]


def rule_of(session: Session, broadcast: Broadcast, *, now: datetime) -> Rule:
    """The rule of a broadcast as it stands. An alert heeds no cadence; everybody means whatever they subscribed to."""
    holding = digest_of(session, broadcast)
    return Rule(
        agency_id=broadcast.agency_id,
        topic_id=holding.topics[0] if holding else broadcast.topic_id,
        cadences=cadences_of(session, broadcast),
        locales=readers(compose.script(session, broadcast)),
        now=None if broadcast.kind is Kind.ALERT else now,
        holding=holding,
    )


def digest_of(session: Session, broadcast: Broadcast) -> Holding | None:
    """Whom a digest is for; None for every other broadcast."""
    return holdings.of(session.get_one(Digest, broadcast.id)) if broadcast.digest_cadence else None


def cadences_of(session: Session, broadcast: Broadcast) -> tuple[Cadence, ...]:
    """The cadences of those it goes to. In an agency without digests a notice reaches at once whom no bulletin does."""
    if broadcast.digest_cadence is not None:
        return (broadcast.digest_cadence,)
    agency = compose.agency_of(session, broadcast)
    if broadcast.kind is not Kind.NOTICE or agency.digest_time is not None:
        return CADENCES[broadcast.kind]
    running = select(Bulletin.id).where(Bulletin.topic_id == broadcast.topic_id, Bulletin.stopped_at.is_(None))
    daily = () if session.scalars(running).first() else (Cadence.DAILY,)
    return (*CADENCES[broadcast.kind], *daily, Cadence.WEEKLY)


def readers(said: Script) -> tuple[str, ...]:
    """The locales whose people get something to read. The agency may have closed a language that people still have."""
    known = dict.fromkeys((*said.locales, *texts.locales()))
    return tuple(locale for locale in known if said.source_of(locale) is not None)


def count(session: Session, broadcast: Broadcast, *, now: datetime) -> Count:
    """How many people this would reach if it left now, and who is left out."""
    rule = rule_of(session, broadcast, now=now)
    ranges.sweep(session)
    cells: dict[tuple[int, str], int] = {}
    left_out: Counter[str] = Counter()
    for number, locale, sender_id, *cadence in session.execute(_cells(session, rule)):
        if cadence and cadence[0] not in rule.cadences:
            left_out["cadence"] += number
        elif locale not in rule.locales:
            left_out["language"] += number
        elif sender_id is None:
            left_out["unreachable"] += number
        else:
            cells[sender_id, locale] = number + cells.get((sender_id, locale), 0)
    channels = {each.id: each.channel for each in senders.of_agency(session, rule.agency_id)}
    return Count(cells, channels, LeftOut(left_out["cadence"], left_out["language"], left_out["unreachable"]))


def estimate(session: Session, broadcast: Broadcast, counted: Count, *, limits_of: LimitsOf, now: datetime) -> Estimate:
    """How long the people counted take at today's rates, after everything of the same or a more urgent lane."""
    lane = LANES[broadcast.kind]
    rates = rates_of(session, broadcast.agency_id, lane, limits_of, now=now)
    ahead = _queued(session, list(rates), lane)
    messages = _messages(compose.script(session, broadcast), counted, limits_of)
    by_sender = {
        sender_id: timedelta(seconds=(number + ahead.get(sender_id, 0)) / rates[sender_id])
        for sender_id, number in messages.items()
    }
    prices = _prices(senders.of_agency(session, broadcast.agency_id), lane, messages, limits_of)
    return Estimate(max(by_sender.values(), default=timedelta(0)), by_sender, prices)


def rates_of(session: Session, agency_id: int, lane: Lane, limits_of: LimitsOf, *, now: datetime) -> dict[int, float]:
    """Messages a second of each sender of the agency in this lane, as far as it is throttled now."""
    rates = {}
    for each in senders.of_agency(session, agency_id):
        rate, _ = senders.effective_rate(each, lane, limits_of(each.channel))
        rates[each.id] = max(0.1, rate * senders.pace_at(each, now))
    return rates


def people(session: Session, rule: Rule, first: int, last: int) -> Subquery:
    """Whom the rule addresses among the ids from `first` to `last`: subscriber id and the sender that writes to them.

    Indexes: ix_subscriptions_topic_subscriber or ix_subscribers_agency for the range of ids,
    ix_addresses_agency_subscriber or ix_addresses_subscriber_id, and the unique key of suppressions. Every table is
    bounded by the range: a join that is bounded on one side is slow.
    """
    question = select(Subscriber.id, Address.sender_id).join(Address, Address.subscriber_id == Subscriber.id)
    question = question.where(*_consented(rule), Subscriber.locale.in_(rule.locales), *_usable(rule))
    question = question.where(Subscriber.id.between(first, last), Address.subscriber_id.between(first, last))
    if rule.topic_id is not None:
        question = question.join(Subscription, Subscription.subscriber_id == Subscriber.id).where(
            Subscription.topic_id == rule.topic_id,
            Subscription.cadence.in_(rule.cadences),
            Subscription.subscriber_id.between(first, last),
        )
    if rule.holding is not None:
        question = question.where(Subscriber.id.in_(holdings.holders(rule.holding, (first, last))))
    return ranges.first_of_each(session, question, Subscriber.id.expression, LATEST)


def _cells(session: Session, rule: Rule) -> Select[*tuple[Any, ...]]:
    """How many consented and hold the topic: by locale, the sender that would write to them, and the topic's cadence.

    In one pass, in the order of ids: whoever has no address that may be written to has no sender.
    """
    addresses = select(Address.subscriber_id, Address.sender_id).where(*_usable(rule))
    best = ranges.first_of_each(session, addresses, Address.subscriber_id.expression, LATEST)
    keys = [Subscriber.locale, best.c.sender_id, *([Subscription.cadence] if rule.topic_id is not None else [])]
    question = select(func.count(), *keys).select_from(Subscriber).where(*_consented(rule)).group_by(*keys)
    if rule.topic_id is not None:
        question = question.join(Subscription, Subscription.subscriber_id == Subscriber.id)
        question = question.where(Subscription.topic_id == rule.topic_id)
    if rule.holding is not None:
        question = question.where(Subscriber.id.in_(holdings.holders(rule.holding)))
    return question.outerjoin(best, best.c.subscriber_id == Subscriber.id)


def _consented(rule: Rule) -> list[ColumnElement[bool]]:
    return [Subscriber.agency_id == rule.agency_id, Subscriber.consented_at.is_not(None)]


def _usable(rule: Rule) -> list[ColumnElement[bool]]:
    return [Address.agency_id == rule.agency_id, ~_left_alone(rule.now)]


def _left_alone(now: datetime | None) -> ColumnElement[bool]:
    """Suppressed, or in quarantine at `now`."""
    is_suppressed = Suppression.until.is_(None)
    is_left_alone = is_suppressed if now is None else or_(is_suppressed, Suppression.until > now)
    return exists().where(Suppression.sender_id == Address.sender_id, Suppression.value == Address.value, is_left_alone)


def _messages(said: Script, counted: Count, limits_of: LimitsOf) -> dict[int, int]:
    """How many messages each sender has to send: two for everybody whose text and picture do not fit into one."""
    return _summed(
        (sender, number * content.messages(said, locale, limits_of(counted.channels[sender])))
        for (sender, locale), number in counted.cells.items()
    )


def _prices(owned: Sequence[Sender], lane: Lane, messages: Mapping[int, int], limits_of: LimitsOf) -> dict[str, int]:
    """Every message counted as one over what is free, so it costs this at most; rounded up."""
    prices: dict[str, float] = {}
    for each in owned:
        limits, number = limits_of(each.channel), messages.get(each.id, 0)
        _, is_paid = senders.effective_rate(each, lane, limits)
        if is_paid and number:
            prices[each.channel] = prices.get(each.channel, 0.0) + number * limits.paid_price
    return {channel: math.ceil(round(price, 6)) for channel, price in prices.items()}


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
