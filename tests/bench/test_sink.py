"""The sink answers as platforms do, keeps count of everybody, and throttles when it is told to."""

import http.client
import json
import time
from urllib.parse import urlencode

from bench.receiver import Receiver
from bench.record import Brake


def _post(sink: Receiver, path: str, body: str) -> tuple[int, dict[str, object]]:
    connection = http.client.HTTPConnection("127.0.0.1", sink.port, timeout=10)
    connection.request("POST", path, body)
    answer = connection.getresponse()
    said: dict[str, object] = json.loads(answer.read())
    connection.close()
    return answer.status, said


def _telegram(sink: Receiver, chat: int, text: str = "Hello") -> tuple[int, dict[str, object]]:
    return _post(sink, "/bot700100:token/sendMessage", json.dumps({"chat_id": chat, "text": text}))


def test_a_telegram_message_is_taken_whether_it_comes_as_json_or_as_a_form(sink: Receiver) -> None:
    sink.reset()
    status, said = _telegram(sink, 501)
    assert status == 200
    assert said["ok"] is True
    status, _ = _post(sink, "/bot700100:token/sendMessage", urlencode({"text": "Hello", "chat_id": 502}))
    assert status == 200
    assert (sink.seen().of().count, sink.seen().of().people) == (2, 2)


def test_a_twilio_message_is_created_with_a_sid_of_its_own(sink: Receiver) -> None:
    sink.reset()
    fields = urlencode({"From": "whatsapp:+6531230000", "To": "whatsapp:+6580000001", "Body": "Hello"})
    made = [_post(sink, "/2010-04-01/Accounts/AC1/Messages.json", fields) for _ in range(2)]
    assert [status for status, _ in made] == [201, 201]
    assert made[0][1]["sid"] != made[1][1]["sid"]
    assert made[0][1]["to"] == "whatsapp:+6580000001"


def test_who_got_it_twice_is_counted_once(sink: Receiver) -> None:
    sink.reset()
    for chat in (601, 602, 601, 601):
        _telegram(sink, chat)
    arrivals = sink.seen().of()
    assert (arrivals.count, arrivals.people, arrivals.doubled) == (4, 2, 1)


def test_messages_are_told_apart_by_the_marks_in_their_bodies(sink: Receiver) -> None:
    sink.reset(marks=["ALERT1"])
    _telegram(sink, 701, "Floods ALERT1")
    _telegram(sink, 702, "Good morning")
    seen = sink.seen()
    assert (seen.of("ALERT1").people, seen.of().people) == (1, 1)
    assert seen.of("ALERT1").before(time.time() + 1) == 1
    assert seen.of("ALERT1").before(seen.of("ALERT1").first - 1) == 0


def test_over_its_limit_it_answers_429_and_counts_what_it_refused(sink: Receiver) -> None:
    sink.reset(rate=1.0)
    assert [_telegram(sink, 800 + place)[0] for place in range(3)] == [200, 429, 429]
    _, said = _telegram(sink, 804)
    assert said["parameters"] == {"retry_after": 1}
    assert (sink.seen().throttled, sink.seen().of().count) == (3, 1)


def test_it_answers_as_late_as_it_is_told(sink: Receiver) -> None:
    sink.reset(latency=0.2)
    begun = time.monotonic()
    _telegram(sink, 901)
    assert time.monotonic() - begun >= 0.19  # a timer may fire a millisecond early


def test_a_call_it_does_not_know_is_no_message(sink: Receiver) -> None:
    sink.reset()
    assert _post(sink, "/bot700100:token/sendMessage", "{}")[0] == 404
    assert _post(sink, "/elsewhere", "{}")[0] == 404
    assert (sink.seen().unknown, sink.seen().groups) == (2, {})


def test_a_brake_takes_a_burst_and_then_its_rate() -> None:
    brake = Brake(rate=10, burst=5)
    assert [brake.takes(0.0) for _ in range(6)] == [True] * 5 + [False]
    assert [brake.takes(0.1), brake.takes(0.1)] == [True, False]
    assert sum(brake.takes(1.0 + place / 100) for place in range(100)) in (13, 14)  # 4 of the burst, then 10 a second


def test_who_asks_for_notes_reads_of_each_message_its_mark_whose_it_is_and_when_it_came(sink: Receiver) -> None:
    begun = time.time()
    sink.reset(marks=["ALERT1"], is_noting=True)
    _telegram(sink, 701, "Floods ALERT1")
    _telegram(sink, 701)
    first, second = sink.notes()
    assert [(note.mark, note.recipient) for note in (first, second)] == [("ALERT1", 701), ("", 701)]
    assert begun <= first.at <= second.at <= time.time()
