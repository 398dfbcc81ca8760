"""What the contract's tests stand on: a sender known to the simulator, its channel, a person, a loop to act in."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import pytest

from channels import registry
from channels.contract import (
    Channel,
    Choice,
    Line,
    Message,
    Refusal,
)
from tests.channels.listening import Door
from tests.simulated import Simulator

T = TypeVar("T")
Work = Callable[[Channel], Awaitable[T]]
NOBODY_LISTENS = "http://127.0.0.1:9"
TWO = (Choice("lang:en", "English"), Choice("lang:ta", "தமிழ்"))
SENDS = ("sendMessage", "sendPhoto", "sendDocument", "sendLocation", "Messages.create")


def with_channel(channel: Channel, work: Work[T]) -> T:
    """Do something with a channel in an event loop of its own, and let it go afterwards."""

    async def life() -> T:
        try:
            return await work(channel)
        finally:
            await channel.aclose()

    return asyncio.run(life())


def refused(channel: Channel, message: Message) -> Refusal:
    """The refusal with which a send ends."""
    with pytest.raises(Refusal) as caught:
        with_channel(channel, lambda c: c.send(message))
    return caught.value


class ContractBase:
    """A subclass names the channel, its simulator, and one address nobody can ever be reached at."""

    name: str
    wrong_credentials: dict[str, str]
    unreachable_address: str
    malformed_body: bytes

    # --- what a channel's tests bring along

    def register(self, simulator: Simulator, hook_url: str) -> str:
        """Make the sender known to the simulator; its id there."""
        raise NotImplementedError

    def line(self, simulator: Simulator, hook_url: str) -> Line:
        """The line of that sender."""
        raise NotImplementedError

    def address(self, phone: dict[str, Any]) -> str:
        """The address at which this phone is reached."""
        raise NotImplementedError

    # --- fixtures

    @pytest.fixture
    def bot(self, simulator: Simulator, door: Door) -> str:
        """The sender, known to the platform."""
        return self.register(simulator, door.url)

    @pytest.fixture
    def channel(self, simulator: Simulator, door: Door, bot: str) -> Channel:
        """The channel of that sender, connected."""
        channel = self.made(self.line(simulator, door.url))
        with_channel(channel, lambda c: c.connect())
        return channel

    @pytest.fixture
    def phone(self, simulator: Simulator, bot: str) -> dict[str, Any]:
        """A person who has already written to the sender."""
        (phone_id,) = simulator.new_phones(1, self.name, started_with=bot)
        return simulator.phone(phone_id)

    def made(self, line: Line, *, seconds: float = 5.0) -> Channel:
        """A channel that waits less long than in earnest."""
        channel_class = registry._load(self.name)
        channel: Channel = type("Impatient", (channel_class,), {"timeout_seconds": seconds})(line)
        return channel

    def message(self, phone: dict[str, Any], text: str = "Dam level is rising.", **parts: Any) -> Message:
        return Message(self.address(phone), text, **parts)

    def sends(self, simulator: Simulator) -> list[dict[str, Any]]:
        """Every attempt to send that reached the platform."""
        return [entry for entry in simulator.record() if entry["method"] in SENDS]
