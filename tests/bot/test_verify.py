"""A code is ours or it is not: said plainly, in every language, and to everybody alike."""

import pytest
from sqlalchemy.orm import Session

from bot import reading
from bot.keywords import Intent
from bot.packing import packed
from bot.reading import Asked
from broadcast import compose
from broadcast.states import Kind, State
from delivery.models import Sender
from staff.models import Agency
from subscribers import areas
from tests.bot import people
from tests.bot.archive import drafted, launched
from tests.bot.people import Person, subscribed


def test_the_letters_of_codes_are_those_that_codes_are_made_of() -> None:
    assert (reading.LETTERS, reading.CODE_LENGTH) == (compose.ALPHABET, compose.CODE_LENGTH)


def test_ours_is_confirmed_with_when_what_and_all_its_languages_the_persons_first(
    session: Session, telegram: Sender
) -> None:
    said = {"en": "It rises.", "ta": "நீர் உயர்கிறது.", "ms": "Air naik."}
    launched(session, telegram.agency_id, said, code="B7K2", kind=Kind.ALERT)
    person = subscribed(Person(session, telegram))
    assert person.says("/verify B7K2") == (
        "✅ This is ours: Water Board sent it.\n\n"
        "Alert: Floods\nSent: 24 Nov 2026, 7:00 am\nCode: B7K2\n\n"
        "English:\nIt rises.\n\nBahasa Melayu:\nAir naik.\n\nதமிழ்:\nநீர் உயர்கிறது."
    )
    person.says("தமிழ்")
    answer = person.says("B7K2")
    assert answer.index("நீர் உயர்கிறது.") < answer.index("It rises.")
    assert "எச்சரிக்கை: வெள்ளம்" in answer


def test_the_areas_it_is_for_are_named_in_the_persons_language(session: Session, telegram: Sender) -> None:
    names = {"en": "North", "ta": "வடக்கு"}
    north = areas.add(session, agency_id=telegram.agency_id, key="north", names=names, locales=["en", "ta"])
    launched(session, telegram.agency_id, "It rises.", code="B7K2").area_ids = [north.id]
    person = subscribed(Person(session, telegram))
    assert "Code: B7K2\n\n📍 North\n\n" in person.says("/verify B7K2")
    person.says("தமிழ்")
    assert "📍 வடக்கு" in person.says("B7K2")


@pytest.mark.parametrize(
    "words",
    [
        "B7K2",
        "b7k2",
        " (b7k2). ",
        "Ｂ７Ｋ２",
        "verify B7K2",
        "please verify b7k2",
        "verify this message b7k2 pls",
        "verify code B7K2",
        "check b7k2",
        "验证 B7K2",
        "验证B7K2",
        "核实代码B7K2",
        "B7K2 是真的吗？",
        "semak B7K2",
        "sahkan kod B7K2",
        "சரிபார் B7K2",
        "B7K2 உண்மையா?",
        "B7K2, is this real?",
        "is B7K2 real?",
        "Is b7k2 from you",
        "benarkah B7K2?",
        "/verify the message B7K2",
    ],
)
def test_a_code_is_understood_however_it_is_asked_for(session: Session, whatsapp: Sender, words: str) -> None:
    launched(session, whatsapp.agency_id, "It rises.", code="B7K2")
    assert "✅" in subscribed(Person(session, whatsapp)).says(words)


@pytest.mark.parametrize(("locale", "told"), [("English", "do not trust"), ("中文", "请勿相信"), ("தமிழ்", "நம்ப வேண்டாம்")])
def test_what_is_not_ours_is_said_plainly_with_what_to_do(
    session: Session, telegram: Sender, locale: str, told: str
) -> None:
    person = subscribed(Person(session, telegram))
    person.says(locale)
    answer = person.says("/verify ZZ99")
    assert "❌ ZZ99" in answer
    assert told in answer
    assert person.labels()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("verify ZZZZ", "ZZZZ"),
        ("Verify zzzz please", "ZZZZ"),
        ("verify EEEE", "EEEE"),
        ("is this real? AAAB", "AAAB"),
        ("验证 VVVV", "VVVV"),
        ("semak kod KKKT", "KKKT"),
        ("சரிபார் BCDF", "BCDF"),
        ("Is TEAR from you?", "TEAR"),
        ("verify the message TEAR", "TEAR"),
        ("is that ZZZZ real", "ZZZZ"),
        ("/verify tear", "TEAR"),
    ],
)
def test_a_code_of_letters_alone_is_answered_like_any_other(
    session: Session, telegram: Sender, words: str, code: str
) -> None:
    person = subscribed(Person(session, telegram))
    assert f"❌ {code} is not ours" in person.says(words)
    launched(session, telegram.agency_id, "It rises.", code=code)
    assert "✅" in person.says(words)


@pytest.mark.parametrize("words", ["verify tear", "semak saya", "VERIFY NEWS", "verify text"])
def test_what_may_be_a_word_is_no_code_and_the_code_is_asked_for(
    session: Session, telegram: Sender, words: str
) -> None:
    answer = subscribed(Person(session, telegram)).says(words)
    assert "❌" not in answer


def test_drafts_and_other_agencies_codes_are_as_unknown_as_any(session: Session, telegram: Sender) -> None:
    other = people.agency(session, "nea")
    people.three_topics(session, other)
    launched(session, other.id, "Elsewhere.", code="B7K2")
    drafted(session, session.get_one(Agency, telegram.agency_id), code="B7K3")
    person = subscribed(Person(session, telegram))
    answers = {code: person.says(f"verify {code}").replace(code, "") for code in ("B7K2", "B7K3", "B7K4")}
    assert len(set(answers.values())) == 1
    assert "did not understand" in person.says("B7K3")


def test_a_corrected_one_leads_to_its_correction_and_back(session: Session, whatsapp: Sender) -> None:
    wrong = launched(session, whatsapp.agency_id, "It falls.", state=State.CORRECTED)
    right = launched(session, whatsapp.agency_id, "It rises.", corrects=wrong)
    person = subscribed(Person(session, whatsapp))
    answer = person.says(wrong.code)
    assert f"The correction is {right.code}." in answer
    answer = person.chooses("Read the correction")
    assert "It rises." in answer
    assert f"This corrects {wrong.code}." in answer


@pytest.mark.parametrize(
    ("state", "told"), [(State.RECALLED, "has been withdrawn"), (State.CANCELLED, "stopped while it was being sent")]
)
def test_what_was_taken_back_is_ours_and_says_so(session: Session, telegram: Sender, state: State, told: str) -> None:
    made = launched(session, telegram.agency_id, "A text.", state=state)
    answer = subscribed(Person(session, telegram)).says(f"verify {made.code}")
    assert "✅ This is ours" in answer
    assert told in answer


def test_without_a_code_it_is_asked_for_and_the_next_word_is_taken_for_it(session: Session, telegram: Sender) -> None:
    launched(session, telegram.agency_id, "It rises.", code="B7K2")
    person = subscribed(Person(session, telegram))
    for word in ("/verify", "验证", "semak", "is this real?"):
        assert "send the code" in person.says(word)
        assert "✅" in person.says("b7k2")
    person.says("verify")
    assert "❌ ZZ99" in person.says("zz99")
    person.says("verify")
    assert "What would you like to do" in person.says("hello")


def test_a_stranger_may_ask_and_is_still_greeted_afterwards(session: Session, telegram: Sender) -> None:
    launched(session, telegram.agency_id, "It rises.", code="B7K2")
    stranger = Person(session, telegram)
    assert "✅" in stranger.says("B7K2")
    assert not stranger.is_subscribed
    stranger.says("hi")
    assert "English" in stranger.labels()


def test_it_is_answered_in_the_middle_of_the_way_in_which_then_goes_on(session: Session, telegram: Sender) -> None:
    launched(session, telegram.agency_id, "It rises.", code="B7K2")
    person = Person(session, telegram)
    person.says("hi")
    person.chooses("English")
    assert "✅" in person.says("verify B7K2")
    person.says("1")
    assert person.holds == {"floods"}


def test_four_long_texts_come_in_as_few_messages_as_fit(session: Session, whatsapp: Sender) -> None:
    said = {locale: f"{locale} " + "word " * 310 for locale in people.LOCALES}
    launched(session, whatsapp.agency_id, said, code="B7K2")
    person = subscribed(Person(session, whatsapp))
    person.says("B7K2")
    assert all(len(draft.text) <= 1600 for draft in person.seen)
    assert len(person.seen) == 5
    assert [bool(draft.choices) for draft in person.seen] == [False] * 4 + [True]


@pytest.mark.parametrize(
    "text", ["check that", "what", "2345", "code word", "check the time", "news from the city today"]
)
def test_ordinary_words_are_no_codes(session: Session, telegram: Sender, text: str) -> None:
    answer = subscribed(Person(session, telegram)).says(text)
    assert "❌" not in answer
    assert "✅" not in answer


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("latest", Asked(Intent.LATEST)),
        ("latest road works", Asked(Intent.LATEST, "road works")),
        ("please, the latest on road works", Asked(Intent.LATEST, "road works")),
        ("verify", Asked(Intent.VERIFY)),
        ("check b7k2", Asked(Intent.VERIFY, "check b7k2", is_sure=False)),
        ("stop", None),
        ("stop the latest messages", None),
        ("topics", None),
        ("", None),
        ("🙂", None),
    ],
)
def test_what_somebody_wants_to_read(text: str, wish: Asked | None) -> None:
    assert reading.asked(text) == wish


def test_blocks_are_packed_and_only_what_is_longer_than_a_message_is_cut() -> None:
    def fits(text: str) -> bool:
        return len(text) <= 20

    assert packed(["one", "two", "x" * 15], fits) == ["one\n\ntwo", "x" * 15]
    assert packed(["First part. Second part. Third."], fits) == ["First part.", "Second part. Third."]
    assert packed(["y" * 45], fits) == ["y" * 20, "y" * 20, "y" * 5]
