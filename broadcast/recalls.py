"""What a recall can do and has done, by channel: how many lose the message, and how many keep it whatever we do."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from broadcast import outcomes
from broadcast.models import Broadcast
from delivery import senders
from delivery.amends import MARGIN
from delivery.models import Delivery, Latecomer, Tally
from delivery.states import DeliveryState
from delivery.switchboard import LimitsOf
from locales import texts


@dataclass(frozen=True, slots=True)
class Part:
    """One channel: how many messages can be taken back, how many are too old, and how many nobody can take back."""

    channel: str
    removable: int
    too_old: int
    lasting: int

    @property
    def people(self) -> int:
        """All who have it there."""
        return self.removable + self.too_old + self.lasting


def outlook(session: Session, first: Broadcast, *, limits_of: LimitsOf, now: datetime) -> list[Part]:
    """What a recall could take back if it began now, by channel; channels on which nobody has it are left out."""
    ids, found = [each.id for each in outcomes.family(session, first)], dict[str, Part]()
    for sender in senders.of_agency(session, first.agency_id):
        within = limits_of(sender.channel).delete_within
        people = _count(session, ids, sender.id)
        named = _count(session, ids, sender.id, Delivery.provider_id.is_not(None)) if within and people else 0
        oldest = Delivery.accepted_at > now - within + MARGIN if within else None
        fresh = _count(session, ids, sender.id, Delivery.provider_id.is_not(None), oldest) if named else 0
        before = found.get(sender.channel, Part(sender.channel, 0, 0, 0))
        found[sender.channel] = Part(
            sender.channel,
            before.removable + fresh,
            before.too_old + named - fresh,
            before.lasting + people - named,
        )
    return [part for part in found.values() if part.people]


def handed_over(session: Session, first: Broadcast) -> int:
    """How many were handed it with an answer of ours: nobody can take that back."""
    ids = [each.id for each in outcomes.family(session, first)]
    return session.scalar(select(func.count()).where(Latecomer.consignment_id.in_(ids))) or 0


def lines(session: Session, recall: Broadcast, locale: str) -> Iterator[str]:
    """How far a recall is: for each channel how many it has taken from, and how many keep it. Reads a few tallies."""
    channels = {sender.id: sender.channel for sender in senders.of_agency(session, recall.agency_id)}
    gone, kept = dict[str, int](), dict[str, int]()
    query = select(Tally.sender_id, Tally.state, Tally.count).where(Tally.consignment_id == recall.id)
    for sender_id, state, count in session.execute(query):
        channel, sums = channels.get(sender_id, ""), gone if state is DeliveryState.ACCEPTED else kept
        sums[channel] = sums.get(channel, 0) + count
    for channel in dict.fromkeys([*gone, *kept]):
        values = {"channel": texts.channel(channel, locale), "gone": gone.get(channel, 0)}
        yield texts.say("recall.channel", locale, kept=kept.get(channel, 0), **values)
    people = sum(number for number in kept.values())
    if recall.finished_at is not None and people and recall.corrects_id is not None:
        first = session.get_one(Broadcast, recall.corrects_id)
        yield texts.say_many("recall.kept", people, locale, first=first.code)


def _count(session: Session, ids: list[int], sender_id: int, *also: ColumnElement[bool] | None) -> int:
    conditions = [each for each in also if each is not None]
    query = select(func.count()).where(  # the primary key
        Delivery.consignment_id.in_(ids),
        Delivery.sender_id == sender_id,
        Delivery.state.in_(outcomes.HAVE_IT),
        *conditions,
    )
    return session.scalar(query) or 0
