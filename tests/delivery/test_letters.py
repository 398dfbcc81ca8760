"""Letters: in order, retried for a while, cards rewritten in place, and the farewell that leaves without consent."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from channels.contract import (
    Choice,
    Message,
    Misconfigured,
    Refusal,
    Rejected,
    Throttled,
    Unavailable,
    Unreachable,
)
from db import wake
from delivery import letters, postman, senders
from delivery.drafts import Draft
from delivery.loop import Loop
from delivery.models import Letter, Sender
from delivery.postman import DELAYS
from delivery.states import LetterState
from subscribers import suppression
from subscribers.models import Subscriber, Suppression, SuppressionReason
from tests.delivery.conftest import LEASE, NOW, Desk, Town, open_desk
from tests.delivery.pigeon import Pigeon
from tests.delivery.taking import taken


def post(town: Town, text: str, *, to: str = "42") -> int:
    """Post a letter as a conversation does; its id."""
    with town.sessions.begin() as session:
        return letters.post(
            session,
            sender_id=town.sender_id,
            agency_id=town.agency_id,
            to=to,
            draft=Draft(text, (Choice("k", "Label", True),), columns=2, list_label="Choose"),
            now=NOW,
        ).id


def card(town: Town, desk: Desk, text: str, *, again: bool = False) -> None:
    """Write the progress card, and do what follows."""
    with town.sessions.begin() as session:
        letters.post_card(
            session,
            sender_id=town.sender_id,
            agency_id=town.agency_id,
            to="42",
            key="progress-1",
            draft=Draft(text),
            now=desk.clock.now,
            again=again,
        )
    desk.work_off()


def due(town: Town, desk: Desk) -> int:
    """What the clock does with letters."""
    with town.sessions.begin() as session:
        return postman.wake_due(session, desk.clock.now)


def state(town: Town, letter_id: int) -> LetterState:
    """Where a letter is."""
    with town.sessions() as session:
        return session.get_one(Letter, letter_id).state


def state_in(session: Session, letter_id: int) -> LetterState:
    """Where a letter is, in this transaction."""
    return session.get_one(Letter, letter_id).state


def refusing_once(refusal: Refusal, text: str) -> Pigeon:
    """A pigeon that refuses the first message with this text."""
    left = [refusal]
    return Pigeon(rule=lambda message: left.pop() if left and message.text == text else None)


def test_letters_of_one_address_leave_in_order_whoever_is_woken_first(town: Town, desk: Desk) -> None:
    ids = [post(town, f"{number}") for number in range(5)]
    desk.woken.reverse()
    desk.work_off()
    assert [message.text for message in desk.pigeon.carried] == ["0", "1", "2", "3", "4"]
    assert {state(town, id_) for id_ in ids} == {LetterState.SENT}
    sent = desk.pigeon.carried[0]
    assert sent.choices == (Choice("k", "Label", True),)
    assert (sent.reference, sent.columns, sent.list_label) == (f"letter-{ids[0]}", 2, "Choose")


def test_a_letter_does_not_overtake_one_that_waits_for_another_attempt(town: Town, loop: Loop) -> None:
    desk = open_desk(town, loop, pigeon=refusing_once(Unavailable("down"), "first"))
    post(town, "first")
    second = post(town, "second")
    post(town, "somebody else's", to="43")
    desk.work_off()
    assert [message.text for message in desk.pigeon.carried] == ["somebody else's"]
    assert due(town, desk) == 0, "the second cannot leave before the first"
    with town.sessions.begin() as session:
        wake.later(session, "post", second)
    desk.work_off()
    assert len(desk.pigeon.carried) == 1
    desk.clock.wait(2)
    assert due(town, desk) == 1
    desk.work_off()
    assert [message.text for message in desk.pigeon.carried[1:]] == ["first", "second"]


def test_a_letter_is_given_up_after_ten_minutes_of_trying(town: Town, loop: Loop) -> None:
    desk = open_desk(town, loop, pigeon=Pigeon(rule=lambda message: Unavailable("down")))
    letter = post(town, "Hello")
    for delay in DELAYS:
        desk.work_off()
        assert state(town, letter) is LetterState.WAITING
        desk.clock.wait(delay.total_seconds())
        due(town, desk)
    desk.work_off()
    assert state(town, letter) is LetterState.FAILED
    assert timedelta(minutes=9) < sum(DELAYS, timedelta()) < timedelta(minutes=12)


def test_a_letter_that_cannot_arrive_is_given_up_and_a_strike_keeps_no_further_letter_back(
    town: Town, loop: Loop
) -> None:
    desk = open_desk(town, loop, pigeon=refusing_once(Unreachable("blocked", code="403"), "first"))
    ids = [post(town, "first"), post(town, "second")]
    desk.work_off()
    assert [message.text for message in desk.pigeon.carried] == ["second"]
    with town.sessions() as session:
        assert [session.get_one(Letter, id_).reason for id_ in ids] == ["unreachable", None]
        assert session.scalars(select(Suppression.strikes)).one() == 1


def test_a_suppressed_address_gets_no_letter(town: Town, desk: Desk) -> None:
    with town.sessions.begin() as session:
        suppression.put(
            session,
            agency_id=town.agency_id,
            sender_id=town.sender_id,
            value="42",
            reason=SuppressionReason.BLOCKED,
            now=NOW,
        )
    letter = post(town, "first")
    desk.work_off()
    assert desk.pigeon.tried == []
    with town.sessions() as session:
        assert session.get_one(Letter, letter).reason == "suppressed"


def test_a_group_takes_one_letter_of_each_address_and_leaves_what_must_not_or_cannot_leave(
    town: Town, desk: Desk
) -> None:
    first, second, other, withheld = (post(town, "Hello", to=to) for to in ("42", "42", "43", "44"))
    with town.sessions.begin() as session:
        suppression.put(
            session,
            agency_id=town.agency_id,
            sender_id=town.sender_id,
            value="44",
            reason=SuppressionReason.BLOCKED,
            now=NOW,
        )
    asked = [second, first, 999, withheld, other]
    with town.sessions.begin() as session:
        found = postman.lease_all(session, asked, aboard={}, now=NOW, lease_for=LEASE)
        assert [each and each.leased.id for each in found] == [first, None, None, None, other]
        again = postman.lease_all(session, asked, aboard={}, now=NOW, lease_for=LEASE)
        assert again == [None] * 5
    assert state(town, withheld) is LetterState.FAILED
    with town.sessions.begin() as session:
        leased = [each.leased for each in found if each]
        sent = [(leased[1], "p2"), (replace(leased[0], epoch=7), "late"), (leased[0], "p1")]
        assert postman.settle_all(session, sent, now=NOW) == [True, False, True]
        assert session.get_one(Letter, first).provider_id == "p1"


def test_a_process_takes_no_more_letters_of_a_sender_than_its_share(town: Town, desk: Desk) -> None:
    ids = [post(town, "Hello", to=str(number)) for number in range(4)]
    aboard = {town.sender_id: postman.LETTERS_IN_HAND - 3}
    with town.sessions.begin() as session:
        found = postman.lease_all(session, ids, aboard=aboard, now=NOW, lease_for=LEASE)
        assert [each is not None for each in found] == [True, True, True, False]
        assert state_in(session, ids[3]) is LetterState.WAITING


def test_the_farewell_leaves_although_consent_is_gone(town: Town, desk: Desk) -> None:
    (person,) = town.settle_in(1)
    with town.sessions.begin() as session:
        session.execute(update(Subscriber).values(consented_at=None))
    post(town, "Goodbye", to=str(1_000_000 + person))
    desk.work_off()
    assert [message.text for message in desk.pigeon.carried] == ["Goodbye"]


def test_throttling_costs_a_letter_no_attempt(town: Town, loop: Loop) -> None:
    desk = open_desk(town, loop, pigeon=refusing_once(Throttled(retry_after=timedelta(seconds=0.1)), "Hello"))
    letter = post(town, "Hello")
    desk.work_off()
    desk.clock.wait(1)
    assert due(town, desk) == 1
    desk.work_off()
    with town.sessions() as session:
        row = session.get_one(Letter, letter)
        assert (row.state, row.attempt, row.provider_id) == (LetterState.SENT, 0, "p1")


def test_letters_wait_for_a_sender_that_was_stopped(town: Town, loop: Loop) -> None:
    desk = open_desk(town, loop, pigeon=refusing_once(Misconfigured("bad_token"), "Hello"))
    letter = post(town, "Hello")
    desk.work_off()
    assert state(town, letter) is LetterState.WAITING
    assert due(town, desk) == 0
    with town.sessions.begin() as session:
        assert session.get_one(Sender, town.sender_id).stopped_reason == "bad_token"
        senders.resume(session, town.sender_id)
    desk.work_off()
    assert state(town, letter) is LetterState.SENT


def test_a_letter_whose_worker_died_is_sent_by_the_next(town: Town, desk: Desk) -> None:
    letter = post(town, "Hello")
    with town.sessions.begin() as session:
        dead = taken(session, letter, now=NOW, lease_for=LEASE)
    assert dead
    desk.work_off()
    assert desk.pigeon.carried == []
    desk.clock.wait(16)
    assert due(town, desk) == 1
    desk.work_off()
    assert len(desk.pigeon.carried) == 1
    with town.sessions.begin() as session:
        assert postman.settle_all(session, [(dead, "late")], now=desk.clock.now) == [False]
        assert session.get_one(Letter, letter).provider_id == "p1"


def test_a_card_is_rewritten_in_place(town: Town, desk: Desk) -> None:
    card(town, desk, "10 %")
    card(town, desk, "20 %")
    card(town, desk, "20 %")
    assert [message.text for message in desk.pigeon.carried] == ["10 %"]
    assert [(id_, message.text) for id_, message in desk.pigeon.edited] == [("p1", "20 %")]


def test_a_card_rewritten_while_it_leaves_is_edited_afterwards(town: Town, desk: Desk) -> None:
    def rewrite() -> None:
        desk.pigeon.while_flying = lambda: None
        with town.sessions.begin() as session:
            letters.post_card(
                session,
                sender_id=town.sender_id,
                agency_id=town.agency_id,
                to="42",
                key="progress-1",
                draft=Draft("20 %"),
                now=NOW,
            )

    desk.pigeon.while_flying = rewrite
    card(town, desk, "10 %")
    assert [(id_, message.text) for id_, message in desk.pigeon.edited] == [("p1", "20 %")]


def test_where_nothing_can_be_edited_a_card_is_sent_anew_only_when_asked(town: Town, loop: Loop) -> None:
    desk = open_desk(town, loop, pigeon=Pigeon().with_limits(can_edit=False))
    for text, again in (("10 %", False), ("20 %", False), ("done", True)):
        card(town, desk, text, again=again)
    assert [message.text for message in desk.pigeon.carried] == ["10 %", "done"]
    with town.sessions() as session:
        assert session.scalars(select(Letter.state)).all() == [LetterState.SENT]


@pytest.mark.parametrize(("can_edit", "edited", "carried"), [(True, 1, 0), (False, 0, 1)])
def test_a_reply_replaces_the_message_that_was_tapped_where_the_channel_can(
    town: Town, loop: Loop, can_edit: bool, edited: int, carried: int
) -> None:
    desk = open_desk(town, loop, pigeon=Pigeon().with_limits(can_edit=can_edit))
    _post_edit(town)
    desk.work_off()
    assert (len(desk.pigeon.edited), len(desk.pigeon.carried)) == (edited, carried)


def test_a_reply_to_a_message_that_is_gone_is_sent_anew(town: Town, loop: Loop) -> None:
    left = [Rejected("gone")]

    def rule(message: Message) -> Refusal | None:
        return left.pop() if left else None

    desk = open_desk(town, loop, pigeon=Pigeon(rule=rule))
    _post_edit(town)
    desk.work_off()
    assert [message.text for message in desk.pigeon.carried] == ["Topics"]


def _post_edit(town: Town) -> None:
    with town.sessions.begin() as session:
        draft = Draft("Topics", edits="77")
        letters.post(session, sender_id=town.sender_id, agency_id=town.agency_id, to="42", draft=draft, now=NOW)


def test_two_clocks_that_write_the_same_card_at_once_send_one(town: Town, desk: Desk) -> None:
    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(_write_card, town) for _ in range(4)]:
            done.result()
    desk.work_off()
    assert len(desk.pigeon.carried) == 1


def _write_card(town: Town) -> None:
    with town.sessions.begin() as session:
        letters.post_card(
            session,
            sender_id=town.sender_id,
            agency_id=town.agency_id,
            to="42",
            key="progress-1",
            draft=Draft("10 %", (Choice("k", "Pause"),)),
            now=NOW,
        )
