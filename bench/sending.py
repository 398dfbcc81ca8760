"""One announcement to a crowd through the whole house, and what it cost: what several measurements have in common."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from bench.house import UNLIMITED, Agency, House, built
from bench.meter import Memory, Reading
from bench.processes import Failed, Program, until
from bench.receiver import Arrivals
from bench.run import Run

TOO_LONG = 900.0  # seconds; a measurement that has not ended by then has failed
PER = 10_000
SETTLED = "SELECT sum(count) FROM tallies WHERE state IN ('accepted', 'sent', 'delivered', 'read')"
LEDGER = "SELECT count(*) FROM deliveries WHERE state IN ('accepted', 'sent', 'delivered', 'read')"


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of an announcement: arrivals at the sink, CPU seconds by who used them, the worker's memory."""

    arrivals: Arrivals
    used: dict[str, float]
    memory: Memory
    people: int

    @property
    def total(self) -> float:
        """CPU seconds for 10,000 messages: worker, PostgreSQL and Redis."""
        return self.share("worker") + self.share("postgresql") + self.share("redis")

    def share(self, who: str) -> float:
        """CPU seconds one of them used for 10,000 messages."""
        return self.used[who] * PER / self.people


@dataclass(frozen=True, slots=True)
class Ready:
    """A house with one agency, one sender and a crowd, its worker and its clock running."""

    house: House
    agency: Agency
    officer: int
    sender: int
    programs: dict[str, Program]


@contextlib.contextmanager
def ready(run: Run, channel: str, people: int, *, rate: float = UNLIMITED) -> Iterator[Ready]:
    """The house, filled and running, for as long as the block lasts."""
    with built(run.servers, run.sink) as house:
        agency = house.agency("bench")
        sender = agency.sender(channel, rate=rate)
        officer = agency.officer()
        agency.fill({sender: channel}, size=people)
        with house.working() as programs:
            yield Ready(house, agency, officer, sender, programs)


def send(run: Run, to: Ready, people: int, *, latency: float = 0.0, topic: str = "flood") -> Sent:
    """Announce to the crowd and wait until every outcome is in the database. Failed if one is missing or doubled.

    CPU is counted from before the command that launches to after the last settlement: what the launch costs the
    database is in it, the command's own process is not.
    """
    run.sink.reset(latency=latency)
    before = Reading.of(run.servers, to.programs)
    earlier, kept = to.house.number(SETTLED), to.house.number(LEDGER)
    with Memory(to.programs["worker"].pid) as memory:
        to.agency.announce(to.officer, topic=topic)
        run.sink.wait_for(people, seconds=TOO_LONG)
        until(
            lambda: to.house.number(SETTLED) >= earlier + people,
            seconds=60,
            what=f"{people} settled messages",
            every=0.2,
        )
        used = Reading.of(run.servers, to.programs).since(before)
    arrivals = run.sink.seen().of()
    _prove(arrivals, to.house, people, kept)
    return Sent(arrivals, used, memory, people)


def _prove(arrivals: Arrivals, house: House, people: int, kept: float) -> None:
    """Nobody is missing, nobody got it twice, and the ledger has a row for each."""
    rows = int(house.number(LEDGER) - kept)
    if (arrivals.count, arrivals.people, arrivals.doubled, rows) != (people, people, 0, people):
        raise Failed(
            f"{people} people, but {arrivals.count} messages to {arrivals.people}, {arrivals.doubled} of them twice,"
            f" and {rows} in the ledger"
        )
