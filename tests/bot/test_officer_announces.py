"""The whole way of an announcement, as officers walk it: every step, every refusal, and what a restart leaves."""

from collections.abc import Sequence

import pytest
from sqlalchemy import select, update

from bot.models import Conversation
from bot.officers import COMMANDS
from broadcast.states import Kind, State
from channels import registry
from db.engine import Sessions
from delivery import senders
from delivery.drafts import Draft
from delivery.models import WordingTemplate
from locales import texts
from staff.models import AuditEntry, Role
from subscribers import topics, wishes
from subscribers.models import Address, Cadence, Subscriber, Subscription
from tests.bot import people
from tests.bot.office import Office, Phone, open_office, to_preview


@pytest.fixture
def office(sessions: Sessions) -> Office:
    """An agency of two languages with some citizens."""
    made = open_office(sessions)
    made.citizens(3)
    made.citizens(2, locale="ms", on=made.whatsapp_id)
    return made


def test_an_invitation_makes_an_officer_and_says_what_they_can_do(office: Office) -> None:
    phone = office.phone("aisyah")
    answer = phone.says(f"/start o-{office.invitation()}")
    assert "officer (author) of Water Board" in answer
    assert "/announce – " in answer
    assert "/cancel – " in answer
    assert "TOPICS" not in answer
    assert "officer.bound" in office.audit()


def test_an_auditor_is_told_where_their_role_ends(office: Office) -> None:
    phone = office.phone("auditor")
    welcome = phone.says(f"/start o-{office.invitation(Role.AUDITOR)}")
    assert "not write, send or stop" in welcome
    assert "/status – " in welcome
    assert "/announce" not in welcome
    assert "As auditor of Water Board" in phone.says("/announce")
    assert "As auditor" in phone.says("/pause")
    assert office.broadcasts() == []


def test_help_says_first_what_everybody_can_send_and_then_what_officers_can(office: Office) -> None:
    phone = office.officer("aisyah")
    phone.says("/help")
    everybody, theirs = [draft.text for draft in phone.seen]
    assert "TOPICS" in everybody
    assert theirs.startswith("As an officer of Water Board")


def test_a_used_invitation_is_a_citizens_first_word(office: Office) -> None:
    code = office.invitation()
    office.phone("aisyah").says(f"/start o-{code}")
    assert office.phone("thief").says(f"/start o-{code}") == office.phone("citizen").says("/start")


def test_an_officer_announces_from_the_first_word_to_the_code(office: Office) -> None:
    phone = office.officer("aisyah")
    assert "1. Notice" in phone.says("/announce")
    assert "2. Floods" in phone.taps("Notice")
    assert "1 of 2: send the text in English" in phone.taps("Floods")
    assert "2 of 2: send the text in Bahasa Melayu" in phone.says("The river rises.")
    phone.says("Sungai naik.")
    texts = [draft.text for draft in phone.seen]
    assert any(text.startswith("📢 Floods") and "The river rises." in text for text in texts)
    assert any("Sungai naik." in text and "Banjir" in text for text in texts)
    assert "5 people will get it (Floods)" in texts[-1]
    assert "Telegram: 3" in texts[-1]
    assert "WhatsApp: 2" in texts[-1]
    assert "English: 3" in texts[-1]
    assert "Bahasa Melayu: 2" in texts[-1]
    assert "is on its way" in phone.says(phone.code.lower())
    [broadcast] = office.broadcasts()
    assert (broadcast.state, broadcast.kind) == (State.SENDING, Kind.NOTICE)
    assert (broadcast.report_sender_id, broadcast.report_to) == (office.telegram_id, "aisyah")
    assert phone.dialog is None


def test_every_step_is_a_line_in_the_audit_and_no_line_holds_a_text(office: Office) -> None:
    phone = office.officer("aisyah")
    to_preview(phone)
    code = phone.code
    phone.says("WRONG")
    phone.says(code)
    assert [verb for verb in office.audit() if verb.startswith("broadcast.")] == [
        "broadcast.drafted",
        "broadcast.kind_set",
        "broadcast.topic_set",
        "broadcast.text_set",
        "broadcast.text_set",
        "broadcast.previewed",
        "broadcast.code_wrong",
        "broadcast.launched",
    ]
    with office.sessions() as session:
        details = str([entry.details for entry in session.scalars(select(AuditEntry))])
    assert "river" not in details
    assert code not in details


def test_an_alert_cannot_be_taken_for_a_notice(office: Office) -> None:
    phone = office.officer("aisyah")
    to_preview(phone, kind="2")
    assert "🟥🟥 ALERT 🟥🟥" in phone.seen[-1].text
    assert any("ALERT: Floods" in draft.text for draft in phone.seen[:-1])
    phone.says(phone.code)
    assert office.broadcasts()[0].kind is Kind.ALERT


@pytest.mark.parametrize(
    ("locale", "told"),
    [
        ("en", "Telegram charges at most 1 Telegram Stars"),
        ("zh_Hans", "Telegram 最多收取 1 Telegram Stars"),
        ("ms", "Telegram mengenakan paling banyak 1 Telegram Stars"),
        ("ta", "Telegram அதிகபட்சம் 1 Telegram Stars வசூலிக்கும்"),
    ],
)
def test_an_officer_is_told_what_an_alert_costs_before_the_code(sessions: Sessions, locale: str, told: str) -> None:
    office = open_office(sessions, locales=people.LOCALES)
    office.citizens(2)
    be_paid_for(office)
    phone = office.officer("aisyah")
    for word in (texts.native_name(locale), "/announce", "2", "2", "Text", "文本", "/skip", "உரை", "1"):
        phone.says(word)
    assert told in phone.seen[-1].text


@pytest.mark.parametrize(
    ("locale", "told"),
    [
        (
            "en",
            ("1 person has paused all messages", "1 person chose to hear less often", "1 of them is in quiet hours"),
        ),
        ("zh_Hans", ("1 人已暂停接收所有信息", "1 人选择减少接收", "其中 1 人正值免打扰时段")),
        ("ms", ("1 orang telah menjeda semua mesej", "1 orang memilih untuk kurang", "1 daripada mereka dalam waktu")),
        ("ta", ("1 நபர் எல்லாச் செய்திகளையும்", "1 நபர் குறைவாகப் பெற", "1 நபர் இப்போது அமைதி நேரத்தில்")),
    ],
)
def test_an_officer_is_told_who_wished_for_less_before_the_code(
    sessions: Sessions, locale: str, told: Sequence[str]
) -> None:
    office = open_office(sessions, locales=people.LOCALES)
    office.citizens(2)
    [weekly] = office.citizens(1)
    with sessions.begin() as session:
        mine = update(Subscription).where(Subscription.subscriber_id == weekly)
        session.execute(mine.values(cadence=Cadence.WEEKLY))
        paused, quiet = session.scalars(select(Subscriber).order_by(Subscriber.id).limit(2))
        wishes.pause(paused, 7, now=people.START)
        quiet.quiet_from, quiet.quiet_until = 7 * 60, 9 * 60  # it is 08:00 in Singapore
    phone = office.officer("aisyah")
    for word in (texts.native_name(locale), "/announce", "1", "2", "Text", "文本", "/skip", "உரை", "1"):
        phone.says(word)
    for words in told:
        assert words in phone.seen[-1].text


def test_what_costs_nothing_speaks_of_no_cost(office: Office) -> None:
    be_paid_for(office)
    phone = office.officer("aisyah")
    to_preview(phone, kind="1")
    assert "Stars" not in phone.seen[-1].text


def be_paid_for(office: Office) -> None:
    """Alerts leave by the bot as paid messages."""
    with office.sessions.begin() as session:
        senders.set_paid(session, office.telegram_id, is_paid=True, rate=None)


def test_the_number_and_the_label_do_what_the_button_does(office: Office) -> None:
    phone = office.officer("aisyah")
    phone.says("/announce")
    assert "Who is it for?" in phone.says("notice")
    assert "text in English" in phone.says("1")
    assert office.broadcasts()[0].topic_id is None


def test_an_announcement_to_everyone_counts_whoever_holds_any_topic(office: Office) -> None:
    office.citizens(4, topic="roads")
    phone = office.officer("aisyah")
    phone.says("/announce")
    for word in ("1", "1", "Hello all.", "Hai semua."):
        phone.says(word)
    assert "9 people will get it (everyone who subscribed)" in phone.seen[-1].text


def test_whoever_is_left_out_is_counted_with_the_reason(office: Office) -> None:
    phone = office.officer("aisyah")
    to_preview(phone, malay="/skip")
    assert "There is no text in: Bahasa Melayu" in phone.seen[-1].text
    assert "3 people will get it" in phone.taps("Nothing")
    assert "2 people read a language without a text" in phone.seen[-1].text
    phone.says(phone.code)
    assert office.broadcasts()[0].fallback_locale is None


def test_the_english_text_stands_in_only_if_the_officer_says_so(office: Office) -> None:
    phone = office.officer("aisyah")
    to_preview(phone, malay="Skip")
    assert office.broadcasts()[0].fallback_locale is None
    assert "5 people will get it" in phone.says("1")
    phone.says(phone.code)
    assert office.broadcasts(State.SENDING)[0].fallback_locale == "en"


def test_an_announcement_without_any_text_is_asked_for_again(office: Office) -> None:
    phone = office.officer("aisyah")
    assert "no text in any language" in to_preview(phone, english="/skip", malay="/skip")
    assert "1 of 2" in phone.seen[-1].text


def test_every_problem_of_a_text_is_said_at_once_with_language_and_limit(office: Office) -> None:
    phone = office.officer("aisyah")
    answer = to_preview(phone, malay="x" * 5000 + "\u202e")
    assert "• Bahasa Melayu: the text has 5,001 characters; WhatsApp allows 1,5" in answer
    assert "• Bahasa Melayu: the text has invisible control characters" in answer
    assert "5 people will get it" in phone.says("Sungai naik.")


def test_a_text_that_does_not_look_like_its_language_is_a_caution_before_the_code(office: Office) -> None:
    phone = office.officer("aisyah")
    answer = to_preview(phone, malay="河水正在上涨")
    assert "• Bahasa Melayu: this text does not look like Bahasa Melayu" in answer
    assert "is on its way" in phone.says(phone.code)


def test_nobody_is_told_of_zero_seconds(office: Office) -> None:
    answer = to_preview(office.officer("aisyah"))
    assert "Telegram: 3, done in less than a minute" in answer
    assert "Finished in less than a minute at the present speed: " in answer
    assert "second" not in answer


def test_an_empty_message_is_no_text(office: Office) -> None:
    phone = office.officer("aisyah")
    assert "Bahasa Melayu: the text is empty" in to_preview(phone, malay="")


def test_a_mistyped_command_is_not_taken_for_the_text(office: Office) -> None:
    phone = office.officer("aisyah")
    assert "not one of the answers" in to_preview(phone, malay="/skipp")


def test_back_goes_back_step_by_step_and_keeps_what_was_written(office: Office) -> None:
    phone = office.officer("aisyah")
    to_preview(phone)
    old = phone.code
    assert "2 of 2" in phone.says("/back")
    assert "1 of 2" in phone.taps("Back")
    assert "Who is it for?" in phone.says("back")
    assert "What is it?" in phone.says("/back")
    for word in ("1", "Floods", "The river falls."):
        phone.says(word)
    phone.says("Sungai turun.")
    assert any("The river falls." in draft.text for draft in phone.seen)
    assert phone.code != old


def test_a_notice_that_everybody_reads_in_a_summary_is_launched_for_it(office: Office) -> None:
    with office.sessions.begin() as session:
        for held in session.scalars(select(Subscription)):
            held.cadence = Cadence.DAILY
    phone = office.officer("author")
    to_preview(phone)
    phone.says(phone.code)
    [made] = office.broadcasts()
    assert made.state is State.SENDING


def test_an_announcement_nobody_would_get_is_not_launched(office: Office) -> None:
    phone = office.officer("aisyah")
    phone.says("/announce")
    for word in ("1", "Dengue", "No more mosquitoes."):
        phone.says(word)
    assert "Nobody would get this" in phone.says("Tiada nyamuk.")
    assert phone.seen[-1].text.endswith("nothing is sent.")
    assert "Nobody would get this" in phone.says("send it")
    assert "5 people will get it" in (phone.taps("Change audience") and phone.says("Floods"))


def test_cancel_ends_the_dialog_at_every_step_and_nothing_is_sent(office: Office) -> None:
    phone = office.officer("aisyah")
    for words in ([], ["1"], ["1", "Floods"], ["1", "Floods", "Text", "/skip"], ["1", "Floods", "Text", "Teks"]):
        phone.says("/announce")
        for word in words:
            phone.says(word)
        assert "Cancelled" in (phone.says("cancel") if len(words) % 2 else phone.taps("Cancel"))
        assert phone.dialog is None
    assert {each.state for each in office.broadcasts()} == {State.CANCELLED}


def test_stop_in_the_middle_of_a_text_stops_the_officers_own_subscription(office: Office) -> None:
    phone = office.officer("aisyah")
    phone.says("/announce")
    phone.says("1")
    phone.says("Floods")
    assert "is on its way" not in phone.says("STOP")
    with office.sessions() as session:
        assert session.scalars(select(Address).where(Address.value == "aisyah")).one().subscriber.consented_at is None
    assert office.broadcasts()[0].state is State.DRAFT


def test_a_text_may_speak_of_stopping(office: Office) -> None:
    phone = office.officer("aisyah")
    assert "5 people will get it" in to_preview(phone, english="Stop and turn around at flooded roads.")


def test_an_unfinished_announcement_is_offered_again(office: Office) -> None:
    phone = office.officer("aisyah")
    phone.says("/announce")
    for word in ("1", "Floods", "The river rises."):
        phone.says(word)
    phone.says("STOP")
    assert "unfinished announcement" in phone.says("/announce")
    assert "The river rises." in phone.seen[-1].text
    assert "There is no text in: Bahasa Melayu" in phone.says("1")
    phone.says("STOP")
    phone.says("/announce")
    assert "What is it?" in phone.taps("Start again")
    assert [each.state for each in office.broadcasts()] == [State.CANCELLED, State.DRAFT]


def test_asking_for_the_status_does_not_disturb_a_draft(office: Office) -> None:
    phone = office.officer("aisyah")
    phone.says("/announce")
    phone.says("1")
    assert "Nothing has been announced" in phone.says("/status")
    assert "text in English" in phone.says("Floods")


def test_more_topics_than_a_list_holds_come_in_pages_and_by_number(office: Office) -> None:
    with office.sessions.begin() as session:
        for number in range(12):
            names = {"en": f"Street {number}", "ms": f"Jalan {number}"}
            topics.add(session, agency_id=office.agency_id, key=f"street-{number}", names=names, locales=names)
    phone = office.officer("6591234567", on=office.whatsapp_id)
    phone.says("/announce")
    phone.says("1")
    assert len(phone.labels) <= 10
    assert "Street 11" not in phone.labels
    while "Street 11" not in phone.labels:
        phone.taps("More …")
    assert "text in English" in phone.says("16")
    assert office.broadcasts()[0].topic_id is not None


def test_the_approved_wording_is_previewed_where_it_differs(office: Office) -> None:
    with office.sessions.begin() as session:
        wording = {"purpose": "announcement", "provider_id": "HX1", "body": "From us. {{1}}: {{2}} Reply STOP to stop."}
        session.add(WordingTemplate(sender_id=office.whatsapp_id, locale="en", **wording))
    phone = office.officer("aisyah")
    to_preview(phone, english="One.\nTwo.")
    assert any(draft.text.startswith("From us.") and "One. Two." in draft.text for draft in phone.seen)
    assert any("Bahasa Melayu: WhatsApp has no approved template yet" in draft.text for draft in phone.seen)


def test_the_ways_are_numbered_after_the_options_where_an_app_shows_no_buttons(office: Office) -> None:
    phone = office.officer("aisyah")
    phone.says("/announce")
    phone.says("1")
    assert "What is it?" in phone.says("5")  # everyone, three topics, back
    for word in ("1", "2", "The river rises.", "Sungai naik."):
        phone.says(word)
    assert "send the text in Bahasa Melayu" in phone.says("2")
    assert "Sungai turun." in phone.says("Sungai turun.")


def test_a_number_is_a_text_where_a_text_is_asked_for(office: Office) -> None:
    phone = office.officer("aisyah")
    to_preview(phone, english="995", malay="995")
    assert any(draft.text.startswith("📢 Floods") and "\n995\n" in draft.text for draft in phone.seen)


@pytest.mark.parametrize(("locale", "word"), [("zh_Hans", "公告"), ("ms", "Pengumuman"), ("ta", "அறிவிப்பு")])
def test_an_officer_is_spoken_to_in_their_own_language(sessions: Sessions, locale: str, word: str) -> None:
    office = open_office(sessions, locales=people.LOCALES)
    office.citizens(2, locale=locale)
    phone = office.officer("aisyah")
    phone.says(texts.native_name(locale))
    assert word.casefold() in phone.says("/announce").casefold()
    said = [phone.says(text) for text in ("2", "2", "Text", "文本", "/skip", "உரை", "1")]
    said += [phone.says("WRONG"), phone.says(phone_code(office)), phone.says("/status"), phone.says("/pause")]
    assert not [answer for answer in said if "{" in answer or "announce." in answer or "control." in answer]
    assert office.broadcasts()[0].state is State.PAUSED


def phone_code(office: Office) -> str:
    """The code the only officer was shown."""
    with office.sessions() as session:
        return str(session.get_one(Conversation, (office.telegram_id, "aisyah")).data["code"])


def _preview(phone: Phone, english: str) -> list[Draft]:
    to_preview(phone, english=english)
    return phone.seen


@pytest.mark.parametrize(("typed", "kind"), [("/new alert", Kind.ALERT), ("/announce NOTICE", Kind.NOTICE)])
def test_the_kind_may_be_typed_with_the_command(office: Office, typed: str, kind: Kind) -> None:
    phone = office.officer("aisyah")
    assert "What is it?" not in phone.says(typed)
    assert office.broadcasts()[-1].kind is kind
    assert any("floods" in key or "topic" in key for draft in phone.seen for key in (c.key for c in draft.choices))


def test_a_bulletin_begins_with_the_same_command(office: Office) -> None:
    assert "What is the bulletin called?" in office.officer("aisyah").says("/new bulletin")
    assert "What is it?" in office.officer("lim").says("/new")


@pytest.mark.parametrize("locale", ["en", "ms"])
def test_help_is_parted_where_it_is_longer_than_a_message(office: Office, locale: str) -> None:
    phone = office.officer("aisyah", on=office.whatsapp_id, role=Role.ADMIN)
    phone.says({"en": "english", "ms": "melayu"}[locale])
    phone.says("/help")
    limits = registry.limits("whatsapp")
    assert all(limits.measure(draft.text) <= limits.text_length for draft in phone.seen)
    told = "\n".join(draft.text for draft in phone.seen)
    assert all(f"/{command.name} – " in told for command in COMMANDS if Role.ADMIN in command.roles)
