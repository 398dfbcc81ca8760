"""python-telegram-bot's calls on our wire.

Its default transport (httpx) costs ten to fifteen times the CPU of this one (measurements.md), and guesses where we
must know: so error answers become refusals here, where status, headers and body are still at hand.
"""

from collections.abc import Coroutine
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import orjson
from telegram.error import TelegramError
from telegram.request import BaseRequest, RequestData

from channels.contract import Accepted, Refusal, Unavailable
from channels.http import Request, Wire, request
from channels.telegram import refusals

JSON = {"Content-Type": "application/json"}


class Refused(TelegramError):
    """Carries one of our refusals through python-telegram-bot, which lets only its own kind of error pass."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.reason)
        self.refusal = refusal


@dataclass(frozen=True, slots=True)
class Written:
    """A call as python-telegram-bot writes it: what goes where, before anything has left."""

    url: str
    method: str
    parameters: dict[str, Any]


@dataclass(slots=True)
class _Sheet:
    written: list[Written] = field(default_factory=list)


_SHEET: ContextVar[_Sheet | None] = ContextVar("sheet", default=None)


class Transport(BaseRequest):
    """Bot API calls as JSON over one shared `Wire`. Timeouts are the wire's; nothing is tried twice."""

    __slots__ = ("_wire",)

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    @property
    def read_timeout(self) -> float | None:
        """None: the wire bounds the whole call."""
        return None

    async def initialize(self) -> None:
        """The wire opens itself at the first call."""

    async def shutdown(self) -> None:
        """Let go of the connections."""
        await self._wire.aclose()

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, *_: Any, **__: Any
    ) -> tuple[int, bytes]:
        """One call, once. Raises Refused for every answer that is not a success, and for no answer."""
        parameters = request_data.parameters if request_data else None
        if (sheet := _SHEET.get()) is not None:
            sheet.written.append(Written(url, method, parameters or {}))
            raise Refused(Unavailable("only_written", may_be_sent=False))
        body = orjson.dumps(parameters) if parameters is not None else None
        try:
            response = await self._wire.call(method, url, body=body, headers=JSON)
        except Unavailable as refusal:
            raise Refused(refusal) from None
        if not 200 <= response.status < 300:
            raise Refused(refusals.translate(response.status, response.headers, response.body))
        return response.status, response.body

    @staticmethod
    def parse_json_payload(payload: bytes) -> Any:
        """The answer as Python values. An unreadable success is in doubt: the call may well have been carried out."""
        try:
            answer = orjson.loads(payload)
        except orjson.JSONDecodeError:
            raise Refused(Unavailable("unreadable_answer", may_be_sent=True)) from None
        if not isinstance(answer, dict) or "result" not in answer:
            raise Refused(Unavailable("unreadable_answer", may_be_sent=True))
        return answer


async def written(call: Coroutine[Any, Any, Any]) -> Written:
    """What a call of python-telegram-bot's would put on the wire. Nothing leaves."""
    sheet = _Sheet()
    token = _SHEET.set(sheet)
    try:
        await call
    except TelegramError:
        if not sheet.written:
            raise
    finally:
        _SHEET.reset(token)
    return sheet.written[0]


class Letterpress:
    """A sendMessage that python-telegram-bot wrote once, printed for each chat: only chat_id is put in."""

    __slots__ = ("_before", "_request", "_wire")

    def __init__(self, wire: Wire, call: Written) -> None:
        rest = {name: value for name, value in call.parameters.items() if name != "chat_id"}
        self._wire = wire
        self._request: Request = request(call.method, call.url, JSON)
        self._before = orjson.dumps(rest)[:-1] + b',"chat_id":'

    async def send(self, to: str, reference: str) -> Accepted:
        """See Prepared. Telegram carries no reference of ours."""
        chat = to.encode() if _is_number(to) else orjson.dumps(to)
        response = await self._wire.ask(self._request, self._before + chat + b"}")
        if response.status != 200:
            raise refusals.translate(response.status, response.headers, response.body)
        return Accepted(_message_id(response.body))


def _is_number(to: str) -> bool:
    digits = to.removeprefix("-")
    return digits.isascii() and digits.isdigit() and not digits.startswith("0")


def _message_id(body: bytes) -> str:
    """An unreadable success is in doubt: the call may well have been carried out."""
    try:
        return str(orjson.loads(body)["result"]["message_id"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        raise Unavailable("unreadable_answer", may_be_sent=True) from None
