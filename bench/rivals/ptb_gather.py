"""Rival (a): python-telegram-bot with AIORateLimiter, its limits raised, and gather; it saves nothing.

As pip installs it: without sniffio (which rival (d) adds, and which this environment therefore holds), on asyncio's own
event loop.
"""

import argparse
import asyncio
import json
import sys
import time

sys.modules["sniffio"] = None  # type: ignore[assignment]  # what is None here cannot be imported

from telegram.ext import AIORateLimiter, ApplicationBuilder  # noqa: E402

POOL = 256
PATIENT = 120.0


async def send(url: str, people: int, text: str) -> None:
    """Send to so many people, all side by side, and say what it cost."""
    limiter = AIORateLimiter(overall_max_rate=1_000_000, overall_time_period=1, group_max_rate=0)
    builder = ApplicationBuilder().token("700100:bench-token").base_url(f"{url}/bot").rate_limiter(limiter)
    builder = builder.connection_pool_size(POOL).pool_timeout(PATIENT).read_timeout(PATIENT).connect_timeout(PATIENT)
    bot = builder.build().bot
    await bot.initialize()
    cpu, begun = time.process_time(), time.perf_counter()
    await asyncio.gather(*(bot.send_message(6_580_000_000 + number, text) for number in range(1, people + 1)))
    print(json.dumps({"cpu": time.process_time() - cpu, "seconds": time.perf_counter() - begun}))
    await bot.shutdown()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--people", type=int, required=True)
    parser.add_argument("--text", required=True)
    options = parser.parse_args()
    asyncio.run(send(options.url, options.people, options.text))
