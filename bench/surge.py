"""Ten thousand people who all write for the first time: everybody is answered 200 and greeted, once."""

import time
from collections.abc import Iterator

from bench import calls, knocking
from bench.house import TELEGRAM, UNLIMITED, WHATSAPP, House, built
from bench.processes import Failed
from bench.report import Figure, figure
from bench.run import Run

RATE = 500
QUIET = 2.0


def surge(run: Run) -> Iterator[Figure]:
    """As fast as they come, with web, worker and clock on this machine; then the door's p99 at 500 calls a second."""
    people = run.size(10_000, 1_000)
    at_a_rate = RATE * (5 if run.is_quick else 20)
    with built(run.servers, run.sink) as house:
        agency = house.agency("bench")
        for channel in (TELEGRAM, WHATSAPP):
            agency.sender(channel, rate=UNLIMITED)
        port = int(house.environment["PORT"])
        run.sink.reset()
        with house.running("web"):
            with house.working():
                begun = time.time()
                knocks = knocking.as_fast_as_they_come(port, _first_words(house, people))
                arrivals = run.sink.wait_for(people, seconds=600)
                busy = knocking.at_a_rate(port, _first_words(house, at_a_rate, first=1_000_001), RATE)
                everybody = run.sink.wait_for(people + at_a_rate, seconds=600)
            # Last the door alone: what it takes in now waits in its journal for the next worker.
            alone = knocking.at_a_rate(port, _first_words(house, at_a_rate, first=2_000_001), RATE)
    if everybody.doubled or run.sink.seen().unknown:
        raise Failed(f"{everybody.doubled} people were greeted twice")
    yield figure("surge.answered_200", len(knocks.taken) / people, "of all", ">= 1")
    yield figure("surge.door", knocks.rate, "calls/s")
    yield figure("surge.greeted", arrivals.people, f"of {people:,}", f">= {people}")
    yield figure("surge.greeted_within", arrivals.last - begun, "s")
    yield figure("surge.p99_at_500", alone.centile(99), "ms", "<= 50")
    yield figure("surge.p99_at_500_with_worker", busy.centile(99), "ms", "<= 50")
    yield figure("surge.answered_200_at_500", min(len(alone.taken), len(busy.taken)) / at_a_rate, "of all", ">= 1")


def _first_words(house: House, count: int, *, first: int = 1) -> list[bytes]:
    """Half of them on Telegram, half on WhatsApp, in turn."""
    keys = {str(channel): str(key) for channel, key in house.query("SELECT channel, key FROM senders")}
    half = count // 2
    pairs = zip(
        calls.starts(keys[TELEGRAM], half, first=first), calls.hellos(keys[WHATSAPP], half, first=first), strict=True
    )
    return [call for pair in pairs for call in pair]
