"""Kept calls are handled in order, once, and a crash stops nobody else."""

import random
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session, sessionmaker

from bot import conversation
from bot.models import Conversation
from db.engine import create_engine, session_factory
from delivery.models import Letter, Sender
from locales import texts
from subscribers.models import Address, Subscriber
from tests.channels.recorded import payload
from tests.webhooks import gate as calls
from tests.webhooks.gate import Gate, opened
from webhooks import hearing
from webhooks.hearing import ATTEMPTS
from webhooks.models import Call, CallState

TALK = ["/start", "Tamil", "HELP", "/topics", "nonsense", "English", "/language", "STOP", "/start", "HELP"]


def test_the_answer_is_posted_with_the_handling_and_hearing_again_answers_nothing_more(gate: Gate, bot: Sender) -> None:
    gate.telegram(bot, calls.update(1, 42, "/start"))
    gate.work()
    [call] = gate.calls()
    answered = gate.answers("42")
    assert call.state is CallState.HANDLED
    assert call.handled_at
    assert answered
    for _ in range(3):
        gate.hear(call.id)
    assert gate.answers("42") == answered


def test_an_answer_whose_wake_up_was_lost_is_found_by_the_clock_and_given_once(gate: Gate, bot: Sender) -> None:
    gate.telegram(bot, calls.update(1, 42, "/start"))
    gate.telegram(bot, calls.update(2, 42, "HELP"))
    gate.telegram(bot, calls.update(3, 43, "/start"))
    gate.wakes.clear()  # the process died between the commit and the wake-up
    now = calls.utc_now()
    assert _wake_waiting(gate, now) == 0  # nothing has waited for five seconds yet
    later = now + timedelta(seconds=6)
    assert _wake_waiting(gate, later) == 2  # one for each person: the rest follows by itself
    assert _wake_waiting(gate, later + timedelta(seconds=1)) == 0  # and no second time while a queue is long
    gate.work()
    assert {call.state for call in gate.calls()} == {CallState.HANDLED}
    assert _wake_waiting(gate, later + timedelta(minutes=1)) == 0


def test_people_who_talk_at_once_get_the_answers_of_one_who_talks_alone(gate: Gate, bot: Sender) -> None:
    alone = _transcript(gate, bot, 1000)
    crowd = [2000, 2001, 2002]
    for turn, text in enumerate(TALK):
        for chat in crowd:
            assert gate.telegram(bot, calls.update(chat * 100 + turn, chat, text)).status == 200
    waiting = [call.id for call in gate.calls(CallState.WAITING)]
    gate.wakes.clear()
    _all_at_once(gate, waiting)
    assert {call.state for call in gate.calls()} == {CallState.HANDLED}
    for chat in crowd:
        assert gate.answers(str(chat)) == alone


def test_calls_are_handled_by_arrival_even_where_their_rows_were_numbered_otherwise(gate: Gate, bot: Sender) -> None:
    alone = _transcript(gate, bot, 1000)
    for turn, text in enumerate(TALK):
        gate.telegram(bot, calls.update(2000 - turn, 42, text))
    with gate.sessions.begin() as session:
        for call in gate.calls(CallState.WAITING):  # as if another web process had numbered them the other way round
            session.execute(update(Call).where(Call.id == call.id).values(id=10_000 - call.id))
    gate.wakes[:] = [("hear", gate.calls(CallState.WAITING)[-1].id)]
    gate.work()
    assert gate.answers("42") == alone


def test_a_person_whose_call_takes_long_does_not_keep_others_waiting(migrated_postgresql_url: str) -> None:
    engine = create_engine(migrated_postgresql_url)
    with opened(Gate(session_factory(engine))) as gate:
        bot = gate.bot(gate.agency("water"))
        gate.telegram(bot, calls.update(1, 42, "/start"))
        gate.telegram(bot, calls.update(2, 43, "/start"))
        slow, quick = gate.calls()
        with ThreadPoolExecutor(1) as worker:
            with gate.sessions.begin() as session:
                conversation.lock(session, sender_id=bot.id, address="42", now=calls.utc_now())
                held: Future[None] = worker.submit(gate.hear, slow.id)
                gate.hear(quick.id)
                assert gate.answers("43")
                assert not held.done()
                assert not gate.answers("42")
            held.result(10)
        assert gate.answers("42")
    engine.dispose()


def test_a_call_that_crashes_the_conversation_is_given_up_kindly_in_their_language_and_the_next_is_heard(
    gate: Gate, bot: Sender
) -> None:
    _settle_in(gate, bot, "42", locale="ta")
    _break_conversation(gate, "42")
    gate.telegram(bot, calls.update(11, 42, "hello"))
    gate.telegram(bot, calls.update(12, 42, "STOP"))
    before = len(gate.answers("42"))
    gate.work()
    first, second = gate.calls()[-2:]
    assert (first.state, first.attempts, first.error) == (CallState.FAILED, ATTEMPTS, "gave up: AttributeError")
    assert second.state is CallState.HANDLED
    sorry, *farewell = gate.answers("42")[before:]
    assert sorry == texts.say("error.sorry", "ta")
    assert farewell


def test_a_crash_leaves_nothing_of_itself_and_is_tried_again(gate: Gate, bot: Sender) -> None:
    _settle_in(gate, bot, "42", locale="en")
    _break_conversation(gate, "42")
    gate.telegram(bot, calls.update(11, 42, "hello"))
    letters = gate.count(Letter)
    call = gate.calls()[-1]
    gate.hear(call.id)
    assert gate.calls()[-1].attempts == 1
    assert gate.count(Letter) == letters
    assert ("hear", call.id) in gate.wakes
    _mend_conversation(gate, "42")
    gate.work()
    assert gate.calls()[-1].state is CallState.HANDLED


def test_a_call_that_was_given_up_can_be_replayed_once_the_cause_is_mended(gate: Gate, bot: Sender) -> None:
    _settle_in(gate, bot, "42", locale="en")
    _break_conversation(gate, "42")
    gate.telegram(bot, calls.update(11, 42, "HELP"))
    gate.work()
    call = gate.calls()[-1]
    assert call.state is CallState.FAILED
    _mend_conversation(gate, "42")
    before = len(gate.answers("42"))
    for is_first in (True, False):
        with gate.sessions.begin() as session:
            assert hearing.replay(session, call.id) is is_first
    gate.work()
    assert gate.calls()[-1].state is CallState.HANDLED
    assert len(gate.answers("42")) > before
    with gate.sessions.begin() as session:
        assert not hearing.replay(session, call.id)
        assert not hearing.replay(session, 10_000)


@pytest.mark.parametrize(("hint", "locale"), [("ms", "ms"), ("fr", "en")])
def test_a_strangers_first_word_that_crashes_is_answered_in_the_language_of_their_phone(
    gate: Gate, bot: Sender, hint: str, locale: str
) -> None:
    with gate.sessions.begin() as session:
        session.add(Conversation(sender_id=bot.id, address="42", data={"offered": 5}, updated_at=calls.utc_now()))
    said = calls.update(1, 42, "hi").replace(b'"language_code": "en"', f'"language_code": "{hint}"'.encode())
    gate.telegram(bot, said)
    gate.work()
    assert gate.answers("42") == [texts.say("error.sorry", locale)]
    assert gate.count(Address) == gate.count(Subscriber) == 0


def test_who_blocks_us_is_told_nothing(gate: Gate, bot: Sender) -> None:
    gate.telegram(bot, payload("telegram/blocked.json"))
    gate.work()
    [call] = gate.calls()
    assert call.state is CallState.HANDLED
    assert gate.count(Letter) == 0


def test_in_a_long_queue_nobody_is_woken_anew_before_five_minutes(gate: Gate, bot: Sender) -> None:
    gate.telegram(bot, calls.update(1, 42, "/start"))
    later = calls.utc_now() + timedelta(minutes=1)
    with gate.sessions.begin() as session:
        assert hearing.wake_unheard(session, later, backlog=1_000) == 0
        assert hearing.wake_unheard(session, later, backlog=10) == 1
        assert hearing.wake_unheard(session, later + timedelta(minutes=1), backlog=1_000) == 0
        assert hearing.wake_unheard(session, later + timedelta(minutes=6), backlog=1_000) == 1


def test_a_call_of_nobody_wakes_nobody(gate: Gate, bot: Sender) -> None:
    gate.telegram(bot, b"rubbish")
    [call] = gate.calls()
    gate.hear(call.id)
    gate.hear(10_000)
    assert gate.calls(CallState.MALFORMED)
    assert _wake_waiting(gate, calls.utc_now() + timedelta(hours=1)) == 0


def _transcript(gate: Gate, bot: Sender, chat: int) -> list[str]:
    for turn, text in enumerate(TALK):
        gate.telegram(bot, calls.update(chat * 100 + turn, chat, text))
        gate.work()
    answers = gate.answers(str(chat))
    assert len(answers) >= len(TALK)
    return answers


def _all_at_once(gate: Gate, ids: list[int]) -> None:
    """Eight workers, each woken for every call, in an order of its own."""
    start = Barrier(8)

    def worker(seed: int) -> None:
        mine = random.Random(seed).sample(ids, len(ids))
        start.wait()
        for call_id in mine:
            gate.hear(call_id)

    with ThreadPoolExecutor(8) as workers:
        for done in [workers.submit(worker, seed) for seed in range(8)]:
            done.result(60)


def _wake_waiting(gate: Gate, now: datetime) -> int:
    with gate.sessions.begin() as session:
        return hearing.wake_waiting(session, before=now - timedelta(seconds=5), now=now)


def _settle_in(gate: Gate, bot: Sender, address: str, *, locale: str) -> None:
    """Somebody who has spoken before, in their language."""
    gate.telegram(bot, calls.update(1, int(address), "/start"))
    gate.work()
    with gate.sessions.begin() as session:
        session.execute(update(Subscriber).values(locale=locale))


def _break_conversation(gate: Gate, address: str) -> None:
    """What an older version might have left behind: something that no dialog can read."""
    _remember(gate.sessions, address, {"offered": 5})


def _mend_conversation(gate: Gate, address: str) -> None:
    _remember(gate.sessions, address, {})


def _remember(sessions: sessionmaker[Session], address: str, data: dict[str, object]) -> None:
    with sessions.begin() as session:
        session.execute(update(Conversation).where(Conversation.address == address).values(data=data))


def test_what_people_said_leaves_after_the_agencys_term_and_what_waits_stays(gate: Gate, bot: Sender) -> None:
    for number, text in enumerate(["/start", "HELP", "/topics"], start=1):
        gate.telegram(bot, calls.update(number, 42, text))
    gate.work()
    gate.telegram(bot, calls.update(4, 43, "still waiting"))
    now = calls.utc_now()
    handled = sorted(call.id for call in gate.calls() if call.state is CallState.HANDLED)
    with gate.sessions.begin() as session:
        session.execute(update(Call).values(received_at=now - timedelta(days=31)))
        session.execute(update(Call).where(Call.id == handled[0]).values(state=CallState.FAILED))
        session.execute(update(Call).where(Call.id == handled[-1]).values(received_at=now - timedelta(days=29)))
        assert hearing.forget(session, now) == 2
        assert hearing.forget(session, now) == 0
    assert {call.state for call in gate.calls()} == {CallState.HANDLED, CallState.WAITING}
    assert len(gate.calls()) == 2
