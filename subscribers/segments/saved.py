"""Segments kept by name. Another agency's do not exist here."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from db import bulk
from subscribers.models import Segment
from subscribers.segments.tree import Tree, show
from subscribers.segments.vocabulary import normalised

NAME_LENGTH = 20  # what a button takes on every channel
AT_MOST = 100  # of one agency
SIGNS = re.compile(r"[:：=＝<>＜＞≤≥]")  # what has one is a segment and no name
JOINERS = "\u200c\u200d"  # Tamil is written with them


class NameFlaw(StrEnum):
    """Why a segment cannot be saved under a name. The officer's sentence for it is "segment.name.<value>"."""

    BAD = "bad"  # empty, too long, a number, a command, a segment, or with what nobody sees
    TAKEN = "taken"
    FULL = "full"  # the agency has as many as it may


class BadName(Exception):
    """A segment cannot be saved like this: the officer is asked for another name."""

    def __init__(self, flaw: NameFlaw) -> None:
        super().__init__(f"a segment's name is {flaw}")
        self.flaw = flaw


def save(session: Session, *, agency_id: int, name: str, tree: Tree, now: datetime) -> Segment:
    """Keep a segment under a name that is free in its agency, whatever its case. Raises BadName."""
    said = name.strip()
    if not _is_good(said):
        raise BadName(NameFlaw.BAD)
    number = session.scalar(select(func.count()).select_from(Segment).where(Segment.agency_id == agency_id)) or 0
    if number >= AT_MOST:
        raise BadName(NameFlaw.FULL)
    row = {"agency_id": agency_id, "key": normalised(said), "name": said, "text": show(tree), "created_at": now}
    made = bulk.insert_new(session, Segment, [row], Segment.id)  # two officers may choose one name at one moment
    if not made:
        raise BadName(NameFlaw.TAKEN)
    return session.get_one(Segment, made[0])


def list_for(session: Session, agency_id: int) -> Sequence[Segment]:
    """The agency's segments by name."""
    return session.scalars(select(Segment).where(Segment.agency_id == agency_id).order_by(Segment.key)).all()


def find(session: Session, agency_id: int, segment_id: int) -> Segment | None:
    """The agency's segment with this id; another agency's is none."""
    query = select(Segment).where(Segment.id == segment_id, Segment.agency_id == agency_id)
    return session.scalars(query).one_or_none()


def named(session: Session, agency_id: int, name: str) -> Segment | None:
    """The agency's segment of this name, however it is written."""
    query = select(Segment).where(Segment.agency_id == agency_id, Segment.key == normalised(name))
    return session.scalars(query).one_or_none()


def remove(session: Session, segment: Segment) -> None:
    """Forget it. What was sent to it keeps its text."""
    session.execute(delete(Segment).where(Segment.id == segment.id))


def _is_good(name: str) -> bool:
    is_seen = all(each in JOINERS or not unicodedata.category(each).startswith("C") for each in name)
    is_other = name.startswith("/") or name.isdecimal() or SIGNS.search(name) is not None
    return bool(normalised(name)) and len(name) <= NAME_LENGTH and is_seen and not is_other
