"""A bulletin's feed is fetched outside of any transaction; each occurrence is sent once, or held, whatever happens."""

import subprocess
import sys
import threading
import time
from datetime import timedelta

import pytest
from sqlalchemy import Engine, event, text, update
from sqlalchemy.orm import Session, sessionmaker

from broadcast import bulletins, clock
from broadcast.gathering import PATIENCE, PAUSE
from broadcast.models import Bulletin
from broadcast.states import Note, State
from db.engine import create_engine, session_factory
from feeds import reading
from tests.broadcast.feeding import (
    CHART,
    DAY,
    MORNING,
    NEWS,
    RIVER,
    WORDS,
    Watch,
    defined,
    gatherer,
    lead_to,
    occurrences,
    placed,
    said_in,
    sent,
)
from tests.broadcast.places import limits_of, settle
from tests.feeds import rivers, servers
from tests.feeds.servers import says, serving
from tests.house import tree

Sessions = sessionmaker[Session]
FRESH = MORNING - timedelta(minutes=10)
ROUND = """
import sys
sys.path.insert(0, "")
from db.engine import create_engine, session_factory
from db.schema import load_models
from tests.broadcast.feeding import gatherer

load_models()
gatherer(session_factory(create_engine(sys.argv[1]))).round()
"""


def answer(level: object = 1.25, *, days: int = 0) -> servers.Act:
    return says(rivers.document(level, at=FRESH + days * DAY))


def test_what_the_feed_says_is_sent_in_every_language(sessions: Sessions) -> None:
    with serving(answer()) as port:
        placed(sessions, WORDS, RIVER, port=port)
        assert gatherer(sessions).round() == 1
        assert gatherer(sessions).round() == 0
    with sessions() as session:
        (ran,) = occurrences(session)
        assert ran.note is Note.SENT
        assert sent(session)[0].state is State.SENDING
        said = said_in(session, ran)
        assert said["en"] == "Good morning.\n\nKeep away from the banks.\n\nThe river: 1.25 m, rising."
        assert said["ta"].endswith("ஆறு: 1.25 மீ., உயர்கிறது.")
        assert said["zh_Hans"].endswith(
            "The river: 1.25 m, rising."
        )  # a text that lacks a language is the first's, whole


@pytest.mark.parametrize("act", [servers.floods, servers.hangs, answer(99)])
def test_a_feed_that_hangs_lies_or_floods_is_held_and_harms_nothing(sessions: Sessions, act: servers.Act) -> None:
    with serving(act) as port:
        placed(sessions, RIVER, port=port)
        watch = Watch()
        job = gatherer(sessions, watch, seconds=0.3)
        job.round()
        if not _ran(sessions):  # it did not answer: it is asked again for a while
            watch.now += PATIENCE
            job.round()
    with sessions() as session:
        (ran,) = occurrences(session)
        assert ran.note is Note.HELD
        assert sent(session) == []


def test_a_feed_that_is_only_restarting_wakes_nobody(sessions: Sessions) -> None:
    watch = Watch()
    job = gatherer(sessions, watch)
    with serving(servers.sends(b"")) as port:
        placed(sessions, RIVER, port=port)
        assert job.round() == 1
        assert job.round() == 0  # not at once again
    assert not _ran(sessions)
    with serving(answer()) as port:
        lead_to(sessions, port)
        watch.now += PAUSE
        assert job.round() == 1
    with sessions() as session:
        assert [each.note for each in occurrences(session)] == [Note.SENT]


def test_what_was_paused_while_its_feed_did_not_answer_is_asked_with_all_patience_again(sessions: Sessions) -> None:
    watch = Watch()
    job = gatherer(sessions, watch)
    with serving(servers.sends(b"")) as port:
        placed(sessions, RIVER, port=port)
        for stopped_at, looked_at in ((None, 1), (MORNING, 0), (None, 1)):
            with sessions.begin() as session:
                session.execute(update(Bulletin).values(stopped_at=stopped_at))
            assert job.round() == looked_at
            watch.now += PATIENCE
    assert not _ran(sessions)


def test_while_a_feed_hangs_no_transaction_is_open_and_the_clock_goes_on(sessions: Sessions) -> None:
    asked, go_on = threading.Event(), threading.Event()

    def hang(caller: object) -> None:
        asked.set()
        go_on.wait(60)

    with serving(hang) as port:
        placed(sessions, RIVER, port=port)
        engine = sessions.kw["bind"]
        assert isinstance(engine, Engine)
        gathering = gatherer(sessions)
        open_, job = list[object](), threading.Thread(target=gathering.round)
        event.listen(engine, "checkout", lambda _, record, __: open_.append(record))
        event.listen(engine, "checkin", lambda _, record: open_.remove(record))
        job.start()
        assert asked.wait(30)
        assert open_ == []
        assert gathering.round() == 0  # one at a time
        clock.tick(sessions, MORNING, limits_of=limits_of)
        assert job.is_alive()  # the feed hangs still
        assert not _ran(sessions)
        go_on.set()
        job.join(10)


def test_a_slow_feed_of_one_agency_keeps_no_other_waiting(sessions: Sessions) -> None:
    go_on = threading.Event()

    def hang(caller: object) -> None:
        go_on.wait(20)

    with serving(hang) as slow, serving(answer()) as quick:
        placed(sessions, RIVER, port=slow)
        with sessions.begin() as session:
            defined(session, settle(session, "roads"), RIVER, port=quick)
        thread = threading.Thread(target=gatherer(sessions, seconds=15).round)
        thread.start()
        deadline = time.monotonic() + 10
        while not _ran(sessions) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert _ran(sessions)
        assert thread.is_alive()  # for the slow one
        go_on.set()
        thread.join(10)


def test_two_clocks_send_one_bulletin(migrated_postgresql_url: str) -> None:
    engine = create_engine(migrated_postgresql_url)
    sessions = session_factory(engine)
    together = threading.Barrier(2)

    def act(caller: object) -> None:
        together.wait(30)  # both have asked before either has an answer
        answer()(caller)  # type: ignore[arg-type]

    with serving(act) as port:
        placed(sessions, RIVER, port=port)
        threads = [threading.Thread(target=gatherer(sessions).round) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
    with sessions() as session:
        assert [each.note for each in occurrences(session)] == [Note.SENT]
        assert len(sent(session)) == 1
    engine.dispose()


def test_a_clock_that_dies_between_fetch_and_commit_leaves_the_occurrence_whole(sessions: Sessions) -> None:
    with serving(answer()) as port:
        _, bulletin_id = placed(sessions, RIVER, port=port)
        with sessions() as session:  # fetched, written, and killed before the commit
            said = {"river": reading.read(rivers.spec(), rivers.document(at=FRESH))}
            assert bulletins.run(session, bulletin_id, limits_of=limits_of, now=MORNING, said=said) is not None
            session.rollback()
        assert not _ran(sessions)
        gatherer(sessions).round()
    with sessions() as session:
        assert [each.note for each in occurrences(session)] == [Note.SENT]
        assert len(sent(session)) == 1


def test_a_clock_that_is_killed_between_fetch_and_broadcast_has_sent_nothing(migrated_postgresql_url: str) -> None:
    """The table is locked, so that the process stands exactly there when it is killed; the next round sends once."""
    engine = create_engine(migrated_postgresql_url)
    sessions = session_factory(engine)
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'occurrences'::regclass")
    with serving(answer()) as port:
        placed(sessions, RIVER, port=port)
        with engine.connect() as holder:
            holder.execute(text("LOCK TABLE occurrences IN SHARE ROW EXCLUSIVE MODE"))
            process = subprocess.Popen([sys.executable, "-c", ROUND, migrated_postgresql_url], cwd=tree.ROOT)
            try:
                deadline = time.monotonic() + 30
                while not holder.scalar(waiting) and time.monotonic() < deadline and process.poll() is None:
                    time.sleep(0.05)
                assert holder.scalar(waiting) == 1
            finally:
                process.kill()
                process.wait()
            holder.rollback()
        assert not _ran(sessions)
        gatherer(sessions).round()
    with sessions() as session:
        assert [each.note for each in occurrences(session)] == [Note.SENT]
        assert len(sent(session)) == 1
    engine.dispose()


def test_parts_that_change_while_a_feed_is_fetched_leave_it_to_the_next_round(sessions: Sessions) -> None:
    _, bulletin_id = placed(sessions, RIVER)
    with sessions.begin() as session:
        assert bulletins.run(session, bulletin_id, limits_of=limits_of, now=MORNING, said={}) is None
        assert bulletins.run(session, bulletin_id, limits_of=limits_of, now=MORNING) is None
        assert bulletins.due(session, MORNING) == []
        assert bulletins.due_with_feeds(session, MORNING) == [bulletin_id]


def test_tomorrow_it_is_compared_with_what_was_sent_today_and_the_chart_shows_both(sessions: Sessions) -> None:
    for day, level, note in ((0, 1.25, Note.SENT), (1, 1.25, Note.HELD), (2, 1.5, Note.SENT), (3, 4, Note.HELD)):
        with serving(answer(level, days=day)) as port:
            if day == 0:
                placed(sessions, RIVER, NEWS, CHART, port=port)
            lead_to(sessions, port)
            gatherer(sessions, Watch(MORNING + day * DAY)).round()
        with sessions() as session:
            assert occurrences(session)[-1].note is note
    with sessions() as session:
        first, second = sent(session)
        assert first.media_id is None  # one value makes no chart
        assert second.media_id is not None
        assert second.media_texts["en"] == "● Water level: 1.25 m → 1.50 m"


def _ran(sessions: Sessions) -> bool:
    with sessions() as session:
        return bool(occurrences(session))
