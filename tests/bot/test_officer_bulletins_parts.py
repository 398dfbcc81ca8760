"""What is more than a page of buttons can be chosen all the same, and one tap leaves out one language."""

from collections.abc import Mapping

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
LABELS = [{"en": f"Water level at the {where} bridge"} for where in ("upper", "lower")]
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
    for key in FEEDS:
        with_feed(office, key, FIELDS)


def with_feed(office: Office, key: str, fields: Mapping[str, object]) -> None:
    with office.sessions.begin() as session:
        agency = session.get_one(Agency, office.agency_id)
        said = {"source": "https://river.example/now.json", "form": "json", "max_age_minutes": 120}
        feeds.define(session, agency, key, said | {"fields": fields, "origin": "at"}, now=people.START)


def seen_on_all_pages(phone: Phone) -> list[str]:
    """Every label on every page, until the first page comes again."""
    first, seen = phone.labels, list[str]()
    while phone.labels != first or not seen:
        seen += phone.labels
        phone.taps("More …")
    return seen


def seven_out(phone: Phone) -> str:
    phone.says("7")
    return phone.taps("Take out")


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
    assert {str(place) for place in range(1, 91)} <= set(seen_on_all_pages(phone))
    while "90" not in phone.labels:
        phone.taps("More …")
    assert "90. river-29: level_2" in phone.seen[-1].text
    assert "A chart of river-29: level_2" in phone.taps("90")


@APPS
def test_fields_that_look_alike_are_told_apart_and_the_longest_key_fits(office: Office, app: str) -> None:
    with_parts(office)
    fields = {f"{'level' * 5}_{n}": {"path": "a", "type": "number", "labels": LABELS[n]} for n in range(2)}
    with_feed(office, "r" * 40, fields)
    phone = contents(office, app)
    told = phone.taps("Add a chart")
    assert f"1. {'r' * 40}: Water level at the upper bridge\n2. {'r' * 40}: Water level at the lower bridge" in told
    keys = [choice.key for draft in phone.seen for choice in draft.choices]
    assert len(set(keys)) == len(keys)
    assert max(len(key.encode()) for key in keys) <= 64 - 2 * len(str(10**9))
    phone.says("1")
    assert the_parts(office)[-1]["fields"] == [f"{'level' * 5}_0"]


def test_a_field_that_was_taken_away_meanwhile_is_no_other(office: Office) -> None:
    with_parts(office)
    with_feed(office, "river", FIELDS)
    phone = contents(office)
    phone.taps("Add a chart")
    with_feed(office, "river", {"level_1": FIELDS["level_1"]})
    assert "cannot be used" in phone.taps("1")
    assert the_parts(office) == []


@APPS
def test_every_number_that_is_shown_can_be_typed(office: Office, app: str) -> None:
    with_parts(office, *WORDS)
    phone = contents(office, app)
    assert "10. Words: Words 10." in phone.seen[-1].text
    for number in ("7", "10"):
        assert f"Words: Words {number}." in phone.says(number)
        phone.taps("Back")
    assert "not one of the answers" in phone.says("11")
    assert "9. Words: Words 10." in seven_out(phone)
    assert len(the_parts(office)) == 9


def test_a_number_of_contents_that_were_changed_meanwhile_is_none(office: Office) -> None:
    with_parts(office, *WORDS)
    phone = contents(office, "whatsapp")
    with office.sessions.begin() as session:
        session.scalars(select(Bulletin)).one().parts = WORDS[1:]
    assert "no longer holds" in phone.says("9")
    phone.says("nothing of this kind")
    assert phone.dialog != "bulletins"


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
