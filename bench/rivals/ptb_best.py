"""Rival (d): python-telegram-bot at its stock best: HTTP/2 where the other side has it, sniffio installed, uvloop."""

import argparse
import asyncio
import json
import time
from collections.abc import Iterator

import sniffio  # noqa: F401 - httpcore is quicker where it is installed
import uvloop
from telegram import Bot
from telegram.request import HTTPXRequest

PATIENT = 120.0


async def send(url: str, people: int, text: str, *, http: str, at_once: int) -> None:
    """Send to so many people, `at_once` side by side, and say what it cost."""
    request = HTTPXRequest(
        connection_pool_size=at_once,
        http_version="2" if http == "2" else "1.1",
        pool_timeout=PATIENT,
        read_timeout=PATIENT,
        connect_timeout=PATIENT,
    )
    bot = Bot("700100:bench-token", base_url=f"{url}/bot", request=request)
    await bot.initialize()
    numbers = iter(range(1, people + 1))
    cpu, begun = time.process_time(), time.perf_counter()
    await asyncio.gather(*(_go_on(bot, numbers, text) for _ in range(at_once)))
    print(json.dumps({"cpu": time.process_time() - cpu, "seconds": time.perf_counter() - begun}))
    await bot.shutdown()


async def _go_on(bot: Bot, numbers: Iterator[int], text: str) -> None:
    for number in numbers:
        await bot.send_message(6_580_000_000 + number, text)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--people", type=int, required=True)
    parser.add_argument("--text", required=True)
    parser.add_argument("--http", choices=["1", "2"], default="1")
    parser.add_argument("--at-once", type=int, default=64)
    options = parser.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(send(options.url, options.people, options.text, http=options.http, at_once=options.at_once))
