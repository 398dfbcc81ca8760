"""The page behind a person's own link: everything we hold about them, as a text and as data, each once.

Opening the link shows two buttons and fetches nothing: an app that looks at links for a preview must not use them up.
"""

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from flask import Blueprint, Response
from markupsafe import Markup
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot import records
from bot.models import Conversation
from broadcast.models import Broadcast
from channels.contract import Inbound
from db.engine import Sessions
from delivery import personal
from delivery.models import Sender
from delivery.switchboard import Switchboard
from helpdesk import questions
from locales import texts
from staff.models import Agency
from subscribers import directory, exporting
from subscribers.models import Address
from webhooks import hearing
from webhooks.models import Call, CallState

MOST_DELIVERIES, MOST_WORDS = 5_000, 1_000  # in one file, the newest; of words at each address
FILES = {"text": ("text/plain; charset=utf-8", "txt"), "data": ("application/json", "json")}
HEADERS = {"Content-Security-Policy": "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"}
PAGE = Markup("""<!doctype html>
<html lang="{lang}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{title}</title>
<main>
<h1>{title}</h1>
<p>{said}</p>
{forms}</main>
</html>
""")
FORM = Markup('<form method="post" action="/mine/{token}/{file}"><p><button>{label}</button></p></form>\n')


@dataclass(frozen=True)
class Desk:
    """What the page needs: where people are kept, who can read what they said, and the time."""

    sessions: Sessions
    switchboard: Switchboard
    now: Callable[[], datetime]


def blueprint(desk: Desk) -> Blueprint:
    """GET /mine/<token> shows the two buttons, POST /mine/<token>/<file> gives the file."""
    routes = Blueprint("mine", __name__)

    @routes.get("/mine/<token>")
    def mine(token: str) -> Response:
        with desk.sessions() as session:
            address = exporting.behind(session, token, now=desk.now())
            return _gone() if address is None else _offered(session, address, token)

    @routes.post("/mine/<token>/<any(text, data):file>")
    def fetch(token: str, file: str) -> Response:
        with desk.sessions.begin() as session:
            address = exporting.take(session, token, file, now=desk.now())
            return _gone() if address is None else _file(desk, session, address, file)

    mine.audience = fetch.audience = "anyone"  # type: ignore[attr-defined]
    return routes


def _offered(session: Session, address: Address, token: str) -> Response:
    locale, agency = address.subscriber.locale, session.get_one(Agency, address.agency_id)
    labels = {"text": texts.say("mine.text.button", locale), "data": texts.say("mine.data.button", locale)}
    forms = Markup("").join(FORM.format(token=token, file=file, label=label) for file, label in labels.items())
    title = texts.say("mine.title", locale, agency=agency.name_in(locale))
    return page(200, locale, title, texts.say("mine.page", locale), forms)


def _gone() -> Response:
    """In every language: whose link it was is not known."""
    said = Markup("<br>").join(texts.say("mine.gone", locale) for locale in texts.locales())
    return page(404, "en", "404", said, Markup(""))


def page(status: int, locale: str, title: str, said: str, forms: Markup) -> Response:
    """A page of ours that loads nothing, for one purpose: a few words and a button or two."""
    html = PAGE.format(lang=locale.replace("_", "-"), title=title, said=said, forms=forms)
    return Response(html, status=status, content_type="text/html; charset=utf-8", headers=HEADERS)


def _file(desk: Desk, session: Session, address: Address, file: str) -> Response:
    known = _everything(desk, session, address)
    kind, ending = FILES[file]
    body = (
        _text(session, address, known)
        if file == "text"
        else json.dumps(known, ensure_ascii=False, indent=2, default=_plain)
    )
    name = {"Content-Disposition": f'attachment; filename="my-data.{ending}"'}
    return Response(body, content_type=kind, headers=name)


def _everything(desk: Desk, session: Session, address: Address) -> dict[str, Any]:
    person = exporting.about(session, address.subscriber)
    places = directory.addresses(session, address.subscriber_id)
    got = personal.deliveries(session, agency_id=address.agency_id, subscriber_ids=person.ids)
    return {
        "person": asdict(person),
        "announcements": list(_announcements(session, list(islice(got, MOST_DELIVERIES)))),
        "you_wrote": [word for place in places for word in _words(desk, session, place)],
        "we_answered": [asdict(answer) for place in places for answer in _answers(session, place)],
        "you_asked": list(_asked(session, person.ids)),
        "conversations": [talk for place in places for talk in _conversation(session, place)],
    }


def _announcements(session: Session, got: list[personal.Got]) -> Iterator[dict[str, Any]]:
    ids = sorted({each.consignment_id for each in got})
    named = select(Broadcast.id, Broadcast.code, Broadcast.kind, Broadcast.launched_at).where(Broadcast.id.in_(ids))
    known = {
        row.id: {"code": row.code, "kind": row.kind, "launched_at": row.launched_at} for row in session.execute(named)
    }
    for each in got:
        yield known.get(each.consignment_id, {"code": "", "kind": None, "launched_at": None}) | asdict(each)


def _words(desk: Desk, session: Session, place: Address) -> Iterator[dict[str, Any]]:
    """What they said, as far as it is kept; of an address in new hands only what the present owner said."""
    is_theirs = func.coalesce(Call.handled_at, Call.received_at) >= place.created_at
    heard = select(Call).where(Call.state.in_(CallState), Call.sender_id == place.sender_id)  # ix_calls_work
    mine = heard.where(Call.address == place.value, is_theirs).order_by(Call.received_at.desc(), Call.id)
    sender = session.get_one(Sender, place.sender_id)
    for call in session.scalars(mine.limit(MOST_WORDS)).all():
        event = hearing.event_of(desk.switchboard, sender, call)
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


def _text(session: Session, address: Address, known: Mapping[str, Any]) -> str:
    """The same in plain words of the person's language."""
    agency, locale = session.get_one(Agency, address.agency_id), address.subscriber.locale
    zone, person = agency.time_zone, exporting.about(session, address.subscriber)

    def written(at: datetime | None) -> str:
        return texts.instant(at, zone, locale) if at is not None else "–"

    def became(each: Mapping[str, Any]) -> str:
        state = texts.say(f"mine.state.{each['state']}", locale)
        return f"{written(each['launched_at'])}  {each['code']}  {state}"

    def said(each: Mapping[str, Any]) -> str:
        return f"{written(each['at'])}  {each['text']}"

    parts = {
        texts.say("mine.title", locale, agency=agency.name_in(locale)): records.person(person, locale, zone),
        texts.say("mine.consent", locale): records.history(person.consents, locale, zone),
        texts.say("mine.announcements", locale): map(became, known["announcements"]),
        texts.say("mine.words", locale): map(said, known["you_wrote"]),
        texts.say("mine.answers", locale): map(said, known["we_answered"]),
        texts.say("mine.questions", locale): map(said, known["you_asked"]),
    }
    return "\n\n".join("\n".join([title, *(list(lines) or ["–"])]) for title, lines in parts.items()) + "\n"


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
