"""What every channel over Twilio shares: its words for trouble and its HTTP client. Nobody else imports it.

Sources: platforms.md B1 to B5 (twilio.com/docs/api/errors/<code>). One table serves both the answer to a request
and the ErrorCode of a status callback, because Twilio uses the same numbers for both.
"""

import logging
from base64 import b64encode
from collections.abc import Coroutine, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import quote_plus, urlencode

import orjson
import structlog
from twilio.http import AsyncHttpClient
from twilio.http.response import Response

from channels.contract import (
    Accepted,
    Misconfigured,
    Refusal,
    Rejected,
    Throttled,
    Unavailable,
    Unreachable,
)
from channels.http import Wire, request

log = structlog.get_logger()

NO_SUCH_CONTENT = "no_such_content"

# --- their word -> ours ----------------------------------------------------------------------------------------------
# Not here: 11200 and 11205 (our own webhook failed), which Twilio tells in its console and never of a message; and
# Meta's own numbers (platforms.md C4), which Twilio maps to the ones below before we hear of them.

UNREACHABLE = {
    21211: "not_a_number",
    21610: "opted_out",  # STOP to Twilio itself: suppressed at once; START to Twilio, or any word to us, lifts it
    21612: "no_route",
    21614: "not_mobile",
    30004: "blocked",
    30005: "unknown_number",
    30006: "landline",
    63003: "not_found",
    63015: "not_in_sandbox",  # lifted by the person's own joining word, so it is about the address and not the sender
    63024: "not_on_whatsapp",
}
REJECTED = {
    20001: "bad_parameter",
    21408: "country_not_enabled",  # about one country: it must not stop the sender for all others
    21602: "empty",
    21617: "too_long",
    21619: "empty",
    21655: NO_SUCH_CONTENT,
    21656: "bad_variables",
    30007: "filtered",
    63005: "bad_content",
    63013: "against_policy",
    63016: "outside_window",  # a caller's mistake: the window is counted before sending
    63021: "bad_content",
    63028: "bad_variables",
    63030: "bad_variables",
    63031: "to_ourselves",
    63032: "in_an_experiment",
    # Never again, and yet the address stays: it is a no to templates that Meta counts as marketing. Answers, alerts by
    # a utility template and everything inside the reply window still arrive, so suppressing would take too much. A
    # later broadcast by a marketing template fails here again, without the person noticing anything.
    63033: "opted_out_of_marketing",
    # Not an opt-out: Meta's cap for one person. A repeat makes sense after 24 hours at the earliest, and by then every
    # deadline for attempts is over (an alert's after 30 minutes, a notice's after 24 hours).
    63049: "held_back_by_meta",
}
# A template that is rejected, paused or missing fails everybody it is sent to: stopping the sender leaves the rest of
# the audience unharmed, rejecting would give up each of them.
MISCONFIGURED = {
    20003: "bad_credentials",
    20005: "account_not_active",
    20006: "access_denied",
    20008: "test_credentials",
    20404: "not_found",
    21212: "bad_sender",
    21603: "bad_sender",
    21606: "bad_sender",
    21609: "bad_callback",
    30002: "account_suspended",
    63001: "sender_not_authenticated",
    63007: "bad_sender",
    63020: "invitation_not_accepted",
    63027: "template_missing",
    63040: "template_rejected",
    63041: "template_paused",  # the sender goes on once it is out of use (broadcast/templating.py)
    63042: "template_disabled",
    63051: "account_locked",
    63062: "marketing_terms_not_accepted",
}
THROTTLED = {  # seconds to wait where Twilio names none
    14107: 30,  # too many replies between one pair in half a minute
    20429: 1,
    21611: 60,  # the sender's queue is full
    30001: 60,
    63017: 5,  # the account's messages a second
    63018: 10,  # the sender's rate, the pair's, or the portfolio's day: the brakes halve, a receipt's retries grow
    63038: 3600,  # the account's daily cap
}
UNAVAILABLE = {  # is it possible that the message went out?
    20500: True,
    20503: False,
    21620: False,  # our address of a picture, and the next line: Meta often cannot fetch what is there, and can later;
    63019: False,  # from the third attempt on the text leaves without it (delivery/gate.py)
    30003: False,  # the phone is off
    30008: True,  # unknown error: Twilio itself does not repeat it, to avoid duplicates
    30410: True,  # the next provider gave no answer in time
    30450: False,  # a number range is shut for 15 to 30 minutes
}


def refusal_of(code: int) -> Refusal | None:
    """The refusal that one of Twilio's error codes means, None for a code that is not in the table."""
    match code:
        case _ if code in UNREACHABLE:
            return Unreachable(UNREACHABLE[code], code=str(code))
        case _ if code in REJECTED:
            return Rejected(REJECTED[code], code=str(code))
        case _ if code in MISCONFIGURED:
            return Misconfigured(MISCONFIGURED[code], code=str(code))
        case _ if code in THROTTLED:
            return Throttled("too_fast", code=str(code), retry_after=timedelta(seconds=THROTTLED[code]))
        case _ if code in UNAVAILABLE:
            return Unavailable("provider_down", code=str(code), may_be_sent=UNAVAILABLE[code])
    return None


def failure(code: str) -> Refusal:
    """The refusal behind a message that Twilio reports as failed or undelivered. A failure is sure: not sent."""
    refusal = refusal_of(int(code)) if code.isascii() and code.isdigit() else None
    if refusal is None:
        _report_unknown(0, code)
        return Unavailable("unknown_word", code=code, may_be_sent=False)
    return refusal


def translate(status: int, headers: Mapping[str, str], body: bytes) -> Refusal:
    """The refusal that an error answer means. Never raises, whatever the body holds; unknown codes are logged once.

    An unknown code in the 4xx range was not carried out, so trying again duplicates nothing and loses nothing.
    """
    code = _code(body)
    refusal = refusal_of(code)
    if status == 429 or isinstance(refusal, Throttled):
        return _throttled(code, headers, refusal)
    if refusal is not None:
        return refusal
    if status >= 500:
        return Unavailable("provider_down", code=str(code or status), may_be_sent=status != 503)
    if status in (401, 403):
        return Misconfigured("bad_credentials", code=str(code or status))
    _report_unknown(status, str(code))
    return Unavailable("unknown_word", code=str(code or status), may_be_sent=False)


def _throttled(code: int, headers: Mapping[str, str], refusal: Refusal | None) -> Throttled:
    said = headers.get("Retry-After", "")
    known = refusal.retry_after if isinstance(refusal, Throttled) else timedelta(seconds=1)
    wait = timedelta(seconds=max(int(said), 1)) if said.isascii() and said.isdigit() else known
    return Throttled("too_fast", code=str(code or 429), retry_after=wait)


def _code(body: bytes) -> int:
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError:
        return 0
    code = said.get("code") if isinstance(said, dict) else None
    return code if isinstance(code, int) else 0


@lru_cache(maxsize=512)
def _report_unknown(status: int, code: str) -> None:
    log.warning("twilio_word_unknown", status=status, code=code[:32])


# --- requests --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Written:
    """A call as twilio writes it: what goes where, before anything has left."""

    method: str
    url: str
    data: dict[str, object]
    headers: dict[str, str]


_SHEET: ContextVar[list[Written] | None] = ContextVar("sheet", default=None)


async def written(call: Coroutine[object, object, object]) -> Written:
    """What a call of twilio's would put on the wire. Nothing leaves."""
    sheet: list[Written] = []
    token = _SHEET.set(sheet)
    try:
        await call
    except Unavailable:
        if not sheet:
            raise
    finally:
        _SHEET.reset(token)
    return sheet[0]


class TwilioHttp(AsyncHttpClient):  # type: ignore[misc]  # twilio is not typed
    """twilio's client on our wire: no retries (its own would send twice), timeouts that hold, JSON sent as JSON.

    Every answer that is no success is raised as a refusal, here where its headers are still at hand.
    """

    def __init__(self, wire: Wire) -> None:
        super().__init__(logging.getLogger("twilio"), is_async=True)
        self._wire = wire

    async def request(
        self,
        method: str,
        uri: str,
        params: Mapping[str, object] | None = None,
        data: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        **_: Any,
    ) -> Response:
        """One call, once, within the wire's time. Raises a refusal."""
        if (sheet := _SHEET.get()) is not None:
            sheet.append(Written(method, uri, dict(data or {}), {**(headers or {}), **_authorization(auth)}))
            raise Unavailable("only_written", may_be_sent=False)
        response = await self._wire.call(
            method,
            uri,
            params={name: str(value) for name, value in (params or {}).items()},
            body=_encoded(data, headers or {}),
            headers={**(headers or {}), **_authorization(auth)},
        )
        if response.status >= 300:
            raise translate(response.status, response.headers, response.body)
        return Response(response.status, response.body.decode("utf-8", "replace"), response.headers)


def _encoded(data: Mapping[str, object] | None, headers: Mapping[str, str]) -> bytes | None:
    if not data:
        return None
    if headers.get("Content-Type") == "application/json":
        return orjson.dumps(data)
    return urlencode(data, doseq=True).encode()


def _authorization(auth: tuple[str, str] | None) -> dict[str, str]:
    return {"Authorization": f"Basic {b64encode(':'.join(auth).encode()).decode()}"} if auth else {}


TO, REFERENCE = "to-0", "ref-0"


class Letterpress:
    """A Messages.create that twilio wrote once, printed for each number: only To and our reference are put in."""

    __slots__ = ("_after", "_before", "_is_told", "_request", "_wire", "messages")

    def __init__(self, wire: Wire, call: Written, callback: str | None) -> None:
        """`callback` is the status callback's address with REFERENCE where ours belongs; None: nobody is told."""
        rest = {name: value for name, value in call.data.items() if name not in ("To", "StatusCallback")}
        before, _, after = (callback or "").partition(REFERENCE)
        self.messages = 1
        self._wire = wire
        self._request = request(call.method, call.url, call.headers)
        self._is_told = callback is not None
        self._before = urlencode(rest, doseq=True) + (f"&StatusCallback={quote_plus(before)}" if callback else "")
        self._after = f"{quote_plus(after)}&To="

    async def send(self, to: str, reference: str) -> Accepted:
        """See Prepared."""
        reference = quote_plus(reference) if self._is_told else ""
        body = f"{self._before}{reference}{self._after}{quote_plus(to)}"
        response = await self._wire.ask(self._request, body.encode())
        if response.status >= 300:
            raise translate(response.status, response.headers, response.body)
        return Accepted(sid(response.body))


def sid(body: bytes | str) -> str:
    """Of a message that Twilio took. An unreadable success is in doubt: the message may well have been taken."""
    try:
        return str(orjson.loads(body)["sid"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        raise Unavailable("unreadable_answer", may_be_sent=True) from None
