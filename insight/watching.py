"""Finding trouble: senders each tick, announcements and delivery rates each minute for each agency.

What is found is begun and ended in `trouble`; nothing is written to anybody here.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from db import bulk
from delivery import senders
from delivery.models import Breaker, Sender, Tally
from delivery.states import TAKEN, DeliveryState
from insight import figures, judging, opt_outs, trouble
from insight.judging import Rate
from insight.launched import Launched
from insight.models import Trouble, TroubleKind, Watch
from insight.trouble import Detail, Details
from staff.models import Agency

log = structlog.get_logger(__name__)

LaunchedOf = Callable[[Session, int, datetime], Sequence[Launched]]
"""What an agency launched since then, the newest first."""

EVERY = timedelta(minutes=1)
AT_ONCE = 20
COUNTED = timedelta(days=2)  # since its launch: who is reached last may still stop a day later
QUIET = timedelta(hours=2)  # without a stop, and a spike is over
LATELY, SETTLED = timedelta(days=1), timedelta(hours=1)  # of the delivery rate; receipts come within an hour
USUAL = timedelta(days=30)

SLOW_PACE, WELL_PACE = 0.5, 0.9
KEPT_WAITING = timedelta(minutes=5)

ARRIVED = (DeliveryState.DELIVERED, DeliveryState.READ)


OF_SENDERS = (TroubleKind.SENDER_STOPPED, TroubleKind.BREAKER_OPEN, TroubleKind.SENDER_SLOWED)
Bad = Mapping[int, tuple[Sender, Details]]
Known = dict[int, Trouble]


def look_at_senders(session: Session, now: datetime) -> int:
    """Begin and end the trouble of senders: stopped, slowed, or with an open breaker; how much changed."""
    known: dict[TroubleKind, Known] = {kind: {} for kind in OF_SENDERS}
    for row in trouble.open_of(session, *OF_SENDERS):
        known[row.kind][row.sender_id or 0] = row
    found = {
        TroubleKind.SENDER_STOPPED: _stopped(session),
        TroubleKind.BREAKER_OPEN: _failing(session),
        TroubleKind.SENDER_SLOWED: _slowed(session, known[TroubleKind.SENDER_SLOWED], now),
    }
    return sum(_follow(session, kind, bad, known[kind], now) for kind, bad in found.items())


def look(session: Session, now: datetime, *, launched_of: LaunchedOf) -> int:
    """Look at the agencies whose minute is over: what stopped people, and who is not reached; at how many."""
    agency_ids = _claimed(session, now)
    for agency_id in agency_ids:
        try:
            with session.begin_nested():
                _look_at(session, agency_id, launched_of(session, agency_id, now - USUAL), now)
        except Exception:  # what is wrong with one agency's figures must not hide the trouble of the others
            log.exception("watching.failed", agency=agency_id)
    return len(agency_ids)


def _look_at(session: Session, agency_id: int, launched: Sequence[Launched], now: datetime) -> None:
    recent = [each for each in launched if each.launched_at > now - COUNTED]
    if recent:
        opt_outs.count(session, agency_id, recent)
        _look_at_stops(session, agency_id, launched, now)
        _look_at_rates(session, agency_id, launched, now)
    _end_old_spikes(session, agency_id, recent, now)


def _follow(session: Session, kind: TroubleKind, bad: Bad, known: Known, now: datetime) -> int:
    changed = 0
    for sender_id, (sender, details) in bad.items():
        if sender_id not in known:
            about = f"sender:{sender_id}"
            names: Details = {"sender": sender.handle, **details}
            changed += trouble.begin(
                session, sender.agency_id, kind, about, now=now, sender_id=sender_id, details=names
            )
    for sender_id, row in known.items():
        if sender_id not in bad:
            changed += trouble.end(session, row.agency_id, kind, row.about, now=now)
    return changed


def _stopped(session: Session) -> Bad:
    rows = session.scalars(select(Sender).where(Sender.stopped_at.is_not(None)).order_by(Sender.id))
    return {sender.id: (sender, {"reason": sender.stopped_reason}) for sender in rows}


def _failing(session: Session) -> Bad:
    rows = select(Sender, Breaker.share).join(Breaker, Breaker.sender_id == Sender.id)
    found = session.execute(rows.where(Breaker.opened_at.is_not(None)).order_by(Sender.id))
    return {sender.id: (sender, {"share": float(share)}) for sender, share in found}


def _slowed(session: Session, known: Known, now: datetime) -> Bad:
    """One that is stopped is no slow one. What is known to be slow is so until it is nearly at its rate again."""
    held = select(Sender).where(Sender.held_until.is_not(None), Sender.stopped_at.is_(None))
    found: dict[int, tuple[Sender, Details]] = {}
    for sender in session.scalars(held.order_by(Sender.id)):
        waits = (sender.held_until or now) - now
        pace, bound = senders.pace_at(sender, now), WELL_PACE if sender.id in known else SLOW_PACE
        if waits >= KEPT_WAITING or pace < bound or (sender.id in known and waits > timedelta(0)):
            found[sender.id] = (sender, {"share": float(pace)})
    return found


def _claimed(session: Session, now: datetime) -> Sequence[int]:
    """The agencies that nobody looked at in the last minute, those that waited longest first."""
    unseen = select(Agency.id).outerjoin(Watch, Watch.agency_id == Agency.id).where(Watch.agency_id.is_(None))
    new = [{"agency_id": id, "looked_at": now - EVERY} for id in session.scalars(unseen.limit(AT_ONCE))]
    if new:
        bulk.insert_new(session, Watch, new, Watch.agency_id)
    due = select(Watch.agency_id).where(Watch.looked_at <= now - EVERY).order_by(Watch.looked_at, Watch.agency_id)
    ids = session.scalars(due.limit(AT_ONCE)).all()
    mine = update(Watch).where(Watch.agency_id.in_(ids), Watch.looked_at <= now - EVERY).values(looked_at=now)
    won = session.scalars(mine.returning(Watch.agency_id).execution_options(synchronize_session=False))
    return sorted(won.all())


def _look_at_stops(session: Session, agency_id: int, launched: Sequence[Launched], now: datetime) -> None:
    """Each announcement's stops against those of the ones before it. One that was a spike is none again."""
    kind = TroubleKind.OPT_OUT_SPIKE
    seen = figures.reached(session, launched)
    for place, each in enumerate(seen):
        if each.launched.launched_at <= now - COUNTED:
            break
        about, stopped = f"broadcast:{each.launched.id}", Rate(each.stopped or 0, each.reached)
        usual = sum((Rate(one.stopped or 0, one.reached) for one in seen[place + 1 :]), Rate())
        details: dict[str, Detail] = {"code": each.launched.code, "people": stopped.part, "reached": stopped.whole}
        details |= {"share": stopped.share, "usual": (usual + judging.PRIOR).share}
        if trouble.is_open(session, agency_id, kind, about):
            if _is_quiet(session, each.launched, now):
                trouble.end(session, agency_id, kind, about, now=now, details=details)
        elif judging.is_spike(stopped, usual) and not trouble.has_been(session, agency_id, kind, about):
            owner = each.launched.officer_id
            trouble.begin(session, agency_id, kind, about, now=now, officer_id=owner, details=details)


def _end_old_spikes(session: Session, agency_id: int, recent: Sequence[Launched], now: datetime) -> None:
    """Those of announcements whose stops are not counted any more, however long the clock was away."""
    counted = {f"broadcast:{each.id}" for each in recent}
    for row in trouble.open_of(session, TroubleKind.OPT_OUT_SPIKE):
        if row.agency_id == agency_id and row.about not in counted:
            trouble.end(session, agency_id, row.kind, row.about, now=now)


def _is_quiet(session: Session, launched: Launched, now: datetime) -> bool:
    stops = opt_outs.of(session, [launched.id]).get(launched.id)
    return (stops.last_at if stops and stops.last_at else launched.launched_at) <= now - QUIET


def _look_at_rates(session: Session, agency_id: int, launched: Sequence[Launched], now: datetime) -> None:
    """Of each sender of the agency, both what its provider took and, where it tells, what arrived."""
    lately = {each.id for each in launched if each.launched_at > now - LATELY}
    settled = {each.id for each in launched if now - LATELY - SETTLED < each.launched_at <= now - SETTLED}
    before = {each.id for each in launched if each.launched_at <= now - LATELY - SETTLED}
    counts = _tallies(session, lately | settled | before)
    for sender in senders.of_agency(session, agency_id):
        mine = counts.get(sender.id, {})
        pairs = [(_rate(mine, lately, TAKEN), _rate(mine, before, TAKEN))]
        arrived = _rate(mine, before, ARRIVED)
        if arrived.part:
            pairs.append((_rate(mine, settled, ARRIVED), arrived))
        _judge(session, sender, pairs, now)


Counts = dict[int, dict[tuple[int, DeliveryState], int]]
"""Sender -> (consignment, state) -> deliveries."""


def _tallies(session: Session, ids: set[int]) -> Counts:
    rows = select(Tally.sender_id, Tally.consignment_id, Tally.state, Tally.count).where(Tally.consignment_id.in_(ids))
    found: Counts = {}
    for sender_id, consignment_id, state, number in session.execute(rows):
        found.setdefault(sender_id, {})[consignment_id, state] = number
    return found


def _rate(counts: Mapping[tuple[int, DeliveryState], int], ids: set[int], states: Sequence[DeliveryState]) -> Rate:
    """Of the messages that left (not what was withheld): how many are in these states."""
    left = (*TAKEN, DeliveryState.FAILED)
    mine = {key: number for key, number in counts.items() if key[0] in ids and key[1] in left}
    return Rate(sum(number for key, number in mine.items() if key[1] in states), sum(mine.values()))


def _judge(session: Session, sender: Sender, pairs: Sequence[tuple[Rate, Rate]], now: datetime) -> None:
    kind, about = TroubleKind.DELIVERY_FALLING, f"sender:{sender.id}"
    if trouble.is_open(session, sender.agency_id, kind, about):
        known = [(lately, usual) for lately, usual in pairs if lately.whole >= judging.LEAST_SENT]
        if known and all(judging.is_back(lately, usual) for lately, usual in known):
            trouble.end(session, sender.agency_id, kind, about, now=now)
        return
    fallen = [(lately, usual) for lately, usual in pairs if judging.is_falling(lately, usual)]
    if fallen:
        lately, usual = max(fallen, key=lambda pair: pair[1].share - pair[0].share)
        details: dict[str, Detail] = {"sender": sender.handle, "share": lately.share, "usual": usual.share}
        trouble.begin(session, sender.agency_id, kind, about, now=now, sender_id=sender.id, details=details)
