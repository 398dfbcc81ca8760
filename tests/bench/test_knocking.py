"""Calling the door: every answer is noted with its call, waits count from when a call was due, silence is no answer."""

import socket
import threading

from bench import calls, knocking
from bench.receiver import Receiver

CALL = b"POST /bot700100:token/%b HTTP/1.1\r\nHost: sink\r\nContent-Length: %d\r\n\r\n%b"


def _messages(count: int, *, method: bytes = b"sendMessage") -> list[bytes]:
    bodies = [b'{"chat_id":%d}' % number for number in range(1, count + 1)]
    return [CALL % (method, len(body), body) for body in bodies]


def test_clients_take_turns_at_the_calls_and_each_is_made_once(sink: Receiver) -> None:
    sink.reset()
    knocks = knocking.as_fast_as_they_come(sink.port, _messages(100), clients=8)
    assert sorted(knocks.taken) == list(range(100))
    assert (len(knocks.waits), knocks.unanswered, knocks.refused) == (100, 0, [])
    assert (sink.seen().of().people, sink.seen().of().doubled) == (100, 0)


def test_at_a_rate_the_calls_come_when_they_are_due_and_a_slow_door_shows_in_the_waits(sink: Receiver) -> None:
    sink.reset(latency=0.1)
    knocks = knocking.at_a_rate(sink.port, _messages(50), 100.0)
    assert sorted(knocks.taken) == list(range(50))
    assert knocks.seconds >= 49 / 100
    assert knocks.centile(1) >= 90  # a timer may fire a millisecond early


def test_what_is_not_answered_200_is_refused(sink: Receiver) -> None:
    sink.reset()
    knocks = knocking.as_fast_as_they_come(sink.port, _messages(10, method=b"dance"), clients=2)
    assert (knocks.taken, sorted(knocks.refused)) == ([], list(range(10)))


def test_a_door_that_hangs_up_has_not_answered() -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        threading.Thread(target=lambda: door.accept()[0].close(), daemon=True).start()
        knocks = knocking.as_fast_as_they_come(door.getsockname()[1], _messages(5), clients=1)
    assert (knocks.taken, knocks.unanswered) == ([], 1)


def test_no_two_people_of_a_surge_are_the_same() -> None:
    made = [*calls.starts("key", 50), *calls.starts("key", 50, first=51), *calls.hellos("key", 50)]
    assert len(set(made)) == 150
    assert all(b"Content-Length: %d\r\n" % len(call.partition(b"\r\n\r\n")[2]) in call for call in made)
