"""What waits for another attempt, and how the due become batches: nobody's crowd keeps others waiting."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import func, select

from delivery import consignments, queues, retries
from delivery.models import Batch, Retry
from delivery.retries import Waiting
from delivery.states import Lane
from tests.delivery.conftest import NOW, Town

DUE = NOW + timedelta(minutes=1)


def put(town: Town, consignment_id: int, ids: Sequence[int], *, due_at: timedelta = timedelta()) -> None:
    """Have these wait for their second attempt, due some time after NOW."""
    with town.sessions.begin() as session:
        rows = [Waiting(consignment_id, id_, town.sender_id, 2, NOW + due_at) for id_ in ids]
        retries.put(session, rows, by=town.sender_id)


def gathered(town: Town) -> dict[int, int]:
    """What one tick gathers, by consignment."""
    with town.sessions.begin() as session:
        count = retries.gather(session, DUE)
        again = select(Batch.consignment_id, func.sum(Batch.size)).where(Batch.attempt == 2)
        found = {id_: int(size) for id_, size in session.execute(again.group_by(Batch.consignment_id))}
    assert count == sum(found.values())
    return found


def test_a_town_that_waits_for_the_same_minute_keeps_nobody_else_waiting(town: Town) -> None:
    for consignment_id in (1, 2, 3):
        town.announce([], consignment_id=consignment_id, lane=Lane.ALERT if consignment_id == 3 else Lane.NOTICE)
    put(town, 1, range(1, 3_001))
    put(town, 2, range(1, 11), due_at=timedelta(seconds=1))
    put(town, 3, range(1, 21), due_at=timedelta(seconds=2))
    assert gathered(town) == {1: 990, 2: 10, 3: 20}


def test_a_paused_one_waits_however_long_it_is_overdue_and_goes_on_when_it_may(town: Town) -> None:
    for consignment_id in (1, 2):
        town.announce([], consignment_id=consignment_id)
        put(town, consignment_id, range(1, 6))
    with town.sessions.begin() as session:
        assert consignments.pause(session, 1)
    assert gathered(town) == {2: 5}
    with town.sessions.begin() as session:
        assert consignments.resume(session, 1)
        session.query(Batch).delete()
    assert gathered(town) == {1: 5}


def test_who_watches_sees_how_many_wait_and_since_when_the_oldest_is_due(town: Town) -> None:
    for consignment_id in (1, 2):
        town.announce([], consignment_id=consignment_id)
    with town.sessions() as session:
        assert queues.retries(session) == queues.Pile(0, None)
    put(town, 1, range(1, 4), due_at=timedelta(seconds=9))
    put(town, 2, range(1, 3), due_at=timedelta(seconds=3))
    put(town, 2, [7], due_at=timedelta(seconds=5))
    with town.sessions() as session:
        assert queues.retries(session) == queues.Pile(6, NOW + timedelta(seconds=3))
        assert session.scalar(select(func.count()).select_from(Retry)) == 6


def test_how_many_wait_is_a_number_that_is_never_counted(town: Town) -> None:
    town.announce(range(1, 51))
    assert waiting(town) == (50, 0)
    put(town, 1, range(1, 21))
    put(town, 1, range(11, 26))  # ten of them wait already
    assert waiting(town) == (50, 25)
    assert gathered(town) == {1: 25}
    assert waiting(town) == (50, 0)
    put(town, 1, [3], due_at=timedelta(hours=1))
    assert waiting(town) == (50, 1)
    with town.sessions.begin() as session:
        assert consignments.stop(session, 1)
    assert waiting(town) == (50, 0)


def waiting(town: Town) -> tuple[int, int]:
    """Planned and waiting people of the consignment, by its own figures."""
    town.tallies()
    with town.sessions() as session:
        found = consignments.progress(session, 1)
    return found.people, found.retrying
