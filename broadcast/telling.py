"""Telling an agency's staff groups what an officer did: what was launched, paused, resumed or ended."""

from datetime import datetime

from sqlalchemy.orm import Session

from broadcast import report
from broadcast.models import Broadcast
from insight import telling
from locales import texts
from staff import groups
from staff.models import Agency, Officer


def done(session: Session, broadcast: Broadcast, officer: Officer, deed: str, *, now: datetime) -> None:
    """That this officer `launched`, `paused`, `resumed` or `cancelled` it; never what it says."""
    if not groups.of_agency(session, broadcast.agency_id):
        return
    locale = session.get_one(Agency, broadcast.agency_id).locales[0]
    about = report.title(session, broadcast, locale)
    said = texts.say(f"group.told.{deed}", locale, about=about, name=officer.name)
    telling.groups_of(session, broadcast.agency_id, said, now=now)
