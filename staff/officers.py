"""Inviting officers, binding their chat accounts, and finding who speaks through an account.

An invitation's code is a secret that is shown once; only its SHA-256 is kept. It has 192 random bits, so a plain hash
is as good as a slow one. Every failed redemption looks the same from outside.
"""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, lazyload

from staff import audit
from staff.models import Account, Agency, Invitation, Officer, Role

CODE_BYTES = 24  # 32 characters; a prefix and this fit into the 64 that Telegram's start parameter may have
VALID_FOR = timedelta(hours=48)


class AlreadyBound(Exception):
    """This account already speaks for another officer here: use another account, or have that officer revoked first."""


def invite(
    session: Session,
    agency: Agency,
    *,
    name: str,
    role: Role,
    now: datetime,
    expires_in: timedelta = VALID_FOR,
    by: Officer | None = None,
) -> tuple[Officer, str]:
    """A new officer without an account yet, and the one-time code (A-Z, a-z, 0-9, - and _) that will bind one."""
    officer = Officer(agency_id=agency.id, agency=agency, name=name, role=role, created_at=now)
    session.add(officer)
    session.flush()
    code = reinvite(session, officer, now=now, expires_in=expires_in)
    _note(session, officer, "officer.invited", by=by, now=now)
    return officer, code


def reinvite(session: Session, officer: Officer, *, now: datetime, expires_in: timedelta = VALID_FOR) -> str:
    """Another one-time code for an officer whose link ran out or who has a new phone."""
    code = secrets.token_urlsafe(CODE_BYTES)
    session.add(Invitation(officer_id=officer.id, code_hash=_hash(code), created_at=now, expires_at=now + expires_in))
    session.flush()
    return code


def redeem(
    session: Session, code: str, *, sender_id: int, agency_id: int, address: str, now: datetime
) -> Officer | None:
    """Bind this account by a code, once, through a sender of the officer's own agency (`agency_id` is the sender's).

    None for a code that is unknown, used, expired, revoked or another agency's: nobody learns which. AlreadyBound, and
    the code stays good, where the account speaks for another officer.
    """
    officer = _invited(session, code, agency_id=agency_id, now=now)
    if officer is None:
        return None
    bound = _account(session, sender_id, address)
    if bound is not None and bound.officer_id != officer.id and bound.officer.revoked_at is None:
        raise AlreadyBound(f"the account speaks for officer {bound.officer_id}")
    if not _use_up(session, code, now=now):
        return None
    _bind(session, officer, bound, sender_id=sender_id, address=address, now=now)
    return officer


def behind(session: Session, *, sender_id: int, address: str) -> Officer | None:
    """The officer who speaks through this account, unless revoked. The officer's agency is loaded with them."""
    account = _account(session, sender_id, address)
    if account is None or account.officer.revoked_at is not None:
        return None
    return account.officer


def has_left(session: Session, *, sender_id: int, address: str) -> bool:
    """Whether this account spoke for an officer who was revoked, and speaks for nobody since."""
    account = _account(session, sender_id, address)
    return account is not None and account.officer.revoked_at is not None


def unbind(session: Session, *, sender_id: int, address: str, now: datetime) -> None:
    """This account has another owner now (a recycled number): nobody speaks through it until they are invited again."""
    account = _account(session, sender_id, address)
    if account is None:
        return
    officer = account.officer
    session.delete(account)
    session.flush()
    _note(session, officer, "officer.unbound", by=None, now=now, sender_id=sender_id)


def accounts(session: Session, agency_id: int, *, role: Role) -> Sequence[Account]:
    """The accounts of the agency's officers with this role who are not revoked."""
    query = select(Account).join(Officer, Account.officer_id == Officer.id)
    query = query.where(Officer.agency_id == agency_id, Officer.role == role, Officer.revoked_at.is_(None))
    return session.scalars(query.order_by(Account.id)).all()


def of_agency(session: Session, agency_id: int) -> Sequence[tuple[Officer, int]]:
    """Every officer the agency ever had, the oldest first, with the number of chat accounts that speak for them."""
    query = (
        select(Officer, func.count(Account.id))
        .outerjoin(Account, Account.officer_id == Officer.id)
        .where(Officer.agency_id == agency_id)
        .group_by(Officer.id)
        .order_by(Officer.id)
    )
    return [(officer, count) for officer, count in session.execute(query.options(lazyload(Officer.agency)))]


def revoke(session: Session, officer: Officer, *, now: datetime, by: Officer | None = None) -> None:
    """Take an officer's word away at once: their accounts and open invitations are worth nothing from now on."""
    if officer.revoked_at is None:
        officer.revoked_at = now
        session.flush()
        _note(session, officer, "officer.revoked", by=by, now=now)


def _invited(session: Session, code: str, *, agency_id: int, now: datetime) -> Officer | None:
    query = select(Officer).join(Invitation, Invitation.officer_id == Officer.id)
    query = query.where(Invitation.code_hash == _hash(code), Invitation.used_at.is_(None), Invitation.expires_at > now)
    query = query.where(Officer.agency_id == agency_id, Officer.revoked_at.is_(None))
    return session.scalars(query).one_or_none()


def _use_up(session: Session, code: str, *, now: datetime) -> bool:
    spent = update(Invitation).where(Invitation.code_hash == _hash(code), Invitation.used_at.is_(None))
    won = session.execute(spent.values(used_at=now).returning(Invitation.id)).all()
    return bool(won)


def _bind(
    session: Session, officer: Officer, bound: Account | None, *, sender_id: int, address: str, now: datetime
) -> None:
    account = bound or Account(sender_id=sender_id, address=address)
    account.officer, account.officer_id, account.bound_at = officer, officer.id, now
    session.add(account)
    session.flush()
    _note(session, officer, "officer.bound", by=officer, now=now, sender_id=sender_id)


def _account(session: Session, sender_id: int, address: str) -> Account | None:
    query = select(Account).where(Account.sender_id == sender_id, Account.address == address)  # the unique key
    return session.scalars(query).one_or_none()


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()


def _note(
    session: Session, officer: Officer, verb: str, *, by: Officer | None, now: datetime, **details: audit.Detail
) -> None:
    audit.note(
        session,
        agency_id=officer.agency_id,
        officer_id=by.id if by else None,
        verb=verb,
        subject=f"officer:{officer.id}",
        now=now,
        details={"role": officer.role.value, **details},
    )
