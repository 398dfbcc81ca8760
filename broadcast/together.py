"""What left together: the broadcasts of one occurrence of a bulletin about several topics, one for each set of them.

Each is a message with a code of its own; `together_id` names the first. For officers they are one thing: the first
stands for all in lists, and what they stop, resume, put right or take back is all of it.
"""

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session, aliased

from broadcast.models import Broadcast, Occurrence
from broadcast.states import Aftercare, Kind, State


def of(session: Session, broadcast: Broadcast) -> Sequence[Broadcast]:
    """It and what left together with it, the first of them first; mostly it alone."""
    if broadcast.kind is not Kind.BULLETIN:
        return [broadcast]
    first = broadcast.together_id or broadcast.id
    query = select(Broadcast).where(or_(Broadcast.id == first, Broadcast.together_id == first))
    return session.scalars(query.order_by(Broadcast.id)).all()  # ix_broadcasts_together


def said_first(session: Session, broadcast: Broadcast) -> Broadcast:
    """What a retry says again, also a retry of a retry; any other broadcast itself."""
    root, seen = broadcast, {broadcast.id}
    while root.aftercare is Aftercare.RETRY and root.corrects_id is not None and root.corrects_id not in seen:
        root = session.get_one(Broadcast, root.corrects_id)
        seen.add(root.id)
    return root


def sent(session: Session, occurrence: Occurrence) -> Sequence[Broadcast]:
    """What an occurrence sent, the one for the set that most people hold first; nothing where it sent nothing."""
    first = session.get(Broadcast, occurrence.broadcast_id) if occurrence.broadcast_id else None
    return of(session, first) if first is not None else []


def is_foremost(states: Collection[State]) -> ColumnElement[bool]:
    """Of a broadcast: none that left together with it comes before it in one of these states."""
    other = aliased(Broadcast)
    is_alike = or_(other.id == Broadcast.together_id, other.together_id == Broadcast.together_id)
    return ~exists().where(is_alike, other.id < Broadcast.id, other.state.in_(states))  # ix_broadcasts_together
