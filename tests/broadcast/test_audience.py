"""Counting an audience and reading it in blocks: the same people as a reader of every row would find, each once."""

import random
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from broadcast import audience, blocks, compose, counting, launch, segmented
from broadcast.audience import Rule
from broadcast.models import Broadcast
from broadcast.states import ForbiddenMove, Kind
from delivery import senders
from delivery.models import Batch, Consignment
from delivery.states import BatchState, ConsignmentState, DoubtPolicy, Lane
from subscribers import wishes
from subscribers.models import (
    Address,
    Area,
    AreaChoice,
    Cadence,
    Subscriber,
    Subscription,
    Suppression,
    SuppressionReason,
)
from subscribers.segments.flaws import BadSegment
from subscribers.wishes import QuietHours
from tests.broadcast.places import LOCALES, NOW, Place, limits_of, ready, rest_of, settle, subscriber


def crowd(session: Session, place: Place, size: int, *, seed: int = 7) -> None:
    """People of every sort: cadences, languages, addresses, wishes; some suppressed, some without consent."""
    chance = random.Random(seed)
    districts = found_areas(session, place)
    for _ in range(size):
        person = subscriber(
            session,
            place,
            at=chance.choice([[place.free], [place.strict], [place.free, place.strict], [place.strict, place.free]]),
            locale=chance.choice([*LOCALES, "ja"]),
            cadence=chance.choice([Cadence.AT_ONCE, Cadence.AT_ONCE, Cadence.DAILY, Cadence.DAILY, *Cadence, None]),
            has_consented=chance.random() < 0.9,
        )
        person.paused_until = chance.choice([None] * 6 + [NOW, NOW + timedelta(seconds=1)])
        person.quiet_from, person.quiet_until = chance.choice([(None, None), (8 * 60, 10 * 60)])
        if chance.random() < 0.3:
            person.preferred_address_id = chance.choice(addresses(session, person)).id
        for area in chance.sample(districts, chance.choice([0, 0, 1, 2])):
            session.add(AreaChoice(subscriber_id=person.id, area_id=area.id))
        if chance.random() < 0.3:
            until = chance.choice([None, NOW, NOW + timedelta(hours=1)])
            suppress(session, chance.choice(addresses(session, person)), until=until)


def found_areas(session: Session, place: Place) -> list[Area]:
    """Three districts."""
    made = [Area(agency_id=place.agency.id, key=key, names={"en": key.title()}) for key in ("east", "west", "north")]
    session.add_all(made)
    session.flush()
    return made


def addresses(session: Session, person: Subscriber) -> list[Address]:
    return list(session.scalars(select(Address).where(Address.subscriber_id == person.id)))


def suppress(session: Session, address: Address, *, until: datetime | None = None) -> None:
    row = Suppression(agency_id=address.agency_id, sender_id=address.sender_id, value=address.value, at=NOW)
    row.reason, row.until = SuppressionReason.BLOCKED, until
    session.add(row)
    session.flush()


def brute_force(session: Session, rule: Rule) -> dict[int, tuple[int, str]]:
    """Subscriber id -> (sender, locale), by looking at every row by hand."""
    found: dict[int, tuple[int, str]] = {}
    for person in session.scalars(select(Subscriber)):
        held = session.get(Subscription, (person.id, rule.topic_id)) if rule.topic_id else None
        if rule.topic_id and (held is None or held.cadence not in rule.cadences):
            continue
        if person.agency_id != rule.agency_id or person.consented_at is None:
            continue
        if person.locale not in rule.locales:
            continue
        if person.paused_until is not None and rule.paused_at is not None and person.paused_until > rule.paused_at:
            continue
        if is_elsewhere(session, person, rule):
            continue
        usable = [each for each in addresses(session, person) if not is_left_alone(session, each, rule)]
        if usable:
            usable.sort(key=lambda each: (each.last_inbound_at or NOW, each.id))
            preferred = [each for each in usable if each.id == person.preferred_address_id]
            best = preferred[0] if preferred else usable[-1]
            found[person.id] = (best.sender_id, person.locale)
    return found


def is_elsewhere(session: Session, person: Subscriber, rule: Rule) -> bool:
    chosen = set(session.scalars(select(AreaChoice.area_id).where(AreaChoice.subscriber_id == person.id)))
    return bool(rule.area_ids and chosen and not chosen & set(rule.area_ids))


def is_left_alone(session: Session, address: Address, rule: Rule) -> bool:
    asked = select(Suppression).filter_by(sender_id=address.sender_id, value=address.value)
    found = session.scalars(asked).one_or_none()
    return found is not None and (found.until is None or (rule.now is not None and found.until > rule.now))


def walked(session: Session, rule: Rule, *, size: int, seed: int = 1) -> list[tuple[int, list[int]]]:
    whole = blocks.bounds(session, rule)
    if whole is None:
        return []
    opened = blocks.opening(session, rule, whole, seed=seed, size=size)
    found = []
    for block in [opened, *rest_of(session, rule, whole, opened, seed=seed, size=size)]:
        people = blocks.people(session, rule, block, seed=seed, size=size)
        found += [(sender, list(ids)) for sender, ids in people.items()]
    return found


@pytest.mark.parametrize("kind", [Kind.ALERT, Kind.NOTICE, Kind.BULLETIN])
@pytest.mark.parametrize("has_topic", [True, False])
@pytest.mark.parametrize("has_areas", [True, False])
def test_counts_and_pages_are_what_a_reader_of_every_row_finds(
    session: Session, kind: Kind, has_topic: bool, has_areas: bool
) -> None:
    place, other = settle(session), settle(session, "transport")
    crowd(session, place, 160)
    crowd(session, other, 20)
    made = ready(session, place, kind)
    if not has_topic:
        compose.set_topic(session, made, place.author, None)
    compose.set_fallback(session, made, place.author, None if has_areas else "en")
    if has_areas:
        east = session.scalars(select(Area.id).where(Area.agency_id == place.agency.id, Area.key == "east")).all()
        compose.set_areas(session, made, place.author, east)
    rule = audience.rule_of(session, made, now=NOW)
    expected = brute_force(session, rule)
    counted = counting.count(session, made, now=NOW)
    assert counted.cells == dict(Counter(expected.values()))
    assert counted.people == len(expected) > 0
    in_quiet = [session.get_one(Subscriber, person).quiet_from is not None for person in expected]
    assert counted.waiting == (0 if kind is Kind.ALERT else sum(in_quiet))  # 09:00 in Singapore
    frozen = [(person, sender) for sender, people in walked(session, rule, size=17) for person in people]
    assert sorted(frozen) == sorted((person, sender) for person, (sender, _) in expected.items())


@pytest.mark.parametrize("kind", [Kind.ALERT, Kind.NOTICE])
def test_one_count_knows_who_is_in_quiet_hours_at_any_minute(session: Session, kind: Kind) -> None:
    place = settle(session)
    crowd(session, place, 120)
    made = ready(session, place, kind)
    reached = [session.get_one(Subscriber, id) for id in brute_force(session, audience.rule_of(session, made, now=NOW))]
    for number, person in enumerate(reached):
        if number % 3 == 0:
            wishes.set_quiet_hours(person, QuietHours(22 * 60, 7 * 60 + number % 4))
    session.flush()
    counted = counting.count(session, made, now=NOW)
    for minute in (0, 7 * 60, 7 * 60 + 2, 8 * 60, 9 * 60, 10 * 60, 22 * 60 - 1, 22 * 60):
        quiet = sum(wishes.is_quiet(person, minute) for person in reached)
        assert counted.waiting_at(minute) == (0 if kind is Kind.ALERT else quiet)
    assert counted.waiting == counted.waiting_at(9 * 60)


def test_a_turn_counts_once_whoever_is_asked_about_twice(session: Session) -> None:
    place = settle(session)
    crowd(session, place, 40)
    first, second, alert = ready(session, place), ready(session, place), ready(session, place, Kind.ALERT)
    counts = counting.Counts(session, now=NOW)
    assert counts.of(second) is counts.of(first) is not counts.of(alert)
    compose.set_segment(session, second, place.author, "language:ta")
    assert counts.of(second) == counting.count(session, second, now=NOW) != counts.of(first)
    subscriber(session, place, at=[place.free])
    assert counting.count(session, first, now=NOW).people == counts.of(first).people + 1


@pytest.mark.parametrize("kind", [Kind.ALERT, Kind.NOTICE])
@pytest.mark.parametrize("has_topic", [True, False])
def test_a_segment_narrows_counts_and_pages_alike(session: Session, kind: Kind, has_topic: bool) -> None:
    place, other = settle(session), settle(session, "transport")
    crowd(session, place, 160)
    crowd(session, other, 20)
    made = ready(session, place, kind)
    compose.set_topic(session, made, place.author, place.topic if has_topic else None)
    rule = audience.rule_of(session, made, now=NOW)
    wider = brute_force(session, replace(rule, cadences=audience.UNSUMMED if kind is Kind.NOTICE else rule.cadences))
    compose.set_segment(session, made, place.author, "(area:east or language:ta) and not channel:strict")
    on_strict = set(session.scalars(select(Address.subscriber_id).where(Address.channel == "strict")))
    expected = {
        id: cell
        for id, cell in wider.items()
        if id not in on_strict and (cell[1] == "ta" or _hears_of_east(session, id))
    }
    counted = counting.count(session, made, now=NOW)
    assert counted.cells == dict(Counter(expected.values()))
    assert len(wider) > counted.people > 0
    frozen = [id for _, ids in walked(session, audience.rule_of(session, made, now=NOW), size=17) for id in ids]
    assert sorted(frozen) == sorted(expected)


def _hears_of_east(session: Session, subscriber_id: int) -> bool:
    query = select(Area.key).join(AreaChoice, AreaChoice.area_id == Area.id)
    keys = session.scalars(query.where(AreaChoice.subscriber_id == subscriber_id)).all()
    return not keys or "east" in keys


def test_the_segment_is_part_of_what_is_confirmed_and_only_a_draft_has_it_changed(session: Session) -> None:
    place = settle(session)
    made = ready(session, place)
    before = compose.fingerprint(session, made)
    compose.set_segment(session, made, place.author, 'topic:"River Levels" or language:TAMIL')
    assert made.segment == "topic:river or language:ta"
    assert compose.fingerprint(session, made) != before
    compose.set_segment(session, made, place.author, None)
    assert compose.fingerprint(session, made) == before
    with pytest.raises(BadSegment):
        compose.set_segment(session, made, place.author, "topic:another-agencys")
    subscriber(session, place, at=[place.free])
    launch.confirm(session, made, place.author, fingerprint=before, limits_of=limits_of, now=NOW)
    with pytest.raises(ForbiddenMove):
        compose.set_segment(session, made, place.author, "language:ta")


def test_a_notice_to_a_segment_reaches_at_once_whom_a_digest_would(session: Session) -> None:
    place = settle(session)
    for cadence in Cadence:
        subscriber(session, place, at=[place.free], cadence=cadence)
    made = ready(session, place)
    assert counting.count(session, made, now=NOW).left_out.cadence == 3
    compose.set_segment(session, made, place.author, "topic:river")
    counted = counting.count(session, made, now=NOW)
    assert (counted.people, counted.left_out.cadence, counted.left_out.later) == (3, 1, 0)


def test_a_segment_by_itself_is_counted_by_language_and_by_channel(session: Session) -> None:
    place, other = settle(session), settle(session, "transport")
    crowd(session, place, 60)
    crowd(session, other, 20)
    counted = segmented.count(
        session, place.agency, segmented.read(session, place.agency, "topic:river and language:en,ta")
    )
    meant = select(Subscriber.id, Subscriber.locale).join(Subscription)
    meant = meant.where(Subscription.topic_id == place.topic.id, Subscriber.consented_at.is_not(None))
    rows = session.execute(meant.where(Subscriber.locale.in_(["en", "ta"]))).all()
    assert counted.by_locale == dict(Counter(locale for _, locale in rows))
    reached = [each.channel for id, _ in rows for each in addresses(session, session.get_one(Subscriber, id))]
    assert counted.by_channel == dict(Counter(reached))
    assert counted.people == len(rows) < len(reached)


def test_the_officer_is_told_who_is_left_out_and_why(session: Session) -> None:
    place = settle(session)
    made = ready(session, place)
    compose.set_fallback(session, made, place.author, None)
    subscriber(session, place, at=[place.free])
    subscriber(session, place, at=[place.free], cadence=Cadence.DAILY)
    subscriber(session, place, at=[place.free], locale="ta")
    subscriber(session, place, at=[])
    subscriber(session, place, at=[place.free], has_consented=False)
    subscriber(session, place, at=[place.free]).paused_until = NOW + timedelta(days=1)
    east, west, _ = found_areas(session, place)
    elsewhere = subscriber(session, place, at=[place.free])
    session.add(AreaChoice(subscriber_id=elsewhere.id, area_id=west.id))
    compose.set_areas(session, made, place.author, [east.id])
    counted = counting.count(session, made, now=NOW)
    assert counted.people == 1
    assert counted.left_out == counting.LeftOut(cadence=1, language=1, unreachable=1, paused=1, area=1, later=1)
    assert (counted.by_channel, counted.by_locale) == ({"free": 1}, {"en": 1})


def test_a_person_with_two_addresses_is_reached_where_they_wrote_last_and_may_be_written_to(session: Session) -> None:
    place = settle(session)
    made = ready(session, place)
    subscriber(session, place, at=[place.strict, place.free])
    assert counting.count(session, made, now=NOW).by_sender == {place.free.id: 1}
    suppress(session, session.scalars(select(Address).where(Address.sender_id == place.free.id)).one())
    assert counting.count(session, made, now=NOW).by_sender == {place.strict.id: 1}


def test_the_preferred_address_comes_first_as_long_as_it_may_be_written_to(session: Session) -> None:
    place = settle(session)
    made = ready(session, place)
    person = subscriber(session, place, at=[place.strict, place.free])
    preferred = next(each for each in addresses(session, person) if each.sender_id == place.strict.id)
    person.preferred_address_id = preferred.id
    assert counting.count(session, made, now=NOW).by_sender == {place.strict.id: 1}
    suppress(session, preferred)
    assert counting.count(session, made, now=NOW).by_sender == {place.free.id: 1}


@pytest.mark.parametrize("cadence", list(Cadence))
def test_a_notice_is_for_at_once_a_bulletin_for_daily_and_an_alert_for_every_cadence(
    session: Session, cadence: Cadence
) -> None:
    place = settle(session)
    subscriber(session, place, at=[place.free], cadence=cadence)
    reached = {
        kind
        for kind in (Kind.ALERT, Kind.NOTICE, Kind.BULLETIN)
        if counting.count(session, ready(session, place, kind), now=NOW).people
    }
    own = {Cadence.AT_ONCE: {Kind.NOTICE}, Cadence.DAILY: {Kind.BULLETIN}}
    assert reached == {Kind.ALERT} | own.get(cadence, set())


def test_another_area_voids_what_was_confirmed_and_another_agencys_is_refused(session: Session) -> None:
    place, other = settle(session), settle(session, "transport")
    made = ready(session, place)
    [ours, *_], [theirs, *_] = found_areas(session, place), found_areas(session, other)
    before = compose.fingerprint(session, made)
    compose.set_areas(session, made, place.author, [ours.id])
    assert compose.fingerprint(session, made) != before
    assert made.area_ids == [ours.id]
    with pytest.raises(compose.NotAllowed):
        compose.set_areas(session, made, place.author, [theirs.id])


def test_who_is_in_quarantine_is_counted_for_an_alert_only_and_again_when_it_is_over(session: Session) -> None:
    place = settle(session)
    person = subscriber(session, place, at=[place.free])
    suppress(session, addresses(session, person)[0], until=NOW + timedelta(hours=1))
    notice, alert = ready(session, place), ready(session, place, Kind.ALERT)
    assert counting.count(session, notice, now=NOW).left_out.unreachable == 1
    assert counting.count(session, alert, now=NOW).people == 1
    assert counting.count(session, notice, now=NOW + timedelta(hours=1)).people == 1


def test_the_finish_time_counts_what_goes_before_and_heeds_the_brakes(session: Session) -> None:
    place = settle(session)
    made = ready(session, place)
    for _ in range(6):
        subscriber(session, place, at=[place.free])
    place.free.rate = 2.0
    counted = counting.count(session, made, now=NOW)
    assert counting.estimate(session, made, counted, limits_of=limits_of, now=NOW).span == timedelta(seconds=3)
    queue(session, place, made, size=10, lane=Lane.ALERT)
    queue(session, place, made, size=99, lane=Lane.BULLETIN)
    assert counting.estimate(session, made, counted, limits_of=limits_of, now=NOW).span == timedelta(seconds=8)
    place.free.pace = 0.5
    estimate = counting.estimate(session, made, counted, limits_of=limits_of, now=NOW)
    assert estimate.by_sender == {place.free.id: timedelta(seconds=16)}


def test_the_pace_comes_back_in_the_estimate_as_it_does_in_the_brakes(session: Session) -> None:
    place = settle(session)
    made = ready(session, place)
    place.free.rate, place.free.pace, place.free.held_until = 10.0, 0.5, NOW
    for after, rate in ((0, 5.0), (25, 7.5), (600, 10.0)):
        rates = counting.rates_of(session, made.agency_id, Lane.NOTICE, limits_of, now=NOW + timedelta(seconds=after))
        assert rates[place.free.id] == pytest.approx(rate)


def test_an_alert_that_is_paid_for_is_faster_and_says_what_it_costs_at_most(session: Session) -> None:
    place = settle(session)
    notice, alert = ready(session, place), ready(session, place, kind=Kind.ALERT)
    for _ in range(61):
        subscriber(session, place, at=[place.free])
    place.free.rate = 1.0
    usual = counting.estimate(session, alert, counting.count(session, alert, now=NOW), limits_of=limits_of, now=NOW)
    assert (usual.span, usual.prices) == (timedelta(seconds=61), {})
    senders.set_paid(session, place.free.id, is_paid=True, rate=None)
    senders.set_paid(session, place.strict.id, is_paid=True, rate=None)  # where speed is not sold it says nothing
    paid = counting.estimate(session, alert, counting.count(session, alert, now=NOW), limits_of=limits_of, now=NOW)
    assert (paid.span, paid.prices) == (timedelta(seconds=0.061), {"free": 7})
    free = counting.estimate(session, notice, counting.count(session, notice, now=NOW), limits_of=limits_of, now=NOW)
    assert (free.span, free.prices) == (timedelta(seconds=61), {})


def queue(session: Session, place: Place, broadcast: Broadcast, *, size: int, lane: Lane) -> None:
    """A batch of another consignment that waits at the sender `free`."""
    waiting = Consignment(id=broadcast.id + 100 + lane.rank, agency_id=place.agency.id, lane=lane, cadences=[])
    waiting.state, waiting.policy = ConsignmentState.OPEN, DoubtPolicy.RESEND
    waiting.launched_at = waiting.deadline_at = waiting.created_at = NOW
    session.add(waiting)
    session.flush()
    batch = Batch(consignment_id=waiting.id, sender_id=place.free.id, lane_rank=lane.rank, position=0, created_at=NOW)
    batch.recipients, batch.size, batch.state = b"", size, BatchState.READY
    session.add(batch)
    session.flush()
