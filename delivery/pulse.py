"""Which processes of ours are alive: each says so every few seconds, in a row of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from db import bulk
from delivery.models import Process

EVERY = timedelta(seconds=5)
ALIVE_WITHIN = timedelta(seconds=20)
FORGOTTEN_AFTER = timedelta(hours=1)
SHOWN_AT_MOST = 200


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a process is: what it runs, where, under which number, and since when."""

    kind: str
    host: str
    number: int
    started_at: datetime

    @property
    def name(self) -> str:
        """Unique among all hosts."""
        return f"{self.kind}-{self.number}@{self.host}"[:120]


def beat(session: Session, identity: Identity, *, now: datetime) -> None:
    """Say that this process is alive; those that have said nothing for an hour are forgotten."""
    values = {
        "name": identity.name,
        "kind": identity.kind,
        "host": identity.host[:80],
        "started_at": identity.started_at,
        "seen_at": now,
    }
    seen = bulk.insert(session, Process).values(values)
    session.execute(seen.on_conflict_do_update(index_elements=["name"], set_=values))
    session.execute(delete(Process).where(Process.seen_at < now - FORGOTTEN_AFTER))


def leave(session: Session, identity: Identity) -> None:
    """Say that this process ends."""
    session.execute(delete(Process).where(Process.name == identity.name))


def alive(session: Session, now: datetime) -> Sequence[Process]:
    """Those heard of lately, by kind and name."""
    lately = select(Process).where(Process.seen_at >= now - ALIVE_WITHIN)
    return session.scalars(lately.order_by(Process.kind, Process.name).limit(SHOWN_AT_MOST)).all()
