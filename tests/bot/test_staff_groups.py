"""A staff group is allowed from inside it, told what concerns everybody, and answers nothing that should be private."""

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot import groups as hearing
from channels import registry
from channels.contract import GroupChanged, GroupSaid
from db.engine import Sessions
from delivery import senders
from delivery.models import Letter, Sender
from insight import trouble, watching
from staff import groups
from staff.models import Role
from tests.bot import people
from tests.bot.office import Office, Phone, open_office, to_preview

_events = itertools.count(1)
COMMAND = re.compile(r"/group@\S+ (\w+)")


@pytest.fixture
def office(sessions: Sessions) -> Office:
    """An agency with citizens."""
    made = open_office(sessions)
    made.citizens(3)
    return made


@dataclass
class Group:
    """A group chat."""

    office: Office
    value: str = "-100777"

    def hears(self, person: str, text: str, *, after: timedelta = timedelta(0)) -> list[tuple[str, str]]:
        """Somebody says something there; to whom we write what."""
        said = GroupSaid(str(next(_events)), self.value, person, text, "Duty room")
        with self.office.sessions.begin() as session:
            sender = session.get_one(Sender, self.office.telegram_id)
            limits, now = registry.limits("telegram"), people.START + timedelta(minutes=5) + after
            told = hearing.hear(session, said, sender=sender, limits=limits, now=now)
            assert all(draft.choices == () for _, draft in told)
            return [(to, draft.text) for to, draft in told]

    def changes(self, moved_to: str | None = None) -> None:
        """It moves, or puts us out."""
        with self.office.sessions.begin() as session:
            sender = session.get_one(Sender, self.office.telegram_id)
            changed = GroupChanged(str(next(_events)), self.value, moved_to)
            hearing.heed(session, changed, sender=sender, now=people.START)

    @property
    def told(self) -> list[str]:
        """What was written there besides answers."""
        with self.office.sessions() as session:
            return list(session.scalars(select(Letter.text).where(Letter.to == self.value).order_by(Letter.id)))


def code_of(admin: Phone) -> str:
    admin.says("/group")
    found = COMMAND.search(admin.taps("Allow a group"))
    assert found is not None
    return found[1]


def allowed(office: Office, admin: Phone, value: str = "-100777") -> Group:
    """A group that this administrator allowed."""
    group = Group(office, value)
    [(to, text)] = group.hears(admin.value, f"/group {code_of(admin)}")
    assert to == value
    assert "now a staff group of Water Board" in text
    return group


def titles(office: Office) -> Sequence[str]:
    with office.sessions() as session:
        return [group.address for group in groups.of_agency(session, office.agency_id)]


def test_an_administrator_allows_a_group_from_inside_it_once(office: Office) -> None:
    admin = office.officer("boss", Role.ADMIN)
    code = code_of(admin)
    assert Group(office).hears("boss", f"/group {code[:4].lower()} {code[4:]}")[0][0] == "-100777"
    [(to, text)] = Group(office, "-100778").hears("boss", f"/group {code}")
    assert to == "boss"  # in private: that group learns nothing
    assert "does not work there" in text
    assert titles(office) == ["-100777"]
    assert office.audit()[-1] == "group.allowed"


def test_a_code_runs_out_and_is_good_for_administrators_of_the_agency_only(office: Office, sessions: Sessions) -> None:
    admin, author = office.officer("boss", Role.ADMIN), office.officer("aisyah")
    code = code_of(admin)
    other = open_office(sessions, "health")
    other.officer("eve", Role.ADMIN)
    assert Group(other).hears("eve", f"/group {code}")[0][0] == "eve"
    assert Group(office).hears("aisyah", f"/group {code}")[0][0] == author.value
    assert Group(office).hears("stranger", f"/group {code}") == []
    assert Group(office).hears("boss", f"/group {code}", after=timedelta(minutes=16))[0][0] == "boss"
    assert titles(office) == titles(other) == []


def test_officers_ask_there_what_changes_nothing_and_the_rest_is_for_private(office: Office) -> None:
    admin, author = office.officer("boss", Role.ADMIN), office.officer("aisyah")
    group = allowed(office, admin)
    to_preview(author)
    author.says(author.code)
    code = office.broadcasts()[0].code
    [(to, overview)] = group.hears("aisyah", "/status")
    assert to == group.value
    assert code in overview
    assert "going out" in group.hears("aisyah", f"/status {code}")[0][1]
    commands = ("announce", "officers", "audit", "inbox", "start", "mydata", "stop", "xyzzy", f"pause {code}")
    for text in (*(f"/{command}" for command in commands), ""):
        [(to, answer)] = group.hears("boss", text)
        assert to == group.value
        assert "in our private chat" in answer
    assert [each.state for each in office.broadcasts()] == ["sending"]


@pytest.mark.parametrize("text", ["/status", "/start", "/group", "/group AAAA2222", "/stop", "", "/x"])
def test_who_is_no_officer_is_not_answered(office: Office, text: str) -> None:
    group = allowed(office, office.officer("boss", Role.ADMIN))
    office.phone("citizen").says("hi")
    for person in ("citizen", "nobody"):
        assert group.hears(person, text) == []
    office.officer("gone")
    with office.sessions.begin() as session:
        assert groups.find(session, sender_id=office.telegram_id, address=group.value)
    office.revoke_everybody()
    assert group.hears("gone", text) == []
    assert group.hears("boss", text) == []


def test_a_group_of_strangers_is_not_answered_whoever_speaks(office: Office) -> None:
    office.officer("boss", Role.ADMIN)
    for text in ("/status", "/help", "/pause", "/group", ""):
        assert Group(office).hears("boss", text) == []


def test_the_group_is_told_what_is_sent_paused_and_ended_and_no_text(office: Office, sessions: Sessions) -> None:
    group = allowed(office, office.officer("boss", Role.ADMIN))
    other = open_office(sessions, "health")
    elsewhere = allowed(other, other.officer("eve", Role.ADMIN), "-100999")
    author = office.officer("aisyah")
    author.says("/announce")
    author.says("/cancel")  # a draft concerns nobody
    to_preview(author)
    author.says(author.code)
    author.says("/pause")
    author.says("/resume")
    author.says("/cancel")
    author.taps("Yes, end it")
    deeds = ["has sent", "has paused", "lets", "has ended"]
    assert len(group.told) == len(deeds)
    for text, deed in zip(group.told, deeds, strict=True):
        assert f"Aisyah {deed}" in text
        assert "The river rises" not in text
    assert elsewhere.told == []


def test_the_group_is_told_of_trouble_where_its_own_sender_works(office: Office) -> None:
    group = allowed(office, office.officer("boss", Role.ADMIN))
    with office.sessions.begin() as session:
        senders.stop(session, office.whatsapp_id, reason="bad_token", now=people.START)
        assert watching.look_at_senders(session, people.START) == 1
        assert trouble.tell(session, people.START) == 1
    assert "bad_token" in group.told[-1]
    with office.sessions.begin() as session:
        senders.stop(session, office.telegram_id, reason="bad_token", now=people.START)
        watching.look_at_senders(session, people.START)
        trouble.tell(session, people.START)
    assert len(group.told) == 1


def test_a_group_that_moves_stays_allowed_and_what_waits_goes_along(office: Office) -> None:
    group = allowed(office, office.officer("boss", Role.ADMIN))
    author = office.officer("aisyah")
    to_preview(author)
    author.says(author.code)
    group.changes("-100888")
    group.changes("-100888")  # told from both sides
    moved = Group(office, "-100888")
    assert "has sent" in moved.told[0]
    assert group.hears("boss", "/status") == []
    assert moved.hears("boss", "/status")
    assert titles(office) == ["-100888"]
    assert office.audit().count("group.moved") == 1


def test_a_group_that_put_us_out_is_forgotten_and_needs_a_new_code(office: Office) -> None:
    admin = office.officer("boss", Role.ADMIN)
    group = allowed(office, admin)
    group.changes()
    group.changes()
    assert titles(office) == []
    assert office.audit().count("group.removed") == 1
    assert group.hears("boss", "/status") == []
    assert allowed(office, admin).hears("boss", "/status")


def test_an_administrator_removes_a_group_in_two_taps_with_buttons_that_are_good_once(office: Office) -> None:
    admin = office.officer("boss", Role.ADMIN)
    group = allowed(office, admin)
    assert "1. Duty room" in admin.says("/group")
    admin.taps("1")
    yes = admin.seen[0].choices[0].key
    assert "is no longer told anything" in admin.says("yes, remove")
    assert "earlier message" in admin.forges(yes)
    assert titles(office) == []
    assert group.hears("boss", "/status") == []


def test_another_agencys_group_cannot_be_removed(office: Office, sessions: Sessions) -> None:
    allowed(office, office.officer("boss", Role.ADMIN))
    stranger = open_office(sessions, "health").officer("eve", Role.ADMIN)
    for verb in ("remove", "removed"):
        for number in range(4):
            stranger.says("/group")
            prefix = stranger.seen[0].choices[-1].key.rpartition(":")[0]
            assert "Duty room" not in stranger.forges(f"{prefix}:{verb}:{number}")
    assert titles(office) == ["-100777"]


def test_only_administrators_make_codes_and_only_where_there_are_groups(office: Office) -> None:
    assert "on Telegram" in office.officer("boss", Role.ADMIN, on=office.whatsapp_id).says("/group")
    assert "ask an administrator" in office.officer("aisyah").says("/group")
    assert office.phone("a").says("/group") == office.phone("b").says("/xyzzy")
