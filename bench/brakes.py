"""Pause, cancel, stop: how long after the word the last message left."""

import signal
import time
from collections.abc import Iterator

from bench import sending
from bench.house import TELEGRAM, UNLIMITED
from bench.processes import Failed
from bench.report import Figure, figure
from bench.run import Run
from bench.sending import Ready

QUIET, QUICK_QUIET = 3.0, 1.5  # seconds in which nothing may come before we believe that nothing will
SAID = "SELECT extract(epoch FROM at) FROM audit_entries WHERE verb = 'broadcast.{verb}' ORDER BY id DESC LIMIT 1"
RATES = {"unlimited": UNLIMITED, "1000": 1_000.0}


def brakes(run: Run) -> Iterator[Figure]:
    """From the instant in the audit line (or of the signal) to the last arrival, without and with a rate."""
    for name, rate in list(RATES.items())[: 1 if run.is_quick else None]:
        people = run.size(200_000, 60_000)
        with sending.ready(run, TELEGRAM, people, rate=rate) as to:
            code = _midway(run, to)
            yield figure(f"brakes.{name}.pause", _word(run, to, "pause", code, people), "s", "<= 1")
            to.house.command("resume", "bench", code, "--officer", str(to.officer))
            run.sink.wait_for(run.sink.seen().of().people + 200, seconds=30)
            yield figure(f"brakes.{name}.cancel", _word(run, to, "cancel", code, people), "s", "<= 1")
            _midway(run, to)
            yield figure(f"brakes.{name}.sigterm", _stop(run, to, people), "s", "<= 1")


def _midway(run: Run, to: Ready) -> str:
    run.sink.reset()
    code = to.agency.announce(to.officer)
    run.sink.wait_for(200, seconds=60)
    return code


def _word(run: Run, to: Ready, verb: str, code: str, people: int) -> float:
    to.house.command(verb, "bench", code, "--officer", str(to.officer))
    past = {"pause": "paused", "cancel": "cancelled"}[verb]
    return _last(run, to.house.number(SAID.format(verb=past)), people)


def _stop(run: Run, to: Ready, people: int) -> float:
    asked = time.time()
    to.programs["worker"].process.send_signal(signal.SIGTERM)
    return _last(run, asked, people)


def _last(run: Run, said: float, people: int) -> float:
    """Seconds from `said` to the last message, which has to be followed by silence and must not be everybody's."""
    quiet = QUICK_QUIET if run.is_quick else QUIET
    time.sleep(quiet)
    seen = run.sink.seen().of()
    time.sleep(quiet)
    later = run.sink.seen().of()
    if later.count != seen.count or later.people >= people:
        raise Failed(f"{later.people} of {people} got it: it did not stop, or had ended before")
    return max(0.0, seen.last - said)
