"""Who got an announcement and who did not: numbers by reason, and files for officers that name nobody.

A line of a file has our reference, the channel, the last four characters of the address, the language, the state, the
reason and when. Whoever opens it in a spreadsheet runs no formula: what could be one is written as text.
"""

import csv
import hashlib
import io
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from broadcast import outcomes
from broadcast.models import Broadcast, OutcomeLink
from broadcast.states import Outcome
from db import bulk
from delivery import consignments, retention
from delivery.consignments import CLOSED_TO_RECEIPTS
from delivery.gate import OTHERWISE_REACHED
from delivery.models import Consignment, Delivery, Sender
from delivery.states import DeliveryState
from staff.models import Officer
from subscribers.models import Address, Subscriber

COLUMNS = ("reference", "channel", "address_ends_in", "language", "state", "reason", "at")
AT_ONCE = 1_000  # lines read together
MOST = 20_000  # lines of a file in chat or behind a link: two seconds of work; the command line writes all
SHOWN = 4  # characters of an address
FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n")  # https://owasp.org/www-community/attacks/CSV_Injection
TOKEN_BYTES = 32
VALID_FOR = timedelta(minutes=15)
FORGOTTEN_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Number:
    """How many people for one reason (None: there is none to name)."""

    reason: str | None
    people: int


def numbers(session: Session, broadcast: Broadcast, outcome: Outcome) -> list[Number]:
    """How many by reason, most first; once the deliveries have left, what was noted of those not reached."""
    if is_kept(session, broadcast):
        query = select(Delivery.reason, func.count()).where(  # the primary key
            Delivery.consignment_id == broadcast.id, outcomes.is_of(outcome)
        )
        found = [Number(reason, people) for reason, people in session.execute(query.group_by(Delivery.reason))]
    else:
        noted = retention.reasons(session, broadcast.id, states=outcomes.STATES[outcome])
        others = OTHERWISE_REACHED if outcome is Outcome.UNREACHED else ()
        found = [Number(reason, people) for reason, people in noted.items() if reason not in others]
    return sorted(found, key=lambda each: (-each.people, each.reason or ""))


def overview(session: Session, broadcast: Broadcast) -> dict[Outcome, int]:
    """How many of each outcome: from the tallies, but for those who have it otherwise."""
    counted = consignments.tallies(session, broadcast.id)
    found = {outcome: sum(counted.get(state, 0) for state in outcomes.STATES[outcome]) for outcome in Outcome}
    if counted.get(DeliveryState.WITHHELD):
        found[Outcome.UNREACHED] = sum(each.people for each in numbers(session, broadcast, Outcome.UNREACHED))
    return found


def is_kept(session: Session, broadcast: Broadcast) -> bool:
    """Whether it is still known who got it: an agency's term for that may be over."""
    consignment = session.get(Consignment, broadcast.id)
    return consignment is not None and consignment.state not in CLOSED_TO_RECEIPTS


def lines(
    session: Session, broadcast: Broadcast, outcome: Outcome, *, most: int | None = None, at_once: int = AT_ONCE
) -> Iterator[str]:
    """The file as lines of CSV, the head first, read a thousand at a time; `most`: no more people than so many."""
    yield _written(COLUMNS)
    after, left = 0, most
    while left is None or left > 0:
        page = _page(session, broadcast, outcome, after=after, limit=at_once if left is None else min(at_once, left))
        if not page:
            return
        yield from (_written(row) for row in _rows(session, page))
        after, left = page[-1].subscriber_id, None if left is None else left - len(page)


def content(session: Session, broadcast: Broadcast, outcome: Outcome, *, most: int = MOST, largest: int) -> bytes:
    """The file at once, as much of it as `largest` bytes hold. With a mark that says it is UTF-8, for spreadsheets."""
    written = bytearray("\ufeff".encode())
    for line in lines(session, broadcast, outcome, most=most):
        encoded = line.encode()
        if len(written) + len(encoded) > largest:
            break
        written += encoded
    return bytes(written)


def open_link(session: Session, broadcast: Broadcast, outcome: Outcome, officer: Officer, *, now: datetime) -> str:
    """The token of a link that gives this officer this file, once, for a quarter of an hour."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    row = OutcomeLink(token_hash=_hash(token), broadcast_id=broadcast.id, outcome=outcome, officer_id=officer.id)
    row.expires_at = now + VALID_FOR
    session.add(row)
    session.flush()
    return token


def behind(session: Session, token: str, *, now: datetime) -> OutcomeLink | None:
    """What this token opens; None: nothing, any more, or its officer was revoked since."""
    query = select(OutcomeLink).join(Officer, Officer.id == OutcomeLink.officer_id)
    query = query.where(OutcomeLink.token_hash == _hash(token), OutcomeLink.expires_at > now)
    return session.scalars(query.where(Officer.revoked_at.is_(None))).one_or_none()


def take(session: Session, token: str, *, now: datetime) -> OutcomeLink | None:
    """The same, and it is used up by that: of two who come at once one gets it."""
    found = behind(session, token, now=now)
    if found is None:
        return None
    used = bulk.changed(session, delete(OutcomeLink).where(OutcomeLink.token_hash == found.token_hash))
    session.expunge(found)
    return found if used else None


def forget(session: Session, now: datetime) -> int:
    """Delete links that are over, at most 1,000; how many."""
    old = select(OutcomeLink.token_hash).where(OutcomeLink.expires_at <= now).order_by(OutcomeLink.expires_at)
    gone = delete(OutcomeLink).where(OutcomeLink.token_hash.in_(old.limit(FORGOTTEN_AT_ONCE)))
    return bulk.changed(session, gone)


def file_name(broadcast: Broadcast, outcome: Outcome) -> str:
    """What the file is called."""
    return f"{broadcast.code}-{outcome}.csv"


def ending(address: str) -> str:
    """The end of an address, by which its owner can be recognised and nobody else be reached; never all of it."""
    value = address.rpartition(":")[2]
    return f"…{value[-SHOWN:]}" if len(value) > SHOWN else "…"


class _Row(NamedTuple):
    """What a line needs of a delivery: plain values, because there are many."""

    consignment_id: int
    subscriber_id: int
    sender_id: int
    attempt: int
    state: DeliveryState
    reason: str | None
    accepted_at: datetime | None
    sent_at: datetime | None
    delivered_at: datetime | None
    read_at: datetime | None
    failed_at: datetime | None


_FIELDS = [getattr(Delivery, name) for name in _Row._fields]


def _page(session: Session, broadcast: Broadcast, outcome: Outcome, *, after: int, limit: int) -> list[_Row]:
    query = select(*_FIELDS).where(Delivery.consignment_id == broadcast.id, Delivery.subscriber_id > after)
    rows = session.execute(query.where(outcomes.is_of(outcome)).order_by(Delivery.subscriber_id).limit(limit))
    return [_Row._make(row) for row in rows]


def _rows(session: Session, page: Sequence[_Row]) -> Iterator[tuple[str, ...]]:
    channels = {row.id: row.channel for row in session.execute(select(Sender.id, Sender.channel))}
    people = _people(session, [each.subscriber_id for each in page])
    for each in page:
        locale, addresses = people.get(each.subscriber_id, ("", {}))
        yield (
            f"{each.consignment_id}-{each.subscriber_id}-{each.attempt}",
            channels.get(each.sender_id, ""),
            ending(addresses[each.sender_id]) if each.sender_id in addresses else "",
            locale,
            each.state.value,
            each.reason or "",
            _at(each),
        )


def _people(session: Session, ids: Sequence[int]) -> dict[int, tuple[str, dict[int, str]]]:
    """The language of each, and the address at each sender; of several there the one that was there first."""
    owner = func.coalesce(Subscriber.merged_into_id, Subscriber.id)
    query = select(Subscriber.id, Subscriber.locale, Address.sender_id, Address.value)
    query = query.outerjoin(Address, Address.subscriber_id == owner)  # ix_addresses_subscriber_id
    found: dict[int, tuple[str, dict[int, str]]] = {}
    for id_, locale, sender_id, value in session.execute(
        query.where(bulk.among(session, Subscriber.id, ids)).order_by(Subscriber.id, Address.id)
    ):
        addresses = found.setdefault(id_, (locale, {}))[1]
        if sender_id is not None:
            addresses.setdefault(sender_id, value)
    return found


def _at(each: _Row) -> str:
    """When the state came about, as far as it was told, in UTC."""
    at: datetime | None = getattr(each, f"{each.state}_at", None)
    return at.isoformat(timespec="seconds") if at is not None else ""


def _written(cells: Sequence[str]) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="\r\n").writerow([_harmless(cell) for cell in cells])
    return written.getvalue()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULAS) else cell


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
