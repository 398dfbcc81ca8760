"""The page behind a person's own link: everything we hold about them, as a text and as data, each once.

Opening the link shows two buttons and fetches nothing: an app that looks at links for a preview must not use them up.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, Response
from markupsafe import Markup
from sqlalchemy.orm import Session

from db.engine import Sessions
from delivery.switchboard import Switchboard
from locales import cldr, texts
from staff.models import Agency
from subscribers import exporting
from subscribers.models import Address
from webhooks import held, paper

FILES = {"text": ("text/plain; charset=utf-8", "txt"), "data": ("application/json", "json")}
POLICY = "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
HEADERS = {"Content-Security-Policy": POLICY}
PAGE = Markup("""<!doctype html>
<html lang="{lang}" dir="{direction}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{style}">
<main>
<h1>{title}</h1>
<section>
{said}
{forms}</section>
</main>
</html>
""")
SAID = Markup('<p lang="{lang}" dir="{direction}">{said}</p>')
FORM = Markup('<form method="post" action="/mine/{token}/{file}"><p><button>{label}</button></p></form>\n')


@dataclass(frozen=True)
class Desk:
    """What the page needs: where people are kept, who can read what they said, the time, and what styles it."""

    sessions: Sessions
    switchboard: Switchboard
    now: Callable[[], datetime]
    style: str


def blueprint(desk: Desk) -> Blueprint:
    """GET /mine/<token> shows the two buttons, POST /mine/<token>/<file> gives the file."""
    routes = Blueprint("mine", __name__)

    @routes.get("/mine/<token>")
    def mine(token: str) -> Response:
        with desk.sessions() as session:
            address = exporting.behind(session, token, now=desk.now())
            return _gone(desk) if address is None else _offered(desk, session, address, token)

    @routes.post("/mine/<token>/<any(text, data):file>")
    def fetch(token: str, file: str) -> Response:
        with desk.sessions.begin() as session:
            address = exporting.take(session, token, file, now=desk.now())
            return _gone(desk) if address is None else _file(desk, session, address, file)

    mine.audience = fetch.audience = "anyone"  # type: ignore[attr-defined]
    return routes


def _offered(desk: Desk, session: Session, address: Address, token: str) -> Response:
    locale, agency = address.subscriber.locale, session.get_one(Agency, address.agency_id)
    labels = {"text": texts.say("mine.text.button", locale), "data": texts.say("mine.data.button", locale)}
    forms = Markup("").join(FORM.format(token=token, file=file, label=label) for file, label in labels.items())
    title = texts.say("mine.title", locale, agency=agency.name_in(locale))
    return page(desk.style, 200, title, {locale: texts.say("mine.page", locale)}, forms)


def _gone(desk: Desk) -> Response:
    """In every language: whose link it was is not known."""
    said = {locale: texts.say("mine.gone", locale) for locale in texts.locales()}
    return page(desk.style, 404, "/mydata", said, Markup(""))


def page(style: str, status: int, title: str, said: Mapping[str, str], forms: Markup) -> Response:
    """A page of ours for one purpose, in the first language of what it says: a paragraph in each, and its buttons."""
    lines = [SAID.format(**_written_in(locale), said=text) for locale, text in said.items()]
    html = PAGE.format(
        **_written_in(next(iter(said))), style=style, title=title, said=Markup("\n").join(lines), forms=forms
    )
    return Response(html, status=status, content_type="text/html; charset=utf-8", headers=HEADERS)


def _written_in(locale: str) -> dict[str, str]:
    """What HTML wants to know of a language: its tag (BCP 47), and which way it is written."""
    return {"lang": locale.replace("_", "-"), "direction": str(cldr.locale(locale).text_direction)}


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
