"""An answer about a bulletin is taken for what was meant: typed or tapped, late, and from an older question."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from broadcast import policy
from broadcast.models import Bulletin
from broadcast.states import Kind
from db.engine import Sessions
from locales import texts
from staff.models import Agency
from subscribers.segments import language, saved
from tests.bot import people
from tests.bot.office import Office, Phone, open_office
from tests.bot.test_officer_bulletins import defined, officer

LOCALES = ("en", "ms", "zh_Hans", "ta")


@pytest.fixture
def office(sessions: Sessions) -> Office:
    """An agency of two languages without a bulletin."""
    return open_office(sessions)


def asked(phone: Phone, *said: str) -> str:
    """The question for a new one after these answers."""
    phone.says("/bulletins")
    phone.forges("bulletins:new")
    return [phone.says(each) for each in said][-1]


def kept(office: Office) -> list[Bulletin]:
    with office.sessions() as session:
        return list(session.scalars(select(Bulletin).order_by(Bulletin.id)))


@pytest.mark.parametrize("locale", LOCALES)
def test_the_whole_name_of_a_day_that_is_typed_alone_is_this_day(sessions: Sessions, locale: str) -> None:
    phone = officer(open_office(sessions, locales=LOCALES))
    phone.forges(f"language:set:{locale}")
    for day in (0, 6):
        asked(phone, "river", "floods")
        phone.says(texts.weekday(day, locale))
        for said in ("07:00", "1", "Hello.", "-", "-"):
            phone.says(said)
        told = phone.says("-")
        assert "📰 river" in told
        assert texts.weekday(day, locale) in told
        assert texts.weekday(3, locale) not in told


def two(office: Office) -> list[int]:
    """The ids of two bulletins, on floods and on dengue."""
    with office.sessions.begin() as session:
        return [defined(office, session, key=topic, topic=topic).id for topic in ("floods", "dengue")]


@pytest.mark.parametrize(
    ("way", "label"),
    [
        ("change:{}:time", "7:00 am"),
        ("change:{}:segment", "All of them"),
        ("change:{}:topics", "Road works"),
        ("change:{}:days", "Done"),
        ("change:{}:words:ms", "Skip"),
        ("parts:{}", "Add words"),
    ],
)
def test_an_older_button_of_another_bulletin_answers_nothing(office: Office, way: str, label: str) -> None:
    first, second = two(office)
    phone = officer(office)
    phone.forges(f"bulletins:{way.format(first)}")
    if label == "Add words":
        phone.taps(label)
        phone.says("Hello.")
        label = "Skip"
    [stale] = [each.key for draft in phone.seen for each in draft.choices if each.label == label]
    assert len(stale.encode()) <= 64 - 2 * len(str(10**9))
    phone.forges(f"bulletins:{way.format(second)}")
    if way.startswith("parts"):
        phone.taps("Add words")
        phone.says("Hello.")
    assert "button is no longer in use" in phone.forges(stale)
    assert office.audit().count("bulletin.changed") == 0


def test_who_saves_a_new_one_the_next_day_types_a_code_first(office: Office) -> None:
    phone = officer(office)
    asked(phone, "river", "floods", "mon", "07:00", "1", "Hello.", "-")
    phone.waits(timedelta(days=1))
    assert "Is it you?" in phone.taps("Save it")
    assert kept(office) == []
    assert "more time" in phone.says("22222")
    phone.waits(timedelta(minutes=15))
    phone.says("22222")  # too late: a new code is shown
    assert "is saved" in phone.says(phone.code)
    [made] = kept(office)
    assert (made.key, made.days, made.introductions) == ("river", [0], {"en": "Hello."})


@pytest.mark.parametrize(
    ("way", "said"),
    [
        ("time", "06:30"),
        ("days", "tue"),
        ("topics", "roads"),
        ("readers", "2"),
        ("segment", "language:en"),
        ("words:ms", "Helo."),
        ("words:ms", "-"),
    ],
)
def test_who_answers_the_next_day_types_a_code_before_anything_is_changed(office: Office, way: str, said: str) -> None:
    first, _ = two(office)
    before = shown(office)
    phone = officer(office)
    phone.forges(f"bulletins:change:{first}:{way}")
    phone.waits(timedelta(days=1))
    assert "Is it you?" in phone.says(said)
    assert shown(office) == before
    assert "is changed" in phone.says(phone.code)
    assert shown(office) != before
    assert office.audit().count("bulletin.changed") == 1


def test_a_wrong_answer_needs_no_code_and_a_code_is_not_taken_for_one(office: Office) -> None:
    first, _ = two(office)
    phone = officer(office)
    phone.forges(f"bulletins:change:{first}:time")
    phone.waits(timedelta(days=1))
    assert "which time of day" in phone.says("noon")
    phone.says("06:30")
    code = phone.code
    phone.says("/bulletins")
    assert "is changed" not in phone.says(code)
    assert "is changed" not in phone.forges(f"bulletins:set:{first}:time:kept")
    assert "bulletin.changed" not in office.audit()


def test_who_adds_words_the_next_day_types_a_code_first(office: Office) -> None:
    first, _ = two(office)
    phone = officer(office)
    phone.forges(f"bulletins:parts:{first}")
    phone.taps("Add words")
    phone.waits(timedelta(days=1))
    phone.says("Keep away.")
    assert "Is it you?" in phone.says("Jauhi.")
    assert kept(office)[0].parts == []
    assert "Words: Keep away." in phone.says(phone.code)
    assert kept(office)[0].parts[-1] == {"kind": "text", "texts": {"en": "Keep away.", "ms": "Jauhi."}}


def test_whose_word_was_taken_away_meanwhile_adds_nothing(office: Office) -> None:
    first, _ = two(office)
    phone = officer(office)
    phone.forges(f"bulletins:parts:{first}")
    phone.taps("Add words")
    phone.says("Keep away.")
    with office.sessions.begin() as session:
        agency = session.get_one(Agency, office.agency_id)
        policy.set_rule(session, agency, policy.ApprovalRule(Kind.NOTICE, 0, 1), now=phone.now)
    assert "approver" in phone.taps("Skip")
    assert len(kept(office)[0].parts) < 2


def test_a_segment_that_is_deleted_meanwhile_is_no_dead_end(office: Office) -> None:
    with office.sessions.begin() as session:
        read = language.read("language:ms")
        saved.save(session, agency_id=office.agency_id, name="Malay", tree=read, now=people.START)
    phone = officer(office)
    asked(phone, "river", "floods", "mon", "07:00", "1")
    with office.sessions.begin() as session:
        saved.remove(session, saved.list_for(session, office.agency_id)[0])
    assert "what is its first line" in phone.says("language:ms")


def shown(office: Office) -> list[object]:
    """What may be changed of the first one."""
    made = kept(office)[0]
    return [made.local_time, made.days, made.topic_ids, made.cadence, made.segment, made.introductions]
