"""The file behind an officer's link: who got an announcement and who did not, for channels that take no such file.

Opening the link shows a button and fetches nothing: an app that looks at links for a preview must not use it up.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, Response
from markupsafe import Markup
from sqlalchemy.orm import Session

from broadcast import compose, report, who
from broadcast.models import Broadcast, OutcomeLink
from channels.contract import LARGEST
from db.engine import Sessions
from locales import texts
from webhooks import mine

FORM = Markup('<form method="post" action="/who/{token}"><p><button>{label}</button></p></form>\n')


@dataclass(frozen=True)
class Desk:
    """What the page needs: where people are kept, the time, and the path of its style sheet."""

    sessions: Sessions
    now: Callable[[], datetime]
    style: str


def blueprint(desk: Desk) -> Blueprint:
    """GET /who/<token> shows the button, POST gives the file."""
    routes = Blueprint("outcome_files", __name__)

    @routes.get("/who/<token>")
    def ask(token: str) -> Response:
        with desk.sessions() as session:
            found = who.behind(session, token, now=desk.now())
            return _gone(desk) if found is None else _offered(desk, session, found, token)

    @routes.post("/who/<token>")
    def fetch(token: str) -> Response:
        with desk.sessions.begin() as session:
            found = who.take(session, token, now=desk.now())
            return _gone(desk) if found is None else _file(session, found)

    ask.audience = fetch.audience = "officer"  # type: ignore[attr-defined]
    return routes


def _offered(desk: Desk, session: Session, found: OutcomeLink, token: str) -> Response:
    broadcast = session.get_one(Broadcast, found.broadcast_id)
    locale = compose.agency_of(session, broadcast).locales[0]
    title = f"{report.title(session, broadcast, locale)} · {texts.say(f'who.{found.outcome}.button', locale)}"
    form = FORM.format(token=token, label=texts.say("who.fetch.button", locale))
    return mine.page(desk.style, 200, title, {locale: texts.say("who.page", locale)}, form)


def _gone(desk: Desk) -> Response:
    """In every language: whose link it was is not known."""
    said = {locale: texts.say("who.gone", locale) for locale in texts.locales()}
    return mine.page(desk.style, 404, "/who", said, Markup(""))


def _file(session: Session, found: OutcomeLink) -> Response:
    broadcast = session.get_one(Broadcast, found.broadcast_id)
    body = who.content(session, broadcast, found.outcome, largest=LARGEST)
    name = {"Content-Disposition": f'attachment; filename="{who.file_name(broadcast, found.outcome)}"'}
    return Response(body, content_type="text/csv; charset=utf-8", headers=name)
