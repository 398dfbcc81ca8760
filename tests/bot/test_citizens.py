"""Whole journeys of citizens, word by word, in each language and on both channels."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from bot import commands, conversation
from channels.contract import Inbound
from delivery.models import Sender
from locales import texts
from staff.models import Agency
from subscribers import topics
from subscribers.models import ConsentKind, Source, Subscriber
from tests.bot import people
from tests.bot.people import Person, subscribed

WORDS = {
    "en": {"hint": "en-GB", "done": "done", "yes": "yes", "stop": "please stop", "start": "start", "topics": "topics"},
    "zh_Hans": {"hint": "zh-hans", "done": "完成", "yes": "同意", "stop": "请停止", "start": "开始", "topics": "主题"},
    "ms": {
        "hint": "ms",
        "done": "siap",
        "yes": "setuju",
        "stop": "tolong berhenti",
        "start": "mula",
        "topics": "topik",
    },
    "ta": {
        "hint": "ta",
        "done": "முடிந்தது",
        "yes": "ஆம்",
        "stop": "தயவுசெய்து நிறுத்து",
        "start": "தொடங்கு",
        "topics": "தலைப்புகள்",
    },
}


def test_the_language_may_be_answered_with_the_number_of_its_line(session: Session, telegram: Sender) -> None:
    person = Person(session, telegram, hint="ta")
    asked = person.says("hi")
    second = person.labels()[1]
    assert asked.index(texts.say("language.ask", "ta")) < asked.index(texts.say("language.ask", "en"))
    person.says("2")
    assert texts.native_name(person.subscriber.locale) == second
    person.says("/language")
    person.says("1")
    assert texts.native_name(person.subscriber.locale) == second  # the present one stands first
    person.says("/language")
    person.says("9")
    assert texts.native_name(person.subscriber.locale) == second


@pytest.mark.parametrize("locale", people.LOCALES)
def test_somebody_subscribes_stops_and_comes_back_by_typing(session: Session, telegram: Sender, locale: str) -> None:
    words = WORDS[locale]
    person = Person(session, telegram, hint=words["hint"])

    assert texts.say("language.ask", locale) in person.says("👋")
    assert person.labels()[0] == texts.native_name(locale)
    assert people.TOPICS["floods"][locale] in person.says(texts.native_name(locale))
    person.says("1 3")
    assert person.holds == {"floods", "roads"}
    question = person.says(words["done"])
    assert not person.is_subscribed
    summary = person.says(words["yes"])

    assert person.is_subscribed
    assert people.TOPICS["roads"][locale] in summary
    assert texts.native_name(locale) in summary
    assert person.subscriber.locale == locale
    granted = person.record[-1]
    assert (granted.kind, granted.source, granted.wording) == (ConsentKind.GRANTED, Source.CHAT, question)
    assert granted.evidence["channel"] == "telegram"
    assert granted.evidence["event_id"]
    assert granted.evidence["message_id"]

    agency = session.get_one(Agency, telegram.agency_id).name_in(locale)
    chosen = "\n".join(f"• {people.TOPICS[key][locale]}" for key in ("floods", "roads"))
    goodbye = texts.say("leaving.stopped_fewer", locale, agency=agency, topics=chosen)
    assert person.says(words["stop"]) == goodbye
    assert not person.is_subscribed
    assert (person.record[-1].kind, person.record[-1].wording) == (ConsentKind.WITHDRAWN, words["stop"])

    assert people.TOPICS["floods"][locale] in person.says(words["start"])
    assert not person.is_subscribed
    person.says(words["yes"])
    assert person.is_subscribed
    assert [line.kind for line in person.record] == [
        ConsentKind.GRANTED,
        ConsentKind.WITHDRAWN,
        ConsentKind.GRANTED,
    ]


@pytest.mark.parametrize("locale", people.LOCALES)
def test_somebody_subscribes_by_tapping_alone(session: Session, whatsapp: Sender, locale: str) -> None:
    person = Person(session, whatsapp, value="whatsapp:+6591234567", hint=None)
    person.says("hello")
    person.chooses(texts.native_name(locale))
    person.chooses(people.TOPICS["dengue"][locale])
    person.chooses(texts.say("topics.done.button", locale))
    person.chooses(texts.say("consent.yes.button", locale))
    assert person.is_subscribed
    assert person.holds == {"dengue"}
    person.chooses(texts.say("menu.stop.button", locale))
    assert not person.is_subscribed
    person.chooses(texts.say("leaving.back.button", locale))
    assert person.is_subscribed


def test_whatever_comes_first_leads_on(session: Session, telegram: Sender) -> None:
    for first in ["hi", "/start", "/start campaign-7", "asdf", "👍", "1 3", "START", "topics", "?"]:
        person = Person(session, telegram, value=first)
        person.says(first)
        assert person.labels()
        assert not person.is_subscribed
        assert person.record == []


def test_consent_is_asked_again_when_what_was_shown_has_changed(session: Session, telegram: Sender) -> None:
    person = Person(session, telegram)
    for text in ("hi", "English", "1", "done"):
        person.says(text)
    dengue = topics.by_key(session, telegram.agency_id, "dengue")
    assert dengue is not None
    topics.subscribe(session, person.subscriber, [dengue.id], now=person.now)
    assert "Dengue" in person.says("yes")
    assert not person.is_subscribed
    person.says("yes")
    assert person.is_subscribed
    assert "Dengue" in person.record[-1].wording


def test_the_language_can_be_changed_by_naming_it_in_any_language(session: Session, telegram: Sender) -> None:
    person = subscribed(Person(session, telegram))
    assert "中文" in person.says("bahasa cina")
    assert person.subscriber.locale == "zh_Hans"
    assert "mesej" in person.says("MALAY please")
    person.says("/language")
    person.chooses("தமிழ்")
    assert person.subscriber.locale == "ta"


def test_a_chinese_speaker_who_uses_malay_words_is_understood(session: Session, telegram: Sender) -> None:
    person = Person(session, telegram, hint="zh-hans")
    for text in ("hai", "中文", "1", "siap", "setuju"):
        person.says(text)
    assert person.is_subscribed
    person.says("berhenti")
    assert not person.is_subscribed


def test_the_language_changes_in_the_middle_of_the_way_in(session: Session, telegram: Sender) -> None:
    person = Person(session, telegram)
    for text in ("hi", "English", "1", "done"):
        person.says(text)
    assert people.TOPICS["floods"]["ta"] in person.says("தமிழ்")
    person.says("ஆம்")
    assert person.is_subscribed
    assert person.record[-1].evidence["locale"] == "ta"


def test_a_language_the_agency_does_not_speak_is_declined_with_those_it_does(session: Session) -> None:
    owner = people.agency(session, "two", ("en", "ms"))
    person = Person(session, people.sender(session, owner), hint="ta")
    person.says("hi")
    assert person.labels() == ["English", "Bahasa Melayu"]
    assert "does not write in that language" in person.says("தமிழ்")
    assert person.labels() == ["English", "Bahasa Melayu"]
    person.taps("onboarding:set:ta")
    assert person.subscriber.locale == "en"


def test_an_agency_without_topics_asks_for_consent_at_once(session: Session) -> None:
    person = Person(session, people.sender(session, people.agency(session, "plain", ("en",))))
    assert "Do you agree?" in person.says("hello")
    person.says("yes")
    assert person.is_subscribed
    assert "everyone" in person.says("topics")


def test_what_a_link_carried_is_kept_as_evidence(session: Session, telegram: Sender) -> None:
    person = Person(session, telegram)
    person.says("/start poster-bedok")
    for text in ("English", "1", "done", "yes"):
        person.says(text)
    assert person.record[-1].evidence["link"] == "poster-bedok"


def test_officers_words_are_any_unknown_word_to_citizens(session: Session, telegram: Sender) -> None:
    for text in ["/announce", "/status B-1", "announce", "/start o-wrongcode", "/nonsense"]:
        person = subscribed(Person(session, telegram, value=text))
        expected = person.says("/start") if text.startswith("/start") else person.says("blah blah")
        assert person.says(text) == expected


@pytest.mark.parametrize("thanks", ["thank you", "Ok thanks!", "noted", "👍", "谢谢", "terima kasih", "நன்றி"])
def test_thanks_for_an_announcement_are_no_question_and_no_mistake(
    session: Session, telegram: Sender, thanks: str
) -> None:
    person = subscribed(Person(session, telegram))
    assert person.says(thanks) == "Thank you. If there is anything else, choose one of these or send HELP."
    assert person.labels() == ["Settings", "Language", "Stop messages"]


def test_help_says_everything_that_can_be_said(session: Session, telegram: Sender) -> None:
    for text in ["/help", "help", "HELP!", "帮助", "bantuan", "உதவி", "tolong"]:
        person = subscribed(Person(session, telegram, value=text))
        said = person.says(text)
        assert all(word in said for word in ("START", "TOPICS", "SETTINGS", "PAUSE", "LANGUAGE", "STOP", "HELP"))
        assert person.labels() == ["Settings", "Language", "Stop messages"]


def test_first_words_at_the_same_moment_make_one_person(sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as session:
        sender = people.sender(session, people.agency(session))

    def says_hi(event: int) -> int:
        with sessions.begin() as session:
            inbound = Inbound(f"e{event}", "4242", "hi", locale_hint="en")
            return len(conversation.hear(session, inbound, sender=sender, limits=people.TELEGRAM, now=people.START))

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(says_hi, range(8))) == [1] * 8
    with sessions.begin() as session:
        assert session.scalar(select(func.count()).select_from(Subscriber)) == 1


def test_the_apps_menu_lists_every_command_in_every_language() -> None:
    menu = commands.menu()
    assert set(menu) == set(texts.locales())
    listed = [command.name for command in commands.CITIZENS if command.is_listed]
    assert [name for name, _ in menu["ta"]] == listed
    assert {"start", "settings", "topics", "latest", "verify", "language", "help", "stop"} <= set(listed)
