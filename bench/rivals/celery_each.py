"""Rival (c): Celery on Redis, one task for each message, python-telegram-bot in it, one committed row for each.

`BENCH_KEPT=1` keeps the bot, its event loop and its connections for the life of a worker process, which takes more care
than most would; otherwise each task opens the bot as python-telegram-bot's documents show (`async with bot`). The
database connection is kept either way. Run as a script it puts the tasks into the queue.
"""

import argparse
import asyncio
import json
import os
import sys
import time
from typing import Any

sys.modules["sniffio"] = None  # type: ignore[assignment]  # as pip installs it, see ptb_gather.py

import psycopg  # noqa: E402
from celery import Celery  # noqa: E402
from telegram import Bot  # noqa: E402

app = Celery("celery_each", broker=os.environ["BENCH_BROKER"])
app.conf.update(task_ignore_result=True, worker_prefetch_multiplier=16, broker_connection_retry_on_startup=True)
kept: dict[str, Any] = {}


@app.task  # type: ignore[untyped-decorator]
def send(number: int, text: str) -> None:
    """Send to one person and keep the outcome."""
    sent = _kept_send(number, text) if os.environ.get("BENCH_KEPT") else asyncio.run(_send(number, text))
    if "database" not in kept:
        kept["database"] = psycopg.connect(os.environ["BENCH_DATABASE"])
    with kept["database"].transaction():
        kept["database"].execute("INSERT INTO sent VALUES (%s, %s, now())", (number, sent))


async def _send(number: int, text: str) -> int:
    async with Bot("700100:bench-token", base_url=os.environ["BENCH_URL"] + "/bot") as bot:
        return (await bot.send_message(6_580_000_000 + number, text)).message_id


def _kept_send(number: int, text: str) -> int:
    if "loop" not in kept:
        kept["loop"] = asyncio.new_event_loop()
        kept["bot"] = Bot("700100:bench-token", base_url=os.environ["BENCH_URL"] + "/bot")
        kept["loop"].run_until_complete(kept["bot"].initialize())
    message = kept["loop"].run_until_complete(kept["bot"].send_message(6_580_000_000 + number, text))
    return int(message.message_id)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, required=True)
    parser.add_argument("--text", required=True)
    options = parser.parse_args()
    app.connection_for_write().ensure_connection(max_retries=3)
    cpu, begun = time.process_time(), time.perf_counter()
    for place in range(1, options.people + 1):
        app.send_task("celery_each.send", (place, options.text))
    print(json.dumps({"cpu": time.process_time() - cpu, "seconds": time.perf_counter() - begun}))
