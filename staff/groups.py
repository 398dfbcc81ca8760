"""Staff groups: allowed by a code that an administrator was shown in private and types there; moved, and removed."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from db import bulk
from staff import audit
from staff.models import GroupCode, Officer, Role, StaffGroup

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
CODE_LENGTH = 8  # 31 to the 8th power, and only administrators can try
VALID_FOR = timedelta(minutes=15)
TITLE_LENGTH = 255


def offer(session: Session, officer: Officer, *, now: datetime) -> str:
    """A one-time code that allows the group in which an administrator of the officer's agency types it."""
    code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
    session.add(GroupCode(officer_id=officer.id, code_hash=_hash(code), expires_at=now + VALID_FOR))
    session.flush()
    return code


def allow(
    session: Session, code: str, officer: Officer, *, sender_id: int, address: str, title: str, now: datetime
) -> StaffGroup | None:
    """Allow the group in which this administrator typed the code; None where the code is good for nothing here."""
    if officer.role is not Role.ADMIN or officer.revoked_at is not None or not _use_up(session, code, officer, now):
        return None
    row = {"agency_id": officer.agency_id, "sender_id": sender_id, "address": address, "allowed_at": now}
    bulk.insert_new(session, StaffGroup, [row | {"title": title[:TITLE_LENGTH]}], StaffGroup.id)
    group = find(session, sender_id=sender_id, address=address)
    assert group is not None, "either we or somebody else inserted it"
    _note(session, group, "group.allowed", officer, now)
    return group


def find(session: Session, *, sender_id: int, address: str) -> StaffGroup | None:
    """The group at this address, if it was allowed."""
    query = select(StaffGroup).where(StaffGroup.sender_id == sender_id, StaffGroup.address == address)
    return session.scalars(query).one_or_none()  # the unique key


def of_agency(session: Session, agency_id: int) -> Sequence[StaffGroup]:
    """The agency's groups, the oldest first."""
    return session.scalars(select(StaffGroup).where(StaffGroup.agency_id == agency_id).order_by(StaffGroup.id)).all()


def remove(session: Session, group: StaffGroup, *, now: datetime, by: Officer | None = None) -> None:
    """It is told nothing any more, and nothing said there is answered. `by` nobody: we were put out of it."""
    if bulk.changed(session, delete(StaffGroup).where(StaffGroup.id == group.id)):
        _note(session, group, "group.removed", by, now)


def move(session: Session, group: StaffGroup, address: str, *, now: datetime) -> None:
    """The same group has another address from now on."""
    if find(session, sender_id=group.sender_id, address=address) is not None:
        remove(session, group, now=now)
        return
    group.address = address
    session.flush()
    _note(session, group, "group.moved", None, now)


def _use_up(session: Session, code: str, officer: Officer, now: datetime) -> bool:
    colleagues = select(Officer.id).where(Officer.agency_id == officer.agency_id, Officer.revoked_at.is_(None))
    mine = update(GroupCode).where(GroupCode.code_hash == _hash(code), GroupCode.officer_id.in_(colleagues))
    good = mine.where(GroupCode.used_at.is_(None), GroupCode.expires_at > now)
    return bool(session.execute(good.values(used_at=now).returning(GroupCode.id)).all())


def _hash(code: str) -> str:
    return hashlib.sha256("".join(code.split()).upper().encode()).hexdigest()


def _note(session: Session, group: StaffGroup, verb: str, by: Officer | None, now: datetime) -> None:
    audit.note(
        session,
        agency_id=group.agency_id,
        officer_id=by.id if by else None,
        verb=verb,
        subject=f"group:{group.id}",
        now=now,
        details={"title": group.title, "sender_id": group.sender_id},
    )
