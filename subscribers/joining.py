"""Two addresses of one person: a code shown on one app, typed on another, and from then on they are one subscriber.

Who showed the code is kept, with their wishes and areas. What the other subscribed to is added; of two cadences the
more frequent stays. The language is the one in which they talk where they type the code, if they ever chose one there.
Where either of them said stop, the joined person is not subscribed until they say so. Both rows stay, and both
records: the other's only says who they turned out to be (`merged_into_id`), so it can be undone.

Subscribers are locked in the order of their ids, so two codes at once, or both directions at once, wait for each other.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from db import bulk
from subscribers import consent, directory, drill_list, topics
from subscribers.consent import Merged
from subscribers.models import (
    Address,
    AreaChoice,
    Cadence,
    ConsentKind,
    JoinCode,
    JoinGuess,
    Subscriber,
    Subscription,
)

ALPHABET = "23456789BCDFGHJKMNPQRSTVWXYZ"  # no vowels, so never a word; nothing that looks like something else
LENGTH = 8
VALID_FOR = timedelta(minutes=15)
GUESSING = timedelta(minutes=15)
GUESSES_OF_ADDRESS = 5
GUESSES_OF_AGENCY = 1_000  # 28**8 codes: with a hundred open ones that is one chance in four million
OFTEN_FIRST = (Cadence.AT_ONCE, Cadence.DAILY, Cadence.WEEKLY, Cadence.ALERTS)
FORGOTTEN_AT_ONCE = 1_000


class Outcome(StrEnum):
    """What became of a code that somebody typed."""

    JOINED = "joined"
    SAME = "same"  # both apps were this person's already
    OWN = "own"  # it was typed on the app that shows it
    UNKNOWN = "unknown"  # wrong, used, or too old: nobody learns which
    SLOWED = "slowed"  # too many wrong ones lately


@dataclass(frozen=True, slots=True)
class Joined:
    """What became of it. `kept_at` is the address that showed the code, where they are now one person.

    `kept_locale` is the language in which that one was written to until now.
    """

    outcome: Outcome
    kept_at: Address | None = None
    kept_locale: str = ""


def show(session: Session, address: Address, *, now: datetime) -> str:
    """A new code for this address, good once and for 15 minutes; an earlier one is good for nothing any more."""
    code = _new_code()
    row = {"address_id": address.id, "agency_id": address.agency_id, "code_hash": _hash(code)}
    row |= {"expires_at": now + VALID_FOR}
    put = bulk.insert(session, JoinCode).values(row)
    session.execute(put.on_conflict_do_update(index_elements=["address_id"], set_=row))
    return code


def read(text: str) -> str | None:
    """The code in a text that is nothing else ("k7m2 9xqp", "K7M2-9XQP"), or None."""
    code = "".join(text.upper().replace("-", " ").split())
    return code if len(code) == LENGTH and _looks_like_one(code) else None


def use(session: Session, address: Address, code: str, *, now: datetime) -> Joined:
    """Join the person at this address to whoever's app shows the code, in this agency only.

    Raises Merged where somebody else joined one of them at this very moment: the turn is to be tried again.
    """
    if _guesses_too_often(session, address, now):
        return Joined(Outcome.SLOWED)
    shown_at = _shown_at(session, address.agency_id, code, now)
    if shown_at is None:
        session.add(JoinGuess(agency_id=address.agency_id, address_id=address.id, at=now))
        session.flush()
        return Joined(Outcome.UNKNOWN)
    if shown_at.id == address.id:
        return Joined(Outcome.OWN)
    kept_id, other_id = shown_at.subscriber_id, address.subscriber_id
    people = _locked(session, {kept_id, other_id})
    _refresh(session, shown_at, address)
    if shown_at.subscriber_id == address.subscriber_id:
        return Joined(Outcome.SAME, shown_at)
    if {shown_at.subscriber_id, address.subscriber_id} != {kept_id, other_id}:
        raise Merged(f"subscriber {other_id}")
    if not _use_up(session, shown_at, code):
        return Joined(Outcome.UNKNOWN)
    kept_locale = people[kept_id].locale
    _merge(session, people[kept_id], people[other_id], now=now)
    _refresh(session, shown_at, address)
    return Joined(Outcome.JOINED, shown_at, kept_locale)


def leave(session: Session, address: Address, *, now: datetime) -> int:
    """Undo it: this address goes back to whom it was before; said at the kept one, every joined one does. How many.

    Each takes along what the person chose meanwhile. Consent is not copied: who leaves is subscribed only where their
    own record says so, and a stop said while they were one holds for all.
    """
    person_id = address.subscriber_id
    joined = [each for each in directory.addresses(session, person_id) if each.own_subscriber_id is not None]
    if address.own_subscriber_id is not None:
        joined = [each for each in joined if each.own_subscriber_id == address.own_subscriber_id]
    own_ids = {each.own_subscriber_id for each in joined if each.own_subscriber_id is not None}
    people = _locked(session, own_ids | {person_id})
    _refresh(session, address)
    if address.subscriber_id != person_id:
        raise Merged(f"subscriber {person_id}")
    for own_id in sorted(own_ids):
        _split(session, people[person_id], people[own_id], now=now)
    _refresh(session, address, *joined)
    return len(joined)


def forget(session: Session, now: datetime) -> int:
    """Delete codes and guesses that are over, at most 1,000 of each; how many."""
    old_codes = select(JoinCode.address_id).where(JoinCode.expires_at <= now).order_by(JoinCode.expires_at)
    old_guesses = select(JoinGuess.id).where(JoinGuess.at <= now - GUESSING).order_by(JoinGuess.at)
    codes = delete(JoinCode).where(JoinCode.address_id.in_(old_codes.limit(FORGOTTEN_AT_ONCE)))
    guesses = delete(JoinGuess).where(JoinGuess.id.in_(old_guesses.limit(FORGOTTEN_AT_ONCE)))
    return bulk.changed(session, codes) + bulk.changed(session, guesses)


def _new_code() -> str:
    while True:
        code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
        if _looks_like_one(code):
            return code


def _looks_like_one(code: str) -> bool:
    """Digits alone would be a telephone number."""
    is_mixed = any(letter.isdigit() for letter in code) and not code.isdigit()
    return is_mixed and all(letter in ALPHABET for letter in code)


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()


def _guesses_too_often(session: Session, address: Address, now: datetime) -> bool:
    """Both counts are bounded by what they are compared with, nearly: nothing is noted of who is slowed."""
    lately = JoinGuess.at > now - GUESSING
    of_agency = select(func.count()).where(JoinGuess.agency_id == address.agency_id, lately)
    of_address = select(func.count()).where(JoinGuess.address_id == address.id, lately)
    if (session.scalar(of_address) or 0) >= GUESSES_OF_ADDRESS:
        return True
    return (session.scalar(of_agency) or 0) >= GUESSES_OF_AGENCY


def _shown_at(session: Session, agency_id: int, code: str, now: datetime) -> Address | None:
    query = (
        select(Address)
        .join(JoinCode, JoinCode.address_id == Address.id)
        .where(JoinCode.agency_id == agency_id, JoinCode.code_hash == _hash(code), JoinCode.expires_at > now)
    )
    return session.scalars(query).one_or_none()


def _locked(session: Session, ids: set[int]) -> dict[int, Subscriber]:
    query = select(Subscriber).where(Subscriber.id.in_(sorted(ids))).order_by(Subscriber.id)
    found = session.scalars(query.with_for_update().execution_options(populate_existing=True)).all()
    if len(found) != len(ids):
        raise Merged("somebody is gone")
    return {each.id: each for each in found}


def _refresh(session: Session, *addresses: Address) -> None:
    session.flush()
    for address in addresses:
        session.refresh(address)


def _use_up(session: Session, shown_at: Address, code: str) -> bool:
    mine = (JoinCode.address_id == shown_at.id, JoinCode.code_hash == _hash(code))
    return bulk.changed(session, delete(JoinCode).where(*mine)) == 1


def _merge(session: Session, kept: Subscriber, other: Subscriber, *, now: datetime) -> None:
    _settle_consent(session, kept, other, now=now)
    if other.is_locale_chosen and other.locale != kept.locale:
        other.replaced_locale = kept.locale
        directory.set_locale(kept, other.locale)
    _add_subscriptions(session, other, to=kept)
    session.execute(delete(AreaChoice).where(AreaChoice.subscriber_id == other.id))
    said = consent.last(session, kept.id)
    stopped_at = said.at if said is not None and said.kind is ConsentKind.WITHDRAWN else None
    drill_list.move(session, other, to=kept, stopped_at=stopped_at)
    own = func.coalesce(Address.own_subscriber_id, other.id)
    moved = update(Address).where(Address.subscriber_id == other.id)
    session.execute(moved.values(subscriber_id=kept.id, own_subscriber_id=own))
    theirs = or_(Subscriber.id == other.id, Subscriber.merged_into_id == other.id)
    gone = {"merged_into_id": kept.id, "consented_at": None, "preferred_address_id": None}
    gone |= {"announce_return_at": None}
    session.execute(update(Subscriber).where(theirs).values(gone))


def _settle_consent(session: Session, kept: Subscriber, other: Subscriber, *, now: datetime) -> None:
    """A stop of either of them stops both; a yes stands where the other has not decided."""
    mine, theirs = consent.last(session, kept.id), consent.last(session, other.id)
    if theirs is None or (mine is not None and mine.kind is theirs.kind):
        return
    source, wording, evidence = theirs.source, theirs.wording, {"joined": other.id, "line": theirs.id}
    if theirs.kind is ConsentKind.WITHDRAWN:
        consent.withdraw(session, kept, source=source, wording=wording, evidence=evidence, now=now)
    elif mine is None:
        consent.grant(session, kept, source=source, wording=wording, evidence=evidence, now=theirs.at)


def _add_subscriptions(session: Session, giver: Subscriber, *, to: Subscriber) -> None:
    held = topics.held(session, to)
    for topic_id, cadence in topics.held(session, giver).items():
        has = held.get(topic_id)
        if has is None or OFTEN_FIRST.index(cadence) < OFTEN_FIRST.index(has):
            topics.subscribe(session, to, [topic_id], now=giver.created_at)
            topics.set_cadence(session, to, topic_id, cadence)
    session.execute(delete(Subscription).where(Subscription.subscriber_id == giver.id))


def _split(session: Session, person: Subscriber, own: Subscriber, *, now: datetime) -> None:
    own.merged_into_id = None
    _split_locale(person, own)
    own.wants_media = person.wants_media
    own.quiet_from, own.quiet_until = person.quiet_from, person.quiet_until
    own.paused_until, own.pause_announced_at = person.paused_until, person.pause_announced_at
    own.announce_return_at = person.announce_return_at
    session.flush()
    for topic_id, cadence in topics.held(session, person).items():
        topics.subscribe(session, own, [topic_id], now=now)
        topics.set_cadence(session, own, topic_id, cadence)
    _copy_areas(session, person, own)
    _restore_consent(session, person, own, now=now)
    mine = (Address.subscriber_id == person.id, Address.own_subscriber_id == own.id)
    session.execute(update(Address).where(*mine).values(subscriber_id=own.id, own_subscriber_id=None))
    person.preferred_address_id = None


def _split_locale(person: Subscriber, own: Subscriber) -> None:
    """Each goes on in the language it had; in the one they chose meanwhile, if they did."""
    is_unchanged = person.locale == own.locale
    own.locale, own.is_locale_chosen = person.locale, person.is_locale_chosen
    if is_unchanged and own.replaced_locale is not None:
        person.locale = own.replaced_locale
    own.replaced_locale = None


def _copy_areas(session: Session, person: Subscriber, own: Subscriber) -> None:
    chosen = select(AreaChoice.area_id).where(AreaChoice.subscriber_id == person.id)
    rows: Sequence[dict[str, int]] = [{"subscriber_id": own.id, "area_id": each} for each in session.scalars(chosen)]
    if rows:
        session.execute(bulk.insert(session, AreaChoice).values(rows).on_conflict_do_nothing())


def _restore_consent(session: Session, person: Subscriber, own: Subscriber, *, now: datetime) -> None:
    said, mine = consent.last(session, person.id), consent.last(session, own.id)
    if person.consented_at is not None:
        own.consented_at = mine.at if mine is not None and mine.kind is ConsentKind.GRANTED else None
    elif said is not None and said.kind is ConsentKind.WITHDRAWN and (mine is None or mine.kind is not said.kind):
        evidence = {"parted_from": person.id, "line": said.id}
        consent.withdraw(session, own, source=said.source, wording=said.wording, evidence=evidence, now=now)
