"""A crowd over both channels and four languages, and the two books to compare: the platforms' record, our ledger."""

import csv
import io
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from channels import registry
from delivery.models import Batch, Consignment, Sender, Tally
from subscribers.models import Address, Consent, ConsentKind, Source, Subscriber, Subscription
from tests.journeys.town import Person, Town

LANGUAGES = ["en", "zh-hans", "ms", "ta"]
LOCALES = ["en", "zh_Hans", "ms", "ta"]
AGREED_AT = datetime(2026, 1, 1, tzinfo=UTC)
AGREED = {"kind": ConsentKind.GRANTED, "source": Source.IMPORT, "wording": "a form", "evidence": dict[str, str]()}


def settle_in(
    place: Town,
    each: int,
    rate: float,
    channels: Sequence[str] = ("telegram", "whatsapp"),
    *,
    is_imported: bool = False,
) -> Person:
    """So many people on each channel, our senders' rate, and an officer.

    They are there (`move_in`), or come by `loudhailer import` as an agency's would, which takes 5 to 10 ms each.
    """
    take_in = import_people if is_imported else move_in
    for channel in channels:
        bot = place.bots[channel]
        place.simulator.limits(bot=bot, rate=2 * rate)
        phones = place.simulator.new_phones(each, channel, LANGUAGES, started_with=bot)
        place.simulator.close_windows(bot)
        take_in(place, channel, phones)
    set_rate(place, rate)
    return place.officer()


def set_rate(place: Town, rate: float) -> None:
    """How many messages a second each of our senders may send."""
    with place.sessions.begin() as session:
        for sender in session.scalars(select(Sender).where(Sender.agency_id == place.cast.agency.id)):
            sender.rate = rate


def move_in(place: Town, channel: str, phones: list[str]) -> None:
    """The rows that an import would leave."""
    agency_id, sender, topic_id = place.cast.agency.id, getattr(place.cast, channel), place.topic("flood")
    with place.sessions.begin() as session:
        new = [
            Subscriber(
                agency_id=agency_id,
                locale=LOCALES[number % 4],
                is_locale_chosen=True,
                consented_at=AGREED_AT,
                created_at=AGREED_AT,
            )
            for number in range(len(phones))
        ]
        session.add_all(new)
        session.flush()
        for person, phone in zip(new, phones, strict=True):
            kept = {"subscriber_id": person.id, "agency_id": agency_id}
            value = registry.limits(channel).address_prefix + address_of(channel, phone)
            session.add_all(
                [
                    Address(**kept, sender_id=sender.id, channel=channel, value=value, created_at=AGREED_AT),
                    Subscription(subscriber_id=person.id, topic_id=topic_id, created_at=AGREED_AT),
                    Consent(
                        **kept, kind=ConsentKind.GRANTED, at=AGREED_AT, source=Source.IMPORT, wording="", evidence={}
                    ),
                ]
            )


def address_of(channel: str, phone: str) -> str:
    """What a phone is called on its platform."""
    value = phone.partition("-")[2]
    return value if channel == "telegram" else f"+{value}"


def import_people(place: Town, channel: str, phones: list[str]) -> None:
    """`loudhailer import` with a row for each phone."""
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(["channel", "address", "locale", "topics", "consented_at", "proof"])
    for number, phone in enumerate(phones):
        agreed = [LOCALES[number % 4], "flood", AGREED_AT.isoformat(), f"form {number}"]
        rows.writerow([channel, address_of(channel, phone), *agreed])
    slug = place.cast.agency.slug
    path = place.folder / f"{slug}-{channel}.csv"
    path.write_text(text.getvalue(), encoding="utf-8")
    done = place.typed("import", slug, str(path))
    assert f"{len(phones)} taken in, 0 known already, 0 refused" in done.stdout, done.stdout + done.stderr


def everybody(place: Town) -> dict[int, str]:
    """The phones of all imported people, by subscriber id."""
    query = select(Address.subscriber_id, Address.channel, Address.value)
    ours = query.where(Address.agency_id == place.cast.agency.id, Address.last_inbound_at.is_(None))
    found = place.in_session(lambda session: session.execute(ours).all())
    return {id_: phone_of(channel, value) for id_, channel, value in found}


def phone_of(channel: str, address: str) -> str:
    """The simulator's id of the phone behind an address."""
    return f"{channel}-{address.removeprefix('whatsapp:').removeprefix('+')}"


def who_got(place: Town, code: str) -> Counter[str]:
    """How often each phone's platform accepted this announcement."""
    return Counter(str(each["phone"]) for each in accepted(place, code))


def accepted(place: Town, code: str, *, after: int = 0) -> list[dict[str, Any]]:
    """What the platforms accepted of this announcement; the officer's own previews and cards are none of it."""
    entries = place.simulator.record(max(after, place.recorded))
    return [entry for entry in entries if _is_of(entry, place, code)]


def wait_until_accepted(place: Town, code: str, least: int, seconds: float = 60.0) -> None:
    """Return once the platforms accepted so much of this announcement. Nothing of their record is read twice."""
    read, found = place.recorded, 0

    def is_enough() -> bool:
        nonlocal read, found
        entries = place.simulator.record(read)
        read += len(entries)
        found += sum(_is_of(entry, place, code) for entry in entries)
        return found >= least

    place.simulator.wait_for(is_enough, seconds, every=0.1)


def _is_of(entry: dict[str, Any], place: Town, code: str) -> bool:
    return entry["accepted"] and code in str(entry["text"]) and entry["phone"] not in place.officers


def tallies(place: Town, consignment_id: int | None = None) -> dict[str, int]:
    """The counters, added up by state; of one consignment or of all of the agency's."""

    def ask(session: Session) -> dict[str, int]:
        query = select(Tally.state, func.sum(Tally.count)).group_by(Tally.state)
        if consignment_id is not None:
            query = query.where(Tally.consignment_id == consignment_id)
        else:
            query = query.where(Tally.consignment_id.in_(_ours(place)))
        return {str(state): int(count) for state, count in session.execute(query) if count}

    return place.in_session(ask)


def doubted(place: Town) -> int:
    """How many messages were found in doubt after a crash."""
    query = select(func.sum(Batch.doubted)).where(Batch.consignment_id.in_(_ours(place)))
    return place.in_session(lambda session: int(session.scalar(query) or 0))


def _ours(place: Town) -> Select[int]:
    return select(Consignment.id).where(Consignment.agency_id == place.cast.agency.id)
