"""A bulletin with a feed, and an HTTP server that answers for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from broadcast import bulletins, compose, parts
from broadcast.evidence import Said
from broadcast.gathering import Gatherer
from broadcast.models import Broadcast, Bulletin, Occurrence
from broadcast.states import Kind
from delivery.models import Letter
from feeds import defining, reading
from feeds.fetching import Fetcher
from feeds.models import Feed
from staff.models import Account, Officer
from tests.broadcast.places import NOW, Place, limits_of, settle
from tests.feeds import rivers

MORNING = datetime(2026, 11, 25, 0, 0, tzinfo=UTC)  # 08:00 in Singapore
DAY = timedelta(days=1)
HOST = "127.0.0.1"
RIVER = {
    "kind": "feed",
    "feed": "river",
    "texts": {"en": "The river: {level}, {trend}.", "ta": "ஆறு: {level}, {trend}."},
}
WORDS = {"kind": "text", "texts": {"en": "Keep away from the banks."}}
NEWS = {"kind": "since_last"}
CHART = {"kind": "chart", "feed": "river", "fields": ["level"], "past": 7}


def defined(session: Session, place: Place, *said: dict[str, Any], port: int = 9, **changes: Any) -> Bulletin:
    """A bulletin of these parts, whose feed is at this port."""
    values = rivers.said(source=f"http://{HOST}:{port}/now", **changes)
    defining.define(session, place.agency, "river", values, now=NOW)
    made = bulletins.define(
        session,
        place.agency,
        key="river-daily",
        topics=[place.topic],
        local_time="08:00",
        time_zone="Asia/Singapore",
        introductions={"en": "Good morning."},
        now=NOW,
    )
    parts.set_parts(session, made, said or (RIVER,), officer=None, now=NOW)
    return made


def placed(sessions: sessionmaker[Session], *said: dict[str, Any], port: int = 9, **changes: Any) -> tuple[Place, int]:
    """An agency with such a bulletin and an author on Telegram; the bulletin's id."""
    with sessions.begin() as session:
        place = settle(session)
        reachable(session, place, place.author)
        made = defined(session, place, *said, port=port, **changes)
        return place, made.id


def reachable(session: Session, place: Place, officer: Officer) -> None:
    """Let an officer be written to."""
    session.add(
        Account(
            officer_id=officer.id,
            officer=officer,
            sender_id=place.free.id,
            address=f"officer-{officer.id}",
            bound_at=NOW,
        )
    )
    session.flush()


@dataclass
class Watch:
    """A clock that stands until it is set."""

    now: datetime = MORNING

    def __call__(self) -> datetime:
        return self.now


def gatherer(sessions: sessionmaker[Session], watch: Watch | None = None, *, seconds: float = 5) -> Gatherer:
    """The clock's job, in the morning or when this watch says."""
    fetcher = Fetcher(hosts=(HOST,), seconds=seconds)
    return Gatherer(sessions, fetcher, limits_of=limits_of, clock=watch or Watch())


def lead_to(sessions: sessionmaker[Session], port: int) -> None:
    """Have the one feed there is be at this port from now on."""
    with sessions.begin() as session:
        found = session.scalars(select(Feed)).one()
        found.spec = {**found.spec, "source": f"http://{HOST}:{port}/"}


def occurrences(session: Session) -> Sequence[Occurrence]:
    """All there are, the oldest first."""
    return session.scalars(select(Occurrence).order_by(Occurrence.local_at)).all()


def said_in(session: Session, occurrence: Occurrence) -> dict[str, str]:
    """What it said, by locale."""
    made = session.get_one(Broadcast, occurrence.broadcast_id)
    return {row.locale: row.text for row in compose.contents(session, made)}


def sent(session: Session) -> Sequence[Broadcast]:
    """The bulletins that were launched."""
    return session.scalars(select(Broadcast).where(Broadcast.kind == Kind.BULLETIN).order_by(Broadcast.id)).all()


def letter_to(session: Session, officer: Officer) -> Letter:
    """The one letter that this officer has."""
    return session.scalars(select(Letter).where(Letter.to == f"officer-{officer.id}")).one()


def says(level: object = 1.25, *, days: int = 0) -> Said:
    """What the feed said ten minutes before the bulletin of that day."""
    document = rivers.document(level, at=MORNING - timedelta(minutes=10) + days * DAY)
    return {"river": reading.read(rivers.spec(), document)}


def run(session: Session, bulletin: Bulletin, said: Said, *, days: int = 0) -> Occurrence:
    """The occurrence of that day, run with what its feed said."""
    made = bulletins.run(session, bulletin.id, limits_of=limits_of, now=MORNING + days * DAY, said=said)
    assert made is not None
    return made
