"""Every officers' command, and every refusal that one can type oneself into, on both apps over real processes."""

import re
import time
import urllib.request
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot import officers as offered
from broadcast.states import Kind, State
from demo import agency
from staff.models import Role
from tests.journeys.conftest import EMBEDDED, Towns
from tests.journeys.crowd import set_rate
from tests.journeys.office import Office, Officer, drafts, not_for
from tests.journeys.person import Person

PEOPLE = 20
SLOW, QUICK = 3.0, 50.0  # messages a second: there is a middle in which to pause, or none to wait for
APPS = ("telegram", "whatsapp")

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(params=APPS)
def office(request: pytest.FixtureRequest, towns: Towns) -> Office:
    """An agency of its own in one town, with people who want to hear of floods."""
    made = Office(towns.another(EMBEDDED), request.param)
    made.takes_in(PEOPLE)
    return made


def test_officers_use_every_command_there_is(office: Office) -> None:
    place = office.town
    set_rate(place, QUICK)
    admin = office.hires("Lim", Role.ADMIN)
    author = invites(office, admin)
    approver, auditor = office.hires("Mei", Role.APPROVER), office.hires("Ravi", Role.AUDITOR)
    writes_and_thinks_again(office, author)
    holds_and_ends(office, author)
    set_rate(place, QUICK)
    says_again_and_puts_right(office, author, auditor)
    office.asks_for_approval(Kind.NOTICE, Kind.ALERT)
    is_approved_at_last(office, author, approver, auditor)
    is_rejected(office, author, approver)
    breaks_the_glass(office, author, approver)
    answers_questions(office, author, admin)
    keeps_house(office, admin, author, auditor)
    for name in sorted({each.name for each in offered.COMMANDS} - office.typed):  # those without a step above
        assert "did not understand" not in admin.asks(f"/{name}", ""), name


def invites(office: Office, admin: Officer) -> Officer:
    """/officers: a role, a name, and a link that the new one opens."""
    admin.asks("/officers", "Lim")
    admin.asks("Invite an officer", "approver")
    admin.asks("author", "What is the name")
    links = admin.asks("Siti", "me/")
    shown = {"telegram": "t.me", "whatsapp": "wa.me"}[office.app]
    return office.opens(next(link for link in re.findall(r"https://\S+", links) if shown in link))


def writes_and_thinks_again(office: Office, author: Officer) -> None:
    """/announce, /back, /skip, the numbers, a wrong code, /cancel."""
    code = drafts(author, office, "Notice", "The canal path is closed.")
    author.asks("/audience", f"{PEOPLE} people")
    author.asks("/estimate", f"{PEOPLE} people")
    author.asks("/back", "What do people get")
    author.asks("/cancel", f"{code} was not sent")


def holds_and_ends(office: Office, author: Officer) -> None:
    """/pause, /resume, /cancel of what is going out, /status."""
    code = drafts(author, office, "1", "The canal path is closed today.")
    author.asks("AAAAA", "That is not the code")
    set_rate(office.town, SLOW)
    author.say(code_shown(author))
    author.see_new("Confirmed:")
    office.waits_for(code, State.SENDING)
    author.asks("/pause", f"{code} is paused")
    author.asks("/status", code)
    author.asks(f"/resume {code}", f"{code} goes on")
    author.asks(f"/cancel {code}", "Yes" if office.app == "telegram" else code)
    author.asks("1", f"{code} has ended")


def code_shown(officer: Officer) -> str:
    """The newest confirmation code on the screen."""
    return officer.see("type this code").split()[-1]


def is_approved_at_last(office: Office, author: Officer, approver: Officer, auditor: Officer) -> None:
    """/submit, /return, /approve, /schedule, /queue, /unschedule, /launch."""
    code = drafts(author, office, "Notice", "The canal path is closed.")
    author.asks("/submit", f"{code} is submitted")
    approver.see(f"/approve {code}")
    approver.asks(f"/return {code} Please say until when.", "Returned.")
    author.see("Please say until when.")
    author.asks(f"/announce {code}", "has to approve")
    author.asks("/submit", f"{code} is submitted")
    approver.asks(f"/approve {code}", "Approved.")
    hour = datetime.now(ZoneInfo(agency.ZONE)) + timedelta(hours=2)
    author.asks(f"/schedule {code} {hour:%d/%m %H:%M}", "It will be sent")
    author.code()
    author.see_new(f"Confirmed: {code} will be sent")
    assert f":{hour:%M}" in auditor.asks("/queue", code)
    author.asks(f"/unschedule {code}", f"{code} has no time any more")
    author.say(f"/launch {code}")
    author.code()
    author.see_new(f"Confirmed: {code} is on its way")
    office.waits_for(code, State.FINISHED)


def is_rejected(office: Office, author: Officer, approver: Officer) -> None:
    """/reject, and its author is told why."""
    code = drafts(author, office, "Notice", "Free ice cream.")
    author.asks("/submit", f"{code} is submitted")
    approver.asks(f"/reject {code} This is not true.", "Rejected.")
    author.see("This is not true.")


def breaks_the_glass(office: Office, author: Officer, approver: Officer) -> None:
    """/breakglass of an alert that was submitted, and everybody who approves is told."""
    code = drafts(author, office, "ALERT", "Leave the ground floor now.")
    author.asks("/submit", f"{code} is submitted")
    author.asks(f"/breakglass {code}", "Why can it not wait?")
    author.say("The water rises by a metre an hour.")
    author.code()
    author.see_new(f"Confirmed: {code} is on its way without approval")
    approver.see("The water rises by a metre an hour.")
    office.waits_for(code, State.FINISHED)


def says_again_and_puts_right(office: Office, author: Officer, auditor: Officer) -> None:
    """/who with its file, /retry to somebody who is back, /correct, /recall."""
    place, gone = office.town, office.people[0]
    place.simulator.fault("blocked", channel=office.app, chat=place.simulator.phone(gone)["number"], count=1)
    first = drafts(author, office, "Notice", "The canal path is closed.")
    author.code()
    office.waits_for(first, State.FINISHED)
    place.simulator.wait_for(lambda: place.ledger()["failed"] == 1, 15.0)
    auditor.asks(f"/who {first}", "Which do you need")
    told = auditor.asks(f"/who {first} reached", f"{first}-reached.csv")
    assert file_of(office, auditor, told).count("\n") == PEOPLE  # the head, and everybody else
    place.simulator.say(gone, place.bots[office.app], "hello")
    time.sleep(0.5)
    author.asks(f"/retry {first}", "1 person will get it")
    author.code()
    office.waits_for(author.see_new("Confirmed:").split()[1], State.FINISHED)
    author.asks(f"/correct {first}", f"People who have it or may have it: {PEOPLE}")
    author.asks("The canal path is open.", "2 of 4")
    for number in (3, 4):
        author.asks("/skip", f"{number} of 4")
    author.asks("/skip", "English")
    author.say("English")
    author.code()
    correction = author.see_new("Confirmed:").split()[1]
    office.waits_for(correction, State.FINISHED)
    author.say(f"/recall {correction}")
    author.code()
    author.see_new(f"{correction} is being taken back")


def file_of(office: Office, officer: Officer, told: str) -> str:
    """What /who gives: a document in the chat, or a page whose button gives it once."""
    if office.app == "telegram":
        shown = [each["media"]["file"] for each in officer.messages() if each["media"]]
        return office.town.simulator.file(shown[-1]).decode("utf-8-sig")
    url = re.findall(r"http\S+/who/[\w-]+", told)[0]
    with urllib.request.urlopen(url, timeout=10) as page:
        assert "Download" in page.read().decode()
    with urllib.request.urlopen(url, b"", timeout=10) as answer:
        return str(answer.read().decode("utf-8-sig"))


def answers_questions(office: Office, author: Officer, admin: Officer) -> None:
    """/inbox: what somebody asks is answered; /answers: what the next one asks answers itself."""
    asking = Person(office.town.simulator, office.people[4], office.town.bots[office.app])
    asking.say("When is the drain in Jalan Besar repaired?")
    asking.tap("Yes, pass it on")
    author.see("drain in Jalan Besar")
    author.asks("/inbox", "drain in Jalan Besar")
    author.asks("1", "drain in Jalan Besar")
    author.asks("Reply", "Type your answer")
    author.asks("On Friday, weather permitting.", "Sent.")
    asking.see("On Friday, weather permitting.")
    admin.asks("/answers", "prepared answers")
    admin.asks("New answer", "which words")
    admin.asks("skip bins", "what is the answer")
    admin.asks("They are emptied on Mondays.", "which words")
    for _ in range(2):
        admin.asks("-", "which words")
    admin.asks("-", "Saved.")
    asking.say("do you have skip bins?")
    asking.see("They are emptied on Mondays.")


def keeps_house(office: Office, admin: Officer, author: Officer, auditor: Officer) -> None:
    """/segments, /audit, /group, /help, /leave_team."""
    author.asks("/segments topic:flood and language:en", "That is, people")
    author.asks("English readers", "Saved as")
    auditor.asks("/audit", "Siti")
    allows_a_group(office, admin)
    author.asks("/help", "/announce")
    author.asks("/leave_team", "Do you want to stop being an officer")
    author.asks("Yes, leave", "no longer an officer of City Council")


def allows_a_group(office: Office, admin: Officer) -> None:
    """On Telegram a group that is told; elsewhere there are none."""
    if office.app != "telegram":
        admin.asks("/group", "Staff groups are on Telegram")
        return
    simulator, bot = office.town.simulator, office.town.bots["telegram"]
    group = simulator.new_group(bot)
    admin.asks("/group", "No staff group")
    typed = re.findall(r"/group@\S+ \w+", admin.asks("Allow a group", "/group@"))[0]
    simulator.in_group(group, "say", bot, phone=admin.phone, text=typed)
    simulator.wait_for(lambda: any("now a staff group" in said for said in simulator.group(group)), 15.0)


UNKNOWN = "There is no such announcement"
REFUSED = (  # what an author types: {draft}, {alert} and {sent} are codes, ZZZZ is nobody's
    *((f"/{command} ZZZZ", UNKNOWN) for command in ("announce", "status", "pause", "resume", "cancel", "launch")),
    *((f"/{command} ZZZZ", UNKNOWN) for command in ("who", "retry", "correct", "recall", "unschedule", "breakglass")),
    ("/schedule ZZZZ 18:00", UNKNOWN),
    ("/launch", "Which one?"),
    ("/schedule", "Which one, and when?"),
    ("/breakglass", "Which alert?"),
    ("/who", "For which announcement?"),
    ("/retry", "Send /retry with a code"),
    ("/correct", "Send /correct with a code"),
    ("/recall", "Send /recall with a code"),
    ("/pause", "Nothing is going out now"),
    ("/resume", "Nothing is paused now"),
    ("/cancel", "There is nothing to cancel"),
    ("/announce {sent}", "is no longer a draft"),
    ("/pause {sent}", "That cannot be done with {sent}"),
    ("/launch {sent}", "That cannot be done with {sent}"),
    ("/schedule {sent} 18:00", "That cannot be done with {sent}"),
    ("/unschedule {sent}", "That cannot be done with {sent}"),
    ("/breakglass {draft}", "Only an alert"),
    ("/schedule {draft} soon", "When? For example"),
    ("/schedule {draft} 1/1/2020 8:00", "That time has passed"),
    ("/schedule {draft} 1/1/2099 8:00", "more than a year ahead"),
    ("/segments topic:flod", "Did you mean"),
    ("/approve {draft}", "Only an approver"),
    ("/audit", "you cannot do this"),
    ("/officers", "you cannot do this"),
    ("/group", "you cannot do this"),
)


def test_whatever_cannot_be_done_is_refused_with_the_reason_and_changes_nothing(office: Office) -> None:
    author, approver = office.hires("Siti", Role.AUTHOR), office.hires("Mei", Role.APPROVER)
    auditor = office.hires("Ravi", Role.AUDITOR)
    sent = drafts(author, office, "Notice", "The canal path is open.")
    author.code()
    office.waits_for(sent, State.FINISHED)
    draft = bad_texts_and_codes(office, author)
    for typed, answer in REFUSED:
        author.asks(typed.format(draft=draft, sent=sent), answer.format(draft=draft, sent=sent))
    submitted = refused_approvals(office, office.hires("Hana", Role.AUTHOR), approver)
    for command in set(not_for(Role.AUDITOR)) - LOOKS:
        auditor.asks(f"/{command} {submitted}", "Only an approver" if command in RULINGS else "As auditor")
    assert [office.state_of(code) for code in (sent, draft)] == [State.FINISHED, State.DRAFT]


RULINGS = {"approve", "return", "reject"}
LOOKS = {"audience", "estimate"}  # of what is no draft everybody may see the numbers


def bad_texts_and_codes(office: Office, author: Officer) -> str:
    """What is no answer, too long, or no code: three times, and the draft is kept; its code."""
    author.asks("/announce", "What is it?")
    author.asks("whatever", "That is not one of the answers")
    author.asks("Notice", "Who is it for?")
    author.asks("Flood alerts", "1 of 4")
    author.asks("/cancel", "was not sent")
    draft = drafts(author, office, "Notice", "The canal path is closed.")
    for answer in ("That is not the code", "That is not the code", "Three wrong codes"):
        author.asks("AAAAA", answer)
    return draft


def refused_approvals(office: Office, author: Officer, approver: Officer) -> str:
    """Nobody approves what is theirs, what is decided, or what is nobody's; a code of what is decided."""
    office.asks_for_approval(Kind.NOTICE)
    approver.asks("/approve", "Which one?")
    approver.asks("/reject ZZZZ no", UNKNOWN)
    own = drafts(approver, office, "Notice", "Mine.")
    approver.asks("/submit", "could approve it")
    approver.asks("/cancel", f"{own} was not sent")
    theirs = drafts(author, office, "Notice", "Theirs.")
    author.asks("AAAAA", "needs approval")
    author.asks("/submit", f"{theirs} is submitted")
    author.asks(f"/launch {theirs}", "That cannot be done")
    approver.asks(f"/reject {theirs}", "Type the reason")
    approver.asks("It is not true.", "Rejected.")
    approver.asks(f"/approve {theirs}", "There is nothing to decide")
    return theirs
