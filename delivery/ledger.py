"""Writing down what became of messages: deliveries merged by key, tallies kept beside them in the same transaction.

Everybody who records locks deliveries in the order of their keys and tallies after them, so that settlements and
receipts which meet wait for each other instead of deadlocking.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import NamedTuple

from sqlalchemy.orm import Session

from db import bulk
from delivery.models import Delivery, Tally
from delivery.states import DeliveryState, Ledger, Report, first, merge

HEARD = tuple(field.name for field in fields(Ledger))
COLUMNS = ("consignment_id", "subscriber_id", "sender_id", *HEARD)
_all_of = attrgetter(*HEARD)

_DIFFERING = ("subscriber_id", "state", "reason", "code", "provider_id", "accepted_at", "failed_at")
ACCEPTED = DeliveryState.ACCEPTED

Key = tuple[int, int]
Cell = tuple[int, int, DeliveryState]


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
    """What recording did to one delivery; `before` is None where nothing was known, `sender_before` whose it was."""

    entry: Entry
    before: Ledger | None
    sender_before: int | None = None


class Taken(NamedTuple):
    """What a provider took of one sub-batch: (subscriber, the provider's name for it, when).

    `attempt` is that of the whole settlement: of the others too.
    """

    consignment_id: int
    sender_id: int
    attempt: int
    messages: Sequence[tuple[int, str, datetime]]


class Settled(NamedTuple):
    """What a settlement did: those of `taken` of whom nothing was known, and what changed in what was known."""

    taken: Taken
    changes: list[Change]


def settle(session: Session, taken: Taken, others: Sequence[Entry], *, may_be_known: bool) -> Settled:
    """Write down a whole settlement: the many that were taken, and what became of the others, in one short statement.

    `may_be_known`: receipts may have been faster than we are (or this is another attempt). Those are merged as
    everywhere else, and locked before anything is inserted, as receipts do it.
    """
    ids = [*(each[0] for each in taken.messages), *(entry.subscriber_id for entry in others)]
    known = _locked(session, [(taken.consignment_id, id_) for id_ in ids]) if may_be_known else {}
    before = {id_ for _, id_ in known}
    new = _insert(session, taken, others, before)
    late = [_accepted(taken, *each) for each in taken.messages if each[0] not in new] if len(new) < len(ids) else []
    late += [entry for entry in others if entry.subscriber_id not in new]
    deltas = Counter({(taken.consignment_id, taken.sender_id, ACCEPTED): len(taken.messages)})
    deltas.update((entry.consignment_id, entry.sender_id, entry.known.state) for entry in others)
    deltas.subtract((entry.consignment_id, entry.sender_id, entry.known.state) for entry in late)
    changes = _merge_in(session, late, are_expected=True)
    _tally(session, changes, deltas)
    fresh = taken.messages if len(new) == len(ids) else [each for each in taken.messages if each[0] in new]
    return Settled(taken._replace(messages=fresh), changes)


def record(session: Session, entries: Iterable[Entry], *, are_expected: bool = False) -> list[Change]:
    """Merge these into the deliveries and keep the tallies; what really changed, in the order of the keys.

    `are_expected` says that most rows exist already (receipts); without it one INSERT does (settlements).
    """
    changes = _merge_in(session, entries, are_expected=are_expected)
    _tally(session, changes)
    return changes


def _insert(session: Session, taken: Taken, others: Sequence[Entry], before: Collection[int]) -> set[int]:
    """One INSERT in the order of the keys, with an array only for what differs; the subscribers nobody knew of."""
    messages = [each for each in taken.messages if each[0] not in before] if before else taken.messages
    entries = [entry for entry in others if entry.subscriber_id not in before]
    if not (messages or entries):
        return set()
    same: dict[str, object] = {
        "consignment_id": taken.consignment_id,
        "sender_id": taken.sender_id,
        "attempt": taken.attempt,
    }
    if entries:
        rows = [(id_, ACCEPTED, None, None, name, at, None) for id_, name, at in messages]
        rows += [(entry.subscriber_id, *(getattr(entry.known, name) for name in _DIFFERING[1:])) for entry in entries]
        columns = zip(*sorted(rows, key=itemgetter(0)), strict=True)
        varying = dict(zip(_DIFFERING, columns, strict=True))
    else:
        same["state"] = ACCEPTED
        columns = zip(*sorted(messages), strict=True)
        varying = dict(zip(("subscriber_id", "provider_id", "accepted_at"), columns, strict=True))
    return bulk.insert_columns(session, Delivery, same, varying, returning="subscriber_id")


def _accepted(taken: Taken, id_: int, provider_id: str, at: datetime) -> Entry:
    report = Report(taken.attempt, ACCEPTED, at, provider_id=provider_id)
    return Entry(taken.consignment_id, id_, taken.sender_id, first(report))


def _merge_in(session: Session, entries: Iterable[Entry], *, are_expected: bool = False) -> list[Change]:
    mine = _by_key(entries)
    if not mine:
        return []
    known = _locked(session, mine) if are_expected else {}
    new = _inserted(session, [entry for key, entry in mine.items() if key not in known])
    known |= _locked(session, [key for key in mine if key not in new and key not in known])
    merged = _merged(mine, known)
    bulk.put_rows(session, bulk.Rows(Delivery, COLUMNS, [_values(change.entry) for change in merged]))
    return [Change(mine[key], None) for key in mine if key in new] + merged


def _by_key(entries: Iterable[Entry]) -> dict[Key, Entry]:
    found: dict[Key, Entry] = {}
    for entry in entries:
        same = found.get(entry.key)
        found[entry.key] = entry if same is None else _both(same, entry)
    return dict(sorted(found.items()))


def _inserted(session: Session, entries: Sequence[Entry]) -> set[Key]:
    rows = bulk.Rows(Delivery, COLUMNS, [_values(entry) for entry in entries])
    return {(consignment_id, subscriber_id) for consignment_id, subscriber_id in bulk.insert_rows(session, rows)}


def _locked(session: Session, keys: Collection[Key]) -> dict[Key, Entry]:
    """What the database knows of these, locked until the end of the transaction. By primary key, in its order."""
    found: dict[Key, Entry] = {}
    for consignment_id, group in groupby(sorted(keys), key=itemgetter(0)):
        wanted = bulk.Rows(Delivery, ("subscriber_id",), [(subscriber_id,) for _, subscriber_id in group])
        for row in bulk.lock_rows(session, {"consignment_id": consignment_id}, wanted, COLUMNS):
            found[row[0], row[1]] = Entry(row[0], row[1], row[2], Ledger(*row[3:]))
    return found


def _merged(mine: dict[Key, Entry], known: dict[Key, Entry]) -> list[Change]:
    changes = []
    for key, before in known.items():
        after = _both(before, mine[key])
        if after.known != before.known:
            changes.append(Change(after, before.known, before.sender_id))
    return changes


def _both(one: Entry, other: Entry) -> Entry:
    """One delivery of which both were heard. It is the sender's whose attempt speaks: each attempt has one sender."""
    known = merge(one.known, other.known)
    sender_id = one.sender_id if known.attempt == one.known.attempt else other.sender_id
    return one._replace(sender_id=sender_id, known=known)


def _values(entry: Entry) -> tuple[object, ...]:
    return (*entry[:3], *_all_of(entry.known))


def _tally(session: Session, changes: Iterable[Change], accepted: Counter[Cell] | None = None) -> None:
    deltas: Counter[Cell] = accepted or Counter()
    for change in changes:
        consignment_id, _, sender_id, after = change.entry
        deltas[consignment_id, sender_id, after.state] += 1
        if change.before is not None:
            deltas[consignment_id, change.sender_before or sender_id, change.before.state] -= 1
    rows = sorted((*key, count) for key, count in deltas.items() if count)
    bulk.add_rows(session, bulk.Rows(Tally, ("consignment_id", "sender_id", "state", "count"), rows))
