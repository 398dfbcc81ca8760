"""Twilio's REST API over HTTP: Messages under `/twilio/2010-04-01`."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import operator
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from urllib.parse import parse_qsl, urlencode

from aiohttp import web

from simulator import faults, twilio_messages
from simulator.app_keys import WORLD
from simulator.faults import Call, Scope
from simulator.timing import draw
from simulator.twilio_errors import (
    TwilioRefused,
    bad_request,
    json_reply,
    not_found,
    refusal,
    too_many,
    unauthorized,
)
from simulator.twilio_messages import Form, resource
from simulator.twilio_state import TwilioMessage
from simulator.world import WHATSAPP, World

BASE = "/twilio/2010-04-01/Accounts/{account}"
MOST_A_PAGE = 1000
COMPARE: dict[str, Callable[[str, str], bool]] = {
    "To": operator.eq,
    "From": operator.eq,
    "DateSent": operator.eq,
    "DateSent<": operator.le,
    "DateSent>": operator.ge,
}
CANCELABLE = frozenset({"queued", "accepted", "scheduled"})


def add_routes(app: web.Application) -> None:
    """Serve the Messages resource, and the account itself."""
    app.router.add_get(BASE + ".json", fetch_account)
    app.router.add_post(BASE + "/Messages.json", create)
    app.router.add_get(BASE + "/Messages.json", list_messages)
    app.router.add_get(BASE + "/Messages/{sid}.json", fetch)
    app.router.add_post(BASE + "/Messages/{sid}.json", update)
    app.router.add_delete(BASE + "/Messages/{sid}.json", delete)


def account_of(request: web.Request) -> str:
    """Give the account that calls, by Basic authentication, or refuse with 20003."""
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    try:
        account, _, token = base64.b64decode(encoded).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise unauthorized() from None
    expected = request.app[WORLD].auth_token(account)
    right = expected is not None and hmac.compare_digest(expected.encode(), token.encode())
    if scheme.lower() != "basic" or not right or request.match_info.get("account", account) != account:
        raise unauthorized()
    return account


async def answered(
    request: web.Request, method: str, form: Form, act: Callable[[World, str], web.Response]
) -> web.StreamResponse:
    """Authenticate, let faults strike, act, and turn a refusal into Twilio's body."""
    world = request.app[WORLD]
    if world.timing.answer[1]:
        await asyncio.sleep(draw(world.random, world.timing.answer))
    try:
        account = account_of(request)
    except TwilioRefused as refused:
        return refusal(refused)
    return await faults.answer(world.faults, request, _call(world, account, method, form, act))


def _call(world: World, account: str, method: str, form: Form, act: Callable[[World, str], web.Response]) -> Call:
    def do() -> web.Response:
        try:
            return act(world, account)
        except TwilioRefused as refused:
            return refusal(refused)

    def lost(why: str) -> None:
        world.record.refuse(twilio_messages.note(world, account, form, method), why)

    sender, to = (form.get(name, "").removeprefix("whatsapp:") for name in ("From", "To"))
    scope = Scope(WHATSAPP, sender.lstrip("+") or None, to or None, method)
    return Call(scope, do, _too_many, _broken, _blocked, lost)


def _too_many(wait: float) -> web.Response:
    response = refusal(too_many())
    response.headers["Retry-After"] = str(max(1, round(wait)))
    return response


def _broken(status: int) -> web.Response:
    return refusal(TwilioRefused(status, 20500 if status == 500 else 20503, "An internal server error has occurred"))


def _blocked() -> web.Response:
    return refusal(bad_request(21610, "Attempt to send to unsubscribed recipient"))


async def fetch_account(request: web.Request) -> web.StreamResponse:
    """Give the account: callers ask for it to see whether their credentials are right."""

    def act(world: World, account: str) -> web.Response:
        return json_reply(_account(account, twilio_messages.rfc2822(world.born_at)))

    return await answered(request, "Accounts.fetch", {}, act)


def _account(account: str, born: str | None) -> dict[str, object]:
    path = f"/2010-04-01/Accounts/{account}"
    names = {"sid": account, "owner_account_sid": account, "friendly_name": "Simulated account", "auth_token": None}
    state = {"status": "active", "type": "Full", "date_created": born, "date_updated": born}
    return names | state | {"subresource_uris": {"messages": f"{path}/Messages.json"}, "uri": f"{path}.json"}


async def _form(request: web.Request) -> Form:
    return dict(parse_qsl((await request.read()).decode(), keep_blank_values=True))


async def create(request: web.Request) -> web.StreamResponse:
    """Send a message."""
    form = await _form(request)

    def act(world: World, account: str) -> web.Response:
        return json_reply(resource(twilio_messages.create(world, account, form)), 201)

    return await answered(request, "Messages.create", form, act)


def _find(request: web.Request, world: World, account: str) -> TwilioMessage:
    message = world.messages.get(request.match_info["sid"])
    if message is None or message.account_sid != account:
        raise not_found(request.path.removeprefix("/twilio"))
    return message


async def fetch(request: web.Request) -> web.StreamResponse:
    """Give one message."""
    return await answered(request, "Messages.fetch", {}, lambda w, a: json_reply(resource(_find(request, w, a))))


async def update(request: web.Request) -> web.StreamResponse:
    """Cancel a message not yet sent, or take out the body of one that was."""
    form = await _form(request)

    def act(world: World, account: str) -> web.Response:
        message = _find(request, world, account)
        if form.get("Status") == "canceled":
            _cancel(world, message)
        elif form.get("Body") == "":
            message.body = ""
        return json_reply(resource(message))

    return await answered(request, "Messages.update", {}, act)


def _cancel(world: World, message: TwilioMessage) -> None:
    if message.status not in CANCELABLE:
        raise bad_request(30409, "This message cannot be canceled")
    message.status = "canceled"
    if message.entry is not None:
        message.entry.status = "canceled"
    if message.phone is not None and message.shown is not None:
        for chat in message.phone.chats.values():
            chat.messages.pop(message.sid, None)
        world.touch(message.phone)


async def delete(request: web.Request) -> web.StreamResponse:
    """Forget a message; the person keeps it."""

    def act(world: World, account: str) -> web.Response:
        del world.messages[_find(request, world, account).sid]
        return web.Response(status=204)

    return await answered(request, "Messages.delete", {}, act)


async def list_messages(request: web.Request) -> web.StreamResponse:
    """Give the newest messages first, filtered by To, From and DateSent, a page at a time."""

    def act(world: World, account: str) -> web.Response:
        number, size = page_of(request)
        found = islice(_matching(world, account, request.query), number * size, (number + 1) * size + 1)
        messages = list(found)
        body = _page(request, number, size, more=len(messages) > size)
        return json_reply(body | {"messages": [resource(message) for message in messages[:size]]})

    return await answered(request, "Messages.list", {}, act)


def page_of(request: web.Request) -> tuple[int, int]:
    """Give the page's number and size a list call asks for."""
    try:
        number, size = int(request.query.get("Page", 0)), int(request.query.get("PageSize", 50))
    except ValueError:
        raise bad_request(20001, "Page and PageSize are numbers") from None
    return max(number, 0), min(max(size, 1), MOST_A_PAGE)


def _matching(world: World, account: str, query: Mapping[str, str]) -> Iterator[TwilioMessage]:
    tests = [_test(name, value) for name, value in query.items() if name in COMPARE]
    for message in reversed(world.messages.values()):
        if message.account_sid == account and all(test(message) for test in tests):
            yield message


def _test(name: str, value: str) -> Callable[[TwilioMessage], bool]:
    """Give the question a filter asks of a message; a day covers the whole of it, in GMT."""
    if name == "To":
        return lambda message: message.to == value
    if name == "From":
        return lambda message: message.sender == value
    compare, day = COMPARE[name], len(value) == len("2026-01-01")

    def sent(message: TwilioMessage) -> bool:
        moment = datetime.fromtimestamp(message.sent_at or message.at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return compare(moment[:10] if day else moment, value)

    return sent


def _page(request: web.Request, number: int, size: int, *, more: bool) -> dict[str, object]:
    def uri(page: int) -> str:
        wanted = dict(request.query) | {"Page": str(page), "PageSize": str(size)}
        return f"{request.path.removeprefix('/twilio')}?{urlencode(wanted)}"

    return {
        "first_page_uri": uri(0),
        "next_page_uri": uri(number + 1) if more else None,
        "page": number,
        "page_size": size,
        "previous_page_uri": uri(number - 1) if number else None,
        "start": number * size,
        "end": (number + 1) * size - 1,
        "uri": uri(number),
    }
