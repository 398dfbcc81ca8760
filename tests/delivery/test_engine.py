"""The engine while Redis hangs or goes away: nobody waits long for somebody to be woken, and the process still ends."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import redis
from dramatiq.brokers.redis import RedisBroker
from dramatiq.brokers.stub import StubBroker
from redis.backoff import NoBackoff
from redis.connection import parse_url
from redis.retry import Retry

from delivery.engine import Engine


def client(url: str, port: int | None = None) -> redis.Redis:
    """As the house makes its own, which gives up soon; by another port, if one is given."""
    told: dict[str, Any] = {**parse_url(url)}  # type: ignore[no-untyped-call]
    told["port"] = port or told["port"]
    return redis.Redis(**told, socket_timeout=0.5, socket_connect_timeout=0.5, retry=Retry(NoBackoff(), 0))


@dataclass
class Cable:
    """A wire to Redis that may hang (`is_hung`) or be cut."""

    target: int
    is_hung: bool = False
    ends: list[socket.socket] = field(default_factory=list)
    threads: list[threading.Thread] = field(default_factory=list)
    listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))

    @property
    def port(self) -> int:
        return int(self.listener.getsockname()[1])

    def serve(self) -> None:
        """Pass on what comes until it is cut."""
        with suppress(OSError):
            while True:
                near, _ = self.listener.accept()
                far = socket.create_connection(("127.0.0.1", self.target))
                self.ends += [near, far]
                for one, other in ((near, far), (far, near)):
                    self.threads.append(threading.Thread(target=self._carry, args=(one, other), daemon=True))
                    self.threads[-1].start()

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(65536):
                while self.is_hung:
                    time.sleep(0.02)
                other.sendall(data)

    def cut(self) -> None:
        """Nobody is at the other end any more."""
        with suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for end in self.ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        for thread in self.threads:
            thread.join(5)
        for end in self.ends:
            end.close()


@contextmanager
def laid(url: str) -> Iterator[Cable]:
    """A cable to this Redis."""
    cable = Cable(int(parse_url(url)["port"]))  # type: ignore[no-untyped-call]
    threading.Thread(target=cable.serve, daemon=True).start()
    try:
        yield cable
    finally:
        cable.is_hung = False
        cable.cut()


def test_a_redis_that_hangs_costs_a_crowd_of_wake_ups_a_moment_and_not_a_moment_each(redis_url: str) -> None:
    """A surge asks for thousands: a second for each would keep what comes after it waiting for an hour."""
    done: list[int] = []
    with laid(redis_url) as cable:
        engine = Engine(RedisBroker(client=client(redis_url, cable.port), middleware=[]))  # type: ignore[no-untyped-call]
        engine.register("hear", "talk", done.append)
        engine.wake("hear", 1)
        cable.is_hung = True
        began = time.monotonic()
        for number in range(50):
            engine.wake("hear", number)
        assert time.monotonic() - began < 50 * 0.5 / 2  # half of what a timeout for each would take
        cable.is_hung = False
        assert _wakes_again(engine, client(redis_url))


def _wakes_again(engine: Engine, beside: redis.Redis) -> bool:
    until = time.monotonic() + 10
    while time.monotonic() < until:
        before = beside.llen("dramatiq:talk")
        engine.wake("hear", 1)
        if beside.llen("dramatiq:talk") > before:
            return True
        time.sleep(0.2)
    return False


def test_a_process_ends_in_good_order_while_redis_is_away(redis_url: str) -> None:
    begun, may_end, ended = threading.Event(), threading.Event(), threading.Event()

    def last(_subject_id: int) -> None:
        begun.set()
        may_end.wait(60)
        ended.set()

    def slow(_subject_id: int) -> None:
        may_end.wait(60)

    with laid(redis_url) as cable:
        engine = Engine(RedisBroker(client=client(redis_url, cable.port), middleware=[]), patience=3.0)  # type: ignore[no-untyped-call]
        engine.register("alert", "alert", slow)
        engine.register("work", "bulk", last)
        engine.start(1)
        for number in range(8):
            engine.wake("alert", number)
        engine.wake("work", 1)
        assert begun.wait(30)
        time.sleep(0.5)  # for the worker to take more than it has hands
        cable.cut()
        threading.Timer(0.5, may_end.set).start()
        began = time.monotonic()
        engine.stop()
        assert time.monotonic() - began < 30
        assert ended.is_set()


def test_one_message_brings_several_and_one_that_fails_stops_none_of_the_others(redis_url: str) -> None:
    done: list[int] = []

    def task(subject_id: int) -> None:
        if subject_id == 2:
            raise RuntimeError("this one fails")
        done.append(subject_id)

    with laid(redis_url) as cable:
        engine = Engine(RedisBroker(client=client(redis_url, cable.port), middleware=[]))  # type: ignore[no-untyped-call]
        engine.register("hear", "talk", task)
        engine.wake("hear", 1, 2, 3)
        assert engine.backlog("talk") == 1
        engine.start(1)
        until = time.monotonic() + 10
        while done != [1, 3] and time.monotonic() < until:
            time.sleep(0.02)
        engine.stop()
    assert done == [1, 3]


def test_what_waits_with_the_broker_is_counted_and_one_that_hangs_counts_nothing(redis_url: str) -> None:
    with laid(redis_url) as cable:
        broker = RedisBroker(client=client(redis_url, cable.port), middleware=[])  # type: ignore[no-untyped-call]
        engine = Engine(broker)
        engine.register("hear", "talk", lambda _: None)
        for call_id in range(3):
            engine.wake("hear", call_id)
        assert engine.backlog("talk") == 3
        assert engine.backlog("letters") == 0
        cable.is_hung = True
        assert engine.backlog("talk") == 0


def test_a_process_alone_counts_its_own_queue() -> None:
    engine = Engine(StubBroker(middleware=[]))
    engine.register("hear", "talk", lambda _: None)
    engine.wake("hear", 1)
    assert engine.backlog("talk") == 1
