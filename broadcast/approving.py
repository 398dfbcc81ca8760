"""Submitting an announcement to approvers, their verdicts, and whether it has all it needs to be launched.

Everything is asked again where it counts, under the lock of the broadcast's row: what was submitted, by whom it was
written, how many people it is for now, and which approvals still hold.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import case, select
from sqlalchemy.orm import Session

from broadcast import compose, moving, policy, prepared_texts, together
from broadcast.compose import NotAllowed
from broadcast.counting import Counts
from broadcast.models import Broadcast, Verdict
from broadcast.states import Aftercare, ForbiddenMove, Ruling, State
from delivery.switchboard import LimitsOf
from staff import officers
from staff.models import Account, Officer

MARK_LENGTH = 8
AT_ONCE = 100
WAY_BACK: dict[State, tuple[State, ...]] = {
    State.SUBMITTED: (State.RETURNED, State.DRAFT),
    State.RETURNED: (State.DRAFT,),
    State.APPROVED: (State.DRAFT,),
    State.SCHEDULED: (State.DRAFT,),
}
CLEARED: dict[str, object] = {
    "approvers_needed": 0,
    "lapses_at": None,
    "scheduled_at": None,
    "scheduled_zone": None,
    "scheduled_by_id": None,
}


class NotNeeded(Exception):
    """No rule asks for an approver: it can be launched with the code."""


class NoApprovers(Exception):
    """There are not as many officers who may approve it as it needs: somebody has to be invited first."""

    def __init__(self, needed: int, there: int) -> None:
        super().__init__(f"{there} of {needed} approvers")
        self.needed, self.there = needed, there


class OwnWork(Exception):
    """This officer wrote or edited it: somebody else has to approve it."""


class AlreadyRuled(Exception):
    """This officer has given their verdict on this submission: there is nothing to be added."""


class Unapproved(Exception):
    """It has fewer approvals that hold than it needs now: it is submitted, or goes back to be."""

    def __init__(self, needed: int, given: int) -> None:
        super().__init__(f"{given} of {needed} approvals")
        self.needed, self.given = needed, given


def needed(session: Session, broadcast: Broadcast, *, now: datetime, counts: Counts | None = None) -> int:
    """How many approvers it asks for, its people counted now (`counts`: once for all that this turn asks); without
    rules for its kind nobody is counted.

    A retry asks for none: it says what was approved already. So does an approved prepared text, where that counts.
    """
    agency = compose.agency_of(session, broadcast)
    if not policy.has_rules(agency, broadcast.kind) or _is_approved_before(session, broadcast):
        return 0
    counts = counts or Counts(session, now=now)
    return policy.approvers_for(agency, broadcast.kind, counts.of(broadcast).people)


def needed_for(session: Session, broadcast: Broadcast, people: int) -> int:
    """How many approvers it asks for, for so many people."""
    if _is_approved_before(session, broadcast):
        return 0
    return policy.approvers_for(compose.agency_of(session, broadcast), broadcast.kind, people)


def _is_approved_before(session: Session, broadcast: Broadcast) -> bool:
    if broadcast.aftercare is Aftercare.RETRY:
        return True
    agency = compose.agency_of(session, broadcast)
    return agency.prepared_is_approved and prepared_texts.is_as_approved(session, broadcast)


def mark(fingerprint: str) -> str:
    """The short form in which people compare a fingerprint."""
    return fingerprint[:MARK_LENGTH]


def accounts(session: Session, broadcast: Broadcast) -> list[Account]:
    """The chat accounts of all who may give a verdict on it: no editor is among them."""
    agency_id, roles = broadcast.agency_id, sorted(policy.MAY_APPROVE)
    everybody = [each for role in roles for each in officers.accounts(session, agency_id, role=role)]
    return [each for each in everybody if not is_editor(broadcast, each.officer_id)]


def is_editor(broadcast: Broadcast, officer_id: int) -> bool:
    """Whether this officer wrote or edited it."""
    return officer_id == broadcast.officer_id or officer_id in broadcast.editor_ids


def submit(
    session: Session,
    broadcast: Broadcast,
    officer: Officer,
    *,
    fingerprint: str,
    limits_of: LimitsOf,
    now: datetime,
    counts: Counts | None = None,
) -> int:
    """Put a draft before the approvers, exactly as the officer saw it; how many of them it needs.

    Raises NotAllowed, ForbiddenMove, Changed, Unready, NotNeeded, NoApprovers.
    """
    compose.check_touch(broadcast, officer)
    compose.lock(session, broadcast)
    if broadcast.state is not State.DRAFT:
        raise ForbiddenMove(broadcast.state, State.SUBMITTED)
    moving.check_seal(session, broadcast, fingerprint)
    moving.check_ready(session, broadcast, limits_of=limits_of)
    number = needed(session, broadcast, now=now, counts=counts)
    if not number:
        raise NotNeeded(f"broadcast {broadcast.id}")
    compose.note_editor(broadcast, officer)
    there = {account.officer_id for account in accounts(session, broadcast)}
    if len(there) < number:
        raise NoApprovers(number, len(there))
    _begin(session, broadcast, number, now)
    moving.note(session, broadcast, officer, "broadcast.submitted", now, fingerprint=fingerprint, approvers=number)
    return number


def rule(
    session: Session,
    broadcast: Broadcast,
    officer: Officer,
    ruling: Ruling,
    *,
    fingerprint: str,
    reason: str | None = None,
    now: datetime,
) -> Verdict:
    """An approver's verdict on what has this fingerprint, once; the last approval it needs makes it approved.

    Raises NotAllowed, ForbiddenMove, Changed, OwnWork, AlreadyRuled.
    """
    if not policy.may_approve(officer, broadcast.agency_id):
        raise NotAllowed(f"officer {officer.id} may not approve broadcast {broadcast.id}")
    compose.lock(session, broadcast)
    if broadcast.state is not State.SUBMITTED:
        raise ForbiddenMove(broadcast.state, State(ruling.value))
    moving.check_seal(session, broadcast, fingerprint)
    if is_editor(broadcast, officer.id):
        raise OwnWork(f"officer {officer.id} wrote or edited broadcast {broadcast.id}")
    if any(each.officer_id == officer.id for each in verdicts(session, broadcast)):
        raise AlreadyRuled(f"officer {officer.id} on broadcast {broadcast.id}")
    given = Verdict(broadcast_id=broadcast.id, submission=broadcast.submissions, fingerprint=fingerprint)
    given.officer_id, given.ruling, given.reason, given.at = (
        officer.id,
        ruling,
        (reason or "")[: policy.REASON_LENGTH],
        now,
    )
    session.add(given)
    session.flush()
    _settle(session, broadcast, ruling, now)
    details = {"fingerprint": fingerprint, "reason": given.reason or None}
    moving.note(session, broadcast, officer, f"broadcast.{ruling}", now, **details)
    return given


def verdicts(session: Session, broadcast: Broadcast) -> Sequence[Verdict]:
    """What was said of the last submission, the oldest first."""
    query = select(Verdict).where(Verdict.broadcast_id == broadcast.id)  # the unique key
    return session.scalars(query.where(Verdict.submission == broadcast.submissions).order_by(Verdict.id)).all()


def standing(session: Session, broadcast: Broadcast, *, now: datetime) -> list[Verdict]:
    """The approvals that hold now, the oldest first.

    They are about exactly what it says now, not too old, and of somebody who may still approve and did not edit it.
    """
    seal, agency = compose.fingerprint(session, broadcast), compose.agency_of(session, broadcast)
    return [
        each
        for each in verdicts(session, broadcast)
        if each.ruling is Ruling.APPROVED
        and each.fingerprint == seal
        and each.at > now - policy.holds_for(agency)
        and not is_editor(broadcast, each.officer_id)
        and _may_still(session.get_one(Officer, each.officer_id))
    ]


def check(session: Session, broadcast: Broadcast, *, now: datetime) -> None:
    """Unapproved unless it has the approvals that its kind and the people it is for now ask for."""
    number = needed(session, broadcast, now=now)
    if not number:
        return
    is_decided = broadcast.state in (State.APPROVED, State.SCHEDULED)
    given = len(standing(session, broadcast, now=now)) if is_decided else 0
    if given < number:
        raise Unapproved(number, given)


def take_back(session: Session, broadcast: Broadcast, officer: Officer, *, now: datetime) -> None:
    """Make it a draft again, to be changed: what was approved of it is void. NotAllowed or ForbiddenMove."""
    compose.check_touch(broadcast, officer)
    compose.lock(session, broadcast)
    before = _go_back(session, broadcast)
    moving.note(session, broadcast, officer, "broadcast.taken_back", now, state=before.value)


def send_back(session: Session, broadcast: Broadcast, *, why: str, now: datetime) -> None:
    """The same by the house itself, because it may not be launched: `why` is a word of ours. ForbiddenMove."""
    compose.lock(session, broadcast)
    before = _go_back(session, broadcast)
    moving.note(session, broadcast, None, "broadcast.sent_back", now, state=before.value, why=why)


def lapsing(session: Session, now: datetime) -> Sequence[int]:
    """Submissions that nobody decided in time, and approvals that ran out; what is scheduled is looked at in its hour.

    Index: ix_broadcasts_state.
    """
    waiting = (State.SUBMITTED, State.APPROVED)
    query = select(Broadcast.id).where(Broadcast.state.in_(waiting), Broadcast.lapses_at <= now)
    return session.scalars(query.order_by(Broadcast.id).limit(AT_ONCE)).all()


def queue(session: Session, agency_id: int, *, limit: int) -> Sequence[Broadcast]:
    """What is on its way to people in an agency, what leaves first on top: sending, scheduled, approved, submitted."""
    order = (State.SENDING, State.PAUSED, State.SCHEDULED, State.APPROVED, State.SUBMITTED)
    place = case({state: number for number, state in enumerate(order)}, value=Broadcast.state)
    query = select(Broadcast).where(Broadcast.agency_id == agency_id, Broadcast.state.in_(order))
    query = query.where(Broadcast.digest_cadence.is_(None), together.is_foremost(order))  # of these one hour makes many
    # ix_broadcasts_agency_state
    return session.scalars(query.order_by(place, Broadcast.scheduled_at, Broadcast.id).limit(limit)).all()


def _begin(session: Session, broadcast: Broadcast, number: int, now: datetime) -> None:
    agency = compose.agency_of(session, broadcast)
    values = {
        "submitted_at": now,
        "submissions": broadcast.submissions + 1,
        "approvers_needed": number,
        "lapses_at": now + policy.holds_for(agency),
    }
    session.flush()
    moving.claim(session, broadcast, State.SUBMITTED, **values)


def _settle(session: Session, broadcast: Broadcast, ruling: Ruling, now: datetime) -> None:
    if ruling is not Ruling.APPROVED:
        moving.claim(session, broadcast, State(ruling.value), **CLEARED)
        return
    given = standing(session, broadcast, now=now)
    if len(given) < broadcast.approvers_needed:
        return
    oldest = given[-broadcast.approvers_needed].at
    until = oldest + policy.holds_for(compose.agency_of(session, broadcast))
    moving.claim(session, broadcast, State.APPROVED, lapses_at=until)


def _go_back(session: Session, broadcast: Broadcast) -> State:
    before = broadcast.state
    if before not in WAY_BACK:
        raise ForbiddenMove(before, State.DRAFT)
    moving.claim(session, broadcast, *WAY_BACK[before], **CLEARED)
    return before


def _may_still(officer: Officer) -> bool:
    return officer.revoked_at is None and officer.role in policy.MAY_APPROVE
