"""What every move of a broadcast is made of: the one UPDATE that one caller wins, and its line in the audit."""

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import reduce

from sqlalchemy import update
from sqlalchemy.orm import Session

from broadcast import compose
from broadcast.content import Flaw, Problem
from broadcast.models import Broadcast
from broadcast.states import ForbiddenMove, Kind, State, move
from db import wake
from delivery.switchboard import LimitsOf
from staff import audit
from staff.models import Officer


class Changed(Exception):
    """Something was edited since the officer saw the preview: show it again and ask again."""


class Unready(Exception):
    """Something must be put right first: show `problems`."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(", ".join(problem.flaw for problem in problems))
        self.problems = tuple(problems)


def check_seal(session: Session, broadcast: Broadcast, fingerprint: str) -> None:
    """Changed unless it is exactly what was seen."""
    if compose.fingerprint(session, broadcast) != fingerprint:
        raise Changed(f"broadcast {broadcast.id} is not what was confirmed")


def check_ready(session: Session, broadcast: Broadcast, *, limits_of: LimitsOf, allowed: Collection[Flaw] = ()) -> None:
    """Unready where it may not leave like this."""
    found = compose.problems(session, broadcast, limits_of=limits_of)
    problems = [problem for problem in found if problem.flaw not in allowed]
    if problems:
        raise Unready(problems)


def claim(session: Session, broadcast: Broadcast, *path: State, **values: object) -> None:
    """The one UPDATE that moves a broadcast along a path of moves. Whoever comes second is told where it stands."""
    here, there = broadcast.state, reduce(move, path, broadcast.state)
    claimed = update(Broadcast).where(Broadcast.id == broadcast.id, Broadcast.state == here)
    won = session.execute(claimed.values(state=there, **values).returning(Broadcast.id)).first()
    session.refresh(broadcast)
    if won is None:
        raise ForbiddenMove(broadcast.state, there)


def wake_launch(session: Session, broadcast_id: int, kind: Kind) -> None:
    """Have it planned once this is committed. Alerts and drills have a queue of their own, and wait for no bulletin."""
    wake.later(session, "launch_alert" if kind is Kind.ALERT else "launch", broadcast_id)


def note(
    session: Session, broadcast: Broadcast, officer: Officer | None, verb: str, now: datetime, **details: audit.Detail
) -> None:
    """One line in the audit about this broadcast; no officer: the clock."""
    audit.note(
        session,
        agency_id=broadcast.agency_id,
        officer_id=officer.id if officer else None,
        verb=verb,
        subject=compose.subject(broadcast),
        now=now,
        details={"code": broadcast.code, **details},
    )
