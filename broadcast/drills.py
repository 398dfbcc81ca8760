"""Drills: broadcasts that nobody can mistake, to the drill list and to nobody else.

What is a drill is said when it is begun. It then goes the way of everything else, checks, approvals, code, lanes and
ledger; only its frame, its code and its audience are its own, and no verb leads from one kind to the other.
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from broadcast import compose
from broadcast.compose import NotAllowed
from broadcast.models import Broadcast
from broadcast.states import Kind, State
from staff import agencies, audit
from staff.models import Agency, Officer
from subscribers import drill_list
from subscribers.models import Subscriber


class NobodyThere(Exception):
    """The drill list is empty: somebody has to join it first."""


def begin(session: Session, agency: Agency, officer: Officer, *, now: datetime) -> Broadcast:
    """The officer's unfinished drill, or a new one. Raises NobodyThere, compose.NotAllowed."""
    if not drill_list.size(session, agency.id):
        raise NobodyThere(f"agency {agency.id}")
    query = select(Broadcast).where(Broadcast.agency_id == agency.id, Broadcast.state == State.DRAFT)
    mine = query.where(Broadcast.officer_id == officer.id, Broadcast.is_drill, Broadcast.aftercare.is_(None))
    kept = session.scalars(mine.order_by(Broadcast.id.desc()).limit(1)).one_or_none()  # ix_broadcasts_agency_state
    return kept or compose.draft(session, agency, officer, kind=Kind.ALERT, now=now, is_drill=True)


def check(session: Session, broadcast: Broadcast) -> None:
    """NotAllowed where a drill could reach anybody but its list, or something real the list: asked at every launch."""
    first = session.get(Broadcast, broadcast.corrects_id) if broadcast.corrects_id is not None else None
    if first is not None and first.is_drill is not broadcast.is_drill:
        raise NotAllowed(f"broadcast {broadcast.id} and what it is about are not both drills")
    is_marked = broadcast.code.startswith(compose.DRILL_CODE)
    has_public = broadcast.topic_id or broadcast.area_ids or broadcast.segment or broadcast.bulletin_id
    if broadcast.is_drill is not is_marked or (broadcast.is_drill and (has_public or broadcast.digest_cadence)):
        raise NotAllowed(f"broadcast {broadcast.id} is neither a drill nor none")


def join(session: Session, agency: Agency, subscriber: Subscriber, officer: Officer, *, now: datetime) -> bool:
    """Put an officer's own account on the list; False where it was on it. Raises drill_list.Full, NotAllowed."""
    _check_ours(agency, officer)
    if subscriber.agency_id != agency.id:
        raise NotAllowed(f"subscriber {subscriber.id} is not agency {agency.id}'s")
    agencies.take_turns(session, agency.id)  # fifty are the most
    return _joined(session, agency, subscriber, now, officer=officer)


def redeem(session: Session, agency: Agency, subscriber: Subscriber, code: str, *, now: datetime) -> bool | None:
    """Put whoever opened a one-time link on the list; False where they were on it, None for a code that is no good.

    Of two who open it at once one succeeds. Raises drill_list.Full, and then the code stays good.
    """
    agencies.take_turns(session, agency.id)
    if not drill_list.is_good(session, code, agency_id=agency.id, now=now):
        return None
    is_new = _joined(session, agency, subscriber, now)
    if is_new:
        drill_list.use_up(session, code, now=now)
    return is_new


def leave(session: Session, agency: Agency, subscriber: Subscriber, *, now: datetime) -> bool:
    """Take somebody off the list by their own word; False where they were not on it."""
    is_gone = drill_list.leave(session, subscriber)
    if is_gone:
        _note(session, agency, "drill_list.left", now)
    return is_gone


def link(session: Session, agency: Agency, officer: Officer, *, now: datetime) -> str:
    """A one-time code for somebody who is to join. Raises drill_list.Full, NotAllowed."""
    _check_ours(agency, officer)
    if officer.role not in compose.MAY_WRITE:
        raise NotAllowed(f"officer {officer.id} may not invite to the drill list")
    drill_list.check_room(session, agency.id)
    _note(session, agency, "drill_list.linked", now, officer=officer)
    return drill_list.link(session, agency_id=agency.id, officer_id=officer.id, now=now)


def _check_ours(agency: Agency, officer: Officer) -> None:
    if officer.agency_id != agency.id or officer.revoked_at is not None:
        raise NotAllowed(f"officer {officer.id} has no say about the drill list of agency {agency.id}")


def _joined(
    session: Session, agency: Agency, subscriber: Subscriber, now: datetime, *, officer: Officer | None = None
) -> bool:
    is_new = drill_list.join(session, subscriber, now=now)
    if is_new:
        _note(session, agency, "drill_list.joined", now, officer=officer)
    return is_new


def _note(session: Session, agency: Agency, verb: str, now: datetime, *, officer: Officer | None = None) -> None:
    officer_id, subject = (officer.id if officer else None), f"agency:{agency.id}"
    details: dict[str, audit.Detail] = {"people": drill_list.size(session, agency.id)}
    audit.note(
        session, agency_id=agency.id, officer_id=officer_id, verb=verb, subject=subject, now=now, details=details
    )
