"""What is done about messages that people have already: rewritten, said anew, or taken back, by the ledger's own ids.

A message is found by the provider's name for it, at the address it went to. Where that is not certain (somebody has
two addresses at the sender, or another one since) it is left alone: in another chat a name means another message.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from channels.contract import (
    Accepted,
    Channel,
    Limits,
    Message,
    Prepared,
    Refusal,
    Rejected,
    Throttled,
    Unreachable,
)
from db import bulk
from delivery.batches import Leased
from delivery.gate import Withheld
from delivery.models import Delivery
from delivery.states import TAKEN, Aim, DeliveryState, Lane
from subscribers.models import Address, Subscriber

log = structlog.get_logger(__name__)

HAVE_IT = (*TAKEN, DeliveryState.UNKNOWN)
PATIENCE = 3.0
"""Seconds an edit that comes beside a new message waits, once, when the provider asks for it."""
MARGIN = timedelta(minutes=1)
"""A message counts as too old this much early: the deletion has to arrive in time."""


@dataclass(frozen=True, slots=True)
class Held:
    """What somebody has at one sender: where, under which names, and since when at the longest."""

    address: str
    provider_ids: tuple[str, ...]
    since: datetime


def held(session: Session, leased: Leased, ids: Sequence[int]) -> dict[int, Held]:
    """What these people have of the consignments that the batch's is about, the oldest name first.

    Three look-ups by key and no join: one that is bounded on one side only would read a table of a million.
    """
    if not ids:
        return {}
    rows = select(Delivery.subscriber_id, Delivery.provider_id, Delivery.accepted_at).where(  # the primary key
        Delivery.consignment_id.in_(leased.of_ids),
        bulk.among(session, Delivery.subscriber_id, ids),
        Delivery.sender_id == leased.sender_id,
        Delivery.state.in_(HAVE_IT),
        Delivery.provider_id.is_not(None),
        Delivery.accepted_at.is_not(None),
    )
    messages: dict[int, list[tuple[str, datetime]]] = {}
    for id_, name, at in session.execute(rows.order_by(Delivery.consignment_id, Delivery.subscriber_id)):
        if name is not None and at is not None:
            messages.setdefault(id_, []).append((name, at))
    places = _addresses(session, leased, list(messages))
    found = ((id_, some, _only(places.get(id_, []), some)) for id_, some in messages.items())
    return {id_: _held(address, some) for id_, some, address in found if address is not None}


def _addresses(session: Session, leased: Leased, ids: Sequence[int]) -> dict[int, list[tuple[str, datetime]]]:
    """Where each of these is met by this sender, whoever they were joined to since, and since when."""
    if not ids:
        return {}
    people = select(Subscriber.id, func.coalesce(Subscriber.merged_into_id, Subscriber.id))
    rows = session.execute(people.where(bulk.among(session, Subscriber.id, ids)))
    owners = {row[0]: row[1] for row in rows}
    if not owners:
        return {}
    theirs = select(Address.subscriber_id, Address.value, Address.created_at).where(  # ix_addresses_subscriber_id
        bulk.among(session, Address.subscriber_id, list(owners.values())), Address.sender_id == leased.sender_id
    )
    places: dict[int, list[tuple[str, datetime]]] = {}
    for owner, value, since in session.execute(theirs):
        places.setdefault(owner, []).append((value, since))
    return {id_: places.get(owner, []) for id_, owner in owners.items()}


def _only(places: Sequence[tuple[str, datetime]], messages: Sequence[tuple[str, datetime]]) -> str | None:
    """The one address that was theirs when all of these came; None where there is none, or it is not certain."""
    first = min(at for _, at in messages)
    there = [value for value, since in places if since <= first]
    return there[0] if len(there) == 1 else None


def reached(session: Session, leased: Leased, ids: Sequence[int]) -> dict[int, Withheld]:
    """Of a retry's people those who have it by now: asked as their batch is read, for receipts come at any time."""
    if leased.aim is not Aim.REPEAT or not ids:
        return {}
    joined = select(Subscriber.id, Subscriber.merged_into_id).where(  # ix_subscribers_merged_into_id holds few
        Subscriber.merged_into_id.is_not(None), bulk.among(session, Subscriber.merged_into_id, ids)
    )
    before = {own: person for own, person in session.execute(joined) if person is not None}
    question = select(Delivery.subscriber_id).where(  # the primary key
        Delivery.consignment_id.in_(leased.of_ids),
        bulk.among(session, Delivery.subscriber_id, [*ids, *before]),
        Delivery.state.in_(TAKEN),
    )
    return {before.get(id_, id_): Withheld.HAS_IT for id_ in session.scalars(question)}


def removable(
    session: Session, leased: Leased, ids: Sequence[int], limits: Limits, *, now: datetime
) -> dict[int, Held | Withheld]:
    """What of each person can be taken back now, or why nothing can."""
    if limits.delete_within is None:
        return dict.fromkeys(ids, Withheld.NOT_REMOVABLE)
    theirs, oldest = held(session, leased, ids), now - limits.delete_within + MARGIN
    found: dict[int, Held | Withheld] = {}
    for id_ in ids:
        one = theirs.get(id_)
        found[id_] = Withheld.NOT_REMOVABLE if one is None else (one if one.since > oldest else Withheld.TOO_OLD)
    return found


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A message for one person who has another that it puts right: that one is rewritten, or else it is said anew.

    With `is_told` it is said anew in any case, because an edit notifies nobody.
    """

    channel: Channel
    message: Message
    anew: Prepared
    provider_ids: tuple[str, ...]
    is_told: bool

    @property
    def messages(self) -> int:
        """Every edit counts as a message."""
        return len(self.provider_ids) + (self.anew.messages if self.is_told else 0)

    async def send(self, to: str, reference: str) -> Accepted:
        """See Prepared. Done again it changes nothing in what was rewritten."""
        if self.is_told:
            accepted = await self.anew.send(to, reference)
            await self._follow(to)
            return accepted
        try:
            for provider_id in self.provider_ids:
                rewritten = await self._edit(to, provider_id)
        except Rejected as refusal:
            log.info("correction.said_anew", reason=refusal.reason, code=refusal.code)
            return await self.anew.send(to, reference)
        return rewritten

    async def _follow(self, to: str) -> None:
        """They have been told; whatever befalls the edit does not tell them twice."""
        try:
            for provider_id in self.provider_ids:
                await self._patiently(to, provider_id)
        except Refusal as refusal:
            log.warning("correction.left_old", refusal=type(refusal).__name__, reason=refusal.reason, code=refusal.code)
        except Exception:
            log.exception("correction.left_old")

    async def _patiently(self, to: str, provider_id: str) -> None:
        try:
            await self._edit(to, provider_id)
        except Throttled as refusal:
            seconds = refusal.retry_after.total_seconds()
            if seconds > PATIENCE:
                raise
            await asyncio.sleep(seconds)
            await self._edit(to, provider_id)

    async def _edit(self, to: str, provider_id: str) -> Accepted:
        message = Message(to, self.message.without_media or self.message.text, has_preview=self.message.has_preview)
        return await self.channel.edit(provider_id, message)


@dataclass(frozen=True, slots=True)
class TakenBack:
    """The end of what one person has. Done again it changes nothing: what is gone already is no error."""

    channel: Channel
    provider_ids: tuple[str, ...]

    @property
    def messages(self) -> int:
        """Every deletion counts as a message."""
        return len(self.provider_ids)

    async def send(self, to: str, reference: str) -> Accepted:
        """See Prepared. Whoever blocked us keeps it: that says nothing new of their address."""
        try:
            for provider_id in self.provider_ids:
                await self.channel.delete(to, provider_id)
        except Unreachable as refusal:
            raise Rejected(refusal.reason, code=refusal.code) from None
        return Accepted(self.provider_ids[-1])


def is_told(leased: Leased, message: Message) -> bool:
    """Whether a correction is said anew beside the edit: of an alert always, and where a picture belongs to it."""
    return leased.lane is Lane.ALERT or message.media is not None


def _held(address: str, messages: Sequence[tuple[str, datetime]]) -> Held:
    return Held(address, tuple(name for name, _ in messages), min(at for _, at in messages))


def names(theirs: Mapping[int, Held]) -> dict[int, tuple[str, ...]]:
    """The provider's names of what each person has."""
    return {id_: one.provider_ids for id_, one in theirs.items()}
