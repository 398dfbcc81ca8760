"""The brakes: one token bucket (GCRA) for each sender, in this process or on Redis for all hosts.

The bucket's whole memory is `free_at`: when it will have caught up with everything taken. Each lane may run ahead of
now by its own horizon. While a higher lane keeps the bucket ahead by more than a lower lane's horizon, the lower one
gets nothing: so an alert goes first without a queue. The largest horizon is also the largest burst: about a fifth of a
second's worth, far below what platforms tolerate.
"""

import asyncio
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import redis

from delivery.states import Lane

HORIZON = {Lane.ALERT: 0.20, Lane.REPLY: 0.15, Lane.NOTICE: 0.10, Lane.BULLETIN: 0.06}
"""Seconds a lane may run ahead of now. Also what a late wake-up may cost without costing rate."""
BLOCK = 0.03
"""Seconds' worth of tokens to let gather before asking again; less than any horizon, so it costs no rate."""
LOWEST_PACE = 1 / 16
RECOVERY = 0.01  # of the full rate, regained each second after a hold
REPEATED_WITHIN = 60.0  # seconds after a hold in which the next one halves the pace
KEPT_SECONDS = 900  # a key of an idle sender expires


class BrakesAway(Exception):
    """Redis cannot be reached, so nobody knows how much may leave: sending waits, nothing is lost."""


@dataclass(frozen=True, slots=True)
class Grant:
    """So many may leave now; with none, ask again after `wait` seconds."""

    tokens: int
    wait: float = 0.0


@dataclass(frozen=True, slots=True)
class Hold:
    """The sender waits for so many seconds, and then goes on at this share of its rate."""

    seconds: float
    pace: float


class Throttle(Protocol):
    """The brakes of all senders."""

    async def take(self, sender_id: int, n: int, lane: Lane, rate: float) -> Grant:
        """Up to `n` tokens for messages that leave at once, or how long to wait. May raise BrakesAway."""
        ...

    async def hold(self, sender_id: int, seconds: float) -> Hold:
        """The provider said: not before so many seconds. Said again soon after a hold, it halves the pace."""
        ...

    async def restore(self, sender_id: int, hold: Hold) -> None:
        """What the database remembers, where the brakes know nothing of this sender (any more)."""
        ...


@dataclass(slots=True)
class _Bucket:
    free_at: float = 0.0
    held_until: float = 0.0
    pace: float = 1.0
    paced_at: float = 0.0  # the pace creeps up from here

    def pace_at(self, now: float) -> float:
        return min(1.0, self.pace + max(0.0, now - self.paced_at) * RECOVERY)

    def take(self, now: float, n: int, horizon: float, rate: float) -> Grant:
        if now < self.held_until:
            return Grant(0, self.held_until - now)
        interval = 1 / (rate * self.pace_at(now))
        start = max(self.free_at, now)
        room = now + horizon - start
        if room < 0:
            return Grant(0, BLOCK - room)
        tokens = min(n, math.floor(room / interval) + 1)
        self.free_at = start + tokens * interval
        return Grant(tokens)

    def hold(self, now: float, seconds: float) -> Hold:
        if now >= self.held_until:  # several calls that were in flight together count as one
            is_repeated = self.held_until > 0 and now - self.held_until < REPEATED_WITHIN
            self.pace = max(self.pace_at(now) / (2 if is_repeated else 1), LOWEST_PACE)
        self.held_until = max(self.held_until, now + seconds)
        self.paced_at = self.free_at = self.held_until
        return Hold(self.held_until - now, self.pace)


class LocalThrottle:
    """The brakes of one process. `clock` gives monotonic seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: dict[int, _Bucket] = {}
        self._lock = threading.Lock()

    async def take(self, sender_id: int, n: int, lane: Lane, rate: float) -> Grant:
        """See Throttle."""
        with self._lock:
            return self._bucket(sender_id).take(self._clock(), n, HORIZON[lane], rate)

    async def hold(self, sender_id: int, seconds: float) -> Hold:
        """See Throttle."""
        with self._lock:
            return self._bucket(sender_id).hold(self._clock(), seconds)

    async def restore(self, sender_id: int, hold: Hold) -> None:
        """See Throttle."""
        now = self._clock()
        until = now + hold.seconds
        with self._lock:
            self._buckets.setdefault(sender_id, _Bucket(until, until, hold.pace, until))

    def _bucket(self, sender_id: int) -> _Bucket:
        return self._buckets.setdefault(sender_id, _Bucket())


SCRIPT = """
local clock = redis.call('TIME')
local now = tonumber(clock[1]) + tonumber(clock[2]) / 1000000
local known = redis.call('HMGET', KEYS[1], 'free_at', 'held_until', 'pace', 'paced_at')
local free_at, held = tonumber(known[1]) or 0, tonumber(known[2]) or 0
local pace, paced_at = tonumber(known[3]) or 1, tonumber(known[4]) or 0
local verb, keep = ARGV[1], tonumber(ARGV[5])
local function pace_now() return math.min(1, pace + math.max(0, now - paced_at) * tonumber(ARGV[6])) end
local function save(expire)
  redis.call('HSET', KEYS[1], 'free_at', string.format('%.6f', free_at), 'held_until', string.format('%.6f', held),
    'pace', string.format('%.6f', pace), 'paced_at', string.format('%.6f', paced_at))
  redis.call('EXPIRE', KEYS[1], expire)
end
if verb == 'take' then
  local n, horizon, rate = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
  if now < held then return {0, tostring(held - now)} end
  local interval = 1 / (rate * pace_now())
  local start = math.max(free_at, now)
  local room = now + horizon - start
  if room < 0 then return {0, tostring(tonumber(ARGV[9]) - room)} end
  local tokens = math.min(n, math.floor(room / interval) + 1)
  free_at = start + tokens * interval
  save(keep)
  return {tokens, '0'}
end
local seconds = tonumber(ARGV[2])
if verb == 'restore' then
  if known[1] then return {0, '0'} end
  pace = tonumber(ARGV[3])
elseif now >= held then
  local repeated = held > 0 and now - held < tonumber(ARGV[7])
  pace = math.max(pace_now() / (repeated and 2 or 1), tonumber(ARGV[8]))
end
held = math.max(held, now + seconds)
paced_at, free_at = held, held
save(keep + math.ceil(held - now))
return {tostring(held - now), tostring(pace)}
"""


class RedisThrottle:
    """The brakes of all hosts, on Redis' own clock. Give the client a short timeout (socket_timeout)."""

    def __init__(self, client: redis.Redis) -> None:
        self._script = client.register_script(SCRIPT)

    async def take(self, sender_id: int, n: int, lane: Lane, rate: float) -> Grant:
        """See Throttle."""
        tokens, wait = await self._call(sender_id, "take", n, HORIZON[lane], rate)
        return Grant(int(tokens), float(wait))

    async def hold(self, sender_id: int, seconds: float) -> Hold:
        """See Throttle."""
        held, pace = await self._call(sender_id, "hold", seconds, 0, 0)
        return Hold(float(held), float(pace))

    async def restore(self, sender_id: int, hold: Hold) -> None:
        """See Throttle."""
        await self._call(sender_id, "restore", hold.seconds, hold.pace, 0)

    async def _call(self, sender_id: int, verb: str, *numbers: float) -> tuple[bytes, bytes]:
        """In a thread: a Redis that does not answer must not stop the loop."""
        arguments: list[str | float] = [verb, *numbers, KEPT_SECONDS, RECOVERY, REPEATED_WITHIN, LOWEST_PACE, BLOCK]
        try:
            first, second = await asyncio.to_thread(self._script, keys=[f"brakes:{sender_id}"], args=arguments)
        except redis.RedisError as error:
            raise BrakesAway(type(error).__name__) from error
        return first, second
