"""Group commit: many calls share one transaction, none takes another down, and two web processes do not deadlock."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import event, func, select, text

from channels.contract import Event, Heard, Hook, Inbound, Receipt
from db.engine import Sessions, create_engine, session_factory
from delivery.herald import Herald
from delivery.models import Delivery, Sender, Tally
from delivery.states import DeliveryState
from tests.webhooks import gate as calls
from tests.webhooks.gate import CONSIGNMENT, Gate, opened, utc_now
from webhooks import journal
from webhooks.journal import Entry, Journal, NotKept
from webhooks.models import Call, CallState


@pytest.fixture
def postgres_gate(migrated_postgresql_url: str) -> Iterator[Gate]:
    """A door before PostgreSQL only: where several transactions write at once."""
    engine = create_engine(migrated_postgresql_url)
    with opened(Gate(session_factory(engine))) as gate:
        yield gate
    engine.dispose()


def test_receipts_are_settled_before_the_200_and_wake_nobody(gate: Gate, number: Sender) -> None:
    gate.announce(number)
    for status in ("delivered", "sent", "delivered", "read"):  # scrambled and repeated, as they come
        assert gate.whatsapp(number, calls.receipt(1, status), query=f"?ref={CONSIGNMENT}-1-1").status == 200
        assert _states(gate)[1] in (DeliveryState.DELIVERED, DeliveryState.READ)
    assert _states(gate) == {1: DeliveryState.READ}
    assert gate.count(Call) == 0
    assert gate.wakes == []


def test_a_receipt_of_another_agencys_message_is_answered_and_changes_nothing(gate: Gate, number: Sender) -> None:
    gate.announce(number)
    stranger = gate.number(gate.agency("stranger"))
    for reference in (f"{CONSIGNMENT}-1-1", "99-1-1", "nonsense", "", "%00"):
        assert gate.whatsapp(stranger, calls.receipt(1, "read"), query=f"?ref={reference}").status == 200
    assert _states(gate) == {}


def test_calls_that_come_while_a_commit_runs_share_the_next_one(gate: Gate, bot: Sender) -> None:
    gate.telegram(bot, calls.update(100, 42, "the door knows its senders"))
    commits = _count_commits(gate.sessions)
    with ThreadPoolExecutor(16) as phones:
        with gate.sessions.begin() as slow:  # whoever writes meanwhile waits on SQLite; PostgreSQL is held by the row
            slow.add(Call(sender_id=bot.id, event_id="1", url="", body=b"", received_at=utc_now()))
            slow.flush()
            answers = [phones.submit(gate.telegram, bot, calls.update(1, 42, "first"))]
            time.sleep(0.3)
            answers += [phones.submit(gate.telegram, bot, calls.update(n, 42, "more")) for n in range(2, 12)]
            time.sleep(0.5)
            assert not any(answer.done() for answer in answers)
            commits.clear()
        assert {answer.result(20).status for answer in answers} == {200}
    assert gate.count(Call) == 12
    assert len(commits) <= 4  # ours, the first call's, and one or two for the ten that gathered


def test_a_call_the_database_refuses_takes_none_of_its_neighbours_down(postgres_gate: Gate) -> None:
    bot = postgres_gate.bot(postgres_gate.agency("water"))
    group = [_entry(bot, f"{n}", address="9" * (121 if n == 3 else 9)) for n in range(6)]
    keeper = Journal(postgres_gate.sessions)
    keeper._write(group)
    keeper.close()
    outcomes = [entry.is_kept.exception(0) is None for entry in group]
    assert outcomes == [True, True, True, False, True, True]
    assert [call.event_id for call in postgres_gate.calls()] == ["0", "1", "2", "4", "5"]


def test_a_call_that_could_not_be_kept_is_said_to_be_none(postgres_gate: Gate) -> None:
    bot = postgres_gate.bot(postgres_gate.agency("water"))
    keeper = Journal(postgres_gate.sessions)
    with pytest.raises(NotKept):
        keeper.keep(_entry(bot, "1", address="9" * 121))
    keeper.keep(_entry(bot, "2"))
    keeper.close()
    assert [call.event_id for call in postgres_gate.calls()] == ["2"]


def test_web_processes_given_the_same_receipts_in_any_order_settle_each_once(postgres_gate: Gate) -> None:
    gate, rounds, size = postgres_gate, 12, 40
    bot, number = gate.bot(gate.agency("water")), gate.number(gate.agency("health"))
    gate.announce(number)
    start = threading.Barrier(3)

    def web_process(seed: int) -> None:
        chance = random.Random(seed)
        for turn in range(rounds):
            said = [_entry(bot, f"{turn}-{n}") for n in range(size)]
            heard = [_entry(number, "", receipts=[_receipt(turn * size + n, chance)]) for n in range(size)]
            group = said + heard
            chance.shuffle(group)
            start.wait(30)
            with gate.sessions.begin() as session:
                journal.write(session, group)

    with ThreadPoolExecutor(3) as processes:
        for done in [processes.submit(web_process, seed) for seed in range(3)]:
            done.result(60)
    assert gate.count(Call) == rounds * size
    assert _tallied(gate) == len(_states(gate)) == rounds * size


def test_calls_of_two_web_processes_are_written_in_one_order_whatever_order_they_came_in(postgres_gate: Gate) -> None:
    gate = postgres_gate
    bot = gate.bot(gate.agency("water"))

    def web_process(*event_ids: str) -> None:
        with gate.sessions.begin() as session:
            journal.write(session, [_entry(bot, event_id) for event_id in event_ids])

    with ThreadPoolExecutor(2) as processes:
        with gate.sessions() as other:  # holds both of them in the middle of their statement
            other.add(_row(bot, "m"))
            other.flush()
            done = [processes.submit(web_process, *order) for order in ("amz", "zma")]
            _until(lambda: _waiting(gate) == 2)
            other.rollback()
        for one in done:
            one.result(10)
    assert sorted(call.event_id for call in gate.calls()) == ["a", "m", "z"]


def test_a_deadlock_with_somebody_else_is_tried_again_and_the_provider_hears_nothing_of_it(
    postgres_gate: Gate,
) -> None:
    bot = postgres_gate.bot(postgres_gate.agency("water"))
    keeper = Journal(postgres_gate.sessions)
    both = _entry(bot, "a", more=("b",))
    with ThreadPoolExecutor(1) as web:
        with postgres_gate.sessions() as other:
            other.add(_row(bot, "b"))
            other.flush()
            kept = web.submit(keeper.keep, both)
            _until(lambda: _waiting(postgres_gate) == 1)
            other.add(_row(bot, "a"))
            other.flush()  # comes back once PostgreSQL has chosen its victim: whoever waited first
            other.rollback()
        kept.result(10)
    keeper.close()
    assert [call.event_id for call in postgres_gate.calls()] == ["a", "b"]


def test_a_process_without_a_door_has_no_thread_for_one(sessions: Sessions) -> None:
    before = threading.active_count()
    keeper = Journal(sessions)
    assert threading.active_count() == before
    keeper.close()


def _states(gate: Gate) -> dict[int, DeliveryState]:
    with gate.sessions() as session:
        return {row.subscriber_id: row.state for row in session.scalars(select(Delivery))}


def _tallied(gate: Gate) -> int:
    with gate.sessions() as session:
        return session.scalar(select(func.sum(Tally.count))) or 0


def _entry(
    sender: Sender,
    event_id: str,
    *,
    address: str = "42",
    more: tuple[str, ...] = (),
    receipts: list[Event] | None = None,
) -> Entry:
    said: list[Event] = [Inbound(each, address, "hello") for each in (event_id, *more)]
    return Entry(sender, Hook("", {}, b"raw"), receipts if receipts is not None else said, utc_now())


def _receipt(subscriber_id: int, chance: random.Random) -> Receipt:
    heard = chance.choice([Heard.SENT, Heard.DELIVERED, Heard.READ])
    return Receipt(f"e{subscriber_id}:{heard}", heard, f"{CONSIGNMENT}-{subscriber_id}-1", f"SM{subscriber_id}")


def _row(sender: Sender, event_id: str) -> Call:
    return Call(sender_id=sender.id, event_id=event_id, url="", body=b"", received_at=utc_now())


def _count_commits(sessions: Sessions) -> list[int]:
    commits: list[int] = []
    with sessions() as session:
        event.listen(session.get_bind(), "commit", lambda connection: commits.append(1))
    return commits


def _waiting(gate: Gate) -> int:
    """How many transactions wait for another one's row."""
    with gate.sessions() as session:
        asked = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
        return session.scalar(text(asked)) or 0


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_no_answer_waits_for_the_wake_up_of_a_call(gate: Gate, bot: Sender) -> None:
    goes_again, woken = threading.Event(), list[int]()
    herald = Herald(lambda _task, *call_ids: woken.extend(call_ids) if goes_again.wait(20) else None)
    gate.sessions.configure(info={"waker": herald.wake})
    for number in range(3):
        assert gate.telegram(bot, calls.update(number, 42, "the broker hangs")).status == 200
    assert len(gate.calls(CallState.WAITING)) == 3
    assert woken == []
    goes_again.set()
    herald.close(patience=20)
    assert sorted(woken) == sorted(call.id for call in gate.calls())
