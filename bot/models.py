"""The table of open conversations."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Id, Json


class Conversation(Base):
    """Where the talk with one address stands. Its row is locked while a word of theirs is handled: one at a time."""

    __tablename__ = "conversations"
    __table_args__ = (Index("ix_conversations_sender_updated", "sender_id", "updated_at"),)  # what has to leave

    sender_id: Mapped[int] = mapped_column(Id, primary_key=True)
    address: Mapped[str] = mapped_column(String(120), primary_key=True)
    dialog: Mapped[str | None] = mapped_column(String(40))  # the open dialog's name
    data: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)  # what it remembers
    updated_at: Mapped[datetime]
    level: Mapped[float] = mapped_column(default=0.0)  # how full of words the last minute was (bot/floods.py)
    album: Mapped[str | None] = mapped_column(String(64))  # the last one they sent (bot/albums.py)
    is_slowed: Mapped[bool] = mapped_column(default=False)  # they were told that it is too much, and did not calm down
