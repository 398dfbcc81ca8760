"""An alert in the middle of a running announcement on the same sender, against the same alert alone."""

import statistics
from collections.abc import Iterator

from bench import sending
from bench.house import TELEGRAM, UNLIMITED
from bench.processes import Failed
from bench.report import Figure, figure
from bench.run import Run
from bench.sending import Ready

ALERT = 1_000
ROUNDS = 3  # of the alert alone
MARK = "ALERT7A1"
LAUNCHED = "SELECT extract(epoch FROM launched_at) FROM broadcasts ORDER BY id DESC LIMIT 1"
RATES = {"1000": 1_000.0, "unlimited": UNLIMITED}


def lanes(run: Run) -> Iterator[Figure]:
    """An alert to 1,000 of the people an announcement to 100,000 is just going to."""
    for name, rate in list(RATES.items())[: 1 if run.is_quick else None]:
        people = run.size(100_000, 5_000)
        with sending.ready(run, TELEGRAM, people, rate=rate) as to:
            to.house.command("topic", "add", "bench", "alarm", *[f"--name={each}=Alarm" for each in NAMED])
            _choose(to)
            alone = statistics.median(_alone(run, to) for _ in range(1 if run.is_quick else ROUNDS))
            run.sink.reset(marks=[MARK])
            to.agency.announce(to.officer)
            run.sink.wait_for(people // 20, seconds=60)
            within, ended = _alert(run, to)
            everybody = run.sink.wait_for(people, seconds=people / min(rate, 500) + 120)
        if (everybody.people, everybody.doubled) != (people, 0):
            raise Failed(f"of {people} people {everybody.people} got the announcement, {everybody.doubled} twice")
        if everybody.last < ended:
            raise Failed("the announcement had ended before the alert: give it more --people")
        yield figure(f"lanes.{name}.alone", alone, "s")
        yield figure(f"lanes.{name}.within", within, "s")
        yield figure(f"lanes.{name}.times", within / alone, "times", "<= 1.2")


NAMED = ("en", "ms", "ta", "zh_Hans")
CHOSEN = """
    WITH new AS (INSERT INTO subscriptions (subscriber_id, topic_id, cadence, created_at)
        SELECT s.id, t.id, 'at_once', now()
        FROM (SELECT id FROM subscribers ORDER BY id LIMIT {alert}) s, topics t WHERE t.key = 'alarm' RETURNING 1)
    SELECT count(*) FROM new
"""


def _choose(to: Ready) -> None:
    to.house.number(CHOSEN.format(alert=ALERT))


def _alone(run: Run, to: Ready) -> float:
    run.sink.reset(marks=[MARK])
    return _alert(run, to)[0]


def _alert(run: Run, to: Ready) -> tuple[float, float]:
    """Seconds from the launch of an alert to its last message, and when that was."""
    to.agency.announce(to.officer, topic="alarm", kind="alert", mark=MARK)
    launched = to.house.number(LAUNCHED)
    last = run.sink.wait_for(ALERT, seconds=120, mark=MARK).last
    return last - launched, last
