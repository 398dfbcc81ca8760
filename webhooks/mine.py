"""The page behind a person's own link: everything we hold about them, as a text and as data, each once.

Opening the link shows two buttons and fetches nothing: an app that looks at links for a preview must not use them up.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, Response
from markupsafe import Markup
from sqlalchemy.orm import Session

from db.engine import Sessions
from delivery.switchboard import Switchboard
from locales import texts
from staff.models import Agency
from subscribers import exporting
from subscribers.models import Address
from webhooks import held, paper

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
    return _page(200, locale, title, texts.say("mine.page", locale), forms)


def _gone() -> Response:
    """In every language: whose link it was is not known."""
    said = Markup("<br>").join(texts.say("mine.gone", locale) for locale in texts.locales())
    return _page(404, "en", "404", said, Markup(""))


def _page(status: int, locale: str, title: str, said: str, forms: Markup) -> Response:
    html = PAGE.format(lang=locale.replace("_", "-"), title=title, said=said, forms=forms)
    return Response(html, status=status, content_type="text/html; charset=utf-8", headers=HEADERS)


def _file(desk: Desk, session: Session, address: Address, file: str) -> Response:
    known = held.gathered(desk.switchboard, session, address)
    kind, ending = FILES[file]
    body = (
        paper.plain(held.parts(session, address, known))
        if file == "text"
        else json.dumps(known, ensure_ascii=False, indent=2, default=_plain)
    )
    name = {"Content-Disposition": f'attachment; filename="my-data.{ending}"'}
    return Response(body, content_type=kind, headers=name)


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
