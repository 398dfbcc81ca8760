"""A segment as SQL means the same people as looking at each of them by hand, on both databases."""

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import select
from sqlalchemy.orm import Session

from subscribers.models import Address, Area, AreaChoice, Cadence, Link, Subscriber, Subscription
from subscribers.segments import asking, counted, language
from subscribers.segments.asking import Selection
from subscribers.segments.tree import NONE, And, Field, Not, Or, Sign, Term, Tree
from tests.bot import people
from tests.subscribers.segments.growing import POSTER, trees

ZONE = "Asia/Singapore"
CHANNELS = ("telegram", "whatsapp")
NEW_YEAR = datetime(2025, 12, 31, 16, tzinfo=UTC)  # midnight in Singapore


@dataclass
class Person:
    """What a reader of every row knows of somebody."""

    locale: str
    joined: datetime | None
    seen: list[datetime] = field(default_factory=list)
    topics: dict[str, Cadence] = field(default_factory=dict)
    areas: set[str] = field(default_factory=set)
    channels: set[str] = field(default_factory=set)
    source: str | None = None


def means(each: Tree, person: Person) -> bool:
    match each:
        case Term():
            return answers(each, person)
        case Not():
            return not means(each.of, person)
        case And():
            return all(means(part, person) for part in each.parts)
        case Or():
            return any(means(part, person) for part in each.parts)


def answers(term: Term, person: Person) -> bool:
    wanted = set(term.values)
    match term.field:
        case Field.TOPIC:
            return bool(wanted & set(person.topics))
        case Field.LANGUAGE:
            return person.locale in wanted
        case Field.CHANNEL:
            return bool(wanted & person.channels)
        case Field.AREA:
            return not person.areas or bool(wanted & person.areas)
        case Field.CADENCE:
            return bool(wanted & {cadence.value for cadence in person.topics.values()})
        case Field.SOURCE:
            return (NONE in wanted and person.source is None) or person.source in wanted - {NONE}
        case Field.JOINED:
            return person.joined is not None and is_on(term, person.joined)
        case Field.SEEN:
            return is_on(term, max(person.seen, default=datetime(1970, 1, 1, tzinfo=UTC)))


def is_on(term: Term, at: datetime) -> bool:
    local, day = at.astimezone(ZoneInfo(ZONE)).date(), date.fromisoformat(term.values[0])
    compared = {Sign.BEFORE: local < day, Sign.UNTIL: local <= day, Sign.AFTER: local > day, Sign.SINCE: local >= day}
    return compared[term.sign]


def populated(session: Session, size: int, *, seed: int, slug: str = "pub") -> tuple[int, dict[int, Person]]:
    """An agency full of people who differ in everything; its id, and who they are."""
    chance, owner = random.Random(seed), people.agency(session, slug)
    senders = [people.sender(session, owner, channel) for channel in CHANNELS]
    held = people.three_topics(session, owner)
    areas = [Area(agency_id=owner.id, key=key, names={"en": key}) for key in ("bedok", "yishun", "jurong")]
    links = [
        Link(agency_id=owner.id, key=f"{slug}-{n}", source=source, created_at=people.START)
        for n, source in enumerate(["poster-bedok", "poster-bedok", POSTER, ""])
    ]
    session.add_all([*areas, *links])
    session.flush()
    found = {}
    for number in range(size):
        known = Person(chance.choice(people.LOCALES), chance.choice([None, *[at(chance) for _ in range(8)]]))
        link = chance.choice([None, None, *links])
        row = Subscriber(agency_id=owner.id, locale=known.locale, consented_at=known.joined, created_at=people.START)
        row.link_id, known.source = (link.id, link.source) if link else (None, None)
        session.add(row)
        session.flush()
        for topic in chance.sample(held, chance.randint(0, 3)):
            known.topics[topic.key] = cadence = chance.choice(list(Cadence))
            session.add(Subscription(subscriber_id=row.id, topic_id=topic.id, cadence=cadence, created_at=people.START))
        for area in chance.sample(areas, chance.choice([0, 0, 1, 2])):
            known.areas.add(area.key)
            session.add(AreaChoice(subscriber_id=row.id, area_id=area.id))
        for sender in chance.choices(senders, k=chance.choice([1, 1, 2])):
            known.channels.add(sender.channel)
            spoken = chance.choice([None, at(chance)])
            known.seen += [spoken] if spoken else []
            address = Address(subscriber_id=row.id, agency_id=owner.id, sender_id=sender.id, channel=sender.channel)
            address.value, address.last_inbound_at = f"{slug}-{number}-{len(known.seen)}-{chance.random()}", spoken
            address.created_at = people.START
            session.add(address)
        found[row.id] = known
    session.flush()
    return owner.id, found


def at(chance: random.Random) -> datetime:
    """A moment of the first days of the year, often a midnight of Singapore or just before."""
    hours = timedelta(hours=chance.choice([0, 24, 48, 72, chance.randint(0, 144)]))
    return NEW_YEAR + hours - timedelta(microseconds=chance.choice([0, 1]))


def asked(session: Session, agency_id: int, grown: Tree, between: tuple[int, int] | None = None) -> list[int]:
    bounded = None if between is None else (lambda column: column.between(*between))
    this = asking.asked(session, Selection(agency_id, ZONE, grown), bounded)
    question = this.joined(select(Subscriber.id).where(Subscriber.agency_id == agency_id, this.is_in))
    if between is not None:
        question = question.where(Subscriber.id.between(*between))
    return list(session.scalars(question.order_by(Subscriber.id)))


def test_sql_and_looking_at_everybody_find_the_same_people_each_once(session: Session) -> None:
    other_id, _ = populated(session, 20, seed=3, slug="other")
    agency_id, known = populated(session, 120, seed=5)
    half = sorted(known)[40:80]

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(trees())
    def compare(grown: Tree) -> None:
        meant = [id for id, person in known.items() if means(grown, person)]
        assert asked(session, agency_id, grown) == meant
        assert asked(session, agency_id, grown, (half[0], half[-1])) == [id for id in meant if id in half]
        assert not set(asked(session, other_id, grown)) & set(known)
        chosen = Selection(agency_id, ZONE, grown)
        assert asking.holds(session, chosen, half[0]) is (half[0] in meant)
        subscribed = [known[id] for id in meant if known[id].joined is not None]
        counted_now = counted.count(session, chosen, CHANNELS)
        assert counted_now.by_locale == dict(Counter(person.locale for person in subscribed))
        assert counted_now.by_channel == dict(Counter(channel for person in subscribed for channel in person.channels))

    compare()


@pytest.mark.parametrize("text", ["topic:gone", "area:gone", "source:gone", "not topic:floods and topic:gone,floods"])
def test_what_an_agency_has_no_more_means_nobody_and_is_no_error(session: Session, text: str) -> None:
    agency_id, known = populated(session, 20, seed=9)
    found = set(asked(session, agency_id, language.read(text)))
    if text == "area:gone":
        assert found == {id for id, person in known.items() if not person.areas}
    else:
        assert not found


def test_another_agencys_topic_is_not_found_by_its_key(session: Session) -> None:
    agency_id, _ = populated(session, 10, seed=1)
    theirs, known = populated(session, 10, seed=1, slug="other")
    session.get_one(Area, 4).key = "theirs"
    session.flush()
    assert asked(session, theirs, language.read("area:theirs and not area:none"))
    assert not asked(session, agency_id, language.read("area:theirs and not area:none"))
    assert not {*asked(session, agency_id, language.read("not topic:nothing"))} & {*known}
