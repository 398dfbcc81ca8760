"""The platform's limit: how much of it is used, and that it is never exceeded."""

import time
from collections.abc import Iterator

from bench import sending
from bench.house import TELEGRAM
from bench.processes import Failed
from bench.report import Figure, figure
from bench.run import Run

PAID = 1_000  # Telegram's messages a second with paid broadcast
FREE = 30
SETTLING = 2.0  # seconds of the beginning that are not looked at when the pace at 30/s is


def limits(run: Run) -> Iterator[Figure]:
    """At 1,000/s the whole takes as long as the limit says; at 30/s the limit is used and never hit."""
    yield from _paid(run)
    yield from _free(run)


def _paid(run: Run) -> Iterator[Figure]:
    people = run.size(100_000, 5_000)
    with sending.ready(run, TELEGRAM, people, rate=PAID) as to:
        run.sink.reset(rate=PAID)
        to.agency.announce(to.officer)
        arrivals = run.sink.wait_for(people, seconds=5 * people / PAID + 60)
        throttled = run.sink.seen().throttled
    if arrivals.doubled:
        raise Failed(f"{arrivals.doubled} people got it twice")
    took = arrivals.last - arrivals.first
    yield figure("limit.1000.seconds", took, f"s for {people:,}")
    yield figure("limit.1000.against_ideal", took / (people / PAID), "times", "<= 1.03")
    yield figure("limit.1000.throttled", throttled, "answers 429")


def _free(run: Run) -> Iterator[Figure]:
    seconds = 10 if run.is_quick else 60
    people = FREE * (seconds + 5)
    with sending.ready(run, TELEGRAM, people, rate=FREE) as to:
        run.sink.reset(rate=FREE)
        to.agency.announce(to.officer)
        begun = run.sink.wait_for(1, seconds=30).first
        time.sleep(max(0.0, begun + SETTLING + seconds + 0.3 - time.time()))
        seen = run.sink.seen()
    came = seen.of().before(begun + SETTLING + seconds) - seen.of().before(begun + SETTLING)
    yield figure("limit.30.rate", came / seconds, "messages/s")
    yield figure("limit.30.used", came / seconds / FREE, "of the limit", ">= 0.99")
    yield figure("limit.30.throttled", seen.throttled, "answers 429", "<= 0")
