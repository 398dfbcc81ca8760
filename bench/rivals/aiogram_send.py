"""Rival (b): aiogram's concurrent send, 64 at a time, on uvloop as its documents advise; it saves nothing."""

import argparse
import asyncio
import json
import time
from collections.abc import Iterator

import uvloop
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer

AT_ONCE = 64


async def send(url: str, people: int, text: str) -> None:
    """Send to so many people and say what it cost."""
    session = AiohttpSession(api=TelegramAPIServer.from_base(url), limit=AT_ONCE)
    bot = Bot("700100:bench-token", session=session)
    await bot.get_me()
    numbers = iter(range(1, people + 1))
    cpu, begun = time.process_time(), time.perf_counter()
    await asyncio.gather(*(_go_on(bot, numbers, text) for _ in range(AT_ONCE)))
    print(json.dumps({"cpu": time.process_time() - cpu, "seconds": time.perf_counter() - begun}))
    await session.close()


async def _go_on(bot: Bot, numbers: Iterator[int], text: str) -> None:
    for number in numbers:
        await bot.send_message(6_580_000_000 + number, text)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--people", type=int, required=True)
    parser.add_argument("--text", required=True)
    options = parser.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(send(options.url, options.people, options.text))
