"""A channel of its own for tests: it takes every message to a list, and refuses what a test wants refused."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from channels.contract import (
    Accepted,
    Answer,
    Attachment,
    Each,
    Event,
    Forged,
    Hook,
    Limits,
    Message,
    Prepared,
    Refusal,
    Rejected,
)

LIMITS = Limits(
    text_length=4096,
    template_length=1024,
    label_length=40,
    buttons=10,
    list_items=10,
    rate=1000.0,
    has_receipts=False,
    has_read_receipts=False,
    can_edit=True,
    delete_within=timedelta(hours=48),
    reply_window=None,
    needs_template=False,
)

Rule = Callable[[Message], Refusal | None]


@dataclass
class Pigeon:
    """Carries messages; `rule` may refuse one, `answer_after` is how long the provider thinks."""

    name: str = "pigeon"
    limits: Limits = LIMITS
    rule: Rule = lambda message: None
    answer_after: float = 0.0
    tried: list[Message] = field(default_factory=list)
    carried: list[Message] = field(default_factory=list)
    edited: list[tuple[str, Message]] = field(default_factory=list)
    while_flying: Callable[[], None] = lambda: None

    def with_limits(self, **changes: object) -> "Pigeon":
        """The same pigeon with other limits."""
        self.limits = replace(self.limits, **changes)  # type: ignore[arg-type]
        return self

    async def send(self, message: Message) -> Accepted:
        """Carry it, unless the rule refuses."""
        self.tried.append(message)
        self._check(message)
        if self.answer_after:
            await asyncio.sleep(self.answer_after)
        await asyncio.to_thread(self.while_flying)
        self.carried.append(message)
        has_uploaded = message.media is not None and message.media.content is not None
        return Accepted(f"p{len(self.carried)}", "a-handle" if has_uploaded else None)

    async def prepare(self, message: Message) -> Prepared:
        """Each one is written anew."""
        return Each(self, message)

    async def edit(self, provider_id: str, message: Message) -> Accepted:
        """Rewrite it, unless the rule refuses."""
        self._check(message)
        self.edited.append((provider_id, message))
        return Accepted(provider_id)

    def _check(self, message: Message) -> None:
        if refusal := self.rule(message):
            raise refusal

    async def delete(self, to: str, provider_id: str) -> None:
        """Pigeons do not come back with a message."""

    def verify(self, hook: Hook) -> None:
        """Nobody calls on behalf of pigeons."""
        raise Forged

    def parse(self, hook: Hook) -> list[Event]:
        """Nothing to read."""
        return []

    async def fetch(self, attachment: Attachment) -> bytes:
        """Pigeons bring nothing."""
        raise Rejected("gone")

    def answer(self, events: Sequence[Event]) -> Answer:
        """Nothing to say."""
        return Answer()

    def link(self, payload: str = "", words: str = "") -> str:
        """Where pigeons are found."""
        return f"pigeon:{payload}"

    def hook_address(self) -> str:
        """No door."""
        return ""

    async def check(self) -> str:
        """Always well."""
        return "pigeon"

    async def connect(self) -> str:
        """Always there."""
        return "pigeon"

    async def describe(self, commands: Mapping[str, Sequence[tuple[str, str]]]) -> None:
        """Pigeons have no menu."""

    async def aclose(self) -> None:
        """Nothing to let go of."""
