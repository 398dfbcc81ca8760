"""Questions in people's own words: a prepared answer, the offer to pass them on, and the officers' inbox in chat."""

import re
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from db.engine import Sessions
from delivery import postman
from delivery.models import Letter
from delivery.states import LetterState
from helpdesk import answers, questions
from helpdesk.models import Question, QuestionState
from staff.models import Agency, Role
from subscribers.models import Address, Consent, ConsentKind
from tests.bot import people
from tests.bot.office import Office, Phone, open_office
from tests.delivery.taking import taken

QUESTION = "When will the drain at Jalan Besar be repaired?"
REFUND = {"en": "Refunds take ten working days.", "ms": "Bayaran balik mengambil masa sepuluh hari bekerja."}


@pytest.fixture
def office(sessions: Sessions) -> Office:
    """An agency of two languages with one prepared answer."""
    made = open_office(sessions)
    with sessions.begin() as session:
        agency = session.get_one(Agency, made.agency_id)
        keywords = {"en": ["refund", "money back"], "ms": ["bayaran balik"]}
        answers.save(session, agency, keywords=keywords, texts=REFUND, now=people.START)
    return made


@pytest.fixture
def officer(office: Office) -> Phone:
    """Somebody who reads the inbox."""
    return office.officer("aisyah")


def citizen(office: Office, value: str = "4242", *, on: int | None = None) -> Phone:
    """Somebody who subscribed to floods."""
    phone = office.phone(value, on=on)
    for word in ("hi", "1", "1", "done", "yes"):
        phone.says(word)
    return phone


def posted(office: Office, to: str) -> list[str]:
    """The letters beside the answers of a turn: what is written to an address at another's word."""
    with office.sessions() as session:
        return list(session.scalars(select(Letter.text).where(Letter.to == to).order_by(Letter.id)))


@pytest.mark.parametrize("asked", ["How do I get a refund?", "refunds???", "can i have my MONEY BACK pls"])
def test_a_question_with_a_keyword_is_answered_from_the_list(office: Office, asked: str) -> None:
    assert "ten working days" in citizen(office).says(asked)


def test_a_question_in_another_language_is_answered_in_ones_own(office: Office) -> None:
    assert "ten working days" in citizen(office).says("Bagaimana mendapatkan bayaran balik?")


def test_who_is_not_helped_by_the_answer_asks_the_office(office: Office, officer: Phone) -> None:
    phone = citizen(office)
    phone.says("Where is my refund since May?")
    phone.taps("Ask the office")
    assert "Where is my refund since May?" in posted(office, "aisyah")[-1]


def test_a_question_is_passed_on_only_after_a_yes_and_answered_in_chat(office: Office, officer: Phone) -> None:
    phone = citizen(office)
    assert "Shall we pass it on to Water Board?" in phone.says(QUESTION)
    assert posted(office, "aisyah") == []
    assert "has your question" in phone.says("yes")
    assert QUESTION in posted(office, "aisyah")[0]

    assert QUESTION[:40] in officer.says("/inbox")
    officer.says("1")
    assert "They read English" in officer.says("Reply")
    assert "Sent." in officer.says("On Friday, weather permitting.")
    assert "On Friday, weather permitting." in posted(office, "4242")[-1]
    assert "Water Board" in posted(office, "4242")[-1]
    assert "Answered by Aisyah" in posted(office, "aisyah")[0], "the card is rewritten"
    assert "No open questions" in officer.says("/inbox")
    assert office.audit()[-1] == "question.answered"


def test_a_no_passes_nothing_on(office: Office, officer: Phone) -> None:
    phone = citizen(office)
    phone.says(QUESTION)
    assert "not passed it on" in phone.says("no")
    assert "does not lead anywhere" not in phone.says("hello")
    phone.forges("asking:pass")
    assert posted(office, "aisyah") == []


@pytest.mark.parametrize("answer", ["no", "No, keep them", "tidak", "不用"])
def test_a_question_with_the_word_stop_in_it_is_not_lost_after_a_no(
    office: Office, officer: Phone, answer: str
) -> None:
    phone = citizen(office)
    assert "Do you want to stop" in phone.says("does the bus stop here")
    told = phone.says(answer)
    assert "stay subscribed" in told
    assert "“does the bus stop here”" in told
    assert "has your question" in phone.says("yes")
    assert "does the bus stop here" in posted(office, "aisyah")[-1]


def test_after_the_no_it_is_answered_from_the_list_where_it_can_be(office: Office, officer: Phone) -> None:
    phone = citizen(office)
    assert "ten working days" not in phone.says("Why did you stop my refund?")
    assert "ten working days" in phone.says("no")


@pytest.mark.parametrize(
    "text",
    ["don't stop!", "how do I stop?", "too many messages", "I don't want all the flood alerts", "能不能停止吗", "🛑"],
)
def test_who_only_spoke_of_stopping_is_offered_nothing_after_the_no(office: Office, officer: Phone, text: str) -> None:
    phone = citizen(office)
    assert phone.says(text).startswith("Do you want to stop"), text
    assert phone.says("no").startswith("Nothing has changed"), text
    assert phone.dialog is None


def test_yes_to_the_question_is_a_stop_and_the_record_says_what_was_asked(office: Office) -> None:
    phone = citizen(office)
    asked = phone.says("does the bus stop here?")
    assert "unsubscribed" in phone.says("yes")
    with office.sessions() as session:
        last = session.scalars(select(Consent).order_by(Consent.id.desc())).first()
    assert last is not None
    assert (last.kind, last.wording, last.evidence["question"]) == (ConsentKind.WITHDRAWN, "yes", asked)


def test_yes_to_the_question_which_stops_nothing_yet_and_another_word_ends_it(office: Office) -> None:
    phone = citizen(office)
    asked = phone.says("stop the floods")
    assert "or all messages" in asked
    assert phone.says("yes") == asked
    assert "What would you like to do" in phone.says("hello")
    assert "unsubscribed" not in phone.says("yes")


@pytest.mark.parametrize("noise", ["asdfgh", "zzz", "🙃", "!!!", "ok lor", "123456"])
def test_noise_is_offered_to_nobody(office: Office, officer: Phone, noise: str) -> None:
    assert "pass it on" not in citizen(office).says(noise)


def test_nobody_is_offered_an_office_that_nobody_reads(office: Office) -> None:
    assert "pass it on" not in citizen(office).says(QUESTION)


def test_a_stop_ends_the_offer_and_an_answer_after_it_is_not_sent(office: Office, officer: Phone) -> None:
    phone = citizen(office)
    phone.says(QUESTION)
    phone.says("yes")
    phone.waits(timedelta(minutes=1))
    phone.says("stop")
    officer.waits(timedelta(minutes=5))
    officer.says("/inbox")
    officer.says("1")
    officer.says("Reply")
    assert "said stop" in officer.says("On Friday.")
    assert posted(office, "4242") == []


def test_a_stop_of_the_joined_person_counts_for_who_they_were(office: Office, officer: Phone) -> None:
    phone, other = citizen(office), citizen(office, "whatsapp:+6591234567", on=office.whatsapp_id)
    other.says(QUESTION)
    other.says("yes")
    found = re.search(r"\b([2-9B-Z]{4} [2-9B-Z]{4})\b", phone.says("/join"))
    assert found is not None
    assert "now joined" in other.says(found[1])
    phone.waits(timedelta(minutes=1))
    phone.says("stop")
    officer.waits(timedelta(minutes=5))
    officer.says("/inbox")
    officer.says("1")
    officer.says("Reply")
    assert "said stop" in officer.says("On Friday.")
    assert posted(office, "whatsapp:+6591234567") == []


def test_an_answer_that_has_not_left_yet_is_withheld_by_a_stop(office: Office, officer: Phone) -> None:
    phone = citizen(office)
    phone.says(QUESTION)
    phone.says("yes")
    officer.says("/inbox")
    officer.says("1")
    officer.says("Reply")
    officer.says("On Friday.")
    phone.now = officer.now
    phone.says("stop")
    with office.sessions.begin() as session:
        letter = session.scalars(select(Letter).where(Letter.to == "4242")).one()
        assert taken(session, letter.id, now=phone.now, lease_for=timedelta(minutes=1)) is None
        assert (letter.state, letter.reason) == (LetterState.FAILED, postman.STOPPED)


def test_whoever_has_the_number_by_now_is_told_nothing(office: Office, officer: Phone) -> None:
    phone = citizen(office)
    phone.says(QUESTION)
    phone.says("yes")
    with office.sessions.begin() as session:
        session.delete(session.scalars(select(Address).where(Address.value == "4242")).one())
    phone.waits(timedelta(days=3))
    phone.says("hello")
    officer.now = phone.now
    officer.says("/inbox")
    officer.says("1")
    officer.says("Reply")
    assert "Nothing was sent" in officer.says("On Friday.")
    assert posted(office, "4242") == []


def test_who_has_everything_deleted_takes_the_question_along(office: Office, officer: Phone) -> None:
    phone = citizen(office)
    phone.says(QUESTION)
    phone.says("yes")
    phone.says("/deleteme")
    phone.says("DELETE")
    with office.sessions() as session:
        assert session.scalar(select(func.count()).select_from(Question)) == 0
    [card] = posted(office, "aisyah")
    assert QUESTION not in card
    assert "No open questions" in officer.says("/inbox")


def test_whatsapp_is_answered_within_a_day_only(office: Office, officer: Phone) -> None:
    phone = citizen(office, "whatsapp:+6591234567", on=office.whatsapp_id)
    phone.says(QUESTION)
    phone.says("yes")
    officer.now = phone.now + timedelta(hours=25)
    officer.says("/inbox")
    officer.says("1")
    officer.says("Reply")
    assert "that day is over" in officer.says("On Friday.")
    assert posted(office, "whatsapp:+6591234567") == []


def test_two_officers_answer_once(office: Office, officer: Phone) -> None:
    other = office.officer("bala", Role.ADMIN)
    phone = citizen(office)
    phone.says(QUESTION)
    phone.says("yes")
    for each in (officer, other):
        each.says("/inbox")
        each.says("1")
        each.says("Reply")
    assert "Sent." in officer.says("On Friday.")
    assert "has answered this already" in other.says("On Monday.")
    assert len(posted(office, "4242")) == 1


def test_cancel_leaves_an_answer_unsent_and_asks_about_no_announcement(office: Office, officer: Phone) -> None:
    phone = citizen(office)
    phone.says(QUESTION)
    phone.says("yes")
    officer.says("/inbox")
    officer.says("1")
    officer.says("Reply")
    assert "Nothing was sent" in officer.says("/cancel")
    assert officer.dialog is None


def test_a_question_that_needs_no_answer_is_closed(office: Office, officer: Phone) -> None:
    phone = citizen(office)
    phone.says(QUESTION)
    phone.says("yes")
    officer.says("/inbox")
    officer.says("1")
    assert "Closed." in officer.taps("No answer needed")
    assert posted(office, "4242") == []
    assert "Closed without an answer" in posted(office, "aisyah")[0]


def test_whoever_asks_without_end_waits_for_answers(office: Office, officer: Phone) -> None:
    phone = citizen(office)
    for number in range(questions.OPEN_AT_MOST):
        phone.says(f"Why is there no water in block {number}?")
        phone.says("yes")
    phone.says("Why is there no water anywhere?")
    assert "already has several" in phone.says("yes")
    with office.sessions() as session:
        assert session.scalar(select(func.count()).select_from(Question)) == questions.OPEN_AT_MOST


def test_another_agency_sees_and_answers_nothing(office: Office, officer: Phone) -> None:
    stranger = open_office(office.sessions, "nea").officer("eve", Role.ADMIN)
    phone = citizen(office)
    phone.says(QUESTION)
    phone.says("yes")
    with office.sessions() as session:
        [question_id] = session.scalars(select(Question.id))
        [answer_id] = [each.id for each in answers.list_for(session, office.agency_id)]
    assert "No open questions" in stranger.says("/inbox")
    for key in (f"inbox:show:{question_id}", f"inbox:reply:{question_id}", f"inbox:close:{question_id}"):
        assert "no such question" in stranger.forges(key)
    for key in (f"answers:show:{answer_id}", f"answers:edit:{answer_id}", f"answers:drop:{answer_id}"):
        assert "no such answer" in stranger.forges(key)
    assert posted(office, "eve") == []


def test_a_citizen_has_no_inbox(office: Office, officer: Phone) -> None:
    phone = citizen(office)
    phone.says(QUESTION)
    phone.says("yes")
    assert QUESTION[:20] not in phone.says("/inbox")
    assert QUESTION[:20] not in phone.forges("inbox:show:1")
    assert "ten working days" not in phone.says("/answers")


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (datetime(2026, 11, 24, 2, 0, tzinfo=people.START.tzinfo), "The office is open now."),  # Tuesday, 10:00
        (datetime(2026, 11, 27, 12, 0, tzinfo=people.START.tzinfo), "30 Nov 2026"),  # Friday, 20:00
    ],
)
def test_the_confirmation_says_whether_somebody_is_there(
    office: Office, officer: Phone, at: datetime, said: str
) -> None:
    with office.sessions.begin() as session:
        hours = {"days": [0, 1, 2, 3, 4], "opens": "08:30", "closes": "18:00"}
        session.get_one(Agency, office.agency_id).office_hours = hours
    phone = citizen(office)
    phone.now = at
    phone.says(QUESTION)
    assert said in phone.says("yes")


def test_the_agency_has_its_own_words_for_being_away(office: Office, officer: Phone) -> None:
    with office.sessions.begin() as session:
        agency = session.get_one(Agency, office.agency_id)
        agency.office_hours = {"days": [6], "opens": "08:30", "closes": "09:00"}
        agency.away_texts = {"en": "We read this on Sunday."}
    phone = citizen(office)
    phone.says(QUESTION)
    assert "We read this on Sunday." in phone.says("yes")


def test_an_officer_writes_changes_and_removes_an_answer(office: Office, officer: Phone) -> None:
    officer.says("/answers")
    officer.taps("New answer")
    officer.says("Bin, dustbin; rubbish chute")
    officer.says("Bins are emptied on Mondays.")
    officer.says("-")
    assert "Bins are emptied" in officer.seen[-1].text
    phone = citizen(office)
    assert "on Mondays" in phone.says("who empties my dustbins")

    officer.taps("Write it again")
    officer.says("bin")
    officer.says("Bins are emptied on Fridays.")
    officer.says("tong sampah")
    officer.says("Tong dikosongkan pada hari Jumaat.")
    assert "on Fridays" in phone.says("tong sampah penuh")
    assert "on Mondays" not in phone.says("who empties my dustbins")

    officer.says("/answers")
    officer.says("2")
    assert "Removed." in officer.taps("Remove")
    assert "on Fridays" not in phone.says("tong sampah penuh")
    assert office.audit()[-3:] == ["answer.added", "answer.changed", "answer.removed"]


@pytest.mark.parametrize("skipped", [["/skip"], ["Skip"], ["-"], ["tong", "/skip"], ["tong", "/nonsense", "Skip"]])
def test_a_language_is_left_out_at_any_step_and_no_command_becomes_an_answer(
    office: Office, officer: Phone, skipped: list[str]
) -> None:
    officer.says("/answers")
    officer.taps("New answer")
    officer.says("/skip")
    assert "English: which words" in officer.seen[-1].text
    for text in ("bin", "Bins are emptied on Mondays.", *skipped):
        officer.says(text)
    assert officer.seen[-1].text == "English: bin\nBins are emptied on Mondays."


def test_an_answer_is_left_without_a_trace_by_the_button(office: Office, officer: Phone) -> None:
    officer.says("/answers")
    officer.taps("New answer")
    officer.says("bin")
    assert "Nothing was sent or changed" in officer.taps("Cancel")
    assert "bin" not in officer.says("/answers")


def test_no_command_is_sent_to_a_citizen_as_an_answer(office: Office, officer: Phone) -> None:
    phone = citizen(office)
    phone.says(QUESTION)
    phone.says("yes")
    for word in ("/inbox", "1", "Reply"):
        officer.says(word)
    assert "Type your answer" in officer.says("/skip")
    assert posted(office, "4242") == []


@pytest.mark.parametrize("text", ["", "x" * 70, ",".join(f"word{n}" for n in range(30)), "???"])
def test_keywords_that_cannot_be_are_asked_for_again(office: Office, officer: Phone, text: str) -> None:
    officer.says("/answers")
    officer.taps("New answer")
    officer.says(text)
    assert officer.dialog == "answers"


def test_questions_leave_after_the_agencys_term(office: Office, officer: Phone) -> None:
    phone = citizen(office)
    phone.says(QUESTION)
    phone.says("yes")
    with office.sessions.begin() as session:
        assert questions.forget(session, phone.now + timedelta(days=29)) == 0
        assert questions.forget(session, phone.now + timedelta(days=31)) == 1


def test_who_is_forgotten_meanwhile_cannot_be_answered(office: Office, officer: Phone) -> None:
    phone = citizen(office)
    phone.says(QUESTION)
    phone.says("yes")
    with office.sessions.begin() as session:
        [address] = session.scalars(select(Address).where(Address.value == "4242"))
        session.delete(address)
    officer.says("/inbox")
    officer.says("1")
    officer.says("Reply")
    assert "Nothing was sent" in officer.says("On Friday.")
    with office.sessions() as session:
        assert session.scalars(select(Question.state)).all() == [QuestionState.OPEN]
