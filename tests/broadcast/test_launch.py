"""A broadcast is launched once, of what was confirmed, and is paused and cancelled by who may."""

from collections.abc import Callable
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from broadcast import compose, launch, planning
from broadcast.content import Flaw
from broadcast.models import Broadcast
from broadcast.states import MOVES, ForbiddenMove, Kind, State, move
from delivery.models import Consignment
from delivery.states import ConsignmentState
from staff import audit
from staff.models import Officer, Role
from tests.at_once import at_once
from tests.broadcast.places import NOW, Place, limits_of, ready, settle, subscriber


def clock() -> datetime:
    return NOW


def confirm(session: Session, made: Broadcast, officer: Officer, fingerprint: str | None = None) -> None:
    seen = fingerprint or compose.fingerprint(session, made)
    launch.confirm(session, made, officer, fingerprint=seen, limits_of=limits_of, now=NOW)


def launched(session: Session, place: Place) -> Broadcast:
    made = ready(session, place)
    confirm(session, made, place.author)
    return made


@given(st.lists(st.sampled_from(list(State)), max_size=12))
def test_there_is_no_way_around_the_table_of_moves(path: list[State]) -> None:
    here = State.DRAFT
    for there in path:
        if there in MOVES[here]:
            here = move(here, there)
        else:
            with pytest.raises(ForbiddenMove):
                move(here, there)
    assert here in MOVES


def test_nothing_is_sent_that_was_not_submitted_and_approved_and_nothing_ended_is_sent_again() -> None:
    before = {here for here in State if State.SENDING in MOVES[here]}
    assert before == {State.APPROVED, State.SCHEDULED, State.PAUSED}
    ended = {State.FINISHED, State.CANCELLED, State.REJECTED, State.CORRECTED, State.RECALLED}
    assert not ended & before
    assert set(MOVES) == set(State)


def clicked(session: Session, made: Broadcast, officer: Officer) -> None:
    confirm(session, made, officer)


def paused(session: Session, made: Broadcast, officer: Officer) -> None:
    launch.pause(session, made, officer, now=NOW)


def resumed(session: Session, made: Broadcast, officer: Officer) -> None:
    launch.resume(session, made, officer, now=NOW)


def cancelled(session: Session, made: Broadcast, officer: Officer) -> None:
    launch.cancel(session, made, officer, now=NOW)


@pytest.mark.parametrize(
    ("act", "allowed"),
    [
        (clicked, dict.fromkeys((State.DRAFT, State.APPROVED, State.SCHEDULED), State.SENDING)),
        (paused, {State.SENDING: State.PAUSED}),
        (resumed, {State.PAUSED: State.SENDING}),
        (cancelled, {each: State.CANCELLED for each in State if State.CANCELLED in MOVES[each]}),
    ],
)
def test_every_verb_moves_only_as_the_table_allows(
    session: Session, act: Callable[[Session, Broadcast, Officer], None], allowed: dict[State, State]
) -> None:
    place = settle(session)
    for here in State:
        made = ready(session, place)
        made.state = here
        session.flush()
        if here in allowed:
            act(session, made, place.author)
            assert made.state is allowed[here]
            continue
        with pytest.raises(ForbiddenMove) as told:
            act(session, made, place.author)
        assert (told.value.here, made.state) == (here, here)


def test_a_confirmed_draft_is_on_its_way_with_a_line_in_the_audit_and_a_worker_woken(session: Session) -> None:
    place = settle(session)
    woken: list[tuple[str, int]] = []
    session.info["waker"] = lambda task, subject: woken.append((task, subject))
    made = launched(session, place)
    session.commit()
    assert (made.state, made.launched_at) == (State.SENDING, NOW)
    assert woken == [("launch", made.id)]
    line = audit.latest(session, place.agency.id)[0]
    assert (line.verb, line.officer_id, line.subject) == ("broadcast.launched", place.author.id, f"broadcast:{made.id}")


def test_an_edit_after_the_preview_voids_the_confirmation(session: Session) -> None:
    place = settle(session)
    made = ready(session, place)
    seen = compose.fingerprint(session, made)
    compose.set_text(session, made, place.author, locale="en", text="The river falls.")
    with pytest.raises(launch.Changed):
        confirm(session, made, place.author, seen)
    assert made.state is State.DRAFT


def test_what_is_not_ready_is_not_launched(session: Session) -> None:
    place = settle(session)
    made = compose.draft(session, place.agency, place.author, kind=Kind.NOTICE, now=NOW)
    with pytest.raises(launch.Unready) as told:
        confirm(session, made, place.author)
    assert [problem.flaw for problem in told.value.problems] == [Flaw.NO_TEXT]


def test_officers_of_another_agency_auditors_and_the_revoked_may_do_nothing(session: Session) -> None:
    place, other = settle(session), settle(session, "transport")
    made = launched(session, place)
    auditor = Officer(agency_id=place.agency.id, agency=place.agency, name="Lim", role=Role.AUDITOR, created_at=NOW)
    gone = Officer(agency_id=place.agency.id, agency=place.agency, name="Raj", role=Role.ADMIN, created_at=NOW)
    gone.revoked_at = NOW
    for officer in (other.admin, auditor, gone):
        for verb in (launch.pause, launch.cancel):
            with pytest.raises(compose.NotAllowed):
                verb(session, made, officer, now=NOW)
    assert made.state is State.SENDING


def test_an_author_may_stop_what_another_wrote(session: Session) -> None:
    place = settle(session)
    made = launched(session, place)
    colleague = Officer(agency_id=place.agency.id, agency=place.agency, name="Lim", role=Role.AUTHOR, created_at=NOW)
    session.add(colleague)
    session.flush()
    launch.pause(session, made, colleague, now=NOW)
    assert made.state is State.PAUSED


def test_pause_resume_and_cancel_reach_the_post_office(sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as session:
        place = settle(session)
        subscriber(session, place, at=[place.free])
        made = launched(session, place)
    planning.plan(sessions, made.id, limits_of=limits_of, clock=clock)
    steps = [
        (launch.pause, ConsignmentState.PAUSED),
        (launch.resume, ConsignmentState.OPEN),
        (launch.pause, ConsignmentState.PAUSED),
        (launch.cancel, ConsignmentState.STOPPED),
    ]
    for verb, expected in steps:
        with sessions.begin() as session:
            verb(session, session.get_one(Broadcast, made.id), place.author, now=NOW)
            assert session.get_one(Consignment, made.id, populate_existing=True).state is expected


def test_of_many_clicks_at_once_one_launches_and_the_others_are_told(sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as session:
        place = settle(session)
        made = ready(session, place)
        seen = compose.fingerprint(session, made)

    def click() -> State | None:
        try:
            with sessions.begin() as session:
                confirm(session, session.get_one(Broadcast, made.id), place.author, seen)
        except ForbiddenMove as error:
            return error.here
        return None

    told = at_once(*[click] * 6)
    assert sorted(told, key=str) == [None] + [State.SENDING] * 5
    with sessions() as session:
        verbs = [line.verb for line in audit.latest(session, place.agency.id)]
        assert verbs.count("broadcast.launched") == 1
        assert session.scalars(select(Broadcast.state)).all() == [State.SENDING]
