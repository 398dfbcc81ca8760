"""What happens by itself, every second: lost work is found, bulletins run, broadcasts end, cards are rewritten.

APScheduler is only the alarm. Whatever is due is found in rows and claimed in rows, so two clocks may run at once, and
one that was away finds everything it missed. Every part is a transaction of its own: one that fails stops no other.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol, TypeVar

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.orm import Session

from broadcast import (
    approval_cards,
    approving,
    attaching,
    bulletins,
    digests,
    held,
    knowing,
    picture,
    report,
    scheduling,
    templating,
    who,
)
from broadcast.models import Broadcast, Plan
from broadcast.moving import wake_launch
from broadcast.states import Aftercare, State, move
from channels.contract import MediaKind
from db.engine import Sessions
from delivery import batches, breaker, consignments, letters, media, postman, retention, retries, senders
from delivery.drafts import Draft
from delivery.models import Consignment
from delivery.states import ConsignmentState
from delivery.switchboard import LimitsOf
from insight import census, orders, trouble, watching, weekly
from locales import texts
from staff import officers
from subscribers import exporting, joining

log = structlog.get_logger(__name__)

Result = TypeVar("Result")
Part = Callable[[Session, datetime], object]
Find = Callable[[Session, datetime], Sequence[int]]


class Do(Protocol):
    """Does what is due with one row, if it is still due."""

    def __call__(self, session: Session, subject_id: int, /, *, limits_of: LimitsOf, now: datetime) -> object:
        """The id comes second, whatever each calls it."""
        ...


EVERY = timedelta(seconds=1)
SWEPT_EVERY = timedelta(seconds=5)
LOOKED_BACK = 1_000  # broadcasts, to see how many there are a day
CARD_EVERY = timedelta(seconds=3)
PLANNING_STUCK = timedelta(seconds=5)  # a block takes a fraction of a second; who is slower does no harm
SETTLING = timedelta(seconds=2)  # after a cancel: what was on its way is being settled
SUMMARISED_WITHIN = timedelta(days=1)  # whoever was away longer is not surprised by old news
AT_ONCE = 100


def tick(sessions: Sessions, now: datetime, *, limits_of: LimitsOf, also: Mapping[str, Part] | None = None) -> None:
    """Do everything that is due. `also` are further parts by name: what rooms above this one have to look after."""
    for name, part in {**PARTS, **(also or {})}.items():
        _step(sessions, name, part, now)
    for name, (find, do) in ROUNDS.items():
        for subject_id in _step(sessions, name, find, now) or ():
            _step(sessions, name, partial(_one, do, subject_id, limits_of), now)


def sweep(sessions: Sessions, now: datetime, *, also: Mapping[str, Part] | None = None) -> None:
    """Do a short step of everything that keeps the tables from growing without end. `also` as for `tick`."""
    for name, part in {**SWEPT, **(also or {})}.items():
        _step(sessions, name, part, now)


def run(
    sessions: Sessions,
    *,
    limits_of: LimitsOf,
    clock: Callable[[], datetime],
    also: Mapping[str, Part] | None = None,
    also_swept: Mapping[str, Part] | None = None,
    beside: Mapping[str, Callable[[], object]] | None = None,
    every: timedelta = EVERY,
) -> BackgroundScheduler:
    """Tick in a thread from now on, one tick at a time, until `shutdown()` is called on what comes back.

    Sweep in another, so that what leaves never keeps waiting what is due; and so with whatever is done `beside`.
    """
    scheduler = BackgroundScheduler(timezone="UTC")
    _repeat(scheduler, "tick", every, lambda: tick(sessions, clock(), limits_of=limits_of, also=also))
    _repeat(scheduler, "sweep", SWEPT_EVERY, lambda: sweep(sessions, clock(), also=also_swept))
    for name, job in (beside or {}).items():
        _repeat(scheduler, name, every, job, at_once=2)  # it knows itself that it still runs: no line in the log
    scheduler.start()
    log.info("clock.started", every=every.total_seconds())
    return scheduler


def _repeat(
    scheduler: BackgroundScheduler, name: str, every: timedelta, job: Callable[[], object], *, at_once: int = 1
) -> None:
    scheduler.add_job(
        job,
        "interval",
        seconds=every.total_seconds(),
        id=name,
        coalesce=True,
        max_instances=at_once,
        misfire_grace_time=None,
    )


def finish(session: Session, now: datetime) -> int:
    """End the broadcasts whose consignment is done and that nobody holds; how many."""
    query = select(Broadcast.id).join(Consignment, Consignment.id == Broadcast.id)  # ix_broadcasts_state
    query = query.where(Broadcast.state == State.SENDING, Consignment.state == ConsignmentState.DONE)
    # In the order in which officers lock what left together, and waiting for nobody: else both could wait for ever.
    free = query.order_by(Broadcast.id).limit(AT_ONCE).with_for_update(of=Broadcast, skip_locked=True)
    ended = update(Broadcast).where(Broadcast.id.in_(free), Broadcast.state == State.SENDING)
    there = move(State.SENDING, State.FINISHED)
    return len(session.execute(ended.values(state=there, finished_at=now).returning(Broadcast.id)).all())


def wake_launches(session: Session, now: datetime) -> int:
    """Have those planned on whose planning was dropped or never began; how many."""
    query = select(Broadcast.id, Broadcast.kind)  # ix_broadcasts_state
    query = query.outerjoin(Plan, Plan.broadcast_id == Broadcast.id)
    never = Plan.broadcast_id.is_(None) & (Broadcast.launched_at <= now - EVERY)
    stuck = Plan.finished_at.is_(None) & (Plan.touched_at <= now - PLANNING_STUCK)
    query = query.where(Broadcast.state.in_((State.SENDING, State.PAUSED)), or_(never, stuck))
    found = session.execute(query.order_by(Broadcast.id).limit(AT_ONCE)).all()
    session.execute(update(Plan).where(Plan.broadcast_id.in_([row.id for row in found])).values(touched_at=now))
    for broadcast_id, kind in found:
        wake_launch(session, broadcast_id, kind)
    return len(found)


def seal(session: Session, now: datetime) -> int:
    """Seal the consignments whose term is over, and forget which people their blocks began with; how many."""
    sealed = retention.seal(session, now)
    session.execute(update(Plan).where(Plan.broadcast_id.in_(sealed)).values(blocks=[]))
    return len(sealed)


def make_room(session: Session, now: datetime) -> int:
    """Have ranges of deliveries made before they are needed, each for about a day; how many. By primary key."""
    newest = session.scalar(select(func.max(Broadcast.id)))
    if newest is None:
        return 0
    before = select(Broadcast.id, Broadcast.created_at).where(Broadcast.id >= newest - LOOKED_BACK)
    first, since = session.execute(before.order_by(Broadcast.id).limit(1)).one()
    days = max(1.0, (now - since) / timedelta(days=1))
    return retention.make_room(session, newest=newest, a_day=round((newest - first) / days))


def write_card(session: Session, broadcast_id: int, *, limits_of: LimitsOf, now: datetime) -> bool:
    """Rewrite the progress card, unless somebody did in the last seconds."""
    broadcast = session.get_one(Broadcast, broadcast_id)
    figures = report.progress(session, broadcast, limits_of=limits_of, now=now)
    draft = report.drawn(session, broadcast, figures, report.reader(session, broadcast))
    claimed = update(Broadcast).where(Broadcast.id == broadcast_id, _card_is_old(now))
    won = session.execute(
        claimed.values(reported_at=now, reported_count=figures.settled).returning(Broadcast.id)
    ).first()
    if won is not None:
        _post(session, broadcast, draft, now=now, again=False)
    return won is not None


def summarise(session: Session, broadcast_id: int, *, limits_of: LimitsOf, now: datetime) -> bool:
    """Write the summary, once: into the card where it can be edited, else as a message of its own."""
    claimed = update(Broadcast).where(Broadcast.id == broadcast_id, Broadcast.summarised_at.is_(None))
    won = session.execute(claimed.values(summarised_at=now).returning(Broadcast.id)).first()
    if won is not None:
        broadcast = session.get_one(Broadcast, broadcast_id)
        _post(session, broadcast, report.card(session, broadcast, limits_of=limits_of, now=now), now=now, again=True)
        _show(session, broadcast, now=now)
    return won is not None


def _show(session: Session, broadcast: Broadcast, *, now: datetime) -> None:
    """Send the time-to-reach curve below the summary. Whatever is wrong with a picture, the summary stays."""
    if broadcast.aftercare is Aftercare.RECALL:
        return
    try:
        drawn = picture.of(session, broadcast.id, broadcast.code)
    except Exception:
        log.exception("clock.picture_failed", broadcast=broadcast.id)
        return
    if drawn is None or _has_left(session, broadcast):
        return
    item = media.keep(session, broadcast.agency_id, MediaKind.PHOTO, drawn, name=f"{broadcast.code}.png", now=now)
    said = texts.say("report.picture", report.reader(session, broadcast), code=broadcast.code)
    letters.post(
        session,
        sender_id=broadcast.report_sender_id or 0,
        agency_id=broadcast.agency_id,
        to=broadcast.report_to or "",
        draft=Draft(said, media_id=item.id),
        now=now,
    )


def _has_left(session: Session, broadcast: Broadcast) -> bool:
    sender_id, address = broadcast.report_sender_id or 0, broadcast.report_to or ""
    return officers.has_left(session, sender_id=sender_id, address=address)


def _one(do: Do, subject_id: int, limits_of: LimitsOf, session: Session, now: datetime) -> object:
    return do(session, subject_id, limits_of=limits_of, now=now)


def _step(sessions: Sessions, name: str, part: Callable[[Session, datetime], Result], now: datetime) -> Result | None:
    try:
        with sessions.begin() as session:
            return part(session, now)
    except Exception:
        log.exception("clock.part_failed", part=name)
        return None


def _unreported(session: Session, now: datetime) -> Sequence[int]:
    query = select(Broadcast.id).where(Broadcast.state.in_((State.SENDING, State.PAUSED)), _card_is_old(now))
    query = query.where(Broadcast.report_to.is_not(None))  # ix_broadcasts_state
    return session.scalars(query.order_by(Broadcast.id).limit(AT_ONCE)).all()


def _unsummarised(session: Session, now: datetime) -> Sequence[int]:
    query = select(Broadcast.id).where(  # ix_broadcasts_finished_at
        Broadcast.finished_at > now - SUMMARISED_WITHIN,
        Broadcast.finished_at <= now - SETTLING,
        Broadcast.summarised_at.is_(None),
        Broadcast.launched_at.is_not(None),
        Broadcast.report_to.is_not(None),
    )
    return session.scalars(query.order_by(Broadcast.id).limit(AT_ONCE)).all()


def _card_is_old(now: datetime) -> ColumnElement[bool]:
    return or_(Broadcast.reported_at.is_(None), Broadcast.reported_at <= now - CARD_EVERY)


def _post(session: Session, broadcast: Broadcast, draft: Draft, *, now: datetime, again: bool) -> None:
    """Nothing to an account whose officer was revoked: how an announcement goes is no longer theirs to know."""
    if _has_left(session, broadcast):
        return
    letters.post_card(
        session,
        sender_id=broadcast.report_sender_id or 0,
        agency_id=broadcast.agency_id,
        to=broadcast.report_to or "",
        key=f"broadcast-{broadcast.id}",
        draft=draft,
        now=now,
        again=again,
    )


PARTS: dict[str, Part] = {
    "leases": batches.wake_expired,
    "retries": retries.gather,
    "letters": postman.wake_due,
    "senders": senders.wake_ready,
    "consignments": consignments.close_complete,
    "launches": wake_launches,
    "finished": finish,
    "templates": templating.wake_due,
    "breakers": breaker.watch,
    "senders in trouble": watching.look_at_senders,
    "trouble": trouble.tell,
}
SWEPT: dict[str, Part] = {
    "room": make_room,
    "sealed": seal,
    "counted": retention.count,
    "ranges": retention.drop,
    "dropped": retention.drop_taken_out,
    "deliveries": retention.leave,
    "letters_kept": retention.forget_letters,
    "media": attaching.forget,
    "join codes": joining.forget,
    "export links": exporting.forget,
    "outcome links": who.forget,
    "days": census.take,
    "agencies": knowing.look,
    "old trouble": trouble.forget,
}
ROUNDS: dict[str, tuple[Find, Do]] = {
    "scheduled": (scheduling.due, scheduling.run),
    "lapsed": (approving.lapsing, approval_cards.lapse),
    "bulletins": (bulletins.due, bulletins.run),
    "held": (held.lapsing, held.lapse),
    "digests": (digests.due, digests.run),
    "charts": (orders.waiting, knowing.draw),
    "weekly": (weekly.due, knowing.report_week),
    "cards": (_unreported, write_card),
    "summaries": (_unsummarised, summarise),
}
