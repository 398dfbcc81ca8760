"""Settling receipts: whatever their order, however often they come, before or after our own settlement.

The reference we gave the message says whose receipt it is, so no index on provider ids is needed.
"""

import random
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from channels.contract import Heard, Misconfigured, Receipt, Refusal, Unreachable
from delivery import curves, detours, ledger, meters, outcomes, reach, retries, senders
from delivery.consignments import CLOSED_TO_RECEIPTS
from delivery.ledger import Change, Entry
from delivery.models import Consignment, Letter, Sender
from delivery.outcomes import Next, Terms
from delivery.reach import Lost
from delivery.retries import Waiting
from delivery.states import REACHED, DeliveryState, Lane, LetterState, Report, first
from subscribers.models import Address

log = structlog.get_logger(__name__)

MESSAGE = re.compile(r"^([0-9]{1,18})-([0-9]{1,18})-([0-9]{1,6})$")
LETTER = re.compile(r"^letter-([0-9]{1,18})$")

Key = tuple[int, int]

_OPEN = select(Consignment).where(  # put together once: that takes longer than to run it
    Consignment.id.in_(bindparam("ids", expanding=True)),
    Consignment.agency_id == bindparam("agency_id"),
    Consignment.state.not_in(CLOSED_TO_RECEIPTS),  # else a late one would bring back a row that has left
)


@dataclass(frozen=True, slots=True)
class Settled:
    """How many receipts were ours, and how many told us of nothing we know."""

    settled: int
    ignored: int


def settle(session: Session, sender: Sender, receipts: Sequence[Receipt], *, now: datetime) -> Settled:
    """Merge these receipts of one sender into deliveries and letters. Those without a reference of ours are ignored."""
    messages, letters = _read(receipts)
    known = _consignments(session, sender, {key[0] for key, _, _ in messages})
    ours = [(key, attempt, receipt) for key, attempt, receipt in messages if key[0] in known]
    entries = [_entry(sender, key, attempt, receipt, now) for key, attempt, receipt in ours]
    changes = ledger.record(session, entries, are_expected=True)
    curves.follow(session, changes, launched_at={id_: each.launched_at for id_, each in known.items()})
    _follow_failures(session, sender, known, _news(changes, ours), now=now)
    reach.after_arrivals(session, sender.id, _arrived(changes))
    settled = len(ours) + _settle_letters(session, sender, letters, now=now)
    meters.receipts(sender.channel, settled=settled, ignored=len(receipts) - settled)
    if ignored := len(receipts) - settled:
        log.info("receipts.ignored", sender_id=sender.id, count=ignored)
    return Settled(settled, ignored)


def _read(receipts: Iterable[Receipt]) -> tuple[list[tuple[Key, int, Receipt]], list[tuple[int, Receipt]]]:
    messages, letters = [], []
    for receipt in receipts:
        if found := MESSAGE.match(receipt.reference or ""):
            consignment_id, subscriber_id, attempt = map(int, found.groups())
            messages.append(((consignment_id, subscriber_id), attempt, receipt))
        elif found := LETTER.match(receipt.reference or ""):
            letters.append((int(found[1]), receipt))
    return messages, letters


def _consignments(session: Session, sender: Sender, ids: set[int]) -> dict[int, Consignment]:
    if not ids:
        return {}
    mine = session.scalars(_OPEN, {"ids": list(ids), "agency_id": sender.agency_id})
    return {consignment.id: consignment for consignment in mine}


def _entry(sender: Sender, key: Key, attempt: int, receipt: Receipt, now: datetime) -> Entry:
    refusal = receipt.refusal
    report = Report(
        attempt=attempt,
        heard=DeliveryState(receipt.heard),
        at=receipt.at or now,
        reason=outcomes.name(refusal) if refusal else None,
        code=outcomes.word(refusal.code) if refusal else None,
        provider_id=receipt.provider_id,
    )
    return Entry(*key, sender.id, first(report))


def _news(changes: Iterable[Change], ours: Iterable[tuple[Key, int, Receipt]]) -> list[tuple[Entry, Refusal]]:
    """The deliveries that have failed only now, with why. A failure that is repeated, or overtaken, is no news."""
    refusals: dict[tuple[Key, int], Refusal] = {}
    for key, attempt, receipt in ours:
        if receipt.heard is Heard.FAILED and receipt.refusal is not None:
            refusals.setdefault((key, attempt), receipt.refusal)
    news = []
    for change in changes:
        after, before = change.entry.known, change.before
        is_new = before is None or (before.state, before.attempt) != (after.state, after.attempt)
        refusal = refusals.get((change.entry.key, after.attempt))
        if after.state is DeliveryState.FAILED and is_new and refusal is not None:
            news.append((change.entry, refusal))
    return news


def _follow_failures(
    session: Session,
    sender: Sender,
    known: dict[int, Consignment],
    news: Sequence[tuple[Entry, Refusal]],
    *,
    now: datetime,
) -> None:
    waiting, lost = list[Waiting](), dict[int, Unreachable]()
    for entry, refusal in news:
        after = _after(known[entry.consignment_id], entry, refusal, now)
        if after.retry_at is not None:
            waiting.append(_again(sender.id, known[entry.consignment_id], entry, after.retry_at))
        if isinstance(refusal, Unreachable):
            lost[entry.subscriber_id] = refusal
    stranded = [entry for entry, refusal in news if isinstance(refusal, Unreachable)]
    waiting += _detours(session, sender, known, stranded, now=now)
    retries.put(session, waiting, by=sender.id)
    _give_up_addresses(session, sender, lost, now)
    _stop_if_misconfigured(session, sender, [refusal for _, refusal in news], now)


def _detours(
    session: Session, sender: Sender, known: dict[int, Consignment], stranded: Iterable[Entry], *, now: datetime
) -> list[Waiting]:
    """Who could not be reached and has another address gets it there, as long as there is time for another attempt."""
    waiting = []
    by_consignment = defaultdict[int, dict[int, Entry]](dict)
    for entry in stranded:
        if now < _deadline(known[entry.consignment_id], entry):
            by_consignment[entry.consignment_id][entry.subscriber_id] = entry
    for id_, entries in sorted(by_consignment.items()):
        is_alert = known[id_].lane is Lane.ALERT
        found = detours.around(session, id_, sender.id, entries, agency_id=sender.agency_id, is_alert=is_alert, now=now)
        waiting += [_again(other_id, known[id_], entries[person], now) for person, other_id in found.items()]
    return waiting


def _again(sender_id: int, consignment: Consignment, entry: Entry, at: datetime) -> Waiting:
    deadline_at = _deadline(consignment, entry)
    own = deadline_at if deadline_at != consignment.deadline_at else None
    return Waiting(entry.consignment_id, entry.subscriber_id, sender_id, entry.known.attempt + 1, at, own)


def _deadline(consignment: Consignment, entry: Entry) -> datetime:
    """Whoever got it after the deadline had been postponed: their time began then."""
    accepted_at = entry.known.accepted_at
    if accepted_at is None or accepted_at < consignment.deadline_at:
        return consignment.deadline_at
    return accepted_at + (consignment.deadline_at - consignment.launched_at)


def _arrived(changes: Iterable[Change]) -> list[int]:
    """Whom a message has reached only now, by subscriber id."""
    return [
        change.entry.subscriber_id
        for change in changes
        if change.entry.known.state in REACHED and (change.before is None or change.before.state not in REACHED)
    ]


def _after(consignment: Consignment, entry: Entry, refusal: Refusal, now: datetime) -> Next:
    terms = Terms(entry.known.attempt, consignment.lane, consignment.policy, _deadline(consignment, entry))
    return outcomes.follow_receipt(refusal, terms, now=now, chance=random.random())  # noqa: S311 - spreads load


def _give_up_addresses(session: Session, sender: Sender, lost: dict[int, Unreachable], now: datetime) -> None:
    if not lost:
        return
    asked = select(Address.subscriber_id, Address.value).where(
        Address.subscriber_id.in_(lost), Address.sender_id == sender.id
    )
    found = [Lost(value, lost[subscriber_id]) for subscriber_id, value in session.execute(asked).all()]
    reach.after_send(session, sender.id, agency_id=sender.agency_id, sent=0, lost=found, now=now)


def _stop_if_misconfigured(session: Session, sender: Sender, refusals: Iterable[Refusal], now: datetime) -> None:
    wrong = next((refusal for refusal in refusals if isinstance(refusal, Misconfigured)), None)
    if wrong is not None:
        senders.stop(session, sender.id, reason=wrong.reason or wrong.code, now=now)


def _settle_letters(session: Session, sender: Sender, heard: Sequence[tuple[int, Receipt]], *, now: datetime) -> int:
    """A letter is sent or failed; that it was delivered or read says no more. How many were this sender's."""
    if not heard:
        return 0
    by_id: dict[int, list[Receipt]] = defaultdict(list)
    for letter_id, receipt in heard:
        by_id[letter_id].append(receipt)
    mine = (
        select(Letter)
        .where(Letter.id.in_(by_id), Letter.sender_id == sender.id)
        .order_by(Letter.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    settled = 0
    for letter in session.scalars(mine).all():
        settled += len(by_id[letter.id])
        for receipt in by_id[letter.id]:
            _settle_letter(session, sender, letter, receipt, now)
    return settled


def _settle_letter(session: Session, sender: Sender, letter: Letter, receipt: Receipt, now: datetime) -> None:
    """A failure that overtakes our own settlement finds the letter leased; what it says of the address still holds."""
    refusal = receipt.refusal
    if receipt.heard is not Heard.FAILED or refusal is None or letter.state is LetterState.FAILED:
        return
    if letter.provider_id not in (None, receipt.provider_id):
        return  # of a message this card has replaced
    if letter.state is LetterState.SENT:
        letter.state, letter.reason, letter.code = (
            LetterState.FAILED,
            outcomes.name(refusal),
            outcomes.word(refusal.code),
        )
    if isinstance(refusal, Unreachable):
        lost = [Lost(letter.to, refusal)]
        reach.after_send(session, sender.id, agency_id=sender.agency_id, sent=1, lost=lost, now=now)
    _stop_if_misconfigured(session, sender, [refusal], now)
