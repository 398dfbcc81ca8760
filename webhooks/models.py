"""The table of calls kept at the door."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Id, words


class CallState(StrEnum):
    """Where a kept call is."""

    WAITING = "waiting"  # set at the door
    HANDLED = "handled"  # set with everything that followed from it
    FAILED = "failed"  # set after several attempts: an operator looks, and replays
    MALFORMED = "malformed"  # set at the door: genuine, and unreadable


class Call(Base):
    """One event of one provider's call, raw, as it arrived; unique by the provider's own id of the event."""

    __tablename__ = "calls"
    __table_args__ = (
        UniqueConstraint("sender_id", "event_id"),
        Index("ix_calls_work", "state", "sender_id", "address", "id"),
        Index("ix_calls_sender_received", "sender_id", "received_at"),  # what has to leave
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    sender_id: Mapped[int] = mapped_column(Id)
    event_id: Mapped[str] = mapped_column(String(120))
    address: Mapped[str | None] = mapped_column(String(120))
    url: Mapped[str]
    content_type: Mapped[str] = mapped_column(String(120), default="")
    body: Mapped[bytes]
    state: Mapped[CallState] = mapped_column(words(CallState), default=CallState.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(String(200))
    received_at: Mapped[datetime]
    woken_at: Mapped[datetime | None]  # when the clock last had it done, because its own wake-up seems lost
    handled_at: Mapped[datetime | None]
