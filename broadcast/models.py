"""Tables of broadcasts, their content, bulletins, the occurrences of these and of digests, and whom each is for."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from broadcast import schedule
from broadcast.states import Aftercare, Kind, Meaning, Note, Outcome, Ruling, State
from db.base import Base, Id, Json, words
from subscribers.models import Cadence


class Broadcast(Base):
    """One content said once to one audience. Officers call it by its `code`."""

    __tablename__ = "broadcasts"
    __table_args__ = (
        UniqueConstraint("agency_id", "code"),
        Index("ix_broadcasts_agency_state", "agency_id", "state"),
        Index("ix_broadcasts_topic_launched", "topic_id", "launched_at"),
        Index("ix_broadcasts_agency_launched", "agency_id", "launched_at"),
        Index("ix_broadcasts_corrects", "corrects_id"),
        Index("ix_broadcasts_state", "state"),  # what the clock looks for
        Index("ix_broadcasts_finished_at", "finished_at"),
        Index("ix_broadcasts_together", "together_id"),
        CheckConstraint("NOT is_drill OR (topic_id IS NULL AND segment IS NULL)", "drill_has_no_public"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agencies.id"))
    code: Mapped[str] = mapped_column(String(12))
    kind: Mapped[Kind] = mapped_column(words(Kind))
    state: Mapped[State] = mapped_column(words(State), default=State.DRAFT)
    topic_id: Mapped[int | None] = mapped_column(ForeignKey("topics.id"))  # null: everybody who consented
    is_drill: Mapped[bool] = mapped_column(default=False)  # for the drill list alone; said when it is begun, for ever
    prepared_id: Mapped[int | None] = mapped_column(Id)  # the prepared text it was made of, gone or not
    prepared_values: Mapped[dict[str, str]] = mapped_column(Json, default=dict)  # blank -> what was picked or typed
    area_ids: Mapped[list[int]] = mapped_column(Json, default=list)  # only these areas' people; empty: everywhere
    segment: Mapped[str | None]  # of all these only whom this text means; null: all (subscribers/segments)
    corrects_id: Mapped[int | None] = mapped_column(ForeignKey("broadcasts.id"))  # what this one puts right or repeats
    aftercare: Mapped[Aftercare | None] = mapped_column(words(Aftercare))  # how; null: a correction, if anything
    of_outcome: Mapped[Outcome | None] = mapped_column(words(Outcome))  # to whom of that one; null: by topic and areas
    fallback_locale: Mapped[str | None] = mapped_column(String(20))  # what locales without a text get; null: nothing
    media_id: Mapped[int | None] = mapped_column(ForeignKey("media.id"))  # what stands beside the text
    media_texts: Mapped[dict[str, str]] = mapped_column(Json, default=dict)  # locale -> what it shows, in words
    has_preview: Mapped[bool] = mapped_column(default=True)  # whether a link in it may show where it leads
    officer_id: Mapped[int | None] = mapped_column(ForeignKey("officers.id"))  # null: made by the clock
    editor_ids: Mapped[list[int]] = mapped_column(Json, default=list)  # officers who ever changed anything of it
    submissions: Mapped[int] = mapped_column(default=0)  # how often it was submitted: verdicts are about one time
    submitted_at: Mapped[datetime | None]
    lapses_at: Mapped[datetime | None]  # what was submitted is not decided by then, or its approval runs out
    approvers_needed: Mapped[int] = mapped_column(default=0)  # as it was submitted
    glass_reason: Mapped[str | None] = mapped_column(String(500))  # why it was sent without approval
    glass_officer_id: Mapped[int | None] = mapped_column(ForeignKey("officers.id"))  # by whom
    scheduled_at: Mapped[datetime | None]  # when the clock launches it
    scheduled_zone: Mapped[str | None] = mapped_column(String(64))  # in which that hour was said
    scheduled_by_id: Mapped[int | None] = mapped_column(ForeignKey("officers.id"))
    bulletin_id: Mapped[int | None] = mapped_column(ForeignKey("bulletins.id"))
    bulletin_cadence: Mapped[Cadence | None] = mapped_column(words(Cadence))  # whose it was when it was written
    digest_cadence: Mapped[Cadence | None] = mapped_column(words(Cadence))  # of a digest; for whom: its Holders
    together_id: Mapped[int | None] = mapped_column(ForeignKey("broadcasts.id"))  # the first of the same occurrence
    report_sender_id: Mapped[int | None] = mapped_column(Id)  # where the progress card goes
    report_to: Mapped[str | None] = mapped_column(String(120))
    confirmed_hash: Mapped[str | None] = mapped_column(String(64))  # of everything that will be sent
    audience_size: Mapped[int | None]  # people, frozen at launch
    created_at: Mapped[datetime]
    launched_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]  # also when it was cancelled
    reported_at: Mapped[datetime | None]  # when the progress card was last looked at
    reported_count: Mapped[int] = mapped_column(default=0)  # how many were settled then
    summarised_at: Mapped[datetime | None]  # when the final summary was written, once


class Content(Base):
    """What a broadcast says in one locale."""

    __tablename__ = "contents"

    broadcast_id: Mapped[int] = mapped_column(ForeignKey("broadcasts.id", ondelete="CASCADE"), primary_key=True)
    locale: Mapped[str] = mapped_column(String(20), primary_key=True)
    text: Mapped[str]


class PreparedText(Base):
    """An agency's words for one moment: an alert, or with a `meaning` what puts one right; approved by its hash."""

    __tablename__ = "prepared_texts"
    __table_args__ = (Index("ix_prepared_texts_agency", "agency_id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agencies.id"))
    name: Mapped[str] = mapped_column(String(30))
    meaning: Mapped[Meaning | None] = mapped_column(words(Meaning))  # null: an alert
    topic_id: Mapped[int | None] = mapped_column(ForeignKey("topics.id"))  # whom an alert is for; null: everybody
    texts: Mapped[dict[str, str]] = mapped_column(Json)  # locale -> text with its blanks
    fallback_locale: Mapped[str | None] = mapped_column(String(20))  # what locales without a text get; null: see below
    silent_locales: Mapped[list[str]] = mapped_column(Json, default=list)  # said to get nothing; any other is undecided
    editor_ids: Mapped[list[int]] = mapped_column(Json, default=list)
    approved_hash: Mapped[str | None] = mapped_column(String(64))  # of what was approved; an edit empties it
    approved_by_id: Mapped[int | None] = mapped_column(ForeignKey("officers.id"))
    approved_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Verdict(Base):
    """An approver's word on one submission of a broadcast: on exactly what has this fingerprint."""

    __tablename__ = "verdicts"
    __table_args__ = (UniqueConstraint("broadcast_id", "submission", "officer_id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    broadcast_id: Mapped[int] = mapped_column(ForeignKey("broadcasts.id", ondelete="CASCADE"))
    submission: Mapped[int]
    fingerprint: Mapped[str] = mapped_column(String(64))
    officer_id: Mapped[int] = mapped_column(ForeignKey("officers.id"))
    ruling: Mapped[Ruling] = mapped_column(words(Ruling))
    reason: Mapped[str | None] = mapped_column(String(500))
    at: Mapped[datetime]


class Plan(Base):
    """How far the launch of a broadcast has written its batches: the frozen audience in blocks, and the place in them.

    `first_id` and `last_id` freeze it (null: nobody was there). `blocks` are the first and the last id of each, in the
    order in which they leave: the opening alone at first, all of them once `is_surveyed`. Whoever moves `next_block`
    writes that block's batches in the same transaction, so each is written once.
    """

    __tablename__ = "plans"
    __table_args__ = (Index("ix_plans_open", "finished_at", "touched_at"),)

    broadcast_id: Mapped[int] = mapped_column(ForeignKey("broadcasts.id", ondelete="CASCADE"), primary_key=True)
    first_id: Mapped[int | None] = mapped_column(Id)
    last_id: Mapped[int | None] = mapped_column(Id)
    blocks: Mapped[list[tuple[int, int]]] = mapped_column(Json)
    is_surveyed: Mapped[bool] = mapped_column(default=False)
    next_block: Mapped[int] = mapped_column(default=0)
    positions: Mapped[dict[str, int]] = mapped_column(Json)  # sender id -> the next batch's place in that sender's line
    people: Mapped[int] = mapped_column(default=0)
    touched_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class Bulletin(Base):
    """A recurring broadcast on some topics: on some days at a local time, the announcements since the last one."""

    __tablename__ = "bulletins"
    __table_args__ = (UniqueConstraint("agency_id", "key"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agencies.id"))
    key: Mapped[str] = mapped_column(String(40))
    segment: Mapped[str | None]  # of the topics' people only whom this text means; null: all (subscribers/segments)
    cadence: Mapped[Cadence] = mapped_column(words(Cadence), default=Cadence.DAILY)  # whose it is: retelling.READERS
    local_time: Mapped[str] = mapped_column(String(5))  # "08:00"
    days: Mapped[list[int]] = mapped_column(Json, default=lambda: list(schedule.EVERY_DAY))  # 0 is Monday
    time_zone: Mapped[str] = mapped_column(String(64))
    introductions: Mapped[dict[str, str]] = mapped_column(Json)  # locale -> text
    parts: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)  # packed broadcast.parts; none: since_last
    hold_minutes: Mapped[int] = mapped_column(default=180)  # after its hour a held occurrence waits for an officer
    late_minutes: Mapped[int] = mapped_column(default=120)  # later than this it is held, and the officers are told
    created_at: Mapped[datetime]
    hours_since: Mapped[datetime | None]  # no earlier hour is its own; null: since it was created
    asked_at: Mapped[datetime | None]  # an officer wants one now: the clock runs it, once
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("officers.id"))
    stopped_at: Mapped[datetime | None]  # it runs no more, or not until it is resumed
    about: Mapped[list["BulletinTopic"]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", order_by="BulletinTopic.topic_id"
    )

    @property
    def topic_ids(self) -> list[int]:
        """The topics that it is about."""
        return [each.topic_id for each in self.about]


class BulletinTopic(Base):
    """A topic that a bulletin is about; no other is. It tells what was announced on it from `since` on."""

    __tablename__ = "bulletin_topics"
    __table_args__ = (Index("ix_bulletin_topics_bulletin", "bulletin_id"),)

    topic_id: Mapped[int] = mapped_column(ForeignKey("topics.id"), primary_key=True)
    bulletin_id: Mapped[int] = mapped_column(ForeignKey("bulletins.id", ondelete="CASCADE"))
    since: Mapped[datetime]


class Retold(Base):
    """What was announced on a topic from `since` until `until` was told by a bulletin that tells no more of it.

    `cadence` is the bulletin's: no digest says it again to whoever read it there.
    """

    __tablename__ = "retold"

    topic_id: Mapped[int] = mapped_column(ForeignKey("topics.id"), primary_key=True)
    cadence: Mapped[Cadence] = mapped_column(words(Cadence), primary_key=True)
    since: Mapped[datetime] = mapped_column(primary_key=True)
    until: Mapped[datetime]


class PreviewOrder(Base):
    """A preview of a bulletin that somebody asked for: whoever takes the row away, its feeds read, sends it."""

    __tablename__ = "preview_orders"
    __table_args__ = (UniqueConstraint("bulletin_id", "sender_id", "to"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    bulletin_id: Mapped[int] = mapped_column(ForeignKey("bulletins.id", ondelete="CASCADE"))
    sender_id: Mapped[int] = mapped_column(ForeignKey("senders.id"))
    to: Mapped[str] = mapped_column(String(120))
    locale: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[datetime]


class Occurrence(Base):
    """One run of a bulletin. Whoever inserts the row runs it, so nobody else does."""

    __tablename__ = "occurrences"
    __table_args__ = (
        UniqueConstraint("bulletin_id", "local_at"),
        Index("ix_occurrences_held_until", "held_until"),  # what the clock looks for
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    bulletin_id: Mapped[int] = mapped_column(ForeignKey("bulletins.id"))
    local_at: Mapped[str] = mapped_column(String(19))  # "2026-11-24T08:00", in the bulletin's zone
    due_at: Mapped[datetime]
    officer_id: Mapped[int | None] = mapped_column(ForeignKey("officers.id"))  # who asked for it or skipped it
    covered_until: Mapped[datetime]
    passed_over: Mapped[list[int]] = mapped_column(Json, default=list)  # announcements that were paused at the time
    broadcast_id: Mapped[int | None] = mapped_column(ForeignKey("broadcasts.id"))  # the first; null: none was sent
    note: Mapped[Note] = mapped_column(words(Note))
    readings: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)  # feed key -> what it said and was sent
    evidence: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)  # feed key -> why it is or was held
    held_until: Mapped[datetime | None]  # null: it waits for nobody
    settled_by_id: Mapped[int | None] = mapped_column(ForeignKey("officers.id"))  # who decided about a held one
    created_at: Mapped[datetime]


class DigestOccurrence(Base):
    """One run of an agency's daily or weekly digest. Whoever inserts the row runs it, so nobody else does."""

    __tablename__ = "digest_occurrences"

    agency_id: Mapped[int] = mapped_column(ForeignKey("agencies.id"), primary_key=True)
    cadence: Mapped[Cadence] = mapped_column(words(Cadence), primary_key=True)
    local_at: Mapped[str] = mapped_column(String(16), primary_key=True)  # "2026-11-24T18:00", in the agency's zone
    due_at: Mapped[datetime]
    covered_until: Mapped[datetime]
    passed_over: Mapped[list[int]] = mapped_column(Json, default=list)  # were paused at the time, or a bulletin's
    note: Mapped[Note] = mapped_column(words(Note))
    created_at: Mapped[datetime]


class Holders(Base):
    """For whom one broadcast of an occurrence is: who holds exactly `topics` among `among`, with one of `cadences`.

    Where `other_sets` are named, they are for whoever holds the one topic and none of these sets, each the sum of the
    bits of its topics: bit n is the n-th topic of `among`.
    """

    __tablename__ = "holders"

    broadcast_id: Mapped[int] = mapped_column(ForeignKey("broadcasts.id", ondelete="CASCADE"), primary_key=True)
    cadences: Mapped[list[str]] = mapped_column(Json)
    among: Mapped[list[int]] = mapped_column(Json)
    topics: Mapped[list[int]] = mapped_column(Json)
    other_sets: Mapped[list[int]] = mapped_column(Json, default=list)


class OutcomeLink(Base):
    """A link behind which an officer finds one file of one outcome, once. Only a hash of its token is kept."""

    __tablename__ = "outcome_links"
    __table_args__ = (Index("ix_outcome_links_expires_at", "expires_at"),)

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    broadcast_id: Mapped[int] = mapped_column(ForeignKey("broadcasts.id", ondelete="CASCADE"))
    outcome: Mapped[Outcome] = mapped_column(words(Outcome))
    officer_id: Mapped[int] = mapped_column(ForeignKey("officers.id"))
    expires_at: Mapped[datetime]
