"""What was announced last, to read at any time: in one's language, within the app's limits, with how it stands."""

import pytest
from sqlalchemy.orm import Session

from broadcast.states import Kind, State
from channels.contract import MediaKind
from delivery import media
from delivery.models import Sender
from tests.bot import people
from tests.bot.archive import launched
from tests.bot.people import Person, subscribed


def test_the_last_five_on_ones_topics_come_newest_first_and_more_leads_on(session: Session, telegram: Sender) -> None:
    for number in range(7):
        launched(session, telegram.agency_id, f"Number {number}.", hours_ago=10 - number)
    launched(session, telegram.agency_id, "Two cases.", topic="dengue")
    launched(session, telegram.agency_id, "To everybody.", topic=None, hours_ago=1)
    person = subscribed(Person(session, telegram))
    answer = person.says("/latest")
    assert answer.startswith("Latest announcements: Water Board")
    places = [answer.index(text) for text in ("To everybody.", "Number 6.", "Number 5.", "Number 4.", "Number 3.")]
    assert places == sorted(places)
    assert "Number 2." not in answer
    assert "Two cases." not in answer
    answer = person.says("more")
    assert "Number 2." in answer
    assert "Number 3." not in answer
    assert "More" not in person.labels()


def test_each_carries_topic_local_time_and_code(session: Session, telegram: Sender) -> None:
    made = launched(session, telegram.agency_id, "It rises.", hours_ago=3)
    alert = launched(session, telegram.agency_id, "Get out.", kind=Kind.ALERT, hours_ago=26)
    answer = subscribed(Person(session, telegram)).says("latest")
    assert f"📢 Floods, 5:00 am ({made.code})\nIt rises." in answer
    assert f"⚠️ Floods, Mon, 23 Nov, 6:00 am ({alert.code})\nGet out." in answer


def test_a_picture_is_read_in_words(session: Session, telegram: Sender) -> None:
    made = launched(session, telegram.agency_id, "It rises.")
    picture = media.keep(session, telegram.agency_id, MediaKind.PHOTO, b"\x89PNG\r\n\x1a\n", now=people.START)
    made.media_id, made.media_texts = picture.id, {"en": "The full dam"}
    assert "It rises.\n\n🖼 The full dam" in subscribed(Person(session, telegram)).says("latest")


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("/latest dengue", "Dengue"),
        ("latest dengue", "Dengue"),
        ("dengue latest", "Dengue"),
        ("最新骨痛热症", "Dengue"),
        ("骨痛热症最新消息", "Dengue"),
        ("terkini denggi", "Dengue"),
        ("டெங்கு அண்மையவை", "Dengue"),
    ],
)
def test_a_topic_may_be_named_in_any_language(session: Session, telegram: Sender, words: str, name: str) -> None:
    launched(session, telegram.agency_id, "Two cases.", topic="dengue")
    launched(session, telegram.agency_id, "It rises.")
    answer = subscribed(Person(session, telegram)).says(words)
    assert answer.startswith(f"Latest announcements: {name}")
    assert "Two cases." in answer
    assert "It rises." not in answer


@pytest.mark.parametrize("word", ["LATEST", "最新", "terkini", "அண்மையவை", "latest announcements please", "What's new?"])
def test_the_word_alone_works_in_every_language(session: Session, telegram: Sender, word: str) -> None:
    launched(session, telegram.agency_id, "It rises.")
    assert "It rises." in subscribed(Person(session, telegram)).says(word)


def test_an_unknown_topic_is_answered_with_those_there_are(session: Session, whatsapp: Sender) -> None:
    launched(session, whatsapp.agency_id, "Two cases.", topic="dengue")
    person = subscribed(Person(session, whatsapp))
    assert "no topic of that name" in person.says("/latest haze")
    assert person.labels() == ["Floods", "Dengue", "Road works"]
    assert "Two cases." in person.chooses("Dengue")
    assert "no topic of that name" not in person.says("latest iphone")


def test_a_stranger_reads_what_the_agency_said_and_is_still_greeted_afterwards(
    session: Session, telegram: Sender
) -> None:
    launched(session, telegram.agency_id, "Two cases.", topic="dengue")
    stranger = Person(session, telegram)
    assert "Two cases." in stranger.says("/latest")
    assert stranger.labels() == ["Subscribe"]
    assert not stranger.is_subscribed
    stranger.says("hi")
    assert "English" in stranger.labels()


def test_everybody_reads_their_own_language(session: Session, telegram: Sender) -> None:
    launched(session, telegram.agency_id, {"en": "It rises.", "ta": "நீர் உயர்கிறது."})
    person = subscribed(Person(session, telegram))
    person.says("தமிழ்")
    answer = person.says("latest")
    assert "நீர் உயர்கிறது." in answer
    assert "வெள்ளம்" in answer
    assert "It rises." not in answer


def test_what_was_taken_back_is_listed_and_not_repeated(session: Session, telegram: Sender) -> None:
    wrong = launched(session, telegram.agency_id, "It falls.", state=State.CORRECTED, hours_ago=3)
    right = launched(session, telegram.agency_id, "It rises.", corrects=wrong, hours_ago=2)
    launched(session, telegram.agency_id, "A secret.", state=State.RECALLED)
    launched(session, telegram.agency_id, "A mistake.", state=State.CANCELLED)
    answer = subscribed(Person(session, telegram)).says("latest")
    assert f"The correction is {right.code}." in answer
    assert f"This corrects {wrong.code}." in answer
    assert "has been withdrawn" in answer
    assert "stopped while it was being sent" in answer
    assert "A secret." not in answer
    assert "A mistake." not in answer


@pytest.mark.parametrize("length", [100, 700, 1_500])
def test_long_ones_are_shortened_until_the_answer_fits(session: Session, whatsapp: Sender, length: int) -> None:
    for number in range(6):
        launched(session, whatsapp.agency_id, f"{number}: " + "It rises. " * (length // 10), hours_ago=10 - number)
    person = subscribed(Person(session, whatsapp))
    answer = person.says("latest")
    assert len(answer) <= 1600
    assert all(f"{number}: It rises" in answer for number in range(1, 6))
    assert len(person.labels()) <= 3
    assert "0: It rises" in person.chooses("More")


def test_where_nothing_was_said_that_is_said(session: Session, telegram: Sender) -> None:
    person = subscribed(Person(session, telegram))
    assert "no announcements yet" in person.says("latest")
    launched(session, telegram.agency_id, "Two cases.", topic="dengue")
    assert "no announcements yet" in person.says("latest")
    assert "Two cases." in person.says("latest dengue")


def test_buttons_of_other_agencies_and_rubbish_are_answered_kindly(session: Session, telegram: Sender) -> None:
    other = people.agency(session, "nea")
    people.three_topics(session, other)
    secret = launched(session, other.id, "Elsewhere.")
    person = subscribed(Person(session, telegram))
    keys = ["latest:more", "latest:more:x:y", f"latest:more:{secret.id}:0", f"latest:more:1:{secret.topic_id}"]
    for key in [*keys, f"latest:topic:{secret.topic_id}", "latest:topic:0", "latest::", "latest:more:-1:0"]:
        assert "Elsewhere." not in person.taps(key)
        assert person.labels(), key
