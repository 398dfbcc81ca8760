"""An audience more closely, without a name: by topic, by area, who needs approved wording, and five of its people.

One pass over the people finds all of it, as the freezing would find them; then five rows are read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import CTE, Select, func, literal, select, union_all
from sqlalchemy.orm import Session

from broadcast import audience, blocks
from broadcast.models import Broadcast
from db import ranges
from delivery import senders
from delivery.gate import WINDOW_MARGIN
from delivery.switchboard import LimitsOf
from subscribers.models import Address, AreaChoice, Subscriber, Subscription, Topic

SAMPLE = 5
SCATTER, MODULUS = 7_919, 1_000_003  # primes: neighbours' ids come far apart, and the numbers stay small


@dataclass(frozen=True, slots=True)
class Somebody:
    """One of the audience, told apart by nothing but the end of their address."""

    locale: str
    channel: str
    ending: str
    joined_at: datetime | None


@dataclass(frozen=True, slots=True)
class Portrait:
    """How many of the audience hold each topic and hear of each area (0: of all), by id; how many of each sender's are
    outside its reply window (senders that know none are left out); and some of them."""

    topics: Mapping[int, int]
    areas: Mapping[int, int]
    outside: Mapping[int, int]
    sample: Sequence[Somebody]


def of(session: Session, broadcast: Broadcast, *, limits_of: LimitsOf, now: datetime, seed: int) -> Portrait:
    """The audience as it would be if this left now. `seed` draws the sample."""
    rule = audience.rule_of(session, broadcast, now=now)
    whole = blocks.bounds(session, rule)
    if whole is None:
        return Portrait({}, {}, {}, ())
    ranges.weigh(session, Subscriber)
    ranges.sweep(session)
    found = audience.people(session, rule, *whole)
    people = select(found.c.id, found.c.sender_id).cte("people")
    parts = [_topics(people, rule.agency_id), _areas(people), _sampled(people, seed)]
    for sender in senders.of_agency(session, rule.agency_id):
        window = limits_of(sender.channel).reply_window
        if window is not None:
            parts.append(_outside(people, rule.agency_id, sender.id, now - window + WINDOW_MARGIN))
    counted: dict[str, dict[int, int]] = {"topic": {}, "area": {}, "outside": {}, "sample": {}}
    for what, key, number in session.execute(union_all(*parts)):
        counted[what][key] = number
    return Portrait(counted["topic"], counted["area"], counted["outside"], _shown(session, counted["sample"]))


def _topics(people: CTE, agency_id: int) -> Select[str, int, int]:
    # ix_subscriptions_topic_subscriber
    ours = select(Topic.id).where(Topic.agency_id == agency_id)
    question = select(literal("topic"), Subscription.topic_id, func.count())
    question = question.join(people, people.c.id == Subscription.subscriber_id)
    return question.where(Subscription.topic_id.in_(ours)).group_by(Subscription.topic_id)


def _areas(people: CTE) -> Select[str, int, int]:
    area = func.coalesce(AreaChoice.area_id, 0)
    question = select(literal("area"), area, func.count()).select_from(people)
    return question.outerjoin(AreaChoice, AreaChoice.subscriber_id == people.c.id).group_by(area)


def _outside(people: CTE, agency_id: int, sender_id: int, since: datetime) -> Select[str, int, int]:
    """How many of a sender's people have not written to it since."""
    recent = select(Address.subscriber_id).where(  # ix_addresses_agency_subscriber
        Address.agency_id == agency_id, Address.sender_id == sender_id, Address.last_inbound_at > since
    )
    spoke = recent.group_by(Address.subscriber_id).subquery()
    question = select(literal("outside"), literal(sender_id), func.count()).select_from(people)
    question = question.outerjoin(spoke, spoke.c.subscriber_id == people.c.id)
    return question.where(people.c.sender_id == sender_id, spoke.c.subscriber_id.is_(None))


def _sampled(people: CTE, seed: int) -> Select[str, int, int]:
    scattered = (people.c.id % MODULUS * SCATTER + seed % MODULUS) % MODULUS
    drawn = select(people.c.id, people.c.sender_id).order_by(scattered, people.c.id).limit(SAMPLE).subquery()
    return select(literal("sample"), drawn.c.id, drawn.c.sender_id)


def _shown(session: Session, drawn: Mapping[int, int]) -> Sequence[Somebody]:
    query = select(Subscriber.id, Subscriber.locale, Subscriber.consented_at, Address)
    query = query.join(Address, Address.subscriber_id == Subscriber.id).where(Subscriber.id.in_(drawn))
    found = {}
    for id, locale, joined_at, address in session.execute(query.order_by(Subscriber.id, Address.id)):
        if address.sender_id == drawn[id]:
            found[id] = Somebody(locale, address.channel, _ending(address.value), joined_at)
    return tuple(found[id] for id in drawn if id in found)


def _ending(value: str) -> str:
    """The last four characters; fewer where four would be most of it."""
    return value[-4:] if len(value) > 6 else value[-2:]
