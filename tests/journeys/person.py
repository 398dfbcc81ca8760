"""Somebody with a phone, as a journey sees them."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from tests.simulated import Simulator

T = TypeVar("T")


@dataclass
class Person:
    """Somebody with a phone, and the chat with our bot or number on it."""

    simulator: Simulator
    phone: str
    bot: str

    def open(self, url: str) -> None:
        """Follow a link."""
        self.simulator.open(self.phone, url)

    def say(self, text: str) -> None:
        """Type something."""
        self.simulator.say(self.phone, self.bot, text)

    def messages(self) -> list[dict[str, Any]]:
        """What is on the screen, oldest first."""
        return self.simulator.messages(self.phone, self.bot)

    def heard(self) -> list[str]:
        """The texts that came from us."""
        return self.simulator.heard(self.phone, self.bot)

    def screen(self) -> str:
        """Everything that came from us, for looking into."""
        return "\n".join(self.heard())

    def see(self, text: str, seconds: float = 45.0) -> str:
        """Wait until a text from us contains this; the newest that does."""

        def newest() -> str:
            return next((each for each in reversed(self.heard()) if text in each), "")

        return self._wait(newest, f"to see {text!r}", seconds)

    def see_new(self, text: str, seconds: float = 45.0) -> str:
        """Wait until we answer what they typed last with this; the answer."""

        def newest() -> str:
            answers: list[str] = []
            for message in self.messages():
                answers = [*answers, message["text"]] if message["from"] == "bot" else []
            return next((each for each in reversed(answers) if text in each), "")

        return self._wait(newest, f"for an answer with {text!r}", seconds)

    def tap_is_offered(self, wish: str, seconds: float = 45.0) -> None:
        """Wait until something can be tapped whose label or key contains this."""
        self._wait(lambda: self._choice(wish), f"for a choice {wish!r}", seconds)

    def choices(self) -> list[tuple[str, str, str]]:
        """What can be tapped on the newest message that offers anything: (message id, key, label)."""
        offers = [_choices(message) for message in self.messages() if message["from"] == "bot"]
        return next((each for each in reversed(offers) if each), [])

    def tap(self, wish: str, seconds: float = 45.0) -> None:
        """Wait until the newest offer has a choice whose label or key contains this, and tap it."""
        message, key, _ = self._found(lambda: self._choice(wish), f"for a choice {wish!r}", seconds)
        self.simulator.tap(self.phone, self.bot, message, key)

    def _found(self, look: Callable[[], T | None], what: str, seconds: float) -> T:
        found = self._wait(look, what, seconds)
        assert found is not None
        return found

    def _choice(self, wish: str) -> tuple[str, str, str] | None:
        return next((each for each in self.choices() if wish in each[1] or wish in each[2]), None)

    def _wait(self, look: Callable[[], T], what: str, seconds: float) -> T:
        deadline = time.monotonic() + seconds
        while not (found := look()):
            if time.monotonic() > deadline:
                screen = f"{self.screen()}\n{self.choices()}"
                raise AssertionError(f"waited {seconds} s in vain {what}; the screen:\n{screen}")
            time.sleep(0.05)
        return found


def _choices(message: dict[str, Any]) -> list[tuple[str, str, str]]:
    buttons = [(message["id"], button["key"], button["label"]) for row in message["buttons"] for button in row]
    items = (message["list"] or {}).get("items", [])
    return buttons + [(message["id"], item["key"], item["title"]) for item in items]
