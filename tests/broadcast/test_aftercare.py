"""What an officer does about an announcement that has left: to exactly whom, and what becomes of the first."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from broadcast import aftercare, audience, blocks, compose, counting, in_force, launch, outcomes, planning, published
from broadcast.aftercare import RetryUnderWay
from broadcast.models import Broadcast
from broadcast.published import Standing
from broadcast.states import Aftercare, ForbiddenMove, Kind, Outcome, State
from db.engine import Sessions
from delivery import consignments
from delivery.models import Batch, Consignment, Delivery, Latecomer
from delivery.packing import pack, unpack
from delivery.states import Aim, BatchState, ConsignmentState, DeliveryState
from subscribers.models import Subscriber, Suppression, SuppressionReason
from tests.broadcast.places import NOW, Place, limits_of, ready, settle, subscriber

ACCEPTED, FAILED, WITHHELD, UNKNOWN = (
    DeliveryState.ACCEPTED,
    DeliveryState.FAILED,
    DeliveryState.WITHHELD,
    DeliveryState.UNKNOWN,
)
LATER = NOW + timedelta(minutes=5)


def launched(session: Session, place: Place, kind: Kind = Kind.NOTICE) -> Broadcast:
    """A broadcast that was planned to nobody yet, so that a test writes its ledger."""
    made = ready(session, place, kind)
    launch.confirm(
        session,
        made,
        place.author,
        fingerprint=compose.fingerprint(session, made),
        limits_of=limits_of,
        now=NOW,
    )
    opened(session, made)
    return made


def opened(session: Session, made: Broadcast) -> None:
    aim, of_ids = aftercare.aim_of(session, made)
    consignments.open(
        session,
        made.id,
        agency_id=made.agency_id,
        lane=audience.LANES[made.kind],
        policy=planning.POLICIES[made.kind],
        topic_id=made.topic_id,
        cadences=[],
        deadline_at=LATER,
        now=NOW,
        aim=aim,
        of_ids=of_ids,
    )


def state_of(made: Broadcast) -> State:
    return made.state


def over(session: Session, made: Broadcast) -> Broadcast:
    made.state, made.finished_at = State.FINISHED, NOW
    session.get_one(Consignment, made.id).state = ConsignmentState.DONE
    session.flush()
    return made


def ledger(
    session: Session, made: Broadcast, place: Place, person: Subscriber, state: DeliveryState, reason: str | None = None
) -> None:
    row = Delivery(consignment_id=made.id, subscriber_id=person.id, sender_id=place.free.id, attempt=1, state=state)
    row.reason, row.accepted_at, row.provider_id = reason, NOW if state is ACCEPTED else None, str(person.id)
    session.add(row)
    session.flush()


def crowd(
    session: Session, place: Place, states: Sequence[tuple[DeliveryState, str | None]], made: Broadcast
) -> list[int]:
    """A person for each of these, in the ledger of a broadcast."""
    people = [subscriber(session, place, at=[place.free]) for _ in states]
    for person, (state, reason) in zip(people, states, strict=True):
        ledger(session, made, place, person, state, reason)
    return [person.id for person in people]


def addressed(session: Session, made: Broadcast) -> dict[int, set[int]]:
    """Whom it addresses, by sender: what planning would freeze."""
    rule = audience.rule_of(session, made, now=LATER)
    whole = blocks.bounds(session, rule)
    if whole is None:
        return {}
    found = blocks.people(session, rule, whole, seed=1)
    return {sender_id: set(ids) for sender_id, ids in found.items()}


def confirmed(session: Session, place: Place, made: Broadcast) -> None:
    seal = compose.fingerprint(session, made)
    launch.confirm(session, made, place.author, fingerprint=seal, limits_of=limits_of, now=LATER)
    opened(session, made)


def correction(session: Session, place: Place, first: Broadcast, text: str = "The river falls.") -> Broadcast:
    made = aftercare.correct(session, first, place.author, now=LATER)
    compose.set_text(session, made, place.author, locale="en", text=text)
    compose.set_fallback(session, made, place.author, "en")
    return made


MIXED = [
    (ACCEPTED, None),
    (DeliveryState.READ, None),
    (FAILED, "unreachable"),
    (WITHHELD, "paused"),
    (WITHHELD, "has_it"),
    (WITHHELD, "handed_over"),
    (UNKNOWN, "worker_lost"),
]


# --- retry ----------


@pytest.mark.parametrize(
    ("outcome", "places"), [(Outcome.UNREACHED, {2, 3}), (Outcome.FAILED, {2}), (Outcome.IN_DOUBT, {6})]
)
def test_a_retry_is_for_exactly_those_who_did_not_get_it(session: Session, outcome: Outcome, places: set[int]) -> None:
    place = settle(session)
    first = launched(session, place)
    ids = crowd(session, place, MIXED, first)
    made = aftercare.retry(session, over(session, first), place.author, outcome=outcome, now=LATER)
    assert addressed(session, made) == {place.free.id: {ids[each] for each in places}}
    counted = counting.count(session, made, now=LATER)
    assert (counted.people, counted.left_out.gone) == (len(places), 0)
    assert [row.text for row in compose.contents(session, made)] == ["The river rises."]
    assert made.code != first.code


def test_a_retry_leaves_out_who_may_not_be_written_to_any_more(session: Session) -> None:
    place = settle(session)
    first = launched(session, place)
    stopped, suppressed, well = crowd(session, place, [(FAILED, "unreachable")] * 3, first)
    session.get_one(Subscriber, stopped).consented_at = None
    session.add(
        Suppression(
            agency_id=place.agency.id,
            sender_id=place.free.id,
            value=f"{place.free.id}:{suppressed}",
            reason=SuppressionReason.BLOCKED,
            at=NOW,
        )
    )
    session.flush()
    made = aftercare.retry(session, over(session, first), place.author, outcome=Outcome.UNREACHED, now=LATER)
    assert addressed(session, made) == {place.free.id: {well}}
    counted = counting.count(session, made, now=LATER)
    assert (counted.people, counted.left_out.gone) == (1, 2)


def test_a_second_retry_is_not_for_those_whom_the_first_one_reached(session: Session) -> None:
    place = settle(session)
    first = launched(session, place)
    got, doubtful, still = crowd(session, place, [(FAILED, "unavailable")] * 3, first)
    again = aftercare.retry(session, over(session, first), place.author, outcome=Outcome.UNREACHED, now=LATER)
    confirmed(session, place, again)
    with pytest.raises(RetryUnderWay):
        aftercare.retry(session, first, place.author, outcome=Outcome.UNREACHED, now=LATER)
    for id_, state in ((got, ACCEPTED), (doubtful, UNKNOWN), (still, FAILED)):
        ledger(session, again, place, session.get_one(Subscriber, id_), state)
    over(session, again)
    third = aftercare.retry(session, first, place.author, outcome=Outcome.UNREACHED, now=LATER)
    assert addressed(session, third) == {place.free.id: {still}}
    of_the_retry = aftercare.retry(session, again, place.author, outcome=Outcome.UNREACHED, now=LATER)
    assert addressed(session, of_the_retry) == {place.free.id: {still}}
    confirmed(session, place, third)
    assert set(session.get_one(Consignment, third.id).of_ids) == {first.id, again.id}
    assert session.get_one(Consignment, third.id).aim is Aim.REPEAT


def test_two_retries_confirmed_at_once_are_one(session: Session) -> None:
    place = settle(session)
    first = launched(session, place)
    crowd(session, place, [(FAILED, "unavailable")], first)
    over(session, first)
    one, other = (aftercare.retry(session, first, place.author, outcome=Outcome.UNREACHED, now=LATER) for _ in range(2))
    confirmed(session, place, one)
    with pytest.raises(RetryUnderWay), session.begin_nested():
        confirmed(session, place, other)
    session.refresh(other)
    assert other.state is State.DRAFT


@pytest.mark.parametrize("state", [State.SENDING, State.PAUSED, State.CORRECTED, State.RECALLED])
def test_what_is_wrong_or_under_way_is_not_said_again(session: Session, state: State) -> None:
    place = settle(session)
    first = launched(session, place)
    first.state = state
    with pytest.raises(ForbiddenMove):
        aftercare.retry(session, first, place.author, outcome=Outcome.UNREACHED, now=LATER)


def test_a_retry_is_told_in_no_list_and_handed_to_nobody_twice(session: Session) -> None:
    place = settle(session)
    first = launched(session, place, Kind.ALERT)
    crowd(session, place, [(FAILED, "unavailable")], first)
    again = aftercare.retry(session, over(session, first), place.author, outcome=Outcome.UNREACHED, now=LATER)
    confirmed(session, place, again)
    assert [each.code for each in published.latest(session, place.agency.id)] == [first.code]
    found = published.published(session, place.agency.id, again.code)
    assert found is not None
    assert (found.state, found.corrects_code) == (Standing.STANDING, None)
    standing = published.published(session, place.agency.id, first.code)
    assert standing is not None
    assert (standing.state, standing.correction_code) == (Standing.STANDING, None)
    newcomer = subscriber(session, place, at=[place.free])
    handed = in_force.hand_over(session, place.agency, newcomer, [place.topic.id], is_newcomer=True, now=LATER)
    assert len(handed) == 1


# --- correction ----------


def test_a_correction_is_for_exactly_those_who_have_it_or_may_have_it(session: Session) -> None:
    place = settle(session)
    first = launched(session, place)
    ids = crowd(session, place, MIXED, first)
    paused = session.get_one(Subscriber, ids[0])
    paused.paused_until = LATER + timedelta(days=1)
    handed = subscriber(session, place, at=[place.strict], cadence=None)
    session.add(Latecomer(consignment_id=first.id, subscriber_id=handed.id, at=NOW))
    subscriber(session, place, at=[place.free])  # nobody it ever went to
    made = correction(session, place, over(session, first))
    assert addressed(session, made) == {place.free.id: {ids[0], ids[1], ids[6]}, place.strict.id: {handed.id}}


def test_a_correction_goes_where_the_wrong_message_is(session: Session) -> None:
    place = settle(session)
    first = launched(session, place)
    person = subscriber(session, place, at=[place.free, place.strict])  # the last they wrote to is another
    ledger(session, first, place, person, ACCEPTED)
    made = correction(session, place, over(session, first))
    assert addressed(session, made) == {place.free.id: {person.id}}


def test_a_correction_goes_to_whom_somebody_was_joined_since(session: Session) -> None:
    place = settle(session)
    first = launched(session, place)
    before, person = subscriber(session, place, at=[]), subscriber(session, place, at=[place.strict])
    ledger(session, first, place, before, ACCEPTED)
    before.merged_into_id, before.consented_at = person.id, None
    session.flush()
    made = correction(session, place, over(session, first))
    assert addressed(session, made) == {place.strict.id: {person.id}}


def test_a_correction_ends_what_still_leaves_and_says_so_everywhere(session: Session) -> None:
    place = settle(session)
    first = launched(session, place, Kind.ALERT)
    crowd(session, place, [(ACCEPTED, None)], first)
    made = correction(session, place, first)
    assert state_of(first) is State.PAUSED
    assert session.get_one(Consignment, first.id).state is ConsignmentState.PAUSED
    assert aftercare.correct(session, first, place.author, now=LATER) is made, "the unfinished one is offered again"
    confirmed(session, place, made)
    assert state_of(first) is State.CORRECTED
    assert first.finished_at == LATER
    assert session.get_one(Consignment, first.id).state is ConsignmentState.STOPPED
    shown = published.published(session, place.agency.id, first.code)
    assert shown is not None
    assert (shown.state, shown.correction_code) == (Standing.CORRECTED, made.code)
    said = compose.script(session, made).frames["en"].heading
    assert said == f"⚠️ CORRECTION of {first.code}: River levels ({made.code})"


def test_a_correction_is_for_the_people_of_every_retry_too(session: Session) -> None:
    place = settle(session)
    first = launched(session, place)
    missed, got = crowd(session, place, [(FAILED, "unavailable"), (ACCEPTED, None)], first)
    again = aftercare.retry(session, over(session, first), place.author, outcome=Outcome.UNREACHED, now=LATER)
    confirmed(session, place, again)
    ledger(session, again, place, session.get_one(Subscriber, missed), ACCEPTED)
    made = correction(session, place, again)
    assert made.corrects_id == first.id, "whichever of them was named"
    assert again.state is State.PAUSED, "it says the same wrong thing"
    confirmed(session, place, made)
    assert addressed(session, made) == {place.free.id: {missed, got}}
    assert [each.state for each in (first, again)] == [State.CORRECTED] * 2
    shown = published.published(session, place.agency.id, again.code)
    assert shown is not None
    assert shown.correction_code == made.code


def test_whom_it_reached_is_asked_only_once_nothing_is_in_the_air(session: Session) -> None:
    place = settle(session)
    first = launched(session, place)
    person, other = (subscriber(session, place, at=[place.free]) for _ in range(2))
    batch = Batch(
        consignment_id=first.id,
        sender_id=place.free.id,
        lane_rank=2,
        position=0,
        recipients=pack([person.id, other.id]),
        size=2,
        marked=1,
        state=BatchState.LEASED,
        created_at=NOW,
    )
    session.add(batch)
    made = correction(session, place, first)
    confirmed(session, place, made)
    assert aftercare.is_waiting(session, made, now=LATER)
    batch.state = BatchState.DROPPED  # its worker was lost: whoever it was sending to may have it
    session.flush()
    assert not aftercare.is_waiting(session, made, now=LATER)
    assert addressed(session, made) == {place.free.id: {person.id}}


# --- recall ----------


def recalled(session: Session, place: Place, first: Broadcast) -> Broadcast:
    return aftercare.recall(
        session, first, place.author, now=LATER, report_sender_id=place.free.id, report_to="officer"
    )


def test_a_recall_is_launched_at_once_and_ends_the_first(session: Session) -> None:
    place = settle(session)
    first = launched(session, place)
    ids = crowd(session, place, MIXED, first)
    session.get_one(Subscriber, ids[0]).consented_at = None
    made = recalled(session, place, first)
    assert (made.state, made.aftercare, first.state) == (State.SENDING, Aftercare.RECALL, State.RECALLED)
    assert session.get_one(Consignment, first.id).state is ConsignmentState.STOPPED
    assert addressed(session, made) == {place.free.id: {ids[0], ids[1], ids[6]}}
    assert published.published(session, place.agency.id, made.code) is None, "it says nothing"
    shown = published.published(session, place.agency.id, first.code)
    assert shown is not None
    assert shown.state is Standing.RECALLED
    with pytest.raises(ForbiddenMove):
        recalled(session, place, first)


def test_a_correction_after_a_recall_says_it_anew_and_the_first_stays_recalled(session: Session) -> None:
    place = settle(session)
    first = launched(session, place)
    ids = crowd(session, place, [(ACCEPTED, None)], first)
    recalled(session, place, over(session, first))
    made = correction(session, place, first)
    confirmed(session, place, made)
    assert addressed(session, made) == {place.free.id: set(ids)}
    assert first.state is State.RECALLED


def test_another_agencys_officer_can_do_nothing_about_it(session: Session) -> None:
    place, elsewhere = settle(session), settle(session, "elsewhere")
    first = over(session, launched(session, place))
    with pytest.raises(compose.NotAllowed):
        aftercare.correct(session, first, elsewhere.admin, now=LATER)
    with pytest.raises(compose.NotAllowed):
        aftercare.check_recall(first, elsewhere.admin)
    with pytest.raises(compose.NotAllowed):
        aftercare.retry(session, first, elsewhere.admin, outcome=Outcome.FAILED, now=LATER)


# --- planned ----------


def test_planning_freezes_a_correction_and_heeds_no_wish(sessions: Sessions) -> None:
    with sessions.begin() as session:
        place = settle(session)
        first = launched(session, place)
        ids = crowd(session, place, MIXED, first)
        made = correction(session, place, over(session, first))
        seal = compose.fingerprint(session, made)
        launch.confirm(session, made, place.author, fingerprint=seal, limits_of=limits_of, now=LATER)
        code = made.id
    planning.plan(sessions, code, limits_of=limits_of, clock=lambda: LATER)
    with sessions() as session:
        consignment = session.get_one(Consignment, code)
        assert (consignment.aim, consignment.of_ids, consignment.topic_id) == (Aim.CORRECT, [first.id], None)
        batches = session.scalars(select(Batch).where(Batch.consignment_id == code)).all()
        assert {id_ for batch in batches for id_ in unpack(batch.recipients)} == {ids[0], ids[1], ids[6]}
        assert session.get_one(Broadcast, code).audience_size == 3


def test_a_family_is_the_first_and_its_retries(session: Session) -> None:
    place = settle(session)
    first = over(session, launched(session, place))
    crowd(session, place, [(FAILED, "unavailable")], first)
    again = aftercare.retry(session, first, place.author, outcome=Outcome.UNREACHED, now=LATER)
    assert [each.id for each in outcomes.family(session, again)] == [first.id], "a draft says nothing yet"
    confirmed(session, place, again)
    assert [each.id for each in outcomes.family(session, again)] == [first.id, again.id]
