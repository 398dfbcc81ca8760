"""What is more than a page of buttons can be chosen all the same, and one tap leaves out one language."""

import pytest
from sqlalchemy import select

from broadcast.models import Bulletin
from db.engine import Sessions
from feeds import defining as feeds
from helpdesk.models import Answer
from staff.models import Agency
from tests.bot import people
from tests.bot.office import Office, Phone, open_office
from tests.bot.test_officer_bulletins import APPS, card, defined, officer

FIELDS = {f"level_{n}": {"path": f"level_{n}", "type": "number"} for n in range(3)}
FEEDS = [f"river-{n:02}" for n in range(30)]
WORDS: list[dict[str, object]] = [{"kind": "text", "texts": {"en": f"Words {n}."}} for n in range(1, 11)]


@pytest.fixture
def office(sessions: Sessions) -> Office:
    """An agency of three languages."""
    return open_office(sessions, locales=("en", "ms", "ta"))


def contents(office: Office, app: str = "telegram") -> Phone:
    """An officer who reads what a bulletin consists of."""
    phone = card(office, app)
    phone.taps("Change")
    phone.taps("Contents")
    return phone


def with_parts(office: Office, *said: dict[str, object]) -> None:
    with office.sessions.begin() as session:
        defined(office, session).parts = list(said)


def with_feeds(office: Office) -> None:
    with office.sessions.begin() as session:
        agency = session.get_one(Agency, office.agency_id)
        for key in FEEDS:
            said = {"source": "https://river.example/now.json", "form": "json", "max_age_minutes": 120}
            feeds.define(session, agency, key, said | {"fields": FIELDS, "origin": "at"}, now=people.START)


def seen_on_all_pages(phone: Phone) -> list[str]:
    """Every label on every page, until the first page comes again."""
    first, seen = phone.labels, list[str]()
    while phone.labels != first or not seen:
        seen += phone.labels
        phone.taps("More …")
    return seen


def the_parts(office: Office) -> list[dict[str, object]]:
    with office.sessions() as session:
        return session.scalars(select(Bulletin)).one().parts


@APPS
def test_every_feed_and_every_field_can_be_chosen(office: Office, app: str) -> None:
    with_parts(office)
    with_feeds(office)
    phone = contents(office, app)
    phone.taps("Add data")
    assert set(FEEDS) <= set(seen_on_all_pages(phone))
    contents_again(phone)
    phone.taps("Add a chart")
    labels = seen_on_all_pages(phone)
    assert {f"{key}: level_2" for key in FEEDS} <= set(labels)
    while "river-29: level_2" not in phone.labels:
        phone.taps("More …")
    assert "A chart of river-29: level_2" in phone.taps("river-29: level_2")


@APPS
def test_every_part_can_be_taken_out(office: Office, app: str) -> None:
    with_parts(office, *WORDS)
    with_feeds(office)
    phone = contents(office, app)
    while "10" not in phone.labels:
        phone.taps("More …")
    phone.taps("10")
    assert "10. Words" not in phone.taps("Take out")
    assert the_parts(office) == WORDS[:9]


def test_a_double_tap_on_skip_leaves_out_one_language(office: Office) -> None:
    with_parts(office)
    phone = contents(office)
    phone.taps("Add words")
    assert "Bahasa Melayu" in phone.says("Keep away.")
    skip = key_of(phone, "Skip")
    assert "தமிழ்" in phone.forges(skip)
    assert "தமிழ்" in phone.forges(skip)
    phone.says("விலகி இருங்கள்.")
    assert the_parts(office)[-1]["texts"] == {"en": "Keep away.", "ta": "விலகி இருங்கள்."}


def test_a_double_tap_leaves_out_one_language_of_a_first_line(office: Office) -> None:
    phone = officer(office)
    phone.says("/bulletins")
    phone.taps("New bulletin")
    for said in ("River daily", "Floods", "Mon", "6:30 pm", "Everybody", "Good evening."):
        phone.says(said)
    skip = key_of(phone, "Skip")
    assert "தமிழ்" in phone.forges(skip)
    assert "தமிழ்" in phone.forges(skip)
    assert "தமிழ்: மாலை வணக்கம்." in phone.says("மாலை வணக்கம்.")


def test_a_double_tap_leaves_out_one_language_of_an_answer(office: Office) -> None:
    phone = officer(office)
    phone.says("/answers")
    for said in ("New answer", "drain", "Soon."):
        phone.says(said)
    skip = key_of(phone, "Skip")
    assert "தமிழ்" in phone.forges(skip)
    assert "தமிழ்" in phone.forges(skip)


@pytest.mark.parametrize("dash", ["-", "–", "—", "/skip"])
def test_what_leaves_a_language_out_is_no_text_of_the_first(office: Office, dash: str) -> None:
    with_parts(office)
    phone = contents(office)
    phone.taps("Add words")
    assert "not one of the answers" in phone.says(dash)
    assert the_parts(office) == []
    phone.says("/answers")
    for said in ("New answer", "drain", dash):
        phone.says(said)
    for _ in range(2):
        phone.says("/skip")
    with office.sessions() as session:
        assert session.scalars(select(Answer)).all() == []


def key_of(phone: Phone, label: str) -> str:
    return next(choice.key for draft in phone.seen for choice in draft.choices if choice.label == label)


def contents_again(phone: Phone) -> None:
    """Back to the contents, by the way one comes."""
    phone.says("/bulletins river-daily")
    phone.taps("Change")
    phone.taps("Contents")
