"""Sending, pausing, resuming and cancelling: each is one move that one caller wins, with its line in the audit.

A confirmation is bound to the fingerprint of what the officer saw. The broadcast's row is locked while it is compared,
and edits take the same lock, so nothing can change in between.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from broadcast import aftercare, approving, compose, drills, policy, telling, together
from broadcast.approving import Unapproved
from broadcast.content import Flaw, Problem
from broadcast.models import Broadcast
from broadcast.moving import Changed as Changed
from broadcast.moving import Unready as Unready
from broadcast.moving import check_ready, check_seal, claim, note, wake_launch
from broadcast.states import LAUNCHES, ForbiddenMove, Kind, State
from delivery import consignments
from delivery.switchboard import LimitsOf
from staff.models import Officer

WITHOUT_GLASS = frozenset({State.DRAFT, State.APPROVED, State.SCHEDULED})


class NoReason(Exception):
    """What was typed is no reason: too short, or no words. Ask for one again."""


def confirm(
    session: Session, broadcast: Broadcast, officer: Officer, *, fingerprint: str, limits_of: LimitsOf, now: datetime
) -> None:
    """Launch what the officer saw and confirmed: a draft that needs no approval, or what has been approved.

    Exactly one caller succeeds, ever. Everybody else gets ForbiddenMove with the state it is in (a second click:
    sending), Changed, Unready, Unapproved, aftercare.RetryUnderWay, or compose.NotAllowed. Once this is committed, the
    task `launch` is woken, of an alert `launch_alert`.
    """
    compose.check_touch(broadcast, officer)
    compose.lock(session, broadcast)
    if broadcast.state not in WITHOUT_GLASS:
        raise ForbiddenMove(broadcast.state, State.SENDING)
    check_seal(session, broadcast, fingerprint)
    start(session, broadcast, limits_of=limits_of, now=now)
    note(session, broadcast, officer, "broadcast.launched", now, fingerprint=fingerprint, kind=broadcast.kind.value)
    telling.done(session, broadcast, officer, "launched", now=now)


def break_glass(
    session: Session,
    broadcast: Broadcast,
    officer: Officer,
    *,
    reason: str,
    fingerprint: str,
    limits_of: LimitsOf,
    now: datetime,
) -> bool:
    """Launch an alert that lacks approvals, by one officer's word; True where it lacked some. It stays written on it.

    Raises NoReason, compose.NotAllowed where it is no alert, and whatever `confirm` raises but Unapproved.
    """
    compose.check_touch(broadcast, officer)
    if not policy.is_reason(reason):
        raise NoReason
    compose.lock(session, broadcast)
    if broadcast.kind is not Kind.ALERT or officer.role not in compose.MAY_WRITE:
        raise compose.NotAllowed(f"officer {officer.id} may not break the glass for broadcast {broadcast.id}")
    if broadcast.state not in LAUNCHES:
        raise ForbiddenMove(broadcast.state, State.SENDING)
    check_seal(session, broadcast, fingerprint)
    is_broken = not _is_approved(session, broadcast, now)
    glass = {"glass_reason": reason.strip()[: policy.REASON_LENGTH], "glass_officer_id": officer.id}
    _go(session, broadcast, limits_of=limits_of, now=now, glass=glass if is_broken else None)
    said = {"fingerprint": fingerprint, "kind": broadcast.kind.value}
    if is_broken:
        note(session, broadcast, officer, "broadcast.glass_broken", now, reason=reason.strip(), **said)
    note(session, broadcast, officer, "broadcast.launched", now, **said)
    telling.done(session, broadcast, officer, "launched", now=now)
    return is_broken


def start(
    session: Session, broadcast: Broadcast, *, limits_of: LimitsOf, now: datetime, allowed: Collection[Flaw] = ()
) -> None:
    """Claim the launch; also for what the clock itself wrote. Unready or Unapproved if it may not leave like this."""
    if broadcast.state not in WITHOUT_GLASS:
        raise ForbiddenMove(broadcast.state, State.SENDING)
    approving.check(session, broadcast, now=now)
    _go(session, broadcast, limits_of=limits_of, now=now, allowed=allowed)


def start_all(
    session: Session, write: Callable[[], Sequence[Broadcast]], *, limits_of: LimitsOf, now: datetime
) -> tuple[Sequence[Broadcast], Sequence[Problem]]:
    """Launch all that `write` makes of what the clock has to say; or nothing, undone, with what keeps one of them.

    A language may be missing: its readers have nothing to read.
    """
    try:
        with session.begin_nested():
            made = write()
            for each in made:
                start(session, each, limits_of=limits_of, now=now, allowed=(Flaw.MISSING,))
    except Unready as unready:
        return (), unready.problems
    return made, ()


def pause(session: Session, broadcast: Broadcast, officer: Officer, *, now: datetime) -> None:
    """Let nothing more of it leave, and of what left together with it, within a second, until it is resumed.

    ForbiddenMove unless it is being sent.
    """
    for each in _all(session, broadcast, officer, State.PAUSED, (State.SENDING,)):
        consignments.pause(session, each.id)
        note(session, each, officer, "broadcast.paused", now)
    telling.done(session, broadcast, officer, "paused", now=now)


def resume(session: Session, broadcast: Broadcast, officer: Officer, *, now: datetime) -> None:
    """Go on where it stopped, and what left together with it. ForbiddenMove unless it is paused."""
    for each in _all(session, broadcast, officer, State.SENDING, (State.PAUSED,)):
        consignments.resume(session, each.id)
        wake_launch(session, each.id, each.kind)
        note(session, each, officer, "broadcast.resumed", now)
    telling.done(session, broadcast, officer, "resumed", now=now)


def cancel(session: Session, broadcast: Broadcast, officer: Officer, *, now: datetime) -> None:
    """End it for good, and what left together with it, within a second, retries that wait included.

    ForbiddenMove if it has ended already.
    """
    was_launched = broadcast.launched_at is not None
    for each in _all(session, broadcast, officer, State.CANCELLED, aftercare.UNDER_WAY, finished_at=now):
        consignments.stop(session, each.id)
        note(session, each, officer, "broadcast.cancelled", now)
    if was_launched:
        telling.done(session, broadcast, officer, "cancelled", now=now)


def may_stop(broadcast: Broadcast, officer: Officer) -> bool:
    """Whoever may write for the agency: in an emergency whoever wrote it may be asleep."""
    is_ours = officer.agency_id == broadcast.agency_id and officer.revoked_at is None
    return is_ours and officer.role in compose.MAY_WRITE


def _all(
    session: Session,
    broadcast: Broadcast,
    officer: Officer,
    there: State,
    states: Collection[State],
    *,
    finished_at: datetime | None = None,
) -> list[Broadcast]:
    """Move whatever of it and of what left together with it is in one of `states`. They are locked in one order."""
    if not may_stop(broadcast, officer):
        raise compose.NotAllowed(f"officer {officer.id} may not stop broadcast {broadcast.id}")
    alike = together.of(session, broadcast)
    for each in alike:
        compose.lock(session, each)
    moved = [each for each in alike if each.state in states]
    if not moved and there is State.SENDING:
        raise ForbiddenMove(broadcast.state, there)
    for each in moved or [broadcast]:
        claim(session, each, there, finished_at=finished_at)
    return moved or [broadcast]


def _go(
    session: Session,
    broadcast: Broadcast,
    *,
    limits_of: LimitsOf,
    now: datetime,
    allowed: Collection[Flaw] = (),
    glass: Mapping[str, object] | None = None,
) -> None:
    drills.check(session, broadcast)
    check_ready(session, broadcast, limits_of=limits_of, allowed=allowed)
    seal = compose.fingerprint(session, broadcast)
    claim(session, broadcast, *LAUNCHES[broadcast.state], launched_at=now, confirmed_hash=seal, **(glass or {}))
    aftercare.take_effect(session, broadcast, now=now)
    wake_launch(session, broadcast.id, broadcast.kind)


def _is_approved(session: Session, broadcast: Broadcast, now: datetime) -> bool:
    try:
        approving.check(session, broadcast, now=now)
    except Unapproved:
        return False
    return True
