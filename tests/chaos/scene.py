"""Where the faults happen: a town with a crowd, two worker hosts, servers that can be killed, and one broadcast."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import TypeVar

import redis
from sqlalchemy import func, select, update
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session

from broadcast import compose, launch
from broadcast.models import Broadcast
from broadcast.states import Kind, State
from db import migrate
from delivery.consignments import IS_PLANNED
from delivery.models import Batch, Delivery, Sender
from delivery.states import BatchState, DeliveryState
from subscribers import topics
from tests.chaos import standing
from tests.chaos.standing import Standing
from tests.chaos.verdict import Row, Taken, Verdict, judge
from tests.journeys import crowd
from tests.journeys.person import Person
from tests.journeys.steps import TEXTS, announce
from tests.journeys.town import Town, town

T = TypeVar("T")
EMBEDDED = {"up": "up"}
SCALED_OUT = {"web": "web", "clock": "clock", "worker-1": "worker", "worker-2": "worker"}
COMMANDS = {**EMBEDDED, **SCALED_OUT, "clock-2": "clock"}
SETTINGS: Mapping[str, Mapping[str, str]] = {  # what is a host's own affair
    "worker-1": {"WORKER_THREADS": "4", "LOG_FORMAT": "console"},
    "worker-2": {"WORKER_THREADS": "2", "LOG_FORMAT": "json", "LOG_LEVEL": "warning"},
}
WORKERS = ("worker-1", "worker-2")
CASE_SECONDS = 150.0
QUIET_SECONDS = 1.0
AWAY = (OperationalError, InterfaceError)


class OutOfTime(Exception):
    """A case waited in vain: it has failed."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure of a case beside the usual ones; `must` in words, and whether it holds."""

    name: str
    value: float
    unit: str
    must: str
    holds: bool


@dataclass
class Scene:
    """One town with everybody in it. A case launches one broadcast and breaks things; then the books are compared."""

    town: Town
    officer: Person
    audience: dict[int, str]
    postgres: Standing | None
    valkey: Standing | None
    away_seconds: float
    random: Random = field(default_factory=Random)
    measures: list[Measure] = field(default_factory=list)
    odd: set[str] = field(default_factory=set)
    """Processes that do not run as they usually do."""
    rate: float = 0.0
    code: str = ""
    broadcast_id: int = 0
    until: float = 0.0
    recorded: int = 0

    @property
    def standard(self) -> Mapping[str, str]:
        """The processes that run when nothing is broken."""
        return EMBEDDED if self.valkey is None else SCALED_OUT

    def begin(self, *, seed: int, sending_seconds: float) -> None:
        """Make ready for a case whose broadcast lasts about so long."""
        self.random, self.measures, self.code = Random(seed), [], ""
        self.until = time.monotonic() + CASE_SECONDS
        self.recorded = int(self.town.simulator.call("GET", "/control/health")["calls"])
        self.rate = len(self.audience) / len(self.town.bots) / sending_seconds
        for bot in self.town.bots.values():
            self.town.simulator.limits(bot=bot, rate=2 * self.rate)
        crowd.set_rate(self.town, self.rate)

    def announce(self) -> None:
        """An officer announces a notice to everybody: sent again where in doubt."""
        self.code = announce(self.officer, self.town)
        self.broadcast_id = self.ask(
            lambda session: session.scalars(select(Broadcast.id).filter_by(code=self.code)).one()
        )

    def campaign(self) -> None:
        """A campaign to everybody, whose messages in doubt are held. Nobody is woken: the clock finds it."""
        now = datetime.now(UTC)
        with self.town.sessions.begin() as session:
            topic = topics.by_key(session, self.town.cast.agency.id, "flood")
            assert topic is not None
            made = Broadcast(agency_id=topic.agency_id, topic_id=topic.id, kind=Kind.CAMPAIGN, created_at=now)
            made.state = State.DRAFT
            compose.coin(session, made)
            for locale, text in TEXTS.items():
                compose.put_text(session, made, locale, text)
            launch.start(session, made, limits_of=self.town.board.limits_of, now=now)
            self.code, self.broadcast_id = made.code, made.id

    def start(self, name: str, **settings: str) -> None:
        """Start a process on its host, with that host's settings."""
        self.town.start(name, COMMANDS[name], **{**SETTINGS.get(name, {}), **settings})

    def restart(self, name: str, number: int) -> None:
        """End a process with this signal, and start it again after a moment left to chance."""
        self.town.stop(name, number)
        time.sleep(self.random.uniform(0.0, 0.5))
        self.start(name)

    def restore(self) -> None:
        """Put right what a case has left: faults, processes, brakes. Everybody who runs has the standard settings."""
        self.town.simulator.clear_faults()
        for server in (self.postgres, self.valkey):
            if server is not None and not server.is_running:
                server.start()
        for name in (set(self.town.processes) - set(self.standard)) | (self.odd & set(self.town.processes)):
            self.town.stop(name)
        self.odd.clear()
        for name in set(self.standard) - set(self.town.processes):
            self.start(name)
        if self.town.redis_url is not None:
            with redis.Redis.from_url(self.town.redis_url) as client:
                client.flushdb()  # the brakes' memory
        with self.town.sessions.begin() as session:
            session.execute(update(Sender).values(held_until=None, pace=1.0, stopped_at=None))

    def ask(self, question: Callable[[Session], T]) -> T:
        """Ask the database, however often it is away."""
        while True:
            try:
                return self.town.in_session(question)
            except AWAY:
                self.check_time("for the database")
            time.sleep(0.2)

    def check_time(self, what: str) -> None:
        """Raise OutOfTime once the case has lasted too long."""
        if time.monotonic() > self.until:
            raise OutOfTime(f"waited in vain {what}")

    def wait_until(self, found: Callable[[], bool], what: str, every: float = 0.1) -> None:
        """Return once it is so; OutOfTime if it never is."""
        while not found():
            self.check_time(what)
            time.sleep(every)

    def reached(self) -> int:
        """How many of the audience a platform has taken a message for."""
        return len({each.phone for each in self.taken()})

    def wait_until_reached(self, share: float) -> None:
        """Until so many of the audience, 0 to 1, have it."""
        least = share * len(self.audience)
        self.wait_until(lambda: self.reached() >= least, f"for {share:.0%} to be reached", every=0.25)

    def is_finished(self) -> bool:
        """Whether the broadcast has ended."""
        return self.ask(lambda session: session.get_one(Broadcast, self.broadcast_id).state) is State.FINISHED

    def wait_until_finished(self, quiet: float = QUIET_SECONDS) -> None:
        """Until the broadcast has ended, and nothing was heard of it for `quiet` seconds."""
        self.wait_until(self.is_finished, "for the end of the broadcast", every=0.3)
        before: tuple[int, Counter[DeliveryState]] | None = None
        while before != (now := (len(self.taken()), Counter(row.state for row in self.rows()))):
            before = now
            time.sleep(quiet)
            self.check_time("for receipts to come to an end")

    def leased(self) -> int:
        """How many batches somebody holds."""
        mine = (Batch.consignment_id == self.broadcast_id, Batch.state == BatchState.LEASED)
        return self.ask(lambda session: session.scalar(select(func.count()).where(*mine)) or 0)

    def doubted(self) -> int:
        """How many messages were ever in doubt: after a crash, after a provider's silence and sent again, or held."""

        def count(session: Session) -> int:
            mine = Batch.consignment_id == self.broadcast_id
            crashed = session.scalar(select(func.sum(Batch.doubted)).where(mine)) or 0
            again = session.scalar(select(func.sum(Batch.size)).where(mine, Batch.attempt > 1)) or 0
            held = select(func.count()).where(
                Delivery.consignment_id == self.broadcast_id,
                Delivery.state == DeliveryState.UNKNOWN,
                Delivery.reason != "worker_lost",
            )
            return int(crashed) + int(again) + (session.scalar(held) or 0)

        return self.ask(count)

    def planned(self) -> int:
        """How many people stand in the batches as they were first written."""

        def count(session: Session) -> int:
            mine = (Batch.consignment_id == self.broadcast_id, IS_PLANNED)
            return int(session.scalar(select(func.sum(Batch.size)).where(*mine)) or 0)

        return self.ask(count)

    def taken(self) -> list[Taken]:
        """What the platforms took of this broadcast."""
        entries = crowd.accepted(self.town, self.code, after=self.recorded)
        return [Taken(str(e["phone"]), str(e["message_id"]), str(e["status"] or "")) for e in entries]

    def rows(self) -> list[Row]:
        """The ledger of this broadcast."""
        query = select(Delivery.subscriber_id, Delivery.state, Delivery.provider_id)
        mine = query.where(Delivery.consignment_id == self.broadcast_id)
        found = self.ask(lambda session: session.execute(mine).all())
        return [Row(self.audience.get(id_, f"stranger {id_}"), state, provider_id) for id_, state, provider_id in found]

    def verdict(self) -> Verdict:
        """The two books compared."""
        tallies = self.ask(lambda _: crowd.tallies(self.town, self.broadcast_id))
        return judge(self.audience.values(), self.taken(), self.rows(), tallies)

    def measure(self, name: str, value: float, unit: str, *, most: float, least: float | None = None) -> None:
        """Note a figure that must be at most (and at least) so much."""
        must = f"<= {most:g}" if least is None else f"{least:g} to {most:g}"
        self.measures.append(Measure(name, round(value, 2), unit, must, (least or 0) <= value <= most))


@contextmanager
def scaled_out(folder: Path, people: int, away_seconds: float) -> Iterator[Scene]:
    """Web, clock and two worker hosts on a PostgreSQL and a Valkey of their own."""
    with standing.postgres() as postgres, standing.valkey() as valkey:
        migrate.upgrade(postgres.url)
        commands = {name: command for name, command in SCALED_OUT.items() if name not in WORKERS}
        with town(database_url=postgres.url, folder=folder, redis_url=valkey.url, commands=commands) as made:
            for name in WORKERS:
                made.start(name, COMMANDS[name], **SETTINGS[name])
            yield _settled(made, people, postgres, valkey, away_seconds)


@contextmanager
def embedded(folder: Path, people: int) -> Iterator[Scene]:
    """Everything in one process on SQLite."""
    url = f"sqlite:///{folder / 'loudhailer.db'}"
    migrate.upgrade(url)
    with town(database_url=url, folder=folder) as made:
        yield _settled(made, people, None, None, 0.0)


def _settled(made: Town, people: int, postgres: Standing | None, valkey: Standing | None, away: float) -> Scene:
    made.simulator.timing(retry=0.5)  # of a receipt, five times: 15 seconds in all, as Twilio does
    officer = crowd.settle_in(made, people // 2, 100.0)
    return Scene(made, officer, crowd.everybody(made), postgres, valkey, away)
