"""The table of the README, from the last full run: `python -m bench.readme` prints it between the marks that frame it.

A house test compares what the README says with bench/report.json, so neither can be changed without the other.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from bench import report
from bench.report import Figure, number

BEGINS, ENDS = "<!-- bench/report.json -->", "<!-- end of bench/report.json -->"
ROOT = Path(__file__).parent.parent
LABELS = {
    "audience.frozen": "audience frozen, topic x language x channel",
    "audience.first_message": "first message handed to the provider, after the confirmation",
    "audience.memory": "memory of the worker that freezes it",
    "pipeline.telegram.rate": "Telegram, one worker process, durable outcomes",
    "pipeline.telegram.cpu": "its cost: worker + PostgreSQL + Redis",
    "pipeline.whatsapp.rate": "WhatsApp with templates",
    "pipeline.whatsapp.cpu": "its cost",
    "pipeline.telegram.100ms.rate": "with a provider that answers after 100 ms",
    "rivals.ptb_gather.times_ours": "python-telegram-bot, AIORateLimiter, gather, saving nothing: CPU for each message",
    "rivals.ptb_best.times_ours": "python-telegram-bot at its stock best (HTTP/2, sniffio), saving nothing",
    "rivals.aiogram.times_ours": "aiogram, 64 at a time, saving nothing",
    "rivals.celery.times_ours": "Celery on Redis, one task and one committed row for each message",
    "scale.cpu_ratio": "CPU for each message, a hundred times the people",
    "scale.memory": "memory of a worker, largest audience",
    "scale.memory_growth": "its growth while they are sent",
    "receipts.rate": "receipts through the door, settled before the 200, one web process",
    "receipts.killed.lost": "receipts answered 200 and lost, web process killed in the middle",
    "surge.answered_200": "10,000 new people at once, some by a link, some twice: answered 200",
    "surge.greeted": "of them greeted, once for each word",
    "surge.arrivals_off": "the link's arrivals, more or fewer than came by it",
    "surge.first_answer_p99": "the first answer to who comes at a quiet moment, p99",
    "surge.p99_at_500": "the door's p99 at 500 calls/s",
    "surge.p99_at_500_with_worker": "the same beside a worker that answers them, on the same two cores",
    "limit.1000.against_ideal": "a whole announcement at the provider's limit of 1,000/s",
    "limit.30.used": "a limit of 30/s",
    "limit.30.throttled": "429 provoked at 30/s",
    "brakes.unlimited.pause": "last message after pause",
    "brakes.unlimited.cancel": "last message after cancel",
    "brakes.unlimited.sigterm": "last message after SIGTERM",
    "lanes.1000.times": "an alert to 1,000 in the middle of an announcement on the same sender, against it alone",
    "fairness.share": "the slower of two agencies that share a worker",
}


def block(figures: Sequence[Figure]) -> str:
    """The table with its frame. A figure that is not there, because it failed, is said to be missing."""
    by_name = {each.name: each for each in figures}
    rows = [_row(label, by_name.get(name)) for name, label in LABELS.items()]
    machines = sorted({each.machine for each in figures if each.machine})
    head = ["| what | measured | must be |", "|---|---|---|"]
    return "\n".join([BEGINS, *head, *rows, "", *(f"Measured on {machine}." for machine in machines), ENDS])


def _row(label: str, found: Figure | None) -> str:
    if found is None or found.value is None:
        return f"| {label} | not measured | |"
    mark = "" if found.holds is not False else " (missed)"
    return f"| {label} | {number(found.value)} {found.unit}{mark} | {found.must or ''} |"


if __name__ == "__main__":
    sys.stdout.write(block(report.read(ROOT / report.FULL)) + "\n")
