"""Ten thousand people who all write for the first time: everybody is answered 200 and greeted, once for each word."""

import statistics
import time
from collections.abc import Iterator

from bench import calls, knocking, newcomers
from bench.house import TELEGRAM, UNLIMITED, WHATSAPP, Agency, House, built
from bench.knocking import Knocks
from bench.newcomers import WORDS, Link, Surge
from bench.processes import Failed
from bench.report import Figure, figure
from bench.run import Run

SLUG, TOPIC = "bench", "flood"
RATE, QUIET_RATE = 500, 20
QUIET = 2.0  # seconds in which whoever gets too much would get it
ALERT, ALERTED = "SURGEALERT", 8
BESIDE = 6_590_000_000  # where the alert's first readers are, whom no call is from
PATIENCE = 600.0


def surge(run: Run) -> Iterator[Figure]:
    """One at a time; as fast as they come, with web, worker and clock on this machine; then 500 calls a second."""
    people = run.size(10_000, 600)
    answered, kept = (RATE, 4 * RATE) if run.is_quick else (10 * RATE, 10 * RATE)  # the more, the less one stall weighs
    with built(run.servers, run.sink) as house:
        agency = house.agency(SLUG)
        senders = {agency.sender(channel, rate=UNLIMITED): channel for channel in (TELEGRAM, WHATSAPP)}
        agency.fill(senders, size=ALERTED, base=BESIDE)
        link = Link.added(house, SLUG, TOPIC)
        port = int(house.environment["PORT"])
        with house.running("web"):
            with house.working():
                _alert(run, agency)
                yield from _first_answers(run, house, 60 if run.is_quick else 300)
                yield from _surged(run, house, Surge.of(people, house, link))
                run.sink.reset()
                busy = knocking.at_a_rate(port, _first_words(house, answered, first=1_000_001), RATE)
                everybody = run.sink.wait_for(answered, seconds=PATIENCE)
            # Last the door alone: what it takes in now waits in its journal for the next worker.
            alone = knocking.at_a_rate(port, _first_words(house, kept, first=2_000_001), RATE)
    if everybody.doubled or run.sink.seen().unknown:
        raise Failed(f"{everybody.doubled} people were greeted twice")
    yield figure("surge.p99_at_500", alone.centile(99), "ms", "<= 50")
    yield figure("surge.p99_at_500_with_worker", busy.centile(99), "ms", "<= 50")
    yield figure(
        "surge.answered_200_at_500", (len(alone.taken) + len(busy.taken)) / (kept + answered), "of all", ">= 1"
    )


def _alert(run: Run, agency: Agency) -> None:
    """Put an alert in force on the link's topic."""
    run.sink.reset(marks=[ALERT])
    agency.announce(agency.officer(), topic=TOPIC, kind="alert", mark=ALERT)
    run.sink.wait_for(ALERTED, seconds=PATIENCE, mark=ALERT)


def _first_answers(run: Run, house: House, count: int) -> Iterator[Figure]:
    """From the call at the door to the answer at the sink, while nothing else is going on."""
    run.sink.reset(is_noting=True)
    knocks = knocking.at_a_rate(int(house.environment["PORT"]), _first_words(house, count, first=3_000_001), QUIET_RATE)
    run.sink.wait_for_messages(count, seconds=PATIENCE)
    waits = sorted(_waits(run, knocks, count))
    yield figure("surge.first_answer_p50", statistics.median(waits), "s", "<= 1")
    yield figure("surge.first_answer_p99", statistics.quantiles(waits, n=100)[98], "s", "<= 1")


def _waits(run: Run, knocks: Knocks, count: int) -> Iterator[float]:
    came = {note.recipient: note.at for note in run.sink.notes()}
    if len(came) != count:
        raise Failed(f"{len(came)} of {count} people were answered")
    for place in range(count):
        whose = (calls.on_telegram, calls.on_whatsapp)[place % 2]
        yield came[whose(3_000_001 + place // 2)] - (knocks.begun + place / QUIET_RATE)


def _surged(run: Run, house: House, surge: Surge) -> Iterator[Figure]:
    """Everybody at once, then the words of those who subscribe; and what each of them got, one by one."""
    port, words = int(house.environment["PORT"]), list(surge.first_calls())
    greeted, due = sum(each.presses for each in surge.people), surge.answers(ALERT)
    run.sink.reset(marks=[ALERT], is_noting=True)
    begun = time.time()
    knocks = knocking.as_fast_as_they_come(port, words)
    arrivals = run.sink.wait_for_messages(greeted, seconds=PATIENCE)
    taken, said = len(knocks.taken), len(words)
    for turn in range(len(WORDS)):
        following = list(surge.next_calls(turn))
        said, taken = said + len(following), taken + len(knocking.as_fast_as_they_come(port, following).taken)
    run.sink.wait_for_messages(sum(due[key] for key in due if not key[0]), seconds=PATIENCE)
    run.sink.wait_for_messages(len(surge.subscribers), seconds=PATIENCE, mark=ALERT)
    time.sleep(QUIET)
    newcomers.proved(run.sink.notes(), due)
    by_link, people = sum(each.is_by_link for each in surge.people), len(surge.people)
    yield figure("surge.answered_200", taken / said, "of all", ">= 1")
    yield figure("surge.door", knocks.rate, "calls/s")
    yield figure("surge.greeted", arrivals.people, f"of {people:,}", f">= {people}")
    yield figure("surge.greeted_within", arrivals.last - begun, "s")
    yield figure("surge.repeated", len(words) - people, "calls more than people")
    yield figure("surge.arrivals_off", abs(surge.link.arrived(house, SLUG) - by_link), f"of {by_link:,}", "<= 0")
    yield figure("surge.alerts_handed", len(surge.subscribers), "to who subscribed, and to nobody else")


def _first_words(house: House, count: int, *, first: int = 1) -> list[bytes]:
    """Half of them on Telegram, half on WhatsApp, in turn."""
    keys = {str(channel): str(key) for channel, key in house.query("SELECT channel, key FROM senders")}
    half = count // 2
    pairs = zip(
        calls.starts(keys[TELEGRAM], half, first=first), calls.hellos(keys[WHATSAPP], half, first=first), strict=True
    )
    return [call for pair in pairs for call in pair]
