"""What tests of bulletins about several topics start from: a town whose bulletin runs at 08:00, and who reads it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from broadcast import bulletins
from broadcast.evidence import Said
from broadcast.models import Broadcast, Bulletin, Occurrence
from broadcast.states import Kind
from subscribers.models import Cadence, Subscriber
from tests.broadcast.evenings import Town
from tests.broadcast.places import NOW, limits_of

MORNING = datetime(2026, 11, 25, 0, 0, tzinfo=UTC)  # 08:00 in Singapore, 23 hours after NOW
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
KEYS = ("floods", "dengue", "roads")


def defined(town: Town, *keys: str, **changes: Any) -> Bulletin:
    """A daily bulletin about these topics, or about all three."""
    values: dict[str, Any] = {
        "key": "city-daily",
        "topics": [town.topics[key] for key in keys or KEYS],
        "local_time": "08:00",
        "time_zone": "Asia/Singapore",
        "introductions": {"en": "Good morning."},
        "now": NOW,
    }
    return bulletins.define(town.session, town.place.agency, **(values | changes))


def run(session: Session, bulletin: Bulletin, now: datetime = MORNING, said: Said | None = None) -> Occurrence:
    """The occurrence that is due."""
    found = bulletins.run(session, bulletin.id, limits_of=limits_of, now=now, said=said)
    assert found is not None
    return found


def sent(session: Session) -> Sequence[Broadcast]:
    """The messages of bulletins so far, the oldest first; no digests."""
    query = select(Broadcast).where(Broadcast.kind == Kind.BULLETIN, Broadcast.digest_cadence.is_(None))
    return session.scalars(query.order_by(Broadcast.id)).all()


def letters(town: Town, person: Subscriber) -> list[str]:
    """What this person got in bulletins so far, in their language, without the introduction."""
    mine = [each for each in sent(town.session) if person.id in town.readers(each)]
    return [town.text(each, person.locale).removeprefix("Good morning.\n\n") for each in mine]


def digested(town: Town, person: Subscriber, cadence: Cadence = Cadence.DAILY) -> str:
    """All that this person read in digests so far."""
    return "\n".join(town.letters(person, cadence))
