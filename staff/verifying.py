"""Reading an agency's audit from its first line on: to prove that it is whole, and to take it out of the house."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, and_, func, not_, select
from sqlalchemy.orm import Session

from staff import chain
from staff.chain import Broken, Head, How, Kept, Line
from staff.models import AuditEntry, AuditHead

PAGE = 1_000
Place = tuple[int, int]
FIRST: Place = (-(2**63), 0)
"""Before every line, by number and id: one that was put in may have any number."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found in one chain: where it ends, and the first line that is not as it was written."""

    head: Head
    broken: Broken | None


def verify(session: Session, agency_id: int) -> Verdict:
    """Walk an agency's chain. Lines that are added meanwhile are left to the next time."""
    head = _head(session, agency_id)
    broken = chain.first_broken(_until(session, agency_id, head.number), head)
    return Verdict(head, broken or _beyond(session, agency_id))


def pages(session: Session, agency_id: int) -> Iterator[Sequence[Kept]]:
    """All lines in the order of their numbers, a thousand at a time: as many as there are need no more memory."""
    after = FIRST
    while True:
        rows = session.scalars(_after(agency_id, after).limit(PAGE)).all()
        if not rows:
            return
        yield [_kept(row) for row in rows]
        after = (rows[-1].number, rows[-1].id)
        session.expunge_all()


def exported(kept: Kept) -> str:
    """A line as JSON: its canonical form and its digest."""
    return chain.written({**chain.canonical(kept.line), "digest": kept.digest})


def _until(session: Session, agency_id: int, number: int) -> Iterator[Kept]:
    for page in pages(session, agency_id):
        for kept in page:
            if kept.line.number > number:
                return
            yield kept


def _beyond(session: Session, agency_id: int) -> Broken | None:
    """Lines behind the head: one statement, so that no officer's line can come between."""
    heads = select(func.coalesce(func.max(AuditHead.number), 0)).where(AuditHead.agency_id == agency_id)
    behind = select(func.min(AuditEntry.number)).where(AuditEntry.agency_id == agency_id)
    number = session.scalar(behind.where(AuditEntry.number > heads.scalar_subquery()))
    return None if number is None else Broken(number, How.PUT_IN)


def _head(session: Session, agency_id: int) -> Head:
    row = session.execute(
        select(AuditHead.number, AuditHead.digest).where(AuditHead.agency_id == agency_id)
    ).one_or_none()
    return Head(row.number, row.digest) if row is not None else Head()


def _after(agency_id: int, place: Place) -> Select[AuditEntry]:
    """By number, and by id where somebody gave one number twice. Index: uq_audit_entries_agency_id_number."""
    number, line_id = place
    is_passed = and_(AuditEntry.number == number, AuditEntry.id <= line_id)
    query = select(AuditEntry).where(AuditEntry.agency_id == agency_id, AuditEntry.number >= number, not_(is_passed))
    return query.order_by(AuditEntry.number, AuditEntry.id)


def _kept(row: AuditEntry) -> Kept:
    line = Line(row.agency_id, row.number, row.at, row.officer_id, row.verb, row.subject, row.details)
    return Kept(line, row.digest)
