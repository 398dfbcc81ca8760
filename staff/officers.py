"""Inviting officers, binding their chat accounts, and finding who speaks through an account.

An invitation's code is a secret that is shown once; only its SHA-256 is kept. It has 192 random bits, so a plain hash
is as good as a slow one. Every failed redemption looks the same from outside.
"""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import and_, bindparam, func, select, update
from sqlalchemy.orm import Session, lazyload

from staff import audit
from staff.models import Account, Agency, Invitation, Officer, Role

CODE_BYTES = 24  # 32 characters; a prefix and this fit into the 64 that Telegram's start parameter may have
VALID_FOR = timedelta(hours=48)
SESSION = timedelta(hours=12)
"""So long nothing that sends asks an account for a code again."""

# Put together once: for every word that is heard that would take longer than to run it.
_AT = select(Account).where(  # the unique key
    Account.sender_id == bindparam("sender_id"), Account.address == bindparam("address")
)


class AlreadyBound(Exception):
    """This account already speaks for another officer here: use another account, or have that officer revoked first."""


class LastAdmin(Exception):
    """Nobody could invite or remove officers any more: make another administrator first."""


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
    _note(session, officer, "officer.invited", by=by, now=now)
    return officer, _coin(session, officer, now=now, expires_in=expires_in)


def reinvite(
    session: Session,
    officer: Officer,
    *,
    now: datetime,
    expires_in: timedelta = VALID_FOR,
    by: Officer | None = None,
) -> str:
    """Another one-time code for an officer whose link ran out, or who has a new phone."""
    _note(session, officer, "officer.relinked", by=by, now=now)
    return _coin(session, officer, now=now, expires_in=expires_in)


def cut_off(
    session: Session, officer: Officer, *, now: datetime, by: Officer | None = None, but: Account | None = None
) -> None:
    """Their phone is lost: no account speaks for them any more (`but` this one), and no open invitation is good."""
    theirs = update(Account).where(Account.officer_id == officer.id, Account.cut_at.is_(None))
    cut = theirs.where(Account.id != but.id) if but is not None else theirs
    session.execute(cut.values(cut_at=now))
    session.execute(update(Invitation).where(Invitation.officer_id == officer.id).values(expires_at=now))
    _note(session, officer, "officer.unbound", by=by, now=now)


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
    if bound is not None and bound.officer_id != officer.id and _speaks(bound):
        raise AlreadyBound(f"the account speaks for officer {bound.officer_id}")
    if not _use_up(session, code, now=now):
        return None
    _bind(session, officer, bound, sender_id=sender_id, address=address, now=now)
    return officer


def behind(session: Session, *, sender_id: int, address: str) -> Officer | None:
    """The officer who speaks through this account, unless revoked. The officer's agency is loaded with them."""
    account = account_of(session, sender_id=sender_id, address=address)
    return account.officer if account is not None else None


def account_of(session: Session, *, sender_id: int, address: str) -> Account | None:
    """The account, if it speaks for an officer who is one."""
    account = _account(session, sender_id, address)
    return account if account is not None and _speaks(account) else None


def is_confirmed(session: Session, *, sender_id: int, address: str, now: datetime) -> bool:
    """Whether a confirmation code was typed from this account within the last twelve hours."""
    account = _account(session, sender_id, address)
    return account is not None and account.confirmed_at is not None and now - account.confirmed_at < SESSION


def confirm(session: Session, *, sender_id: int, address: str, now: datetime) -> None:
    """A confirmation code was typed from this account."""
    account = _account(session, sender_id, address)
    if account is not None:
        account.confirmed_at = now
        session.flush()


def has_left(session: Session, *, sender_id: int, address: str) -> bool:
    """Whether this account spoke for an officer who was revoked or lost their phone, and speaks for nobody since."""
    account = _account(session, sender_id, address)
    return account is not None and not _speaks(account)


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
    query = query.where(Account.cut_at.is_(None))
    return session.scalars(query.order_by(Account.id)).all()


def accounts_of(session: Session, officer_id: int) -> Sequence[Account]:
    """The accounts that speak for this officer now."""
    mine = select(Account).join(Officer, Account.officer_id == Officer.id).where(Account.officer_id == officer_id)
    speaking = mine.where(Account.cut_at.is_(None), Officer.revoked_at.is_(None))
    return session.scalars(speaking.order_by(Account.id)).all()


def of_agency(session: Session, agency_id: int) -> Sequence[tuple[Officer, int]]:
    """Every officer the agency ever had, the oldest first, with the number of chat accounts that speak for them."""
    query = (
        select(Officer, func.count(Account.id))
        .outerjoin(Account, and_(Account.officer_id == Officer.id, Account.cut_at.is_(None)))
        .where(Officer.agency_id == agency_id)
        .group_by(Officer.id)
        .order_by(Officer.id)
    )
    return [(officer, count) for officer, count in session.execute(query.options(lazyload(Officer.agency)))]


def team(session: Session, agency_id: int) -> Sequence[tuple[Officer, Sequence[Account]]]:
    """The agency's officers who are not revoked, the oldest first, with the accounts that speak for them."""
    mine = select(Officer).where(Officer.agency_id == agency_id, Officer.revoked_at.is_(None)).order_by(Officer.id)
    found = session.scalars(mine.options(lazyload(Officer.agency))).all()
    theirs = select(Account).where(Account.officer_id.in_([one.id for one in found]), Account.cut_at.is_(None))
    bound: dict[int, list[Account]] = {one.id: [] for one in found}
    for account in session.scalars(theirs.order_by(Account.id).options(lazyload(Account.officer))):
        bound[account.officer_id].append(account)
    return [(one, bound[one.id]) for one in found]


def find(session: Session, agency_id: int, officer_id: int) -> Officer | None:
    """The agency's officer with this id, unless revoked; another agency's is none."""
    officer = session.get(Officer, officer_id)
    is_ours = officer is not None and officer.agency_id == agency_id and officer.revoked_at is None
    return officer if is_ours else None


def revoke(
    session: Session, officer: Officer, *, now: datetime, by: Officer | None = None, may_be_last: bool = False
) -> None:
    """Take an officer's word away at once: their accounts and open invitations are worth nothing from now on.

    Raises LastAdmin where no other administrator could act, unless that `may_be_last` (who has the command line can
    invite another).
    """
    others = _other_admins(session, officer)
    session.refresh(officer, ["revoked_at"])
    if officer.revoked_at is not None:
        return
    if not (others or may_be_last or officer.role is not Role.ADMIN or _is_unbound(session, officer)):
        raise LastAdmin(f"officer {officer.id} is the last administrator of agency {officer.agency_id}")
    officer.revoked_at = now
    session.flush()
    is_leaving = by is not None and by.id == officer.id
    _note(session, officer, "officer.left" if is_leaving else "officer.revoked", by=by, now=now)


def _other_admins(session: Session, officer: Officer) -> bool:
    """Whether another administrator could act. All of them are locked: two who remove each other do so in turn."""
    session.flush()
    admins = select(Officer.id).where(
        Officer.agency_id == officer.agency_id, Officer.role == Role.ADMIN, Officer.revoked_at.is_(None)
    )
    # Not FOR UPDATE: that waits for whoever writes a line of the audit about them, and they for us.
    ids = session.scalars(admins.order_by(Officer.id).with_for_update(key_share=True)).all()
    acting = select(Account.id).where(Account.officer_id.in_(ids), Account.officer_id != officer.id)
    return session.scalar(acting.where(Account.cut_at.is_(None)).limit(1)) is not None


def _is_unbound(session: Session, officer: Officer) -> bool:
    bound = select(Account.id).where(Account.officer_id == officer.id, Account.cut_at.is_(None))
    return session.scalar(bound.limit(1)) is None


def _speaks(account: Account) -> bool:
    return account.cut_at is None and account.officer.revoked_at is None


def _coin(session: Session, officer: Officer, *, now: datetime, expires_in: timedelta) -> str:
    code = secrets.token_urlsafe(CODE_BYTES)
    session.add(Invitation(officer_id=officer.id, code_hash=_hash(code), created_at=now, expires_at=now + expires_in))
    session.flush()
    return code


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
    account.cut_at, account.confirmed_at = None, now  # the one-time link is as good as a code
    session.add(account)
    session.flush()
    _note(session, officer, "officer.bound", by=officer, now=now, sender_id=sender_id)


def _account(session: Session, sender_id: int, address: str) -> Account | None:
    return session.scalars(_AT, {"sender_id": sender_id, "address": address}).one_or_none()


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
