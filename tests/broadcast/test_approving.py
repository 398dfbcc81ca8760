"""Submitting, verdicts, and what an approval is worth: nothing of oneself, nothing after an edit, nothing for ever."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from broadcast import approval_cards, approving, clock, compose, launch, policy
from broadcast.approving import Unapproved
from broadcast.models import Broadcast
from broadcast.moving import Changed
from broadcast.policy import ApprovalRule
from broadcast.states import ForbiddenMove, Kind, Ruling, State
from db.engine import Sessions
from delivery.models import Letter
from staff import audit, officers
from staff.models import Officer, Role
from tests.broadcast.board import Board, approved, convene, join, officer, rule, submit, submitted
from tests.broadcast.places import NOW, limits_of, ready, settle

HOUR = timedelta(hours=1)


@pytest.fixture
def board(session: Session) -> Board:
    """Two people, so a notice needs one approver."""
    return convene(session)


def go(session: Session, made: Broadcast, who: Officer, seal: str | None = None) -> None:
    seen = seal or compose.fingerprint(session, made)
    launch.confirm(session, made, who, fingerprint=seen, limits_of=limits_of, now=NOW)


def test_without_a_rule_that_asks_for_it_nothing_is_submitted_and_the_code_launches(session: Session) -> None:
    place = settle(session)
    made = ready(session, place)
    with pytest.raises(approving.NotNeeded):
        submit(session, Board(place, [], place.author), made)
    go(session, made, place.author)
    assert made.state is State.SENDING


def test_what_needs_approval_is_not_launched_without_it(session: Session, board: Board) -> None:
    made = ready(session, board.place)
    with pytest.raises(Unapproved) as lacking:
        go(session, made, board.place.author)
    assert (lacking.value.needed, lacking.value.given, made.state) == (1, 0, State.DRAFT)
    submit(session, board, made)
    with pytest.raises(ForbiddenMove):
        go(session, made, board.place.author)
    rule(session, made, board.approvers[0])
    assert made.state is State.APPROVED
    go(session, made, board.place.author)
    audit.write(session)
    verbs = [line.verb for line in reversed(audit.latest(session, board.place.agency.id))]
    assert verbs[-3:] == ["broadcast.submitted", "broadcast.approved", "broadcast.launched"]


def test_even_the_launch_of_the_houses_own_asks_for_approvals(session: Session, board: Board) -> None:
    made = ready(session, board.place)
    with pytest.raises(Unapproved):
        launch.start(session, made, limits_of=limits_of, now=NOW)


def test_two_approvers_are_two_people(session: Session, board: Board) -> None:
    join(session, board, 2)
    made = submitted(session, board)
    assert made.approvers_needed == 2
    rule(session, made, board.approvers[0])
    with pytest.raises(ForbiddenMove):
        go(session, made, board.place.author)
    with pytest.raises(approving.AlreadyRuled):
        rule(session, made, board.approvers[0])
    rule(session, made, board.approvers[1])
    assert made.state is State.APPROVED


def test_nobody_approves_what_they_wrote_edited_or_submitted(session: Session, board: Board) -> None:
    made = ready(session, board.place)
    compose.set_text(session, made, board.place.admin, locale="en", text="The river falls.")
    submit(session, board, made)
    with pytest.raises(approving.OwnWork):
        rule(session, made, board.place.admin)
    theirs = compose.draft(session, board.place.agency, board.place.admin, kind=Kind.ALERT, now=NOW)
    compose.set_text(session, theirs, board.place.admin, locale="en", text="Run.")
    seal = compose.fingerprint(session, theirs)
    approving.submit(session, theirs, board.place.admin, fingerprint=seal, limits_of=limits_of, now=NOW)
    with pytest.raises(approving.OwnWork):
        rule(session, theirs, board.place.admin)


def test_only_approvers_and_admins_of_the_agency_who_are_not_revoked_have_a_verdict(
    session: Session, board: Board
) -> None:
    made, other = submitted(session, board), convene(session, "transport")
    gone = officer(session, board.place, Role.APPROVER, "Gone")
    officers.revoke(session, gone, now=NOW)
    for who in (board.colleague, other.approvers[0], other.place.admin, gone):
        with pytest.raises(compose.NotAllowed):
            rule(session, made, who)
    assert made.state is State.SUBMITTED


@pytest.mark.parametrize("ruling", [Ruling.RETURNED, Ruling.REJECTED])
def test_one_no_is_enough_and_has_its_reason(session: Session, board: Board, ruling: Ruling) -> None:
    join(session, board, 2)
    made = submitted(session, board)
    rule(session, made, board.approvers[0])
    rule(session, made, board.approvers[1], ruling)
    assert made.state is State(ruling.value)
    assert approving.verdicts(session, made)[-1].reason == "Not now, please."
    with pytest.raises(ForbiddenMove):
        go(session, made, board.place.author)


def test_what_was_returned_is_changed_and_submitted_anew_and_asked_about_anew(session: Session, board: Board) -> None:
    made = submitted(session, board)
    rule(session, made, board.approvers[0], Ruling.RETURNED)
    approving.take_back(session, made, board.place.author, now=NOW)
    submit(session, board, made)
    assert approving.verdicts(session, made) == []
    rule(session, made, board.approvers[0])
    assert made.state is State.APPROVED


def test_nothing_can_be_edited_while_it_is_looked_at_or_approved(session: Session, board: Board) -> None:
    for made in (submitted(session, board), approved(session, board)):
        with pytest.raises(ForbiddenMove):
            compose.set_text(session, made, board.place.author, locale="en", text="Something else.")


def test_taking_it_back_voids_the_approval(session: Session, board: Board) -> None:
    made = approved(session, board)
    approving.take_back(session, made, board.place.author, now=NOW)
    assert (made.state, made.approvers_needed, made.lapses_at) == (State.DRAFT, 0, None)
    with pytest.raises(Unapproved):
        go(session, made, board.place.author)
    with pytest.raises(ForbiddenMove):
        rule(session, made, board.approvers[1])


def test_a_verdict_on_what_it_no_longer_says_counts_for_nothing(session: Session, board: Board) -> None:
    made = submitted(session, board)
    seal = compose.fingerprint(session, made)
    approving.take_back(session, made, board.place.author, now=NOW)
    compose.set_text(session, made, board.place.author, locale="en", text="The river falls.")
    submit(session, board, made)
    with pytest.raises(Changed):
        rule(session, made, board.approvers[0], seal=seal)


def test_whatever_changes_past_the_rules_is_still_noticed_at_the_launch(session: Session, board: Board) -> None:
    made = approved(session, board)
    compose.put_text(session, made, "en", "Slipped in.")
    with pytest.raises(Unapproved):
        go(session, made, board.place.author)


def test_an_approval_of_somebody_who_was_revoked_since_counts_no_more(session: Session, board: Board) -> None:
    made = approved(session, board)
    officers.revoke(session, board.approvers[0], now=NOW)
    with pytest.raises(Unapproved):
        go(session, made, board.place.author)


def test_the_people_are_counted_anew_at_the_launch(session: Session, board: Board) -> None:
    made = approved(session, board)
    join(session, board, 2)
    with pytest.raises(Unapproved) as lacking:
        go(session, made, board.place.author)
    assert (lacking.value.needed, lacking.value.given) == (2, 1)


def test_nothing_is_submitted_where_too_few_could_approve_it(session: Session, board: Board) -> None:
    join(session, board, 2)
    for each in board.approvers:
        officers.revoke(session, each, now=NOW)
    made = ready(session, board.place)
    with pytest.raises(approving.NoApprovers) as few:
        submit(session, board, made)
    assert (few.value.needed, few.value.there, made.state) == (2, 1, State.DRAFT)


def test_an_approval_runs_out(sessions: Sessions) -> None:
    with sessions.begin() as session:
        board = convene(session)
        policy.set_hours(session, board.place.agency, 2, now=NOW)
        made, late = approved(session, board), submitted(session, board, now=NOW + HOUR)
        ids = made.id, late.id
    clock.tick(sessions, NOW + timedelta(minutes=119), limits_of=limits_of)
    with sessions() as session:
        assert [session.get_one(Broadcast, each).state for each in ids] == [State.APPROVED, State.SUBMITTED]
    clock.tick(sessions, NOW + 2 * HOUR, limits_of=limits_of)
    with sessions() as session:
        assert [session.get_one(Broadcast, each).state for each in ids] == [State.DRAFT, State.SUBMITTED]
    clock.tick(sessions, NOW + 3 * HOUR, limits_of=limits_of)
    with sessions() as session:
        assert [session.get_one(Broadcast, each).state for each in ids] == [State.DRAFT, State.DRAFT]
        texts = session.scalars(select(Letter.text).where(Letter.key.is_(None)).order_by(Letter.id)).all()
        assert sum("has run out" in text for text in texts) == 1
        assert sum("Nobody decided" in text for text in texts) == 1


def test_an_approval_that_ran_out_before_the_clock_saw_it_launches_nothing(session: Session, board: Board) -> None:
    made = approved(session, board)
    seal = compose.fingerprint(session, made)
    with pytest.raises(Unapproved):
        launch.confirm(
            session, made, board.place.author, fingerprint=seal, limits_of=limits_of, now=NOW + timedelta(hours=24)
        )


def test_an_alert_leaves_without_approval_for_a_reason_and_it_is_written_on_it(session: Session, board: Board) -> None:
    made = submitted(session, board, Kind.ALERT)
    seal = compose.fingerprint(session, made)

    def broken(reason: str) -> bool:
        return launch.break_glass(
            session, made, board.place.author, reason=reason, fingerprint=seal, limits_of=limits_of, now=NOW
        )

    for reason in ("", "too short", "1234567890 !!", "a b c d e f g h i"):
        with pytest.raises(launch.NoReason):
            broken(reason)
    assert broken(" The dam breaks now. ")
    assert (made.state, made.glass_reason, made.glass_officer_id) == (
        State.SENDING,
        "The dam breaks now.",
        board.place.author.id,
    )
    audit.write(session)
    lines = audit.latest(session, board.place.agency.id)
    [line] = [each for each in lines if each.verb == "broadcast.glass_broken"]
    assert line.details["reason"] == "The dam breaks now."
    with pytest.raises(ForbiddenMove):
        broken("The dam breaks again.")


def test_the_glass_is_only_for_alerts_and_only_for_who_may_write_them(session: Session, board: Board) -> None:
    notice, alert = submitted(session, board), submitted(session, board, Kind.ALERT)
    for made, who in ((notice, board.place.author), (alert, board.approvers[0]), (alert, board.colleague)):
        with pytest.raises(compose.NotAllowed):
            launch.break_glass(
                session,
                made,
                who,
                reason="The dam breaks now.",
                fingerprint=compose.fingerprint(session, made),
                limits_of=limits_of,
                now=NOW,
            )
        assert made.state is State.SUBMITTED


def test_where_nobody_has_to_approve_no_glass_is_broken(session: Session) -> None:
    place = settle(session)
    made = ready(session, place, Kind.ALERT)
    seal = compose.fingerprint(session, made)
    reason = "The dam breaks now."
    assert not launch.break_glass(
        session, made, place.author, reason=reason, fingerprint=seal, limits_of=limits_of, now=NOW
    )
    assert (made.state, made.glass_reason) == (State.SENDING, None)


def test_a_rule_that_came_after_the_code_was_shown_holds(session: Session) -> None:
    place = settle(session)
    made = ready(session, place)
    policy.set_rule(session, place.agency, ApprovalRule(Kind.NOTICE, 0, 1), now=NOW)
    with pytest.raises(Unapproved):
        go(session, made, place.author)


def test_every_approver_who_is_no_editor_has_the_texts_and_one_card(session: Session, board: Board) -> None:
    made = submitted(session, board)
    approval_cards.ask(session, made, limits_of=limits_of, now=NOW)
    rows = session.scalars(select(Letter).order_by(Letter.id)).all()
    to = {f"chat-{each.id}" for each in (*board.approvers, board.place.admin)}
    assert {row.to for row in rows} == to
    cards = [row for row in rows if row.key is not None]
    assert len(cards) == 3
    assert all("The river rises." in row.text for row in rows if row.key is None)
    mark = approving.mark(compose.fingerprint(session, made))
    assert all(mark in card.text and "2 people will get it" in card.text and "Siti" in card.text for card in cards)
    assert [key for key, *_ in cards[0].choices] == [
        f"approving:{action}:{made.code}:{mark}" for action in ("approve", "return", "reject")
    ]
