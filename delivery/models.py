"""Tables of senders and of everything on its way: consignments, batches, deliveries, letters (retries: aside.py)."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from channels.contract import MediaKind
from db.base import Base, Id, Json, words
from delivery.aside import Detour as Detour
from delivery.aside import Enclosure as Enclosure
from delivery.aside import Latecomer as Latecomer
from delivery.aside import Postponement as Postponement
from delivery.aside import Retry as Retry
from delivery.aside import RetryCount as RetryCount
from delivery.figures import CurvePoint as CurvePoint
from delivery.figures import Reason as Reason
from delivery.figures import Tally as Tally
from delivery.preapproved import WordingTemplate as WordingTemplate
from delivery.states import Aim, BatchState, ConsignmentState, DeliveryState, DoubtPolicy, Lane, LetterState

_SHOWS_MEDIA = text("media_id IS NOT NULL")  # few letters do


class Sender(Base):
    """The identity we write from: a bot or a number of one agency, with its credentials (encrypted) and its rate.

    `key` stands in the address of our door and is no secret. `held_until` and `pace` are the brakes' memory.
    """

    __tablename__ = "senders"
    __table_args__ = (UniqueConstraint("channel", "handle"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agencies.id"), index=True)
    key: Mapped[str] = mapped_column(String(40), unique=True)
    channel: Mapped[str] = mapped_column(String(20))
    handle: Mapped[str] = mapped_column(String(120))
    credentials: Mapped[bytes]
    rate: Mapped[float | None]  # messages a second; null: the channel's default
    held_until: Mapped[datetime | None]  # the provider asked us to wait
    pace: Mapped[float] = mapped_column(default=1.0)  # share of the rate in use when the last hold ended, 0 to 1
    is_paid: Mapped[bool] = mapped_column(default=False)  # alerts leave as paid messages, where the channel sells them
    paid_rate: Mapped[float | None]  # messages a second when paid; null: the channel's default
    stopped_at: Mapped[datetime | None]  # Misconfigured: nothing leaves until an operator has looked
    stopped_reason: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime]


class Consignment(Base):
    """What a broadcast handed to the post office. Its id is the broadcast's."""

    __tablename__ = "consignments"
    __table_args__ = (
        Index("ix_consignments_state", "state"),  # what the clock looks for
        Index("ix_consignments_agency_state_created", "agency_id", "state", "created_at"),  # what has to leave
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agencies.id"))
    lane: Mapped[Lane] = mapped_column(words(Lane))
    state: Mapped[ConsignmentState] = mapped_column(words(ConsignmentState))
    policy: Mapped[DoubtPolicy] = mapped_column(words(DoubtPolicy))
    aim: Mapped[Aim] = mapped_column(words(Aim), default=Aim.ANNOUNCE)
    of_ids: Mapped[list[int]] = mapped_column(Json, default=list)  # the consignments that the aim is about
    topic_id: Mapped[int | None] = mapped_column(Id)  # who does not (any more) hold this topic gets nothing; null: all
    topic_ids: Mapped[list[int]] = mapped_column(Json, default=list)  # who left one of them gets nothing
    cadences: Mapped[list[str]] = mapped_column(Json)  # with which cadence they must hold it
    area_ids: Mapped[list[int]] = mapped_column(Json, default=list)  # who chose others only gets nothing; empty: all
    segment: Mapped[str | None]  # whom this text does not (any more) mean gets nothing; null: all
    is_drill: Mapped[bool] = mapped_column(default=False)  # only who is on the drill list now gets anything
    deadline_at: Mapped[datetime]  # nothing is retried after this
    media_id: Mapped[int | None] = mapped_column(ForeignKey("media.id"))  # what stands beside every wording
    is_planned: Mapped[bool] = mapped_column(default=False)  # every batch has been written
    launched_at: Mapped[datetime]  # the start of its time-to-reach curve
    created_at: Mapped[datetime]
    sealed_at: Mapped[datetime | None]  # when its term was over: from then on receipts are ignored
    counted_at: Mapped[datetime | None]  # when its reasons and the two figures below were written for good
    people: Mapped[int | None]
    doubted: Mapped[int | None]


class Wording(Base):
    """What one consignment says in one locale through one sender, and the template for outside the reply window."""

    __tablename__ = "wordings"

    consignment_id: Mapped[int] = mapped_column(ForeignKey("consignments.id"), primary_key=True)
    sender_id: Mapped[int] = mapped_column(ForeignKey("senders.id"), primary_key=True)
    locale: Mapped[str] = mapped_column(String(20), primary_key=True)
    text: Mapped[str]
    template_id: Mapped[str | None] = mapped_column(String(80))  # the provider's
    variables: Mapped[dict[str, str]] = mapped_column(Json, default=dict)
    alternative: Mapped[str] = mapped_column(default="")  # what the consignment's media shows, in words
    without_media: Mapped[str] = mapped_column(default="")  # the text for whoever does not see them
    has_preview: Mapped[bool] = mapped_column(default=True)  # whether a link in it may show where it leads


class MediaItem(Base):
    """A picture, document or location of an agency, each kept once. `token` is its unguessable place on our web.

    The content stays until `needed_until`, and so long our web shows it; null: it has gone, and the rest stays as the
    record of what stood beside an announcement (`broadcast.attaching.forget` knows who points here). Handles stay good
    without it.
    """

    __tablename__ = "media"
    __table_args__ = (
        UniqueConstraint("agency_id", "sha256"),
        Index("ix_media_needed_until", "needed_until"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agencies.id"))
    kind: Mapped[MediaKind] = mapped_column(words(MediaKind))
    sha256: Mapped[str] = mapped_column(String(64))  # of the kind and the content
    token: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(120), default="")
    mime_type: Mapped[str] = mapped_column(String(80), default="")
    size: Mapped[int] = mapped_column(default=0)  # bytes
    content: Mapped[bytes | None] = mapped_column(deferred=True)  # 10 MB at most; null: a location, or forgotten
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    title: Mapped[str] = mapped_column(String(120), default="")
    needed_until: Mapped[datetime | None]
    created_at: Mapped[datetime]


class MediaHandle(Base):
    """A provider's name for media that one sender has uploaded: good for every later message of that sender."""

    __tablename__ = "media_handles"

    media_id: Mapped[int] = mapped_column(ForeignKey("media.id", ondelete="CASCADE"), primary_key=True)
    sender_id: Mapped[int] = mapped_column(ForeignKey("senders.id"), primary_key=True)
    handle: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]


class Batch(Base):
    """A slice of a frozen audience that one worker leases: subscriber ids, packed as little-endian 64-bit integers.

    recipients[:cursor] are settled; recipients[cursor:marked] are the intent mark: they may be on their way right now.
    Everything is written only where `epoch` still stands (the fence).
    """

    __tablename__ = "batches"
    __table_args__ = (
        Index("ix_batches_work", "sender_id", "state", "lane_rank", "position"),
        Index("ix_batches_consignment", "consignment_id", "state"),
        Index("ix_batches_lease", "state", "lease_until"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    consignment_id: Mapped[int] = mapped_column(ForeignKey("consignments.id"))
    sender_id: Mapped[int] = mapped_column(ForeignKey("senders.id"))
    lane_rank: Mapped[int]
    position: Mapped[int]
    attempt: Mapped[int] = mapped_column(default=1)
    recipients: Mapped[bytes]  # on PostgreSQL kept beside the row, uncompressed (db.longvalues)
    size: Mapped[int]
    cursor: Mapped[int] = mapped_column(default=0)
    marked: Mapped[int] = mapped_column(default=0)
    doubted: Mapped[int] = mapped_column(default=0)  # how many were found in doubt after a crash
    stalled: Mapped[int] = mapped_column(default=0)  # leases in a row that found an intent mark nobody had settled
    state: Mapped[BatchState] = mapped_column(words(BatchState), default=BatchState.READY)
    epoch: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None]
    deadline_at: Mapped[datetime | None]  # of people who were postponed; null: the consignment's
    created_at: Mapped[datetime]


class Delivery(Base):
    """What happened to one message for one subscriber: written once its outcome is known, merged with every receipt.

    On PostgreSQL in ranges of consignments, so that old ones can be dropped whole (docs/adr/0011).
    """

    __tablename__ = "deliveries"
    __table_args__ = {"postgresql_partition_by": "RANGE (consignment_id)"}

    consignment_id: Mapped[int] = mapped_column(Id, primary_key=True)
    subscriber_id: Mapped[int] = mapped_column(Id, primary_key=True)
    sender_id: Mapped[int] = mapped_column(Id)
    state: Mapped[DeliveryState] = mapped_column(words(DeliveryState))
    attempt: Mapped[int]
    reason: Mapped[str | None] = mapped_column(String(40))  # our word: the refusal's name, or why it was withheld
    code: Mapped[str | None] = mapped_column(String(40))  # the provider's word
    provider_id: Mapped[str | None] = mapped_column(String(80))
    accepted_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    read_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]


class ReachCount(Base):
    """How many a sender sent in one slot of seconds, and how many addresses it could not reach; kept for minutes."""

    __tablename__ = "reach_counts"

    sender_id: Mapped[int] = mapped_column(ForeignKey("senders.id"), primary_key=True)
    slot: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    sent: Mapped[int] = mapped_column(default=0)
    unreachable: Mapped[int] = mapped_column(default=0)


class Breaker(Base):
    """Whether a sender's failures are held against addresses (closed) or not (open), and which share is usual.

    Whoever decides on strikes locks it first.
    """

    __tablename__ = "breakers"

    sender_id: Mapped[int] = mapped_column(ForeignKey("senders.id"), primary_key=True, autoincrement=False)
    usual_sent: Mapped[int] = mapped_column(default=0)
    usual_unreachable: Mapped[int] = mapped_column(default=0)
    opened_at: Mapped[datetime | None]
    share: Mapped[float] = mapped_column(default=0.0)  # unreachable of what was sent when it opened, 0 to 1


class Process(Base):
    """A process of ours that was alive a moment ago: what it runs, and where. It says so itself every few seconds."""

    __tablename__ = "processes"

    name: Mapped[str] = mapped_column(String(120), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))  # up, web, worker or clock
    host: Mapped[str] = mapped_column(String(80))
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]


class Letter(Base):
    """One message for one address that is no broadcast: a reply, a farewell, an officer's progress card.

    Letters of one address leave in the order of their ids. A letter with a `key` is a card: writing it again changes
    the one message (`revision` says how often), by an edit where the channel can. `edits` is the provider's id of a
    message this letter replaces.
    """

    __tablename__ = "letters"
    __table_args__ = (
        UniqueConstraint("sender_id", "key"),
        Index("ix_letters_work", "state", "due_at"),
        Index("ix_letters_address", "sender_id", "to", "state", "id"),
        Index("ix_letters_agency_created", "agency_id", "created_at"),  # what has to leave
        Index("ix_letters_media", "media_id", postgresql_where=_SHOWS_MEDIA),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agencies.id"))
    sender_id: Mapped[int] = mapped_column(ForeignKey("senders.id"))
    to: Mapped[str] = mapped_column(String(120))
    key: Mapped[str | None] = mapped_column(String(80))
    edits: Mapped[str | None] = mapped_column(String(80))
    text: Mapped[str]
    choices: Mapped[list[Any]] = mapped_column(Json, default=list)  # [key, label, is_selected]
    columns: Mapped[int] = mapped_column(default=1)
    list_label: Mapped[str] = mapped_column(String(40), default="")
    template_id: Mapped[str | None] = mapped_column(String(80))  # the provider's; it leaves instead of the text
    variables: Mapped[dict[str, str]] = mapped_column(Json, default=dict)
    media_id: Mapped[int | None] = mapped_column(ForeignKey("media.id"))
    alternative: Mapped[str] = mapped_column(default="")
    encloses: Mapped[bool] = mapped_column(default=False)  # a file for this address alone (delivery/enclosures.py)
    heeds_stop: Mapped[bool] = mapped_column(default=False)  # a stop said since it was written withholds it
    state: Mapped[LetterState] = mapped_column(words(LetterState), default=LetterState.WAITING)
    revision: Mapped[int] = mapped_column(default=1)
    is_again: Mapped[bool] = mapped_column(default=False)  # a card that may be sent anew where it cannot be edited
    attempt: Mapped[int] = mapped_column(default=0)
    epoch: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
    woken_at: Mapped[datetime | None]  # when the clock last had it sent, because its own wake-up seems lost
    lease_until: Mapped[datetime | None]
    provider_id: Mapped[str | None] = mapped_column(String(80))
    reason: Mapped[str | None] = mapped_column(String(40))
    code: Mapped[str | None] = mapped_column(String(40))
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
