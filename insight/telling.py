"""Whom an agency's own news goes to: staff groups, administrators, and whoever it concerns. Never a citizen.

An auditor reads everything and is written to by nobody but the weekly report: what is in trouble is not theirs to mend.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from delivery import letters
from delivery.drafts import Draft
from delivery.models import Sender
from staff import groups, officers
from staff.models import Account, Role
from subscribers.models import Address, Subscriber

MENDING = ((Role.ADMIN,), (Role.APPROVER, Role.AUTHOR))
"""Who is told of trouble: the first of these that can be reached at all."""


def groups_of(session: Session, agency_id: int, text: str, *, now: datetime) -> int:
    """Write this to every staff group of the agency whose sender works; to how many."""
    told = 0
    for group in groups.of_agency(session, agency_id):
        sender = session.get(Sender, group.sender_id)
        if sender is not None and sender.stopped_at is None:
            post(session, agency_id, sender.id, group.address, Draft(text), now=now)
            told += 1
    return told


def has_groups(session: Session, agency_id: int) -> bool:
    """Whether there is a staff group that can be written to."""
    found = groups.of_agency(session, agency_id)
    return bool({group.sender_id for group in found} & working(session, agency_id))


def menders(
    session: Session, agency_id: int, *, officer_id: int | None = None, not_by: int | None = None
) -> Sequence[Account]:
    """The accounts of administrators, where none can be reached of who may write; and those of one officer besides.

    `not_by` is a sender that may reach nobody: by others where there are any.
    """
    there = working(session, agency_id)
    found: list[Account] = []
    for roles in MENDING:
        mine = {each.id: each for role in roles for each in officers.accounts(session, agency_id, role=role)}
        found = found or [each for each in mine.values() if each.sender_id in there]
        if officer_id is not None:
            theirs = [each for each in mine.values() if each.officer_id == officer_id and each.sender_id in there]
            found += [each for each in theirs if each not in found]
    return [each for each in found if each.sender_id != not_by] or found


def everybody(session: Session, agency_id: int) -> Sequence[Account]:
    """One account of each officer, auditors too: the one they wrote from last, where its sender works."""
    there = working(session, agency_id)
    accounts = [each for role in Role for each in officers.accounts(session, agency_id, role=role)]
    best: dict[int, tuple[datetime, int, Account]] = {}
    for each in accounts:
        if each.sender_id in there:
            rank = (_seen(session, each) or each.bound_at, each.id, each)
            best[each.officer_id] = max(best.get(each.officer_id, rank), rank, key=lambda found: found[:2])
    return [account for _, _, account in best.values()]


def post(session: Session, agency_id: int, sender_id: int, to: str, draft: Draft, *, now: datetime) -> None:
    """Write one letter."""
    letters.post(session, sender_id=sender_id, agency_id=agency_id, to=to, draft=draft, now=now)


def reader(session: Session, sender_id: int, address: str, enabled: Sequence[str]) -> str:
    """The language of whoever reads there: the one they chose for themselves, else the agency's first."""
    query = select(Subscriber.locale).join(Address, Address.subscriber_id == Subscriber.id)
    chosen = session.scalar(query.where(Address.sender_id == sender_id, Address.value == address))
    return chosen or enabled[0]


def working(session: Session, agency_id: int) -> set[int]:
    """The agency's senders that are not stopped."""
    return set(session.scalars(select(Sender.id).where(Sender.agency_id == agency_id, Sender.stopped_at.is_(None))))


def _seen(session: Session, account: Account) -> datetime | None:
    where = (Address.sender_id == account.sender_id, Address.value == account.address)  # the unique key
    return session.scalar(select(Address.last_inbound_at).where(*where))
