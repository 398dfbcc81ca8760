"""The clock finds what is due in rows: two of them do nothing twice, and what fails in one part stops no other."""

import time
from contextlib import closing
from datetime import UTC, datetime, timedelta

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session, sessionmaker

from broadcast import bulletins, clock, compose, launch, planning, report
from broadcast.lookahead import Lookahead
from broadcast.models import Broadcast, Bulletin, Occurrence, Plan
from broadcast.states import Kind, State
from channels.contract import MediaKind
from db import partitions
from db.engine import session_factory
from delivery import curves
from delivery.models import Batch, Consignment, Delivery, Letter, MediaItem, Tally
from delivery.states import BatchState, ConsignmentState, DeliveryState, Milestone
from staff import officers
from staff.models import Account, Officer
from tests import databases
from tests.at_once import at_once
from tests.broadcast.places import NOW, Place, limits_of, ready, settle, subscriber

Sessions = sessionmaker[Session]
SECOND = timedelta(seconds=1)


def tick(sessions: Sessions, now: datetime) -> None:
    clock.tick(sessions, now, limits_of=limits_of)


def launched(sessions: Sessions, *, people: int = 3) -> tuple[Place, Broadcast]:
    """On its way, and whoever launched it gets the card."""
    with sessions.begin() as session:
        place = settle(session)
        for _ in range(people):
            subscriber(session, place, at=[place.free])
        made = ready(session, place)
        made.report_sender_id, made.report_to = place.free.id, "officer"
        seen = compose.fingerprint(session, made)
        launch.confirm(session, made, place.author, fingerprint=seen, limits_of=limits_of, now=NOW)
    return place, made


def plan(sessions: Sessions, made: Broadcast) -> None:
    planning.plan(sessions, made.id, limits_of=limits_of, clock=lambda: NOW)


def all_sent(sessions: Sessions) -> None:
    with sessions.begin() as session:
        session.execute(update(Batch).values(state=BatchState.DONE))


def cards(sessions: Sessions) -> list[Letter]:
    with sessions() as session:
        return list(session.scalars(select(Letter).where(Letter.to == "officer")))


def state_of(sessions: Sessions, made: Broadcast) -> State:
    with sessions() as session:
        return session.get_one(Broadcast, made.id).state


def test_a_launch_whose_wake_up_was_lost_is_woken_again_until_it_is_planned(sessions: Sessions) -> None:
    _, made = launched(sessions)
    woken: list[tuple[str, int]] = []
    sessions.configure(info={"waker": lambda task, subject: woken.append((task, subject))})
    tick(sessions, NOW)
    assert ("launch", made.id) not in woken
    tick(sessions, NOW + SECOND)
    assert ("launch", made.id) in woken
    plan(sessions, made)
    woken.clear()
    tick(sessions, NOW + 10 * SECOND)
    assert ("launch", made.id) not in woken


def test_an_alert_is_woken_in_its_own_queue_by_the_clock_and_when_it_goes_on(sessions: Sessions) -> None:
    woken: list[tuple[str, int]] = []
    with sessions.begin() as session:
        place = settle(session)
        made = ready(session, place, Kind.ALERT)
        seen = compose.fingerprint(session, made)
        launch.confirm(session, made, place.author, fingerprint=seen, limits_of=limits_of, now=NOW)
    sessions.configure(info={"waker": lambda task, subject: woken.append((task, subject))})
    tick(sessions, NOW + SECOND)
    assert [each for each in woken if each[0].startswith("launch")] == [("launch_alert", made.id)]
    woken.clear()
    with sessions.begin() as session:
        alert = session.get_one(Broadcast, made.id)
        launch.pause(session, alert, place.author, now=NOW)
        launch.resume(session, alert, place.author, now=NOW)
    assert woken == [("launch_alert", made.id)]


def test_a_plan_that_stands_still_is_woken_every_few_seconds_and_not_every_tick(sessions: Sessions) -> None:
    _, made = launched(sessions)
    with closing(Lookahead(sessions)) as whom, sessions.begin() as session:
        planning._begin(session, made.id, whom, limits_of=limits_of, now=NOW, block=10)
    woken: list[tuple[str, int]] = []
    sessions.configure(info={"waker": lambda task, subject: woken.append((task, subject))})
    for second in range(11):
        tick(sessions, NOW + second * SECOND)
    assert woken.count(("launch", made.id)) == 2


def test_a_broadcast_ends_when_its_consignment_is_done_and_is_summarised_once(sessions: Sessions) -> None:
    _, made = launched(sessions)
    plan(sessions, made)
    tick(sessions, NOW)
    assert state_of(sessions, made) is State.SENDING
    all_sent(sessions)
    for second in range(1, 8):
        tick(sessions, NOW + second * SECOND)
    assert state_of(sessions, made) is State.FINISHED
    (card,) = cards(sessions)
    assert "finished" in card.text
    assert card.is_again
    with sessions() as session:
        assert session.get_one(Broadcast, made.id).summarised_at == NOW + 3 * SECOND


def test_what_somebody_holds_is_ended_later_and_keeps_nobody_waiting(migrated_postgresql_url: str) -> None:
    """Whoever locks several does so by id; who waited for one of them with others locked could wait for ever."""
    with databases.engine_on(migrated_postgresql_url) as made:
        _finish_beside_an_officer(session_factory(made))


def _finish_beside_an_officer(sessions: Sessions) -> None:
    with sessions.begin() as session:
        place = settle(session)
        held, free = (ready(session, place), ready(session, place))
        for made in (held, free):
            seen = compose.fingerprint(session, made)
            launch.confirm(session, made, place.author, fingerprint=seen, limits_of=limits_of, now=NOW)
    for made in (held, free):
        plan(sessions, made)
    with sessions.begin() as session:
        session.execute(update(Consignment).values(state=ConsignmentState.DONE))
    with sessions.begin() as officer:
        compose.lock(officer, officer.get_one(Broadcast, held.id))
        with sessions.begin() as session:
            session.execute(text("SET LOCAL lock_timeout = '2s'"))
            assert clock.finish(session, NOW) == 1
    with sessions.begin() as session:
        assert clock.finish(session, NOW) == 1


def test_the_curve_follows_the_summary_as_a_picture_once(sessions: Sessions) -> None:
    _, made = launched(sessions)
    plan(sessions, made)
    all_sent(sessions)
    with sessions.begin() as session:
        curves.record(session, made.id, 1, Milestone.HANDED_OVER, [1.0, 2.0, 30.0])
    for second in range(1, 8):
        tick(sessions, NOW + second * SECOND)
    with sessions() as session:
        (shown,) = session.scalars(select(Letter).where(Letter.media_id.is_not(None)))
        item = session.get_one(MediaItem, shown.media_id)
        assert (shown.to, shown.key) == (session.get_one(Broadcast, made.id).report_to, None)
        assert (item.kind, item.mime_type) == (MediaKind.PHOTO, "image/png")


def test_a_cancelled_broadcast_is_summarised_and_a_cancelled_draft_is_not(sessions: Sessions) -> None:
    place, made = launched(sessions)
    plan(sessions, made)
    with sessions.begin() as session:
        launch.cancel(session, session.get_one(Broadcast, made.id), place.author, now=NOW)
        draft = ready(session, place)
        draft.report_sender_id, draft.report_to = place.free.id, "officer"
        launch.cancel(session, draft, place.author, now=NOW)
    tick(sessions, NOW + SECOND)
    assert cards(sessions) == []
    tick(sessions, NOW + 2 * SECOND)
    (card,) = cards(sessions)
    assert "cancelled" in card.text


def test_a_progress_card_is_rewritten_every_three_seconds_at_most(sessions: Sessions) -> None:
    _, made = launched(sessions)
    plan(sessions, made)
    written = []
    for second in range(7):
        tick(sessions, NOW + second * SECOND)
        with sessions() as session:
            written.append(session.get_one(Broadcast, made.id).reported_at)
    assert list(dict.fromkeys(written)) == [NOW, NOW + 3 * SECOND, NOW + 6 * SECOND]
    assert len(cards(sessions)) == 1


def test_a_paused_broadcast_says_so_on_its_card_and_does_not_end(sessions: Sessions) -> None:
    place, made = launched(sessions)
    plan(sessions, made)
    with sessions.begin() as session:
        launch.pause(session, session.get_one(Broadcast, made.id), place.author, now=NOW)
    all_sent(sessions)
    tick(sessions, NOW + SECOND)
    assert state_of(sessions, made) is State.PAUSED
    assert f"/resume {made.code}" in cards(sessions)[0].text


def test_a_revoked_officer_is_told_no_figures_any_more(sessions: Sessions) -> None:
    place, made = launched(sessions)
    plan(sessions, made)
    with sessions.begin() as session:
        author = session.get_one(Officer, place.author.id)
        session.add(Account(officer_id=author.id, sender_id=place.free.id, address="officer", bound_at=NOW))
        officers.revoke(session, author, now=NOW)
    tick(sessions, NOW + 5 * SECOND)
    all_sent(sessions)
    for seconds in (10, 20, 30):
        tick(sessions, NOW + seconds * SECOND)
    assert state_of(sessions, made) is State.FINISHED
    assert cards(sessions) == []


def test_a_part_that_fails_stops_no_other(sessions: Sessions) -> None:
    _, made = launched(sessions)
    plan(sessions, made)
    all_sent(sessions)
    seen: list[datetime] = []

    def broken(session: Session, now: datetime) -> None:
        session.add(Broadcast(agency_id=4711, code="NONE", kind=Kind.NOTICE, created_at=now))
        session.flush()
        raise RuntimeError("the part of another room is broken")

    parts = {"broken": broken, "whole": lambda _, now: seen.append(now)}
    clock.tick(sessions, NOW, limits_of=limits_of, also=parts)
    clock.tick(sessions, NOW + 3 * SECOND, limits_of=limits_of, also=parts)
    assert seen == [NOW, NOW + 3 * SECOND]
    assert state_of(sessions, made) is State.FINISHED
    assert "finished" in cards(sessions)[0].text


def bulletin(sessions: Sessions) -> Bulletin:
    with sessions.begin() as session:
        place = settle(session)
        made = bulletins.define(
            session,
            place.agency,
            key="daily",
            topics=[place.topic],
            local_time="08:00",
            time_zone="Asia/Singapore",
            introductions={"en": "Good morning."},
            now=NOW,
        )
        announced = ready(session, place)
        launch.start(session, announced, limits_of=limits_of, now=NOW + SECOND)
    return made


MORNING = datetime(2026, 11, 25, 0, 0, tzinfo=UTC)


def sent_bulletins(sessions: Sessions) -> list[Broadcast]:
    with sessions() as session:
        return list(session.scalars(select(Broadcast).where(Broadcast.kind == Kind.BULLETIN)))


def test_two_clocks_at_once_run_a_bulletin_once_and_a_restarted_one_runs_nothing_again(sessions: Sessions) -> None:
    bulletin(sessions)

    def work() -> None:
        for second in range(3):
            tick(sessions, MORNING + second * SECOND)

    at_once(*[work] * 3)
    assert len(sent_bulletins(sessions)) == 1
    tick(sessions, MORNING + 60 * SECOND)
    assert len(sent_bulletins(sessions)) == 1


def test_the_clock_ticks_by_itself_until_it_is_shut_down(sessions: Sessions) -> None:
    made = bulletin(sessions)
    running = clock.run(sessions, limits_of=limits_of, clock=lambda: MORNING, every=timedelta(milliseconds=50))
    try:
        deadline = time.monotonic() + 20
        while not sent_bulletins(sessions) and time.monotonic() < deadline:
            time.sleep(0.05)
    finally:
        running.shutdown()
    with sessions() as session:
        assert session.scalars(select(Occurrence.bulletin_id)).all() == [made.id]


def test_sweeps_let_a_broadcast_leave_whose_term_is_over_and_its_card_says_what_it_said(sessions: Sessions) -> None:
    place, made = launched(sessions)
    plan(sessions, made)
    all_sent(sessions)
    with sessions.begin() as session:
        said = {"sender_id": place.free.id, "attempt": 1}
        for person, reason in enumerate(["unreachable", "unreachable", "rejected"], start=1):
            row = Delivery(consignment_id=made.id, subscriber_id=person, reason=reason, **said)
            row.state = DeliveryState.FAILED
            session.add(row)
        session.add(Tally(consignment_id=made.id, sender_id=place.free.id, state=DeliveryState.FAILED, count=3))
    tick(sessions, NOW + SECOND)
    before = card_of(sessions, made)
    assert "they blocked us or left the app" in before
    later = NOW + timedelta(days=90)
    for after in (timedelta(0), timedelta(minutes=11), timedelta(days=2), timedelta(days=2), timedelta(days=2)):
        clock.sweep(sessions, later + after)
    with sessions() as session:
        assert session.scalars(select(Delivery)).all() == []
        assert session.scalars(select(Batch)).all() == []
        assert session.get_one(Plan, made.id).blocks == []
        assert session.get_one(Consignment, made.id).state is ConsignmentState.PURGED
    assert card_of(sessions, made) == before


def card_of(sessions: Sessions, made: Broadcast) -> str:
    with sessions() as session:
        return report.card(session, session.get_one(Broadcast, made.id), limits_of=limits_of, now=NOW, locale="en").text


def test_room_is_made_for_a_day_of_broadcasts_judged_by_the_last_thousand(sessions: Sessions) -> None:
    with sessions.begin() as session:
        place = settle(session)
        for place_in_line in range(60):
            made = compose.draft(session, place.agency, place.author, kind=Kind.NOTICE, now=NOW)
            made.created_at = NOW + place_in_line * timedelta(hours=1)
    clock.sweep(sessions, NOW + timedelta(hours=59))
    with sessions() as session:
        newest = session.scalars(select(Broadcast.id).order_by(Broadcast.id.desc()).limit(1)).one()
        ranges = partitions.ranges(session, "deliveries")
    if ranges:  # SQLite has none
        assert ranges[-1].stop - ranges[-1].start == 24
        assert ranges[-1].stop > newest + 2 * 24
