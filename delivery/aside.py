"""Tables of what left the straight way: who waits for another attempt, went another way, came late; and enclosures."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Id


class Retry(Base):
    """One message that waits for another attempt. Those that are due are gathered into a new batch."""

    __tablename__ = "retries"
    __table_args__ = (Index("ix_retries_consignment_due", "consignment_id", "due_at"),)

    consignment_id: Mapped[int] = mapped_column(ForeignKey("consignments.id"), primary_key=True)
    subscriber_id: Mapped[int] = mapped_column(Id, primary_key=True)
    sender_id: Mapped[int] = mapped_column(Id)
    attempt: Mapped[int]  # the attempt that is to come
    due_at: Mapped[datetime]
    deadline_at: Mapped[datetime | None]  # of somebody who was postponed; null: the consignment's


class RetryCount(Base):
    """How many messages of a consignment were ever put among the retries, by the sender whose settlement did it.

    Those of them that are in no batch yet are those that wait, so nobody counts rows.
    """

    __tablename__ = "retry_counts"

    consignment_id: Mapped[int] = mapped_column(ForeignKey("consignments.id"), primary_key=True)
    sender_id: Mapped[int] = mapped_column(Id, primary_key=True)
    count: Mapped[int] = mapped_column(default=0)


class Postponement(Base):
    """How many people of a consignment wait for the end of their quiet hours at one instant; over once it has come.

    Who waits no more because they changed their quiet hours is taken off; a row may come to nobody.
    """

    __tablename__ = "postponements"

    consignment_id: Mapped[int] = mapped_column(ForeignKey("consignments.id"), primary_key=True)
    until: Mapped[datetime] = mapped_column(primary_key=True)
    count: Mapped[int] = mapped_column(default=0)


class Detour(Base):
    """A sender that could not reach somebody with another address: the message went on there and never comes back."""

    __tablename__ = "detours"

    consignment_id: Mapped[int] = mapped_column(ForeignKey("consignments.id"), primary_key=True)
    subscriber_id: Mapped[int] = mapped_column(Id, primary_key=True)
    sender_id: Mapped[int] = mapped_column(Id, primary_key=True)


class Latecomer(Base):
    """Who subscribed while an alert was in force and was handed it with our answer: no batch sends it to them again."""

    __tablename__ = "latecomers"

    consignment_id: Mapped[int] = mapped_column(Id, primary_key=True)  # no key: it may not be planned yet
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscribers.id", ondelete="CASCADE"), primary_key=True)
    at: Mapped[datetime]


class Enclosure(Base):
    """A file beside one letter, for its address alone. `token` is its unguessable place on our web, till it expires."""

    __tablename__ = "enclosures"

    letter_id: Mapped[int] = mapped_column(
        ForeignKey("letters.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    token: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    mime_type: Mapped[str] = mapped_column(String(80))
    content: Mapped[bytes]
    expires_at: Mapped[datetime] = mapped_column(index=True)  # what has to leave
