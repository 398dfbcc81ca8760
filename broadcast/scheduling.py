"""Launching at a set hour: said in the agency's own zone, kept as an instant, done by the clock, once.

What has changed by then, is not ready, lacks an approval or comes too late is held: it is a draft again, and whoever
scheduled it and the approvers are told (`approval_cards.held`).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from broadcast import approval_cards, approving, compose, launch, moving
from broadcast.models import Broadcast
from broadcast.states import ForbiddenMove, State
from delivery.switchboard import LimitsOf
from staff.models import Officer

AHEAD_AT_MOST = timedelta(days=366)
LATE_AT_MOST = timedelta(minutes=30)  # the clock was away: what was to be said then may not be true any more
AT_ONCE = 100
PATHS: dict[State, tuple[State, ...]] = {
    State.DRAFT: (State.SUBMITTED, State.APPROVED, State.SCHEDULED),  # where no approval is asked for
    State.APPROVED: (State.SCHEDULED,),
    State.SCHEDULED: (State.APPROVED, State.SCHEDULED),  # at another hour
}


class Past(Exception):
    """That hour is over."""


class TooFar(Exception):
    """Nobody knows today what will be true in more than a year."""


class Lapses(Exception):
    """The approval has run out by that hour: choose an earlier one, or ask for approval later."""

    def __init__(self, until: datetime) -> None:
        super().__init__(f"the approval holds until {until}")
        self.until = until


def check_hour(broadcast: Broadcast, at: datetime, *, now: datetime) -> None:
    """Past, TooFar or Lapses where it cannot be launched then."""
    if at <= now:
        raise Past(f"{at} is over")
    if at > now + AHEAD_AT_MOST:
        raise TooFar(f"{at} is more than a year ahead")
    if broadcast.lapses_at is not None and at >= broadcast.lapses_at:
        raise Lapses(broadcast.lapses_at)


def schedule(
    session: Session,
    broadcast: Broadcast,
    officer: Officer,
    *,
    at: datetime,
    fingerprint: str,
    limits_of: LimitsOf,
    now: datetime,
) -> None:
    """Have the clock launch it at `at`, exactly as the officer saw it. Scheduled again it leaves at the later word.

    Raises Past, TooFar, Lapses, and whatever launch.confirm raises.
    """
    compose.check_touch(broadcast, officer)
    compose.lock(session, broadcast)
    if broadcast.state not in PATHS:
        raise ForbiddenMove(broadcast.state, State.SCHEDULED)
    check_hour(broadcast, at, now=now)
    moving.check_seal(session, broadcast, fingerprint)
    moving.check_ready(session, broadcast, limits_of=limits_of)
    approving.check(session, broadcast, now=now)
    zone = compose.agency_of(session, broadcast).time_zone
    values = {"scheduled_at": at, "scheduled_zone": zone, "scheduled_by_id": officer.id}
    moving.claim(session, broadcast, *PATHS[broadcast.state], confirmed_hash=fingerprint, **values)
    moving.note(session, broadcast, officer, "broadcast.scheduled", now, fingerprint=fingerprint, at=at.isoformat())


def unschedule(session: Session, broadcast: Broadcast, officer: Officer, *, now: datetime) -> None:
    """Have it not launched by the clock: it is approved as before, or a draft where that needed no approval."""
    if not launch.may_stop(broadcast, officer):
        raise compose.NotAllowed(f"officer {officer.id} may not stop broadcast {broadcast.id}")
    compose.lock(session, broadcast)
    if broadcast.state is not State.SCHEDULED:
        raise ForbiddenMove(broadcast.state, State.APPROVED)
    there = State.APPROVED if broadcast.approvers_needed else State.DRAFT
    values: dict[str, object] = {"scheduled_at": None, "scheduled_zone": None, "scheduled_by_id": None}
    moving.claim(session, broadcast, there, **values)
    moving.note(session, broadcast, officer, "broadcast.unscheduled", now)


def due(session: Session, now: datetime) -> Sequence[int]:
    """Whose hour has come. Index: ix_broadcasts_state."""
    query = select(Broadcast.id).where(Broadcast.state == State.SCHEDULED, Broadcast.scheduled_at <= now)
    return session.scalars(query.order_by(Broadcast.scheduled_at, Broadcast.id).limit(AT_ONCE)).all()


def run(session: Session, broadcast_id: int, *, limits_of: LimitsOf, now: datetime) -> bool:
    """Launch it, or hold it and say why; False where somebody else did, or it is not due any more."""
    broadcast = session.get_one(Broadcast, broadcast_id)
    compose.lock(session, broadcast)
    if broadcast.state is not State.SCHEDULED or broadcast.scheduled_at is None or broadcast.scheduled_at > now:
        return False
    why = _launched(session, broadcast, limits_of=limits_of, now=now)
    if why is not None:
        hour = broadcast.scheduled_at
        approving.send_back(session, broadcast, why=why, now=now)
        approval_cards.held(session, broadcast, why=why, hour=hour, now=now)
    approval_cards.rewrite(session, broadcast, limits_of=limits_of, now=now, again=False)
    return why is None


def _launched(session: Session, broadcast: Broadcast, *, limits_of: LimitsOf, now: datetime) -> str | None:
    """Nothing once it is on its way; else why it is not."""
    officer = session.get(Officer, broadcast.scheduled_by_id)
    assert broadcast.scheduled_at is not None, "asked for by `run`"
    if now - broadcast.scheduled_at > LATE_AT_MOST:
        return "late"
    if officer is None:
        return "nobody"
    try:
        seal = broadcast.confirmed_hash or ""
        launch.confirm(session, broadcast, officer, fingerprint=seal, limits_of=limits_of, now=now)
    except compose.NotAllowed:
        return "nobody"
    except launch.Changed:
        return "changed"
    except launch.Unready:
        return "unready"
    except approving.Unapproved:
        return "unapproved"
    return None
