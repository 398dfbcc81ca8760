"""The audit log: who did what to what, and when. Lines are added and read, never changed.

They are tied together as a chain (chain.py), one for each agency. A line that is noted waits in its session and is
written when the transaction is about to be committed: only then is the head of the agency's chain locked, after every
other row, so that two officers wait for each other for one commit and never in a circle.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import event, insert, select, update
from sqlalchemy.orm import Session, SessionTransaction

from db import bulk
from staff import chain
from staff.models import AuditEntry, AuditHead

Detail = str | int | float | bool | None
WAITING = "audit"  # where a session keeps its lines


@dataclass(frozen=True, slots=True)
class _Noted:
    """A line that waits, and the savepoint in which it was noted: one that is rolled back takes it along."""

    agency_id: int
    officer_id: int | None
    at: datetime
    verb: str
    subject: str
    details: Mapping[str, Detail]
    savepoint: SessionTransaction | None


def note(
    session: Session,
    *,
    agency_id: int,
    officer_id: int | None,
    verb: str,
    subject: str,
    now: datetime,
    details: Mapping[str, Detail] | None = None,
) -> None:
    """Add one line, with the commit. `verb` is like "broadcast.launched", `subject` like "broadcast:12".

    No officer: the operator, or the clock.
    """
    if not session.in_transaction():
        session.begin()  # or a rollback would have nothing to roll back, and leave the line
    savepoint = session.get_nested_transaction()
    line = _Noted(agency_id, officer_id, now, verb, subject, dict(details or {}), savepoint)
    _waiting(session).append(line)


def write(session: Session) -> None:
    """Write what was noted, in the order in which it was. By itself before each commit, so that nothing follows it.

    Never within a savepoint: that would take the lines along that were noted before it.
    """
    waiting: list[_Noted] = session.info.get(WAITING, [])
    if not waiting:
        return
    lines, waiting[:] = list(waiting), []
    session.flush()
    for agency_id in sorted({line.agency_id for line in lines}):  # all in one order: no two wait in a circle
        _append(session, agency_id, [line for line in lines if line.agency_id == agency_id])


def latest(session: Session, agency_id: int, *, limit: int = 100, before: int | None = None) -> Sequence[AuditEntry]:
    """The agency's newest lines, newest first; of those with a number below `before`, where that is given."""
    query = select(AuditEntry).where(AuditEntry.agency_id == agency_id)  # uq_audit_entries_agency_id_number
    if before is not None:
        query = query.where(AuditEntry.number < before)
    return session.scalars(query.order_by(AuditEntry.number.desc()).limit(limit)).all()


def _append(session: Session, agency_id: int, noted: Sequence[_Noted]) -> None:
    before, number = _taken(session, agency_id, len(noted))
    rows = []
    for each in noted:
        line = chain.Line(agency_id, number, each.at, each.officer_id, each.verb, each.subject, each.details)
        before = chain.digest(before, line)
        rows.append(_row(each, number=number, digest=before))
        number += 1
    session.execute(insert(AuditEntry), rows)
    ends = update(AuditHead).where(AuditHead.agency_id == agency_id).values(digest=before)
    session.execute(ends.execution_options(synchronize_session=False))


def _taken(session: Session, agency_id: int, lines: int) -> tuple[str, int]:
    """Lock the head until the transaction ends; the digest it ends with, and the number of the next line."""
    fresh = bulk.insert(session, AuditHead).values(agency_id=agency_id, number=lines, digest=chain.BEGINNING)
    moved = fresh.on_conflict_do_update(index_elements=[AuditHead.agency_id], set_={"number": AuditHead.number + lines})
    last, digest = session.execute(moved.returning(AuditHead.number, AuditHead.digest)).one()
    return digest, last - lines + 1


def _row(noted: _Noted, *, number: int, digest: str) -> dict[str, object]:
    return {
        "agency_id": noted.agency_id,
        "number": number,
        "officer_id": noted.officer_id,
        "at": noted.at,
        "verb": noted.verb,
        "subject": noted.subject,
        "details": dict(noted.details),
        "digest": digest,
    }


def _waiting(session: Session) -> list[_Noted]:
    if WAITING not in session.info:
        session.info[WAITING] = []
        event.listen(session, "before_commit", _before_commit)
        event.listen(session, "after_soft_rollback", _undo)
        event.listen(session, "after_transaction_end", _forget)
    found: list[_Noted] = session.info[WAITING]
    return found


def _before_commit(session: Session) -> None:
    if not session.in_nested_transaction():  # that is a savepoint which is released: nothing is committed yet
        write(session)


def _undo(session: Session, ended: SessionTransaction) -> None:
    """Drop the lines of a savepoint that was rolled back, and of those released within it."""
    waiting: list[_Noted] = session.info[WAITING]
    waiting[:] = [line for line in waiting if not _is_within(line.savepoint, ended)]


def _is_within(savepoint: SessionTransaction | None, outer: SessionTransaction) -> bool:
    while savepoint is not None:
        if savepoint is outer:
            return True
        savepoint = savepoint.parent
    return False


def _forget(session: Session, ended: SessionTransaction) -> None:
    if ended.parent is None:
        session.info[WAITING].clear()
