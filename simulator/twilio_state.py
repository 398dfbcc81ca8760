"""What Twilio remembers: messages and content templates."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from simulator.phones import Msg, Phone
from simulator.record import Entry

KEPT_MESSAGES = 300_000
"""How many messages can still be fetched by sid."""


@dataclass(slots=True)
class TwilioMessage:
    """A message resource."""

    sid: str
    account_sid: str
    sender: str
    """From and to as the API shows them, `whatsapp:+65...`."""
    to: str
    body: str
    direction: str
    status: str
    at: float
    updated_at: float
    sent_at: float | None = None
    callback_url: str = ""
    num_media: int = 0
    error_code: int | None = None
    error_message: str | None = None
    phone: Phone | None = None
    shown: Msg | None = None
    entry: Entry | None = None


@dataclass(slots=True)
class Content:
    """A Content resource and its WhatsApp approval (`unsubmitted` until somebody asks for one)."""

    sid: str
    account_sid: str
    friendly_name: str
    language: str
    variables: dict[str, str]
    types: dict[str, dict[str, Any]]
    at: float
    updated_at: float
    approval: str = "unsubmitted"
    name: str = ""
    category: str = ""
    rejection_reason: str = ""
    placeholders: frozenset[str] = field(default_factory=frozenset)

    @property
    def is_approved(self) -> bool:
        """Whether it may be sent outside the 24-hour window."""
        return self.approval == "approved"
