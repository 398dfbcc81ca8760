"""Sending, pausing, resuming and cancelling: each is one move that one caller wins, with its line in the audit.

A confirmation is bound to the fingerprint of what the officer saw. The broadcast's row is locked while it is compared,
and edits take the same lock, so nothing can change in between.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import reduce

from sqlalchemy import update
from sqlalchemy.orm import Session

from broadcast import aftercare, compose
from broadcast.content import Flaw, Problem
from broadcast.models import Broadcast
from broadcast.states import ForbiddenMove, State, move
from db import wake
from delivery import consignments
from delivery.switchboard import LimitsOf
from staff import audit
from staff.models import Officer

CONFIRMED = (State.SUBMITTED, State.APPROVED, State.SENDING)  # where no approval is asked for, all in one step


class Changed(Exception):
    """Something was edited since the officer saw the preview: show it again and ask again."""


class Unready(Exception):
    """Something must be put right first: show `problems`."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(", ".join(problem.flaw for problem in problems))
        self.problems = tuple(problems)


def confirm(
    session: Session, broadcast: Broadcast, officer: Officer, *, fingerprint: str, limits_of: LimitsOf, now: datetime
) -> None:
    """Launch a draft whose fingerprint the officer saw and confirmed.

    Exactly one caller succeeds, ever. Everybody else gets ForbiddenMove with the state it is in (a second click:
    sending), Changed, Unready, aftercare.RetryUnderWay, or compose.NotAllowed. Once this is committed, the task
    `launch` is woken.
    """
    compose.check_touch(broadcast, officer)
    compose.lock(session, broadcast)
    if broadcast.state is not State.DRAFT:
        raise ForbiddenMove(broadcast.state, State.SENDING)
    if compose.fingerprint(session, broadcast) != fingerprint:
        raise Changed(f"broadcast {broadcast.id} is not what was confirmed")
    start(session, broadcast, limits_of=limits_of, now=now)
    _note(session, broadcast, officer, "broadcast.launched", now, fingerprint=fingerprint, kind=broadcast.kind.value)


def start(
    session: Session, broadcast: Broadcast, *, limits_of: LimitsOf, now: datetime, allowed: Collection[Flaw] = ()
) -> None:
    """Claim the launch of a draft; also for what the clock itself wrote. Unready if it may not leave like this."""
    found = compose.problems(session, broadcast, limits_of=limits_of)
    problems = [problem for problem in found if problem.flaw not in allowed]
    if problems:
        raise Unready(problems)
    there = reduce(move, CONFIRMED, broadcast.state)
    _claim(session, broadcast, there, launched_at=now, confirmed_hash=compose.fingerprint(session, broadcast))
    aftercare.take_effect(session, broadcast, now=now)
    wake.later(session, "launch", broadcast.id)


def pause(session: Session, broadcast: Broadcast, officer: Officer, *, now: datetime) -> None:
    """Let nothing more leave, within a second, until it is resumed. ForbiddenMove unless it is being sent."""
    _shift(session, broadcast, officer, State.PAUSED)
    consignments.pause(session, broadcast.id)
    _note(session, broadcast, officer, "broadcast.paused", now)


def resume(session: Session, broadcast: Broadcast, officer: Officer, *, now: datetime) -> None:
    """Go on where it stopped. ForbiddenMove unless it is paused."""
    compose.lock(session, broadcast)
    if broadcast.state is not State.PAUSED:
        raise ForbiddenMove(broadcast.state, State.SENDING)
    _shift(session, broadcast, officer, State.SENDING)
    consignments.resume(session, broadcast.id)
    wake.later(session, "launch", broadcast.id)
    _note(session, broadcast, officer, "broadcast.resumed", now)


def cancel(session: Session, broadcast: Broadcast, officer: Officer, *, now: datetime) -> None:
    """End it for good, within a second, retries that wait included. ForbiddenMove if it has ended already."""
    _shift(session, broadcast, officer, State.CANCELLED, finished_at=now)
    consignments.stop(session, broadcast.id)
    _note(session, broadcast, officer, "broadcast.cancelled", now)


def may_stop(broadcast: Broadcast, officer: Officer) -> bool:
    """Any author or admin of the agency: in an emergency whoever wrote it may be asleep."""
    is_ours = officer.agency_id == broadcast.agency_id and officer.revoked_at is None
    return is_ours and officer.role in compose.MAY_WRITE


def _shift(
    session: Session, broadcast: Broadcast, officer: Officer, there: State, *, finished_at: datetime | None = None
) -> None:
    if not may_stop(broadcast, officer):
        raise compose.NotAllowed(f"officer {officer.id} may not stop broadcast {broadcast.id}")
    compose.lock(session, broadcast)
    move(broadcast.state, there)
    _claim(session, broadcast, there, finished_at=finished_at)


def _claim(session: Session, broadcast: Broadcast, there: State, **values: object) -> None:
    """The one UPDATE that moves a broadcast. Whoever comes second finds another state and is told."""
    here = broadcast.state
    claimed = update(Broadcast).where(Broadcast.id == broadcast.id, Broadcast.state == here)
    won = session.execute(claimed.values(state=there, **values).returning(Broadcast.id)).first()
    session.refresh(broadcast)
    if won is None:
        raise ForbiddenMove(broadcast.state, there)


def _note(
    session: Session, broadcast: Broadcast, officer: Officer, verb: str, now: datetime, **details: audit.Detail
) -> None:
    audit.note(
        session,
        agency_id=broadcast.agency_id,
        officer_id=officer.id,
        verb=verb,
        subject=compose.subject(broadcast),
        now=now,
        details={"code": broadcast.code, **details},
    )
