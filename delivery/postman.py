"""A letter on its way: leased by one worker, settled, put back or given up; and found where its wake-up was lost."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import and_, bindparam, func, or_, select, tuple_, update
from sqlalchemy.orm import Session, aliased

from db import bulk, wake
from delivery import enclosures, outgoing
from delivery.models import Letter, Sender
from delivery.outgoing import Leased as Leased
from delivery.outgoing import Taken as Taken
from delivery.states import LetterState
from subscribers import consent, directory, suppression

UNSETTLED = (LetterState.WAITING, LetterState.LEASED)
SUPPRESSED = "suppressed"
STOPPED = "stopped"
JUST_NOW = timedelta(seconds=10)
DELAYS = tuple(timedelta(seconds=seconds) for seconds in (1, 3, 8, 20, 40, 80, 150, 300))
"""Before the second attempt, the third, ...: ten minutes in all, then it is given up."""
WOKEN_AT_ONCE = 500
WOKEN_AGAIN = timedelta(seconds=3)
WORKER_LOST = "worker_lost"
LETTERS_IN_HAND = 256
"""Of one sender in one process: a provider that hangs keeps so many waiting, and nobody else's."""

# Put together once: for every letter that would take longer than to run them.
_NOW = bindparam("now", type_=Letter.due_at.type)
_OLDER = aliased(Letter)
_FIRST = select(func.min(_OLDER.id)).where(
    _OLDER.sender_id == Letter.sender_id, _OLDER.to == Letter.to, _OLDER.state.in_(UNSETTLED)
)
_OLDEST = select(Letter.id, _FIRST.scalar_subquery()).where(Letter.id.in_(bindparam("ids", expanding=True)))
_IS_TAKABLE = or_(
    and_(Letter.state == LetterState.WAITING, Letter.due_at <= _NOW),
    and_(Letter.state == LetterState.LEASED, Letter.lease_until < _NOW),
)
_TAKABLE = (
    select(Letter, Sender)
    .join(Sender, Sender.id == Letter.sender_id)
    .where(Letter.id.in_(bindparam("ids", expanding=True)), _IS_TAKABLE)
    .where(Sender.stopped_at.is_(None), or_(Sender.held_until.is_(None), Sender.held_until <= _NOW))
    .order_by(Letter.id)
    .with_for_update(skip_locked=True, of=Letter)
    .execution_options(populate_existing=True)
)


def lease_all(
    session: Session, letter_ids: Sequence[int], *, aboard: Mapping[int, int], now: datetime, lease_for: timedelta
) -> list[Taken | None]:
    """For each of these letters the oldest unsettled one of its address, leased; None where that one has to wait.

    It waits while its sender is stopped or held, or has its share of this process (`aboard`, by sender) already; it
    is not waited for where somebody else has its row in hand. Two letters of one address share one: the first has it.
    Given up on the way: letters to a suppressed address, and one whose workers died as often as it may be tried.
    """
    oldest = _oldest_of(session, letter_ids)
    rows = _takable(session, set(oldest.values()), now)
    left = Counter({sender.id: LETTERS_IN_HAND - aboard.get(sender.id, 0) for _, sender in rows})
    taken: dict[int, Taken] = {}
    for letter, sender in rows:
        if left[sender.id] > 0:
            left[sender.id] -= 1
            letter.attempt += letter.state is LetterState.LEASED  # or what kills its worker would be tried for ever
            letter.state, letter.epoch, letter.lease_until = LetterState.LEASED, letter.epoch + 1, now + lease_for
            taken[letter.id] = Taken(sender, outgoing.leased(session, letter, now))
    session.flush()
    _withhold(session, taken, {letter.id: letter for letter, _ in rows})
    return [taken.pop(oldest.get(letter_id, 0), None) for letter_id in letter_ids]


def renew(session: Session, leased: Leased, *, now: datetime, lease_for: timedelta) -> bool:
    """Keep the letter while a provider thinks; False if it is lost."""
    return _changed(session, leased, lease_until=now + lease_for)


def settle_all(session: Session, sent: Sequence[tuple[Leased, str | None]], *, now: datetime) -> list[bool]:
    """The provider took these, and calls each so (None: nothing had to leave); in their order, False for a lost lease.

    A card that was rewritten meanwhile waits again.
    """
    taken: list[dict[str, object]] = [
        {"sent_at": now, "reason": None, "code": None} | ({} if name is None else {"provider_id": name})
        for _, name in sent
    ]
    return _close(session, [leased for leased, _ in sent], LetterState.SENT, taken)


def give_up(session: Session, leased: Leased, *, reason: str, code: str | None) -> bool:
    """It will not leave, nor what it encloses; the next letter of the address may."""
    enclosures.remove(session, leased.id)
    why: dict[str, object] = {"reason": reason[:40], "code": (code or "")[:40] or None}
    return _close(session, [leased], LetterState.FAILED, [why]) == [True]


def put_back(session: Session, leased: Leased, *, due_at: datetime, costs_attempt: bool) -> bool:
    """Have it tried again at `due_at`; the letters behind it wait with it."""
    attempt = leased.attempt + costs_attempt
    return _changed(session, leased, state=LetterState.WAITING, due_at=due_at, lease_until=None, attempt=attempt)


def has_just_left(session: Session, leased: Leased, *, now: datetime) -> bool:
    """Whether another letter to the same address left in the last ten seconds. Index: ix_letters_address."""
    query = select(Letter.sent_at).where(
        Letter.sender_id == leased.sender_id, Letter.to == leased.to, Letter.state == LetterState.SENT
    )
    left = session.scalar(query.order_by(Letter.id.desc()).limit(1))
    return left is not None and now - left < JUST_NOW


def next_delay(attempt: int) -> timedelta | None:
    """How long to wait after this many attempts that failed; None: give it up."""
    return DELAYS[attempt - 1] if attempt <= len(DELAYS) else None


def wake_due(session: Session, now: datetime) -> int:
    """Wake somebody for each address whose oldest letter is due or whose lease ran out (at most 500); how many.

    For the same letter again only after a while, so that a long queue is not made longer.
    """
    older = aliased(Letter)
    has_older = (
        select(older.id)  # ix_letters_address
        .where(older.sender_id == Letter.sender_id, older.to == Letter.to)
        .where(older.state.in_(UNSETTLED), older.id < Letter.id)
        .exists()
    )
    due = (
        select(Letter.id)
        .join(Sender, Sender.id == Letter.sender_id)
        .where(_IS_TAKABLE, ~has_older, Sender.stopped_at.is_(None))  # ix_letters_work
        .where(or_(Sender.held_until.is_(None), Sender.held_until <= now))
        .where(or_(Letter.woken_at.is_(None), Letter.woken_at < Letter.due_at, Letter.woken_at <= now - WOKEN_AGAIN))
        .order_by(Letter.due_at, Letter.id)
        .limit(WOKEN_AT_ONCE)
    )
    found = session.scalars(due, {"now": now}).all()
    for letter_id in found:
        wake.later(session, "post", letter_id)
    if found:
        session.execute(update(Letter).where(Letter.id.in_(found)).values(woken_at=now))
    return len(found)


def _withhold(session: Session, taken: dict[int, Taken], letters: Mapping[int, Letter]) -> None:
    """Give up, of what was taken, what must not leave."""
    places = [(each.leased.sender_id, each.leased.to) for each in taken.values()]
    suppressed = suppression.among(session, places)
    for letter_id, each in list(taken.items()):
        leased, letter = each.leased, letters[letter_id]
        reason = None
        if (leased.sender_id, leased.to) in suppressed:
            reason = SUPPRESSED
        elif letter.heeds_stop and _is_stopped(session, letter):
            reason = STOPPED
        elif leased.attempt > len(DELAYS):
            reason = WORKER_LOST
        if reason is not None:
            give_up(session, leased, reason=reason, code=None)
            del taken[letter_id]


def _is_stopped(session: Session, letter: Letter) -> bool:
    met = directory.find(session, sender_id=letter.sender_id, value=letter.to)
    return met is None or consent.is_stopped_since(session, met.subscriber, letter.created_at)


def _oldest_of(session: Session, letter_ids: Sequence[int]) -> dict[int, int]:
    """By each letter the oldest unsettled one of its address. Index: ix_letters_address."""
    found = session.execute(_OLDEST, {"ids": list(letter_ids)})
    return {letter_id: oldest for letter_id, oldest in found if oldest is not None}


def _takable(session: Session, letter_ids: Collection[int], now: datetime) -> Sequence[tuple[Letter, Sender]]:
    """Those that may leave now, locked, with their senders, the oldest first."""
    if not letter_ids:
        return []
    return [(letter, sender) for letter, sender in session.execute(_TAKABLE, {"ids": list(letter_ids), "now": now})]


def _close(
    session: Session, held: Sequence[Leased], state: LetterState, values: Sequence[Mapping[str, object]]
) -> list[bool]:
    """End these letters, each with values of its own, and see to what follows them; False where a lease is lost."""
    mine = select(Letter).where(Letter.id.in_([each.id for each in held])).order_by(Letter.id)
    locked = session.scalars(mine.with_for_update().execution_options(populate_existing=True))
    letters = {letter.id: letter for letter in locked}
    closed = [_closed(letters.get(leased.id), leased, state, value) for leased, value in zip(held, values, strict=True)]
    session.flush()
    mine_were = (leased for leased, is_mine in zip(held, closed, strict=True) if is_mine)
    _wake_next(session, {(leased.sender_id, leased.to) for leased in mine_were})
    return closed


def _closed(letter: Letter | None, leased: Leased, state: LetterState, values: Mapping[str, object]) -> bool:
    if letter is None or letter.epoch != leased.epoch or letter.state is not LetterState.LEASED:
        return False
    is_rewritten = letter.revision != leased.revision
    for name, value in values.items():
        setattr(letter, name, value)
    letter.state, letter.lease_until = (LetterState.WAITING if is_rewritten else state), None
    letter.is_again = letter.is_again and is_rewritten
    return True


def _wake_next(session: Session, places: Collection[tuple[int, str]]) -> None:
    """Ask for the next letter of each of these addresses, where there is one. Index: ix_letters_address."""
    if not places:
        return
    theirs = tuple_(Letter.sender_id, Letter.to).in_(list(places))
    first = select(func.min(Letter.id)).where(theirs, Letter.state.in_(UNSETTLED)).group_by(Letter.sender_id, Letter.to)
    for letter_id in session.scalars(first).all():
        wake.later(session, "post", letter_id)


def _changed(session: Session, leased: Leased, **values: object) -> bool:
    mine = (Letter.id == leased.id, Letter.epoch == leased.epoch, Letter.state == LetterState.LEASED)
    statement = update(Letter).where(*mine).values(values)
    return bulk.changed(session, statement.execution_options(synchronize_session=False)) == 1
