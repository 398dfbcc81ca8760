"""The audience of a large agency: frozen how fast, in how much memory, and how soon the first message leaves."""

from collections.abc import Iterator

from bench.house import TELEGRAM, WHATSAPP, built
from bench.meter import Memory
from bench.processes import Failed, until
from bench.report import Figure, figure
from bench.run import Run

# Of twelve people one reads Tamil, which the announcement does not speak, and one does not hold the topic.
LOCALES = ("ta", *("en", "ms", "zh_Hans") * 4)[:12]
SPOKEN = ("en", "ms", "zh_Hans")
OF, LEFT = 12, 10
FROZEN = """
    SELECT extract(epoch FROM plans.finished_at - launched_at), people
    FROM plans JOIN broadcasts ON broadcasts.id = broadcast_id WHERE plans.finished_at IS NOT NULL
"""
LAUNCHED = "SELECT extract(epoch FROM launched_at) FROM broadcasts"


def audience(run: Run) -> Iterator[Figure]:
    """Topic x language x channel: of 1,200,000 people on two senders 1,000,000 are written to."""
    people = run.size(1_200_000, 120_000) // OF * OF
    with built(run.servers, run.sink) as house:
        agency = house.agency("bench")
        senders = {agency.sender(channel): channel for channel in (TELEGRAM, WHATSAPP)}
        officer = agency.officer()
        agency.fill(senders, size=people, locales=LOCALES, without=OF)
        run.sink.reset()
        with house.working() as programs, Memory(programs["worker"].pid) as memory:
            before = memory.now
            code = agency.announce(officer, locales=SPOKEN)
            until(lambda: bool(house.query(FROZEN)), seconds=300, what="the frozen audience")
            house.command("cancel", "bench", code, "--officer", str(officer))
            first = run.sink.seen().of().first - house.number(LAUNCHED)
            [(seconds, frozen)] = house.query(FROZEN)
        if int(str(frozen)) != people // OF * LEFT:
            raise Failed(f"{frozen} people are in the audience, not {people // OF * LEFT}")
    yield figure("audience.people", int(str(frozen)), f"of {people:,}")
    yield figure("audience.frozen", float(str(seconds)), "s", "<= 3")
    yield figure("audience.first_message", first, "s", "<= 1")
    yield figure("audience.memory", memory.peak, "MB", "<= 128")
    yield figure("audience.memory_growth", memory.peak - before, "MB")
