"""Launching at a set hour: once, exactly what was confirmed, or not at all and said why."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from broadcast import approving, clock, compose, launch, policy, scheduling
from broadcast.models import Broadcast
from broadcast.policy import ApprovalRule
from broadcast.states import ForbiddenMove, Kind, State
from db.engine import Sessions
from delivery.models import Letter
from staff import officers
from tests.broadcast.board import Board, approved, convene, join
from tests.broadcast.places import NOW, limits_of, ready, settle

SOON = NOW + timedelta(hours=1)


def plan(session: Session, board: Board, made: Broadcast, at: datetime = SOON) -> None:
    """Schedule it as it is."""
    seal = compose.fingerprint(session, made)
    scheduling.schedule(session, made, board.place.author, at=at, fingerprint=seal, limits_of=limits_of, now=NOW)


def scheduled(session: Session) -> tuple[Board, Broadcast]:
    """Something approved that leaves soon."""
    board = convene(session)
    made = approved(session, board)
    plan(session, board, made)
    return board, made


def found(sessions: Sessions) -> Broadcast:
    """The one broadcast as it stands."""
    with sessions() as session:
        return session.scalars(select(Broadcast)).one()


def test_it_is_launched_at_its_hour_and_not_a_second_before(sessions: Sessions) -> None:
    with sessions.begin() as session:
        scheduled(session)
    clock.tick(sessions, SOON - timedelta(seconds=1), limits_of=limits_of)
    assert found(sessions).state is State.SCHEDULED
    for late in range(3):
        clock.tick(sessions, SOON + timedelta(seconds=late), limits_of=limits_of)
    assert (found(sessions).state, found(sessions).launched_at) == (State.SENDING, SOON)


def test_without_rules_a_draft_is_scheduled_at_once(session: Session) -> None:
    place = settle(session)
    made = ready(session, place)
    plan(session, Board(place, [], place.author), made)
    assert (made.state, made.scheduled_zone) == (State.SCHEDULED, "Asia/Singapore")
    scheduling.unschedule(session, made, place.admin, now=NOW)
    assert (made.state, made.scheduled_at) == (State.DRAFT, None)


@pytest.mark.parametrize(
    ("at", "refusal"),
    [
        (NOW, scheduling.Past),
        (NOW - timedelta(days=1), scheduling.Past),
        (NOW + timedelta(days=367), scheduling.TooFar),
        (NOW + timedelta(hours=24), scheduling.Lapses),
    ],
)
def test_an_hour_that_cannot_be_is_refused(session: Session, at: datetime, refusal: type[Exception]) -> None:
    board = convene(session)
    made = approved(session, board)
    with pytest.raises(refusal):
        plan(session, board, made, at)
    assert made.state is State.APPROVED


def test_what_lacks_approval_or_was_seen_otherwise_is_not_scheduled(session: Session) -> None:
    board = convene(session)
    made = ready(session, board.place)
    with pytest.raises(approving.Unapproved):
        plan(session, board, made)
    with pytest.raises(launch.Changed):
        scheduling.schedule(
            session, made, board.place.author, at=SOON, fingerprint="0" * 64, limits_of=limits_of, now=NOW
        )


def test_it_can_be_set_to_another_hour_and_taken_off_and_stays_approved(session: Session) -> None:
    board, made = scheduled(session)
    plan(session, board, made, SOON + timedelta(hours=2))
    assert scheduling.due(session, SOON) == []
    assert not scheduling.run(session, made.id, limits_of=limits_of, now=SOON)
    scheduling.unschedule(session, made, board.place.author, now=NOW)
    assert (made.state, made.scheduled_at) == (State.APPROVED, None)
    with pytest.raises(ForbiddenMove):
        scheduling.unschedule(session, made, board.place.author, now=NOW)


def test_what_is_cancelled_or_taken_back_never_leaves(sessions: Sessions) -> None:
    with sessions.begin() as session:
        board, made = scheduled(session)
        other = approved(session, board)
        plan(session, board, other)
        launch.cancel(session, made, board.place.author, now=NOW)
        approving.take_back(session, other, board.place.author, now=NOW)
    clock.tick(sessions, SOON, limits_of=limits_of)
    with sessions() as session:
        assert set(session.scalars(select(Broadcast.state))) == {State.CANCELLED, State.DRAFT}


def change(session: Session, _: Board, made: Broadcast) -> None:
    compose.put_text(session, made, "en", "Slipped in.")


def unready(session: Session, _: Board, made: Broadcast) -> None:
    made.confirmed_hash = None
    compose.put_text(session, made, "en", "x" * 5000)
    made.confirmed_hash = compose.fingerprint(session, made)
    policy.remove_rule(session, compose.agency_of(session, made), Kind.NOTICE, 2, now=NOW)


def more_people(session: Session, board: Board, _: Broadcast) -> None:
    join(session, board, 2)


def stricter(session: Session, board: Board, _: Broadcast) -> None:
    policy.set_rule(session, board.place.agency, ApprovalRule(Kind.NOTICE, 0, 2), now=NOW)
    policy.set_rule(session, board.place.agency, ApprovalRule(Kind.NOTICE, 2, 2), now=NOW)


def sooner(session: Session, board: Board, _: Broadcast) -> None:
    policy.set_hours(session, board.place.agency, 1, now=NOW)


def revoked(session: Session, board: Board, _: Broadcast) -> None:
    officers.revoke(session, board.place.author, now=NOW)


@pytest.mark.parametrize(
    ("happens", "said"),
    [
        (change, "no longer what was confirmed"),
        (unready, "has to be put right"),
        (more_people, "lacks an approval"),
        (stricter, "lacks an approval"),
        (sooner, "lacks an approval"),
        (revoked, "may not send any more"),
    ],
)
def test_what_may_not_leave_then_is_held_and_everybody_is_told(
    sessions: Sessions, happens: Callable[[Session, Board, Broadcast], None], said: str
) -> None:
    with sessions.begin() as session:
        board, made = scheduled(session)
        happens(session, board, made)
        author = f"chat-{board.place.author.id}"
    for late in range(2):
        clock.tick(sessions, SOON + timedelta(seconds=late), limits_of=limits_of)
    assert (found(sessions).state, found(sessions).launched_at) == (State.DRAFT, None)
    with sessions() as session:
        told = [row.to for row in session.scalars(select(Letter).where(Letter.key.is_(None))) if said in row.text]
    others = 3  # two approvers and the admin
    assert len(told) == others + (author in told)
    assert (author in told) is (happens is not revoked)


def test_after_a_long_silence_of_the_clock_it_is_held(sessions: Sessions) -> None:
    with sessions.begin() as session:
        scheduled(session)
    clock.tick(sessions, SOON + timedelta(minutes=31), limits_of=limits_of)
    assert found(sessions).state is State.DRAFT
    with sessions() as session:
        assert any("too late for that now" in text for text in session.scalars(select(Letter.text)))


def test_a_clock_that_dies_in_the_middle_leaves_it_for_the_next(sessions: Sessions) -> None:
    with sessions.begin() as session:
        _, made = scheduled(session)
    with sessions() as session:  # dies before its commit
        assert scheduling.run(session, made.id, limits_of=limits_of, now=SOON)
    assert found(sessions).state is State.SCHEDULED
    clock.tick(sessions, SOON, limits_of=limits_of)
    assert found(sessions).state is State.SENDING


def test_an_hour_is_kept_as_an_instant(session: Session) -> None:
    board = convene(session)
    made = approved(session, board)
    plan(session, board, made, datetime(2026, 11, 24, 6, 30, tzinfo=UTC))
    assert made.scheduled_at == datetime(2026, 11, 24, 6, 30, tzinfo=UTC)
