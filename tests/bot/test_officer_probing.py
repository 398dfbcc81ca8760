"""Every button and code an officer can be shown is worth nothing to another agency's officer, and to a citizen.

An agency's officers walk through every dialog; each key, code and link on their screens is then used by others.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import Table, select

from bot import officers as offered
from broadcast import policy
from broadcast.policy import ApprovalRule
from broadcast.states import Kind
from channels.contract import Attachment, Refusal
from db.base import Base
from db.engine import Sessions
from delivery.drafts import Draft
from delivery.models import Letter
from staff.models import Agency, Role
from tests.bot import people
from tests.bot.office import Office, Phone, open_office, to_preview

OWN = {"subscribers", "addresses"}  # what somebody's own words change of themselves, whatever they say
SAID = ("The river", "Sungai", "river readers", "drain", "Siti")
WALKED = {  # the dialogs with buttons; what confirming and sending ask for is typed
    *("announce", "control", "inbox", "answers", "segments", "approving", "audit", "officers", "leave_team"),
    *("group", "who", "aftercare", "drills", "prepared", "bulletins"),
}
ABOUT_ONE = (
    *("announce", "audience", "estimate", "status", "pause", "resume", "cancel", "approve", "return", "reject"),
    *("launch", "schedule", "unschedule", "breakglass", "who", "retry", "correct", "recall"),
)
CODE = re.compile(r"\b[2-9A-HJ-NP-Z]{4}\b")


@dataclass
class Walker(Phone):
    """An officer's phone that forgets nothing it was shown."""

    shown: list[Draft] = field(default_factory=list)

    def _answers(
        self, text: str, choice: str | None, attachment: Attachment | None, file: bytes | Refusal | None
    ) -> list[Draft]:
        answers = super()._answers(text, choice, attachment, file)
        self.shown += answers
        return answers


def hired(office: Office, value: str, role: Role) -> Walker:
    """Somebody invited, who opened the link."""
    walker = Walker(office.sessions, office.telegram_id, value)
    walker.says(f"/start o-{office.invitation(role)}")
    return walker


@dataclass
class Shown:
    """What stood on the screens of an agency's officers."""

    keys: list[str]
    codes: list[str]
    typed: list[str]  # what sends, approves or joins when it is typed


@pytest.fixture
def office(sessions: Sessions) -> Office:
    """An agency with citizens."""
    made = open_office(sessions)
    made.citizens(3)
    return made


def walked(office: Office) -> Shown:
    """Walk through every dialog of every role."""
    author, approver, admin = (hired(office, role, role) for role in (Role.AUTHOR, Role.APPROVER, Role.ADMIN))
    sends_and_regrets(author)
    practises(author)
    submits(office, author, approver)
    to_preview(author, english="The river rises. Last draft.")
    code = author.code
    keeps_house(office, author, admin)
    shown = [draft for each in (author, approver, admin) for draft in each.shown]
    with office.sessions() as session:
        letters = session.scalars(select(Letter).where(Letter.sender_id == office.telegram_id)).all()
    keys = {choice.key for draft in shown for choice in draft.choices}
    keys |= {str(choice[0]) for letter in letters for choice in letter.choices}
    theirs = {dialog.NAME for dialog in offered.DIALOGS}
    invitations = {found for draft in shown for found in re.findall(r"o-[\w-]{20,}", draft.text)}
    typed = [code, *(f"/start {each}" for each in sorted(invitations))]
    codes = [each.code for each in office.broadcasts()]
    return Shown(sorted(key for key in keys if key.partition(":")[0] in theirs), codes, typed)


def sends_and_regrets(author: Walker) -> None:
    """One that has left, and everything that can be done about it."""
    for _ in range(2):
        to_preview(author)
        author.says(author.code)
    sent = CODE.findall(author.seen[-1].text)[0]
    for words in ("/status", "/pause", "/resume", f"/cancel {sent}", f"/who {sent}", f"/who {sent} reached"):
        author.says(words)
    for words in (f"/recall {sent}", f"/correct {sent}", "The river falls.", "Sungai surut.", "/cancel", "/queue"):
        author.says(words)


def submits(office: Office, author: Walker, approver: Walker) -> None:
    """One that waits for approval, with its cards, and one that was approved."""
    with office.sessions.begin() as session:
        owner = session.get_one(Agency, office.agency_id)
        policy.set_rule(session, owner, ApprovalRule(Kind.ALERT, 0, 1), now=people.START)
    for _ in range(2):
        to_preview(author, kind="2")
        author.says("/submit")
    waits, approved = (each.code for each in office.broadcasts()[-2:])
    approver.says(f"/return {waits}")
    approver.says("/cancel")
    approver.says(f"/approve {approved}")
    author.says(f"/launch {approved}")
    author.says(f"/announce {approved}")


def practises(author: Walker) -> None:
    """The drill list, a drill, a text prepared for the night."""
    for words in ("/drill_list", "Join it myself", "One-time link", "/drill", "The river rises.", "Sungai naik."):
        author.says(words)
    author.says(f"DRILL {author.seen[-1].text.split()[-1]}")
    for words in ("/prepared", "New", "False alarm", "All is well", "There is no flood.", "Tiada banjir.", "/prepared"):
        author.says(words)
    author.says("1")


def keeps_house(office: Office, author: Walker, admin: Walker) -> None:
    """Segments, questions, answers, the team, groups, the audit."""
    for words in ("/segments topic:floods", "river readers", "/segments", "1"):
        author.says(words)
    citizen = office.phone(f"citizen-{office.citizens(1)[0]}")
    citizen.says("When is the drain repaired?")
    citizen.says("yes")
    for words in ("/inbox", "1", "/answers", "New answer", "drain", "Soon.", "-", "/answers", "1"):
        author.says(words)
    for words in ("/officers", "1", "Invite an officer", "author", "Siti", "/officers", "1", "Remove", "/audit"):
        admin.says(words)
    for words in ("/bulletins", "New bulletin", "river-daily", "/cancel", "/group", "Allow a group", "/leave_team"):
        admin.says(words)


def rows(office: Office) -> dict[str, Sequence[Any]]:
    """Everything that is the agency's, but what people's own words change of themselves."""
    with office.sessions() as session:
        return {table.name: session.execute(_ours(table, office)).all() for table in _tables()}


def _tables() -> Iterator[Table]:
    tables = Base.metadata.sorted_tables
    yield from (table for table in tables if "agency_id" in table.columns and table.name not in OWN)


def _ours(table: Table, office: Office) -> Any:
    return select(table).where(table.c.agency_id == office.agency_id).order_by(*table.primary_key.columns)


def told(answer: str, shown: Shown, typed: str) -> list[str]:
    """What an answer gives away that was not in the question."""
    return [word for word in (*SAID, *shown.codes) if word in answer.replace(typed, "")]


def code_in(key: str, shown: Shown) -> str:
    """The announcement's code that a key holds, which an answer may repeat."""
    return next((part for part in key.split(":") if part in shown.codes), "\0")


def test_whatever_an_officer_is_shown_is_worth_nothing_to_anybody_else(office: Office, sessions: Sessions) -> None:
    shown, elsewhere = walked(office), open_office(sessions, "health")
    names = {key.partition(":")[0] for key in shown.keys}
    assert names >= WALKED
    stranger = elsewhere.officer("eve", Role.ADMIN)
    citizens = [
        office.phone(f"citizen-{office.citizens(1)[0]}"),
        elsewhere.phone(f"citizen-{elsewhere.citizens(1)[0]}"),
    ]
    before = rows(office)
    for typed in (f"/{command} {code}" for command in ABOUT_ONE for code in shown.codes):
        assert told(stranger.says(typed), shown, typed.split()[1]) == [], typed
    for key in shown.keys:
        assert told(stranger.forges(key), shown, code_in(key, shown)) == [], key
        for citizen in citizens:
            assert "no longer in use" in citizen.forges(key), key
    for typed in shown.typed:
        for phone in (stranger, citizens[1]):
            assert told(phone.says(typed), shown, typed) == [], typed
    citizens[0].says(shown.typed[0])  # the code that sends; whoever opens an invitation first is the officer
    assert rows(office) == before
