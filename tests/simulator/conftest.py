"""One simulator for all tests here, emptied before each; a door for its webhooks; the real clients pointed at it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
import telegram
from twilio.rest import Client

from tests.simulated import ACCOUNT_SID, AUTH_TOKEN, TELEGRAM_TOKEN, Simulator
from tests.simulator.door import Door

Ask = Callable[[Callable[[telegram.Bot], Awaitable[Any]]], Any]


@pytest.fixture(scope="session")
def one_simulator() -> Iterator[Simulator]:
    with Simulator() as simulator:
        yield simulator


@pytest.fixture
def sim(one_simulator: Simulator) -> Simulator:
    """An empty simulator without limits in which nothing is left to chance."""
    one_simulator.reset()
    one_simulator.limits(enabled=False, chat_rate=1, chat_burst=5)
    one_simulator.timing(quick=True, certain=True, callback_expires=60, answer=0)
    return one_simulator


@pytest.fixture
def door() -> Iterator[Door]:
    door = Door()
    yield door
    door.close()


@pytest.fixture
def bot(sim: Simulator) -> str:
    return sim.add_bot()


@pytest.fixture
def ask(sim: Simulator, bot: str, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """Lets a real telegram.Bot do something: ask(lambda bot: bot.send_message(...))."""
    monkeypatch.setenv("PTB_TIMEDELTA", "1")

    def run(act: Callable[[telegram.Bot], Awaitable[Any]]) -> Any:
        async def inside() -> Any:
            async with telegram.Bot(TELEGRAM_TOKEN, base_url=sim.telegram_url) as client:
                return await act(client)

        return asyncio.run(inside())

    return run


@pytest.fixture
def sender(sim: Simulator, door: Door) -> str:
    """A WhatsApp sender whose inbound messages go to the door."""
    return sim.add_whatsapp_sender(webhook_url=f"{door.url}/whatsapp")


@pytest.fixture
def twilio(sim: Simulator, sender: str) -> Client:
    """A real Twilio client pointed at the simulator."""
    client = Client(ACCOUNT_SID, AUTH_TOKEN)
    client.api.base_url = sim.twilio_url
    client.content.base_url = sim.content_url
    return client
