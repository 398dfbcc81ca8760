"""What /metrics reads from the database: queues, brakes, running broadcasts. One look for everybody who scrapes.

A scrape never waits long for a slow database: it gets the last look with its age, and after a minute none at all,
because old figures that look new would be a lie.
"""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import datetime, timedelta

import structlog
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from commands import glance
from commands.glance import Glance, Going
from db.engine import Sessions
from delivery.switchboard import LimitsOf

log = structlog.get_logger(__name__)

FRESH = timedelta(seconds=2)
WORTH = timedelta(minutes=1)
PATIENCE_SECONDS = 2.0
ENDED_WITHIN = timedelta(hours=1)


class Gauges(Collector):
    """Reads when it is asked, at most every two seconds and over one connection."""

    def __init__(self, sessions: Sessions, *, limits_of: LimitsOf, now: Callable[[], datetime]) -> None:
        """`sessions` belong to a reader (db.engine.create_reader)."""
        self._sessions, self._limits_of, self._now = sessions, limits_of, now
        self._reading = ThreadPoolExecutor(1, thread_name_prefix="gauges")
        self._lock = threading.Lock()
        self._last: Glance | None = None
        self._is_reading = False

    def describe(self) -> list[Metric]:
        """Nothing beforehand: to register must not read the database."""
        return []

    def collect(self) -> Iterator[Metric]:
        """See Collector."""
        self._refresh()
        seen, now = self._last, self._now()
        age = None if seen is None else now - seen.at
        is_worth = age is not None and age < WORTH
        yield _gauge("database_read", "Whether the figures from the database are at most a minute old", float(is_worth))
        if seen is not None and age is not None and is_worth:
            yield _gauge("database_read_age_seconds", "How old they are", age.total_seconds())
            yield from families(seen)

    def close(self) -> None:
        """Read no more."""
        self._reading.shutdown(wait=False, cancel_futures=True)

    def _refresh(self) -> None:
        with self._lock:
            is_fresh = self._last is not None and self._now() - self._last.at < FRESH
            if is_fresh or self._is_reading:
                return
            self._is_reading = True
            reading = self._reading.submit(self._read)
        wait([reading], PATIENCE_SECONDS)

    def _read(self) -> None:
        try:
            with self._sessions() as session:
                found = glance.read(session, limits_of=self._limits_of, now=self._now(), ended_within=ENDED_WITHIN)
            self._last = found
        except Exception as error:
            log.warning("gauges.not_read", error=type(error).__name__)
        finally:
            self._is_reading = False


def families(seen: Glance) -> Iterator[Metric]:
    """Everything seen, as Prometheus reads it."""
    yield from _lines(seen)
    yield from _piles(seen)
    yield from _senders(seen)
    yield from _broadcasts(seen)
    yield _gauge("in_doubt", "Messages in doubt, of broadcasts that run or began within a day", seen.in_doubt)
    kinds = sorted({each.kind for each in seen.processes})
    alive = _family("processes", "Processes heard of within 20 seconds", "kind")
    for kind in kinds:
        alive.add_metric([kind], sum(each.kind == kind for each in seen.processes))
    yield alive


def _lines(seen: Glance) -> Iterator[Metric]:
    labels = ("sender", "lane", "state")
    batches = _family("batches", "Batches that are not done: ready, leased, stuck, or of a paused broadcast", *labels)
    people = _family("people_waiting", "People in these batches who are not settled", *labels)
    lag = _family("lag_seconds", "How long the oldest ready batch has waited", "sender", "lane")
    for line in seen.lines:
        key = [str(line.sender_id), line.lane, line.state]
        batches.add_metric(key, line.batches)
        people.add_metric(key, line.people)
        if line.state == "ready":
            lag.add_metric(key[:2], _age(seen, line.oldest_at))
    yield from (batches, people, lag)


def _piles(seen: Glance) -> Iterator[Metric]:
    waiting = _family("waiting", "Rows that wait: letters, calls, retries (counted up to 100,000)", "queue")
    oldest = _family("oldest_seconds", "How long the oldest of them has waited (a retry: is overdue)", "queue")
    for name, pile in (("letters", seen.letters), ("calls", seen.calls), ("retries", seen.retries)):
        waiting.add_metric([name], pile.waiting)
        oldest.add_metric([name], _age(seen, pile.oldest_at))
    yield from (waiting, oldest)
    yield _gauge("calls_failed", "Kept calls that were given up: replay them", seen.calls.failed)


def _senders(seen: Glance) -> Iterator[Metric]:
    labels = ("sender", "channel")
    rate = _family("sender_rate", "Messages a second that the brakes allow now (0: held or stopped)", *labels)
    pace = _family("sender_pace", "Share of the rate in use after throttling", *labels)
    held = _family("sender_held_seconds", "How long the provider asked us to wait from now on", *labels)
    stopped = _family("sender_stopped", "1: refused as misconfigured, an operator has to look", *labels)
    breaker = _family("sender_breaker", "1 in the state the breaker is in", *labels, "state")
    for sender in seen.senders:
        brakes = sender.brakes
        key = [str(brakes.sender_id), brakes.channel]
        rate.add_metric(key, sender.allowed)
        pace.add_metric(key, brakes.pace)
        held.add_metric(key, (brakes.held_until - seen.at).total_seconds() if brakes.held_until else 0.0)
        stopped.add_metric(key, float(brakes.is_stopped))
        for state in ("closed", "open"):
            breaker.add_metric([*key, state], float(sender.breaker == state))
    yield from (rate, pace, held, stopped, breaker)


def _broadcasts(seen: Glance) -> Iterator[Metric]:
    labels = ("broadcast", "kind")
    people = _family("broadcast_people", "The audience, frozen at launch", *labels)
    settled = _family("broadcast_settled", "People of it who are settled", *labels)
    reach = _family(
        "reach_seconds", "Within what time after the launch they were reached", *labels, "milestone", "quantile"
    )
    for going in seen.broadcasts:
        key = [str(going.id), going.kind]
        people.add_metric(key, going.people or 0)
        settled.add_metric(key, going.settled)
        _reach(reach, key, going)
    yield from (people, settled, reach)


def _reach(family: GaugeMetricFamily, key: list[str], going: Going) -> None:
    for milestone, percentiles in going.reached.items():
        for quantile, seconds in percentiles.by_quantile.items():
            family.add_metric([*key, milestone, str(quantile)], seconds)


def _age(seen: Glance, since: datetime | None) -> float:
    return max(0.0, (seen.at - since).total_seconds()) if since is not None else 0.0


def _family(name: str, help: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"loudhailer_{name}", help, labels=labels)


def _gauge(name: str, help: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"loudhailer_{name}", help, value=value)
