"""Telling an agency's staff groups what concerns everybody: what was launched, paused, ended, or is in trouble."""

from datetime import datetime

from sqlalchemy.orm import Session

from broadcast import report
from broadcast.models import Broadcast
from insight import telling
from locales import texts
from staff import groups
from staff.models import Agency, Officer


def groups_of(session: Session, agency_id: int, text: str, *, now: datetime) -> None:
    """Write this to every staff group of the agency whose sender works."""
    telling.groups_of(session, agency_id, text, now=now)


def done(session: Session, broadcast: Broadcast, officer: Officer, deed: str, *, now: datetime) -> None:
    """That this officer `launched`, `paused`, `resumed` or `cancelled` it; never what it says."""
    if not groups.of_agency(session, broadcast.agency_id):
        return
    locale = session.get_one(Agency, broadcast.agency_id).locales[0]
    about = report.title(session, broadcast, locale)
    groups_of(
        session, broadcast.agency_id, texts.say(f"group.told.{deed}", locale, about=about, name=officer.name), now=now
    )
