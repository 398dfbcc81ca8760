"""One look at everything that is on its way: what `loudhailer top` shows and what /metrics reads from the database.

It reads batches, tallies, curves and the heads of queues, never deliveries, and writes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from broadcast import report
from broadcast.audience import LANES
from broadcast.models import Broadcast
from broadcast.states import State
from delivery import breaker, curves, pulse, queues
from delivery.curve import Percentiles
from delivery.queues import Brakes, Line, Pile
from delivery.states import Milestone
from delivery.switchboard import LimitsOf
from staff.models import Agency
from webhooks import backlog
from webhooks.backlog import Backlog

RUNNING = (State.SENDING, State.PAUSED)
BROADCASTS_AT_MOST = 100
DOUBT_WINDOW = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Going:
    """A broadcast that is going out, is paused, or ended a moment ago. `rate` is people a second."""

    id: int
    agency: str
    code: str
    kind: str
    lane: str
    state: str
    launched_at: datetime | None
    people: int | None
    settled: int
    handed_over: int
    delivered: int
    failed: int
    withheld: int
    in_doubt: int
    rate: float
    finish_at: datetime | None
    reached: dict[Milestone, Percentiles]


@dataclass(frozen=True, slots=True)
class Sending:
    """A sender: its brakes, the messages a second they allow now, its breaker, and what it has settled so far."""

    brakes: Brakes
    agency: str
    allowed: float
    breaker: str
    leased: int
    settled: int


@dataclass(frozen=True, slots=True)
class Alive:
    """A process that was heard of lately."""

    name: str
    kind: str
    started_at: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Glance:
    """Everything at one moment."""

    at: datetime
    broadcasts: Sequence[Going]
    senders: Sequence[Sending]
    lines: Sequence[Line]
    retries: Pile
    letters: Pile
    calls: Backlog
    in_doubt: int
    processes: Sequence[Alive]


def read(session: Session, *, limits_of: LimitsOf, now: datetime, ended_within: timedelta) -> Glance:
    """Look at everything now, and at broadcasts that ended within the last `ended_within`."""
    slugs = dict(session.execute(select(Agency.id, Agency.slug)).all())
    lines = queues.lines(session)
    going = _going(session, slugs, limits_of=limits_of, now=now, ended_within=ended_within)
    return Glance(
        at=now,
        broadcasts=going,
        senders=_senders(session, slugs, lines, [each.id for each in going], limits_of=limits_of, now=now),
        lines=lines,
        retries=queues.retries(session),
        letters=queues.letters(session),
        calls=backlog.read(session),
        in_doubt=queues.in_doubt(session, since=now - DOUBT_WINDOW),
        processes=[Alive(p.name, p.kind, p.started_at, p.seen_at) for p in pulse.alive(session, now)],
    )


def _going(
    session: Session, slugs: dict[int, str], *, limits_of: LimitsOf, now: datetime, ended_within: timedelta
) -> list[Going]:
    ended_lately = Broadcast.finished_at >= now - ended_within  # ix_broadcasts_finished_at
    query = select(Broadcast).where(or_(Broadcast.state.in_(RUNNING), ended_lately), Broadcast.launched_at.is_not(None))
    found = session.scalars(query.order_by(Broadcast.launched_at.desc()).limit(BROADCASTS_AT_MOST)).all()
    reached = curves.of(session, [each.id for each in found])
    return [
        _one(session, each, slugs, reached.get(each.id, {}), limits_of=limits_of, now=now) for each in reversed(found)
    ]


def _one(
    session: Session,
    broadcast: Broadcast,
    slugs: dict[int, str],
    reached: dict[Milestone, Percentiles],
    *,
    limits_of: LimitsOf,
    now: datetime,
) -> Going:
    figures = report.progress(session, broadcast, limits_of=limits_of, now=now)
    return Going(
        id=broadcast.id,
        agency=slugs.get(broadcast.agency_id, "?"),
        code=broadcast.code,
        kind=broadcast.kind,
        lane=LANES[broadcast.kind],
        state=broadcast.state,
        launched_at=broadcast.launched_at,
        people=figures.people,
        settled=figures.settled,
        handed_over=figures.handed_over,
        delivered=figures.delivered,
        failed=figures.failed,
        withheld=figures.withheld,
        in_doubt=figures.in_doubt,
        rate=figures.rate,
        finish_at=figures.finish_at,
        reached=reached,
    )


def _senders(
    session: Session,
    slugs: dict[int, str],
    lines: Sequence[Line],
    broadcasts: Sequence[int],
    *,
    limits_of: LimitsOf,
    now: datetime,
) -> list[Sending]:
    opened = breaker.opened(session)
    settled = queues.settled_by_sender(session, broadcasts)
    return [
        Sending(
            brakes=brakes,
            agency=slugs.get(brakes.agency_id, "?"),
            allowed=_allowed(brakes, limits_of),
            breaker="open" if brakes.sender_id in opened else "closed",
            leased=sum(each.batches for each in lines if (each.sender_id, each.state) == (brakes.sender_id, "leased")),
            settled=settled.get(brakes.sender_id, 0),
        )
        for brakes in queues.brakes(session, now)
    ]


def _allowed(brakes: Brakes, limits_of: LimitsOf) -> float:
    if brakes.is_stopped or brakes.held_until is not None:
        return 0.0
    return (brakes.rate or limits_of(brakes.channel).rate) * brakes.pace
