"""Faults on demand: what goes wrong, and what was done all the same."""

import http.client
import time
import urllib.error
from datetime import timedelta

import pytest
from telegram.error import Forbidden, NetworkError, RetryAfter
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from tests.simulated import TELEGRAM_TOKEN, Simulator, SimulatorError
from tests.simulator.conftest import Ask
from tests.simulator.door import Door
from tests.simulator.test_telegram import started
from tests.simulator.test_twilio import FROM, address, written

BROKEN = (http.client.RemoteDisconnected, ConnectionResetError, urllib.error.URLError)


def send(sim: Simulator, phone: dict[str, str], text: str = "hi") -> None:
    """Send without a client that might repeat the call."""
    sim.post(f"/telegram/bot{TELEGRAM_TOKEN}/sendMessage", chat_id=phone["number"], text=text)


def test_a_429_storm_asks_to_wait_and_ends_after_its_count(sim: Simulator, bot: str, ask: Ask) -> None:
    number = int(started(sim, bot)["number"])
    sim.fault("throttle", count=2, seconds=7, method="sendMessage")
    for _ in range(2):
        with pytest.raises(RetryAfter) as refused:
            ask(lambda b: b.send_message(number, "hi"))
        assert refused.value.retry_after == timedelta(seconds=7)
    assert ask(lambda b: b.send_message(number, "hi")).text == "hi"


def test_a_server_error_does_nothing(sim: Simulator, bot: str, sender: str, twilio: Client, ask: Ask) -> None:
    phone, other = started(sim, bot), written(sim, sender)
    sim.fault("server_error", status=502, method="sendMessage")
    with pytest.raises(NetworkError, match="Bad Gateway"):
        ask(lambda b: b.send_message(int(phone["number"]), "hi"))
    sim.fault("server_error", channel="whatsapp", status=503)
    with pytest.raises(TwilioRestException) as refused:
        twilio.messages.create(to=address(other), from_=FROM, body="hi")
    assert refused.value.status == 503
    assert sim.heard(phone["id"]) == sim.heard(other["id"]) == []


@pytest.mark.parametrize(("kind", "arrived"), [("before", []), ("after", ["hi"])])
@pytest.mark.parametrize("way", ["drop", "timeout"])
def test_a_broken_call_may_or_may_not_have_been_done(
    sim: Simulator, bot: str, way: str, kind: str, arrived: list[str]
) -> None:
    phone = started(sim, bot)
    sim.fault(f"{way}_{kind}", seconds=0.3)
    began = time.monotonic()
    with pytest.raises(BROKEN):
        send(sim, phone)
    assert (time.monotonic() - began >= 0.3) == (way == "timeout")
    assert sim.heard(phone["id"]) == arrived
    assert sim.record()[-1]["accepted"] is bool(arrived)


def test_a_person_may_seem_to_have_blocked_us_who_has_not(
    sim: Simulator, bot: str, sender: str, twilio: Client, ask: Ask
) -> None:
    phone, other = started(sim, bot), written(sim, sender)
    sim.fault("blocked", count=2)
    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        ask(lambda b: b.send_message(int(phone["number"]), "hi"))
    with pytest.raises(TwilioRestException) as refused:
        twilio.messages.create(to=address(other), from_=FROM, body="hi")
    assert refused.value.code == 21610
    assert sim.heard(phone["id"]) == sim.heard(other["id"]) == []
    send(sim, phone)
    assert sim.heard(phone["id"]) == ["hi"]


def test_a_slow_answer_comes(sim: Simulator, bot: str) -> None:
    phone = started(sim, bot)
    sim.fault("slow", seconds=0.4)
    began = time.monotonic()
    send(sim, phone)
    assert time.monotonic() - began >= 0.4


def test_a_fault_can_be_for_one_chat_only(sim: Simulator, bot: str) -> None:
    unlucky, lucky = started(sim, bot), started(sim, bot)
    sim.fault("server_error", channel="telegram", bot=bot, chat=unlucky["number"])
    send(sim, lucky)
    with pytest.raises(SimulatorError):
        send(sim, unlucky)


def test_a_fault_ends_by_itself_and_by_hand(sim: Simulator, bot: str) -> None:
    phone = started(sim, bot)
    sim.fault("server_error", duration=0.2)
    with pytest.raises(SimulatorError):
        send(sim, phone)
    time.sleep(0.25)
    send(sim, phone)
    fault = sim.fault("server_error")
    assert [found["id"] for found in sim.call("GET", "/control/faults")["faults"]] == [fault]
    sim.clear_faults()
    send(sim, phone)


def test_a_probable_fault_strikes_now_and_then(sim: Simulator, bot: str) -> None:
    phone = started(sim, bot)
    sim.fault("server_error", probability=0.5)
    failed = 0
    for _ in range(60):
        try:
            send(sim, phone)
        except SimulatorError:
            failed += 1
    assert 10 < failed < 50
    assert sim.summary()["recipients"]["telegram"][phone["number"]] == 60 - failed


def test_an_unknown_fault_is_refused(sim: Simulator) -> None:
    with pytest.raises(SimulatorError) as refused:
        sim.fault("gremlins")
    assert refused.value.status == 400


def test_a_webhook_can_come_twice(sim: Simulator, bot: str, sender: str, ask: Ask, door: Door) -> None:
    ask(lambda b: b.set_webhook(door.url))
    sim.fault("hooks_duplicate")
    started(sim, bot)
    sim.wait_for(lambda: len(door.knocks) == 2)
    assert door.knocks[0].body == door.knocks[1].body
    phone = written(sim, sender)
    sim.wait_for(lambda: len(door.knocks) == 4)
    assert door.knocks[2].form() == door.knocks[3].form()
    assert len({knock.headers["I-Twilio-Idempotency-Token"] for knock in door.knocks[2:]}) == 1
    assert door.knocks[3].form()["From"] == address(phone)


def test_a_webhook_can_come_late(sim: Simulator, bot: str, sender: str, ask: Ask, door: Door) -> None:
    ask(lambda b: b.set_webhook(door.url))
    sim.fault("hooks_late", seconds=0.4)
    began = time.monotonic()
    started(sim, bot)
    written(sim, sender)
    sim.wait_for(lambda: len(door.knocks) == 2)
    assert all(knock.at - began >= 0.4 for knock in door.knocks)


def test_webhooks_can_overtake_each_other(sim: Simulator, bot: str, ask: Ask, door: Door) -> None:
    ask(lambda b: b.set_webhook(door.url))
    sim.fault("hooks_scrambled", seconds=0.3)
    phone = started(sim, bot)
    sim.say(phone["id"], bot, "second")
    sim.wait_for(lambda: len(door.knocks) == 2)
    assert [message["text"] for message in door.updates("message")] == ["second", "/start"]


def test_webhooks_can_stop_and_come_later(sim: Simulator, bot: str, sender: str, ask: Ask, door: Door) -> None:
    ask(lambda b: b.set_webhook(door.url))
    sim.fault("hooks_off")
    started(sim, bot)
    written(sim, sender)
    time.sleep(0.3)
    assert door.knocks == []
    sim.clear_faults()
    sim.wait_for(lambda: len(door.knocks) == 2)


def test_meta_can_decline_a_message(sim: Simulator, sender: str, twilio: Client) -> None:
    phone = written(sim, sender)
    sim.fault("undelivered", code=63049, count=1)
    sent = twilio.messages.create(to=address(phone), from_=FROM, body="hi")
    sim.wait_for(lambda: sent.fetch().status == "undelivered")
    assert (sent.fetch().error_code, sim.heard(phone["id"])) == (63049, [])
    assert sim.record()[-1]["status"] == "undelivered 63049"
