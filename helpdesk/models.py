"""Tables of an agency's prepared answers and of the questions that citizens had passed on."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Id, Json, words


class QuestionState(StrEnum):
    """Where a question stands. Set by the citizen (open), then once by one officer."""

    OPEN = "open"
    ANSWERED = "answered"
    CLOSED = "closed"  # needs no answer


class Answer(Base):
    """A prepared answer. `keywords`: locale -> words as the conversation normalises them; `texts`: locale -> answer."""

    __tablename__ = "answers"
    __table_args__ = (Index("ix_answers_agency_position", "agency_id", "position", "id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agencies.id"))
    keywords: Mapped[dict[str, list[str]]] = mapped_column(Json)
    texts: Mapped[dict[str, str]] = mapped_column(Json)
    position: Mapped[int] = mapped_column(default=0)
    updated_at: Mapped[datetime]


class Question(Base):
    """What a citizen asked and had passed on. It leaves after the agency's term for words."""

    __tablename__ = "questions"
    __table_args__ = (
        Index("ix_questions_agency_state", "agency_id", "state", "asked_at"),
        Index("ix_questions_agency_asked", "agency_id", "asked_at"),  # what has to leave
        Index("ix_questions_address", "sender_id", "address", "state"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agencies.id"))
    sender_id: Mapped[int] = mapped_column(Id)  # through whom they asked, and will be answered
    address: Mapped[str] = mapped_column(String(120))
    subscriber_id: Mapped[int] = mapped_column(Id, index=True)  # no key: the person may be forgotten
    locale: Mapped[str] = mapped_column(String(20))
    text: Mapped[str]
    asked_at: Mapped[datetime]
    state: Mapped[QuestionState] = mapped_column(words(QuestionState), default=QuestionState.OPEN)
    officer_id: Mapped[int | None] = mapped_column(ForeignKey("officers.id"))  # who answered or closed it
    answer: Mapped[str | None]
    settled_at: Mapped[datetime | None]
