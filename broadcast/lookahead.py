"""What a launch reads ahead: where its blocks lie and who is in the next ones, while something else is written.

The frozen bounds and the rule say who is in a block, so it does not matter that it is read before its turn has come.
"""

from array import array
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from typing import TypeVar

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from broadcast import audience, blocks
from broadcast.audience import Rule
from broadcast.blocks import Block
from broadcast.models import Broadcast
from db import ranges
from db.engine import Sessions

log = structlog.get_logger(__name__)

BLOCKS = 2  # that are read while one is written: reading one takes longer than writing one
People = dict[int, "array[int]"]
T = TypeVar("T")


class Lookahead:
    """Whom a launched broadcast is for: its rule, found once, because asking for it reads all its texts; its blocks;
    who is in the next ones. What comes next is read on connections of its own.

    SQLite has one writer at a time and nothing to read ahead with: there everything is read when it is asked for.
    """

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._rule: Rule | None = None
        self._threads = ThreadPoolExecutor(BLOCKS, "planning-ahead")
        self._cut: dict[Block, Future[list[Block]]] = {}
        self._ahead: dict[Block, Future[People]] = {}

    def close(self) -> None:
        """Let go of what was read ahead."""
        self._threads.shutdown(wait=True, cancel_futures=True)

    def people(self, session: Session, rule: Rule, block: Block, *, seed: int, size: int) -> People:
        """The people of a block, as `blocks.people` has them."""
        found = _come(self._ahead.pop(block, None))
        return blocks.people(session, rule, block, seed=seed, size=size) if found is None else found

    def read_ahead(self, session: Session, rule: Rule, following: Sequence[Block], *, seed: int, size: int) -> None:
        """Begin to read the blocks that follow; forget those that somebody else has planned meanwhile."""
        if not ranges.is_postgresql(session):
            return
        self._ahead = {
            block: self._ahead.get(block) or self._beside(blocks.people, rule, block, seed=seed, size=size)
            for block in following
        }

    def cut(self, session: Session, rule: Rule, between: Block, *, size: int) -> list[Block]:
        """A stretch in blocks, as `blocks.cut` has them."""
        found = _come(self._cut.pop(between, None))
        return blocks.cut(session, rule, between, size=size) if found is None else found

    def cut_ahead(self, session: Session, rule: Rule, stretches: Iterable[Block], *, size: int) -> None:
        """Begin to cut these stretches."""
        if ranges.is_postgresql(session):
            self._cut = {between: self._beside(blocks.cut, rule, between, size=size) for between in stretches}

    def _beside(self, read: Callable[..., T], rule: Rule, between: Block, **how: int) -> Future[T]:
        def work() -> T:
            with self._sessions() as session:
                return read(session, rule, between, **how)

        return self._threads.submit(work)

    def rule(self, session: Session, broadcast: Broadcast, now: datetime) -> Rule:
        """The rule as it stood when it was first asked for."""
        self._rule = self._rule or audience.rule_of(session, broadcast, now=now)
        return self._rule


def _come(ahead: Future[T] | None) -> T | None:
    """What was read ahead, once it is there; None: it was not, or could not be."""
    try:
        return None if ahead is None else ahead.result()
    except SQLAlchemyError as error:
        log.warning("planning.not_ahead", error=type(error).__name__)
        return None
