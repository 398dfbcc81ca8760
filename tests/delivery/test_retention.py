"""What is past its agency's term leaves, what is young or another's stays, and no figure changes."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from channels.contract import Heard, Receipt, Unreachable
from db import partitions
from delivery import consignments, letters, receipts, retention, retries
from delivery.drafts import Draft
from delivery.models import Batch, Consignment, Delivery, Letter, Reason, Retry, Sender
from delivery.receipts import Settled
from delivery.states import ConsignmentState, DeliveryState, LetterState
from staff.models import Agency
from tests.delivery.conftest import LEASE, NOW, Desk, Town
from tests.delivery.taking import taken

DAY = timedelta(days=1)
TERM_OVER = NOW + 90 * DAY
COUNTED = TERM_OVER + retention.SETTLING
GONE = TERM_OVER + retention.PATIENCE
FAILURE = Unreachable("blocked", code="63024")


def done(town: Town, desk: Desk, count: int = 4, consignment_id: int = 1) -> list[int]:
    """A consignment that went out to these people; the first of them could not be reached."""
    people = town.settle_in(count)
    town.announce(people, consignment_id=consignment_id)
    desk.work_off()
    with town.sessions.begin() as session:
        sender = session.get_one(Sender, town.sender_id)
        failed = Receipt("e", Heard.FAILED, f"{consignment_id}-{people[0]}-1", "p", FAILURE, NOW)
        assert receipts.settle(session, sender, [failed], now=NOW) == Settled(1, 0)
        assert consignment_id in consignments.close_complete(session, NOW)
    return people


def seal(town: Town, now: datetime = TERM_OVER) -> list[int]:
    with town.sessions.begin() as session:
        return retention.seal(session, now)


def count(town: Town, now: datetime = COUNTED) -> int:
    with town.sessions.begin() as session:
        return retention.count(session, now)


def leave(town: Town, now: datetime = GONE) -> int:
    with town.sessions.begin() as session:
        return retention.leave(session, now)


def state(town: Town, consignment_id: int = 1) -> ConsignmentState:
    with town.sessions() as session:
        return session.get_one(Consignment, consignment_id).state


def figures(town: Town, consignment_id: int = 1) -> consignments.Progress:
    with town.sessions() as session:
        return consignments.progress(session, consignment_id)


def test_old_deliveries_leave_and_every_figure_stays(town: Town, desk: Desk) -> None:
    done(town, desk)
    before = figures(town)
    assert before.people == 4
    assert seal(town, TERM_OVER - timedelta(seconds=1)) == []
    assert seal(town) == [1]
    assert count(town, COUNTED - timedelta(seconds=1)) == 0
    assert count(town) == 1
    assert leave(town, GONE - timedelta(seconds=1)) == 0
    assert leave(town) == 4
    assert leave(town) == 0
    assert state(town) is ConsignmentState.PURGED
    assert town.deliveries() == {}
    assert figures(town) == before
    with town.sessions() as session:
        assert session.scalar(select(func.count()).select_from(Batch)) == 0
        assert retention.reasons(session, 1) == {"unreachable": 1}


def test_what_is_young_or_still_goes_out_or_is_another_agencys_stays(town: Town, desk: Desk) -> None:
    done(town, desk)
    done(town, desk, consignment_id=2)
    town.announce(town.settle_in(1), consignment_id=3)
    with town.sessions.begin() as session:
        other = Agency(slug="other", name="Other", locales=["en"], created_at=NOW, keep_deliveries_days=365)
        session.add(other)
        session.flush()
        session.execute(update(Consignment).where(Consignment.id == 2).values(agency_id=other.id))
        consignments.pause(session, 3)
    assert seal(town, TERM_OVER + 30 * DAY) == [1]
    assert count(town, TERM_OVER + 31 * DAY) == 1
    assert leave(town, TERM_OVER + 60 * DAY) == 4
    assert [len(town.deliveries(2)), state(town, 2), state(town, 3)] == [4, "done", "paused"]


def test_a_purge_that_was_interrupted_goes_on_where_it_stopped(
    town: Town, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "ROWS_AT_ONCE", 3)
    people = done(town, desk, count=8)
    seal(town)
    count(town)
    assert leave(town) == 3
    with town.sessions() as session:
        assert retention.leave(session, GONE) == 3
        session.rollback()  # the clock was killed
    assert sorted(town.deliveries()) == people[3:]
    assert [leave(town) for _ in range(3)] == [3, 2, 0]
    assert state(town) is ConsignmentState.PURGED
    assert figures(town).settled == 8


def test_a_receipt_that_comes_after_the_term_brings_nobody_back(town: Town, desk: Desk) -> None:
    people = done(town, desk)
    before = figures(town)
    seal(town)
    late = [Receipt("e", heard, f"1-{people[1]}-1", "p", None, NOW) for heard in (Heard.DELIVERED, Heard.READ)]
    late.append(Receipt("f", Heard.FAILED, f"1-{people[2]}-1", "p", FAILURE, NOW))
    for _ in range(2):
        with town.sessions.begin() as session:
            sender = session.get_one(Sender, town.sender_id)
            assert receipts.settle(session, sender, late, now=TERM_OVER) == Settled(0, 3)
            waiting = retries.Waiting(1, people[3], town.sender_id, 2, TERM_OVER)
            retries.put(session, [waiting], by=town.sender_id)
            assert session.scalars(select(Retry)).all() == []
        assert figures(town) == before
        count(town)
        while leave(town):
            pass
    assert town.deliveries() == {}


def test_a_stopped_consignment_leaves_too_and_two_clocks_count_it_once(town: Town, desk: Desk) -> None:
    people = town.settle_in(60)
    town.announce(people, size=30)
    with town.sessions.begin() as session:
        assert consignments.stop(session, 1)
    seal(town)
    with town.sessions() as one:
        assert retention.count(one, COUNTED) == 1
        if one.get_bind().dialect.name == "postgresql":
            assert count(town) == 0
        one.commit()
    assert count(town) == 0
    assert figures(town).people == 60
    assert leave(town) == 0
    assert state(town) is ConsignmentState.PURGED


def test_a_range_in_which_all_is_over_is_dropped_whole(town: Town, desk: Desk) -> None:
    if town.sessions().get_bind().dialect.name != "postgresql":
        pytest.skip("SQLite has no ranges")
    done(town, desk)
    done(town, desk, consignment_id=9)
    done(town, desk, consignment_id=11)
    before = [figures(town, each) for each in (1, 9, 11)]
    with town.sessions.begin() as session:
        session.execute(update(Consignment).where(Consignment.id == 11).values(created_at=NOW + DAY))
    assert sorted(seal(town)) == [1, 9]
    assert count(town) == 1
    assert _dropped(town) == (0, 0)  # the other is not counted yet
    assert count(town) == 1
    assert _dropped(town) == (1, 1)
    assert [state(town, each) for each in (1, 9, 11)] == ["purged", "purged", "done"]
    assert [figures(town, each) for each in (1, 9, 11)] == before
    assert [len(town.deliveries(each)) for each in (1, 9, 11)] == [0, 0, 4]
    assert _dropped(town) == (0, 0)


def _dropped(town: Town) -> tuple[int, int]:
    with town.sessions.begin() as session:
        out = retention.drop(session, COUNTED)
    with town.sessions.begin() as session:
        return out, retention.drop_taken_out(session, COUNTED)


def test_the_newest_range_is_never_dropped(town: Town, desk: Desk) -> None:
    done(town, desk)
    seal(town)
    count(town)
    assert _dropped(town) == (0, 0)


def test_the_ledger_has_room_ahead_on_postgresql_and_needs_none_on_sqlite(town: Town) -> None:
    with town.sessions.begin() as session:
        made = retention.make_room(session, newest=20, a_day=940)
        ranges = partitions.ranges(session, "deliveries")
    if not ranges:
        assert made == 0
        return
    assert (made, ranges[-1].start, ranges[-1].stop) == (2, 961, 1901)


def test_letters_leave_after_the_term_for_words_unless_they_still_wait(town: Town) -> None:
    with town.sessions.begin() as session:
        posted = [
            letters.post(
                session,
                sender_id=town.sender_id,
                agency_id=town.agency_id,
                to=str(place),
                draft=Draft("Hello"),
                now=NOW + place * DAY,
            )
            for place in range(3)
        ]
        posted[0].state = posted[2].state = LetterState.SENT
        kept = [posted[1].id, posted[2].id]
    with town.sessions.begin() as session:
        assert retention.forget_letters(session, NOW + 31 * DAY) == 1
        assert sorted(session.scalars(select(Letter.id))) == sorted(kept)
        assert taken(session, kept[0], now=NOW + 31 * DAY, lease_for=LEASE) is not None


def test_reasons_are_those_of_people_who_were_not_reached(town: Town, desk: Desk) -> None:
    done(town, desk)
    with town.sessions.begin() as session:
        session.add(
            Delivery(
                consignment_id=1, subscriber_id=999, sender_id=1, state=DeliveryState.WITHHELD, attempt=1, reason="x"
            )
        )
    seal(town)
    count(town)
    with town.sessions() as session:
        rows = session.execute(select(Reason.state, Reason.reason, Reason.count).order_by(Reason.reason)).all()
    assert rows == [(DeliveryState.FAILED, "unreachable", 1), (DeliveryState.WITHHELD, "x", 1)]
