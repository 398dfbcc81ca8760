"""Several officers in the same moment, with real threads: one broadcast, never two."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

import tests.at_once
from broadcast import approving, compose, launch, scheduling
from broadcast.models import Broadcast, Verdict
from broadcast.states import ForbiddenMove, Ruling, State
from db.engine import Sessions
from staff.models import AuditEntry, Officer
from tests.broadcast.board import approved, convene, join, rule, submitted
from tests.broadcast.places import NOW, limits_of

Deed = Callable[[Session, Broadcast], object]
SOON = NOW + timedelta(hours=1)
REFUSED = (ForbiddenMove, approving.AlreadyRuled, launch.Changed, approving.Unapproved)


def at_once(sessions: Sessions, broadcast_id: int, *deeds: Deed) -> list[str]:
    """Do all of it in the same moment, each in a transaction of its own; what each said, "done" or its refusal."""

    def do(deed: Deed) -> str:
        try:
            with sessions.begin() as session:
                deed(session, session.get_one(Broadcast, broadcast_id))
        except REFUSED as refused:
            return type(refused).__name__
        return "done"

    return tests.at_once.at_once(*(partial(do, deed) for deed in deeds))


def says(officer_id: int, ruling: Ruling, seal: str) -> Deed:
    """A tap of this officer."""
    return lambda session, made: rule(session, made, session.get_one(Officer, officer_id), ruling, seal=seal)


def confirms(officer_id: int, seal: str) -> Deed:
    """A typed code of this officer."""
    return lambda session, made: launch.confirm(
        session, made, session.get_one(Officer, officer_id), fingerprint=seal, limits_of=limits_of, now=NOW
    )


def verbs(sessions: Sessions) -> list[str]:
    """What was done, in order."""
    with sessions() as session:
        return list(session.scalars(select(AuditEntry.verb).order_by(AuditEntry.id)))


def state(sessions: Sessions, broadcast_id: int) -> State:
    """Where it stands."""
    with sessions() as session:
        return session.get_one(Broadcast, broadcast_id).state


@pytest.mark.parametrize("needed", [1, 2])
def test_two_approvers_in_the_same_moment_approve_it_once(sessions: Sessions, needed: int) -> None:
    with sessions.begin() as session:
        board = convene(session)
        join(session, board, 2 * (needed - 1))
        made = submitted(session, board)
        seal, ids = compose.fingerprint(session, made), [each.id for each in board.approvers]
    told = at_once(sessions, made.id, *(says(each, Ruling.APPROVED, seal) for each in ids))
    assert sorted(told) == (["ForbiddenMove", "done"] if needed == 1 else ["done", "done"])
    assert state(sessions, made.id) is State.APPROVED
    with sessions() as session:
        assert len(session.scalars(select(Verdict)).all()) == needed


def test_a_double_tap_is_one_verdict(sessions: Sessions) -> None:
    with sessions.begin() as session:
        board = convene(session)
        join(session, board, 2)
        made = submitted(session, board)
        seal, approver = compose.fingerprint(session, made), board.approvers[0].id
    told = at_once(sessions, made.id, *[says(approver, Ruling.APPROVED, seal)] * 4)
    assert sorted(told) == ["AlreadyRuled"] * 3 + ["done"]
    assert state(sessions, made.id) is State.SUBMITTED


def test_a_yes_and_a_no_in_the_same_moment_are_one_of_both(sessions: Sessions) -> None:
    with sessions.begin() as session:
        board = convene(session)
        made = submitted(session, board)
        seal, ids = compose.fingerprint(session, made), [each.id for each in board.approvers]
    told = at_once(sessions, made.id, says(ids[0], Ruling.APPROVED, seal), says(ids[1], Ruling.REJECTED, seal))
    assert sorted(told) == ["ForbiddenMove", "done"]
    assert state(sessions, made.id) in (State.APPROVED, State.REJECTED)


def test_an_approval_and_an_edit_in_the_same_moment_never_approve_the_edit(sessions: Sessions) -> None:
    with sessions.begin() as session:
        board = convene(session)
        made = submitted(session, board)
        seal, author, approver = compose.fingerprint(session, made), board.place.author.id, board.approvers[0].id

    def edits(session: Session, found: Broadcast) -> None:
        writer = session.get_one(Officer, author)
        approving.take_back(session, found, writer, now=NOW)
        compose.set_text(session, found, writer, locale="en", text="Something else.")

    told = at_once(sessions, made.id, says(approver, Ruling.APPROVED, seal), edits)
    assert told[1] == "done"
    assert state(sessions, made.id) is State.DRAFT
    with sessions() as session, pytest.raises(approving.Unapproved):
        confirms(author, compose.fingerprint(session, session.get_one(Broadcast, made.id)))(
            session, session.get_one(Broadcast, made.id)
        )


def test_a_launch_and_an_edit_in_the_same_moment_send_what_was_approved_or_nothing(sessions: Sessions) -> None:
    with sessions.begin() as session:
        board = convene(session)
        made = approved(session, board)
        seal, author = compose.fingerprint(session, made), board.place.author.id

    def takes_back(session: Session, found: Broadcast) -> None:
        approving.take_back(session, found, session.get_one(Officer, author), now=NOW)

    told = at_once(sessions, made.id, confirms(author, seal), takes_back)
    assert told.count("done") == 1
    assert state(sessions, made.id) is (State.SENDING if told[0] == "done" else State.DRAFT)


def test_two_launches_of_what_was_approved_are_one(sessions: Sessions) -> None:
    with sessions.begin() as session:
        board = convene(session)
        made = approved(session, board)
        seal, ids = compose.fingerprint(session, made), (board.place.author.id, board.place.admin.id)
    told = at_once(sessions, made.id, *(confirms(each, seal) for each in (*ids, *ids)))
    assert sorted(told) == ["ForbiddenMove"] * 3 + ["done"]
    assert verbs(sessions).count("broadcast.launched") == 1


def test_two_clocks_and_an_officer_launch_it_once(sessions: Sessions) -> None:
    with sessions.begin() as session:
        board = convene(session)
        made = approved(session, board)
        seal, author = compose.fingerprint(session, made), board.place.author
        scheduling.schedule(session, made, author, at=SOON, fingerprint=seal, limits_of=limits_of, now=NOW)

    def ticks(session: Session, found: Broadcast) -> None:
        scheduling.run(session, found.id, limits_of=limits_of, now=SOON)

    at_once(sessions, made.id, ticks, confirms(author.id, seal), ticks)
    assert state(sessions, made.id) is State.SENDING
    assert verbs(sessions).count("broadcast.launched") == 1
