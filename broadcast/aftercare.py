"""What an officer does about an announcement that has left: say it again, put it right, take it back.

Each is a broadcast of its own, with its own code, launch and ledger; `corrects_id` names the first, `of_outcome` says
to whom of it. A retry and a correction are drafts until their code is typed; a recall says nothing, so it is launched
at once, by whoever typed its code. What they do to the first happens in the transaction of their launch.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import reduce

from sqlalchemy import select
from sqlalchemy.orm import Session

from broadcast import compose, drills, holdings, outcomes, together
from broadcast.models import Broadcast, Content
from broadcast.moving import note, wake_launch
from broadcast.states import LAUNCHES, Aftercare, ForbiddenMove, Kind, Outcome, State, move
from delivery import consignments, recovery
from delivery.models import Batch, Consignment
from delivery.states import Aim, BatchState
from staff.models import Officer

UNDER_WAY = (State.SENDING, State.PAUSED)
OVER = (State.FINISHED, State.CANCELLED)
LAUNCHED = (*UNDER_WAY, *OVER, State.CORRECTED, State.RECALLED)
LEFT = (State.DRAFT, State.SUBMITTED, State.RETURNED)
AIMS = {Aftercare.RETRY: Aim.REPEAT, Aftercare.CORRECTION: Aim.CORRECT, Aftercare.RECALL: Aim.TAKE_BACK}


class RetryUnderWay(Exception):
    """Another retry of the same is on its way: wait for its end, or somebody would get it from both."""

    def __init__(self, code: str) -> None:
        super().__init__(f"retry {code} is under way")
        self.code = code


def retry(session: Session, first: Broadcast, officer: Officer, *, outcome: Outcome, now: datetime) -> Broadcast:
    """A draft that says the same to those of `outcome`, if they may still be written to and none of it reached them.

    ForbiddenMove unless it is over and still holds; RetryUnderWay; compose.NotAllowed.
    """
    _check(first, officer, OVER)
    _check_alone(session, first)
    made = _begun(session, first, officer, Aftercare.RETRY, outcome, now)
    made.topic_id, made.area_ids, made.fallback_locale = first.topic_id, first.area_ids, first.fallback_locale
    made.bulletin_cadence, holding = first.bulletin_cadence, holdings.of(session, first)
    if holding is not None:
        holdings.keep(session, made, holding)
    made.media_id, made.media_texts, made.has_preview = first.media_id, first.media_texts, first.has_preview
    for row in compose.contents(session, first):
        session.add(Content(broadcast_id=made.id, locale=row.locale, text=row.text))
    session.flush()
    return made


def correct(session: Session, first: Broadcast, officer: Officer, *, now: datetime) -> Broadcast:
    """An empty draft of what puts it right, for everybody who has it; the officer's unfinished one, if there is one.

    What still leaves of it is paused: nobody else needs to get it while the right words are looked for.
    """
    _check(first, officer, LAUNCHED)
    hold(session, first, officer, now=now)
    alike = outcomes.family(session, first)
    root, is_one = alike[0], len({each.topic_id for each in alike}) == 1
    kept = _kept(session, root, officer, Aftercare.CORRECTION)
    if kept is not None:
        return kept
    made = _begun(session, root, officer, Aftercare.CORRECTION, Outcome.REACHED, now)
    made.topic_id, made.area_ids = first.topic_id if is_one else None, first.area_ids
    session.flush()
    return made


def recall(
    session: Session, first: Broadcast, officer: Officer, *, now: datetime, report_sender_id: int, report_to: str
) -> Broadcast:
    """Take it back wherever that can be done: a launched broadcast whose progress is told at `report_to`.

    Nothing more of the first leaves, within a second. ForbiddenMove where it was recalled already or never launched.
    """
    check_recall(first, officer)
    root = outcomes.family(session, first)[0]
    made = _begun(session, root, officer, Aftercare.RECALL, Outcome.REACHED, now)
    made.report_sender_id, made.report_to = report_sender_id, report_to
    made.state, made.launched_at = reduce(move, LAUNCHES[made.state], made.state), now
    drills.check(session, made)
    take_effect(session, made, now=now)
    wake_launch(session, made.id, made.kind)
    note(session, made, officer, "broadcast.recalled", now, first=first.code)
    return made


def check_recall(first: Broadcast, officer: Officer) -> None:
    """Raise ForbiddenMove or compose.NotAllowed where this cannot be recalled, or not by this officer."""
    _check(first, officer, tuple(state for state in LAUNCHED if state is not State.RECALLED))


def hold(session: Session, first: Broadcast, officer: Officer, *, now: datetime) -> list[Broadcast]:
    """Let nothing more of it leave for now, retries included; what was paused by that."""
    held = []
    for each in outcomes.family(session, first):
        compose.lock(session, each)
        if each.state is State.SENDING:
            each.state = move(each.state, State.PAUSED)
            consignments.pause(session, each.id)
            note(session, each, officer, "broadcast.paused", now)
            held.append(each)
    session.flush()
    return held


def take_effect(session: Session, broadcast: Broadcast, *, now: datetime) -> None:
    """What the launch of a retry, a correction or a recall does to the first and to its retries. Nothing to others.

    They are locked in one order, so that two launches about the same take turns.
    """
    if broadcast.aftercare is None or broadcast.corrects_id is None:
        return
    first = session.get_one(Broadcast, broadcast.corrects_id)
    alike = sorted(outcomes.family(session, first), key=lambda each: each.id)
    for each in alike:
        compose.lock(session, each)
    if broadcast.aftercare is Aftercare.RETRY:
        _check_state(first, OVER)
        _check_alone(session, first, but=broadcast)
        return
    for each in alike:
        if each.id != broadcast.id:
            _end(session, each, now)
            _mark(each, State.CORRECTED if broadcast.aftercare is Aftercare.CORRECTION else State.RECALLED)
    session.flush()


def is_waiting(session: Session, broadcast: Broadcast, *, now: datetime) -> bool:
    """Whether something of the first is still in the air, so that nobody can say yet whom it has reached.

    A second, or until the lease of a lost worker runs out. Then whoever was in doubt is written down as such.
    """
    if broadcast.aftercare not in (Aftercare.CORRECTION, Aftercare.RECALL):
        return False
    ids = outcomes.family_ids(session, broadcast)
    flying = select(Batch.id).where(Batch.consignment_id.in_(ids), Batch.state == BatchState.LEASED)
    if session.scalars(flying.limit(1)).first() is not None:
        return True
    recovery.note_dropped(session, ids, now=now)
    return False


def aim_of(session: Session, broadcast: Broadcast) -> tuple[Aim, Sequence[int]]:
    """What the post office is to do, and the consignments that it is about."""
    if broadcast.aftercare is None:
        return Aim.ANNOUNCE, ()
    return AIMS[broadcast.aftercare], outcomes.family_ids(session, broadcast)


def _begun(
    session: Session, first: Broadcast, officer: Officer, care: Aftercare, outcome: Outcome, now: datetime
) -> Broadcast:
    kind = Kind.NOTICE if first.kind is Kind.BULLETIN and care is Aftercare.CORRECTION else first.kind
    made = Broadcast(agency_id=first.agency_id, kind=kind, state=State.DRAFT, officer_id=officer.id, created_at=now)
    made.corrects_id, made.aftercare, made.of_outcome = first.id, care, outcome
    made.is_drill = first.is_drill
    compose.coin(session, made)
    note(session, made, officer, f"broadcast.{care}_begun", now, first=first.code, outcome=outcome.value)
    return made


def _check(first: Broadcast, officer: Officer, states: Collection[State]) -> None:
    is_ours = officer.agency_id == first.agency_id and officer.revoked_at is None
    if not (is_ours and officer.role in compose.MAY_WRITE):
        raise compose.NotAllowed(f"officer {officer.id} may do nothing about broadcast {first.id}")
    if first.aftercare is Aftercare.RECALL or first.digest_cadence is not None:
        raise ForbiddenMove(first.state, State.DRAFT)
    _check_state(first, states)


def _check_state(first: Broadcast, states: Collection[State]) -> None:
    if first.launched_at is None or first.state not in states:
        raise ForbiddenMove(first.state, State.DRAFT)


def _check_alone(session: Session, first: Broadcast, *, but: Broadcast | None = None) -> None:
    alike = {each.id for each in together.of(session, first)}
    for each in outcomes.family(session, first):
        if each is not but and each.id not in alike and each.state in UNDER_WAY:
            raise RetryUnderWay(each.code)


def _kept(session: Session, first: Broadcast, officer: Officer, care: Aftercare) -> Broadcast | None:
    query = select(Broadcast).where(Broadcast.corrects_id == first.id, Broadcast.aftercare == care)
    mine = query.where(Broadcast.officer_id == officer.id, Broadcast.state == State.DRAFT)
    return session.scalars(mine.order_by(Broadcast.id.desc()).limit(1)).one_or_none()


def _end(session: Session, broadcast: Broadcast, now: datetime) -> None:
    """Nothing of it leaves any more: not the rest of it, nor another attempt that a late receipt asks for."""
    if broadcast.state in UNDER_WAY:
        broadcast.state, broadcast.finished_at = move(broadcast.state, State.CANCELLED), now
    if session.get(Consignment, broadcast.id) is not None:
        consignments.stop(session, broadcast.id)


def _mark(broadcast: Broadcast, there: State) -> None:
    """Where it stands from now on; what was recalled stays so, also when a correction follows."""
    if broadcast.state not in (there, State.RECALLED):
        broadcast.state = move(broadcast.state, there)
