"""The table of templates: wordings that a provider approves beforehand, and how far each is."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Id, Json, words
from delivery.states import Stage


class WordingTemplate(Base):
    """Wording for one purpose and locale of a sender. `body` has {{1}}, {{2}} as the provider does.

    The newest that is approved is in use. Who wrote it in chat is told how it goes, there (`report_sender_id`,
    `report_to`); what an operator noted is nobody's. `due_at` is when the provider is asked next, null: at once.
    """

    __tablename__ = "templates"
    __table_args__ = (
        Index("ix_templates_sender_purpose", "sender_id", "purpose", "locale"),
        Index("ix_templates_stage_due", "stage", "due_at"),  # what the clock looks for
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    sender_id: Mapped[int] = mapped_column(ForeignKey("senders.id"))
    purpose: Mapped[str] = mapped_column(String(40))
    locale: Mapped[str] = mapped_column(String(20))
    body: Mapped[str]
    stage: Mapped[Stage] = mapped_column(words(Stage), default=Stage.APPROVED)
    provider_id: Mapped[str | None] = mapped_column(String(80))  # null: the provider does not have it yet
    samples: Mapped[dict[str, str]] = mapped_column(Json, default=dict)  # variable -> what may stand there
    category: Mapped[str] = mapped_column(String(20), default="UTILITY")
    reason: Mapped[str] = mapped_column(String(300), default="")  # the provider's words for why not
    trouble: Mapped[str] = mapped_column(String(80), default="")  # why the provider could not be asked last time
    attempts: Mapped[int] = mapped_column(default=0)  # in a row that came to nothing
    officer_id: Mapped[int | None] = mapped_column(ForeignKey("officers.id"))
    report_sender_id: Mapped[int | None] = mapped_column(Id)
    report_to: Mapped[str | None] = mapped_column(String(120))
    written_at: Mapped[datetime | None]
    heard_at: Mapped[datetime | None]  # when the provider last said how far it is
    due_at: Mapped[datetime | None]
    leased_until: Mapped[datetime | None]  # somebody is asking right now
