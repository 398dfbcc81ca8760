"""/stats: figures as text at once, on both apps and in a staff group; charts a moment later, in private."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from bot import groups as hearing
from broadcast import clock
from channels import registry
from channels.contract import GroupSaid
from db.engine import Sessions
from delivery.models import Letter, MediaItem, Sender
from insight.models import ChartOrder
from staff.models import Role, StaffGroup
from tests.bot import people
from tests.bot.office import Office, Phone, open_office, to_preview


@pytest.fixture
def office(sessions: Sessions) -> Office:
    """An agency with citizens of two languages, and another one with more."""
    open_office(sessions, "health").citizens(9)
    made = open_office(sessions)
    made.citizens(3)
    made.citizens(1, locale="ms", on=made.whatsapp_id)
    return made


def pictures(office: Office, to: str) -> list[tuple[str, str]]:
    """Which charts a chat was sent, and what was said with them."""
    with office.sessions() as session:
        query = select(MediaItem.name, Letter.text).join(Letter, Letter.media_id == MediaItem.id)
        return [(name, text) for name, text in session.execute(query.where(Letter.to == to).order_by(Letter.id))]


def ticks(office: Office, phone: Phone, seconds: int = 1) -> None:
    """The clock does what is due."""
    clock.tick(office.sessions, phone.now + timedelta(seconds=seconds), limits_of=registry.limits)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("app", ["telegram", "whatsapp"])
def test_every_officer_reads_the_figures_and_gets_charts_once(office: Office, role: Role, app: str) -> None:
    phone = office.officer("aisyah", role, on=getattr(office, f"{app}_id"))
    for _ in range(2):
        said = phone.says("/stats")
        assert "4 people are subscribed." in said
        assert "• English: 3 (75%)" in said
        assert "• Bahasa Melayu: 1 (25%)" in said
        assert "• WhatsApp: 1 (25%)" in said
        assert "• Floods: 4 (100%)" in said
        assert "The charts follow" in said
    for seconds in (1, 2):
        ticks(office, phone, seconds)
    assert [name for name, _ in pictures(office, "aisyah")] == ["languages.png", "topics.png"]  # no day behind it yet
    assert "ms: Bahasa Melayu" in pictures(office, "aisyah")[0][1]
    assert "floods: Floods" in pictures(office, "aisyah")[1][1]


def test_what_was_launched_is_there_with_whom_it_reached(office: Office) -> None:
    author = office.officer("aisyah")
    to_preview(author)
    author.says(author.code)
    code = office.broadcasts()[0].code
    assert f"• {code}:" in author.says("/stats")


def test_whoever_is_revoked_meanwhile_gets_no_charts(office: Office) -> None:
    phone = office.officer("aisyah")
    phone.says("/stats")
    office.revoke_everybody()
    ticks(office, phone)
    assert pictures(office, "aisyah") == []
    with office.sessions() as session:
        assert session.scalar(select(func.count()).select_from(ChartOrder)) == 0


def test_a_staff_group_reads_text_and_a_citizen_is_told_nothing(office: Office) -> None:
    admin = office.officer("boss", Role.ADMIN)
    with office.sessions.begin() as session:
        row = StaffGroup(agency_id=office.agency_id, sender_id=office.telegram_id, address="-1", allowed_at=admin.now)
        session.add(row)
    said = GroupSaid("e", "-1", "boss", "/stats", "Duty room")
    with office.sessions.begin() as session:
        sender = session.get_one(Sender, office.telegram_id)
        [(to, draft)] = hearing.hear(
            session, said, sender=sender, limits=registry.limits("telegram"), now=people.START + timedelta(minutes=1)
        )
    assert (to, "4 people are subscribed." in draft.text) == ("-1", True)
    ticks(office, admin)
    assert pictures(office, "-1") == pictures(office, "boss") == []
    assert office.phone("a").says("/stats") == office.phone("b").says("/xyzzy")
