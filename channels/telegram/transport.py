"""python-telegram-bot's calls on our wire.

Its default transport (httpx) costs ten to fifteen times the CPU of this one (measurements.md), and guesses where we
must know: so error answers become refusals here, where status, headers and body are still at hand.
"""

from typing import Any

import orjson
from telegram.error import TelegramError
from telegram.request import BaseRequest, RequestData

from channels.contract import Refusal, Unavailable
from channels.http import Wire
from channels.telegram import refusals

JSON = {"Content-Type": "application/json"}


class Refused(TelegramError):
    """Carries one of our refusals through python-telegram-bot, which lets only its own kind of error pass."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.reason)
        self.refusal = refusal


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
        body = orjson.dumps(request_data.parameters) if request_data else None
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
