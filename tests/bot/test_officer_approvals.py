"""Submit, approve, return, reject, launch, break the glass, schedule: as officers walk it, on both apps."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from broadcast import approving, clock, compose, policy
from broadcast.models import Broadcast
from broadcast.policy import ApprovalRule
from broadcast.states import Kind, State
from channels import registry
from channels.contract import Choice
from db.engine import Sessions
from delivery.drafts import Draft
from delivery.models import Letter
from staff.models import Agency, AuditEntry, Role
from tests.bot import people
from tests.bot.office import CODE, Office, Phone, open_office, to_preview


@pytest.fixture
def office(sessions: Sessions) -> Office:
    """An agency whose notices to two people and more, and whose alerts, need an approver."""
    made = open_office(sessions)
    made.citizens(3)
    rules(made, ApprovalRule(Kind.NOTICE, 2, 1), ApprovalRule(Kind.ALERT, 0, 1))
    return made


def rules(office: Office, *wanted: ApprovalRule) -> None:
    """Set these rules."""
    with office.sessions.begin() as session:
        for each in wanted:
            policy.set_rule(session, session.get_one(Agency, office.agency_id), each, now=people.START)


def letters(phone: Phone) -> list[Letter]:
    """What was written to this phone at somebody else's word, oldest first."""
    with phone.sessions() as session:
        query = select(Letter).where(Letter.sender_id == phone.sender_id, Letter.to == phone.value)
        return list(session.scalars(query.order_by(Letter.id)))


def opens(phone: Phone) -> str:
    """Look at the newest letter: its buttons can be tapped now."""
    newest = letters(phone)[-1]
    phone.seen = [Draft(newest.text, tuple(Choice(key, label) for key, label, _ in newest.choices))]
    return newest.text


def submitted(office: Office, author: Phone, kind: str = "1") -> str:
    """The author's announcement before the approvers; its code."""
    to_preview(author, kind=kind)
    author.taps("Submit")
    return office.broadcasts()[-1].code


def approved(office: Office, author: Phone, approver: Phone, kind: str = "1") -> str:
    """One that may be launched."""
    code = submitted(office, author, kind)
    assert "Approved" in approver.says(f"/approve {code}")
    return code


def typed_code(phone: Phone) -> str:
    """The code at the end of our last answer."""
    found = CODE.search(phone.seen[-1].text)
    assert found is not None
    return found[1]


def test_where_a_rule_asks_for_it_there_is_submit_instead_of_a_code(office: Office) -> None:
    author, approver = office.officer("siti"), office.officer("lim", Role.APPROVER)
    shown = to_preview(author)
    assert "1 other officer has to approve this" in shown
    assert not CODE.search(shown)
    assert "needs approval" in author.says("yes")
    assert "is submitted" in author.says("/submit")
    [made] = office.broadcasts()
    assert (made.state, author.dialog) == (State.SUBMITTED, None)
    card = opens(approver)
    assert [word in card for word in ("3 people will get it (Floods)", "Written by Aisyah", "still needed")] == [
        True
    ] * 3
    assert ["The river rises." in each.text for each in letters(approver)[:2]] == [True, False]
    assert approver.labels == ["✅ Approve", "↩️ Return", "⛔ Reject"]


def test_below_the_rule_the_code_launches_as_ever(office: Office) -> None:
    rules(office, ApprovalRule(Kind.NOTICE, 2, 0), ApprovalRule(Kind.NOTICE, 100, 1))
    author = office.officer("siti")
    to_preview(author)
    assert "is on its way" in author.says(author.code)


def test_approved_by_a_tap_it_is_launched_by_its_author_with_the_code(office: Office) -> None:
    author, approver = office.officer("siti"), office.officer("lim", Role.APPROVER)
    other = office.officer("wa-raj", Role.ADMIN, on=office.whatsapp_id)
    code = submitted(office, author)
    opens(approver)
    assert "can be sent now" in approver.taps("✅ Approve")
    assert office.broadcasts()[0].state is State.APPROVED
    for phone in (approver, other):
        cards = [each for each in letters(phone) if each.key is not None]
        assert len(cards) == 1
        assert "✅ Approved by Aisyah" in cards[0].text
        assert cards[0].choices == []
    assert f"Aisyah approved {code}" in opens(author)
    assert "3 people will get it" in author.taps("Send it now")
    typed = typed_code(author)
    assert "That is not the code" in author.says("WRONG")
    assert "is on its way" in author.says(typed)
    [made] = office.broadcasts()
    assert (made.state, made.report_to) == (State.SENDING, "siti")
    verbs = [verb for verb in office.audit() if verb.startswith("broadcast.")]
    assert [verb for verb in verbs if verb in ("broadcast.submitted", "broadcast.approved", "broadcast.launched")] == [
        "broadcast.submitted",
        "broadcast.approved",
        "broadcast.launched",
    ]


def test_an_old_button_is_refused_and_says_why(office: Office) -> None:
    author, approver = office.officer("siti"), office.officer("lim", Role.APPROVER)
    code = submitted(office, author)
    opens(approver)
    old = approver.seen
    author.says(f"/announce {code}")
    assert "2 of 2" not in author.taps("Change it")
    assert office.broadcasts()[0].state is State.DRAFT
    approver.seen = old
    assert "was taken back" in approver.taps("✅ Approve")
    author.taps("✏️ English")
    author.says("The river falls.")
    author.says("/submit")
    approver.seen = old
    assert "is not what that card showed" in approver.taps("✅ Approve")
    approver.seen = old
    assert "is not what that card showed" in approver.taps("⛔ Reject")
    assert office.broadcasts()[0].state is State.SUBMITTED
    opens(approver)
    now = approver.seen
    approver.taps("✅ Approve")
    approver.seen = now
    assert "nothing to decide" in approver.taps("✅ Approve")
    assert "The river falls." in str([each.text for each in letters(approver)])


def test_an_old_submit_button_submits_nothing(office: Office) -> None:
    office.officer("lim", Role.APPROVER)
    author = office.officer("siti")
    to_preview(author)
    old = next(choice.key for draft in author.seen for choice in draft.choices if choice.label == "Submit")
    author.taps("✏️ English")
    author.says("The river falls.")
    author.forges(old)
    assert office.broadcasts()[0].state is State.DRAFT


def test_returned_with_a_reason_it_is_opened_changed_and_submitted_again(office: Office) -> None:
    author, approver = office.officer("siti"), office.officer("lim", Role.APPROVER)
    code = submitted(office, author)
    opens(approver)
    assert "What should be changed" in approver.taps("↩️ Return")
    assert "What should be changed" in approver.says("/whatever")
    assert "has your reason" in approver.says("Say which river.")
    assert approver.dialog is None
    assert "Say which river." in opens(author)
    author.taps("Open it")
    author.taps("✏️ English")
    author.says("The Kallang rises.")
    assert "is submitted" in author.says("/submit")
    assert "will not be sent" in approver.says(f"/reject {code} It is over.")
    assert office.broadcasts()[0].state is State.REJECTED
    assert "It is over." in opens(author)


def test_the_reason_can_be_left(office: Office) -> None:
    author, approver = office.officer("siti"), office.officer("lim", Role.APPROVER)
    code = submitted(office, author)
    approver.says(f"/return {code}")
    assert "Nothing was sent or changed" in approver.says("/cancel")
    assert office.broadcasts()[0].state is State.SUBMITTED


def test_two_approvers_are_told_of_each_other(office: Office) -> None:
    rules(office, ApprovalRule(Kind.NOTICE, 2, 2))
    author = office.officer("siti")
    first, second = office.officer("lim", Role.APPROVER), office.officer("raj", Role.ADMIN)
    code = submitted(office, author)
    assert "needs one more approver" in first.says(f"/approve {code}")
    assert "decided on" in first.says(f"/approve {code}")
    assert "One more approver" in opens(author)
    card = opens(second)
    assert "✅ Approved by Aisyah" in card
    assert "1 approval is still needed" in card
    assert "can be sent now" in second.taps("✅ Approve")


def test_nobody_approves_their_own(office: Office) -> None:
    office.officer("lim", Role.APPROVER)
    admin = office.officer("raj", Role.ADMIN)
    code = submitted(office, admin)
    assert letters(admin) == []
    for words in (f"/approve {code}", f"/return {code}", f"/reject {code} no"):
        assert "somebody else has to approve" in admin.says(words)
    assert office.broadcasts()[0].state is State.SUBMITTED


def test_without_anybody_to_approve_it_is_not_submitted(office: Office) -> None:
    author = office.officer("siti")
    to_preview(author)
    assert "0 could approve it" in author.says("/submit")
    assert office.broadcasts()[0].state is State.DRAFT


@pytest.mark.parametrize("words", ["/approve {}", "/return {} no", "/reject {} no"])
def test_authors_decide_nothing_and_citizens_learn_nothing(office: Office, words: str) -> None:
    author = office.officer("siti")
    office.officer("lim", Role.APPROVER)
    code = submitted(office, author)
    assert "Only an approver" in author.says(words.format(code))
    assert office.phone("a").says(words.format(code)) == office.phone("b").says("/xyzzy")
    seal = approving.mark(_seal(office))
    for action in (f"approve:{code}:{seal}", f"open:{code}", f"launch:{code}", f"change:{code}:{seal}"):
        assert office.phone("a").forges(f"approving:{action}") == office.phone("b").forges("xyzzy:1")
    assert office.broadcasts()[0].state is State.SUBMITTED


def test_another_agencys_officers_find_nothing(office: Office, sessions: Sessions) -> None:
    author = office.officer("siti")
    office.officer("lim", Role.APPROVER)
    code = submitted(office, author)
    seal = approving.mark(_seal(office))
    stranger = open_office(sessions, "transport").officer("spy", Role.ADMIN)
    for words in ("approve", "return", "reject", "launch", "schedule", "unschedule", "breakglass", "status"):
        assert "no such announcement" in stranger.says(
            f"/{words} {code} tomorrow 8:30" if words != "status" else f"/status {code}"
        )
    for action in ("approve", "return", "reject", "change"):
        assert "no such announcement" in stranger.forges(f"approving:{action}:{code}:{seal}")
    assert "Nothing waits" in stranger.says("/queue")
    assert office.broadcasts()[0].state is State.SUBMITTED


@pytest.mark.parametrize("key", ["approving", "approving:", "approving:approve", "approving:approve:B7K2", "sending:x"])
def test_a_forged_button_of_an_officer_means_nothing(office: Office, key: str) -> None:
    approver = office.officer("lim", Role.APPROVER)
    assert approver.forges(key)
    assert office.broadcasts() == []


def test_more_people_than_were_approved_send_it_back(office: Office) -> None:
    rules(office, ApprovalRule(Kind.NOTICE, 5, 2))
    author, approver = office.officer("siti"), office.officer("lim", Role.APPROVER)
    code = approved(office, author, approver)
    author.says(f"/launch {code}")
    office.citizens(3)
    assert "lacks an approval" in author.says(typed_code(author))
    assert (office.broadcasts()[0].state, author.dialog) == (State.DRAFT, None)


def test_an_alert_that_cannot_wait_breaks_the_glass(office: Office) -> None:
    author, approver = office.officer("siti"), office.officer("lim", Role.APPROVER)
    admin = office.officer("wa-raj", Role.ADMIN, on=office.whatsapp_id)
    to_preview(author, kind="2")
    assert "recorded for ever" in author.taps("🚨 Break the glass")
    assert "too short" in author.says("now!!!")
    shown = author.says("The dam breaks at once.")
    assert "Nobody has approved this" in shown
    assert "The reason: The dam breaks at once." in shown
    assert "on its way without approval" in author.says(typed_code(author))
    [made] = office.broadcasts()
    assert made.state is State.SENDING
    for phone in (approver, admin):
        assert "broke the glass" in opens(phone)
        assert "The dam breaks at once." in opens(phone)
    assert "Sent without approval by Aisyah: The dam breaks at once." in approver.says(f"/status {made.code}")
    with office.sessions() as session:
        query = select(AuditEntry).where(AuditEntry.verb == "broadcast.glass_broken")
        assert session.scalars(query).one().details["reason"] == "The dam breaks at once."


def test_an_alert_that_was_submitted_can_still_break_the_glass_and_a_notice_cannot(office: Office) -> None:
    author, approver = office.officer("siti"), office.officer("lim", Role.APPROVER)
    notice = submitted(office, author)
    assert "Only an alert" in author.says(f"/breakglass {notice}")
    alert = submitted(office, author, "2")
    assert f"/breakglass {alert}" in author.seen[-1].text
    assert "no such announcement" in approver.says(f"/breakglass {alert}")
    author.says(f"/breakglass {alert}")
    author.says("Nobody answers and the dam breaks.")
    assert "without approval" in author.says(typed_code(author))
    assert "nothing to decide" in approver.says(f"/approve {alert}")


def test_what_is_approved_is_scheduled_and_leaves_at_its_hour(office: Office) -> None:
    author, approver = office.officer("siti"), office.officer("lim", Role.APPROVER)
    code = approved(office, author, approver)
    assert "For example" in author.says(f"/schedule {code}")
    assert "For example" in author.says(f"/schedule {code} sometime")
    assert "has passed already" in author.says(f"/schedule {code} 0:01")
    assert "more than a year" in author.says(f"/schedule {code} 2099-01-01 8:00")
    assert "holds until" in author.says(f"/schedule {code} 2027-01-01 8:00")
    shown = author.says(f"/schedule {code} tomorrow 0:30")
    assert "(Asia/Singapore)" in shown
    assert "will be sent" in author.says(typed_code(author))
    [made] = office.broadcasts()
    assert (made.state, made.report_to) == (State.SCHEDULED, "siti")
    assert made.scheduled_at is not None
    assert made.scheduled_at.astimezone(UTC) == _tomorrow(0, 30)
    assert "Will be sent" in author.says(f"/status {code}")
    clock.tick(office.sessions, made.scheduled_at, limits_of=registry.limits)
    assert office.broadcasts()[0].state is State.SENDING


def test_at_the_preview_the_hour_alone_is_enough_where_nobody_has_to_approve(office: Office) -> None:
    rules(office, ApprovalRule(Kind.NOTICE, 2, 0))
    author = office.officer("siti")
    to_preview(author)
    author.says("/schedule tomorrow 8:30")
    assert "will be sent" in author.says(typed_code(author))
    code = office.broadcasts()[0].code
    assert "draft again" in author.says(f"/unschedule {code}")
    assert office.broadcasts()[0].state is State.DRAFT
    assert "cannot be done" in author.says(f"/unschedule {code}")


def test_what_has_to_be_approved_first_is_not_scheduled(office: Office) -> None:
    office.officer("lim", Role.APPROVER)
    author = office.officer("siti")
    to_preview(author)
    assert "needs approval before" in author.says("/schedule tomorrow 8:30")
    assert author.dialog == "announce"


def test_the_queue_says_what_leaves_and_when(office: Office) -> None:
    author, approver = office.officer("siti"), office.officer("lim", Role.APPROVER)
    assert "Nothing waits" in approver.says("/queue")
    waiting, planned = submitted(office, author), approved(office, author, approver)
    author.says(f"/schedule {planned} tomorrow 0:30")
    author.says(typed_code(author))
    sent = approved(office, author, approver)
    author.says(f"/launch {sent}")
    author.says(typed_code(author))
    told = approver.says("/queue").splitlines()
    assert [code in line for code, line in zip((sent, planned, waiting), told[1:], strict=True)] == [True] * 3
    assert "done" in told[2]
    assert "0 of 1 approvals" in told[3]


def test_what_waits_can_be_cancelled_and_its_cards_say_so(office: Office) -> None:
    author, approver = office.officer("siti"), office.officer("lim", Role.APPROVER)
    code = submitted(office, author)
    author.says(f"/cancel {code}")
    assert office.broadcasts()[0].state is State.CANCELLED
    card = next(each for each in letters(approver) if each.key is not None)
    assert ("cancelled" in card.text, card.choices) == (True, [])


def test_a_code_that_has_expired_is_shown_anew(office: Office) -> None:
    author, approver = office.officer("siti"), office.officer("lim", Role.APPROVER)
    code = approved(office, author, approver)
    author.says(f"/launch {code}")
    old = typed_code(author)
    author.waits(timedelta(minutes=15))
    assert "has expired" in author.says(old)
    for _ in range(3):
        author.says("WRONG")
    assert (author.dialog, office.broadcasts()[0].state) == (None, State.APPROVED)


def test_two_approvers_who_tap_in_the_same_moment_and_two_codes_typed_at_once_are_one_launch(office: Office) -> None:
    author, admin = office.officer("siti"), office.officer("wei", Role.ADMIN)
    approvers = [office.officer(name, Role.APPROVER) for name in ("lim", "raj")]
    code = submitted(office, author)
    for each in approvers:
        opens(each)
    with ThreadPoolExecutor() as pool:
        told = sorted(pool.map(lambda phone: phone.taps("✅ Approve"), approvers))
    assert ["can be sent now" in each for each in told] == [True, False]
    assert "nothing to decide" in told[1]
    for phone in (author, admin):
        phone.says(f"/launch {code}")
    with ThreadPoolExecutor() as pool:
        told = list(pool.map(lambda phone: phone.says(typed_code(phone)), (author, admin)))
    assert sorted("is on its way" in each for each in told) == [False, True]
    assert office.audit().count("broadcast.launched") == 1


def test_an_approver_whose_session_ended_types_a_code_first(office: Office) -> None:
    author, approver = office.officer("siti"), office.officer("lim", Role.APPROVER)
    for each in (author, approver):
        each.waits(timedelta(hours=12))
    code = submitted(office, author)
    assert "Is it you?" in approver.says(f"/approve {code}")
    assert office.broadcasts()[0].state is State.SUBMITTED
    assert "can be sent now" in approver.says(typed_code(approver))
    assert office.broadcasts()[0].state is State.APPROVED


def test_a_new_approver_sees_their_commands_and_no_other(office: Office) -> None:
    phone = office.officer("lim", Role.APPROVER)
    theirs = phone.says("/help")
    assert all(f"/{name} – " in theirs for name in ("approve", "return", "reject", "queue", "status"))
    assert "/officers" not in theirs


def _seal(office: Office) -> str:
    with office.sessions() as session:
        return compose.fingerprint(session, _newest(session, office))


def _newest(session: Session, office: Office) -> Broadcast:
    query = select(Broadcast).where(Broadcast.agency_id == office.agency_id).order_by(Broadcast.id.desc())
    return session.scalars(query.limit(1)).one()


def _tomorrow(hour: int, minute: int) -> datetime:
    """In Singapore."""
    day = (people.START + timedelta(hours=8)).date() + timedelta(days=1)
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC) - timedelta(hours=8)
