"""The brakes: never more than the rate, hardly less; alerts first; what a provider asked for is honoured."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median

import pytest
import redis

from delivery.loop import Loop
from delivery.states import Lane
from delivery.throttle import BrakesAway, Grant, Hold, LocalThrottle, RedisThrottle, Throttle
from tests import servers


@dataclass
class Seconds:
    """A monotonic clock that somebody moves."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


async def taken_in(throttle: Throttle, seconds: float, lane: Lane, rate: float, *, sender_id: int = 1) -> list[float]:
    """When each token came, taking as fast as the brakes allow, as a sub-batch does."""
    started, instants = time.monotonic(), list[float]()
    while (now := time.monotonic() - started) < seconds:
        grant = await throttle.take(sender_id, 50, lane, rate)
        instants += [now] * grant.tokens
        if not grant.tokens:
            await asyncio.sleep(grant.wait)
    return instants


def in_a_second(instants: list[float]) -> list[int]:
    """How many came in each second that begins with one of them and is over before the last."""
    starts = [start for start in instants if start + 1 <= instants[-1]]
    return [sum(start <= instant < start + 1 for instant in instants) for start in starts]


@contextmanager
def on_redis(url: str, loop: Loop, *, patience: float = 1.0) -> Iterator[RedisThrottle]:
    """Brakes on Redis, closed afterwards."""
    made = RedisThrottle(url, patience=patience)
    yield made
    loop.run(made.aclose())


@pytest.fixture(params=["local", "redis"])
def throttle(request: pytest.FixtureRequest, loop: Loop) -> Iterator[Throttle]:
    """Brakes of both kinds."""
    if request.param == "local":
        yield LocalThrottle()
        return
    with on_redis(request.getfixturevalue("redis_url"), loop) as made:
        yield made


@pytest.mark.parametrize("rate", [30.0, 400.0])
def test_a_sender_reaches_its_rate_and_does_not_exceed_it(throttle: Throttle, loop: Loop, rate: float) -> None:
    seconds = 4.0
    instants = loop.run(taken_in(throttle, seconds, Lane.NOTICE, rate))
    assert len(instants) <= rate * (seconds + 0.15) + 1
    assert max(in_a_second(instants)) <= rate * 1.2 + 1
    assert median(in_a_second(instants)) >= 0.95 * rate - 1  # however the machine stumbles now and then


def test_two_hosts_share_one_rate(redis_url: str, loop: Loop) -> None:
    with on_redis(redis_url, loop) as first, on_redis(redis_url, loop) as second:

        async def together() -> int:
            both = await asyncio.gather(*(taken_in(each, 2.0, Lane.BULLETIN, 50.0) for each in (first, second)))
            return sum(map(len, both))

        assert 0.9 * 100 <= loop.run(together()) <= 100 + 10


def test_an_alert_goes_first_while_a_bulletin_wants_everything(throttle: Throttle, loop: Loop) -> None:
    async def both() -> tuple[list[float], list[float]]:
        bulletin = asyncio.create_task(taken_in(throttle, 3.0, Lane.BULLETIN, 50.0))
        await asyncio.sleep(1.0)
        alert = await taken_in(throttle, 1.5, Lane.ALERT, 50.0)
        return await bulletin, alert

    bulletin, alert = loop.run(both())
    assert alert[0] < 0.05
    assert len(alert) >= 0.95 * 50 * 1.5
    assert sum(1.1 <= instant < 2.4 for instant in bulletin) <= 3
    assert sum(instant >= 2.6 for instant in bulletin) > 5


def test_a_hold_is_honoured_for_that_sender_only(throttle: Throttle, loop: Loop) -> None:
    async def held() -> tuple[Grant, Grant, Grant]:
        assert (await throttle.hold(1, 0.3)).pace == 1.0
        now, other = await throttle.take(1, 1, Lane.ALERT, 30.0), await throttle.take(2, 1, Lane.ALERT, 30.0)
        await asyncio.sleep(0.31)
        return now, other, await throttle.take(1, 1, Lane.ALERT, 30.0)

    now, other, later = loop.run(held())
    assert now.tokens == 0
    assert 0.25 < now.wait <= 0.3
    assert (other.tokens, later.tokens) == (1, 1)


def test_throttled_again_and_again_the_pace_halves_and_calls_in_flight_count_once(
    throttle: Throttle, loop: Loop
) -> None:
    async def paces() -> list[float]:
        found = []
        for _ in range(3):
            for _ in range(5):  # a whole block was refused
                pace = (await throttle.hold(1, 0.05)).pace
            found.append(pace)
            await asyncio.sleep(0.12)
        return found

    first, second, third = loop.run(paces())
    assert first == 1.0
    assert second == pytest.approx(0.5, abs=0.02)
    assert third == pytest.approx(0.25, abs=0.02)


def test_the_pace_creeps_back(loop: Loop) -> None:
    clock = Seconds()
    throttle = LocalThrottle(clock)
    loop.run(throttle.hold(1, 1.0))
    clock.now += 2
    assert loop.run(throttle.hold(1, 1.0)).pace == pytest.approx(0.5, abs=0.02)
    clock.now += 26
    assert loop.run(throttle.hold(1, 1.0)).pace == pytest.approx(0.375, abs=0.02)
    clock.now += 200
    assert loop.run(throttle.hold(1, 1.0)).pace == 1.0


def test_brakes_that_know_nothing_are_reminded_and_those_that_know_are_not(throttle: Throttle, loop: Loop) -> None:
    async def reminded() -> tuple[Grant, Grant]:
        await throttle.restore(1, Hold(5.0, 0.5))
        await throttle.take(2, 1, Lane.NOTICE, 30.0)
        await throttle.restore(2, Hold(5.0, 0.5))
        return await throttle.take(1, 1, Lane.ALERT, 30.0), await throttle.take(2, 1, Lane.ALERT, 30.0)

    held, free = loop.run(reminded())
    assert held.tokens == 0
    assert 4.5 < held.wait <= 5.0
    assert free.tokens == 1


def test_keys_of_idle_senders_expire(redis_url: str, loop: Loop) -> None:
    with redis.Redis.from_url(redis_url) as client, on_redis(redis_url, loop) as throttle:
        loop.run(throttle.take(1, 1, Lane.NOTICE, 30.0))
        assert [0 < client.ttl(key) <= 900 for key in client.scan_iter()] == [True]


def test_without_redis_nobody_gets_a_token(loop: Loop) -> None:
    url = f"redis://127.0.0.1:{servers._free_port()}/0"
    with on_redis(url, loop) as throttle, pytest.raises(BrakesAway):
        loop.run(throttle.take(1, 1, Lane.ALERT, 30.0))


def test_a_redis_that_hangs_stops_neither_the_loop_nor_anybody_for_longer_than_its_patience(
    redis_url: str, loop: Loop
) -> None:
    async def asked(throttle: RedisThrottle) -> tuple[list[object], int]:
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                await asyncio.sleep(0.01)
                ticks += 1

        ticking = asyncio.create_task(tick())
        answers = await asyncio.gather(
            *(throttle.take(id_, 1, Lane.ALERT, 30.0) for id_ in range(300)), return_exceptions=True
        )
        ticking.cancel()
        return list(answers), ticks

    with redis.Redis.from_url(redis_url) as operator, on_redis(redis_url, loop, patience=0.5) as throttle:
        assert loop.run(throttle.take(1, 1, Lane.ALERT, 30.0)).tokens == 1
        operator.execute_command("CLIENT PAUSE", 1500, "ALL")
        answers, ticks = loop.run(asked(throttle))
        assert {type(answer) for answer in answers} == {BrakesAway}
        assert ticks >= 10
        operator.execute_command("CLIENT UNPAUSE")
        assert loop.run(throttle.take(2, 1, Lane.ALERT, 30.0)).tokens == 1


def test_brakes_go_on_after_redis_forgot_everything(redis_url: str, loop: Loop) -> None:
    with redis.Redis.from_url(redis_url) as operator, on_redis(redis_url, loop) as throttle:
        assert loop.run(throttle.take(1, 1, Lane.ALERT, 30.0)).tokens == 1
        operator.script_flush()
        operator.flushall()
        assert loop.run(throttle.take(1, 1, Lane.ALERT, 30.0)).tokens == 1


def test_the_longest_wait_a_provider_ever_asked_for_is_kept_and_outlives_its_key(
    throttle: Throttle, loop: Loop
) -> None:
    """10,072 seconds were seen (tdlib/td issue 1331)."""
    loop.run(throttle.hold(1, 10_072.0))
    grant = loop.run(throttle.take(1, 1, Lane.ALERT, 30.0))
    assert grant.tokens == 0
    assert 10_070 < grant.wait <= 10_072


def test_a_hold_on_redis_is_kept_for_as_long_as_it_lasts(redis_url: str, loop: Loop) -> None:
    with redis.Redis.from_url(redis_url) as operator, on_redis(redis_url, loop) as throttle:
        loop.run(throttle.hold(1, 10_072.0))
        assert [operator.ttl(key) > 10_072 for key in operator.scan_iter()] == [True]
        loop.run(throttle.restore(2, Hold(-1_000_000.0, 0.5)))  # held long ago
        assert [operator.ttl(key) > 0 for key in operator.scan_iter()] == [True, True]
