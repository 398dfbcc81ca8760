"""Two apps of one person become one, and part again; whoever said stop on either is left alone."""

import re
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from bot import conversation
from channels.contract import Inbound
from delivery.models import Letter, Sender
from locales import texts
from staff import officers
from staff.models import Agency, Role
from subscribers import consent, directory, importing, joining, topics, wishes
from subscribers.consent import Merged
from subscribers.importing import Way, phone_number
from subscribers.models import Cadence, ConsentKind, JoinCode, Subscriber
from tests.at_once import at_once
from tests.bot import people
from tests.bot.people import Person, subscribed

NUMBER = "whatsapp:+6591234567"


@pytest.fixture
def number(session: Session, telegram: Sender) -> Sender:
    """A WhatsApp number of the bot's agency."""
    return people.sender(session, session.get_one(Agency, telegram.agency_id), "whatsapp")


@pytest.fixture
def first(session: Session, telegram: Sender) -> Person:
    """Somebody subscribed to floods on Telegram."""
    return subscribed(Person(session, telegram), 1)


@pytest.fixture
def second(session: Session, number: Sender) -> Person:
    """The same person, subscribed to floods and dengue on WhatsApp."""
    return subscribed(Person(session, number, value=NUMBER), 1, 2)


def code_of(person: Person) -> str:
    """The code that their app shows."""
    found = re.search(r"\b([2-9B-Z]{4} [2-9B-Z]{4})\b", person.says("/join"))
    assert found is not None
    return found[1]


def join(person: Person, other: Person) -> str:
    """`person`'s app shows a code, it is typed on `other`'s; our answer there."""
    code = code_of(person)
    other.now = max(person.now, other.now)
    answer = other.says(code)
    person.now = max(person.now, other.now)
    return answer


def test_two_apps_become_one_person_who_keeps_what_both_chose(first: Person, second: Person) -> None:
    floods = topics.list_for(first.session, first.sender.agency_id)[0]
    topics.set_cadence(first.session, first.subscriber, floods.id, Cadence.WEEKLY)
    topics.set_cadence(second.session, second.subscriber, floods.id, Cadence.DAILY)
    kept_id, other_id = first.subscriber.id, second.subscriber.id
    said = join(first, second)
    assert "now joined" in said
    assert second.labels() == ["On this app", "On the other app", "Where I wrote last"]
    assert first.subscriber.id == second.subscriber.id == kept_id
    assert first.holds == {"floods", "dengue"}
    assert topics.held(first.session, first.subscriber)[floods.id] is Cadence.DAILY  # the more frequent of the two
    assert first.is_subscribed
    other = first.session.get_one(Subscriber, other_id, populate_existing=True)
    assert (other.consented_at, other.merged_into_id) == (None, kept_id)


def test_a_stop_on_one_says_that_both_are_stopped_and_offers_both_back(first: Person, second: Person) -> None:
    join(first, second)
    shown = second.says("stop")
    assert "on all your joined apps" in shown
    assert second.labels() == ["Daily summary only", "Alerts only", "Come back"]
    assert not first.is_subscribed
    second.chooses("Daily summary only")
    assert first.is_subscribed
    assert first.record[-1].wording == shown
    assert set(topics.held(first.session, first.subscriber).values()) == {Cadence.DAILY}


def test_the_other_app_is_told_and_can_undo_it(first: Person, second: Person) -> None:
    join(first, second)
    letter = first.session.scalars(select(Letter).where(Letter.to == first.value).order_by(Letter.id.desc())).first()
    assert letter is not None
    assert "If that was not you" in letter.text
    first.taps(letter.choices[0][0])
    assert first.subscriber.id != second.subscriber.id


def test_they_say_where_they_want_to_hear_from_us(first: Person, second: Person) -> None:
    join(first, second)
    second.chooses("On the other app")
    assert second.subscriber.preferred_address_id == first.address.id
    second.taps(f"joining:prefer:{second.address.id}")
    assert second.subscriber.preferred_address_id == second.address.id
    second.taps("joining:prefer:0")
    assert second.subscriber.preferred_address_id is None
    second.taps("joining:prefer:99999")  # nobody's, or somebody else's
    assert second.subscriber.preferred_address_id is None


@pytest.mark.parametrize("place", ["1", "2", "3"])
def test_where_to_hear_from_us_can_be_said_by_its_number(first: Person, second: Person, place: str) -> None:
    join(first, second)
    second.says(place)
    wanted = {"1": second.address.id, "2": first.address.id, "3": None}
    assert second.subscriber.preferred_address_id == wanted[place]


@pytest.mark.parametrize("locale", people.LOCALES)
def test_the_other_app_undoes_it_by_typing_what_stands_on_the_button(
    first: Person, second: Person, locale: str
) -> None:
    join(first, second)
    first.says(texts.say("joining.part.button", locale))
    assert first.subscriber.id != second.subscriber.id


@pytest.mark.parametrize("locale", people.LOCALES)
def test_joining_and_parting_can_be_typed_in_every_language(
    session: Session, telegram: Sender, number: Sender, locale: str
) -> None:
    words = {
        "en": ("join my apps", "separate my apps"),
        "zh_Hans": ("合并", "分开"),
        "ms": ("gabung aplikasi", "asingkan aplikasi"),
        "ta": ("செயலிகளை இணை", "செயலிகளைப் பிரி"),
    }
    ask, part = words[locale]
    one, two = subscribed(Person(session, telegram)), subscribed(Person(session, number, value=NUMBER))
    for person in (one, two):
        person.subscriber.locale = locale
    code = re.search(r"[2-9B-Z]{4} [2-9B-Z]{4}", one.says(ask))
    assert code is not None
    assert two.says(code[0].lower().replace(" ", "-")) == texts.say("joining.joined", locale, agency=agency(one))
    assert two.says(part) == texts.say("joining.parted", locale, agency=agency(two))


def agency(person: Person) -> str:
    """The agency's name in their language."""
    return person.session.get_one(Agency, person.sender.agency_id).name_in(person.subscriber.locale)


def told(person: Person) -> Letter:
    """The newest letter to their app."""
    letter = person.session.scalars(select(Letter).where(Letter.to == person.value).order_by(Letter.id.desc())).first()
    assert letter is not None
    return letter


def test_the_talk_goes_on_in_the_language_of_the_app_where_the_code_was_typed(first: Person, second: Person) -> None:
    second.says("தமிழ்")
    assert join(first, second) == texts.say("joining.joined", "ta", agency="நீர் வாரியம்")
    news = told(first)
    assert news.text.startswith("This app and another one are now joined")
    assert "write to you in தமிழ் on both" in news.text
    assert news.choices[0][1] == "Separate them"
    assert first.says("நன்றி") == texts.say("help.thanked", "ta")
    first.says("separate them")
    assert (first.subscriber.locale, second.subscriber.locale) == ("en", "ta")


def test_a_language_chosen_while_they_were_one_is_that_of_both_afterwards(first: Person, second: Person) -> None:
    second.says("தமிழ்")
    join(first, second)
    first.says("Bahasa Melayu")
    second.says("/leave_join")
    assert (first.subscriber.locale, second.subscriber.locale) == ("ms", "ms")


def test_an_app_in_which_no_language_was_chosen_takes_the_others(first: Person, number: Sender) -> None:
    newcomer = Person(first.session, number, value=NUMBER, hint="zh-hans")
    assert "now joined" in join(first, newcomer)
    assert newcomer.subscriber.locale == "en"
    assert "in English" not in told(first).text


@pytest.mark.parametrize("who", ["the one who shows the code", "the one who types it"])
def test_a_stop_on_either_of_them_stops_the_joined_person_until_they_say_so(
    first: Person, second: Person, who: str
) -> None:
    (first if who == "the one who shows the code" else second).says("stop")
    said = join(first, second)
    assert "until you subscribe again" in said
    assert not first.is_subscribed
    assert first.record[-1].kind is ConsentKind.WITHDRAWN
    second.chooses("Subscribe")
    second.says("yes")
    assert first.is_subscribed


def test_a_yes_stands_where_the_other_app_never_decided(session: Session, telegram: Sender, second: Person) -> None:
    newcomer = Person(session, telegram)
    agreed_at = second.subscriber.consented_at
    join(newcomer, second)
    assert newcomer.is_subscribed
    assert newcomer.subscriber.consented_at == agreed_at
    line = newcomer.record[-1]
    assert (line.kind, line.subscriber_id) == (ConsentKind.GRANTED, newcomer.subscriber.id)
    assert line.evidence["joined"]


def test_where_neither_decided_nobody_is_subscribed(session: Session, telegram: Sender, number: Sender) -> None:
    one, two = Person(session, telegram), Person(session, number, value=NUMBER)
    assert "not subscribed yet" in join(one, two)
    assert not one.is_subscribed
    assert one.record == []


def test_both_records_stay_readable_and_nothing_in_them_is_rewritten(first: Person, second: Person) -> None:
    before = {line.id: (line.subscriber_id, line.wording, line.at) for line in [*first.record, *second.record]}
    join(first, second)
    after = {line.id: (line.subscriber_id, line.wording, line.at) for line in first.record}
    assert before.items() <= after.items()


def test_stop_on_either_app_stops_both_and_says_so(first: Person, second: Person) -> None:
    join(first, second)
    assert "on all your joined apps" in first.says("STOP")
    assert not second.is_subscribed
    assert not first.is_subscribed


def test_parting_gives_each_app_back_to_itself_with_what_was_chosen(first: Person, second: Person) -> None:
    kept_id, other_id = first.subscriber.id, second.subscriber.id
    join(first, second)
    second.says("/topics")
    second.says("3")
    second.says("done")
    assert "stay subscribed" in first.says("/leave_join")
    assert (first.subscriber.id, second.subscriber.id) == (kept_id, other_id)
    assert first.holds == second.holds == {"floods", "dengue", "roads"}
    assert first.is_subscribed
    assert second.is_subscribed
    second.says("stop")
    assert first.is_subscribed
    assert "not joined" in first.says("/leave_join")


def test_a_pause_is_announced_to_the_kept_one_alone_and_to_both_once_they_part(first: Person, second: Person) -> None:
    wishes.pause(first.subscriber, 30, now=first.now)
    wishes.pause(second.subscriber, 7, now=second.now)
    other = second.subscriber
    told = first.subscriber.announce_return_at
    join(first, second)
    first.session.refresh(other)
    assert other.announce_return_at is None
    first.says("/leave_join")
    assert second.subscriber.id == other.id
    assert second.subscriber.paused_until == first.subscriber.paused_until
    assert first.subscriber.announce_return_at == second.subscriber.announce_return_at == told


def test_a_stop_said_while_they_were_one_holds_for_both_after_they_part(first: Person, second: Person) -> None:
    join(first, second)
    first.says("stop")
    second.says("/leave_join")
    assert not first.is_subscribed
    assert not second.is_subscribed
    assert second.record[-1].kind is ConsentKind.WITHDRAWN


def test_parting_subscribes_nobody_who_never_agreed_there(session: Session, telegram: Sender, second: Person) -> None:
    newcomer = Person(session, telegram)
    join(second, newcomer)
    assert newcomer.is_subscribed
    newcomer.says("/leave_join")
    assert not newcomer.is_subscribed
    assert second.is_subscribed


def test_three_apps_are_joined_and_one_of_them_leaves(session: Session, first: Person, second: Person) -> None:
    third = subscribed(Person(session, first.sender, value="77"), 3)
    join(first, second)
    join(third, first)
    assert first.subscriber.id == second.subscriber.id == third.subscriber.id
    assert third.holds == {"floods", "dengue", "roads"}
    second.says("/leave_join")
    assert second.subscriber.id not in {first.subscriber.id, third.subscriber.id}
    assert first.subscriber.id == third.subscriber.id
    third.says("/leave_join")
    assert first.subscriber.id != third.subscriber.id
    assert first.is_subscribed


def test_a_code_works_once_for_15_minutes_and_not_on_its_own_app(first: Person, second: Person) -> None:
    code = code_of(first)
    assert "send it to us from there" in first.says(code)
    second.now = first.now + timedelta(minutes=16)
    assert "not valid" in second.says(code)
    old, code = code_of(first), code_of(first)
    second.now = first.now
    assert "not valid" in second.says(old)  # a newer one takes its place
    assert "now joined" in second.says(f"join apps {code}")
    assert "not valid" in second.says(code)
    assert "joined already" in second.says(code_of(first))


def test_guessing_is_stopped_after_five_wrong_codes_and_for_an_agency_after_a_thousand(
    session: Session, first: Person, second: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = code_of(first)
    second.now = first.now
    for _ in range(joining.GUESSES_OF_ADDRESS):
        assert "not valid" in second.says("2B2B 2B2B")
    assert "too many wrong codes" in second.says(code)
    third = Person(session, first.sender, value="77")
    third.now = second.now
    monkeypatch.setattr(joining, "GUESSES_OF_AGENCY", joining.GUESSES_OF_ADDRESS)
    assert "too many wrong codes" in third.says(code)
    third.now += joining.GUESSING + timedelta(minutes=1)
    assert joining.forget(session, third.now) == joining.GUESSES_OF_ADDRESS + 1
    assert "now joined" in third.says(code_of(first)) or "not valid" in third.says(code)


def test_only_a_hash_of_the_code_is_kept(session: Session, first: Person) -> None:
    code = code_of(first).replace(" ", "")
    kept = session.scalars(select(JoinCode.code_hash)).one()
    assert code not in kept
    assert len(kept) == 64


def test_a_telephone_number_or_a_word_is_no_code() -> None:
    for text in ("91234567", "HELPDESK", "join", "2B2B", "hello there", "AB3D5678"):
        assert joining.read(text) is None
    assert joining.read("2b2b-9xqp") == "2B2B9XQP"


def test_two_agencies_never_mix(session: Session, first: Person, whatsapp: Sender) -> None:
    stranger = subscribed(Person(session, whatsapp, value=NUMBER))
    code = code_of(first)
    stranger.now = first.now
    assert "not valid" in stranger.says(code)
    assert stranger.subscriber.id != first.subscriber.id


def test_an_officers_account_stays_the_officers_alone(session: Session, first: Person, second: Person) -> None:
    owner = session.get_one(Agency, first.sender.agency_id)
    officer, invitation = officers.invite(session, owner, name="Aini", role=Role.ADMIN, now=first.now)
    first.says(f"/start o-{invitation}")
    join(first, second)
    assert officers.behind(session, sender_id=first.sender.id, address=first.value) is officer
    assert officers.behind(session, sender_id=second.sender.id, address=second.value) is None


def test_no_file_subscribes_a_joined_person_of_whom_one_side_said_stop(first: Person, second: Person) -> None:
    second.says("stop")
    join(first, second)
    session, agency_id = first.session, first.sender.agency_id
    row = {"channel": "whatsapp", "address": "+6591234567", "locale": "en", "topics": "floods", "proof": "form 7"}
    row["consented_at"] = "2026-11-24T08:00+08:00"
    done = importing.take(
        session,
        [(2, row)],
        agency=importing.Agency(agency_id, ("en",)),
        ways={"whatsapp": Way(second.sender, phone_number("whatsapp:"))},
        name="list.csv",
        now=first.now,
    )
    assert [each.reason for each in done.refusals] == ["they have said stop; only they themselves can subscribe again"]


def test_a_stop_said_at_the_very_moment_of_joining_is_never_lost(first: Person, second: Person) -> None:
    session = first.session
    before = second.subscriber
    join(first, second)
    with pytest.raises(Merged):  # the turn began before the joining was done: it is tried again, and meets the one
        consent.lock(session, before)


def _both_at_once(sessions: sessionmaker[Session], turns: list[Callable[[Session], object]]) -> list[object]:
    """Each in a transaction of its own, begun at the same moment, tried again where it has to be."""

    def run(turn: Callable[[Session], object]) -> object:
        for _ in range(3):
            try:
                with sessions.begin() as session:
                    return turn(session)
            except Merged:
                continue
        raise AssertionError("tried three times")

    return at_once(*(partial(run, turn) for turn in turns))


def test_both_directions_at_once_make_one_person(sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as session:
        owner = people.agency(session)
        bot, phone = people.sender(session, owner), people.sender(session, owner, "whatsapp")
        one, two = Person(session, bot), Person(session, phone, value=NUMBER)
        one.says("hi")
        two.says("hi")
        codes = code_of(one), code_of(two)
        ways = [(bot.id, "4242", people.TELEGRAM, codes[1]), (phone.id, NUMBER, people.WHATSAPP, codes[0])]

    def turn(number: int) -> Callable[[Session], object]:
        sender_id, value, limits, code = ways[number]

        def say(session: Session) -> object:
            inbound = Inbound(f"x{number}", value, code)
            sender = session.get_one(Sender, sender_id)
            now = people.START + timedelta(minutes=2)
            return conversation.hear(session, inbound, sender=sender, limits=limits, now=now)[0].text

        return say

    said = _both_at_once(sessions, [turn(0), turn(1)])
    assert len([text for text in said if "now joined" in str(text)]) == 1, said
    with sessions.begin() as session:
        found = [directory.find(session, sender_id=sender_id, value=value) for sender_id, value, *_ in ways]
        assert None not in found
        assert len({each.subscriber_id for each in found if each is not None}) == 1


def test_a_crash_in_the_middle_of_joining_leaves_two_people_and_a_code_that_still_works(
    session: Session, first: Person, second: Person
) -> None:
    code, before = code_of(first), (first.subscriber.id, second.subscriber.id)
    session.commit()
    held = second.holds
    joining.use(session, second.address, code.replace(" ", ""), now=first.now)
    session.rollback()
    assert (first.subscriber.id, second.subscriber.id) == before
    assert second.holds == held
    assert second.is_subscribed
    second.now = first.now
    assert "now joined" in second.says(code)


def test_two_apps_that_type_the_same_code_at_once_are_joined_one_of_them(sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as session:
        bot = people.sender(session, people.agency(session))
        crowd = [Person(session, bot, value=value) for value in ("1", "2", "3")]
        for person in crowd:
            person.says("hi")
        code = code_of(crowd[0]).replace(" ", "")
        bot_id, now = bot.id, crowd[0].now

    def turn(value: str) -> Callable[[Session], object]:
        def typed(session: Session) -> object:
            address = directory.find(session, sender_id=bot_id, value=value)
            assert address is not None
            return joining.use(session, address, code, now=now).outcome

        return typed

    said = _both_at_once(sessions, [turn("2"), turn("3")])
    assert sorted(map(str, said)) == ["joined", "unknown"]
