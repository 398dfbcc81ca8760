"""python-telegram-bot's calls on our wire.

Its default transport (httpx) costs ten to fifteen times the CPU of this one (measurements.md), and guesses where we
must know: so error answers become refusals here, where status, headers and body are still at hand.
"""

from collections.abc import Coroutine, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import orjson
from telegram import File
from telegram.error import TelegramError
from telegram.request import BaseRequest, RequestData

from channels.contract import LARGEST, Accepted, Refusal, Rejected, Unavailable
from channels.http import Request, Wire, request
from channels.telegram import refusals

JSON = {"Content-Type": "application/json"}
UPLOAD_SECONDS = 60.0
"""For 10 MB at a megabit and a half a second; then whoever uploaded is in doubt, and the next attempt begins anew."""
DOWNLOAD_SECONDS = 20.0


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
        body, headers, seconds = _body(request_data)
        try:
            response = await self._wire.call(method, url, body=body, headers=headers, seconds=seconds)
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


def _body(data: RequestData | None) -> tuple[bytes | None, dict[str, str], float | None]:
    """A call's body, what it is, and how long it may take: a form of several parts where a file goes with it."""
    if data is None:
        return None, JSON, None
    if not data.contains_files:
        return orjson.dumps(data.parameters), JSON, None
    boundary = uuid4().hex
    body = _multipart(boundary, data.json_parameters, data.multipart_data)
    return body, {"Content-Type": f"multipart/form-data; boundary={boundary}"}, UPLOAD_SECONDS


def _multipart(boundary: str, fields: Mapping[str, str], files: Mapping[str, tuple[str, Any, str]]) -> bytes:
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    for name, (filename, content, mime_type) in files.items():
        said = f'form-data; name="{name}"; filename="{_quoted(filename)}"\r\nContent-Type: {mime_type}'
        parts += [f"--{boundary}\r\nContent-Disposition: {said}\r\n\r\n".encode(), content, b"\r\n"]
    return b"".join([*parts, f"--{boundary}--\r\n".encode()])


def _quoted(filename: str) -> str:
    """As browsers write it (WHATWG, multipart/form-data encoding)."""
    return filename.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


async def downloaded(wire: Wire, file: File, base: str) -> bytes:
    """The content of a file that getFile named, from where files are kept and from nowhere else."""
    if not (file.file_path or "").startswith(f"{base}/"):
        raise Rejected("foreign_host")
    if (file.file_size or 0) > LARGEST:
        raise Rejected("media_too_large")
    response = await wire.call("GET", file.file_path or "", seconds=DOWNLOAD_SECONDS)
    if response.status == 404:  # elsewhere the token would be wrong; here the file is an hour old
        raise Rejected("gone")
    if response.status != 200:
        raise refusals.translate(response.status, response.headers, response.body)
    if len(response.body) > LARGEST:
        raise Rejected("media_too_large")
    return response.body


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

    __slots__ = ("_before", "_request", "_wire", "messages")

    def __init__(self, wire: Wire, call: Written) -> None:
        rest = {name: value for name, value in call.parameters.items() if name != "chat_id"}
        self.messages = 1
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
