"""Several workers, the door and the clock at the same rows at the same time."""

import random
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import select

from channels.contract import Heard, Message, Receipt, Refusal, Unavailable
from delivery import batches, consignments, receipts, retries, tasks
from delivery.loop import Loop
from delivery.models import Batch, Sender
from delivery.states import DeliveryState, Lane
from tests.delivery.conftest import LEASE, NOW, Desk, Town, open_desk
from tests.delivery.pigeon import Pigeon


def side_by_side(*jobs: Callable[[], object]) -> None:
    """Do all of this at once; whatever fails, fails the test."""
    with ThreadPoolExecutor(len(jobs)) as pool:
        for done in [pool.submit(job) for job in jobs]:
            done.result(timeout=60)


def test_no_two_workers_ever_hold_the_same_batch(town: Town) -> None:
    town.announce(town.settle_in(40), size=1)
    taken: list[int] = []

    def take_all() -> None:
        while True:
            with town.sessions.begin() as session:
                leased = batches.lease(session, town.sender_id, [Lane.NOTICE], slots=1000, now=NOW, lease_for=LEASE)
            if leased is None:
                return
            taken.append(leased.id)

    side_by_side(*[take_all] * 4)
    assert Counter(Counter(taken).values()) == {1: 40}


def test_workers_receipts_and_the_clock_at_once_lose_nobody_and_count_right(town: Town, loop: Loop) -> None:
    chance = random.Random(7)

    def rule(message: Message) -> Refusal | None:
        return Unavailable("down") if chance.random() < 0.1 else None

    pigeon = Pigeon(rule=rule, answer_after=0.005).with_limits(has_receipts=True)
    desk = open_desk(town, loop, pigeon=pigeon)
    people = town.settle_in(600)
    town.announce(people, size=30)
    is_over = threading.Event()
    side_by_side(*[lambda: _work(desk, is_over)] * 3, lambda: _hear(desk, is_over), lambda: _watch(desk, is_over))
    assert Counter(message.to for message in desk.pigeon.carried) == {str(1_000_000 + id_): 1 for id_ in people}
    _hear_all(desk)
    assert town.tallies() == {DeliveryState.DELIVERED: 600}
    with town.sessions() as session:
        assert consignments.progress(session, 1).doubted == 0


def _work(desk: Desk, is_over: threading.Event) -> None:
    while not is_over.wait(0.01):
        desk.office.loop.run(tasks.work(desk.office, desk.town.sender_id))


def _hear(desk: Desk, is_over: threading.Event) -> None:
    while not is_over.wait(0.02):
        _hear_all(desk)


def _hear_all(desk: Desk) -> None:
    """The provider tells of what it carried, all of it again and again, in any order."""
    heard = [Receipt("e", Heard.DELIVERED, m.reference, "p", None, NOW) for m in list(desk.pigeon.carried)]
    random.shuffle(heard)
    with desk.town.sessions.begin() as session:
        receipts.settle(session, session.get_one(Sender, desk.town.sender_id), heard[:200], now=NOW)
    if len(heard) == 600:
        with desk.town.sessions.begin() as session:
            receipts.settle(session, session.get_one(Sender, desk.town.sender_id), heard, now=NOW)


def _watch(desk: Desk, is_over: threading.Event) -> None:
    for _ in range(2000):
        desk.clock.wait(0.5)
        with desk.town.sessions.begin() as session:
            batches.wake_expired(session, desk.clock.now)
            retries.gather(session, desk.clock.now)
        with desk.town.sessions() as session:
            if consignments.is_complete(session, 1):
                break
        is_over.wait(0.05)
    is_over.set()


def test_a_worker_killed_again_and_again_loses_nobody_and_every_doubt_is_counted(town: Town, desk: Desk) -> None:
    people = town.settle_in(60)
    town.announce(people, size=60)
    sent: Counter[int] = Counter()
    for _ in range(5):  # each marks, sends some of it, and dies without a word
        with town.sessions.begin() as session:
            leased = batches.lease(session, town.sender_id, [Lane.NOTICE], slots=2, now=desk.clock.now, lease_for=LEASE)
            assert leased
            upto = max(leased.marked, leased.cursor + 10)
            assert batches.mark(session, leased, upto, now=desk.clock.now, lease_for=LEASE)
        sent.update(leased.recipients[leased.cursor : leased.cursor + 7])
        desk.clock.wait(16)
    desk.work_off()
    sent.update(int(message.to) - 1_000_000 for message in desk.pigeon.carried)
    assert set(sent) == set(people)
    with town.sessions() as session:
        doubted = session.scalars(select(Batch.doubted)).one()
    assert sum(sent.values()) - len(people) <= doubted == 50
    assert town.tallies() == {DeliveryState.ACCEPTED: 60}
