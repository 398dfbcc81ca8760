"""How many people a broadcast would reach if it left now, who is left out and why, and how long it takes."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from broadcast import audience, cells, compose, content, outcomes
from broadcast.audience import LANES, Rule, rule_of
from broadcast.cells import Cell
from broadcast.content import Script
from broadcast.models import Broadcast
from broadcast.outcomes import Ledgers
from broadcast.states import Kind
from db import ranges
from delivery import quiet, senders
from delivery.models import Batch, Consignment, Sender
from delivery.states import BatchState, ConsignmentState, Lane
from delivery.switchboard import LimitsOf
from subscribers.models import Cadence, Subscriber
from subscribers.wishes import QuietHours

Key = TypeVar("Key")
SUMMARIES = (Cadence.DAILY, Cadence.WEEKLY)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Who asked for the topic and will not get this: why, and how many."""

    cadence: int  # they chose to hear less often
    language: int  # no text in theirs, and no fallback
    unreachable: int  # no address that may be written to
    paused: int = 0  # they wish to hear nothing for some days
    area: int = 0  # they chose areas, and none of these
    gone: int = 0  # of those a retry or a correction is for, how many may not be written to
    later: int = 0  # of those who chose to hear less often, how many read it in a digest or bulletin


@dataclass(frozen=True, slots=True)
class Count:
    """How many people will be written to, by sender and locale; and who is left out."""

    cells: Mapping[tuple[int, str], int]
    channels: Mapping[int, str]
    left_out: LeftOut
    waiting: int = 0  # of those who will be written to, how many are in their quiet hours now
    quiet: Mapping[QuietHours, int] = field(default_factory=dict)  # how many have which; nobody where none are heeded

    def waiting_at(self, minute: int) -> int:
        """How many of them are in their quiet hours at another minute of the local day."""
        return sum(number for hours, number in self.quiet.items() if hours.hold(minute))

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


class Counts:
    """The counts of one turn: whoever is asked about twice, by whatever broadcast, is counted once.

    No longer than a turn: people come and go, and what is launched is counted anew.
    """

    def __init__(self, session: Session, *, now: datetime) -> None:
        """Nothing is counted before it is asked for."""
        self._session, self._now = session, now
        self._known: dict[tuple[Rule, bool], Count] = {}

    def of(self, broadcast: Broadcast) -> Count:
        """How many people this would reach if it left now, and who is left out."""
        rule = rule_of(self._session, broadcast, now=self._now)
        asked = rule, broadcast.kind is Kind.ALERT
        if asked not in self._known:
            self._known[asked] = _count(self._session, broadcast, rule, now=self._now)
        return self._known[asked]


def count(session: Session, broadcast: Broadcast, *, now: datetime) -> Count:
    """How many people this would reach if it left now, and who is left out."""
    return Counts(session, now=now).of(broadcast)


def count_together(session: Session, broadcast: Broadcast, *, now: datetime) -> Count:
    """The same for it and all that leaves together with it for other sets of topics: whoever holds any of these."""
    rule = rule_of(session, broadcast, now=now)
    if rule.holding is not None:
        rule = replace(rule, topic_id=None, holding=replace(rule.holding, topics=(), other_sets=()))
    return _count(session, broadcast, rule, now=now)


def _count(session: Session, broadcast: Broadcast, rule: Rule, *, now: datetime) -> Count:
    if rule.ledgers is not None:
        return _count_of_ledgers(session, rule, rule.ledgers)
    minute = quiet.minute_of(now, compose.agency_of(session, broadcast).time_zone)
    found = _counted(session, rule, heeds_quiet=broadcast.kind is not Kind.ALERT)
    return replace(found, waiting=found.waiting_at(minute))


def _counted(session: Session, rule: Rule, *, heeds_quiet: bool) -> Count:
    reached: Counter[tuple[int, str]] = Counter()
    left_out: Counter[str] = Counter()
    found_quiet: Counter[QuietHours] = Counter()
    for number, cell in cells.cells(session, rule):
        why = _why_left_out(rule, cell)
        if why is not None:
            left_out[why] += number
            left_out["later"] += number if why == "cadence" and cell.cadence in SUMMARIES else 0
        elif cell.sender_id is not None:
            reached[cell.sender_id, cell.locale] += number
            if heeds_quiet and cell.quiet_from is not None and cell.quiet_until is not None:
                found_quiet[QuietHours(cell.quiet_from, cell.quiet_until)] += number
    channels = {each.id: each.channel for each in senders.of_agency(session, rule.agency_id)}
    reasons = {why: left_out[why] for why in ("cadence", "language", "unreachable", "paused", "area", "later")}
    return Count(dict(+reached), channels, LeftOut(**reasons), quiet=dict(+found_quiet))


def _count_of_ledgers(session: Session, rule: Rule, ledgers: Ledgers) -> Count:
    """Of the people of other broadcasts those who will be written to; whoever is left out may not be."""
    whole, reached = outcomes.bounds(session, ledgers), dict[tuple[int, str], int]()
    ranges.weigh(session, Subscriber)
    ranges.sweep(session)
    if whole is not None:
        found = audience.people(session, rule, *whole)
        question = select(found.c.sender_id, Subscriber.locale, func.count()).join(
            Subscriber, Subscriber.id == found.c.id
        )
        rows = session.execute(question.group_by(found.c.sender_id, Subscriber.locale))
        reached = {(sender_id, locale): number for sender_id, locale, number in rows}
    channels = {each.id: each.channel for each in senders.of_agency(session, rule.agency_id)}
    gone = max(0, outcomes.size(session, ledgers) - sum(reached.values()))
    return Count(reached, channels, LeftOut(0, 0, 0, gone=gone))


def _why_left_out(rule: Rule, cell: Cell) -> str | None:
    """The first reason, in the order in which a person would name them."""
    reasons = {
        "cadence": cell.cadence is not None and cell.cadence not in rule.cadences,
        "area": cell.is_elsewhere,
        "paused": cell.is_paused,
        "language": cell.locale not in rule.locales,
        "unreachable": cell.sender_id is None,
    }
    return next((why for why, is_so in reasons.items() if is_so), None)


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
