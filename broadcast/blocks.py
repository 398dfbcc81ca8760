"""A frozen audience in blocks of neighbouring ids: where they lie, in which order they leave, who is in one.

The first block is small and begins at an id the seed draws, so that it can leave at once and is another each time. The
others leave in an order that follows from the seed as well: the same people are not always the last.
"""

from array import array
from collections.abc import Iterable, Sequence
from random import Random

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from broadcast import audience, outcomes
from broadcast.audience import Rule
from db import packed, ranges
from subscribers.models import DrillMember, Subscriber, Subscription

SIZE = 30_000  # holders read at once: bounds the memory of a launch and how long a cancel waits
OPENING = 2_000  # in the first block: some milliseconds, and enough to keep a fast sender busy until the next
SPARSE = 8  # ids for each holder from which a look-up of each beats reading the whole range

Block = tuple[int, int]
"""Its first and its last id, both in it."""


def bounds(session: Session, rule: Rule) -> Block | None:
    """The first and the last id of all; None when nobody is there.

    People who come later have higher ids: they are not in it, which is what freezes the audience.
    """
    if rule.ledgers is not None:
        return outcomes.bounds(session, rule.ledgers)
    column, conditions = _walked(rule)
    first: int | None
    first, last = session.execute(select(func.min(column), func.max(column)).where(*conditions)).one()
    return None if first is None else (first, last)


def opening(session: Session, rule: Rule, whole: Block, *, seed: int, size: int = OPENING) -> Block:
    """The block that leaves first: `size` neighbours from wherever the seed falls, or all where there are no more."""
    first, last = whole
    if _after(session, rule, whole, size) is None:
        return whole
    start = Random(seed).randint(first, last)  # noqa: S311  fairness needs no secret
    beyond = _after(session, rule, (start, last), size)
    if beyond is not None:
        return start, beyond - 1
    column, conditions = _walked(rule)
    backwards = select(column).where(*conditions, column.between(first, last)).order_by(column.desc())
    return session.scalars(backwards.offset(size - 1).limit(1)).one(), last


def around(whole: Block, opened: Block) -> tuple[Block, Block]:
    """The stretches before and behind the opening; one where nobody is ends before it begins."""
    return (whole[0], opened[0] - 1), (opened[1] + 1, whole[1])


def cut(session: Session, rule: Rule, between: Block, *, size: int = SIZE) -> list[Block]:
    """A stretch in blocks of `size` neighbours, in the order of their ids."""
    found, (first, last) = [], between
    while first <= last:
        beyond = _after(session, rule, (first, last), size)
        found.append((first, last if beyond is None else beyond - 1))
        first = last + 1 if beyond is None else beyond
    return found


def arranged(stretches: Iterable[Sequence[Block]], *, seed: int) -> list[Block]:
    """The blocks of all stretches in the order in which they leave."""
    found = [block for stretch in stretches for block in stretch]
    Random(seed).shuffle(found)  # noqa: S311
    return found


def people(session: Session, rule: Rule, block: Block, *, seed: int, size: int = SIZE) -> "dict[int, array[int]]":
    """The people of a block of `size` by the sender that writes to them, shuffled; seeded, so repeatable."""
    ranges.weigh(session, Subscriber)
    # What became of others is joined whole: fresh deliveries have no statistics, and row by row it takes minutes.
    if rule.ledgers is not None or SPARSE * OPENING <= block[1] - block[0] < SPARSE * size:
        ranges.sweep(session)
    found = audience.people(session, rule, *block, seed=seed)
    ids = packed.shuffled(session, found.c.id, seed=seed)
    rows = session.execute(select(found.c.sender_id, ids).group_by(found.c.sender_id))
    return dict(sorted((sender_id, some) for sender_id, some in rows))


def _after(session: Session, rule: Rule, between: Block, size: int) -> int | None:
    """The id that follows on the first `size` of these; None if they are no more."""
    # Both indexes hold the id right after what the condition pins, so this only steps over `size` index entries.
    column, conditions = _walked(rule)
    steps = select(column).where(*conditions, column.between(*between)).order_by(column)
    return session.scalar(steps.offset(size).limit(1))


def _walked(rule: Rule) -> tuple[ColumnElement[int], list[ColumnElement[bool]]]:
    if rule.ledgers is not None and len(rule.ledgers.ids) == 1:
        return outcomes.walked(rule.ledgers)
    if rule.ledgers is not None:  # none of several leads past the people of the others: ix_subscribers_agency
        return Subscriber.id.expression, [Subscriber.agency_id == rule.agency_id]
    if rule.is_drill:
        return DrillMember.subscriber_id.expression, [DrillMember.agency_id == rule.agency_id]
    if rule.topic_id is None:
        return Subscriber.id.expression, [Subscriber.agency_id == rule.agency_id]
    return Subscription.subscriber_id.expression, [Subscription.topic_id == rule.topic_id]
