"""Who subscribes while an alert is in force is handed it with the answer: once, in their language, and only then."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from broadcast.models import Broadcast, Content
from broadcast.states import Kind, State
from channels.contract import MediaKind
from delivery import consignments, media
from delivery.models import Delivery, Retry, Sender
from delivery.states import DeliveryState, DoubtPolicy, Lane
from staff.models import Agency
from subscribers import topics
from subscribers.models import Area, AreaChoice
from tests.bot import people
from tests.bot.people import Person, subscribed

TEXT = "Leave the river banks now."
TAMIL = "ஆற்றங்கரையை விட்டு உடனே வெளியேறுங்கள்."


def alert(
    session: Session, sender: Sender, topic: str | None = "floods", code: str = "FLD77", **values: Any
) -> Broadcast:
    """An alert that was launched as the person's clock begins."""
    about = topics.by_key(session, sender.agency_id, topic) if topic else None
    made = Broadcast(agency_id=sender.agency_id, code=code, kind=Kind.ALERT, state=State.FINISHED, fallback_locale="en")
    made.topic_id = about.id if about else None
    made.created_at = made.launched_at = people.START
    for name, value in values.items():
        setattr(made, name, value)
    session.add(made)
    session.flush()
    session.add_all(
        [Content(broadcast_id=made.id, locale=locale, text=text) for locale, text in (("en", TEXT), ("ta", TAMIL))]
    )
    session.flush()
    return made


def delivered(session: Session, alert: Broadcast, person: Person, state: DeliveryState) -> None:
    """What the ledger knows of this alert and person."""
    row = Delivery(consignment_id=alert.id, subscriber_id=person.subscriber.id, sender_id=person.sender.id)
    row.state, row.attempt = state, 1
    session.add(row)
    session.flush()


def new_to_floods(person: Person) -> str:
    """What they are told in the turn in which a subscriber adds floods."""
    person.says("topics")
    return person.says("1")


@pytest.mark.parametrize(
    ("locale", "yes", "done", "text"), [("en", "yes", "done", TEXT), ("ta", "ஆம்", "முடிந்தது", TAMIL)]
)
@pytest.mark.parametrize("channel", ["telegram", "whatsapp"])
def test_a_newcomer_is_handed_the_alert_with_the_yes(
    request: pytest.FixtureRequest, session: Session, channel: str, locale: str, yes: str, done: str, text: str
) -> None:
    sender: Sender = request.getfixturevalue(channel)
    alert(session, sender)
    person = Person(session, sender, hint=locale)
    said = person.says("hi") + person.taps(f"onboarding:set:{locale}") + person.says("1") + person.says(done)
    assert text not in said
    answer = person.says(yes)
    assert answer.count(text) == 1
    assert "FLD77" in answer
    assert len(person.seen) == 2


@pytest.mark.parametrize("wants_media", [True, False])
def test_it_is_handed_over_with_its_picture_or_with_the_words_for_it(
    session: Session, telegram: Sender, wants_media: bool
) -> None:
    picture = media.keep(session, telegram.agency_id, MediaKind.PHOTO, b"\x89PNG\r\n\x1a\n", now=people.START)
    alert(session, telegram, media_id=picture.id, media_texts={"en": "The way out"})
    person = subscribed(Person(session, telegram), 2)
    person.subscriber.wants_media = wants_media
    answer = new_to_floods(person)
    handed = [(draft.media_id, draft.alternative) for draft in person.seen if TEXT in draft.text]
    assert handed == [(picture.id, "The way out")] if wants_media else [(None, "")]
    assert ("🖼 The way out" in answer) is not wants_media


def test_a_reader_without_a_text_of_their_own_gets_the_fallbacks(session: Session, telegram: Sender) -> None:
    alert(session, telegram)
    person = Person(session, telegram, hint="ms")
    for said in ("hai", "Bahasa Melayu", "1", "siap"):
        person.says(said)
    assert TEXT in person.says("ya")


def test_a_subscriber_is_handed_it_when_they_add_the_topic_and_not_twice(session: Session, telegram: Sender) -> None:
    alert(session, telegram)
    person = subscribed(Person(session, telegram), 2)
    assert TEXT in new_to_floods(person)
    assert TEXT not in person.says("1")
    assert TEXT not in person.says("1")
    assert person.holds == {"dengue", "floods"}
    person.says("stop")
    person.says("start")
    assert TEXT not in person.says("yes")


@pytest.mark.parametrize(
    "values",
    [
        {"launched_at": people.START - timedelta(hours=6)},
        {"kind": Kind.NOTICE},
        {"state": State.RECALLED},
        {"state": State.CORRECTED},
        {"state": State.CANCELLED},
        {"state": State.PAUSED},
        {"topic": "roads"},
        {"fallback_locale": None, "is_tamil_only": True},
    ],
)
def test_what_is_not_in_force_is_not_handed_over(session: Session, telegram: Sender, values: dict[str, Any]) -> None:
    made = alert(session, telegram, **{name: value for name, value in values.items() if name != "is_tamil_only"})
    if "is_tamil_only" in values:
        session.delete(session.get_one(Content, (made.id, "en")))
    assert TEXT not in new_to_floods(subscribed(Person(session, telegram), 2))


def test_how_long_an_alert_is_in_force_is_the_agencys_to_say(session: Session, telegram: Sender) -> None:
    alert(session, telegram, launched_at=people.START - timedelta(hours=7))
    session.get_one(Agency, telegram.agency_id).alert_hours = 8
    assert TEXT in new_to_floods(subscribed(Person(session, telegram), 2))


def test_the_alert_that_put_another_right_is_the_one_that_counts(session: Session, telegram: Sender) -> None:
    wrong = alert(session, telegram)
    right = alert(session, telegram, code="RIGHT", corrects_id=wrong.id)
    session.get_one(Content, (right.id, "en")).text = "All clear."
    said = new_to_floods(subscribed(Person(session, telegram), 2))
    assert "All clear." in said
    assert TEXT not in said


def test_an_alert_to_everybody_is_handed_to_newcomers_only(session: Session, telegram: Sender) -> None:
    person = subscribed(Person(session, telegram, value="1"), 2)
    alert(session, telegram, None)
    assert TEXT not in new_to_floods(person)
    newcomer = Person(session, telegram, value="2")
    for said in ("hi", "English", "3", "done"):
        newcomer.says(said)
    assert TEXT in newcomer.says("yes")


@pytest.mark.parametrize(
    ("state", "is_handed"),
    [
        (DeliveryState.ACCEPTED, False),
        (DeliveryState.READ, False),
        (DeliveryState.UNKNOWN, False),
        (DeliveryState.WITHHELD, True),
        (DeliveryState.FAILED, True),
    ],
)
def test_who_got_it_with_the_others_does_not_get_it_again(
    session: Session, telegram: Sender, state: DeliveryState, is_handed: bool
) -> None:
    made, person = alert(session, telegram), subscribed(Person(session, telegram), 2)
    delivered(session, made, person, state)
    assert (TEXT in new_to_floods(person)) is is_handed


def test_whose_next_attempt_waits_is_left_to_it(session: Session, telegram: Sender) -> None:
    made, person = alert(session, telegram), subscribed(Person(session, telegram), 2)
    consignments.open(
        session,
        made.id,
        agency_id=telegram.agency_id,
        lane=Lane.ALERT,
        policy=DoubtPolicy.RESEND,
        topic_id=made.topic_id,
        cadences=[],
        deadline_at=people.START,
        now=people.START,
    )
    session.flush()
    retry = Retry(consignment_id=made.id, subscriber_id=person.subscriber.id, sender_id=telegram.id, attempt=2)
    retry.due_at = people.START
    session.add(retry)
    session.flush()
    assert TEXT not in new_to_floods(person)


def test_areas_and_a_pause_are_heeded(session: Session, telegram: Sender) -> None:
    areas = [Area(agency_id=telegram.agency_id, key=key, names={"en": key}) for key in ("bedok", "jurong")]
    session.add_all(areas)
    session.flush()
    alert(session, telegram, area_ids=[areas[0].id])
    for number, (chosen, is_handed) in enumerate([((), True), ((0,), True), ((1,), False), ((0, 1), True)]):
        person = subscribed(Person(session, telegram, value=f"7{number}"), 2)
        mine = person.subscriber.id
        session.add_all([AreaChoice(subscriber_id=mine, area_id=areas[each].id) for each in chosen])
        assert (TEXT in new_to_floods(person)) is is_handed, chosen
    away = subscribed(Person(session, telegram, value="80"), 2)
    away.subscriber.paused_until = away.now + timedelta(days=1)
    assert TEXT not in new_to_floods(away)


@pytest.mark.parametrize(("segment", "is_handed"), [("language:en and topic:floods", True), ("language:ta", False)])
def test_an_alert_to_a_segment_is_handed_to_its_people(
    session: Session, telegram: Sender, segment: str, is_handed: bool
) -> None:
    alert(session, telegram, segment=segment)
    assert (TEXT in new_to_floods(subscribed(Person(session, telegram), 2))) is is_handed


def test_another_agencys_alert_is_nobodys_here(session: Session, telegram: Sender, whatsapp: Sender) -> None:
    alert(session, whatsapp)
    alert(session, whatsapp, None, code="ALL77")
    assert TEXT not in new_to_floods(subscribed(Person(session, telegram), 2))
