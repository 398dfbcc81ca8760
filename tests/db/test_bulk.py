"""Bulk statements write and read what they are given, whatever characters are in it, alike on both databases."""

from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from db import bulk
from db.engine import Sessions
from delivery.models import Delivery
from delivery.states import DeliveryState
from webhooks.models import Call, CallState

FIRST = {"consignment_id": 1}
KEY = ("subscriber_id",)
COLUMNS = (
    "consignment_id",
    *KEY,
    "sender_id",
    "state",
    "attempt",
    "reason",
    "code",
    "provider_id",
    "accepted_at",
    "read_at",
)
EPOCH = datetime(2026, 11, 24, tzinfo=UTC)

# PostgreSQL keeps no NUL, and neither database a half of a surrogate pair: neither comes through the door.
texts = st.none() | st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=40)
awkward = st.sampled_from(
    ["", "NULL", "null", "{", "}", '"', "\\", '\\"', ",", "a,b", " a ", "\n", '{NULL,"x\\"}', "'"]
)
instants = st.none() | st.integers(0, 10**12).map(lambda micros: EPOCH + timedelta(microseconds=micros))
words = texts | awkward
rows = st.tuples(
    st.just(1),
    st.integers(1, 2**62),
    st.integers(1, 2**62),
    st.sampled_from(DeliveryState),
    st.integers(1, 9),
    words,
    words,
    words,
    instants,
    instants,
)
tables = st.lists(rows, max_size=6, unique_by=lambda row: row[1])
on_a_database = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@on_a_database
@given(tables)
def test_many_are_inserted_as_they_are(sessions: Sessions, given_rows: list[tuple[object, ...]]) -> None:
    with sessions() as session:
        bulk.insert_many(session, Delivery, [dict(zip(COLUMNS, row, strict=True)) for row in given_rows])
        keys = sorted((row[1],) for row in given_rows)
        found = bulk.lock_rows(session, FIRST, bulk.Rows(Delivery, KEY, [(0,), *keys]), COLUMNS)
        assert found == sorted(given_rows, key=lambda row: row[:2])


@on_a_database
@given(tables)
def test_what_is_put_is_found_again_under_its_key(sessions: Sessions, given_rows: list[tuple[object, ...]]) -> None:
    with sessions() as session:  # never committed: the next example finds nothing
        bulk.put_rows(session, bulk.Rows(Delivery, COLUMNS, given_rows))
        bulk.put_rows(session, bulk.Rows(Delivery, COLUMNS, given_rows))
        keys = sorted((row[1],) for row in given_rows)
        found = bulk.lock_rows(session, FIRST, bulk.Rows(Delivery, KEY, [(0,), *keys]), COLUMNS)
        assert found == sorted(given_rows, key=lambda row: row[:2])


def test_a_key_nobody_has_locks_nothing_and_none_asks_nothing(sessions: Sessions) -> None:
    with sessions() as session:
        assert bulk.lock_rows(session, FIRST, bulk.Rows(Delivery, KEY, [(2,)]), COLUMNS) == []
        assert bulk.lock_rows(session, FIRST, bulk.Rows(Delivery, KEY, []), COLUMNS) == []


Said = tuple[str, str | None, bytes, str | None]
calls = st.lists(
    st.tuples(st.sampled_from(["1", "2", '"', "\\", "{}"]), words, st.binary(max_size=60), words), max_size=5
)


def a_call(event_id: str, address: str | None, body: bytes, error: str | None) -> dict[str, object]:
    kept = {"event_id": event_id, "address": address, "body": body, "error": error, "received_at": EPOCH}
    return {"sender_id": 1, "url": "", "state": CallState.WAITING, **kept}


@on_a_database
@given(calls, calls)
def test_of_each_key_only_the_first_row_is_new_and_kept_as_it_is(
    sessions: Sessions, first: list[Said], then: list[Said]
) -> None:
    with sessions() as session:
        given = [[a_call(*each) for each in some] for some in (first, then)]
        made = [id_ for some in given for id_ in bulk.insert_new(session, Call, some, Call.id)]
        expected = dict[str, Said]()
        for row in [*first, *then]:
            expected.setdefault(row[0], row)
        found = session.scalars(select(Call)).all()
        assert {(call.event_id, call.address, call.body, call.error) for call in found} == set(expected.values())
        assert {call.id for call in found} == set(made)
        assert {(call.received_at, call.state, call.attempts, call.content_type) for call in found} <= {
            (EPOCH, CallState.WAITING, 0, "")  # the last two are what the model gives
        }


def test_what_waits_to_be_written_is_written_before_a_new_row(sessions: Sessions) -> None:
    with sessions() as session:
        session.add(Call(**a_call("1", "a", b"", None)))
        assert bulk.insert_new(session, Call, [a_call("1", "b", b"", None)], Call.id) == []
        assert session.scalars(select(Call.address)).all() == ["a"]
