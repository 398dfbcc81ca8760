"""The table of feeds."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Id, words


class Form(StrEnum):
    """How the document of a feed is written."""

    JSON = "json"
    CSV = "csv"


class Feed(Base):
    """Where an agency's bulletins take data from, and what its gate lets pass. Called by its key.

    `spec` is a packed `feeds.specs.Spec`: what to read, where its time of origin stands, the gate.
    """

    __tablename__ = "feeds"
    __table_args__ = (UniqueConstraint("agency_id", "key"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agencies.id"))
    key: Mapped[str] = mapped_column(String(40))
    source: Mapped[str] = mapped_column(String(2000))  # http(s)://... or file:name, below the agency's folder
    form: Mapped[Form] = mapped_column(words(Form))
    spec: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
