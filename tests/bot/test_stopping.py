"""STOP, what only sounds like it, the way back, and addresses the platform takes away and gives back."""

from sqlalchemy.orm import Session

from bot import conversation
from channels.contract import Membership
from delivery.models import Sender
from subscribers import suppression
from subscribers.models import ConsentKind, SuppressionReason
from tests.bot.people import Person, subscribed


def test_a_stop_before_anything_else_is_confirmed_and_recorded(session: Session, telegram: Sender) -> None:
    person = Person(session, telegram)
    assert "not subscribed" in person.says("STOP")
    assert person.record[-1].kind is ConsentKind.WITHDRAWN


def test_a_second_stop_is_confirmed_in_one_short_message(session: Session, telegram: Sender) -> None:
    person = subscribed(Person(session, telegram))
    person.says("stop")
    assert "not subscribed" in person.says("STOP!!")
    assert len(person.seen) == 1
    assert len(person.record) == 3


def test_stop_in_any_language_ends_consent_in_the_middle_of_anything(session: Session, telegram: Sender) -> None:
    for stop in ["请停止", "berhenti", "நிறுத்து", "stop", "/stop", "don't text me", "cancel"]:
        person = subscribed(Person(session, telegram, value=stop))
        person.says("/topics")
        person.says(stop)
        assert not person.is_subscribed
        person.says("/topics")
        person.says("done")
        assert person.labels()[0] == "Yes, subscribe"
        person.says(stop)
        assert person.taps("onboarding:yes", "Yes, subscribe")
        assert not person.is_subscribed


def test_what_may_be_a_stop_is_asked_about(session: Session, telegram: Sender) -> None:
    for text in ["does bus 12 stop here?", "how do I stop?", "don't stop", "stop the road works", "🛑"]:
        person = subscribed(Person(session, telegram, value=text))
        assert "Do you want to stop" in person.says(text)
        assert person.is_subscribed
        person.chooses("No, keep them")
        assert person.is_subscribed
        person.says(text)
        person.chooses("Stop all messages")
        assert not person.is_subscribed


def test_no_word_but_an_explicit_return_subscribes_again(session: Session, telegram: Sender) -> None:
    for text in ["yes", "ok", "thanks", "hello", "1", "done", "restart my router", "help", "topics", "english", "👍"]:
        person = subscribed(Person(session, telegram, value=text))
        person.says("stop")
        person.says(text)
        assert not person.is_subscribed


def test_a_no_is_taken_for_a_no(session: Session, telegram: Sender) -> None:
    person = Person(session, telegram)
    for text in ("hi", "English", "1", "done"):
        person.says(text)
    assert "will not send you anything" in person.says("no thanks")
    assert not person.is_subscribed
    assert [line.kind for line in person.record] == [ConsentKind.WITHDRAWN]


def test_a_word_opens_the_reply_window_and_lifts_a_block_but_never_a_legal_one(
    session: Session, telegram: Sender
) -> None:
    person = subscribed(Person(session, telegram))
    for reason, is_lifted in ((SuppressionReason.BLOCKED, True), (SuppressionReason.LEGAL, False)):
        suppression.put(
            session,
            agency_id=telegram.agency_id,
            sender_id=telegram.id,
            value=person.value,
            reason=reason,
            now=person.now,
        )
        person.says("hello")
        assert (suppression.reason(session, sender_id=telegram.id, value=person.value) is None) is is_lifted
    assert person.address.last_inbound_at == person.now


def test_blocking_the_bot_is_noticed_and_is_no_word_about_consent(session: Session, telegram: Sender) -> None:
    person = subscribed(Person(session, telegram))
    for is_reachable in (False, True):
        conversation.notice(session, Membership("u1", person.value, is_reachable), sender=telegram, now=person.now)
        assert (suppression.reason(session, sender_id=telegram.id, value=person.value) is None) is is_reachable
        assert person.is_subscribed
