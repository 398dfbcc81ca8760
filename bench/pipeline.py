"""Messages through the whole pipeline with durable outcomes: one worker process, one sender, no limit."""

from collections.abc import Iterator

from bench import sending
from bench.house import TELEGRAM, WHATSAPP
from bench.report import Figure, figure
from bench.run import Run
from bench.sending import Sent

MUST = {  # messages/s at least, CPU seconds for 10,000 at most
    TELEGRAM: (">= 4000", "<= 2.6"),
    WHATSAPP: (">= 3000", "<= 3.5"),
}
LATENCY = 0.1
CPU = "CPU s / 10,000"


def pipeline(run: Run) -> Iterator[Figure]:
    """Telegram, and WhatsApp with templates because nobody wrote to us in the last day."""
    for channel in [run.channel] if run.channel else [TELEGRAM, WHATSAPP]:
        people = run.size(100_000, 20_000)
        with sending.ready(run, channel, people) as to:
            sent = sending.send(run, to, people)
        yield from told(f"pipeline.{channel}", sent, *MUST[channel])


def slow_provider(run: Run) -> Iterator[Figure]:
    """The same with a provider that answers after 100 ms, as real ones do."""
    channel = run.channel or TELEGRAM
    people = run.size(100_000, 20_000)
    with sending.ready(run, channel, people) as to:
        sent = sending.send(run, to, people, latency=LATENCY)
    yield from told(f"pipeline.{channel}.100ms", sent, ">= 2000", None)


def told(name: str, sent: Sent, rate: str | None, cost: str | None) -> Iterator[Figure]:
    """The figures of one announcement: rate, cost and who it falls to, the worker's memory."""
    yield figure(f"{name}.rate", sent.arrivals.rate, "messages/s", rate)
    yield figure(f"{name}.cpu", sent.total, CPU, cost)
    for who in ("worker", "postgresql", "redis", "clock"):
        yield figure(f"{name}.cpu.{who}", sent.share(who), CPU)
    yield figure(f"{name}.memory", sent.memory.peak, "MB")
