"""Planning writes everybody into exactly one batch, whatever interrupts it and whoever else is at it."""

import threading
from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker

from broadcast import compose, counting, launch, planning, previews
from broadcast.models import Broadcast, Plan
from broadcast.states import Kind, State
from db import ranges
from delivery import batches
from delivery.models import Batch, Consignment, Sender, Wording
from delivery.states import ConsignmentState, DoubtPolicy, Lane
from subscribers.models import Area, AreaChoice, Subscriber
from tests.at_once import at_once
from tests.broadcast.places import LOCALES, NOW, Place, limits_of, ready, settle, subscriber, template

Sessions = sessionmaker[Session]
BLOCK = 10


class Killed(Exception):
    """The worker's end, as the test brings it about."""


def clock() -> datetime:
    return NOW


def plan(sessions: Sessions, made: Broadcast) -> None:
    planning.plan(sessions, made.id, limits_of=limits_of, clock=clock, block=BLOCK)


def launched(sessions: Sessions, *, people: int, kind: Kind = Kind.NOTICE) -> tuple[Place, Broadcast]:
    with sessions.begin() as session:
        place = settle(session)
        for number in range(people):
            subscriber(session, place, at=[place.free] if number % 3 else [place.strict])
        made = ready(session, place, kind)
        confirm(session, place, made)
    return place, made


def confirm(session: Session, place: Place, made: Broadcast) -> None:
    seen = compose.fingerprint(session, made)
    launch.confirm(session, made, place.author, fingerprint=seen, limits_of=limits_of, now=NOW)


def planned(sessions: Sessions, made: Broadcast) -> list[int]:
    with sessions() as session:
        rows = session.scalars(select(Batch).where(Batch.consignment_id == made.id).order_by(Batch.id)).all()
        return [person for row in rows for person in batches.unpack(row.recipients)]


def everybody(sessions: Sessions) -> list[int]:
    with sessions() as session:
        return list(session.scalars(select(Subscriber.id).order_by(Subscriber.id)))


def after_commits(sessions: Sessions, number: int, act: Callable[[], None]) -> None:
    """Run `act` right after the n-th commit of the planner from now on."""
    left = [number]

    @event.listens_for(sessions, "after_commit")
    def _count(_: Session) -> None:
        left[0] -= 1
        if left[0] == 0:
            act()


def test_everybody_is_in_one_batch_of_the_sender_they_wrote_to(sessions: Sessions) -> None:
    place, made = launched(sessions, people=95)
    plan(sessions, made)
    assert sorted(planned(sessions, made)) == everybody(sessions)
    with sessions() as session:
        batches_of = select(Batch.sender_id, func.sum(Batch.size)).group_by(Batch.sender_id)
        assert dict(session.execute(batches_of).all()) == {place.free.id: 63, place.strict.id: 32}
        consignment = session.get_one(Consignment, made.id)
        assert (consignment.is_planned, consignment.lane, consignment.policy) == (True, Lane.NOTICE, DoubtPolicy.RESEND)
        assert (consignment.topic_id, consignment.cadences) == (place.topic.id, ["at_once"])
        assert session.get_one(Broadcast, made.id).audience_size == 95


def test_every_locale_has_a_wording_and_the_strict_sender_its_approved_one(sessions: Sessions) -> None:
    place, made = launched(sessions, people=1)
    plan(sessions, made)
    with sessions() as session:
        found = {(row.sender_id, row.locale): row for row in session.scalars(select(Wording))}
        assert {locale for _, locale in found} == {"en", "zh_Hans", "ms", "ta"}
        strict, free = found[place.strict.id, "ta"], found[place.free.id, "ta"]
        (english,) = previews.of(session, made, limits_of=limits_of)
        assert strict.text == free.text == english.text
        assert (strict.template_id, free.template_id) == ("HX-en", None)
        heading = f"📢 River levels ({made.code}) · 24 Nov 2026, 9:00 am"
        assert strict.variables == {"1": heading, "2": "The river rises."}


@pytest.mark.parametrize("commits", [1, 2, 3, 6, 10, 12])
def test_planning_that_is_killed_goes_on_where_it_stopped(sessions: Sessions, commits: int) -> None:
    _, made = launched(sessions, people=95)

    def die() -> None:
        raise Killed

    after_commits(sessions, commits, die)
    with pytest.raises(Killed):
        plan(sessions, made)
    assert len(planned(sessions, made)) < 95 or commits == 12
    plan(sessions, made)
    plan(sessions, made)
    assert sorted(planned(sessions, made)) == everybody(sessions)
    with sessions() as session:
        assert session.get_one(Plan, made.id).people == 95


def test_what_cannot_be_read_ahead_is_read_in_its_turn(sessions: Sessions) -> None:
    _, made = launched(sessions, people=95)
    refused = []

    @event.listens_for(sessions, "after_begin")
    def _refuse(session: Session, *_: object) -> None:
        if threading.current_thread().name.startswith("planning-ahead"):
            refused.append(session)
            raise OperationalError("SELECT", {}, ConnectionError("gone"))

    plan(sessions, made)
    assert sorted(planned(sessions, made)) == everybody(sessions)
    with sessions() as session:
        assert bool(refused) is ranges.is_postgresql(session)


def test_two_who_plan_at_once_double_nobody(sessions: Sessions) -> None:
    _, made = launched(sessions, people=150)
    at_once(*[lambda: plan(sessions, made)] * 3)
    assert sorted(planned(sessions, made)) == everybody(sessions)
    with sessions() as session:
        places = session.execute(select(Batch.sender_id, Batch.position)).all()
        assert len(places) == len(set(places))


def test_a_cancel_in_the_middle_of_planning_ends_it_and_nothing_of_it_may_leave(sessions: Sessions) -> None:
    place, made = launched(sessions, people=95)
    cancelled = []

    def cancel() -> None:
        cancelled.append(True)
        with sessionmaker(sessions.kw["bind"]).begin() as session:
            launch.cancel(session, session.get_one(Broadcast, made.id), place.author, now=NOW)

    after_commits(sessions, 4, cancel)
    plan(sessions, made)
    assert cancelled
    assert 20 < len(planned(sessions, made)) <= 30
    with sessions() as session:
        assert session.get_one(Consignment, made.id).state is ConsignmentState.STOPPED
        assert session.get_one(Broadcast, made.id).state is State.CANCELLED


def test_what_is_cancelled_before_planning_begins_is_never_handed_over(sessions: Sessions) -> None:
    place, made = launched(sessions, people=5)
    with sessions.begin() as session:
        launch.cancel(session, session.get_one(Broadcast, made.id), place.author, now=NOW)
    plan(sessions, made)
    with sessions() as session:
        assert session.get(Consignment, made.id) is None


def test_what_is_paused_before_planning_begins_is_planned_and_waits(sessions: Sessions) -> None:
    place, made = launched(sessions, people=5)
    with sessions.begin() as session:
        launch.pause(session, session.get_one(Broadcast, made.id), place.author, now=NOW)
    plan(sessions, made)
    assert len(planned(sessions, made)) == 5
    with sessions() as session:
        assert session.get_one(Consignment, made.id).state is ConsignmentState.PAUSED


def test_a_draft_is_never_planned(sessions: Sessions) -> None:
    with sessions.begin() as session:
        made = ready(session, settle(session))
    plan(sessions, made)
    planning.plan(sessions, 4711, limits_of=limits_of, clock=clock)
    with sessions() as session:
        assert session.get(Consignment, made.id) is None


def test_senders_are_woken_as_pages_commit(sessions: Sessions) -> None:
    place, made = launched(sessions, people=30, kind=Kind.ALERT)
    woken: list[tuple[str, int]] = []
    sessions.configure(info={"waker": lambda task, subject: woken.append((task, subject))})
    plan(sessions, made)
    assert len(woken) > 2
    assert set(woken) == {("alert", place.free.id), ("alert", place.strict.id)}


def test_a_second_notice_takes_turns_with_the_first_instead_of_waiting_for_its_end(sessions: Sessions) -> None:
    place, made = launched(sessions, people=60)
    plan(sessions, made)
    with sessions.begin() as session:
        session.query(Batch).filter(Batch.position < 3).update({"state": "done"})
        second = ready(session, place)
        confirm(session, place, second)
    plan(sessions, second)
    with sessions() as session:
        starts = select(Batch.sender_id, Batch.position).where(Batch.consignment_id == second.id)
        assert min(row.position for row in session.execute(starts)) == 3


def test_batches_leave_in_the_frozen_order(sessions: Sessions) -> None:
    _, made = launched(sessions, people=95)
    plan(sessions, made)
    with sessions() as session:
        order = session.get_one(Plan, made.id).blocks
        query = select(Batch).order_by(Batch.sender_id, Batch.position)
        for row in session.scalars(query):
            people = batches.unpack(row.recipients)
            (block,) = {
                place for place, (first, last) in enumerate(order) if first <= min(people) <= max(people) <= last
            }
            assert block == row.position


def test_the_first_batches_may_leave_before_it_is_known_where_the_others_lie(sessions: Sessions) -> None:
    _, made = launched(sessions, people=95)

    def die() -> None:
        raise Killed

    after_commits(sessions, 1, die)
    with pytest.raises(Killed):
        plan(sessions, made)
    assert len(planned(sessions, made)) == BLOCK
    with sessions() as session:
        assert not session.get_one(Plan, made.id).is_surveyed
        assert not session.get_one(Consignment, made.id).is_planned


def test_whoever_subscribes_while_the_first_batches_leave_is_not_in_it(sessions: Sessions) -> None:
    place, made = launched(sessions, people=95)
    invited = everybody(sessions)

    def join() -> None:
        with sessionmaker(sessions.kw["bind"]).begin() as session:
            subscriber(session, place, at=[place.free])

    after_commits(sessions, 1, join)
    plan(sessions, made)
    assert sorted(planned(sessions, made)) == invited
    assert len(everybody(sessions)) == 96


def test_several_bots_and_numbers_of_one_agency_each_write_to_those_who_wrote_to_them(sessions: Sessions) -> None:
    with sessions.begin() as session:
        place = settle(session)
        bots, numbers = [place.free, another(session, place, "free")], [place.strict, another(session, place, "strict")]
        ours = [bots[0], numbers[0], bots[1], numbers[1]]
        expected: dict[int, list[int]] = {sender.id: [] for sender in ours}
        for number in range(60):
            last, before = ours[number % 4], ours[number % 3]  # now and then the same one, and the same channel
            person = subscriber(session, place, at=[last] if last is before else [before, last])
            expected[last.id].append(person.id)
        made = ready(session, place)
        assert counting.count(session, made, now=NOW).by_sender == dict.fromkeys(expected, 15)
        confirm(session, place, made)
    plan(sessions, made)
    with sessions() as session:
        found: dict[int, list[int]] = {sender.id: [] for sender in ours}
        for row in session.scalars(select(Batch).where(Batch.consignment_id == made.id)):
            found[row.sender_id] += batches.unpack(row.recipients)
        assert {id: sorted(people) for id, people in found.items()} == expected
        assert {word.sender_id for word in session.scalars(select(Wording))} == set(expected)


def another(session: Session, place: Place, channel: str) -> Sender:
    """A second sender of this channel and agency."""
    made = Sender(agency_id=place.agency.id, channel=channel, credentials=b"", created_at=NOW)
    made.key = made.handle = f"second-{channel}"
    session.add(made)
    session.flush()
    for locale in LOCALES if channel == "strict" else []:
        template(session, made, locale)
    return made


def test_the_post_office_is_told_for_which_areas_it_is_and_people_of_others_are_in_no_batch(sessions: Sessions) -> None:
    with sessions.begin() as session:
        place = settle(session)
        here, there, anywhere = (subscriber(session, place, at=[place.free]).id for _ in range(3))
        east, west = (Area(agency_id=place.agency.id, key=key, names={"en": key}) for key in ("east", "west"))
        session.add_all([east, west])
        session.flush()
        session.add(AreaChoice(subscriber_id=here, area_id=east.id))
        session.add(AreaChoice(subscriber_id=there, area_id=west.id))
        made = ready(session, place)
        compose.set_areas(session, made, place.author, [east.id])
        confirm(session, place, made)
        chosen = east.id
    plan(sessions, made)
    assert sorted(planned(sessions, made)) == [here, anywhere]
    with sessions() as session:
        assert session.get_one(Consignment, made.id).area_ids == [chosen]
