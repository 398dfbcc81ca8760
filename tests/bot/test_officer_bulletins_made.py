"""A bulletin is made and changed in chat, and what is held is answered: once, by who may, on both apps."""

from datetime import datetime, timedelta
from functools import partial

import orjson
import pytest
from sqlalchemy import select

from broadcast import bulletins, compose
from broadcast.models import Bulletin, Occurrence, PreviewOrder
from broadcast.states import Note
from channels import registry
from db.engine import Sessions
from delivery.models import Letter
from feeds import defining as feeds
from feeds import reading
from staff.models import Agency, Role
from subscribers.models import Cadence
from subscribers.segments import language, saved
from tests.at_once import at_once
from tests.bot import people
from tests.bot.office import Office, Phone, open_office
from tests.bot.test_officer_bulletins import APPS, HOUR, MORNING, announced, card, defined, officer, sent, tick

RIVER = {
    "source": "https://river.example/now.json",
    "form": "json",
    "origin": "at",
    "max_age_minutes": 120,
    "fields": {"level": {"path": "level", "type": "number", "unit": "length-meter", "decimals": 2, "most_change": 2}},
}


@pytest.fixture
def office(sessions: Sessions) -> Office:
    """An agency without a bulletin."""
    made = open_office(sessions)
    made.citizens(2)
    return made


def made(phone: Phone, *, name: str = "River daily", time: str = "6:30 pm", days: str = "Wed, Sat to Mon") -> str:
    """The way to a bulletin on floods; the last answer."""
    phone.says("/bulletins")
    phone.taps("New bulletin")
    for said in (name, "Floods", days, time, "Everybody", "Good evening."):
        phone.says(said)
    phone.says("-")
    return phone.taps("Save it")


def the_one(office: Office) -> Bulletin:
    with office.sessions() as session:
        return session.scalars(select(Bulletin)).one()


def with_feed(office: Office) -> None:
    with office.sessions.begin() as session:
        feeds.define(session, session.get_one(Agency, office.agency_id), "river", RIVER, now=people.START)


def reads(office: Office, level: float, now: datetime) -> Note | None:
    """The clock runs the bulletin, with what its feed says now."""
    with office.sessions.begin() as session:
        spec = feeds.specs_of(session, office.agency_id)["river"]
        said = reading.read(spec, orjson.dumps({"at": now.isoformat(), "level": level}))
        [due] = bulletins.due_with_feeds(session, now) or [0]
        ran = bulletins.run(session, due, limits_of=registry.limits, now=now, said={"river": said}) if due else None
        return ran.note if ran is not None else None


@APPS
def test_it_is_made_question_by_question_and_runs(office: Office, app: str) -> None:
    phone = officer(office, app)
    assert "“river-daily” is saved" in made(phone)
    kept = the_one(office)
    assert (kept.key, kept.local_time, kept.days, kept.cadence) == (
        "river-daily",
        "18:30",
        [0, 2, 5, 6],
        Cadence.AT_ONCE,
    )
    assert kept.introductions == {"en": "Good evening."}
    assert "Monday, Wednesday, Saturday, and Sunday at 6:30 pm" in phone.says("/bulletins river-daily")
    announced(office, "The river rises.", at=phone.now)
    assert tick(office, MORNING + 10 * HOUR) == []
    assert tick(office, MORNING + timedelta(hours=10, minutes=30)) == [Note.SENT]  # a Wednesday
    assert tick(office, MORNING + timedelta(days=1, hours=10, minutes=30)) == []
    assert office.audit().count("bulletin.defined") == 1


@APPS
def test_days_and_the_hour_are_tapped_and_buttons_hold_after_a_restart(office: Office, app: str) -> None:
    phone = officer(office, app)
    phone.says("/bulletins")
    phone.taps("New bulletin")
    phone.says("haze")
    phone.taps("Dengue")
    phone.taps("Done")
    for day in ("Monday", "Tuesday", "Sunday"):
        phone.taps(day)  # each turn reads everything anew from the database
    assert "Wednesday, Thursday, Friday, and Saturday" in "".join(draft.text for draft in phone.seen)
    stale = phone.seen
    phone.taps("Done")
    phone.taps("7:00 am")
    phone.seen = stale
    phone.taps("Done")  # of a question that was answered
    phone.says("2")
    phone.says("Hello.")
    phone.taps("Skip")
    assert "saved" in phone.taps("Save it")
    assert (the_one(office).days, the_one(office).cadence) == ([2, 3, 4, 5], Cadence.WEEKLY)


def test_every_wrong_answer_is_explained_and_asked_again(office: Office) -> None:
    phone = officer(office)
    with office.sessions.begin() as session:
        defined(office, session)
    phone.says("/bulletins")
    phone.taps("New bulletin")
    assert "letters a-z" in phone.says("洪水")
    assert "of this name already" in phone.says("River daily")
    assert "not one of the answers" in phone.says("/nonsense")
    assert "Floods" not in phone.says("haze")  # it has one
    assert "not one of the answers" in phone.says("Volcanoes")
    assert "“Floods” has a bulletin already" in phone.says("Dengue, Floods")
    phone.says("Dengue")
    for wrong in ("never", "Mon to Fri at 8", "every day but Sunday", "weekdays, Satur"):
        assert "which days you mean" in phone.says(wrong)
    phone.says("every monday")
    for wrong in ("8", "25:00", "noon", "08:00 and 09:00"):
        assert "which time of day that is" in phone.says(wrong)
    phone.says("08:00")
    assert "not one of the answers" in phone.says("nobody")
    phone.says("1")
    assert "300 readable characters" in phone.says("x" * 301)
    assert "300 readable characters" in phone.says("Hello\u202e.")
    phone.says("Hello.")
    phone.says("-")
    assert "Nothing was sent or changed" in phone.says("/cancel")
    phone.forges("bulletins:set:new:save:yes")
    assert the_one(office).key == "river-daily"


def test_a_segment_is_asked_for_where_there_are_some_and_its_people_alone_get_it(office: Office) -> None:
    office.citizens(1, locale="ms")
    with office.sessions.begin() as session:
        read = language.read("language:ms")
        saved.save(session, agency_id=office.agency_id, name="Malay", tree=read, now=people.START)
    phone = officer(office)
    phone.says("/bulletins")
    phone.taps("New bulletin")
    for said in ("river", "Floods", "mon", "08:00", "Everybody"):
        phone.says(said)
    assert "Did you mean" in phone.says("langage:ms")
    phone.taps("Malay")
    phone.says("Hello.")
    phone.says("-")
    assert "Only for people" in "".join(draft.text for draft in phone.seen)
    phone.taps("Save it")
    phone.waits(timedelta(minutes=1))
    announced(office, "The river rises.", at=phone.now)
    assert "1 person would get it" in phone.says("/bulletins river") + phone.taps("Preview")


def test_each_thing_is_changed_and_an_hour_that_is_over_today_is_none_of_its_own(office: Office) -> None:
    with office.sessions.begin() as session:
        defined(office, session)
    phone = card(office)
    phone.waits(3 * HOUR)
    announced(office, "The river rises.", at=phone.now)
    for thing, said in (("Time", "08:30"), ("Readers", "2"), ("Topics", "Dengue"), ("Days", "tue")):
        phone.says("/bulletins river-daily")
        phone.taps("Change")
        phone.taps(thing)
        assert "is changed" in phone.says(said)
        assert tick(office, phone.now) == []
    phone.taps("Change")
    phone.taps("Topics")
    phone.says("Floods")
    phone.taps("Change")
    phone.taps("First line")
    phone.taps("Bahasa Melayu")
    assert "is changed" in phone.taps("Skip")
    phone.taps("Change")
    phone.taps("First line")
    phone.taps("English")
    assert "not one of the answers" in phone.says("/x")
    assert "is changed" in phone.says("Hello.")
    phone.taps("Change")
    phone.taps("Segment")
    assert "is changed" in phone.says("language:en")
    kept = the_one(office)
    assert (kept.local_time, kept.days, kept.cadence, kept.introductions, kept.segment) == (
        "08:30",
        [1],
        Cadence.WEEKLY,
        {"en": "Hello."},
        "language:en",
    )
    assert office.audit().count("bulletin.changed") == 8


def test_where_its_hour_is_changed_the_next_one_is_still_skipped(office: Office) -> None:
    with office.sessions.begin() as session:
        defined(office, session)
    phone = card(office)
    phone.waits(3 * HOUR)
    announced(office, "The river rises.", at=phone.now)
    phone.taps("Skip the next one")
    phone.taps("Change")
    phone.taps("Time")
    phone.says("09:00")
    assert "(25 Nov 2026, 9:00 am is skipped)" in phone.says("/bulletins river-daily")
    assert tick(office, MORNING + HOUR) == []
    assert tick(office, MORNING + timedelta(days=1, hours=1)) == [Note.SENT]


def test_a_change_of_what_was_deleted_meanwhile_says_so(office: Office) -> None:
    with office.sessions.begin() as session:
        defined(office, session)
    phone, other = card(office), card(office, name="bala")
    phone.taps("Change")
    phone.taps("Time")
    other.taps("Delete")
    other.taps("Yes, delete")
    assert "not there any more" in phone.says("09:00")


def test_two_officers_who_make_one_on_the_same_topic_make_one(office: Office) -> None:
    phones = [officer(office, name="aisyah"), officer(office, "whatsapp", name="bala")]
    for number, phone in enumerate(phones):
        phone.says("/bulletins")
        phone.taps("New bulletin")
        for said in (f"river-{number}", "Floods", "mon", "08:00", "1", "Hello.", "-"):
            phone.says(said)
    told = at_once(*(partial(phone.taps, "Save it") for phone in phones))
    assert sorted("is saved" in each for each in told) == [False, True]
    assert any("has a bulletin already" in each for each in told)
    the_one(office)
    loser = phones[["is saved" in each for each in told].index(False)]
    assert "📰 river-" in loser.says("Dengue")  # nothing else is asked again
    assert "is saved" in loser.taps("Save it")


def test_who_is_second_with_a_name_is_asked_for_another_one_alone(office: Office) -> None:
    phone = officer(office)
    phone.says("/bulletins")
    phone.taps("New bulletin")
    for said in ("river-daily", "Dengue", "mon", "09:00", "2", "Hello.", "Helo."):
        phone.says(said)
    with office.sessions.begin() as session:
        defined(office, session)
    assert "of this name already" in phone.taps("Save it")
    assert "English: Hello.\nBahasa Melayu: Helo." in phone.says("dengue")
    assert "is saved" in phone.taps("Save it")
    with office.sessions() as session:
        kept = session.scalars(select(Bulletin).where(Bulletin.key == "dengue")).one()
        assert (kept.local_time, kept.days, kept.cadence) == ("09:00", [0], Cadence.WEEKLY)


def test_done_without_a_day_says_that_one_is_needed(office: Office) -> None:
    phone = officer(office)
    phone.says("/bulletins")
    phone.taps("New bulletin")
    for said in ("river", "Floods"):
        phone.says(said)
    for day in ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"):
        phone.taps(day)
    assert "Please choose one day at least." in phone.taps("Done")


@APPS
def test_parts_are_added_ordered_and_taken_out(office: Office, app: str) -> None:
    with_feed(office)
    with office.sessions.begin() as session:
        defined(office, session)
    phone = card(office, app)
    phone.taps("Change")
    assert "1. The announcements since the last one" in phone.taps("Contents")
    stale = phone.seen
    phone.taps("Add words")
    assert "500" in phone.says("x" * 501)
    phone.says("Keep away from the banks.")
    assert "2. Words: Keep away" in phone.says("-")
    phone.taps("Add data")
    phone.taps("river")
    for wrong in ("The river.", "It stands at {height}.", "It stands at {level} {"):
        assert "{level}, {origin}" in phone.says(wrong)
    phone.says("The river stands at {level}.")
    assert "the same ones in every language" in phone.says("Sungai: {origin}.")
    assert "3. Data of river: The river stands" in phone.says("Sungai: {level}.")
    phone.taps("Add a chart")
    assert "4. A chart of river: level" in phone.taps("1")
    phone.taps("2")
    assert "1. Words" in phone.taps("Move up")
    phone.taps("2")
    assert "announcements" not in phone.taps("Take out")
    phone.seen = stale
    assert "no longer holds" in phone.taps("Add words")
    assert [part["kind"] for part in the_one(office).parts] == ["text", "feed", "chart"]
    phone.says("/bulletins river-daily")
    assert "Keep away from the banks." in phone.taps("Send one now")


def test_another_agencys_feed_is_none(office: Office, sessions: Sessions) -> None:
    other = open_office(sessions, "nea")
    with_feed(other)
    with office.sessions.begin() as session:
        defined(office, session)
    phone = card(office)
    phone.taps("Change")
    phone.taps("Contents")
    assert "Add data" not in phone.labels
    [key] = [choice.key for draft in phone.seen for choice in draft.choices if choice.label == "Add words"]
    for forged in (key.replace("text", "data:1"), key.replace("text", "chart:1:level")):
        assert "cannot be used" in phone.forges(forged)


def held(office: Office) -> tuple[int, Phone, Phone]:
    """A bulletin whose data jumped; its occurrence, and two officers."""
    with_feed(office)
    with office.sessions.begin() as session:
        defined(office, session).parts = [
            {"kind": "text", "texts": {"en": "Keep away."}},
            {"kind": "feed", "feed": "river", "texts": {"en": "It stands at {level}."}},
        ]
    phones = officer(office), officer(office, "whatsapp", name="bala")
    assert reads(office, 1, MORNING) is Note.SENT
    assert reads(office, 9, MORNING + timedelta(days=1)) is Note.HELD
    for phone in phones:
        phone.now = MORNING + timedelta(days=1)
    with office.sessions() as session:
        found = session.scalars(select(Occurrence.id).where(Occurrence.note == Note.HELD)).one()
        asked = session.scalars(select(Letter.to).where(Letter.key.like("held:%"))).all()
    assert {phone.value for phone in phones} <= set(asked)
    return found, *phones


@pytest.mark.parametrize(("deed", "says"), [("send", "It stands at 9.00"), ("without", "Keep away."), ("drop", None)])
def test_what_is_held_is_answered_once_and_the_second_reads_what_became_of_it(
    office: Office, deed: str, says: str | None
) -> None:
    found, first, second = held(office)
    key = f"bulletins:held:{deed}:{found}"
    told = first.forges(key)
    if deed != "drop":
        assert "Is it you?" in told
        assert len(sent(office)) == 1
        first.says(first.code)
    assert len(sent(office)) == (1 if says is None else 2)
    if says is not None:
        with office.sessions() as session:
            text = compose.contents(session, sent(office)[-1])[0].text
        assert says in text
        assert ("9.00" in text) is (deed == "send")
    second.says("/bulletins")
    for other in ("send", "without", "drop"):
        told = second.forges(f"bulletins:held:{other}:{found}")
        told = second.says(second.code) if "Is it you?" in told else told
        assert "decided already" in told
    assert len(sent(office)) == (1 if says is None else 2)


@APPS
def test_a_preview_with_data_is_ordered_once_and_says_what_was_sent_last(office: Office, app: str) -> None:
    with_feed(office)
    with office.sessions.begin() as session:
        defined(office, session).parts = [{"kind": "feed", "feed": "river", "texts": {"en": "It stands at {level}."}}]
    phone = card(office, app)
    assert "Last sent" not in phone.taps("Preview")
    assert reads(office, 1, MORNING) is Note.SENT
    phone.says("/bulletins river-daily")
    for _ in range(2):
        told = phone.taps("Preview")
        assert "The data (river) is being read." in told
        assert "Last sent:\n• level: 1.00 m" in told
    with office.sessions() as session:
        (order,) = session.scalars(select(PreviewOrder)).all()
        assert (order.sender_id, order.to, order.locale) == (phone.sender_id, phone.value, "en")


def test_only_who_may_send_answers_and_never_for_another_agency(office: Office, sessions: Sessions) -> None:
    found, _, _ = held(office)
    auditor, stranger = officer(office, role=Role.AUDITOR, name="lim"), officer(open_office(sessions, "nea"))
    citizen = office.phone("citizen")
    citizen.says("hi")
    for deed in ("send", "without", "drop", "show"):
        key = f"bulletins:held:{deed}:{found}"
        assert "auditor" in auditor.forges(key)
        assert "not there any more" in stranger.forges(key)
        assert "Keep away" not in citizen.forges(key)
    assert len(sent(office)) == 1


def test_while_one_waits_none_is_sent_now_and_its_card_leads_to_the_question(office: Office) -> None:
    found, phone, _ = held(office)
    told = phone.says("/bulletins river-daily")
    assert "waits for an officer to decide" in told
    assert "Send one now" not in phone.labels
    mark = int((MORNING + timedelta(days=1)).timestamp())
    assert "no longer holds" in phone.forges(f"bulletins:now:1:{mark}")
    assert "river" in phone.taps("Answer the question")
    assert reads(office, 2, MORNING + timedelta(days=2)) is Note.SENT  # what waited is let go: it is old news
    assert "decided already" in phone.forges(f"bulletins:held:drop:{found}")


def test_two_officers_who_answer_at_once_send_it_once(office: Office) -> None:
    found, *phones = held(office)
    for phone in phones:
        phone.forges(f"bulletins:held:send:{found}")
    told = at_once(*(partial(phone.says, phone.code) for phone in phones))
    assert sum("decided already" in each for each in told) == 1
    assert len(sent(office)) == 2
