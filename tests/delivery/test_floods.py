"""One person who writes without end is answered at their own pace and slows down nobody else."""

import time
from datetime import timedelta

from sqlalchemy import select

from channels.contract import Message, Refusal, Throttled
from delivery import letters
from delivery.chats import FullChats
from delivery.drafts import Draft
from delivery.letters import WAITING_AT_MOST
from delivery.loop import Loop
from delivery.models import Letter, Retry, Sender
from delivery.states import Lane, LetterState
from tests.delivery.conftest import Desk, Town, open_desk
from tests.delivery.pigeon import Pigeon
from tests.delivery.test_throttle import Seconds


def write(town: Town, desk: Desk, text: str, *, to: str) -> None:
    """Post a letter as a conversation does."""
    with town.sessions.begin() as session:
        kept = {"sender_id": town.sender_id, "agency_id": town.agency_id}
        letters.post(session, **kept, to=to, draft=Draft(text), now=desk.clock.now)


def state_of(town: Town, to: str) -> list[tuple[str, LetterState, str | None]]:
    """Every letter to an address: what it says, and what became of it."""
    with town.sessions() as session:
        rows = session.execute(
            select(Letter.text, Letter.state, Letter.reason).where(Letter.to == to).order_by(Letter.id)
        )
        return [(row[0], row[1], row[2]) for row in rows]


def is_held(town: Town) -> bool:
    """Whether the whole sender waits."""
    with town.sessions() as session:
        return session.get_one(Sender, town.sender_id).held_until is not None


def chat_is_full(message: Message) -> Refusal | None:
    """What a platform answers that allows one message a second in a chat, and no more than two at once."""
    is_full = message.to == "talker" and message.text not in ("one", "two")
    return Throttled("too_fast", code="429", retry_after=timedelta(seconds=1)) if is_full else None


def test_a_chat_that_is_too_fast_waits_alone(town: Town, loop: Loop) -> None:
    desk = open_desk(town, loop, pigeon=Pigeon(rule=chat_is_full))
    for text in ("one", "two", "three"):
        write(town, desk, text, to="talker")
    write(town, desk, "hello", to="neighbour")
    desk.work_off()
    assert state_of(town, "talker")[2] == ("three", LetterState.WAITING, None)
    assert state_of(town, "neighbour") == [("hello", LetterState.SENT, None)]
    assert not is_held(town)


def test_a_sender_that_is_too_fast_for_somebody_silent_waits_as_a_whole(town: Town, loop: Loop) -> None:
    desk = open_desk(town, loop, pigeon=Pigeon(rule=chat_is_full))
    write(town, desk, "out of the blue", to="talker")
    desk.work_off()
    assert is_held(town)


def test_who_writes_without_end_gets_the_newest_answers_only(town: Town, desk: Desk) -> None:
    count = WAITING_AT_MOST + 20
    for number in range(count):
        write(town, desk, f"answer {number}", to="talker")
    write(town, desk, "hello", to="neighbour")
    desk.work_off(rounds=10 * count)
    became = state_of(town, "talker")
    assert [state for _, state, _ in became] == [LetterState.FAILED] * 20 + [LetterState.SENT] * WAITING_AT_MOST
    assert {reason for _, _, reason in became[:20]} == {"overtaken"}
    assert state_of(town, "neighbour") == [("hello", LetterState.SENT, None)]


def test_somebody_whose_chat_is_always_full_does_not_hold_back_an_alert_for_everybody(town: Town, loop: Loop) -> None:
    people = town.settle_in(200)
    talkers = {str(1_000_000 + id_) for id_ in people[::10]}

    def rule(message: Message) -> Refusal | None:
        return Throttled("too_fast", retry_after=timedelta(seconds=0.05)) if message.to in talkers else None

    desk = open_desk(town, loop, pigeon=Pigeon(rule=rule))
    town.announce(people, lane=Lane.ALERT, size=50)
    for _ in range(45):
        desk.woken.append(("alert", town.sender_id))
        desk.work_off()
        desk.clock.wait(1)
        time.sleep(0.06)  # the brakes know no clock but the wall's
    assert {message.to for message in desk.pigeon.carried} == {str(1_000_000 + id_) for id_ in people} - talkers
    with town.sessions() as session:
        waiting = session.scalars(select(Retry.subscriber_id).order_by(Retry.subscriber_id)).all()
        assert waiting == people[::10]


def test_a_platform_that_refuses_everybody_holds_the_sender_each_time(town: Town, loop: Loop) -> None:
    pigeon = Pigeon(rule=lambda message: Throttled("too_fast", retry_after=timedelta(seconds=0.05)))
    desk = open_desk(town, loop, pigeon=pigeon)
    town.announce(town.settle_in(50))
    for _ in range(5):
        desk.woken.append(("work", town.sender_id))
        desk.work_off()
        with town.sessions() as session:
            held_until = session.get_one(Sender, town.sender_id).held_until
            assert held_until is not None
            assert held_until > desk.clock.now
            assert session.scalars(select(Retry)).all() == []
        desk.clock.wait(1)
        time.sleep(0.06)


def test_a_chat_is_full_by_itself_when_it_is_refused_again_and_others_got_through() -> None:
    seconds = Seconds()
    chats = FullChats(seconds)
    assert not chats.is_alone(1, "talker", 1.0)
    seconds.now += 2
    assert not chats.is_alone(1, "talker", 1.0)  # nobody got through meanwhile
    chats.went(2)
    seconds.now += 2
    assert not chats.is_alone(1, "talker", 1.0)  # nor by this sender
    seconds.now += 1
    chats.went(1)
    seconds.now += 1
    assert not chats.is_alone(1, "neighbour", 1.0)
    assert not chats.is_alone(2, "talker", 1.0)
    assert chats.is_alone(1, "talker", 1.0)
    assert chats.is_alone(1, "talker", 1.0)
    seconds.now += 62
    assert not chats.is_alone(1, "talker", 1.0)  # long ago
