"""Everything we hold about one person, gathered over the rooms: as data, and as a text in their own language."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot import records
from bot.models import Conversation
from broadcast.models import Broadcast
from channels.contract import TEXT, WORD, Inbound, Limits, MediaKind
from delivery import personal
from delivery.drafts import File
from delivery.models import Sender
from delivery.switchboard import Switchboard
from helpdesk import questions
from locales import texts
from staff.models import Agency
from subscribers import directory, exporting
from subscribers.models import Address
from webhooks import paper
from webhooks.events import event_of
from webhooks.models import Call, CallState

MOST_DELIVERIES, MOST_WORDS = 5_000, 1_000  # in one file, the newest; of words at each address
FORMS = {TEXT: ("my-data.txt", paper.plain), WORD: ("my-data.docx", paper.word)}  # the first that an app shows
Parts = Mapping[str, Sequence[str]]


def file(board: Switchboard, session: Session, address: Address, limits: Limits) -> File | None:
    """All of it as a file to read in the chat; None where the app shows no such file, or none of its size."""
    mime_type = next((each for each in FORMS if limits.shows(MediaKind.DOCUMENT, each)), None)
    if mime_type is None:
        return None
    name, written = FORMS[mime_type]
    content = written(parts(session, address, gathered(board, session, address)))
    largest = limits.largest(MediaKind.DOCUMENT)
    return None if largest is not None and len(content) > largest else File(name, mime_type, content)


def gathered(board: Switchboard, session: Session, address: Address) -> dict[str, Any]:
    """All of it, by what it is."""
    person = exporting.about(session, address.subscriber)
    places = directory.addresses(session, address.subscriber_id)
    got = personal.deliveries(session, agency_id=address.agency_id, subscriber_ids=person.ids)
    return {
        "person": asdict(person),
        "announcements": list(_announcements(session, list(islice(got, MOST_DELIVERIES)))),
        "you_wrote": [word for place in places for word in _words(board, session, place)],
        "we_answered": [asdict(answer) for place in places for answer in _answers(session, place)],
        "you_asked": list(_asked(session, person.ids)),
        "conversations": [talk for place in places for talk in _conversation(session, place)],
    }


def parts(session: Session, address: Address, known: Mapping[str, Any]) -> Parts:
    """The same in plain words of the person's language: lines below headings."""
    agency, locale = session.get_one(Agency, address.agency_id), address.subscriber.locale
    zone, person = agency.time_zone, exporting.about(session, address.subscriber)

    def written(at: datetime | None) -> str:
        return texts.instant(at, zone, locale) if at is not None else "–"

    def became(each: Mapping[str, Any]) -> str:
        state = texts.say(f"mine.state.{each['state']}", locale)
        return f"{written(each['launched_at'])}  {each['code']}  {state}"

    def said(each: Mapping[str, Any]) -> str:
        return f"{written(each['at'])}  {each['text']}"

    return {
        texts.say("mine.title", locale, agency=agency.name_in(locale)): records.person(person, locale, zone),
        texts.say("mine.consent", locale): records.history(person.consents, locale, zone),
        texts.say("mine.announcements", locale): list(map(became, known["announcements"])),
        texts.say("mine.words", locale): list(map(said, known["you_wrote"])),
        texts.say("mine.answers", locale): list(map(said, known["we_answered"])),
        texts.say("mine.questions", locale): list(map(said, known["you_asked"])),
    }


def _announcements(session: Session, got: list[personal.Got]) -> Iterator[dict[str, Any]]:
    ids = sorted({each.consignment_id for each in got})
    named = select(Broadcast.id, Broadcast.code, Broadcast.kind, Broadcast.launched_at).where(Broadcast.id.in_(ids))
    known = {
        row.id: {"code": row.code, "kind": row.kind, "launched_at": row.launched_at} for row in session.execute(named)
    }
    for each in got:
        yield known.get(each.consignment_id, {"code": "", "kind": None, "launched_at": None}) | asdict(each)


def _words(board: Switchboard, session: Session, place: Address) -> Iterator[dict[str, Any]]:
    """What they said, as far as it is kept; of an address in new hands only what the present owner said."""
    is_theirs = func.coalesce(Call.handled_at, Call.received_at) >= place.created_at
    heard = select(Call).where(Call.state.in_(CallState), Call.sender_id == place.sender_id)  # ix_calls_work
    mine = heard.where(Call.address == place.value, is_theirs).order_by(Call.received_at.desc(), Call.id)
    sender = session.get_one(Sender, place.sender_id)
    for call in session.scalars(mine.limit(MOST_WORDS)).all():
        event = event_of(board, sender, call)
        if isinstance(event, Inbound):
            yield {"at": call.received_at, "text": event.text, "tapped": event.choice, "name": event.name}


def _answers(session: Session, place: Address) -> list[personal.Answer]:
    return personal.letters(
        session, sender_id=place.sender_id, to=place.value, since=place.created_at, limit=MOST_WORDS
    )


def _asked(session: Session, subscriber_ids: Collection[int]) -> Iterator[dict[str, Any]]:
    """What the officers were shown of them, with what they answered."""
    for each in questions.of_person(session, subscriber_ids, limit=MOST_WORDS):
        yield {"at": each.asked_at, "text": each.text, "state": each.state, "answer": each.answer}


def _conversation(session: Session, place: Address) -> Iterator[dict[str, Any]]:
    talk = session.get(Conversation, (place.sender_id, place.value))
    if talk is not None:
        yield {"dialog": talk.dialog, "remembers": talk.data, "updated_at": talk.updated_at}
