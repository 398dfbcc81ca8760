"""What the feeds of one occurrence said, what their gates made of it, and how both are kept with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from broadcast.models import Bulletin, Occurrence
from feeds import defining, gate, reading
from feeds.gate import Finding, Why
from feeds.reading import Reading
from feeds.specs import Spec

LOOKED_BACK = 62  # occurrences: those that sent no data are passed by
Said = Mapping[str, Reading | Why]
"""Feed key -> what it said, or why it said nothing."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One feed: what it said (None: nothing), and why that may not leave by itself."""

    reading: Reading | None
    findings: Sequence[Finding] = ()

    @property
    def is_whole(self) -> bool:
        """Whether there is something to send, if somebody says so."""
        return self.reading is not None and self.reading.is_complete


def readings(judged: Mapping[str, Judged]) -> dict[str, Reading]:
    """What the feeds said that said something."""
    return {key: each.reading for key, each in judged.items() if each.reading is not None}


def judge(session: Session, bulletin: Bulletin, said: Said, *, now: datetime) -> dict[str, Judged]:
    """What the gate of each feed makes of what it said, by the last one that this bulletin sent."""
    specs = defining.specs_of(session, bulletin.agency_id) if said else {}
    return {key: _judged(session, bulletin, key, specs.get(key), each, now) for key, each in said.items()}


def _judged(
    session: Session, bulletin: Bulletin, key: str, spec: Spec | None, said: Reading | Why, now: datetime
) -> Judged:
    if spec is None:
        return Judged(None, [Finding(Why.UNKNOWN)])
    if isinstance(said, Why):
        return Judged(None, [Finding(said)])
    return Judged(said, gate.judge(spec, said, last(session, bulletin, key, spec), now=now))


def pack(judged: Mapping[str, Judged]) -> dict[str, Any]:
    """All of it as an occurrence keeps it."""
    return {
        key: {
            "reading": reading.pack(each.reading) if each.reading else None,
            "findings": gate.pack(each.findings),
        }
        for key, each in judged.items()
    }


def unpack(occurrence: Occurrence, specs: Mapping[str, Spec]) -> dict[str, Judged]:
    """What an occurrence is or was held for; of a feed that is gone only that."""
    return {
        key: Judged(reading.unpack(specs[key], kept["reading"]), gate.unpack(kept["findings"]))
        if key in specs and kept["reading"]
        else Judged(None, gate.unpack(kept["findings"]))
        for key, kept in occurrence.evidence.items()
    }


def last(
    session: Session, bulletin: Bulletin, key: str, spec: Spec, *, before: Occurrence | None = None
) -> Reading | None:
    """What this feed said when the bulletin last sent something of it, or did so before this occurrence."""
    found = past(session, bulletin, key, spec, most=1, before=before)
    return found[-1][1] if found else None


def past(
    session: Session, bulletin: Bulletin, key: str, spec: Spec, *, most: int, before: Occurrence | None = None
) -> list[tuple[str, Reading]]:
    """The last readings that were sent, the oldest first, each with its local day ("2026-11-24")."""
    mine = select(Occurrence).where(Occurrence.bulletin_id == bulletin.id)  # its unique key
    if before is not None:
        mine = mine.where(Occurrence.local_at < before.local_at)
    newest = session.scalars(mine.order_by(Occurrence.local_at.desc()).limit(LOOKED_BACK)).all()
    found = [each for each in newest if key in each.readings][:most][::-1]
    return [(each.local_at[:10], reading.unpack(spec, each.readings[key])) for each in found]
