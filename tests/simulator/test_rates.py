"""The platforms' brakes."""

import threading
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram.error import RetryAfter
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from simulator.rates import Pace
from tests.simulated import TELEGRAM_TOKEN, Simulator, SimulatorError
from tests.simulator.conftest import Ask
from tests.simulator.test_telegram import started
from tests.simulator.test_twilio import FROM, address, written


@given(st.floats(0.5, 200), st.integers(1, 50), st.lists(st.floats(0, 2), max_size=200))
def test_a_brake_never_lets_more_through_than_its_rate_and_burst(rate: float, burst: int, gaps: list[float]) -> None:
    pace, now, passed = Pace(rate, burst), 1000.0, 0
    for gap in gaps:
        now += gap
        passed += pace.take(now) == 0
    assert passed <= burst + rate * (now - 1000.0) + 1e-6


@given(st.floats(0.5, 200), st.integers(1, 50))
def test_who_waits_as_told_gets_through(rate: float, burst: int) -> None:
    pace = Pace(rate, burst)
    for _ in range(burst):
        assert pace.take(50.0) == 0
    wait = pace.take(50.0)
    assert wait > 0
    assert pace.take(50.0 + wait + 1e-6) == 0


def test_a_chat_takes_a_short_burst_and_then_asks_to_wait(sim: Simulator, bot: str, ask: Ask) -> None:
    sim.limits(enabled=True, chat_rate=0.05, chat_burst=5)
    number = int(started(sim, bot)["number"])
    for _ in range(5):
        ask(lambda b: b.send_message(number, "hi"))
    with pytest.raises(RetryAfter) as refused:
        ask(lambda b: b.send_message(number, "hi"))
    wait = refused.value.retry_after
    assert isinstance(wait, timedelta)
    assert timedelta(seconds=1) <= wait <= timedelta(seconds=20)
    assert len(sim.heard(f"telegram-{number}")) == 5


def test_a_bot_asks_to_wait_in_body_and_header(sim: Simulator, bot: str) -> None:
    sim.limits(enabled=True, bot=bot, rate=0.5, burst=2)
    phones = [started(sim, bot) for _ in range(3)]

    def send(phone: dict[str, str]) -> None:
        sim.post(f"/telegram/bot{TELEGRAM_TOKEN}/sendMessage", chat_id=phone["number"], text="hi")

    send(phones[0])
    send(phones[1])
    body = (
        '{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 2","parameters":{"retry_after":2}}'
    )
    with pytest.raises(SimulatorError) as refused:
        send(phones[2])
    assert str(refused.value) == f"429 {body}"
    assert refused.value.headers["Retry-After"] == "2"


def test_a_whatsapp_sender_is_refused_with_20429(sim: Simulator, sender: str, twilio: Client) -> None:
    sim.limits(enabled=True, bot=sender, rate=1, burst=1)
    phone = written(sim, sender)
    twilio.messages.create(to=address(phone), from_=FROM, body="one")
    with pytest.raises(TwilioRestException) as refused:
        twilio.messages.create(to=address(phone), from_=FROM, body="two")
    assert (refused.value.status, refused.value.code) == (429, 20429)
    assert sim.heard(phone["id"]) == ["one"]


def test_without_limits_nobody_waits(sim: Simulator, bot: str) -> None:
    phones = sim.new_phones(50, "telegram", started_with=bot)
    numbers = [phone.removeprefix("telegram-") for phone in phones]

    def send(number: str) -> None:
        sim.post(f"/telegram/bot{TELEGRAM_TOKEN}/sendMessage", chat_id=number, text="hi")

    threads = [threading.Thread(target=send, args=(number,)) for number in numbers for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sim.summary()["recipients"]["telegram"] == dict.fromkeys(numbers, 6)
