"""What is done about messages that people have already: rewritten, said anew, or taken back, by the ledger's own ids.

A message is found by the provider's name for it, at the address it went to. Where that is not certain (somebody has
two addresses at the sender, or another one since) it is left alone: in another chat a name means another message.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import and_, func, select
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
from delivery.states import Aim, DeliveryState, Lane
from subscribers.models import Address, Subscriber

log = structlog.get_logger(__name__)

TAKEN = (DeliveryState.ACCEPTED, DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.READ)
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

    Indexes: the primary keys, and ix_addresses_agency_subscriber or ix_addresses_subscriber_id.
    """
    owner = func.coalesce(Subscriber.merged_into_id, Subscriber.id)
    question = (
        select(Delivery.subscriber_id, Address.value, Delivery.provider_id, Delivery.accepted_at)
        .join(Subscriber, Subscriber.id == Delivery.subscriber_id)
        .join(Address, and_(Address.subscriber_id == owner, Address.sender_id == leased.sender_id))
        .where(
            Delivery.consignment_id.in_(leased.of_ids),
            bulk.among(session, Delivery.subscriber_id, ids),
            Delivery.sender_id == leased.sender_id,
            Delivery.state.in_(HAVE_IT),
            Delivery.provider_id.is_not(None),
            Address.created_at <= Delivery.accepted_at,
        )
    )
    found: dict[int, list[tuple[str, str, datetime]]] = {}
    for id_, address, name, at in session.execute(question.order_by(Delivery.consignment_id, Delivery.subscriber_id)):
        if name is not None and at is not None:
            found.setdefault(id_, []).append((address, name, at))
    return {id_: _held(some) for id_, some in found.items() if len({address for address, *_ in some}) == 1}


def reached(session: Session, leased: Leased, ids: Sequence[int]) -> dict[int, Withheld]:
    """Of a retry's people those who have it by now: asked as their batch is read, for receipts come at any time."""
    if leased.aim is not Aim.REPEAT or not ids:
        return {}
    mine = (Delivery.consignment_id.in_(leased.of_ids), Delivery.state.in_(TAKEN))
    own = select(Delivery.subscriber_id).where(*mine, bulk.among(session, Delivery.subscriber_id, ids))
    joined = (  # ix_subscribers_merged_into_id holds few
        select(Subscriber.merged_into_id)
        .join(Delivery, Delivery.subscriber_id == Subscriber.id)
        .where(*mine, Subscriber.merged_into_id.is_not(None), bulk.among(session, Subscriber.merged_into_id, ids))
    )
    found = {*session.scalars(own), *session.scalars(joined)}
    return {id_: Withheld.HAS_IT for id_ in found if id_ is not None}


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


def _held(rows: Sequence[tuple[str, str, datetime]]) -> Held:
    return Held(rows[0][0], tuple(provider_id for _, provider_id, _ in rows), min(since for *_, since in rows))


def names(theirs: Mapping[int, Held]) -> dict[int, tuple[str, ...]]:
    """The provider's names of what each person has."""
    return {id_: one.provider_ids for id_, one in theirs.items()}
