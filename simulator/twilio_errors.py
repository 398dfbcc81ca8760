"""Twilio's refusals (twilio.com/docs/api/errors/<code>): of a call at once, of a message later."""

from __future__ import annotations

from typing import Any

import orjson
from aiohttp import web

LATER = {
    63001: "Channel could not authenticate the request",
    63003: "Channel could not find To address",
    63005: "Channel did not accept given content",
    63013: "Channel policy violation",
    63016: "Failed to send freeform message because you are outside the allowed window",
    63018: "Rate limit exceeded for channel",
    63019: "Media failed to download",
    63021: "Channel invalid content error",
    63024: "Invalid message recipient",
    63027: "Template does not exist for a language and locale",
    63028: "Number of parameters provided does not match the expected number of parameters",
    63032: "User is part of an experiment",
    63033: "Recipient user has opted out of marketing messages",
    63040: "Template rejected",
    63041: "Template paused",
    63042: "Template disabled",
    63049: "Meta chose not to deliver this WhatsApp marketing message",
}
"""Errors a status callback brings, with what Twilio says about them."""
NEVER_SENT = frozenset({63001, 63003, 63005, 63013, 63016, 63019, 63021, 63027, 63028, 63040, 63041, 63042})
"""Those found before the message leaves: it is `failed`. The others come back from Meta: `undelivered`."""


class TwilioRefused(Exception):
    """A call Twilio refuses: the caller answers with this body and changes nothing."""

    def __init__(self, status: int, code: int, message: str) -> None:
        """Take the HTTP status, Twilio's code and its message."""
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message

    def as_json(self) -> dict[str, Any]:
        """Give the body of the answer."""
        link = f"https://www.twilio.com/docs/errors/{self.code}"
        return {"code": self.code, "message": self.message, "more_info": link, "status": self.status}


def bad_request(code: int, message: str) -> TwilioRefused:
    """Refuse with 400."""
    return TwilioRefused(400, code, message)


def unauthorized() -> TwilioRefused:
    """Refuse credentials that are missing or wrong."""
    return TwilioRefused(401, 20003, "Authenticate")


def not_found(path: str) -> TwilioRefused:
    """Refuse a resource that is not there."""
    return TwilioRefused(404, 20404, f"The requested resource {path} was not found")


def too_many() -> TwilioRefused:
    """Refuse for haste; nothing was done."""
    return TwilioRefused(429, 20429, "Too Many Requests")


def refusal(refused: TwilioRefused) -> web.Response:
    """Answer with a refusal."""
    return json_reply(refused.as_json(), refused.status)


def json_reply(body: object, status: int = 200) -> web.Response:
    """Answer with JSON."""
    return web.Response(body=orjson.dumps(body), status=status, content_type="application/json")
