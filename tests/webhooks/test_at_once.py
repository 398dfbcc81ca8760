"""A call may reach the door past Flask: it is answered and kept as it would be by way of Flask, or left to it."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest
import structlog
from flask import Flask
from twilio.request_validator import RequestValidator

from channels import twilio_hooks
from channels.twilio_hooks import ORDINARY
from delivery.models import Sender
from delivery.switchboard import hook_path
from tests.channels.recorded import payload
from tests.webhooks import gate as calls
from tests.webhooks.gate import PUBLIC_URL, SECRET, TOKEN, Gate
from webhooks.door import BODY_LIMIT
from webhooks.front import Answer, Call, Front

JSON = {"content-type": "application/json"}
GENUINE = {**JSON, "x-telegram-bot-api-secret-token": SECRET}
OF_FLASK = {"server", "date", "via", "connection"}  # waitress says these


def at_once(gate: Gate, path: str, body: bytes, headers: Mapping[str, str], *, method: str = "POST") -> Answer | None:
    """What the front gets for this call, once what was to be kept is kept."""
    path, _, query = path.partition("?")
    answer = gate.entrance.at_once(Call(method, path, query, headers, body))
    for kept in answer.later.pending if answer else ():
        kept.result(10)
    return answer


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (payload("telegram/text_zh.json"), GENUINE, 200),
        (payload("telegram/callback_query.json"), GENUINE, 200),
        (payload("telegram/channel_post.json"), GENUINE, 200),
        (payload("telegram/text_zh.json"), JSON, 403),
        (payload("telegram/text_zh.json"), {**GENUINE, "x-telegram-bot-api-secret-token": "wrong"}, 403),
        (b"{", GENUINE, 400),
        (b"", GENUINE, 400),
        (b"x" * (BODY_LIMIT + 1), GENUINE, 413),
    ],
)
def test_both_ways_answer_alike(gate: Gate, bot: Sender, body: bytes, headers: Mapping[str, str], status: int) -> None:
    path = hook_path("telegram", bot.key)
    by_flask = gate.post(path, body, headers)
    kept = [(call.event_id, call.body, call.url, call.content_type) for call in gate.calls()]
    answer = at_once(gate, path, body, headers)
    assert answer is not None
    assert (answer.status, answer.body) == (by_flask.status, by_flask.body) == (status, answer.body)
    said = {name.lower(): value for name, value in by_flask.headers.items() if name.lower() not in OF_FLASK}
    assert dict(answer.headers) == said
    assert [(call.event_id, call.body, call.url, call.content_type) for call in gate.calls()] == kept  # known already


def test_what_is_heard_past_flask_is_kept_and_wakes_a_worker(gate: Gate, bot: Sender, number: Sender) -> None:
    assert gate.telegram(bot, calls.update(1, 42, "so that the senders are known")).status == 200
    gate.wakes.clear()
    answer = at_once(gate, hook_path("telegram", bot.key), calls.update(2, 42, "hello"), GENUINE)
    assert answer is not None
    assert answer.status == 200
    path, form = hook_path("whatsapp", number.key) + "?a=b%20c", payload("whatsapp/text.form")
    typed = "application/x-www-form-urlencoded"
    signed = RequestValidator(TOKEN).compute_signature(PUBLIC_URL + path, calls.fields(form))
    answer = at_once(gate, path, form, {"content-type": typed, "x-twilio-signature": signed})
    assert answer is not None
    assert (answer.status, answer.body) == (200, b"<Response/>")
    assert [call.event_id for call in gate.calls()] == ["1", "2", "SM11111111111111111111111111111101"]
    assert len(gate.wakes) == 2


def test_what_needs_more_than_the_journal_is_left_to_flask(gate: Gate, bot: Sender) -> None:
    path = hook_path("telegram", bot.key)
    assert at_once(gate, path, calls.update(1, 42, "hello"), GENUINE) is None  # nobody is remembered yet
    assert gate.telegram(bot, calls.update(1, 42, "hello")).status == 200
    for other in (f"{path}/", f"{path}x", "/hooks/telegram/nobody", f"/hooks/whatsapp/{bot.key}", "/", "", "//hooks"):
        assert at_once(gate, other, calls.update(2, 42, "hello"), GENUINE) is None
    for method in ("GET", "HEAD", "PUT", "post"):
        assert at_once(gate, path, calls.update(2, 42, "hello"), GENUINE, method=method) is None
    assert len(gate.calls()) == 1


def test_what_fails_past_flask_beyond_what_is_foreseen_is_said_and_left_to_flask() -> None:
    def broken(_: Call) -> Answer | None:
        raise ValueError("unforeseen")

    with ThreadPoolExecutor(1) as threads, structlog.testing.capture_logs() as log:
        front = Front(Flask("gate"), broken, lambda _: True, BODY_LIMIT, threads, 1.0)
        assert front._at_once(Call("POST", "/hooks/telegram/key", "", GENUINE, b"{}")) is None
    assert [(line["event"], line["path"]) for line in log] == [("front.failed", "/hooks/telegram")]


@pytest.mark.parametrize("length", [ORDINARY - 10, ORDINARY + 10])
def test_a_form_of_any_length_says_what_it_says_and_a_long_one_is_not_kept(length: int) -> None:
    said = f"Body={'a' * length}"
    before = twilio_hooks._just_read.cache_info().misses
    assert twilio_hooks.fields(said) == (("Body", "a" * length),)
    assert (twilio_hooks._just_read.cache_info().misses > before) == (len(said) <= ORDINARY)
