"""A bulletin runs once a day, says what is new to those who chose it, and never goes out too late."""

from array import array
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from broadcast import audience, blocks, bulletins, compose, launch
from broadcast.content import Flaw
from broadcast.models import Broadcast, Bulletin, Occurrence
from broadcast.states import Kind, Note, State
from delivery.models import Letter
from locales import texts
from staff.models import Account
from subscribers import areas
from subscribers.models import Cadence, Topic
from tests.at_once import at_once
from tests.broadcast.places import NOW, Place, cramped, limits_of, ready, settle, subscriber

MORNING = datetime(2026, 11, 25, 0, 0, tzinfo=UTC)  # 08:00 in Singapore, 23 hours after NOW
Sessions = sessionmaker[Session]


def defined(session: Session, place: Place, **changes: object) -> Bulletin:
    values: dict[str, object] = {
        "key": "river-daily",
        "topics": [place.topic],
        "local_time": "08:00",
        "time_zone": "Asia/Singapore",
        "introductions": {"en": "Good morning.", "ta": "காலை வணக்கம்."},
        "now": NOW,
    }
    return bulletins.define(session, place.agency, **{**values, **changes})  # type: ignore[arg-type]


def announced(session: Session, place: Place, text: str, *, at: datetime, kind: Kind = Kind.NOTICE) -> Broadcast:
    made = ready(session, place, kind, text)
    seen = compose.fingerprint(session, made)
    launch.confirm(session, made, place.author, fingerprint=seen, limits_of=limits_of, now=at)
    return made


def run(session: Session, bulletin: Bulletin, now: datetime = MORNING) -> Occurrence | None:
    return bulletins.run(session, bulletin.id, limits_of=limits_of, now=now)


def texts_of(session: Session, occurrence: Occurrence | None) -> dict[str, str]:
    assert occurrence is not None
    assert occurrence.broadcast_id is not None
    made = session.get_one(Broadcast, occurrence.broadcast_id)
    return {row.locale: row.text for row in compose.contents(session, made)}


def test_in_the_morning_it_says_what_was_announced_since_to_those_who_chose_daily(session: Session) -> None:
    place = settle(session)
    bulletin = defined(session, place)
    announced(session, place, "The river rises.", at=NOW + timedelta(hours=1))
    announced(session, place, "Bridge closed!", at=NOW + timedelta(hours=2), kind=Kind.ALERT)
    subscriber(session, place, at=[place.free], cadence=Cadence.AT_ONCE)
    daily = subscriber(session, place, at=[place.free], cadence=Cadence.DAILY)
    assert bulletins.due(session, MORNING - timedelta(seconds=1)) == []
    assert bulletins.due(session, MORNING) == [bulletin.id]
    occurrence = run(session, bulletin)
    said = texts_of(session, occurrence)
    assert said["en"] == "Good morning.\n\n• The river rises.\n\n• Bridge closed!"
    assert said["ta"].startswith("காலை வணக்கம்.")
    assert said["ms"].startswith("Good morning.")
    made = session.scalars(select(Broadcast).where(Broadcast.kind == Kind.BULLETIN)).one()
    assert (made.state, made.officer_id, made.bulletin_id) == (State.SENDING, None, bulletin.id)
    rule = audience.rule_of(session, made, now=NOW)
    assert blocks.people(session, rule, (1, 10**6), seed=1) == {place.free.id: array("q", [daily.id])}
    assert bulletins.due(session, MORNING) == []


def test_a_person_reads_an_announcement_in_their_language_and_never_one_they_cannot_read(session: Session) -> None:
    place = settle(session)
    bulletin = defined(session, place)
    made = ready(session, place)
    compose.set_text(session, made, place.author, locale="ta", text="நீர் உயர்கிறது.")
    compose.drop_text(session, made, place.author, locale="en")
    compose.set_fallback(session, made, place.author, None)
    launch.start(session, made, limits_of=limits_of, now=NOW + timedelta(hours=1), allowed=(Flaw.MISSING,))
    assert texts_of(session, run(session, bulletin)) == {"ta": "காலை வணக்கம்.\n\n• நீர் உயர்கிறது."}


def test_what_concerns_some_areas_says_so(session: Session) -> None:
    place = settle(session)
    bulletin = defined(session, place)
    bedok = areas.add(session, agency_id=place.agency.id, key="bedok", names={"en": "Bedok"}, locales=["en"])
    announced(session, place, "The river rises.", at=NOW + timedelta(hours=1)).area_ids = [bedok.id]
    assert "📍 Bedok\nThe river rises." in texts_of(session, run(session, bulletin))["en"]


def test_without_anything_new_nothing_is_sent_and_the_next_day_looks_from_there(session: Session) -> None:
    place = settle(session)
    bulletin = defined(session, place)
    occurrence = run(session, bulletin)
    assert occurrence is not None
    assert (occurrence.note, occurrence.broadcast_id) == (Note.NOTHING_NEW, None)
    announced(session, place, "New.", at=MORNING + timedelta(hours=1))
    assert "New." in texts_of(session, run(session, bulletin, MORNING + timedelta(days=1)))["en"]


def test_nothing_is_told_twice_and_nothing_between_two_bulletins_is_lost(session: Session) -> None:
    place = settle(session)
    bulletin = defined(session, place)
    for number, at in enumerate(
        [NOW + timedelta(hours=1), MORNING - timedelta(seconds=2), MORNING + timedelta(seconds=1)]
    ):
        announced(session, place, f"Item {number}.", at=at)
    said = [texts_of(session, run(session, bulletin, MORNING + timedelta(days=day)))["en"] for day in range(2)]
    assert [sum(f"Item {number}." in text for text in said) for number in range(3)] == [1, 1, 1]


def test_what_is_paused_when_it_runs_is_told_once_it_goes_on_and_only_once(session: Session) -> None:
    place = settle(session)
    bulletin, day = defined(session, place), timedelta(days=1)
    paused = announced(session, place, "Bridge closed.", at=NOW + timedelta(hours=1))
    launch.pause(session, paused, place.author, now=NOW + timedelta(hours=2))
    announced(session, place, "The river rises.", at=NOW + timedelta(hours=3))
    assert texts_of(session, run(session, bulletin))["en"].count("Bridge closed.") == 0
    assert (second := run(session, bulletin, MORNING + day)) is not None
    assert second.note is Note.NOTHING_NEW
    launch.resume(session, paused, place.author, now=MORNING + day + timedelta(hours=1))
    told = texts_of(session, run(session, bulletin, MORNING + 2 * day))["en"]
    assert "Bridge closed." in told
    assert "The river rises." not in told
    assert (last := run(session, bulletin, MORNING + 3 * day)) is not None
    assert last.note is Note.NOTHING_NEW


def test_what_was_cancelled_and_what_another_topic_said_is_not_in_it(session: Session) -> None:
    place = settle(session)
    bulletin = defined(session, place)
    cancelled = announced(session, place, "A mistake.", at=NOW + timedelta(hours=1))
    launch.cancel(session, cancelled, place.author, now=NOW + timedelta(hours=1))
    elsewhere = announced(session, place, "Elsewhere.", at=NOW + timedelta(hours=2))
    other = Topic(agency_id=place.agency.id, key="sea", names={"en": "Sea"})
    session.add(other)
    session.flush()
    elsewhere.topic_id = other.id
    occurrence = run(session, bulletin)
    assert occurrence is not None
    assert occurrence.note is Note.NOTHING_NEW


def test_too_late_is_held_the_admins_are_told_and_the_next_one_says_it(session: Session) -> None:
    place = settle(session)
    account = Account(officer_id=place.admin.id, officer=place.admin, sender_id=place.free.id, address="9")
    account.bound_at = NOW
    session.add(account)
    bulletin = defined(session, place, late_minutes=30)
    announced(session, place, "The river rises.", at=NOW + timedelta(hours=1))
    occurrence = run(session, bulletin, MORNING + timedelta(minutes=31))
    assert occurrence is not None
    assert (occurrence.note, occurrence.broadcast_id) == (Note.HELD_LATE, None)
    letter = session.scalars(select(Letter)).one()
    assert (letter.to, letter.sender_id) == ("9", place.free.id)
    assert "river-daily" in letter.text
    assert "The river rises." in texts_of(session, run(session, bulletin, MORNING + timedelta(days=1)))["en"]


def test_a_little_late_is_sent(session: Session) -> None:
    place = settle(session)
    bulletin = defined(session, place, late_minutes=30)
    announced(session, place, "The river rises.", at=NOW + timedelta(hours=1))
    occurrence = run(session, bulletin, MORNING + timedelta(minutes=30))
    assert occurrence is not None
    assert (occurrence.note, occurrence.local_at) == (Note.SENT, "2026-11-25T08:00")


def test_after_days_of_silence_one_bulletin_says_it_all(session: Session) -> None:
    place = settle(session)
    bulletin = defined(session, place)
    for day in range(3):
        announced(session, place, f"Day {day}.", at=NOW + timedelta(days=day, hours=1))
    said = texts_of(session, run(session, bulletin, MORNING + timedelta(days=3)))["en"]
    assert all(f"Day {day}." in said for day in range(3))
    assert run(session, bulletin, MORNING + timedelta(days=3)) is None


def test_a_long_day_is_shortened_to_what_the_strictest_channel_takes(session: Session) -> None:
    place = settle(session)
    bulletin = defined(session, place)
    for number in range(40):
        announced(session, place, f"{number}: " + "x" * 600, at=NOW + timedelta(minutes=number + 1))
    occurrence = run(session, bulletin)
    said = texts_of(session, occurrence)["en"]
    assert "more." in said
    made = session.scalars(select(Broadcast).where(Broadcast.kind == Kind.BULLETIN)).one()
    assert compose.text_problems(session, made, "en", limits_of=limits_of) == []


def test_an_agency_that_lost_its_senders_holds_its_bulletin_and_leaves_no_half_broadcast(session: Session) -> None:
    place = settle(session)
    bulletin = defined(session, place)
    announced(session, place, "The river rises.", at=NOW + timedelta(hours=1))
    for each in (place.free, place.strict):
        each.agency_id = settle(session, f"other-{each.channel}").agency.id
    session.flush()
    occurrence = run(session, bulletin)
    assert occurrence is not None
    assert occurrence.note is Note.HELD_UNREADY
    assert session.scalars(select(Broadcast).where(Broadcast.kind == Kind.BULLETIN)).all() == []


@pytest.mark.parametrize(
    ("locale", "said"),
    [("en", "English: the text has"), ("zh_Hans", "English：内容有"), ("ms", "English: teks"), ("ta", "English: உரை")],
)
def test_what_cannot_leave_says_what_is_wrong_with_it(session: Session, locale: str, said: str) -> None:
    place = settle(session)
    account = Account(officer_id=place.admin.id, officer=place.admin, sender_id=place.free.id, address="9")
    account.bound_at = NOW
    session.add(account)
    bulletin = defined(session, place)
    announced(session, place, "The river rises.", at=NOW + timedelta(hours=1))
    place.agency.locales = [locale, *(each for each in place.agency.locales if each != locale)]
    occurrence = bulletins.run(session, bulletin.id, limits_of=cramped, now=MORNING)
    assert occurrence is not None
    assert occurrence.note is Note.HELD_UNREADY
    told = session.scalars(select(Letter)).one().text
    assert f"\n• {said}" in told
    assert "{" not in told
    assert texts.say("problem.no_sender", locale) not in told


@pytest.mark.parametrize("day", ["2026-03-08", "2026-11-01"])
def test_on_the_days_the_clocks_change_it_runs_once(session: Session, day: str) -> None:
    place = settle(session)
    midnight = datetime.fromisoformat(f"{day}T00:00:00+00:00")
    bulletin = defined(
        session, place, local_time="01:30", time_zone="America/New_York", now=midnight - timedelta(hours=12)
    )
    ran = []
    for step in range(4 * 36):
        now = midnight + timedelta(minutes=15 * step)
        announced(session, place, f"Item {step}.", at=now - timedelta(minutes=1))
        ran.append(run(session, bulletin, now))
    assert [each.local_at for each in ran if each] == [f"{day}T01:30", *next_days(day)]


def next_days(day: str) -> list[str]:
    following = datetime.fromisoformat(day) + timedelta(days=1)
    return [f"{following:%Y-%m-%d}T01:30"]


def test_many_schedulers_run_an_occurrence_once(sessions: Sessions) -> None:
    with sessions.begin() as session:
        place = settle(session)
        bulletin = defined(session, place)
        announced(session, place, "The river rises.", at=NOW + timedelta(hours=1))

    def schedule() -> Occurrence | None:
        with sessions.begin() as session:
            return run(session, bulletin)

    ran = at_once(*[schedule] * 5)
    assert len(ran) == 5
    assert sum(each is not None for each in ran) == 1
    with sessions() as session:
        assert len(session.scalars(select(Broadcast).where(Broadcast.kind == Kind.BULLETIN)).all()) == 1


def test_a_run_that_is_killed_before_its_commit_is_run_again_whole(sessions: Sessions) -> None:
    with sessions.begin() as session:
        place = settle(session)
        bulletin = defined(session, place)
        announced(session, place, "The river rises.", at=NOW + timedelta(hours=1))
    with sessions() as session:
        run(session, bulletin)
        session.rollback()
    with sessions.begin() as session:
        assert run(session, bulletin) is not None
        assert len(session.scalars(select(Occurrence)).all()) == 1


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"key": "River daily"}, "key"),
        ({"local_time": "8am"}, "time of day"),
        ({"time_zone": "Asia/Singapur"}, "time zone"),
        ({"introductions": {"ta": "x"}}, "introduction in en"),
        ({"introductions": {"en": "x", "fr": "x"}}, "fr is not enabled"),
        ({"introductions": {"en": "x" * 301}}, "300"),
        ({"late_minutes": -1}, "minutes"),
    ],
)
def test_a_bad_bulletin_is_refused_with_what_to_change(session: Session, changes: dict[str, object], told: str) -> None:
    place = settle(session)
    with pytest.raises(bulletins.BadBulletin, match=told):
        defined(session, place, **changes)


def test_a_bulletin_has_its_topic_to_itself_and_is_its_agencys_alone(session: Session) -> None:
    place, other = settle(session), settle(session, "transport")
    bulletin = defined(session, place)
    with pytest.raises(bulletins.BadBulletin, match="already"):
        defined(session, place, key="another")
    with pytest.raises(bulletins.BadBulletin, match="no such topic"):
        defined(session, place, topics=[other.topic])
    assert bulletins.every(session, other.agency.id) == []
    assert bulletins.by_key(session, other.agency.id, bulletin.key) is None


def test_a_stopped_bulletin_runs_no_more_until_it_is_defined_anew(session: Session) -> None:
    place = settle(session)
    bulletin = defined(session, place)
    announced(session, place, "The river rises.", at=NOW + timedelta(hours=1))
    bulletins.stop(session, bulletin, now=NOW + timedelta(hours=2))
    assert bulletins.due(session, MORNING) == []
    assert run(session, bulletin) is None
    again = defined(session, place, local_time="09:00", now=MORNING)
    assert again is bulletin
    announced(session, place, "The river falls.", at=MORNING + timedelta(minutes=1))
    said = texts_of(session, run(session, bulletin, MORNING + timedelta(hours=1)))["en"]
    assert said == "Good morning.\n\n• The river falls."
