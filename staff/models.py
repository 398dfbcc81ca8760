"""Tables of agencies, officers, their chat accounts, invitations and the audit log."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from db.base import Base, Id, Json, words

KEEP_DELIVERIES_DAYS = 90
KEEP_WORDS_DAYS = 30
DIGEST_TIME = "18:00"
FRIDAY = 4
ALERT_HOURS = 6
APPROVAL_HOURS = 24


class Role(StrEnum):
    """What an officer may do in an agency."""

    AUTHOR = "author"  # writes announcements and sends them where no approval is asked for
    APPROVER = "approver"  # the same, and approves what others wrote
    ADMIN = "admin"  # all of it, and invites officers
    AUDITOR = "auditor"  # reads everything, changes nothing


class Agency(Base):
    """A tenant: it owns everything below it, and nothing of it is ever seen by another."""

    __tablename__ = "agencies"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    slug: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    names: Mapped[dict[str, str]] = mapped_column(Json, default=dict)  # locale -> name, where it differs from `name`
    time_zone: Mapped[str] = mapped_column(String(64), default="Asia/Singapore")
    locales: Mapped[list[str]] = mapped_column(Json)  # the enabled ones, the first is the default
    keep_deliveries_days: Mapped[int] = mapped_column(default=KEEP_DELIVERIES_DAYS)  # who got what, since the launch
    keep_words_days: Mapped[int] = mapped_column(default=KEEP_WORDS_DAYS)  # what people said and were answered
    office_hours: Mapped[dict[str, Any] | None] = mapped_column(Json)  # helpdesk.hours.Hours; null: not said
    away_texts: Mapped[dict[str, str]] = mapped_column(Json, default=dict)  # locale -> what to say while it is closed
    digest_time: Mapped[str | None] = mapped_column(String(5), default=DIGEST_TIME)  # local; null: no digests
    digest_weekday: Mapped[int] = mapped_column(default=FRIDAY)  # of the weekly one; 0 is Monday
    digests_since: Mapped[datetime | None]  # what was said before is in no digest; null: since it was founded
    digests_set_at: Mapped[datetime | None]  # what was due before does not run; null: since it was founded
    alert_hours: Mapped[int] = mapped_column(default=ALERT_HOURS)  # so long who subscribes still gets an alert
    privacy: Mapped[dict[str, str]] = mapped_column(Json, default=dict)  # locale -> the agency's own privacy notice
    approval_rules: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)  # broadcast.policy.ApprovalRule
    prepared_is_approved: Mapped[bool] = mapped_column(default=False)  # what is made of approved texts needs no other
    approval_hours: Mapped[int] = mapped_column(default=APPROVAL_HOURS)  # so long an approval holds
    created_at: Mapped[datetime]

    def name_in(self, locale: str) -> str:
        """The agency's name as people of this language know it."""
        return self.names.get(locale, self.name)

    @property
    def every_name(self) -> tuple[str, ...]:
        """What the agency is called, in all languages."""
        return self.name, *self.names.values()


class Officer(Base):
    """A member of staff with one role in one agency."""

    __tablename__ = "officers"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agencies.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    role: Mapped[Role] = mapped_column(words(Role))
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]

    agency: Mapped[Agency] = relationship(lazy="joined")


class Account(Base):
    """A chat account that speaks for an officer: bound by an invitation, to one sender of the officer's own agency."""

    __tablename__ = "officer_accounts"
    __table_args__ = (UniqueConstraint("sender_id", "address"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officers.id"), index=True)
    sender_id: Mapped[int] = mapped_column(Id)
    address: Mapped[str] = mapped_column(String(120))
    bound_at: Mapped[datetime]
    cut_at: Mapped[datetime | None]  # since when it speaks for nobody: the phone was lost
    confirmed_at: Mapped[datetime | None]  # when a code was last typed here, or the one-time link opened

    officer: Mapped[Officer] = relationship(lazy="joined")


class Invitation(Base):
    """A one-time link. Only a hash of its code is kept."""

    __tablename__ = "invitations"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officers.id"), index=True)
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class StaffGroup(Base):
    """A group of an agency's staff, on an app that has them, in which a sender of the agency may write."""

    __tablename__ = "staff_groups"
    __table_args__ = (UniqueConstraint("sender_id", "address"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agencies.id"), index=True)
    sender_id: Mapped[int] = mapped_column(Id)
    address: Mapped[str] = mapped_column(String(120))
    title: Mapped[str] = mapped_column(String(255), default="")
    allowed_at: Mapped[datetime]


class GroupCode(Base):
    """What an administrator types in a group to allow it. Only a hash of it is kept."""

    __tablename__ = "group_codes"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officers.id"), index=True)
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class AuditEntry(Base):
    """One line for each thing an officer (or the command line: no officer) did. Never changed, never deleted."""

    __tablename__ = "audit_entries"
    __table_args__ = (UniqueConstraint("agency_id", "number"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agencies.id"))
    number: Mapped[int] = mapped_column(Id)  # in its agency: 1, 2, 3 ...
    officer_id: Mapped[int | None] = mapped_column(ForeignKey("officers.id"))
    at: Mapped[datetime]
    verb: Mapped[str] = mapped_column(String(60))  # "broadcast.launched"
    subject: Mapped[str] = mapped_column(String(80))  # "broadcast:12"
    details: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    digest: Mapped[str] = mapped_column(String(64))  # of the digest before it and of this line (chain.py)


class AuditHead(Base):
    """Where an agency's chain ends. Its row is locked while lines are written, so that the chain has no fork."""

    __tablename__ = "audit_heads"

    agency_id: Mapped[int] = mapped_column(ForeignKey("agencies.id"), primary_key=True)
    number: Mapped[int] = mapped_column(Id)
    digest: Mapped[str] = mapped_column(String(64))
