"""The front as callers meet it: a real web process, spoken to over bare sockets."""

import contextlib
import re
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from delivery.models import Delivery, Sender
from delivery.switchboard import hook_path
from tests.channels.recorded import payload
from tests.webhooks import gate as calls
from tests.webhooks.gate import CONSIGNMENT, SECRET, Gate
from tests.webhooks.test_away import away
from tests.webhooks.test_killed import a_house, running
from webhooks.door import BODY_LIMIT
from webhooks.models import Call

SAID = payload("telegram/text_zh.json")


@pytest.fixture
def gate(request: pytest.FixtureRequest) -> Iterator[Gate]:
    """A web process as an operator starts it, with one thread for what may wait."""
    with a_house(request, "scaled out") as (made, environment):
        environment["WEB_THREADS"] = "1"
        with running(made, "web", environment):
            yield made


@pytest.fixture
def bot(gate: Gate) -> Sender:
    """A Telegram bot of the Water Board."""
    return gate.bot(gate.agency("water"))


def test_a_call_is_kept_however_its_body_arrives(gate: Gate, bot: Sender) -> None:
    assert gate.telegram(bot, SAID).status == 200
    assert gate.telegram(bot, calls.update(2, 42, "in parts"), chunked=True).status == 200
    assert [call.event_id for call in gate.calls()] == ["829100102", "2"]
    assert gate.calls()[0].body == SAID


def test_receipts_are_in_the_ledger_before_their_200(gate: Gate) -> None:
    number = gate.number(gate.agency("health"))
    gate.announce(number)
    for status in ("sent", "read"):
        assert gate.whatsapp(number, calls.receipt(1, status), query=f"?ref={CONSIGNMENT}-1-1").status == 200
        assert gate.count(Delivery) == 1


def test_forged_malformed_and_unknown_calls_get_their_answers_with_every_header(gate: Gate, bot: Sender) -> None:
    assert gate.telegram(bot, SAID, secret="wrong").status == 403
    assert gate.telegram(bot, SAID, secret="\xff\xe4").status == 403
    assert gate.telegram(bot, b"{").status == 400
    assert gate.post("/hooks/telegram/nobody", SAID, {}).status == 404
    assert gate.post("/hooks/%ff%00/%2e%2e", SAID, {}).status == 404
    answer = gate.telegram(bot, calls.update(7, 42, "well"))
    assert (answer.status, answer.headers["x-frame-options"]) == (200, "DENY")
    assert {call.event_id for call in gate.calls()} == {"7", gate.calls()[0].event_id}


@pytest.mark.parametrize("is_chunked", [True, False])
def test_a_body_that_is_too_long_is_refused_and_the_door_stays_open(gate: Gate, bot: Sender, is_chunked: bool) -> None:
    with contextlib.suppress(ConnectionError):  # it may be cut off before it has said everything
        assert gate.telegram(bot, b"x" * (BODY_LIMIT + 1), chunked=is_chunked).status == 413
    assert gate.telegram(bot, SAID).status == 200
    assert gate.count(Call) == 1


def test_callers_who_hold_back_the_rest_of_a_body_keep_nobody_out(gate: Gate, bot: Sender) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(80):
            slow = stack.enter_context(socket.create_connection(("127.0.0.1", gate.port)))
            slow.sendall(_head(bot, len(SAID)) + SAID[:-1])
        with ThreadPoolExecutor(8) as others:
            said = [calls.update(n, 42, "hello") for n in range(20)]
            assert {answer.status for answer in others.map(lambda body: gate.telegram(bot, body), said)} == {200}
        slow.sendall(SAID[-1:])
        assert re.match(rb"HTTP/1.1 200", slow.recv(1000))
    assert gate.count(Call) == 21


def test_a_call_whose_caller_goes_in_the_middle_is_none_and_no_error_of_ours(
    capfd: pytest.CaptureFixture[str], gate: Gate, bot: Sender
) -> None:
    with socket.create_connection(("127.0.0.1", gate.port)) as gone:
        gone.sendall(_head(bot, len(SAID)) + SAID[:-1])
    assert gate.telegram(bot, calls.update(2, 42, "hello")).status == 200
    assert [call.event_id for call in gate.calls()] == ["2"]
    assert not re.search("error|traceback", "".join(capfd.readouterr()), re.IGNORECASE)


def test_while_the_database_is_away_callers_are_asked_to_come_back_and_the_process_says_it_lives(
    gate: Gate, bot: Sender, postgres_url: str
) -> None:
    assert gate.telegram(bot, calls.update(1, 42, "before")).status == 200
    with away(gate.sessions, postgres_url):
        refused = gate.telegram(bot, calls.update(2, 42, "during"))
        assert (refused.status, refused.headers["retry-after"]) == (503, "5")
        assert refused.headers["x-frame-options"] == "DENY"
    assert gate.telegram(bot, calls.update(2, 42, "during")).status == 200
    assert [call.event_id for call in gate.calls()] == ["1", "2"]


def _head(bot: Sender, length: int) -> bytes:
    return (
        f"POST {hook_path('telegram', bot.key)} HTTP/1.1\r\nHost: city.example\r\nContent-Length: {length}\r\n"
        f"Content-Type: application/json\r\nX-Telegram-Bot-Api-Secret-Token: {SECRET}\r\n\r\n"
    ).encode()
