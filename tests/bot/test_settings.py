"""The card of /settings and its parts, tapped and typed, on both channels and in every language."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from delivery.models import Sender
from locales import texts
from subscribers import areas, topics, wishes
from subscribers.models import Cadence
from subscribers.wishes import QuietHours
from tests.bot import people
from tests.bot.people import Person, subscribed

WORDS = {
    "en": {"settings": "settings", "pause": "pause", "quiet": "quiet hours 10pm to 7am", "area": "areas"},
    "zh_Hans": {"settings": "设置", "pause": "暂停", "quiet": "免打扰 晚上十点到早上七点", "area": "地区"},
    "ms": {"settings": "tetapan", "pause": "jeda", "quiet": "waktu senyap 10 malam hingga 7 pagi", "area": "kawasan"},
    "ta": {
        "settings": "அமைப்புகள்",
        "pause": "இடைநிறுத்து",
        "quiet": "அமைதி நேரம் இரவு 10 முதல் காலை 7 வரை",
        "area": "பகுதி",
    },
}
NIGHT = QuietHours(22 * 60, 7 * 60)


def add_areas(session: Session, sender: Sender, *keys: str) -> None:
    """Districts of the sender's agency."""
    for key in keys or ("bedok", "yishun", "jurong"):
        names = dict.fromkeys(people.LOCALES, key.title())
        areas.add(session, agency_id=sender.agency_id, key=key, names=names, locales=people.LOCALES)


def chosen(person: Person) -> set[str]:
    """The keys of somebody's areas."""
    ids = areas.chosen(person.session, person.subscriber)
    return {area.key for area in areas.list_for(person.session, person.subscriber.agency_id) if area.id in ids}


def cadences(person: Person) -> set[Cadence]:
    """How often somebody hears of what they hold."""
    person.session.expire_all()
    return set(topics.held(person.session, person.subscriber).values())


def test_the_card_says_what_holds_and_leads_everywhere(session: Session, telegram: Sender, whatsapp: Sender) -> None:
    for sender, edits in ((telegram, "m7"), (whatsapp, None)):
        person = subscribed(Person(session, sender))
        said = person.says("/settings")
        for line in ("• Floods", "Language: English", "Quiet hours: none", "Pictures: on", "send STOP"):
            assert line in said
        assert "Areas" not in said
        assert person.labels() == ["Topics", "How often", "Language", "Quiet hours", "Pictures", "Pause"]
        assert "Pictures: off" in person.chooses("Pictures")
        assert person.seen[-1].edits == edits
        assert not person.subscriber.wants_media
        assert "Pictures: on" in person.says("5")
        add_areas(session, sender)
        assert "Areas: all" in person.says("settings")


@pytest.mark.parametrize("locale", people.LOCALES)
def test_every_part_is_reached_and_answered_by_words_in_every_language(
    session: Session, telegram: Sender, locale: str
) -> None:
    add_areas(session, telegram)
    person, words = subscribed(Person(session, telegram)), WORDS[locale]
    person.says(texts.native_name(locale))
    assert texts.say("settings.no_quiet", locale) in person.says(words["settings"])
    person.says(words["quiet"])
    assert wishes.quiet_hours(person.subscriber) == NIGHT
    assert texts.clock(22 * 60, "Asia/Singapore", locale) in person.says(words["settings"])
    person.says(words["area"])
    person.says("bedok")
    assert chosen(person) == {"bedok"}
    person.says(texts.say("settings.everywhere.button", locale))
    assert chosen(person) == set()
    person.says(words["pause"])
    until = person.now + timedelta(days=7, seconds=10)
    assert texts.instant(until, "Asia/Singapore", locale) in person.says("7")
    assert wishes.is_paused(person.subscriber, now=person.now)
    assert "⏸" in person.says(words["settings"])
    person.says(texts.say("settings.resume.button", locale))
    assert not wishes.is_paused(person.subscriber, now=person.now)


def test_a_pause_says_that_alerts_stop_too_until_when_and_how_to_come_back(session: Session, telegram: Sender) -> None:
    person = subscribed(Person(session, telegram))
    said = person.says("/pause 1")
    assert "until 25 Nov 2026, 8:01 am" in said
    assert "That includes alerts" in said
    assert "tell you on 25 Nov 2026, 6:01 am" in said
    assert "send START" in said
    assert person.is_subscribed
    assert "Welcome back" in person.says("start")
    assert person.subscriber.paused_until is None
    assert "1, 7 or 30" in person.says("/pause 3")
    assert person.subscriber.paused_until is None
    assert "on 23 Dec 2026" in person.says("30 days")
    assert "not paused" in (person.taps("settings:resume"), person.taps("settings:resume"))[1]


@pytest.mark.parametrize("text", ["good day", "I have 7 cats", "have a nice day", "call me in a week", "B7K2"])
def test_a_number_or_a_day_in_another_sentence_pauses_nothing(session: Session, telegram: Sender, text: str) -> None:
    person = subscribed(Person(session, telegram))
    for words in ("/pause", text, f"/pause {text}"):
        person.says(words)
        assert person.subscriber.paused_until is None


@pytest.mark.parametrize(
    "text", ["7", "seven days please is 7 days", "a week", "一个星期", "7 hari", "seminggu", "ஒரு வாரம்"]
)
def test_a_span_is_understood_as_the_answer_in_every_language(session: Session, telegram: Sender, text: str) -> None:
    person = subscribed(Person(session, telegram))
    person.says("/pause")
    person.says(text)
    assert (person.subscriber.paused_until is None) is ("seven" in text)


def test_leaving_ends_a_pause_so_that_the_way_back_is_a_whole_one(session: Session, telegram: Sender) -> None:
    person = subscribed(Person(session, telegram))
    person.says("/pause 30")
    person.says("stop")
    assert not person.is_subscribed
    person.says("start")
    person.says("yes")
    assert person.is_subscribed
    assert not wishes.is_paused(person.subscriber, now=person.now)


def test_how_often_is_chosen_for_one_topic_or_for_all(session: Session, telegram: Sender, whatsapp: Sender) -> None:
    for sender in (telegram, whatsapp):
        person = subscribed(Person(session, sender), 1, 2)
        person.says("/settings")
        assert "1. Floods: at once" in person.chooses("How often")
        person.chooses("Floods")
        assert person.labels() == ["At once", "Once a day", "Once a week", "Alerts only", "Back"]
        assert "1. Floods: weekly summary\n2. Dengue: at once" in person.chooses("Once a week")
        person.says("dengue")
        person.says("alerts only")
        assert cadences(person) == {Cadence.WEEKLY, Cadence.ALERTS}
        person.chooses("All topics")
        person.says("2")
        assert cadences(person) == {Cadence.DAILY}
        assert "• Floods (daily summary)" in person.says("done")


@pytest.mark.parametrize("locale", people.LOCALES)
def test_a_number_that_nothing_has_is_answered_with_the_reason_and_the_choices(
    session: Session, telegram: Sender, whatsapp: Sender, locale: str
) -> None:
    for sender in (telegram, whatsapp):
        person = subscribed(Person(session, sender), 1, 2)
        person.subscriber.locale = locale
        person.says("/often")
        topics_only = texts.say("topics.no_such_number", locale, topics="")
        assert person.says("9").startswith(topics_only.strip())
        person.says("2")
        shown = person.labels()
        assert person.says("9") == texts.say("reply.no_such_number", locale, number=9, last=5)
        assert person.labels() == shown
        person.says("3")
        person.session.expire_all()
        assert set(topics.held(session, person.subscriber).values()) == {Cadence.AT_ONCE, Cadence.WEEKLY}
        person.says("/settings")
        assert person.says("7.") == texts.say("reply.no_such_number", locale, number=7, last=6)
        assert texts.say("settings.pause_ask", locale, agency="x")[-5:] in person.says("6")
        for word, key in (("/quiet", "settings.quiet_again"), ("/pause", "settings.pause_again")):
            person.says(word)
            assert person.says("9")[:8] == texts.say(key, locale, start="", end="", agency="Water Board")[:8]


def test_a_wrong_number_beside_right_ones_is_told_and_the_right_ones_count(session: Session, telegram: Sender) -> None:
    add_areas(session, telegram)
    person = Person(session, telegram)
    for word in ("hi", "English"):
        person.says(word)
    said = person.says("1 9")
    assert said.startswith("There is no topic with that number")
    assert "✅ 1. Floods" in said
    person.says("done")
    person.says("yes")
    person.says("/topics")
    assert "no topic with that number" in person.says("2, 77")
    assert person.holds == {"floods", "dengue"}
    person.says("/area")
    assert "no such area" in person.says("1 9")
    assert "no such area" in person.says("/area 2 9")
    assert chosen(person) == {"bedok", "yishun"}


def test_a_number_that_no_language_has_is_answered_with_the_reason(session: Session, telegram: Sender) -> None:
    person = Person(session, telegram, hint="ms")
    person.says("hi")
    assert person.says("7") == texts.say("reply.no_such_number", "ms", number=7, last=4)
    assert "tidak" not in person.says("2").casefold()
    assert person.subscriber.is_locale_chosen
    person.says("/language")
    person.says("0")
    assert len(person.labels()) == 4


def test_quiet_hours_are_tapped_typed_and_taken_back(session: Session, telegram: Sender) -> None:
    person = subscribed(Person(session, telegram))
    assert "Alerts still come through" in person.says("/quiet")
    assert "10:00 pm to 7:00 am. Alerts still come through." in person.chooses("22:00 – 07:00")
    person.says("quiet")
    person.says("9.30pm - 6am")
    assert wishes.quiet_hours(person.subscriber) == QuietHours(21 * 60 + 30, 6 * 60)
    person.says("/quiet")
    assert "did not understand those hours" in person.says("25:00 to 26:00")
    person.says("none")
    assert wishes.quiet_hours(person.subscriber) is None
    person.says("/quiet 22:00-7:00")
    assert wishes.quiet_hours(person.subscriber) == NIGHT
    person.says("/quiet off")
    assert wishes.quiet_hours(person.subscriber) is None


def test_areas_are_shown_in_pages_and_chosen_by_number_name_and_tap(session: Session, whatsapp: Sender) -> None:
    add_areas(session, whatsapp, *(f"ward-{number}" for number in range(1, 31)))
    person = subscribed(Person(session, whatsapp))
    person.says("/area")
    seen = set[str]()
    for _ in range(5):
        assert len(person.labels()) <= 10
        seen |= set(person.labels())
        person.says("more")
    assert len(seen) == 30 + len({"More …", "All areas", "Done"})
    person.says("1 30")
    person.says("ward 7")
    assert chosen(person) == {"ward-1", "ward-7", "ward-30"}
    assert "no such area" in person.says("99")
    person.says("/area ward 8")
    person.says("/area ward 8")
    assert chosen(person) == {"ward-1", "ward-7", "ward-8", "ward-30"}
    assert "Areas: Ward-1, Ward-7, Ward-8, Ward-30" in person.chooses("Done")
    assert "not divide" not in person.says("/area")


def test_an_agency_without_areas_says_so(session: Session, telegram: Sender) -> None:
    person = subscribed(Person(session, telegram))
    assert "does not divide" in person.says("/area bedok")


def test_old_keyboards_lead_where_they_would_lead_now(session: Session, telegram: Sender) -> None:
    person = subscribed(Person(session, telegram))
    floods = topics.by_key(session, telegram.agency_id, "floods")
    assert floods is not None
    assert "How often" in person.taps("topics:often")
    assert "Floods" in person.taps(f"topics:cadence:{floods.id}")
    assert person.labels()[-1] == "Back"
    assert "Your settings" in person.taps("settings:begin")
    assert "Your settings now" in person.taps("topics:done")


def test_another_agencys_ids_and_rubbish_do_nothing(session: Session, telegram: Sender) -> None:
    other = people.agency(session, "nea")
    theirs = people.sender(session, other)
    add_areas(session, theirs)
    people.three_topics(session, other)
    foreign_area, foreign_topic = areas.list_for(session, other.id)[0], topics.list_for(session, other.id)[0]
    person = subscribed(Person(session, telegram))
    before = person.says("/settings")
    for key in (
        f"settings:area:{foreign_area.id}:0",
        f"settings:topic:{foreign_topic.id}",
        f"settings:cadence:{foreign_topic.id}:daily",
        "settings:cadence:all:hourly",
        "settings:cadence:x:daily",
        "settings:quiet:420:420",
        "settings:quiet:99999:1",
        "settings:quiet:x",
        "settings:media:loud",
        "settings:nonsense",
        "settings",
    ):
        assert "no longer in use" in person.taps(key), key
    assert person.says("/settings") == before
    assert chosen(person) == set()


def test_who_has_not_agreed_is_asked_first(session: Session, telegram: Sender) -> None:
    for word in ("/settings", "settings", "/pause 7", "/quiet 22:00-7:00", "/area", "/often", "settings:media:off"):
        person = Person(session, telegram, value=word)
        said = person.taps(word) if word.startswith("settings:") else person.says(word)
        assert "choose your language" in said
        assert person.subscriber.paused_until is None
        assert person.subscriber.wants_media
        assert wishes.quiet_hours(person.subscriber) is None
        assert person.record == []
