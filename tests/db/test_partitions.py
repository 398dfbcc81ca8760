"""Ranges of a table on PostgreSQL: made ahead, hit alone, taken out only when nobody needs them, in nobody's way."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

import pytest
from sqlalchemy import delete, text
from sqlalchemy.orm import Session

from db import bulk, partitions
from db.engine import Sessions, create_engine, session_factory
from db.partitions import Range
from delivery import ledger
from delivery.models import Delivery
from delivery.states import DeliveryState, Report
from delivery.states import first as heard

NOW = datetime(2026, 11, 24, tzinfo=UTC)
COLUMNS = ("consignment_id", "subscriber_id", "sender_id", "state", "attempt")
SENT = DeliveryState.SENT

PLACE = text("SELECT tableoid::regclass::text FROM deliveries WHERE consignment_id = :id")
LOCKED = text(
    "SELECT DISTINCT relation::regclass::text FROM pg_locks JOIN pg_class ON pg_class.oid = relation"
    " WHERE pid = pg_backend_pid() AND relkind IN ('r', 'p') AND relname LIKE 'deliveries%'"
)


@pytest.fixture
def sessions(migrated_postgresql_url: str) -> Iterator[Sessions]:
    """Sessions on PostgreSQL: SQLite has no ranges."""
    engine = create_engine(migrated_postgresql_url)
    yield session_factory(engine)
    engine.dispose()


def insert(session: Session, consignment_id: int) -> None:
    row = "INSERT INTO deliveries (consignment_id, subscriber_id, sender_id, state, attempt)"
    session.execute(text(f"{row} VALUES (:id, 1, 1, 'accepted', 1)"), {"id": consignment_id})


def extend(sessions: Sessions, newest: int, width: int = 10) -> int:
    with sessions.begin() as session:
        return made(session, newest, width)


def made(session: Session, newest: int, width: int = 10) -> int:
    return partitions.extend(session, "deliveries", key="consignment_id", newest=newest, width=width)


def bounds(sessions: Sessions) -> list[tuple[int, int]]:
    with sessions() as session:
        return [(each.start, each.stop) for each in partitions.ranges(session, "deliveries")]


def take_out(sessions: Sessions, cut: Range, over: Sequence[int]) -> bool:
    with sessions.begin() as session:
        return partitions.take_out(session, "deliveries", cut, key="consignment_id", over=over)


def first(sessions: Sessions) -> Range:
    with sessions() as session:
        return partitions.ranges(session, "deliveries")[0]


def test_ranges_are_made_ahead_of_the_newest_and_only_when_they_are_short(sessions: Sessions) -> None:
    assert bounds(sessions) == [(1, 11), (11, 21)]
    assert extend(sessions, newest=0) == 0
    assert extend(sessions, newest=5) == 1
    assert extend(sessions, newest=5) == 0
    assert extend(sessions, newest=30, width=100) == 2
    assert bounds(sessions) == [(1, 11), (11, 21), (21, 31), (31, 131), (131, 231)]


def test_a_row_no_range_was_made_for_is_kept_all_the_same_and_the_next_range_begins_behind_it(
    sessions: Sessions,
) -> None:
    with sessions.begin() as session:
        insert(session, 24)
        assert session.scalar(PLACE, {"id": 24}) == "deliveries_default"
        assert partitions.strays(session, "deliveries")
    assert extend(sessions, newest=24) == 2
    assert bounds(sessions)[2:] == [(25, 35), (35, 45)]
    with sessions.begin() as session:
        insert(session, 25)
        assert session.scalar(PLACE, {"id": 25}) == "deliveries_from_25_to_35"


def _skip(session: Session) -> None:
    bulk.insert_rows(session, bulk.Rows(Delivery, COLUMNS, [(12, 1, 1, SENT, 1), (12, 2, 1, SENT, 1)]))


def _put(session: Session) -> None:
    bulk.put_rows(session, bulk.Rows(Delivery, COLUMNS, [(12, 1, 1, SENT, 1), (12, 3, 1, SENT, 1)]))


def _settle(session: Session) -> None:
    same = {"consignment_id": 12, "sender_id": 1, "state": DeliveryState.SENT, "attempt": 1}
    bulk.insert_columns(session, Delivery, same, {"subscriber_id": [1, 4]}, returning="subscriber_id")


def _lock(session: Session) -> None:
    wanted = bulk.Rows(Delivery, ("subscriber_id",), [(1,), (2,), (9,)])
    assert bulk.lock_rows(session, {"consignment_id": 12}, wanted, ("subscriber_id", "state"))


def _record(session: Session) -> None:
    known = heard(Report(1, DeliveryState.DELIVERED, NOW))
    entries = [ledger.Entry(12, subscriber_id, 1, known) for subscriber_id in (1, 5)]
    ledger.record(session, entries, are_expected=True)


def _leave(session: Session) -> None:
    session.execute(delete(Delivery).where(Delivery.consignment_id == 12, Delivery.subscriber_id <= 3))


@pytest.mark.parametrize("do", [_skip, _put, _settle, _lock, _record, _leave])
def test_what_sends_and_settles_touches_one_range_and_no_other(
    sessions: Sessions, do: Callable[[Session], None]
) -> None:
    while extend(sessions, newest=200):
        pass
    with sessions.begin() as session:
        insert(session, 12)
    for _ in range(16):  # psycopg prepares what it has seen five times, and PostgreSQL thinks again five times later
        with sessions() as session:
            do(session)
            assert set(session.scalars(LOCKED)) == {"deliveries", "deliveries_from_11_to_21"}


def test_a_range_is_taken_out_only_when_every_row_of_it_is_over(sessions: Sessions) -> None:
    with sessions.begin() as session:
        insert(session, 3)
        insert(session, 4)
    cut = first(sessions)
    assert not take_out(sessions, cut, over=[3])
    assert bounds(sessions)[0] == (1, 11)
    assert take_out(sessions, cut, over=[3, 4])
    assert bounds(sessions) == [(11, 21)]
    with sessions.begin() as session:
        assert partitions.drop_taken_out(session, "deliveries") == 1
        assert partitions.drop_taken_out(session, "deliveries") == 0
        insert(session, 4)
        assert session.scalar(PLACE, {"id": 4}) == "deliveries_default"


def test_nobody_waits_for_a_range_to_be_made_and_it_waits_for_nobody(sessions: Sessions) -> None:
    with sessions() as sending, sessions() as settling:
        insert(sending, 3)
        insert(settling, 12)
        assert extend(sessions, newest=20) == 2
        insert(sending, 22)
        assert sending.scalar(PLACE, {"id": 22}) == "deliveries_from_21_to_31"


def test_taking_out_gives_up_soon_where_somebody_is_writing_and_is_done_the_next_time(sessions: Sessions) -> None:
    cut = first(sessions)
    with sessions.begin() as sending:
        insert(sending, 12)
        assert not take_out(sessions, cut, over=[])
        insert(sending, 13)
    assert take_out(sessions, cut, over=[])


def test_two_clocks_at_once_make_a_range_once(sessions: Sessions) -> None:
    with sessions() as one, sessions() as other:
        assert made(one, 5) == 1
        assert made(other, 5) == 0
        one.commit()
    assert extend(sessions, newest=5) == 0
    assert bounds(sessions) == [(1, 11), (11, 21), (21, 31)]
