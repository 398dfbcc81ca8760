"""The worker's step behind the task `launch`: hands the broadcast to the post office and writes its batches.

One transaction opens the consignment, says its wordings, freezes the audience between two ids and writes the batches of
a small first block, which is sent while the next transaction notes where the other blocks lie. Then each block is
one transaction: its batches, the place in the order and the counts. So planning goes on exactly where it stopped,
whoever goes on with it, and two who plan at once take turns at the blocks.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from broadcast import aftercare, audience, blocks, compose, content, counting, holdings, lookahead
from broadcast.audience import LANES
from broadcast.blocks import Block
from broadcast.content import PURPOSE, Script
from broadcast.lookahead import Lookahead
from broadcast.models import Broadcast, Plan
from broadcast.states import Kind, State
from db import bulk, wake
from db.engine import Sessions
from delivery import batches, consignments, media, senders
from delivery.models import Batch, Sender
from delivery.states import Aim, BatchState, DoubtPolicy, Lane
from delivery.switchboard import LimitsOf

log = structlog.get_logger(__name__)

Clock = Callable[[], datetime]
RUNNING = (State.SENDING, State.PAUSED)
POLICIES = {Kind.ALERT: DoubtPolicy.RESEND, Kind.NOTICE: DoubtPolicy.RESEND}  # the others: hold
RETRIED_FOR = {Kind.ALERT: timedelta(minutes=30), Kind.NOTICE: timedelta(hours=24)}
RETRIED_OTHERWISE = timedelta(hours=12)


def plan(sessions: Sessions, broadcast_id: int, *, limits_of: LimitsOf, clock: Clock, block: int = blocks.SIZE) -> None:
    """Write every batch of a launched broadcast, once, whatever happened before and whoever else is at it.

    Returns at once when there is nothing (more) to plan. A cancelled broadcast is planned no further; of a paused one
    the batches are written, and wait. `block` is how many people are read at once.
    """
    with contextlib.closing(Lookahead(sessions)) as whom:
        with sessions.begin() as session:
            goes_on = _begin(session, broadcast_id, whom, limits_of=limits_of, now=clock(), block=block)
        while goes_on:
            with sessions.begin() as session:
                goes_on = _go_on(session, broadcast_id, whom, limits_of=limits_of, now=clock(), block=block)


def _begin(
    session: Session, broadcast_id: int, whom: Lookahead, *, limits_of: LimitsOf, now: datetime, block: int
) -> bool:
    broadcast = session.get(Broadcast, broadcast_id, with_for_update=True)
    if broadcast is None or broadcast.state not in RUNNING:
        return False
    found = session.get(Plan, broadcast_id)
    if found is not None:
        return found.finished_at is None
    if aftercare.is_waiting(session, broadcast, now=now):
        return False  # the clock asks again
    _open(session, broadcast, now)
    _say(session, broadcast)
    made = _frozen(session, broadcast, whom, now=now, block=block)
    made.positions, made.people, made.next_block, made.touched_at = _starts(session, broadcast), 0, 0, now
    session.add(made)
    log.info("planning.begun", broadcast=broadcast_id)
    if made.blocks:
        _write_block(session, made, broadcast, whom, limits_of=limits_of, now=now, block=block)
    return True


def _frozen(session: Session, broadcast: Broadcast, whom: Lookahead, *, now: datetime, block: int) -> Plan:
    """The plan with its bounds and the block that leaves first; where the others lie is being looked up."""
    rule = whom.rule(session, broadcast, now)
    whole = blocks.bounds(session, rule)
    if whole is None:
        return Plan(broadcast_id=broadcast.id, blocks=[], is_surveyed=True)
    opened = blocks.opening(session, rule, whole, seed=broadcast.id, size=min(block, blocks.OPENING))
    whom.cut_ahead(session, rule, blocks.around(whole, opened), size=block)
    return Plan(broadcast_id=broadcast.id, first_id=whole[0], last_id=whole[1], blocks=[opened], is_surveyed=False)


def _open(session: Session, broadcast: Broadcast, now: datetime) -> None:
    holding, (aim, of_ids) = holdings.of(session, broadcast), aftercare.aim_of(session, broadcast)
    is_wished = aim in (Aim.ANNOUNCE, Aim.REPEAT)  # and not for whoever has what is to be put right
    consignments.open(
        session,
        broadcast.id,
        agency_id=broadcast.agency_id,
        lane=LANES[broadcast.kind],
        policy=POLICIES.get(broadcast.kind, DoubtPolicy.HOLD) if is_wished else DoubtPolicy.RESEND,
        topic_id=broadcast.topic_id if is_wished else None,
        cadences=audience.cadences_of(session, broadcast),
        area_ids=broadcast.area_ids if is_wished else (),
        segment=broadcast.segment,
        is_drill=broadcast.is_drill,
        deadline_at=(broadcast.launched_at or now) + _patience(broadcast, is_wished=is_wished),
        now=now,
        launched_at=broadcast.launched_at,
        topic_ids=holding.topics if holding else (),
        media_id=broadcast.media_id,
        aim=aim,
        of_ids=of_ids,
    )
    if broadcast.media_id is not None:
        media.needed(session, broadcast.media_id, now=now)
    if broadcast.state is State.PAUSED:
        consignments.pause(session, broadcast.id)


def _patience(broadcast: Broadcast, *, is_wished: bool) -> timedelta:
    """For how long somebody is tried again; what puts something right is worth a day."""
    return RETRIED_FOR.get(broadcast.kind, RETRIED_OTHERWISE) if is_wished else RETRIED_FOR[Kind.NOTICE]


def _say(session: Session, broadcast: Broadcast) -> None:
    said = compose.script(session, broadcast)
    for sender in senders.of_agency(session, broadcast.agency_id):
        approved = _approved(session, sender)
        for locale in audience.readers(said):
            _word(session, broadcast, sender.id, locale, said, approved)


def _word(
    session: Session, broadcast: Broadcast, sender_id: int, locale: str, said: Script, approved: Mapping[str, str]
) -> None:
    source = said.source_of(locale) or locale
    frame, text, template_id = said.frames[source], said.texts[source], approved.get(source)
    alone = said.beside.added(source, text) if said.beside else text
    consignments.add_wording(
        session,
        broadcast.id,
        sender_id=sender_id,
        locale=locale,
        text=content.rendered(frame, text),
        template_id=template_id,
        variables=content.variables(frame, alone) if template_id else None,
        alternative=said.beside.words(source) if said.beside else "",
        without_media=content.rendered(frame, alone) if said.beside else "",
        has_preview=said.has_preview,
    )


def _go_on(
    session: Session, broadcast_id: int, whom: Lookahead, *, limits_of: LimitsOf, now: datetime, block: int
) -> bool:
    """Find out where the blocks are, or write the next one's batches; False when there is none left."""
    found = session.get_one(Plan, broadcast_id, with_for_update=True)
    # Locked: a cancel in the middle would drop the batches it sees, and ours would wait for ever after it.
    broadcast = session.get_one(Broadcast, broadcast_id, with_for_update=True)
    if found.finished_at is not None:
        return False
    if broadcast.state in RUNNING and not found.is_surveyed:
        _survey(session, found, broadcast, whom, now=now, block=block)
        return True
    if broadcast.state not in RUNNING or found.next_block >= len(found.blocks):
        _end(session, found, broadcast, now)
        return False
    _write_block(session, found, broadcast, whom, limits_of=limits_of, now=now, block=block)
    return True


def _survey(session: Session, found: Plan, broadcast: Broadcast, whom: Lookahead, *, now: datetime, block: int) -> None:
    rule, (first, last) = whom.rule(session, broadcast, now), found.blocks[0]
    around = blocks.around((found.first_id or 0, found.last_id or 0), (first, last))
    rest = blocks.arranged([whom.cut(session, rule, each, size=block) for each in around], seed=broadcast.id)
    found.blocks, found.is_surveyed, found.touched_at = [*found.blocks, *rest], True, now
    whom.read_ahead(session, rule, _following(found), seed=broadcast.id, size=block)
    log.info("planning.surveyed", broadcast=broadcast.id, blocks=len(found.blocks))


def _write_block(
    session: Session,
    found: Plan,
    broadcast: Broadcast,
    whom: Lookahead,
    *,
    limits_of: LimitsOf,
    now: datetime,
    block: int,
) -> None:
    size, rule, seed = block if found.next_block else blocks.OPENING, whom.rule(session, broadcast, now), broadcast.id
    first, last = found.blocks[found.next_block]
    people = whom.people(session, rule, (first, last), seed=seed, size=size)
    found.next_block, found.touched_at = found.next_block + 1, now
    whom.read_ahead(session, rule, _following(found), seed=seed, size=block)
    lane = LANES[broadcast.kind]
    rates = counting.rates_of(session, broadcast.agency_id, lane, limits_of, now=now)
    _write_batches(session, found, lane, people, rates=rates, now=now)


def _following(found: Plan) -> list[Block]:
    """The blocks that come next, as many as are read ahead."""
    return [(first, last) for first, last in found.blocks[found.next_block : found.next_block + lookahead.BLOCKS]]


def _write_batches(
    session: Session,
    found: Plan,
    lane: Lane,
    people: Mapping[int, Sequence[int]],
    *,
    rates: Mapping[int, float],
    now: datetime,
) -> None:
    positions, rows = dict(found.positions), []
    for sender_id, ids in people.items():
        for some in _sliced(ids, batches.useful_size(rates[sender_id])):
            rows.append(_row(found.broadcast_id, sender_id, lane, positions.get(str(sender_id), 0), some, now))
            positions[str(sender_id)] = positions.get(str(sender_id), 0) + 1
        wake.later(session, consignments.task_of(lane.rank), sender_id)
    bulk.insert_many(session, Batch, rows)
    found.positions, found.people = positions, found.people + sum(map(len, people.values()))


def _row(
    consignment_id: int, sender_id: int, lane: Lane, position: int, ids: Sequence[int], now: datetime
) -> dict[str, object]:
    return {
        "consignment_id": consignment_id,
        "sender_id": sender_id,
        "lane_rank": lane.rank,
        "position": position,
        "recipients": batches.pack(ids),
        "size": len(ids),
        "created_at": now,
    }


def _end(session: Session, found: Plan, broadcast: Broadcast, now: datetime) -> None:
    found.finished_at = found.touched_at = now
    broadcast.audience_size = found.people
    consignments.planned(session, broadcast.id)
    log.info("planning.ended", broadcast=broadcast.id, people=found.people, state=broadcast.state.value)


def _sliced(ids: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), size):
        yield ids[start : start + size]


def _starts(session: Session, broadcast: Broadcast) -> dict[str, int]:
    """Where to join each sender's line: beside whoever is served now, so that one of two takes turns with the other.

    At zero the newest would always go first; at the end a notice to a street would wait for one to the whole country.
    """
    lane = LANES[broadcast.kind]
    question = select(Batch.sender_id, func.min(Batch.position)).where(  # ix_batches_work
        Batch.sender_id.in_([sender.id for sender in senders.of_agency(session, broadcast.agency_id)]),
        Batch.state == BatchState.READY,
        Batch.lane_rank == lane.rank,
    )
    return {str(sender_id): place for sender_id, place in session.execute(question.group_by(Batch.sender_id))}


def _approved(session: Session, sender: Sender) -> dict[str, str]:
    in_use = senders.templates_in_use(session, sender.id, PURPOSE)
    return {locale: each.provider_id for locale, each in in_use.items() if each.provider_id is not None}
