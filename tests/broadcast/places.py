"""What tests of broadcasts start from: an agency with senders, topics, officers and subscribers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from broadcast import blocks, compose
from broadcast.audience import Rule
from broadcast.blocks import Block
from broadcast.models import Broadcast
from broadcast.states import Kind
from channels.contract import Limits
from delivery.models import Sender, WordingTemplate
from staff import agencies
from staff.models import Agency, Officer, Role
from subscribers.models import Address, Cadence, Subscriber, Subscription, Topic

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
LOCALES = ["en", "zh_Hans", "ms", "ta"]


def limits_of(channel: str) -> Limits:
    """Two channels: `free` may always write 4,096, `strict` 1,600 and outside its window 1,024 of approved wording."""
    is_strict = channel == "strict"
    return Limits(
        text_length=1600 if is_strict else 4096,
        template_length=1024 if is_strict else 4096,
        label_length=20,
        buttons=3,
        list_items=10,
        rate=80.0 if is_strict else 30.0,
        has_receipts=is_strict,
        has_read_receipts=is_strict,
        can_edit=not is_strict,
        delete_within=None,
        reply_window=timedelta(hours=24) if is_strict else None,
        needs_template=is_strict,
        paid_rate=None if is_strict else 1000.0,
        paid_price=0.1,
        paid_currency="shells",
    )


def cramped(channel: str) -> Limits:
    """The same two, where hardly a sentence has room: what leaves by itself does not fit."""
    return replace(limits_of(channel), text_length=60)


@dataclass
class Place:
    """An agency and what stands in it."""

    agency: Agency
    free: Sender
    strict: Sender
    topic: Topic
    author: Officer
    admin: Officer


def settle(session: Session, slug: str = "floods") -> Place:
    """An agency with one sender on each channel, a topic, an author and an admin."""
    agency = agencies.found(
        session,
        slug=slug,
        name="Flood Office",
        time_zone="Asia/Singapore",
        locales=LOCALES,
        allowed_locales=LOCALES,
        now=NOW,
    )
    free, strict = sender(session, agency, "free"), sender(session, agency, "strict")
    topic = Topic(agency_id=agency.id, key="river", names={"en": "River levels", "ta": "ஆற்று நீர்மட்டம்"})
    author = Officer(agency_id=agency.id, agency=agency, name="Siti", role=Role.AUTHOR, created_at=NOW)
    admin = Officer(agency_id=agency.id, agency=agency, name="Wei", role=Role.ADMIN, created_at=NOW)
    session.add_all([topic, author, admin])
    session.flush()
    for locale in LOCALES:
        template(session, strict, locale)
    return Place(agency, free, strict, topic, author, admin)


def sender(session: Session, agency: Agency, channel: str) -> Sender:
    """A sender of this agency."""
    made = Sender(
        agency_id=agency.id,
        key=f"{agency.slug}-{channel}",
        channel=channel,
        handle=f"{agency.slug}-{channel}",
        credentials=b"",
        created_at=NOW,
    )
    session.add(made)
    session.flush()
    return made


def template(session: Session, sender: Sender, locale: str) -> None:
    """The approved wording for announcements of a sender in a locale."""
    body = "Notice from us. {{1}}: {{2}} Reply STOP to stop."
    row = WordingTemplate(sender_id=sender.id, purpose="announcement", locale=locale, provider_id="HX", body=body)
    row.provider_id = f"HX-{locale}"
    session.add(row)
    session.flush()


def subscriber(
    session: Session,
    place: Place,
    *,
    at: Sequence[Sender],
    locale: str = "en",
    cadence: Cadence | None = Cadence.AT_ONCE,
    has_consented: bool = True,
) -> Subscriber:
    """A person with an address at each of these senders, the last written to last; no cadence: not the topic."""
    person = Subscriber(
        agency_id=place.agency.id, locale=locale, consented_at=NOW if has_consented else None, created_at=NOW
    )
    session.add(person)
    session.flush()
    for place_in_line, each in enumerate(at):
        address = Address(subscriber_id=person.id, agency_id=place.agency.id, sender_id=each.id, channel=each.channel)
        address.value, address.created_at = f"{each.id}:{person.id}", NOW
        address.last_inbound_at = NOW + timedelta(minutes=place_in_line)
        session.add(address)
    if cadence is not None:
        session.add(Subscription(subscriber_id=person.id, topic_id=place.topic.id, cadence=cadence, created_at=NOW))
    session.flush()
    return person


def ready(session: Session, place: Place, kind: Kind = Kind.NOTICE, text: str = "The river rises.") -> Broadcast:
    """A draft that may leave: English for everybody, on the topic."""
    made = compose.draft(session, place.agency, place.author, kind=kind, now=NOW)
    compose.set_topic(session, made, place.author, place.topic)
    compose.set_text(session, made, place.author, locale="en", text=text)
    compose.set_fallback(session, made, place.author, "en")
    return made


def rest_of(session: Session, rule: Rule, whole: Block, opened: Block, *, seed: int, size: int) -> list[Block]:
    """The blocks of everybody who is not in the opening, as a launch arranges them."""
    cut = [blocks.cut(session, rule, between, size=size) for between in blocks.around(whole, opened)]
    return blocks.arranged(cut, seed=seed)
