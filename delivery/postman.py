"""A letter on its way: leased by one worker, settled, put back or given up; and found where its wake-up was lost."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, case, or_, select, update
from sqlalchemy.orm import Session, aliased

from channels.contract import Choice, Media, Message, Template
from db import bulk, wake
from delivery import enclosures, media
from delivery.models import Letter, Sender
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


@dataclass(frozen=True, slots=True)
class Leased:
    """A letter in one worker's hands. `edits` is the provider's id of the message to rewrite, if there is one."""

    id: int
    sender_id: int
    agency_id: int
    to: str
    epoch: int
    revision: int
    attempt: int
    message: Message
    edits: str | None
    is_card: bool
    is_again: bool
    media_id: int | None = None


def lease(session: Session, letter_id: int, *, now: datetime, lease_for: timedelta) -> Leased | None:
    """Take the oldest unsettled letter of the address that this letter goes to; None if that one has to wait.

    Given up on the way: letters to a suppressed address, and one whose workers died as often as it may be tried.
    """
    asked = session.get(Letter, letter_id)
    if asked is None:
        return None
    oldest = _oldest(session, asked.sender_id, asked.to)
    if oldest is None or not _taken(session, oldest, now=now, lease_for=lease_for):
        return None
    session.refresh(oldest)
    if suppression.is_suppressed(session, sender_id=oldest.sender_id, value=oldest.to):
        give_up(session, _leased(session, oldest, now), reason=SUPPRESSED, code=None)
        return None
    if oldest.heeds_stop and _is_stopped(session, oldest):
        give_up(session, _leased(session, oldest, now), reason=STOPPED, code=None)
        return None
    if oldest.attempt > len(DELAYS):
        give_up(session, _leased(session, oldest, now), reason=WORKER_LOST, code=None)
        return None
    return _leased(session, oldest, now)


def renew(session: Session, leased: Leased, *, now: datetime, lease_for: timedelta) -> bool:
    """Keep the letter while a provider thinks; False if it is lost."""
    return _changed(session, leased, lease_until=now + lease_for)


def settle(session: Session, leased: Leased, *, provider_id: str | None, now: datetime) -> bool:
    """The provider took it (or nothing had to leave); False where the lease is lost.

    A card that was rewritten meanwhile waits again.
    """
    taken: dict[str, object] = {"sent_at": now, "reason": None, "code": None}
    if provider_id is not None:
        taken["provider_id"] = provider_id
    return _close(session, leased, LetterState.SENT, **taken)


def give_up(session: Session, leased: Leased, *, reason: str, code: str | None) -> bool:
    """It will not leave, nor what it encloses; the next letter of the address may."""
    enclosures.remove(session, leased.id)
    return _close(session, leased, LetterState.FAILED, reason=reason[:40], code=(code or "")[:40] or None)


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
        .where(_is_takable(now), ~has_older, Sender.stopped_at.is_(None))  # ix_letters_work
        .where(or_(Sender.held_until.is_(None), Sender.held_until <= now))
        .where(or_(Letter.woken_at.is_(None), Letter.woken_at < Letter.due_at, Letter.woken_at <= now - WOKEN_AGAIN))
        .order_by(Letter.due_at, Letter.id)
        .limit(WOKEN_AT_ONCE)
    )
    found = session.scalars(due).all()
    for letter_id in found:
        wake.later(session, "post", letter_id)
    if found:
        session.execute(update(Letter).where(Letter.id.in_(found)).values(woken_at=now))
    return len(found)


def wake_next(session: Session, sender_id: int, to: str) -> None:
    """Ask for the next letter of this address, if there is one."""
    following = _oldest(session, sender_id, to)
    if following is not None:
        wake.later(session, "post", following.id)


def _is_stopped(session: Session, letter: Letter) -> bool:
    met = directory.find(session, sender_id=letter.sender_id, value=letter.to)
    return met is None or consent.is_stopped_since(session, met.subscriber, letter.created_at)


def _oldest(session: Session, sender_id: int, to: str) -> Letter | None:
    return session.scalars(  # ix_letters_address
        select(Letter)
        .where(Letter.sender_id == sender_id, Letter.to == to, Letter.state.in_(UNSETTLED))
        .order_by(Letter.id)
        .limit(1)
    ).one_or_none()


def _is_takable(now: datetime) -> ColumnElement[bool]:
    return or_(
        and_(Letter.state == LetterState.WAITING, Letter.due_at <= now),
        and_(Letter.state == LetterState.LEASED, Letter.lease_until < now),
    )


def _taken(session: Session, letter: Letter, *, now: datetime, lease_for: timedelta) -> bool:
    """A lease that ran out costs an attempt, or a letter that kills its worker would be tried for ever."""
    lapsed = case((Letter.state == LetterState.LEASED, 1), else_=0)
    values = {
        "state": LetterState.LEASED,
        "epoch": Letter.epoch + 1,
        "lease_until": now + lease_for,
        "attempt": Letter.attempt + lapsed,
    }
    may_send = select(Sender.id).where(Sender.id == letter.sender_id, Sender.stopped_at.is_(None)).exists()
    statement = update(Letter).where(Letter.id == letter.id, _is_takable(now), may_send).values(values)
    return bulk.changed(session, statement.execution_options(synchronize_session=False)) == 1


def _leased(session: Session, letter: Letter, now: datetime) -> Leased:
    return Leased(
        id=letter.id,
        sender_id=letter.sender_id,
        agency_id=letter.agency_id,
        to=letter.to,
        epoch=letter.epoch,
        revision=letter.revision,
        attempt=letter.attempt,
        message=_message(session, letter, now),
        edits=letter.provider_id or letter.edits,
        is_card=letter.key is not None,
        is_again=letter.is_again,
        media_id=letter.media_id,
    )


def _message(session: Session, letter: Letter, now: datetime) -> Message:
    shown, bare = _shown(session, letter, now), _without_media(letter)
    has_media = letter.media_id is not None or letter.encloses
    return Message(
        to=letter.to,
        text=bare if has_media and shown is None else letter.text,
        reference=f"letter-{letter.id}",
        choices=tuple(Choice(key, label, is_selected) for key, label, is_selected in letter.choices),
        columns=letter.columns,
        list_label=letter.list_label,
        template=Template(letter.template_id, letter.variables) if letter.template_id else None,
        media=shown,
        without_media=bare,
    )


def _shown(session: Session, letter: Letter, now: datetime) -> Media | None:
    if letter.encloses:
        return enclosures.beside(session, letter.id, now=now)
    if letter.media_id is None:
        return None
    return media.shown(session, letter.media_id, letter.sender_id, alternative=letter.alternative)


def _without_media(letter: Letter) -> str:
    """What is said where it cannot be shown: words for it below the text, of a file why it does not come."""
    if letter.encloses:
        return letter.alternative
    return "\n\n".join(part for part in (letter.text, letter.alternative) if part)


def _close(session: Session, leased: Leased, state: LetterState, **values: object) -> bool:
    card = session.get_one(Letter, leased.id, with_for_update=True, populate_existing=True)
    if card.epoch != leased.epoch or card.state is not LetterState.LEASED:
        return False
    is_rewritten = card.revision != leased.revision
    for name, value in values.items():
        setattr(card, name, value)
    card.state, card.lease_until = (LetterState.WAITING if is_rewritten else state), None
    card.is_again = card.is_again and is_rewritten
    session.flush()
    wake_next(session, leased.sender_id, leased.to)
    return True


def _changed(session: Session, leased: Leased, **values: object) -> bool:
    mine = (Letter.id == leased.id, Letter.epoch == leased.epoch, Letter.state == LetterState.LEASED)
    statement = update(Letter).where(*mine).values(values)
    return bulk.changed(session, statement.execution_options(synchronize_session=False)) == 1
