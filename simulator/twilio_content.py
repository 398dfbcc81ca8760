"""Twilio's Content API over HTTP: templates and their WhatsApp approval, under `/twilio-content/v1`."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import orjson
from aiohttp import web

from simulator import twilio_render
from simulator.twilio_api import answered, page_of
from simulator.twilio_errors import bad_request, json_reply, not_found
from simulator.twilio_state import Content
from simulator.world import World

BASE = "/twilio-content/v1/Content"
NAME = re.compile(r"^[a-z0-9_]{1,512}$")
CATEGORIES = frozenset({"UTILITY", "MARKETING", "AUTHENTICATION"})
INVALID = 20001


def add_routes(app: web.Application) -> None:
    """Serve the Content resource."""
    app.router.add_post(BASE, create)
    app.router.add_get(BASE, list_contents)
    app.router.add_get(BASE + "/{sid}", fetch)
    app.router.add_delete(BASE + "/{sid}", delete)
    app.router.add_post(BASE + "/{sid}/ApprovalRequests/whatsapp", submit)
    app.router.add_get(BASE + "/{sid}/ApprovalRequests", approvals)


def _origin(request: web.Request) -> str:
    return f"{request.scheme}://{request.host}/twilio-content"


async def _json(request: web.Request) -> dict[str, Any]:
    try:
        body = orjson.loads(await request.read() or b"{}")
    except orjson.JSONDecodeError:
        body = None
    return body if isinstance(body, dict) else {}


async def create(request: web.Request) -> web.StreamResponse:
    """Make a template from JSON: friendly_name, language, variables, types."""
    wish = await _json(request)

    def act(world: World, account: str) -> web.Response:
        content = _make(world, account, wish)
        world.contents[content.sid] = content
        return json_reply(_resource(content, _origin(request)), 201)

    return await answered(request, "Content.create", {}, act)


def _make(world: World, account: str, wish: dict[str, Any]) -> Content:
    types = {kind: parts for kind, parts in (wish.get("types") or {}).items() if parts is not None}
    if problem := twilio_render.fault_of_types(types):
        raise bad_request(INVALID, f"Invalid Parameter: {problem}")
    if not wish.get("language"):
        raise bad_request(INVALID, "Invalid Parameter: language is required")
    now = time.time()
    variables = {str(name): str(value) for name, value in (wish.get("variables") or {}).items()}
    name, language = str(wish.get("friendly_name") or ""), str(wish["language"])
    content = Content(world.sid("HX"), account, name, language, variables, types, now, now)
    content.placeholders = twilio_render.placeholders(types[twilio_render.kind_of(content)])
    return content


def _instant(seconds: float) -> str:
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _resource(content: Content, origin: str) -> dict[str, Any]:
    """Give the template as the API does."""
    url = f"{origin}/v1/Content/{content.sid}"
    return {
        "account_sid": content.account_sid,
        "date_created": _instant(content.at),
        "date_updated": _instant(content.updated_at),
        "friendly_name": content.friendly_name,
        "language": content.language,
        "links": {
            "approval_create": f"{url}/ApprovalRequests/whatsapp",
            "approval_fetch": f"{url}/ApprovalRequests",
        },
        "sid": content.sid,
        "types": content.types,
        "url": url,
        "variables": content.variables,
    }


def _find(request: web.Request, world: World, account: str) -> Content:
    content = world.contents.get(request.match_info["sid"])
    if content is None or content.account_sid != account:
        raise not_found(request.path.removeprefix("/twilio-content"))
    return content


async def fetch(request: web.Request) -> web.StreamResponse:
    """Give one template."""
    origin = _origin(request)
    return await answered(
        request, "Content.fetch", {}, lambda w, a: json_reply(_resource(_find(request, w, a), origin))
    )


async def delete(request: web.Request) -> web.StreamResponse:
    """Forget a template; from then on its sid is unknown."""

    def act(world: World, account: str) -> web.Response:
        del world.contents[_find(request, world, account).sid]
        return web.Response(status=204)

    return await answered(request, "Content.delete", {}, act)


async def list_contents(request: web.Request) -> web.StreamResponse:
    """Give the account's templates, a page at a time."""

    def act(world: World, account: str) -> web.Response:
        number, size = page_of(request)
        own = [content for content in world.contents.values() if content.account_sid == account]
        page = own[number * size : (number + 1) * size]
        meta = _meta(request, number, size, more=len(own) > (number + 1) * size)
        return json_reply({"contents": [_resource(content, _origin(request)) for content in page], "meta": meta})

    return await answered(request, "Content.list", {}, act)


def _meta(request: web.Request, number: int, size: int, *, more: bool) -> dict[str, Any]:
    def url(page: int) -> str:
        return f"{_origin(request)}/v1/Content?{urlencode({'PageSize': size, 'Page': page})}"

    return {
        "first_page_url": url(0),
        "key": "contents",
        "next_page_url": url(number + 1) if more else None,
        "page": number,
        "page_size": size,
        "previous_page_url": url(number - 1) if number else None,
        "url": url(number),
    }


async def submit(request: web.Request) -> web.StreamResponse:
    """Ask WhatsApp to approve a template; approved at once unless the control says otherwise."""
    wish = await _json(request)

    def act(world: World, account: str) -> web.Response:
        content = _find(request, world, account)
        _submit(world, content, str(wish.get("name", "")), str(wish.get("category", "")).upper())
        return json_reply(_approval(content) | {"allow_category_change": True}, 201)

    return await answered(request, "Content.submit", {}, act)


def _submit(world: World, content: Content, name: str, category: str) -> None:
    if not NAME.match(name):
        raise bad_request(INVALID, "Invalid Parameter: name may hold small letters, digits and underscores")
    if category not in CATEGORIES:
        raise bad_request(INVALID, f"Invalid Parameter: category is one of {', '.join(sorted(CATEGORIES))}")
    if twilio_render.kind_of(content) == "twilio/list-picker":
        raise bad_request(INVALID, "Invalid Parameter: twilio/list-picker cannot be submitted for approval")
    mine = (each for each in world.contents.values() if each.account_sid == content.account_sid)
    if any((each.name, each.language, each.approval) == (name, content.language, "rejected") for each in mine):
        raise bad_request(INVALID, "Invalid Parameter: a template of this name was rejected, take another name")
    content.name, content.category, content.approval = name, category, world.approval
    content.updated_at = time.time()
    content.rejection_reason = "INVALID_FORMAT" if world.approval == "rejected" else ""


def _approval(content: Content) -> dict[str, Any]:
    return {
        "category": content.category,
        "content_type": twilio_render.kind_of(content),
        "name": content.name,
        "rejection_reason": content.rejection_reason,
        "status": content.approval,
    }


async def approvals(request: web.Request) -> web.StreamResponse:
    """Say whether WhatsApp approved a template."""

    def act(world: World, account: str) -> web.Response:
        content = _find(request, world, account)
        url = f"{_origin(request)}/v1/Content/{content.sid}/ApprovalRequests"
        whatsapp = _approval(content) | {"type": "whatsapp"}
        body = {"account_sid": account, "sid": content.sid, "url": url, "whatsapp": whatsapp}
        return json_reply(body)

    return await answered(request, "Content.approvals", {}, act)
