"""A bulletin about several topics in the officers' chat: tapped or typed, previewed, sent, and stopped as one."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from broadcast import compose, defining, launch
from broadcast.models import Broadcast, Bulletin
from broadcast.states import Kind, Note, State
from channels import registry
from db.engine import Sessions
from delivery.models import Letter, Sender, Tally
from delivery.states import DeliveryState
from staff.models import Agency, AuditEntry, Officer
from subscribers import topics
from subscribers.models import Cadence, Subscription, Topic
from tests.bot import people
from tests.bot.office import Office, Phone, open_office
from tests.bot.test_officer_bulletins import APPS, MORNING, defined, officer, sent, tick
from tests.bot.test_officer_bulletins_made import the_one


@pytest.fixture
def office(sessions: Sessions) -> Office:
    """An agency without a bulletin; one person holds floods, one dengue, and one both, once a day."""
    made = open_office(sessions)
    held = [made.citizens(1, topic=topic) for topic in ("floods", "dengue", "floods")]
    with sessions.begin() as session:
        session.add(Subscription(subscriber_id=held[2][0], topic_id=made.topics["dengue"], created_at=people.START))
        session.flush()
        for each in session.scalars(select(Subscription)):
            each.cadence = Cadence.DAILY
    return made


def asked(office: Office, app: str = "telegram") -> Phone:
    """An officer who is asked what a new one is about."""
    phone = officer(office, app)
    phone.says("/bulletins")
    phone.taps("New bulletin")
    assert "6 at most" in phone.says("City daily")
    return phone


def saved(phone: Phone) -> str:
    """All the other answers; the last one."""
    for said in ("Done", "08:00", "Once a day", "Good morning.", "-"):
        phone.says(said)
    return phone.taps("Save it")


def announced(office: Office, said: dict[str, str]) -> None:
    """A notice in English for each of these topics."""
    with office.sessions.begin() as session:
        agency = session.get_one(Agency, office.agency_id)
        author = session.scalars(select(Officer).where(Officer.agency_id == agency.id)).first()
        assert author is not None
        for key, text in said.items():
            made = compose.draft(session, agency, author, kind=Kind.NOTICE, now=people.START)
            compose.set_topic(session, made, author, session.get_one(Topic, office.topics[key]))
            compose.put_text(session, made, "en", text)
            compose.put_text(session, made, "ms", text)
            launch.start(session, made, limits_of=registry.limits, now=people.START + timedelta(minutes=1))


def about_two(office: Office, app: str = "telegram") -> Phone:
    """Its card on an officer's phone, with something to say on both of its topics."""
    phone = asked(office, app)
    phone.says("floods, dengue")
    saved(phone)
    with office.sessions.begin() as session:
        kept = session.scalars(select(Bulletin)).one()
        kept.created_at = people.START
        for each in kept.about:
            each.since = people.START
    announced(office, {"floods": "It rises.", "dengue": "Two cases."})
    phone.waits(timedelta(minutes=2))
    phone.says("/bulletins city-daily")
    return phone


@APPS
def test_topics_are_tapped_on_and_off_and_closed_with_done(office: Office, app: str) -> None:
    phone = asked(office, app)
    assert "one topic at least" in phone.taps("Done")
    phone.taps("Floods")
    assert "✅ 1. Floods\n✅ 2. Dengue\n▫️ 3. Road works" in phone.taps("Dengue")
    assert "▫️ 1. Floods\n✅ 2. Dengue" in phone.taps("Floods")
    phone.taps("Road works")
    assert "On which days?" in phone.taps("Done")
    assert "About: Dengue, Road works" in saved(phone)
    assert the_one(office).topic_ids == [office.topics["dengue"], office.topics["roads"]]
    assert "city-daily: Dengue, Road works" in phone.says("/bulletins")
    with office.sessions() as session:
        [noted] = session.scalars(select(AuditEntry).where(AuditEntry.verb == "bulletin.defined")).all()
        assert noted.details["topics"] == "dengue, roads"


@pytest.mark.parametrize(
    ("said", "keys"),
    [
        ("floods, dengue", ["floods", "dengue"]),
        ("1, 3", ["floods", "roads"]),
        ("Floods and dengue", ["floods", "dengue"]),
        ("水灾、道路工程", ["floods", "roads"]),
        ("Banjir dan Kerja jalan", ["floods", "roads"]),
        ("வெள்ளம், டெங்கு", ["floods", "dengue"]),
        ("floods, FLOODS", ["floods"]),
        ("Floods", ["floods"]),
        ("1, 4", None),
        ("floods, volcanoes", None),
        (",", None),
    ],
)
def test_they_are_typed_all_at_once_in_any_language(office: Office, said: str, keys: list[str] | None) -> None:
    phone = asked(office)
    phone.taps("Dengue")  # what is typed is all of them
    told = phone.says(said)
    if keys is None:
        assert "not one of the answers" in told
        assert "✅ 2. Dengue" in told
        return
    assert "On which days?" in told
    saved(phone)
    assert the_one(office).topic_ids == [office.topics[key] for key in keys]


@APPS
def test_many_topics_come_in_pages_and_more_than_six_are_refused(office: Office, app: str) -> None:
    with office.sessions.begin() as session:
        for number in range(1, 20):
            names = dict.fromkeys(("en", "ms"), f"Topic {number}")
            topics.add(session, agency_id=office.agency_id, key=f"t{number}", names=names, locales=names)
    phone = asked(office, app)
    for number in range(1, defining.TOPICS_AT_MOST + 1):
        while f"Topic {number}" not in phone.labels:
            phone.taps("More topics")
        phone.taps(f"Topic {number}")
    while "Floods" not in phone.labels:
        phone.taps("More topics")
    assert "6 at most" in phone.taps("Floods")
    assert "On which days?" in phone.taps("Done")
    phone.taps("Cancel")
    phone.says("/bulletins")
    phone.taps("New bulletin")
    phone.says("City daily")
    assert "6 at most" in phone.says(", ".join(f"t{number}" for number in range(1, 8)))


def test_they_are_changed_later_from_what_they_are(office: Office) -> None:
    phone = about_two(office)
    phone.taps("Change")
    assert "✅ 1. Floods\n✅ 2. Dengue\n▫️ 3. Road works" in phone.taps("Topics")
    phone.taps("Floods")
    phone.taps("Road works")
    assert "About: Dengue, Road works" in phone.taps("Done")
    phone.taps("Change")
    phone.taps("Topics")
    assert "About: Floods" in phone.says("floods")
    with office.sessions() as session:
        noted = session.scalars(select(AuditEntry).where(AuditEntry.verb == "bulletin.changed")).all()
        assert [each.details["topics"] for each in noted] == ["dengue, roads", "floods"]


def test_another_agencys_topic_is_none_and_one_that_is_taken_meanwhile_is_named(
    office: Office, sessions: Sessions
) -> None:
    theirs = open_office(sessions, "nea").topics["roads"]
    phone = asked(office)
    for tapped in (theirs, 10**6):
        phone.forges(f"bulletins:set:new:topics:{tapped}:0")
        assert "one topic at least" in phone.taps("Done")
    phone.taps("Floods")
    phone.taps("Dengue")
    with office.sessions.begin() as session:
        defined(office, session, key="another", topic="dengue")
    told = phone.taps("Done")
    assert "“Dengue” has a bulletin already" in told
    assert "✅ 1. Floods\n▫️ 2. Road works" in told  # what was taken is not offered any more
    assert "On which days?" in phone.taps("Done")
    assert "About: Floods" in saved(phone)
    with office.sessions() as session:
        assert len(session.scalars(select(Bulletin)).all()) == 2


def test_what_is_taken_meanwhile_is_named_after_other_topics_were_tapped_too(office: Office) -> None:
    phone = asked(office)
    phone.taps("Floods")
    phone.taps("Dengue")
    with office.sessions.begin() as session:
        defined(office, session, key="another", topic="dengue")
    assert "✅ 1. Floods\n✅ 2. Road works" in phone.taps("Road works")
    assert "“Dengue” has a bulletin already" in phone.taps("Done")
    assert "On which days?" in phone.taps("Done")


@APPS
def test_the_preview_says_who_reads_that_and_how_many_read_any(office: Office, app: str) -> None:
    phone = about_two(office, app)
    told = phone.taps("Preview")
    assert "what people read who have all of these topics: Floods, Dengue" in told
    assert "📌 Floods\n\n• It rises.\n\n📌 Dengue\n\n• Two cases." in told
    assert "3 people would get it now" in told
    assert sent(office) == []


def test_one_that_is_asked_for_leaves_in_several_messages_and_names_them(office: Office) -> None:
    phone = about_two(office)
    phone.taps("Send one now")
    phone.says(phone.code)
    assert tick(office, phone.now) == [Note.SENT]
    codes = [made.code for made in sent(office)]
    assert len(codes) == 3
    with office.sessions() as session:
        letters = session.scalars(select(Letter.text).where(Letter.to == phone.value)).all()
        told = f"in 3 messages, one for each set of topics that people have: {', '.join(codes)}."
        assert any(told in each for each in letters)
    assert f"sent ({', '.join(codes)})" in phone.says("/bulletins city-daily")
    listed = phone.says("/status")
    assert [code in listed for code in codes] == [True, False, False]
    assert f"{codes[0]} +2" in listed
    assert f"{codes[0]} +2" in phone.says("/queue")


def test_once_its_first_message_has_ended_it_is_listed_once_with_the_figures_of_all(office: Office) -> None:
    phone = about_two(office)
    assert tick(office, MORNING) == [Note.SENT]
    phone.now = MORNING
    messages = sent(office)
    codes = [made.code for made in messages]
    with office.sessions.begin() as session:
        sender_id = session.scalars(select(Sender.id)).first() or 0
        for number, each in enumerate(messages):
            made = session.get_one(Broadcast, each.id)
            made.audience_size, made.state = 10 + number, State.SENDING if number else State.FINISHED
            states = {DeliveryState.ACCEPTED: 5 + number, DeliveryState.FAILED: 1}
            for state, count in states.items():
                tally = Tally(consignment_id=made.id, sender_id=sender_id, state=state, count=count)
                session.add(tally)
    listed = phone.says("/status")
    assert [code in listed for code in codes] == [False, True, False]
    assert "18 of 33 sent, 3 failed" in listed
    with office.sessions.begin() as session:
        session.execute(update(Broadcast).values(state=State.FINISHED))
    listed = phone.says("/status")
    assert [code in listed for code in codes] == [True, False, False]
    assert "18 of 33 sent, 3 failed" in listed


def test_a_word_about_one_of_its_messages_stops_all_of_them(office: Office) -> None:
    phone = about_two(office)
    assert tick(office, MORNING) == [Note.SENT]
    first, second, third = (made.code for made in sent(office))
    phone.now = MORNING
    assert "paused" in phone.says(f"/pause {second}")
    assert [made.code for made in office.broadcasts(State.PAUSED)] == [first, second, third]
    phone.says(f"/cancel {third}")
    assert len(office.broadcasts(State.PAUSED)) == 3  # it asks first
    phone.taps("Yes, end it")
    assert len(office.broadcasts(State.CANCELLED)) == 3
