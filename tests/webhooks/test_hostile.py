"""Words that are made to break things: they are heard like any others, on both databases."""

import json

import pytest
from sqlalchemy import select

from delivery.models import Sender
from subscribers.models import Consent, ConsentKind
from tests.webhooks import gate as calls
from tests.webhooks.gate import Gate
from webhooks.models import CallState

NASTY = (
    "hello\0there",
    "\u202egnirts desrever\u202c",
    "\ufeff\u200b\u2066\u2069",
    "a" * 100_000,
    "/" * 5_000,
    "1 " * 20_000,
    "9" * 5_000,
    "🏴" * 4_000,
    "/start " + "o-" * 4_000,
    "/start o-\0",
    "{agency} {0} %s %(x)s {{1}}",
    "=cmd|'/c calc'!A1",
    "<script>alert(1)</script>",
    "'; DROP TABLE subscribers; --",
    "١ ٢",
    "²",
    "\ud7ff\ue000\uffff\U0010ffff",
)
KEYS = (
    "\0",
    "topics:toggle:\0",
    "topics:toggle:" + "9" * 40,
    "topics:page:9223372036854775807",
    "topics:page:-1",
    "topics:page:²",
    "leaving:topic:9223372036854775807",
    "onboarding:set:\0",
    "onboarding:set:../../etc/passwd",
    "language:set:xx",
    ":" * 3_000,
)


def _given_up(gate: Gate) -> list[str | None]:
    return [call.error for call in gate.calls() if call.state is not CallState.HANDLED]


@pytest.mark.parametrize("text", NASTY, ids=lambda text: ascii(text)[:24])
def test_whatever_is_typed_is_heard_and_answered(gate: Gate, bot: Sender, number: Sender, text: str) -> None:
    for place, said in enumerate(("hello", text, "hello", text), start=1):
        assert gate.telegram(bot, calls.update(place, 42, said)).status == 200
        assert gate.whatsapp(number, calls.form("text", Body=said, MessageSid=f"SM{place}")).status == 200
        gate.work()
    assert _given_up(gate) == []
    assert len(gate.answers("42")) >= 4


@pytest.mark.parametrize("key", KEYS, ids=lambda key: ascii(key)[:24])
def test_whatever_a_forged_button_carries_is_heard_and_answered(
    gate: Gate, bot: Sender, number: Sender, key: str
) -> None:
    assert gate.telegram(bot, calls.tap(1, 42, key)).status == 200
    assert gate.whatsapp(number, calls.form("button", ButtonPayload=key)).status == 200
    gate.work()
    assert _given_up(gate) == []
    assert gate.answers("42")


def test_a_stop_with_a_nul_in_it_is_a_stop(gate: Gate, bot: Sender, number: Sender) -> None:
    gate.telegram(bot, calls.update(1, 42, "\0STOP\0"))
    gate.whatsapp(number, calls.form("text", Body="STOP\0"))
    gate.work()
    assert _given_up(gate) == []
    with gate.sessions() as session:
        record = session.execute(select(Consent.kind, Consent.wording)).all()
    assert [tuple(line) for line in record] == [(ConsentKind.WITHDRAWN, "STOP")] * 2


def test_half_a_character_is_rubbish_and_the_door_stays_open(gate: Gate, bot: Sender) -> None:
    body = calls.update(1, 42, "MARK").replace(b"MARK", b"\\ud83d")
    assert json.loads(body)["message"]["text"] == "\ud83d"
    assert gate.telegram(bot, body).status in (200, 400)
    gate.work()
    assert gate.telegram(bot, calls.update(2, 42, "hello")).status == 200


@pytest.mark.parametrize("content_type", ["", "text/plain", "multipart/form-data; boundary=x", "application/x-\xff"])
def test_a_wrong_content_type_costs_nobody_anything(gate: Gate, bot: Sender, content_type: str) -> None:
    headers = {"Content-Type": content_type, "X-Telegram-Bot-Api-Secret-Token": calls.SECRET}
    answer = gate.post(f"/hooks/telegram/{bot.key}", calls.update(1, 42, "hello"), headers)
    assert answer.status == 200
    gate.work()
    assert gate.answers("42")


@pytest.mark.parametrize("settings", ["algorithm=", "algorithm=md5", "algorithm=HMAC_SHA256", ",=,=", "\xff"])
def test_a_stranger_who_chooses_the_signatures_algorithm_is_turned_away(
    gate: Gate, number: Sender, settings: str
) -> None:
    headers = {"X-Twilio-Signature": "AAAA", "X-Twilio-Webhooks-Signature-Settings": settings}
    for query in ("", "?bodySHA256=00", "?bodySHA256"):
        assert gate.post(f"/hooks/whatsapp/{number.key}{query}", b"a=1\xff%00", headers).status == 403
    assert gate.calls() == []
