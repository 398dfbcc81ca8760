"""The brakes: one token bucket (GCRA) for each sender, in this process or on Redis for all hosts.

The bucket's whole memory is `free_at`: when it will have caught up with everything taken. Each lane may run ahead of
now by its own horizon. While a higher lane keeps the bucket ahead by more than a lower lane's horizon, the lower one
gets nothing: so an alert goes first without a queue, and what was granted to others already delays its first tokens
by less than a bulletin's horizon.

What is promised, whatever the lanes, the workers and their lateness: in any span of T seconds at most
rate x (T + the largest horizon) + 1 leave, so a burst is a fifth of a second's worth (platforms tolerate about a whole
one); and a taker who comes less than a horizon (less a block) late costs no rate. Shown in tests/delivery/test_rate.py.

Paid messages have a bucket of their own beside it. A hold, and the pace, are of the sender as a whole; and what leaves
free counts against the paid rate too, because a platform's upper limit is for all of it together.
"""

import asyncio
import hashlib
import math
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import redis
import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import NoScriptError

from delivery.states import Lane

HORIZON = {Lane.ALERT: 0.20, Lane.REPLY: 0.15, Lane.NOTICE: 0.10, Lane.BULLETIN: 0.06}
"""Seconds a lane may run ahead of now. Also what a late wake-up may cost without costing rate."""
BLOCK = 0.03
"""Seconds' worth of tokens to let gather before asking again; less than any horizon, so it costs no rate."""
LOWEST_PACE = 1 / 16
RECOVERY = 0.01  # of the full rate, regained each second after a hold
REPEATED_WITHIN = 60.0  # seconds after a hold in which the next one halves the pace
KEPT_SECONDS = 900  # a key of an idle sender expires, long after its pace is back
REDIS_SECONDS = 1.0


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
    """The brakes of all senders. Its coroutines belong to one event loop."""

    async def take(self, sender_id: int, n: int, lane: Lane, rate: float, *, is_paid: bool = False) -> Grant:
        """Up to `n` tokens for messages that leave at once, or how long to wait. May raise BrakesAway.

        `rate` is that of the messages asked for: the paid rate where they are paid.
        """
        ...

    async def hold(self, sender_id: int, seconds: float) -> Hold:
        """The provider said: not before so many seconds. Said again soon after a hold, it halves the pace."""
        ...

    async def restore(self, sender_id: int, hold: Hold) -> None:
        """What the database remembers, where the brakes know nothing of this sender (any more)."""
        ...

    async def aclose(self) -> None:
        """Let go of connections."""
        ...


def regained(pace: float, seconds: float) -> float:
    """The share of the rate in use so many seconds after a hold ended that left it at `pace`. Pure."""
    return min(1.0, pace + max(0.0, seconds) * RECOVERY)


@dataclass(slots=True)
class _Bucket:
    free_at: float = 0.0
    held_until: float = 0.0
    pace: float = 1.0
    paced_at: float = 0.0  # the pace creeps up from here
    paid_at: float = 0.0  # as free_at, of paid messages
    paid_interval: float = 0.0

    def take(self, now: float, n: int, horizon: float, rate: float, *, is_paid: bool) -> Grant:
        if now < self.held_until:
            return Grant(0, self.held_until - now)
        interval = 1 / (rate * self.pace_at(now))
        start = max(self.paid_at if is_paid else self.free_at, now)
        room = now + horizon - start
        if room < 0:
            return Grant(0, max(0.0, min(BLOCK, n * interval) - interval) - room)
        tokens = min(n, math.floor(room / interval) + 1)
        if is_paid:
            self.paid_at, self.paid_interval = start + tokens * interval, interval
        else:
            self.free_at = start + tokens * interval
            self.paid_at += tokens * self.paid_interval if self.paid_at > now else 0.0
        return Grant(tokens)

    def hold(self, now: float, seconds: float) -> Hold:
        if now >= self.held_until:  # several calls that were in flight together count as one
            is_repeated = self.held_until > 0 and now - self.held_until < REPEATED_WITHIN
            self.pace = max(self.pace_at(now) / (2 if is_repeated else 1), LOWEST_PACE)
        self.held_until = max(self.held_until, now + seconds)
        self.paced_at = self.free_at = self.paid_at = self.held_until
        return Hold(self.held_until - now, self.pace)

    def pace_at(self, now: float) -> float:
        return regained(self.pace, now - self.paced_at)


class LocalThrottle:
    """The brakes of one process. `clock` gives monotonic seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: dict[int, _Bucket] = {}
        self._lock = threading.Lock()

    async def take(self, sender_id: int, n: int, lane: Lane, rate: float, *, is_paid: bool = False) -> Grant:
        """See Throttle."""
        with self._lock:
            return self._bucket(sender_id).take(self._clock(), n, HORIZON[lane], rate, is_paid=is_paid)

    async def hold(self, sender_id: int, seconds: float) -> Hold:
        """See Throttle."""
        with self._lock:
            return self._bucket(sender_id).hold(self._clock(), seconds)

    async def restore(self, sender_id: int, hold: Hold) -> None:
        """See Throttle."""
        until = self._clock() + hold.seconds
        with self._lock:
            self._buckets.setdefault(sender_id, _Bucket(until, until, hold.pace, until, until))

    async def aclose(self) -> None:
        """See Throttle."""

    def _bucket(self, sender_id: int) -> _Bucket:
        return self._buckets.setdefault(sender_id, _Bucket())


SCRIPT = """
local clock = redis.call('TIME')
local now = tonumber(clock[1]) + tonumber(clock[2]) / 1000000
local names = {'free_at', 'held_until', 'pace', 'paced_at', 'paid_at', 'paid_interval'}
local known = redis.call('HMGET', KEYS[1], unpack(names))
local free_at, held = tonumber(known[1]) or 0, tonumber(known[2]) or 0
local pace, paced_at = tonumber(known[3]) or 1, tonumber(known[4]) or 0
local paid_at, paid_interval = tonumber(known[5]) or 0, tonumber(known[6]) or 0
local verb, keep, recovery = ARGV[1], tonumber(ARGV[6]), tonumber(ARGV[7])
local function pace_now() return math.min(1, pace + math.max(0, now - paced_at) * recovery) end
local function save(expire)
  local fields = {}
  for place, value in ipairs({free_at, held, pace, paced_at, paid_at, paid_interval}) do
    fields[2 * place - 1], fields[2 * place] = names[place], string.format('%.6f', value)
  end
  redis.call('HSET', KEYS[1], unpack(fields))
  redis.call('EXPIRE', KEYS[1], expire)
end
if verb == 'take' then
  local n, horizon, rate, is_paid = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5] == '1'
  if now < held then return {0, tostring(held - now)} end
  local interval = 1 / (rate * pace_now())
  local start = math.max(is_paid and paid_at or free_at, now)
  local room = now + horizon - start
  if room < 0 then
    local gather = math.max(0, math.min(tonumber(ARGV[10]), n * interval) - interval)
    return {0, tostring(gather - room)}
  end
  local tokens = math.min(n, math.floor(room / interval) + 1)
  if is_paid then
    paid_at, paid_interval = start + tokens * interval, interval
  else
    free_at = start + tokens * interval
    if paid_at > now then paid_at = paid_at + tokens * paid_interval end
  end
  save(keep)
  return {tokens, '0'}
end
local seconds = tonumber(ARGV[2])
if verb == 'restore' then
  if known[1] then return {0, '0'} end
  pace = tonumber(ARGV[3])
elseif now >= held then
  local repeated = held > 0 and now - held < tonumber(ARGV[8])
  pace = math.max(pace_now() / (repeated and 2 or 1), tonumber(ARGV[9]))
end
held = math.max(held, now + seconds)
paced_at, free_at, paid_at = held, held, held
save(keep + math.max(0, math.ceil(held - now)))
return {tostring(held - now), tostring(pace)}
"""


class RedisThrottle:
    """The brakes of all hosts, on Redis' own clock.

    Whoever asks while an answer is awaited goes with the next round: one round trip for all of them, and no threads. A
    Redis that hangs is given up after `patience` seconds, for everybody who waits for it; the loop goes on meanwhile.
    """

    def __init__(self, url: str, *, patience: float = REDIS_SECONDS) -> None:
        # Nothing is asked twice: an answer that did not arrive may have given tokens.
        self._client = redis.asyncio.Redis.from_url(
            url, socket_timeout=patience, socket_connect_timeout=patience, retry=Retry(NoBackoff(), 0)
        )
        self._sha = hashlib.sha1(SCRIPT.encode()).hexdigest()  # noqa: S324 - Redis' own name for a script
        self._waiting: list[tuple[list[str | float], asyncio.Future[list[bytes]]]] = []
        self._round: asyncio.Task[None] | None = None

    async def take(self, sender_id: int, n: int, lane: Lane, rate: float, *, is_paid: bool = False) -> Grant:
        """See Throttle."""
        tokens, wait = await self._call(sender_id, "take", n, HORIZON[lane], rate, int(is_paid))
        return Grant(int(tokens), float(wait))

    async def hold(self, sender_id: int, seconds: float) -> Hold:
        """See Throttle."""
        held, pace = await self._call(sender_id, "hold", seconds, 0, 0, 0)
        return Hold(float(held), float(pace))

    async def restore(self, sender_id: int, hold: Hold) -> None:
        """See Throttle."""
        await self._call(sender_id, "restore", hold.seconds, hold.pace, 0, 0)

    async def aclose(self) -> None:
        """See Throttle."""
        await self._client.aclose()

    async def _call(self, sender_id: int, verb: str, *numbers: float) -> list[bytes]:
        constants = (KEPT_SECONDS, RECOVERY, REPEATED_WITHIN, LOWEST_PACE, BLOCK)
        answer: asyncio.Future[list[bytes]] = asyncio.get_running_loop().create_future()
        self._waiting.append(([f"brakes:{sender_id}", verb, *numbers, *constants], answer))
        if self._round is None or self._round.done():
            self._round = asyncio.create_task(self._rounds())
        try:
            return await answer
        except redis.RedisError as error:
            raise BrakesAway(type(error).__name__) from error

    async def _rounds(self) -> None:
        while self._waiting:
            asked, self._waiting = self._waiting, []
            try:
                answers = await self._ask([arguments for arguments, _ in asked])
            except Exception as error:  # whatever it is, nobody may wait for ever
                answers = [error] * len(asked)
            for (_, waiting), answer in zip(asked, answers, strict=True):
                _tell(waiting, answer)

    async def _ask(self, calls: Sequence[Sequence[str | float]]) -> "list[list[bytes] | Exception]":
        answers = await self._pipelined(calls)
        strangers = [place for place, answer in enumerate(answers) if isinstance(answer, NoScriptError)]
        if strangers:  # the first call of all, and the first after Redis was restarted
            await self._client.script_load(SCRIPT)
            again = await self._pipelined([calls[place] for place in strangers])
            for place, answer in zip(strangers, again, strict=True):
                answers[place] = answer
        return answers

    async def _pipelined(self, calls: Sequence[Sequence[str | float]]) -> "list[list[bytes] | Exception]":
        async with self._client.pipeline(transaction=False) as pipeline:
            for arguments in calls:
                pipeline.evalsha(self._sha, 1, *arguments)
            return list(await pipeline.execute(raise_on_error=False))


def _tell(waiting: "asyncio.Future[list[bytes]]", answer: "list[bytes] | Exception") -> None:
    if waiting.done():  # whoever asked was cancelled
        return
    if isinstance(answer, Exception):
        waiting.set_exception(answer)
    else:
        waiting.set_result(answer)
