"""The pages' routes: /<agency>/ what it offers, /<agency>/a/<code> whether an announcement is genuine.

Each answer may be kept for a minute by anybody in between, so that a rush is theirs to bear; what is not found is not
kept, because it may be found the next moment.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import quote, urlencode

from flask import Blueprint, Response, redirect, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response as AnyResponse

from db.engine import Sessions
from delivery.switchboard import Switchboard
from locales import texts
from staff.models import Agency
from web import codes
from web.public import facts, language
from web.public.facts import Face
from web.public.keeping import Keeper
from web.rendering import render

STYLE = (Path(__file__).parent / "style.css").read_bytes()
STYLE_PATH = f"/-/style.{hashlib.sha256(STYLE).hexdigest()[:12]}.css"
KEPT_PAGE = "public, max-age=60"
KEPT_STYLE = "public, max-age=31536000, immutable"
POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "img-src 'self' data:",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
CODE_LENGTH = 20  # of what is looked up; codes are shorter


@dataclass(frozen=True, slots=True)
class Public:
    """What the pages need: the database to read, the channels to make links, and the time."""

    sessions: Sessions
    switchboard: Switchboard
    now: Callable[[], datetime]


def blueprint(public: Public) -> Blueprint:
    """The routes that anybody may open. They only read."""
    routes, keeper = Blueprint("public", __name__), Keeper()

    @routes.get("/<slug>/")
    def agency(slug: str) -> AnyResponse:
        return _kept(keeper, public.now(), lambda: _agency(public, slug))

    @routes.get("/<slug>/a/")
    def check(slug: str) -> AnyResponse:
        return _check(slug)

    @routes.get("/<slug>/a/<code>")
    def announcement(slug: str, code: str) -> AnyResponse:
        return _kept(keeper, public.now(), lambda: _announcement(public, slug, code))

    @routes.get("/-/style.<digest>.css")
    def style(digest: str) -> AnyResponse:
        is_ours = f"/-/style.{digest}.css" == STYLE_PATH  # during an update an older page may ask for its own
        return Response(
            STYLE,
            content_type="text/css; charset=utf-8",
            headers={"Cache-Control": KEPT_STYLE if is_ours else KEPT_PAGE},
        )

    for view in (agency, check, announcement, style):
        vars(view)["audience"] = "anyone"
    routes.errorhandler(SQLAlchemyError)(_away)
    return routes


def _kept(keeper: Keeper, now: datetime, make: Callable[[], AnyResponse]) -> AnyResponse:
    """The answer of a moment ago to the same question, else a new one. Only what was found is kept."""
    name = (request.full_path, request.headers.get("Accept-Language", ""))
    page = keeper.find(name, now)
    if page is not None:
        return _answer(page, 200)
    made = make()
    if made.status_code == 200:
        keeper.keep(name, made.get_data(), now)
    return made


def _agency(public: Public, slug: str) -> AnyResponse:
    key = request.args.get("link", "")
    with public.sessions() as session:
        found = facts.agency_of(session, slug)
        if found is None:
            return _lost()
        locale = _locale(found)
        face = facts.face(found, locale)
        offers = facts.offers(session, found, public.switchboard, locale=locale, key=key, now=public.now())
    return _page("agency.html", locale, face, {"link": offers.key}, offers=offers)


def _check(slug: str) -> AnyResponse:
    """The form's answer: on to the announcement's own page."""
    code = "".join(request.args.get("code", "").split()).upper()[:CODE_LENGTH]
    path = f"/{quote(slug, safe='')}/" + (f"a/{quote(code, safe='')}" if code else "")
    asked = request.args.get("lang")
    return redirect(path + (f"?{urlencode({'lang': asked})}" if asked else ""), 303)


def _announcement(public: Public, slug: str, code: str) -> AnyResponse:
    with public.sessions() as session:
        found = facts.agency_of(session, slug)
        if found is None:
            return _lost()
        locale = _locale(found)
        face = facts.face(found, locale)
        announced = facts.announcement(session, found, code[:CODE_LENGTH], locale)
    if announced is None:
        return _page("unknown.html", locale, face, {}, status=404, code=code[:CODE_LENGTH].upper())
    return _page("announcement.html", locale, face, {}, announcement=announced)


def _lost() -> AnyResponse:
    """There is no such agency, which is all we say."""
    locale = language.chosen(request.args.get("lang"), request.accept_languages.values(), texts.locales())
    return _page("lost.html", locale, None, {}, status=404, text="lost")


def _away(_error: SQLAlchemyError) -> AnyResponse:
    """The database cannot be asked: say so, and when to come again."""
    locale = language.chosen(request.args.get("lang"), request.accept_languages.values(), texts.locales())
    answer = _page("lost.html", locale, None, {}, status=503, text="away")
    answer.headers["Retry-After"] = "5"
    return answer


def _locale(agency: Agency) -> str:
    return language.chosen(request.args.get("lang"), request.accept_languages.values(), agency.locales)


def _page(
    template: str, locale: str, face: Face | None, carried: dict[str, str], *, status: int = 200, **values: object
) -> AnyResponse:
    """A page with what all have. `carried` stays in the address when the language is changed."""

    def here(**changed: str) -> str:
        said = {name: value for name, value in {**carried, **changed}.items() if value}
        return f"?{urlencode(said)}" if said else ""

    text = render(
        template,
        locale,
        face=face,
        here=here,
        style=STYLE_PATH,
        locales=face.locales if face else texts.locales(),
        asked=request.args.get("lang"),
        native_name=texts.native_name,
        drawing=codes.drawing,
        beginning=facts.beginning,
        **values,
    )
    return _answer(text.encode(), status)


def _answer(page: bytes, status: int) -> AnyResponse:
    headers = {"Content-Security-Policy": POLICY, "Vary": "Accept-Language"}
    headers["Cache-Control"] = KEPT_PAGE if status == 200 else "no-store"
    return Response(page, status=status, content_type="text/html; charset=utf-8", headers=headers)
