"""Everything about somebody goes when they say so, and nothing brings them back but their own word."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot import conversation
from bot.models import Conversation
from bot.talk import Above
from channels.contract import Inbound
from delivery import letters
from delivery.drafts import Draft
from delivery.models import Consignment, Delivery, Letter, Sender
from delivery.states import ConsignmentState, DeliveryState, DoubtPolicy, Lane, LetterState
from locales import texts
from staff import officers
from staff.models import Agency, Role
from subscribers import directory, forgetting, importing, suppression
from subscribers.importing import Way, account_number
from subscribers.models import (
    Address,
    AreaChoice,
    Consent,
    Subscriber,
    Subscription,
    Suppression,
    SuppressionReason,
    Tombstone,
)
from tests.bot import people
from tests.bot.people import Person, subscribed
from tests.bot.test_joining import join

ABOUT_PEOPLE = (Subscriber, Address, Subscription, AreaChoice, Consent, Conversation, Suppression)
WORDS = {
    "en": ("delete my data", "DELETE"),
    "zh_Hans": ("删除我的资料", "删除"),
    "ms": ("padam data saya", "padam"),
    "ta": ("என் தரவை அழி", "அழி"),
}


def count(session: Session, model: type) -> int:
    """How many rows there are."""
    return session.scalar(select(func.count()).select_from(model)) or 0


def suppress(person: Person, reason: SuppressionReason) -> None:
    """Nobody may write to them any more."""
    suppression.put(
        person.session,
        agency_id=person.sender.agency_id,
        sender_id=person.sender.id,
        value=person.value,
        reason=reason,
        now=person.now,
    )


def import_them(person: Person) -> list[str]:
    """Why a file with proof does not take them in; empty where it does."""
    row = {"channel": "telegram", "address": person.value, "locale": "en", "topics": "floods", "proof": "form 7"}
    done = importing.take(
        person.session,
        [(2, row | {"consented_at": "2026-11-24T08:00+08:00"})],
        agency=importing.Agency(person.sender.agency_id, ("en",)),
        ways={"telegram": Way(person.sender, account_number)},
        name="list.csv",
        now=person.now,
    )
    return [each.reason for each in done.refusals]


@pytest.mark.parametrize("locale", people.LOCALES)
def test_two_steps_delete_everything_in_every_language(session: Session, telegram: Sender, locale: str) -> None:
    ask, word = WORDS[locale]
    person = subscribed(Person(session, telegram))
    person.subscriber.locale = locale
    agency = session.get_one(Agency, telegram.agency_id).name_in(locale)
    assert person.says(ask) == texts.say("deleting.ask", locale, agency=agency)
    assert person.is_subscribed
    assert person.says(word) == texts.say("deleting.done", locale, agency=agency)
    assert {model.__name__: count(session, model) for model in ABOUT_PEOPLE} == dict.fromkeys(
        (model.__name__ for model in ABOUT_PEOPLE), 0
    )
    (kept,) = session.scalars(select(Tombstone.value_hash))
    assert person.value not in kept


def test_the_button_deletes_and_an_old_one_only_asks_again(session: Session, telegram: Sender) -> None:
    person = subscribed(Person(session, telegram))
    assert "cannot be undone" in person.taps("deleting:yes")
    person.chooses("Keep it")
    assert "cannot be undone" in person.taps("deleting:yes")
    person.chooses("Delete everything")
    assert count(session, Subscriber) == 0


def test_any_other_word_deletes_nothing_and_is_answered_as_ever(session: Session, telegram: Sender) -> None:
    person = subscribed(Person(session, telegram))
    person.says("/deleteme")
    assert "START – subscribe" in person.says("HELP")
    assert "did not understand" in person.says("DELETE")
    person.says("/deleteme")
    person.says("stop")  # ends consent, and the question
    assert count(session, Subscriber) == 1
    assert not person.is_subscribed


def test_a_later_word_is_a_strangers_who_has_to_agree_anew(session: Session, telegram: Sender) -> None:
    person = subscribed(Person(session, telegram, hint="ms"))
    before = person.subscriber.id
    person.says("/deleteme")
    person.says("DELETE")
    assert texts.say("language.ask", "ms") in person.says("hi")
    assert not person.is_subscribed
    assert person.record == []
    assert person.holds == set()
    assert person.subscriber.id != before or count(session, Subscriber) == 1
    subscribed(person)


def test_no_file_brings_them_back_before_they_agree_themselves(session: Session, telegram: Sender) -> None:
    person = subscribed(Person(session, telegram))
    person.says("/deleteme")
    person.says("DELETE")
    assert "everything about them deleted" in import_them(person)[0]
    assert count(session, Subscriber) == 0
    person.says("hi")
    assert "everything about them deleted" in import_them(person)[0]
    assert not person.is_subscribed
    subscribed(person)
    assert import_them(person) == []


def test_joined_apps_go_together(session: Session, telegram: Sender) -> None:
    owner = session.get_one(Agency, telegram.agency_id)
    first = subscribed(Person(session, telegram))
    second = subscribed(Person(session, people.sender(session, owner, "whatsapp"), value="whatsapp:+6591234567"))
    join(first, second)
    assert "on all your joined apps" in second.says("/deleteme")
    second.chooses("Delete everything")
    assert all(count(session, model) == 0 for model in ABOUT_PEOPLE)
    for person in (first, second):
        assert forgetting.is_erased(session, sender_id=person.sender.id, value=person.value)


def test_letters_and_calls_go_and_deliveries_lose_what_leads_to_a_person(session: Session, telegram: Sender) -> None:
    person, other = subscribed(Person(session, telegram)), subscribed(Person(session, telegram, value="77"))
    for each in (person, other):
        draft, to = Draft("hello"), each.value
        letters.post(
            session, sender_id=telegram.id, agency_id=telegram.agency_id, to=to, draft=draft, now=each.now
        ).state = LetterState.SENT
        deliver(session, telegram, each.subscriber.id)
    flying = letters.post(
        session, sender_id=telegram.id, agency_id=telegram.agency_id, to="4242", draft=Draft("flying"), now=person.now
    )
    flying.state, flying.epoch = LetterState.LEASED, 3
    session.flush()
    mine, forgotten = person.subscriber.id, list[str]()
    above = Above(forget_calls=lambda _session, _sender_id, address: forgotten.append(address))
    for event, text in enumerate(("/deleteme", "DELETE")):
        inbound = Inbound(f"d{event}", "4242", text)
        conversation.hear(
            session,
            inbound,
            sender=telegram,
            limits=people.TELEGRAM,
            now=person.now + timedelta(minutes=1),
            above=above,
        )
    assert forgotten == ["4242"]
    session.expire_all()
    left = session.execute(select(Letter.to, Letter.text, Letter.state, Letter.epoch).order_by(Letter.id)).all()
    assert [tuple(row) for row in left] == [
        ("77", "hello", LetterState.SENT, 0),
        ("4242", "", LetterState.FAILED, 4),
    ]
    ids = dict(session.execute(select(Delivery.subscriber_id, Delivery.provider_id)).all())
    assert ids == {mine: None, other.subscriber.id: "p"}


def deliver(session: Session, sender: Sender, subscriber_id: int) -> None:
    """An announcement they got."""
    if session.get(Consignment, 1) is None:
        consignment = Consignment(id=1, agency_id=sender.agency_id, lane=Lane.NOTICE, state=ConsignmentState.DONE)
        consignment.policy, consignment.cadences = DoubtPolicy.RESEND, []
        consignment.deadline_at = consignment.launched_at = consignment.created_at = people.START
        session.add(consignment)
        session.flush()
    got = Delivery(consignment_id=1, subscriber_id=subscriber_id, sender_id=sender.id, attempt=1, provider_id="p")
    got.state = DeliveryState.ACCEPTED
    session.add(got)
    session.flush()


def test_what_an_officer_suppressed_stays_suppressed(session: Session, telegram: Sender) -> None:
    person = subscribed(Person(session, telegram))
    suppress(person, SuppressionReason.LEGAL)
    person.says("/deleteme")
    person.says("DELETE")
    assert suppression.reason(session, sender_id=telegram.id, value=person.value) is SuppressionReason.LEGAL


# --- numbers in new hands ---------------------------------------------------------------------------------------------


def test_a_number_at_which_there_was_nobody_is_a_strangers_when_it_speaks(session: Session, whatsapp: Sender) -> None:
    value = "whatsapp:+6591234567"
    person = subscribed(Person(session, whatsapp, value=value))
    person.says("/topics")
    before = person.subscriber
    before.preferred_address_id = person.address.id
    suppress(person, SuppressionReason.INVALID)
    person.hint = "ta"
    assert texts.say("language.ask", "ta") in person.says("1")  # no dialog of the earlier owner goes on
    assert person.subscriber.id != before.id
    assert not person.is_subscribed
    assert person.holds == set()
    assert person.record == []
    session.refresh(before)
    assert before.preferred_address_id is None
    assert directory.addresses(session, before.id) == []
    assert suppression.reason(session, sender_id=whatsapp.id, value=value) is None


@pytest.mark.parametrize("reason", ["blocked", "quarantined"])
def test_who_blocked_us_or_was_in_quarantine_stays_who_they_are(
    session: Session, telegram: Sender, reason: str
) -> None:
    person = subscribed(Person(session, telegram))
    before = person.subscriber.id
    row = Suppression(agency_id=telegram.agency_id, sender_id=telegram.id, value=person.value, at=person.now)
    row.reason = SuppressionReason.BLOCKED if reason == "blocked" else SuppressionReason.INVALID
    row.until = None if reason == "blocked" else person.now + timedelta(days=1)
    session.add(row)
    person.says("hello")
    assert person.subscriber.id == before
    assert person.is_subscribed


def test_a_number_of_whom_the_platform_says_another_id_is_a_strangers(session: Session, whatsapp: Sender) -> None:
    value = "whatsapp:+6591234567"
    person = subscribed(Person(session, whatsapp, value=value))
    before = person.subscriber.id

    def speaks(key: str | None, event: str) -> int:
        inbound = Inbound(event, value, "hello", person_key=key)
        person.now += timedelta(minutes=1)
        conversation.hear(session, inbound, sender=whatsapp, limits=people.WHATSAPP, now=person.now)
        return person.subscriber.id

    assert speaks("SG.1", "k1") == before
    assert speaks(None, "k2") == before  # a field that is not there says nothing
    assert speaks("SG.1", "k3") == before
    assert speaks("SG.2", "k4") != before
    assert not person.is_subscribed


def test_whoever_has_an_officers_old_number_is_no_officer(session: Session, telegram: Sender) -> None:
    owner = session.get_one(Agency, telegram.agency_id)
    person = subscribed(Person(session, telegram))
    _, code = officers.invite(session, owner, name="Aini", role=Role.ADMIN, now=person.now)
    person.says(f"/start o-{code}")
    suppress(person, SuppressionReason.INVALID)
    person.says("/announce")
    assert officers.behind(session, sender_id=telegram.id, address=person.value) is None


def test_a_whatsapp_user_without_a_number_is_served_like_any_other(session: Session, whatsapp: Sender) -> None:
    person = subscribed(Person(session, whatsapp, value="whatsapp:SG.13491208655302741918"))
    person.says("stop")
    assert not person.is_subscribed
