"""Tables of what is kept so that nothing counts people: a row for each day, and what is in trouble."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Id, Json, words


class TroubleKind(StrEnum):
    """What is wrong. Each has a name, `trouble.<kind>.name`; and a text for its beginning and its end, unless it is one
    of TOLD_ELSEWHERE: `trouble.<kind>.begun`, `trouble.<kind>.ended`."""

    SENDER_STOPPED = "sender_stopped"  # nothing leaves by it until an operator has looked
    SENDER_SLOWED = "sender_slowed"  # its platform keeps it waiting, or to a fraction of its rate
    BREAKER_OPEN = "breaker_open"  # it suddenly reaches far fewer people than usual
    DELIVERY_FALLING = "delivery_falling"  # it has reached fewer people than usual for a day
    OPT_OUT_SPIKE = "opt_out_spike"  # far more people than usual stopped after an announcement
    BULLETIN_HELD = "bulletin_held"  # a bulletin waits for an officer
    TEMPLATE_PAUSED = "template_paused"  # a provider took approved wording out of use


TOLD_ELSEWHERE = frozenset({TroubleKind.BULLETIN_HELD, TroubleKind.TEMPLATE_PAUSED})
"""Whoever begins these tells officers and staff groups in words of its own; they are kept for the week's report."""


class AgencyDay(Base):
    """One local day of an agency, written once when it is over: how many people were subscribed, and how that came.

    `joined` and `left` are those of the days since the row before. Whoever inserts the row counts.
    """

    __tablename__ = "agency_days"

    agency_id: Mapped[int] = mapped_column(ForeignKey("agencies.id"), primary_key=True)
    day: Mapped[str] = mapped_column(String(10), primary_key=True)  # "2026-11-24", in the agency's zone
    counted_at: Mapped[datetime]
    people: Mapped[int] = mapped_column(default=0)
    joined: Mapped[int] = mapped_column(default=0)
    left: Mapped[int] = mapped_column(default=0)
    by_locale: Mapped[dict[str, int]] = mapped_column(Json, default=dict)
    by_channel: Mapped[dict[str, int]] = mapped_column(Json, default=dict)  # who has two addresses counts twice
    by_topic: Mapped[dict[str, int]] = mapped_column(Json, default=dict)  # topic id -> people


class OptOut(Base):
    """How many people said stop within a day after an announcement reached them, and before another one did."""

    __tablename__ = "opt_outs"

    consignment_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)  # before there is one, too
    people: Mapped[int] = mapped_column(default=0)
    last_at: Mapped[datetime | None]


class Trouble(Base):
    """Something that is wrong with what `about` names. Told once when it begins and once when it ends."""

    __tablename__ = "troubles"
    __table_args__ = (
        UniqueConstraint("agency_id", "kind", "about", "is_open"),  # NULLs are no duplicates of each other
        Index("ix_troubles_agency_began", "agency_id", "began_at"),
        Index("ix_troubles_open", "is_open", "kind"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agencies.id"))
    kind: Mapped[TroubleKind] = mapped_column(words(TroubleKind))
    about: Mapped[str] = mapped_column(String(80))  # "sender:3", "broadcast:12"
    is_open: Mapped[bool | None] = mapped_column(default=True)  # null once it has ended
    details: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)  # what its texts say
    sender_id: Mapped[int | None] = mapped_column(Id)  # which may not reach anybody: others tell it, where there are
    officer_id: Mapped[int | None] = mapped_column(Id)  # whom it concerns besides administrators
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    is_news: Mapped[bool] = mapped_column(default=True, index=True)  # the officers do not know yet how it stands
    is_known: Mapped[bool] = mapped_column(default=False)  # they were told that it began


class Watch(Base):
    """When an agency was last looked at for trouble. Whoever moves it looks, so two clocks look once."""

    __tablename__ = "watches"

    agency_id: Mapped[int] = mapped_column(ForeignKey("agencies.id"), primary_key=True)
    looked_at: Mapped[datetime] = mapped_column(index=True)


class WeeklyReport(Base):
    """The report on one week of an agency. Whoever inserts the row writes it, so nobody else does."""

    __tablename__ = "weekly_reports"

    agency_id: Mapped[int] = mapped_column(ForeignKey("agencies.id"), primary_key=True)
    week: Mapped[str] = mapped_column(String(8), primary_key=True)  # "2026-W48", in the agency's zone
    letters: Mapped[int] = mapped_column(default=0)  # to how many chats it went
    created_at: Mapped[datetime]


class ChartOrder(Base):
    """Charts that somebody asked for: whoever takes the row away draws them and sends them."""

    __tablename__ = "chart_orders"
    __table_args__ = (UniqueConstraint("sender_id", "to"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agencies.id"))
    sender_id: Mapped[int] = mapped_column(ForeignKey("senders.id"))
    to: Mapped[str] = mapped_column(String(120))
    locale: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[datetime]
