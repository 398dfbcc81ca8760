"""Bulletins that need feeds: what is due is found, its feeds are fetched outside of any transaction, and it is run.

So is the preview that an officer asked for. In a job of its own beside the clock's tick, so that a feed that hangs
keeps nobody waiting. Nothing is written before all is there: whoever dies between fetch and commit leaves the
occurrence to the next round, or to another clock.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

import structlog
from sqlalchemy.orm import Session

from broadcast import bulletins, parts, previewing
from broadcast.evidence import Said
from broadcast.models import Bulletin
from db.engine import Sessions
from delivery.switchboard import LimitsOf
from feeds import defining, reading
from feeds.fetching import AT_ONCE, Fetcher, Source, Unfetched
from feeds.gate import Why
from feeds.reading import Reading, Unreadable
from feeds.specs import Spec
from staff.models import Agency

log = structlog.get_logger(__name__)

PATIENCE = timedelta(minutes=2)  # a feed that does not answer may only be restarting: nobody is woken for that
PAUSE = timedelta(seconds=20)  # between two attempts


@dataclass(frozen=True, slots=True)
class _Plan:
    """One bulletin that is due or wanted, and its feeds; None: the agency has no such feed."""

    bulletin_id: int
    owner: str
    specs: Mapping[str, Spec | None]
    is_preview: bool = False  # it is not due: somebody wants to see it


class Gatherer:
    """Runs bulletins with feeds, round after round. It remembers only which feeds it waits for."""

    def __init__(
        self, sessions: Sessions, fetcher: Fetcher, *, limits_of: LimitsOf, clock: Callable[[], datetime]
    ) -> None:
        self._sessions = sessions
        self._fetcher = fetcher
        self._limits_of = limits_of
        self._clock = clock
        self._is_busy = Lock()
        self._silent: dict[int, tuple[datetime, datetime]] = {}  # bulletin -> since when, and when it is next asked

    def round(self) -> int:
        """Run all that is due; how many were looked at. What fails in one stops no other. During a round: nothing."""
        if not self._is_busy.acquire(blocking=False):
            return 0
        try:
            return self._round(self._clock())
        finally:
            self._is_busy.release()

    def _round(self, now: datetime) -> int:
        with self._sessions() as session:
            due = [_plan(session, each) for each in bulletins.due_with_feeds(session, now)]
            wanted = [_plan(session, each, is_preview=True) for each in previewing.waiting(session)]
        self._forget_but(due)
        plans = [each for each in due if self._is_to_be_asked(each, now)] + wanted
        if plans:
            asyncio.run(self._run(plans))
        return len(plans)

    async def _run(self, plans: list[_Plan]) -> None:
        turns = asyncio.Semaphore(AT_ONCE)
        await asyncio.gather(*(self._one(plan, turns) for plan in plans))

    async def _one(self, plan: _Plan, turns: asyncio.Semaphore) -> None:
        try:
            keys = list(plan.specs)
            found = await asyncio.gather(*(self._said(plan, key, turns) for key in keys))
            said = dict(zip(keys, found, strict=True))
            if plan.is_preview or not self._waits(plan, said):
                await asyncio.to_thread(self._commit, plan, said)
        except Exception:
            log.exception("gathering.failed", bulletin=plan.bulletin_id)
            if plan.is_preview:
                await asyncio.to_thread(self._give_up, plan)

    async def _said(self, plan: _Plan, key: str, turns: asyncio.Semaphore) -> Reading | Why:
        spec = plan.specs[key]
        if spec is None:
            return Why.UNKNOWN
        async with turns:
            return await said_by(self._fetcher, spec, plan.owner)

    def _commit(self, plan: _Plan, said: Said) -> None:
        limits_of, now = self._limits_of, self._clock()
        with self._sessions.begin() as session:
            if plan.is_preview:
                previewing.carry_out(session, plan.bulletin_id, said, limits_of=limits_of, now=now)
            else:
                bulletins.run(session, plan.bulletin_id, limits_of=limits_of, now=now, said=said)

    def _give_up(self, plan: _Plan) -> None:
        try:
            with self._sessions.begin() as session:
                previewing.give_up(session, plan.bulletin_id, now=self._clock())
        except Exception:
            log.exception("gathering.give_up_failed", bulletin=plan.bulletin_id)

    def _forget_but(self, due: Sequence[_Plan]) -> None:
        """What was paused, skipped or deleted while its feed was silent is asked with all patience the next time."""
        known = {each.bulletin_id for each in due}
        self._silent = {each: since for each, since in self._silent.items() if each in known}

    def _is_to_be_asked(self, plan: _Plan, now: datetime) -> bool:
        since = self._silent.get(plan.bulletin_id)
        return since is None or now >= since[1]

    def _waits(self, plan: _Plan, said: Said) -> bool:
        """Whether a feed that did not answer is asked once more before anybody is."""
        now = self._clock()
        since, _ = self._silent.get(plan.bulletin_id, (now, now))
        if Why.UNREACHABLE in said.values() and now - since < PATIENCE:
            self._silent[plan.bulletin_id] = (since, now + PAUSE)
            return True
        self._silent.pop(plan.bulletin_id, None)
        return False


async def said_by(fetcher: Fetcher, spec: Spec, owner: str) -> Reading | Why:
    """What a feed says now, or why it says nothing."""
    try:
        return reading.read(spec, await fetcher.fetch(Source(spec.source, owner)))
    except Unfetched as error:
        log.warning("gathering.unfetched", why=error.why.value, detail=error.detail)
        return error.why
    except Unreadable as error:
        log.warning("gathering.unreadable", reason=error.reason)
        return Why.UNREADABLE


def _plan(session: Session, bulletin_id: int, *, is_preview: bool = False) -> _Plan:
    bulletin = session.get_one(Bulletin, bulletin_id)
    agency, known = session.get_one(Agency, bulletin.agency_id), defining.specs_of(session, bulletin.agency_id)
    return _Plan(bulletin_id, agency.slug, {key: known.get(key) for key in parts.feeds_of(bulletin)}, is_preview)
