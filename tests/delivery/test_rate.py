"""What the brakes promise, second for second, on a clock that stands still between two events.

The bucket of one process stands for that of all hosts: that both do the same is shown here too.
"""

import asyncio
import heapq
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

import pytest
import redis

from delivery.states import Lane
from delivery.throttle import BLOCK, HORIZON, KEPT_SECONDS, LOWEST_PACE, RECOVERY, REPEATED_WITHIN, SCRIPT, Hold
from delivery.throttle import LocalThrottle as Brakes
from simulator.rates import Pace
from tests.delivery.test_throttle import Seconds

LARGEST = max(HORIZON.values())


@dataclass(frozen=True)
class Worker:
    """Asks for up to `wish` tokens again and again; wakes up `late` by so many seconds, and now and then rests."""

    lane: Lane
    rate: float
    wish: int = 50
    starts: float = 0.0
    ends: float = 1e9
    at_most: int = 10**9
    late: Callable[[Random], float] = lambda chance: 0.0
    rests: float = 0.0  # after each `wish` tokens: a sub-batch is settled
    is_paid: bool = False


Token = tuple[float, Worker]


def simulated(workers: Sequence[Worker], seconds: float, *, seed: int = 1) -> list[Token]:
    """Every token that was granted in so many seconds, in order."""
    return asyncio.run(_simulated(workers, seconds, Random(seed)))


async def _simulated(workers: Sequence[Worker], seconds: float, chance: Random) -> list[Token]:
    clock, tokens, got = Seconds(0.0), list[Token](), [0] * len(workers)
    throttle, since = Brakes(clock), [0] * len(workers)
    order = itertools.count()
    due = [(worker.starts, next(order), place) for place, worker in enumerate(workers)]
    heapq.heapify(due)
    while due and due[0][0] < seconds:
        clock.now, _, place = heapq.heappop(due)
        worker = workers[place]
        if clock.now >= worker.ends or got[place] >= worker.at_most:
            continue
        wish = min(worker.wish - since[place], worker.at_most - got[place])
        grant = await throttle.take(1, wish, worker.lane, worker.rate, is_paid=worker.is_paid)
        tokens += [(clock.now, worker)] * grant.tokens
        got[place] += grant.tokens
        since[place] += grant.tokens
        pause = grant.wait
        if since[place] >= worker.wish:
            since[place], pause = 0, worker.rests
        late = worker.late(chance) if pause else 0.0  # who got tokens asks for more at once
        heapq.heappush(due, (clock.now + pause + late, next(order), place))
    return tokens


def fullest(instants: Sequence[float], span: float) -> int:
    """The most tokens in any `span` seconds."""
    most = first = 0
    for last, instant in enumerate(instants):
        while instants[first] <= instant - span:
            first += 1
        most = max(most, last - first + 1)
    return most


def of(lane: Lane, tokens: Sequence[Token]) -> list[float]:
    """When each token of a lane was granted."""
    return [instant for instant, worker in tokens if worker.lane is lane]


def sometimes(seconds: float) -> Callable[[Random], float]:
    """Late by anything up to so many seconds."""
    return lambda chance: chance.uniform(0, seconds)


@pytest.mark.parametrize("rate", [2.0, 30.0, 80.0, 400.0, 1000.0])
@pytest.mark.parametrize("lane", list(Lane))
def test_a_worker_that_is_late_by_less_than_its_horizon_less_a_block_costs_no_rate(lane: Lane, rate: float) -> None:
    seconds = 200.0
    late = sometimes(HORIZON[lane] - BLOCK)
    tokens = simulated([Worker(lane, rate, wish=300, late=late)], seconds)
    assert len(tokens) >= 0.99 * rate * seconds


@pytest.mark.parametrize("rate", [30.0, 80.0, 1000.0])
def test_two_hosts_whose_workers_settle_in_turns_reach_the_rate(rate: float) -> None:
    seconds = 200.0
    worker = Worker(Lane.BULLETIN, rate, wish=max(1, int(rate * 0.4)), late=sometimes(0.05), rests=0.03)
    tokens = simulated([worker] * 4, seconds)
    assert 0.99 * rate * seconds <= len(tokens) <= rate * (seconds + HORIZON[Lane.BULLETIN]) + 1


def test_a_hundred_thousand_at_a_thousand_a_second_take_a_hundred_seconds() -> None:
    count = 100_000
    worker = Worker(Lane.NOTICE, 1000.0, wish=266, at_most=count // 3, late=sometimes(0.04), rests=0.02)
    tokens = simulated([worker] * 3, 1000.0)
    assert len(tokens) == count // 3 * 3
    assert tokens[-1][0] <= count / 1000 * 1.01


def mixed(rate: float, chance: Random) -> list[Worker]:
    """Workers of every lane that come and go, some of them very late."""
    workers = []
    for lane in list(Lane) * 3:
        starts = chance.uniform(0, 40)
        late, wish = chance.choice([0.0, 0.01, 0.1, 0.5, 3.0]), chance.choice([1, 10, 500])
        workers.append(Worker(lane, rate, wish, starts, starts + chance.uniform(1, 30), late=sometimes(late)))
    return workers


@pytest.mark.parametrize("rate", [2.0, 30.0, 80.0, 1000.0])
@pytest.mark.parametrize("seed", range(5))
def test_no_span_ever_holds_more_than_the_rate_and_one_burst(rate: float, seed: int) -> None:
    instants = [instant for instant, _ in simulated(mixed(rate, Random(seed)), 60.0, seed=seed)]
    for span in (0.1, 1.0, 3.0, 30.0):
        assert fullest(instants, span) <= rate * (span + LARGEST) + 1 + 1e-6


def test_a_bulletin_alone_never_puts_more_than_the_rate_and_a_sixteenth_into_a_second() -> None:
    """Telegram's "about 30": thirty-two at the very most, and thirty (or one more at the edges) when nobody is late."""
    late = [instant for instant, _ in simulated([Worker(Lane.BULLETIN, 30.0, late=sometimes(0.03))] * 2, 300.0)]
    punctual = [instant for instant, _ in simulated([Worker(Lane.BULLETIN, 30.0)] * 2, 300.0)]
    assert fullest(late, 1.0) <= 32
    assert fullest([instant for instant in punctual if instant > 1], 1.0) <= 31


@pytest.mark.parametrize("rate", [30.0, 80.0])
@pytest.mark.parametrize("seed", range(5))
def test_a_platform_with_a_second_of_patience_refuses_nothing_even_when_the_way_there_takes_half_a_second(
    rate: float, seed: int
) -> None:
    chance, platform = Random(seed), Pace(rate, rate)
    tokens = simulated(mixed(rate, Random(seed)), 60.0, seed=seed)
    arrivals = sorted(instant + chance.uniform(0.02, 0.5) for instant, _ in tokens)
    assert len(arrivals) > 40 * rate
    assert [platform.take(arrival) for arrival in arrivals] == [0.0] * len(arrivals)


@pytest.mark.parametrize("rate", [30.0, 80.0, 1000.0])
def test_an_alert_has_its_first_tokens_at_once_and_all_in_the_time_it_needs_alone(rate: float) -> None:
    count = int(rate * 30)
    alert = Worker(Lane.ALERT, rate, starts=10.003, at_most=count, late=sometimes(0.05), rests=0.03)
    others = [Worker(Lane.BULLETIN, rate, wish=500, late=sometimes(0.02))] * 4 + [Worker(Lane.NOTICE, rate)] * 2
    alone = of(Lane.ALERT, simulated([alert], 100.0))
    amid = of(Lane.ALERT, simulated([*others, alert], 100.0))
    assert len(amid) == len(alone) == count
    assert amid[0] == alert.starts
    assert amid[-1] - alert.starts <= 1.05 * (alone[-1] - alert.starts)


def test_the_lanes_go_in_their_order_while_all_want_everything() -> None:
    workers = [Worker(lane, 100.0, late=sometimes(0.01)) for lane in Lane]
    for first in range(len(workers) - 1):
        tokens = simulated(workers[first:], 60.0)
        shares = [len(of(worker.lane, tokens)) / len(tokens) for worker in workers[first:]]
        assert shares[0] >= 0.95


def test_whoever_is_late_by_more_than_the_difference_lets_others_have_what_would_be_lost() -> None:
    """An alert whose worker sleeps must not stop a sender altogether."""
    sleepy = Worker(Lane.ALERT, 100.0, late=lambda chance: 1.0)
    tokens = simulated([sleepy, Worker(Lane.BULLETIN, 100.0)], 60.0)
    assert len(tokens) >= 0.99 * 100 * 60
    assert len(of(Lane.BULLETIN, tokens)) > 1000


def test_paid_messages_leave_at_their_own_rate_and_what_is_free_counts_against_both() -> None:
    paid = Worker(Lane.ALERT, 1000.0, wish=500, is_paid=True, starts=5.0, ends=25.0)
    free = Worker(Lane.BULLETIN, 30.0)
    tokens = simulated([free, paid], 30.0)
    alerts = of(Lane.ALERT, tokens)
    assert len(alerts) >= 0.96 * 1000 * 20
    assert fullest(of(Lane.BULLETIN, tokens), 1.0) <= 32
    for span in (1.0, 5.0):
        assert fullest([instant for instant, _ in tokens], span) <= 1000 * (span + LARGEST) + 1 + 32


# --- the bucket on Redis does what the bucket in memory does ----------------------------------------------------------

GRID = 1 / 64  # what both write down exactly, so that "at the same moment" is the same for both
Step = tuple[float, str, list[float], Lane]


def story(chance: Random) -> list[Step]:
    """Two hundred things that happen to one sender, most of them close to each other."""
    return [
        (chance.choice([0, 0, 1, 2, 5, 12, 300]) * GRID, verb, NUMBERS[verb](chance), chance.choice(list(Lane)))
        for verb in chance.choices(list(NUMBERS), weights=[40, 1, 2], k=200)
    ]


NUMBERS: dict[str, Callable[[Random], list[float]]] = {
    "take": lambda chance: [chance.choice([1, 2, 7, 300]), chance.choice([2.0, 32.0, 64.0]), chance.randint(0, 1)],
    "hold": lambda chance: [chance.choice([1, 64, 640]) * GRID],
    "restore": lambda chance: [chance.randint(-6400, 6400) * GRID, chance.choice([LOWEST_PACE, 0.3, 1.0])],
}


@dataclass
class Scripted:
    """The very script of the brakes on a real Redis, told the time by us."""

    client: redis.Redis

    def __call__(self, now: float, verb: str, *numbers: float) -> tuple[float, float]:
        """The two numbers that it answers."""
        text = SCRIPT.replace("redis.call('TIME')", f"{{'{int(now)}', '{round(now % 1 * 1e6)}'}}")
        padded = [*numbers, *[0] * (4 - len(numbers))]
        constants = (KEPT_SECONDS, RECOVERY, REPEATED_WITHIN, LOWEST_PACE, BLOCK)
        first, second = self.client.eval(text, 1, "brakes:1", verb, *padded, *constants)
        return float(first), float(second)


@pytest.mark.parametrize("seed", range(20))
def test_the_brakes_of_one_process_and_of_all_hosts_say_the_same(redis_url: str, seed: int) -> None:
    with redis.Redis.from_url(redis_url) as client:
        asyncio.run(_compared(Scripted(client), story(Random(seed))))


async def _compared(on_redis: Scripted, steps: Sequence[Step]) -> None:
    clock = Seconds(1_800_000_000.0)
    throttle = Brakes(clock)
    for after, verb, numbers, lane in steps:
        clock.now += after
        if verb == "take":
            n, rate, is_paid = numbers
            grant = await throttle.take(1, int(n), lane, rate, is_paid=bool(is_paid))
            there = on_redis(clock.now, verb, n, HORIZON[lane], rate, is_paid)
            assert there == pytest.approx((grant.tokens, grant.wait), abs=1e-4)
        elif verb == "hold":
            hold = await throttle.hold(1, numbers[0])
            assert on_redis(clock.now, verb, *numbers) == pytest.approx((hold.seconds, hold.pace), abs=1e-4)
        else:
            await throttle.restore(1, Hold(*numbers))
            on_redis(clock.now, verb, *numbers)
