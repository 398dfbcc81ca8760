"""Writing down what became of messages: deliveries merged by key, tallies kept beside them in the same transaction.

Everybody who records locks deliveries in the order of their keys and tallies after them, so that settlements and
receipts which meet wait for each other instead of deadlocking.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, fields
from itertools import groupby
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import bulk
from delivery.models import Delivery, Tally
from delivery.states import DeliveryState, Ledger, merge

HEARD = tuple(field.name for field in fields(Ledger))
COLUMNS = ("consignment_id", "subscriber_id", "sender_id", *HEARD)
_ROW = [getattr(Delivery, name) for name in COLUMNS]

Key = tuple[int, int]


class Entry(NamedTuple):
    """What is known of one delivery."""

    consignment_id: int
    subscriber_id: int
    sender_id: int
    known: Ledger

    @property
    def key(self) -> Key:
        """The delivery's primary key."""
        return (self.consignment_id, self.subscriber_id)


@dataclass(frozen=True, slots=True)
class Change:
    """What recording did to one delivery; `before` is None where nothing was known."""

    entry: Entry
    before: Ledger | None


def record(session: Session, entries: Iterable[Entry], *, are_expected: bool = False) -> list[Change]:
    """Merge these into the deliveries and keep the tallies; what really changed, in the order of the keys.

    `are_expected` says that most rows exist already (receipts); without it one INSERT does (settlements).
    """
    mine = _by_key(entries)
    known = _locked(session, mine) if are_expected else {}
    new = _inserted(session, [entry for key, entry in mine.items() if key not in known])
    known |= _locked(session, [key for key in mine if key not in new and key not in known])
    merged = _merged(mine, known)
    bulk.put_rows(session, bulk.Rows(Delivery, COLUMNS, [_values(change.entry) for change in merged]))
    changes = [Change(mine[key], None) for key in mine if key in new] + merged
    _tally(session, changes)
    return changes


def _by_key(entries: Iterable[Entry]) -> dict[Key, Entry]:
    found: dict[Key, Entry] = {}
    for entry in entries:
        same = found.get(entry.key)
        found[entry.key] = entry if same is None else same._replace(known=merge(same.known, entry.known))
    return dict(sorted(found.items()))


def _inserted(session: Session, entries: Sequence[Entry]) -> set[Key]:
    rows = bulk.Rows(Delivery, COLUMNS, [_values(entry) for entry in entries])
    return {(consignment_id, subscriber_id) for consignment_id, subscriber_id in bulk.insert_rows(session, rows)}


def _locked(session: Session, keys: Collection[Key]) -> dict[Key, Entry]:
    """What the database knows of these, locked until the end of the transaction. By primary key."""
    found: dict[Key, Entry] = {}
    for consignment_id, group in groupby(sorted(keys), key=lambda key: key[0]):
        ids = [subscriber_id for _, subscriber_id in group]
        question = (
            select(*_ROW)
            .where(Delivery.consignment_id == consignment_id, Delivery.subscriber_id.in_(ids))
            .order_by(Delivery.subscriber_id)
            .with_for_update()
        )
        for row in session.execute(question):
            found[row[0], row[1]] = Entry(row[0], row[1], row[2], Ledger(*row[3:]))
    return found


def _merged(mine: dict[Key, Entry], known: dict[Key, Entry]) -> list[Change]:
    changes = []
    for key, before in known.items():
        after = merge(before.known, mine[key].known)
        if after != before.known:
            changes.append(Change(before._replace(known=after), before.known))
    return changes


def _values(entry: Entry) -> tuple[object, ...]:
    known = entry.known
    return (entry.consignment_id, entry.subscriber_id, entry.sender_id, *(getattr(known, name) for name in HEARD))


def _tally(session: Session, changes: Iterable[Change]) -> None:
    deltas: Counter[tuple[int, int, DeliveryState]] = Counter()
    for change in changes:
        consignment_id, _, sender_id, after = change.entry
        deltas[consignment_id, sender_id, after.state] += 1
        if change.before is not None:
            deltas[consignment_id, sender_id, change.before.state] -= 1
    rows = sorted((*key, count) for key, count in deltas.items() if count)
    bulk.add_rows(session, bulk.Rows(Tally, ("consignment_id", "sender_id", "state", "count"), rows))
