"""Everything the simulator was asked to do, in order, to compare with a sender's own ledger."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from simulator.phones import iso

SENDS = frozenset({"sendMessage", "sendPhoto", "sendDocument", "sendLocation", "Messages.create", "TwiML"})
"""The methods that put a message before a person."""
INTERNED_TEXTS = 10_000


@dataclass(slots=True)
class Entry:
    """One call: who asked what for whom, and whether it was accepted."""

    seq: int
    at: float
    channel: str
    bot: str | None
    method: str
    to: str | None
    phone: str | None
    text: str | None
    reference: str | None
    message_id: str | None = None
    accepted: bool = False
    error: str | None = None
    status: str | None = None
    """WhatsApp: the last status Twilio gave the message."""
    media: str | None = None
    """What was shown: "upload" with its size in bytes, a file_id, or the address Twilio fetched it from."""

    def as_json(self) -> dict[str, Any]:
        """Give the entry with its instant as ISO 8601."""
        return {name: getattr(self, name) for name in self.__slots__} | {"at": iso(self.at)}


@dataclass(slots=True)
class Record:
    """The entries and running counts over them."""

    entries: list[Entry] = field(default_factory=list)
    recipients: dict[str, Counter[str]] = field(default_factory=dict)
    accepted: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    texts: dict[str, str] = field(default_factory=dict)

    def add(
        self,
        *,
        at: float,
        channel: str,
        bot: str | None,
        method: str,
        to: str | None = None,
        phone: str | None = None,
        text: str | None = None,
        reference: str | None = None,
    ) -> Entry:
        """Write down a call as it comes in, not yet accepted."""
        seq = len(self.entries) + 1
        entry = Entry(seq, at, channel, bot, method, to, phone, self._shared(text), reference)
        self.entries.append(entry)
        return entry

    def say(self, entry: Entry, text: str) -> None:
        """Note what the person will read, where the call named it only by its content."""
        entry.text = self._shared(text)

    def accept(self, entry: Entry, message_id: str | None = None) -> None:
        """Note that the call was done; a message is counted for its recipient."""
        entry.accepted, entry.message_id = True, message_id
        if entry.method in SENDS and entry.to is not None:
            self.accepted += 1
            self.recipients.setdefault(entry.channel, Counter())[entry.to] += 1

    def refuse(self, entry: Entry, error: str) -> None:
        """Note that the call was refused, with the platform's word for it."""
        entry.error = error
        self.refused[error] += 1

    def since(self, after: int, limit: int) -> list[Entry]:
        """Give at most `limit` entries whose seq is greater than `after`."""
        return self.entries[after : after + limit]

    def summary(self) -> dict[str, Any]:
        """Give how many messages were accepted for each recipient, and the totals."""
        totals = {
            "received": len(self.entries),
            "accepted": self.accepted,
            "refused": self.refused.total(),
            "errors": dict(self.refused),
        }
        return {"totals": totals, "recipients": {channel: dict(count) for channel, count in self.recipients.items()}}

    def _shared(self, text: str | None) -> str | None:
        """Keep one copy of a text said to many."""
        if text is None or len(self.texts) >= INTERNED_TEXTS:
            return self.texts.get(text, text) if text is not None else None
        return self.texts.setdefault(text, text)
