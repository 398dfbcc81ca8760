"""The messages of a bulletin about several topics are one thing for officers: stopped, listed and put right as one."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session, sessionmaker

from broadcast import aftercare, approving, audience, blocks, compose, launch, outcomes, planning, published, report
from broadcast.models import Broadcast
from broadcast.published import Standing
from broadcast.states import ForbiddenMove, Outcome, State
from delivery import batches, people
from delivery.models import Batch, Consignment, Delivery
from delivery.states import DeliveryState, Lane
from staff.models import AuditEntry
from subscribers.models import Cadence, Subscriber, Subscription
from tests.broadcast.evenings import Town
from tests.broadcast.mornings import HOUR, KEYS, MORNING, defined, run, sent
from tests.broadcast.places import NOW, limits_of, rest_of

Sessions = sessionmaker[Session]


def left(town: Town, **changes: object) -> tuple[list[Broadcast], list[Subscriber]]:
    """The three messages of a morning: for who holds all topics (three people), the first (two) and the last (one)."""
    cadence = changes.get("cadence", Cadence.DAILY)
    assert isinstance(cadence, Cadence)
    bulletin = defined(town, **changes)
    found = [town.person(*keys, cadence=cadence) for keys in (*[KEYS] * 3, *[KEYS[:1]] * 2, KEYS[2:])]
    for key in KEYS:
        town.announce(key, f"On {key}.", at=NOW + HOUR)
    run(town.session, bulletin)
    return list(sent(town.session)), found


def states(made: Sequence[Broadcast]) -> list[State]:
    return [each.state for each in made]


def reached(session: Session, made: Broadcast, person: Subscriber, town: Town, state: DeliveryState) -> None:
    row = Delivery(
        consignment_id=made.id, subscriber_id=person.id, sender_id=town.place.free.id, attempt=1, state=state
    )
    session.add(row)
    session.flush()


def test_whichever_is_stopped_all_are_and_what_is_over_stays_over(session: Session) -> None:
    town = Town(session)
    made, _ = left(town)
    author = town.place.author
    launch.pause(session, made[2], author, now=MORNING)
    assert states(made) == [State.PAUSED] * 3
    with pytest.raises(ForbiddenMove):
        launch.pause(session, made[0], author, now=MORNING)
    launch.resume(session, made[0], author, now=MORNING)
    assert states(made) == [State.SENDING] * 3
    made[0].state = State.FINISHED
    session.flush()
    launch.pause(session, made[0], author, now=MORNING)  # its own is over, the others' is not
    launch.cancel(session, made[1], author, now=MORNING)
    assert states(made) == [State.FINISHED, State.CANCELLED, State.CANCELLED]
    with pytest.raises(ForbiddenMove):
        launch.resume(session, made[1], author, now=MORNING)
    session.commit()
    verbs = [entry.verb for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.id))]
    assert [verbs.count(f"broadcast.{deed}") for deed in ("paused", "resumed", "cancelled")] == [5, 3, 2]


def test_another_agencys_officer_stops_none_of_them(session: Session) -> None:
    town, other = Town(session), Town(session, "parks")
    made, _ = left(town)
    with pytest.raises(compose.NotAllowed):
        launch.pause(session, made[0], other.place.author, now=MORNING)
    assert states(made) == [State.SENDING] * 3


def test_in_lists_one_stands_for_all_as_long_as_one_is_under_way(session: Session) -> None:
    town = Town(session)
    made, _ = left(town)
    notices = [each.id for each in compose.recent(session, town.place.agency.id) if each.id not in [made[0].id]]
    assert len(notices) == 3
    for over, first in ((0, 0), (1, 1), (2, 2)):
        listed = compose.under_way(session, town.place.agency.id)
        assert [each.id for each in listed if each in made] == [made[first].id]
        queued = approving.queue(session, town.place.agency.id, limit=20)
        assert [each.id for each in queued if each in made] == [made[first].id]
        made[over].state = State.FINISHED
        session.flush()
    assert not set(made) & set(compose.under_way(session, town.place.agency.id))


def test_its_title_names_the_topics_of_its_people_and_how_many_left_beside_it(session: Session) -> None:
    town = Town(session)
    made, _ = left(town)
    assert report.whom(session, made[0], "en") == "Floods, Dengue, Roads"
    assert report.whom(session, made[1], "ta") == "வெள்ளம்"
    assert f"{made[1].code} +2" in report.title(session, made[1], "en")


def test_put_right_or_taken_back_it_is_so_for_everybody_who_has_any(session: Session) -> None:
    town = Town(session)
    made, found = left(town)
    for message, person in zip(made, (found[0], found[3], found[5]), strict=True):
        reached(session, message, person, town, DeliveryState.ACCEPTED)
    right = aftercare.correct(session, made[1], town.place.author, now=MORNING)
    assert states(made) == [State.PAUSED] * 3
    assert (right.corrects_id, right.topic_id) == (made[0].id, None)
    compose.set_text(session, right, town.place.author, locale="en", text="It falls.")
    compose.set_fallback(session, right, town.place.author, "en")
    seal = compose.fingerprint(session, right)
    launch.confirm(session, right, town.place.author, fingerprint=seal, limits_of=limits_of, now=MORNING)
    assert states(made) == [State.CORRECTED] * 3
    assert town.readers(right) == {found[0].id, found[3].id, found[5].id}
    for message in made:
        seen = published.published(session, town.place.agency.id, message.code)
        assert seen is not None
        assert (seen.state, seen.correction_code) == (Standing.CORRECTED, right.code)
    aftercare.recall(session, made[2], town.place.author, now=MORNING, report_sender_id=1, report_to="x")
    assert states(made) == [State.RECALLED] * 3


def test_what_puts_it_right_is_cut_into_blocks_by_the_people_of_all_its_ledgers(session: Session) -> None:
    town = Town(session)
    made, found = left(town)
    crowd = [town.person(*KEYS[:1]) for _ in range(20)]
    reached(session, made[0], found[0], town, DeliveryState.ACCEPTED)
    for person in crowd:
        reached(session, made[1], person, town, DeliveryState.ACCEPTED)
    recall = aftercare.recall(session, made[0], town.place.author, now=MORNING, report_sender_id=1, report_to="x")
    rule = audience.rule_of(session, recall, now=MORNING)
    whole = blocks.bounds(session, rule)
    assert whole is not None
    opened = blocks.opening(session, rule, whole, seed=1, size=4)
    cut = [opened, *rest_of(session, rule, whole, opened, seed=1, size=4)]
    ids = [[one for some in blocks.people(session, rule, each, seed=1).values() for one in some] for each in cut]
    assert max(map(len, ids)) <= 4
    assert sorted(one for some in ids for one in some) == sorted([found[0].id, *(person.id for person in crowd)])


def test_said_again_it_is_for_whom_it_was_and_as_it_was(session: Session) -> None:
    town = Town(session)
    made, found = left(town, cadence=Cadence.AT_ONCE)
    for message, person in zip(made, (found[0], found[3], found[5]), strict=True):
        reached(session, message, person, town, DeliveryState.FAILED)
    made[1].state, made[1].finished_at = State.FINISHED, MORNING  # the others are still under way
    session.flush()
    again = aftercare.retry(session, made[1], town.place.author, outcome=Outcome.FAILED, now=MORNING)
    assert town.readers(again) == {found[3].id}
    assert town.text(again) == town.text(made[1])
    assert [each.id for each in outcomes.family(session, made[1])] == [each.id for each in made]
    subscription = session.get_one(Subscription, (found[3].id, town.topics["floods"].id))
    session.delete(subscription)
    session.flush()
    assert town.readers(again) == set()


@pytest.mark.parametrize("number", [0, 1, 2])
def test_what_was_said_again_is_put_right_with_whichever_message_it_repeats(session: Session, number: int) -> None:
    town = Town(session)
    made, found = left(town)
    person, author = (found[0], found[3], found[5])[number], town.place.author
    reached(session, made[number], person, town, DeliveryState.FAILED)
    again = made[number]
    for _ in range(2):  # a retry, and one of that
        for each in (*made, again):
            each.state, each.finished_at = State.FINISHED, MORNING
        session.flush()
        again = aftercare.retry(session, again, author, outcome=Outcome.FAILED, now=MORNING)
        seal = compose.fingerprint(session, again)
        launch.confirm(session, again, author, fingerprint=seal, limits_of=limits_of, now=MORNING)
        reached(session, again, person, town, DeliveryState.FAILED)
    right = aftercare.correct(session, again, author, now=MORNING)
    compose.set_text(session, right, author, locale="en", text="It falls.")
    compose.set_fallback(session, right, author, "en")
    seal = compose.fingerprint(session, right)
    launch.confirm(session, right, author, fingerprint=seal, limits_of=limits_of, now=MORNING)
    seen = published.published(session, town.place.agency.id, again.code)
    assert seen is not None
    assert (seen.state, seen.correction_code) == (Standing.CORRECTED, right.code)


def test_who_left_one_of_its_topics_when_it_leaves_hears_nothing_of_it(sessions: Sessions) -> None:
    with sessions.begin() as session:
        town = Town(session)
        (made, *_), found = left(town)
        ids, made_id, sender_id = [person.id for person in found[:3]], made.id, town.place.free.id
    planning.plan(sessions, made_id, limits_of=limits_of, clock=lambda: MORNING)
    with sessions.begin() as session:
        changed = update(Subscription).values(cadence=Cadence.ALERTS)
        session.execute(changed.where(Subscription.subscriber_id == ids[1]))
        at_once = update(Subscription).values(cadence=Cadence.AT_ONCE)
        session.execute(
            at_once.where(Subscription.subscriber_id == ids[0], Subscription.topic_id == town.topics["dengue"].id)
        )
        session.delete(session.get_one(Subscription, (ids[2], town.topics["roads"].id)))
        session.flush()
        consignment = session.get_one(Consignment, made_id)
        assert len(consignment.topic_ids) == 3
        leased = batches.lease(
            session, sender_id, [Lane.BULLETIN], slots=1, now=MORNING, lease_for=timedelta(seconds=15)
        )
        assert leased is not None
        assert sorted(leased.recipients) == ids
        seen = people.read(session, leased, ids, limits_of("free"), now=MORNING)
        assert [seen[one].holds_topic for one in ids] == [True, False, False]


def hold_all(town: Town, person_id: int) -> None:
    """Let who held floods hold the others as well, a second after it left."""
    for key in KEYS[1:]:
        row = Subscription(subscriber_id=person_id, topic_id=town.topics[key].id, cadence=Cadence.DAILY)
        row.created_at = MORNING + timedelta(seconds=1)
        town.session.add(row)
    town.session.flush()


def test_who_subscribes_while_the_sets_are_planned_gets_one_message_and_the_first_ones_retry(
    sessions: Sessions,
) -> None:
    with sessions.begin() as session:
        town = Town(session)
        (whole, floods, roads), found = left(town)
        changed = found[3].id
    for number, made in enumerate((floods, whole, roads)):
        planning.plan(sessions, made.id, limits_of=limits_of, clock=lambda: MORNING)
        with sessions.begin() as session:
            town.session = session
            if number == 0:
                hold_all(town, changed)
    with sessions.begin() as session:
        rows = session.scalars(select(Batch).order_by(Batch.id)).all()
        planned = [(row.consignment_id, one) for row in rows for one in batches.unpack(row.recipients)]
        assert [made_id for made_id, one in planned if one == changed] == [floods.id]
        town.session, made = session, session.get_one(Broadcast, floods.id)
        reached(session, made, session.get_one(Subscriber, changed), town, DeliveryState.FAILED)
        made.state, made.finished_at = State.FINISHED, MORNING
        session.flush()
        author = session.merge(town.place.author)
        again = aftercare.retry(session, made, author, outcome=Outcome.FAILED, now=MORNING)
        assert town.readers(again) == {changed}


def test_a_retry_of_a_bulletin_for_everybody_is_for_everybody(session: Session) -> None:
    """Also where it is about one topic: whoever reads it at once is tried again, too."""
    town = Town(session)
    bulletin, person = defined(town, "floods", cadence=Cadence.AT_ONCE), town.person(others=("floods",))
    town.announce("floods", "It rises.", at=NOW + HOUR)
    run(session, bulletin)
    [made] = sent(session)
    reached(session, made, person, town, DeliveryState.FAILED)
    made.state, made.finished_at = State.FINISHED, MORNING
    session.flush()
    again = aftercare.retry(session, made, town.place.author, outcome=Outcome.FAILED, now=MORNING)
    rule = audience.rule_of(session, again, now=MORNING)
    assert [len(some) for some in blocks.people(session, rule, (1, 10**6), seed=1).values()] == [1]
