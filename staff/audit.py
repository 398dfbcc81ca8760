"""The audit log: who did what to what, and when. Lines are added and read, never changed."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from staff.models import AuditEntry

Detail = str | int | float | bool | None


def note(
    session: Session,
    *,
    agency_id: int,
    officer_id: int | None,
    verb: str,
    subject: str,
    now: datetime,
    details: Mapping[str, Detail] | None = None,
) -> AuditEntry:
    """Add one line. `verb` is like "broadcast.launched", `subject` like "broadcast:12"; no officer: the operator."""
    entry = AuditEntry(
        agency_id=agency_id, officer_id=officer_id, at=now, verb=verb, subject=subject, details=dict(details or {})
    )
    session.add(entry)
    return entry


def latest(session: Session, agency_id: int, *, limit: int = 100) -> Sequence[AuditEntry]:
    """The agency's newest lines, newest first."""
    query = select(AuditEntry).where(AuditEntry.agency_id == agency_id)  # ix_audit_entries_agency_at
    return session.scalars(query.order_by(AuditEntry.at.desc(), AuditEntry.id.desc()).limit(limit)).all()
