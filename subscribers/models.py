"""Tables of subscribers, addresses, topics, links, subscriptions, consent and suppression."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from db.base import Base, Id, Json, words


class Cadence(StrEnum):
    """How often a subscriber wants to hear of a topic. An alert is always at once."""

    AT_ONCE = "at_once"
    DAILY = "daily"  # in the daily digest, or the topic's own bulletin
    WEEKLY = "weekly"  # in the weekly digest
    ALERTS = "alerts"  # alerts only


class ConsentKind(StrEnum):
    """What a line of the consent record says."""

    GRANTED = "granted"
    WITHDRAWN = "withdrawn"


class Source(StrEnum):
    """Where somebody's word reached us."""

    CHAT = "chat"  # they wrote or tapped it themselves
    IMPORT = "import"  # an agency proved it with a file
    PROVIDER = "provider"  # the platform passed it on (an opt-out it keeps itself)


class SuppressionReason(StrEnum):
    """Why nobody may write to an address: a fact about it, not the person's word."""

    BLOCKED = "blocked"  # the platform says that they blocked us; lifted by any word of theirs
    INVALID = "invalid"  # there is nobody at this address
    LEGAL = "legal"  # an officer or a court said so; only an officer lifts it


_ARRIVED = text("link_id IS NOT NULL")  # most people came by no link
_JOINED = text("merged_into_id IS NOT NULL")  # few were ever joined, so it is small
_WITHDRAWN = text("kind = 'withdrawn'")  # few lines are
_TO_BE_TOLD = text("announce_return_at IS NOT NULL")  # few are paused


class Subscriber(Base):
    """A person who may hear from us, or once did.

    `consented_at` is the sum of the consent record (null: we may not write), kept here because every send asks for it.
    """

    __tablename__ = "subscribers"
    __table_args__ = (
        Index("ix_subscribers_agency_consented", "agency_id", "consented_at", "id"),
        Index("ix_subscribers_agency", "agency_id", "id"),  # an audience is walked by id
        # What these hold is not said of SQLite, whose dialect every process would load.
        Index("ix_subscribers_announce_return_at", "announce_return_at", postgresql_where=_TO_BE_TOLD),
        Index("ix_subscribers_merged_into_id", "merged_into_id", postgresql_where=_JOINED),
        Index("ix_subscribers_link", "link_id", "consented_at", postgresql_where=_ARRIVED),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agencies.id"))
    locale: Mapped[str] = mapped_column(String(20))
    is_locale_chosen: Mapped[bool] = mapped_column(default=False)  # False: only guessed from the platform's hint
    consented_at: Mapped[datetime | None]
    quiet_from: Mapped[int | None]  # minutes of the local day; nothing but alerts and replies from here ...
    quiet_until: Mapped[int | None]  # ... to here, over midnight where it is the smaller one
    paused_until: Mapped[datetime | None]  # nothing but replies before then
    announce_return_at: Mapped[datetime | None]  # when they are to be told that the pause is about to end ...
    pause_announced_at: Mapped[datetime | None]  # ... and when they were
    wants_media: Mapped[bool] = mapped_column(default=True)
    preferred_address_id: Mapped[int | None] = mapped_column(Id)  # null: the one they wrote to last
    merged_into_id: Mapped[int | None] = mapped_column(Id)  # who they turned out to be: this row speaks for nobody
    replaced_locale: Mapped[str | None] = mapped_column(String(20))  # that one's language, where theirs took its place
    link_id: Mapped[int | None] = mapped_column(Id)  # the first link they arrived by
    created_at: Mapped[datetime]

    addresses: Mapped[list["Address"]] = relationship(back_populates="subscriber")


class Address(Base):
    """One way to reach one subscriber through one sender. `value` is the platform's opaque string."""

    __tablename__ = "addresses"
    __table_args__ = (
        UniqueConstraint("sender_id", "value"),
        Index("ix_addresses_agency_subscriber", "agency_id", "subscriber_id"),  # an audience is read by ranges of ids
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscribers.id", ondelete="CASCADE"), index=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agencies.id"))
    sender_id: Mapped[int] = mapped_column(Id)
    channel: Mapped[str] = mapped_column(String(20))
    value: Mapped[str] = mapped_column(String(120))
    own_subscriber_id: Mapped[int | None] = mapped_column(Id)  # whose it was before it was joined to somebody else's
    person_key: Mapped[str | None] = mapped_column(String(150))  # the platform's own id of the person, if it tells one
    last_inbound_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    subscriber: Mapped[Subscriber] = relationship(back_populates="addresses", lazy="joined")


class Topic(Base):
    """Something one can subscribe to. `names` is locale -> name; `key` is what officers and imports type."""

    __tablename__ = "topics"
    __table_args__ = (UniqueConstraint("agency_id", "key"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agencies.id"))
    key: Mapped[str] = mapped_column(String(40))
    names: Mapped[dict[str, str]] = mapped_column(Json)
    position: Mapped[int] = mapped_column(default=0)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("topics.id"))  # the topic it belongs to; two deep at most

    def name_in(self, locale: str) -> str:
        """The topic's name in a language, in English where that is missing."""
        return self.names.get(locale) or self.names.get("en") or self.key


class Link(Base):
    """What an opaque key stands for: a topic, a campaign source (the agency's own label), a language; each optional.

    The key is all that a deep link or a QR code carries, and it opens nothing: it only says what to offer first.
    """

    __tablename__ = "links"
    __table_args__ = (Index("ix_links_agency", "agency_id", "id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agencies.id"))
    key: Mapped[str] = mapped_column(String(16), unique=True)
    topic_id: Mapped[int | None] = mapped_column(ForeignKey("topics.id"))
    source: Mapped[str] = mapped_column(String(60), default="")
    locale: Mapped[str | None] = mapped_column(String(20))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]  # from then on it is an ordinary hello; null: never


class Area(Base):
    """A district of an agency. `names` is locale -> name; `key` is what officers and imports type."""

    __tablename__ = "areas"
    __table_args__ = (UniqueConstraint("agency_id", "key"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agencies.id"))
    key: Mapped[str] = mapped_column(String(40))
    names: Mapped[dict[str, str]] = mapped_column(Json)
    position: Mapped[int] = mapped_column(default=0)

    def name_in(self, locale: str) -> str:
        """The area's name in a language, in English where that is missing."""
        return self.names.get(locale) or self.names.get("en") or self.key


class AreaChoice(Base):
    """Subscriber x area: where they want to hear of. Nobody's choice means everywhere."""

    __tablename__ = "area_choices"
    __table_args__ = (Index("ix_area_choices_area", "area_id", "subscriber_id"),)

    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscribers.id", ondelete="CASCADE"), primary_key=True)
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"), primary_key=True)


class Segment(Base):
    """A segment that an agency saved by name. `text` is in its one canonical form (segments.tree.show)."""

    __tablename__ = "segments"
    __table_args__ = (UniqueConstraint("agency_id", "key"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agencies.id"))
    key: Mapped[str] = mapped_column(String(60))  # the name as it is compared: in lower case, full-width made half
    name: Mapped[str] = mapped_column(String(30))
    text: Mapped[str]
    created_at: Mapped[datetime]


class Subscription(Base):
    """Subscriber x topic, with a cadence."""

    __tablename__ = "subscriptions"
    __table_args__ = (Index("ix_subscriptions_topic_subscriber", "topic_id", "subscriber_id", "cadence"),)

    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscribers.id", ondelete="CASCADE"), primary_key=True)
    topic_id: Mapped[int] = mapped_column(ForeignKey("topics.id"), primary_key=True)
    cadence: Mapped[Cadence] = mapped_column(words(Cadence), default=Cadence.AT_ONCE)
    created_at: Mapped[datetime]


class Consent(Base):
    """One line of the consent record: what, when, how, in which wording, by which message. Only ever appended to."""

    __tablename__ = "consents"
    __table_args__ = (
        Index("ix_consents_subscriber_at", "subscriber_id", "at"),
        Index("ix_consents_withdrawn", "agency_id", "at", postgresql_where=_WITHDRAWN),  # who stopped in some time
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agencies.id"))
    subscriber_id: Mapped[int] = mapped_column(Id)  # no key: the record outlives the person's row
    kind: Mapped[ConsentKind] = mapped_column(words(ConsentKind))
    at: Mapped[datetime]
    source: Mapped[Source] = mapped_column(words(Source))
    wording: Mapped[str]  # the text they agreed to or the words they used, as they saw or typed it
    evidence: Mapped[dict[str, Any]] = mapped_column(Json)  # message id, file and row, ...


class Suppression(Base):
    """An address nobody may write to, or, with an `until`, one in quarantine: broadcasts leave it out until then.

    `struck_at` stands where failed sends led here (null: the person's own act, or an officer's), `strikes` says how
    many. Then `at` is the first of them.
    """

    __tablename__ = "suppressions"
    __table_args__ = (UniqueConstraint("sender_id", "value"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agencies.id"))
    sender_id: Mapped[int] = mapped_column(Id)
    value: Mapped[str] = mapped_column(String(120))
    reason: Mapped[SuppressionReason] = mapped_column(words(SuppressionReason))
    detail: Mapped[str] = mapped_column(String(200), default="")
    at: Mapped[datetime]
    until: Mapped[datetime | None]
    strikes: Mapped[int] = mapped_column(default=0)
    struck_at: Mapped[datetime | None]


class JoinCode(Base):
    """What one app shows and another is told, so that both belong to one person. Only a hash of it is kept."""

    __tablename__ = "join_codes"
    __table_args__ = (UniqueConstraint("agency_id", "code_hash"),)

    address_id: Mapped[int] = mapped_column(
        ForeignKey("addresses.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    agency_id: Mapped[int] = mapped_column(ForeignKey("agencies.id"))
    code_hash: Mapped[str] = mapped_column(String(64))
    expires_at: Mapped[datetime] = mapped_column(index=True)  # what has to leave


class JoinGuess(Base):
    """A code that led nowhere. Rows of the last minutes say whether somebody tries too often."""

    __tablename__ = "join_guesses"
    __table_args__ = (
        Index("ix_join_guesses_agency_at", "agency_id", "at"),
        Index("ix_join_guesses_address_at", "address_id", "at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agencies.id"))
    address_id: Mapped[int] = mapped_column(Id)
    at: Mapped[datetime] = mapped_column(index=True)  # what has to leave


class Tombstone(Base):
    """An address whose person had everything about them deleted: a hash of it, so that no file brings it back."""

    __tablename__ = "tombstones"

    sender_id: Mapped[int] = mapped_column(Id, primary_key=True)
    value_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    at: Mapped[datetime]


class DrillMember(Base):
    """Somebody on an agency's drill list, who joined it by themselves: drills go to these people and to nobody else."""

    __tablename__ = "drill_members"
    __table_args__ = (Index("ix_drill_members_agency", "agency_id", "subscriber_id"),)

    subscriber_id: Mapped[int] = mapped_column(
        ForeignKey("subscribers.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    agency_id: Mapped[int] = mapped_column(ForeignKey("agencies.id"))
    joined_at: Mapped[datetime]


class DrillLink(Base):
    """A one-time way onto the drill list, made by an officer. Only a hash of its code is kept."""

    __tablename__ = "drill_links"
    __table_args__ = (Index("ix_drill_links_agency", "agency_id"),)

    code_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agencies.id"))
    officer_id: Mapped[int] = mapped_column(Id)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class ExportLink(Base):
    """A way, open for minutes, to fetch what we hold about somebody: each of its files once. Only a hash is kept."""

    __tablename__ = "export_links"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agencies.id"))
    address_id: Mapped[int] = mapped_column(ForeignKey("addresses.id", ondelete="CASCADE"), unique=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    taken: Mapped[list[str]] = mapped_column(Json, default=list)  # the files that were fetched
    expires_at: Mapped[datetime] = mapped_column(index=True)  # what has to leave
