"""How many people a segment means, by language and by channel: what an officer waits for before it is saved.

Whom of them a message would reach, and by which of their addresses, is the audience's matter and dearer to find out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from db import ranges
from subscribers.models import Address, Subscriber
from subscribers.segments import asking
from subscribers.segments.asking import Selection


@dataclass(frozen=True, slots=True)
class Meant:
    """The subscribed people a segment means. Who is on several channels counts at each."""

    by_locale: Mapping[str, int]
    by_channel: Mapping[str, int]

    @property
    def people(self) -> int:
        """All of them, each once."""
        return sum(self.by_locale.values())


def count(session: Session, chosen: Selection) -> Meant:
    """Two passes over the agency's people in the order of no index: what is asked of everybody is read whole."""
    ranges.weigh(session, Subscriber)
    ranges.hurry(session)
    by_locale = _grouped(session, chosen, Subscriber.locale)
    by_channel = _grouped(session, chosen, Address.channel)
    return Meant(dict(sorted(by_locale.items())), dict(sorted(by_channel.items())))


def _grouped(session: Session, chosen: Selection, by: InstrumentedAttribute[str]) -> dict[str, int]:
    question: Select[*tuple[Any, ...]] = select(by, func.count()).select_from(Subscriber)
    if by is Address.channel:
        ours = and_(Address.subscriber_id == Subscriber.id, Address.agency_id == chosen.agency_id)
        question = question.join(Address, ours)
    asked = asking.asked(session, chosen)
    question = asked.joined(question).where(Subscriber.agency_id == chosen.agency_id, asked.is_in)
    rows = session.execute(question.where(Subscriber.consented_at.is_not(None)).group_by(by))
    return {str(key): int(number) for key, number in rows}
