"""What app.py and the commands put together alike: the clock, channels, Redis, feeds, and how a command wakes workers.

Importing it is cheap: an operator waits for every command, and most need no more of a process than this.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import config
from channels import registry
from db.crypto import Vault
from db.wake import Waker
from delivery.switchboard import Switchboard

if TYPE_CHECKING:
    import dramatiq
    import redis

    from delivery.models import Sender
    from feeds.fetching import Fetcher

REDIS_SECONDS = 1.0
QUEUE_OF = {
    "hear": "talk",
    "launch": "planning",
    "launch_alert": "planning_alerts",
    "template": "letters",
    "post": "letters",
    "alert": "alert",
    "work": "bulk",
}
"""Every task and its queue, as delivery.engine has them."""


def utc_now() -> datetime:
    """The one place where a running process reads the clock; rooms are given `now`."""
    return datetime.now(UTC)


def switchboard_for(settings: config.Settings, vault: Vault) -> Switchboard:
    """The channel objects these settings lead to."""
    return Switchboard(
        build=registry.build,
        limits_of=registry.limits,
        vault=vault,
        public_url=settings.public_url,
        endpoints=settings.endpoints(),
    )


async def connect(board: Switchboard, sender: "Sender") -> str:
    """Check a sender with its provider, tell the provider where to call, fill the app's menu; the public handle."""
    from bot import commands

    channel = board.channel(sender)
    handle = await channel.connect()
    await channel.describe(commands.menu())
    return handle


def fetcher_for(settings: config.Settings) -> "Fetcher":
    """Who fetches feeds, from where these settings allow."""
    from feeds.fetching import Fetcher

    return Fetcher(hosts=settings.feed_hosts, folder=settings.feeds_dir)


def broker_for(settings: config.Settings) -> "dramatiq.Broker":
    """What carries wake-ups: Redis, or this process alone."""
    from dramatiq.brokers.redis import RedisBroker
    from dramatiq.brokers.stub import StubBroker

    if settings.redis_url is None:
        return StubBroker(middleware=[])
    return RedisBroker(client=_redis(settings.redis_url), middleware=[])  # type: ignore[no-untyped-call]


def _redis(url: str) -> "redis.Redis":
    """A client that gives up soon: a Redis that hangs must not hang whoever only wants to wake somebody."""
    import redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    return redis.Redis.from_url(
        url, socket_timeout=REDIS_SECONDS, socket_connect_timeout=REDIS_SECONDS, retry=Retry(NoBackoff(), 0)
    )


@contextmanager
def waking(settings: config.Settings) -> Iterator[Waker]:
    """Wakes the workers of this installation, of which this process is none."""
    from delivery.engine import Engine

    broker = broker_for(settings)
    engine = Engine(broker)
    for name, queue in QUEUE_OF.items():
        engine.know(name, queue)
    try:
        yield engine.wake
    finally:
        broker.close()
