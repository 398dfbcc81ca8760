"""One WhatsApp number's way to the outside, over Twilio, behind the contract all channels keep."""

from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import orjson
from twilio.base.exceptions import TwilioException
from twilio.rest import Client

from channels import twilio_api, twilio_hooks
from channels.contract import (
    Accepted,
    Answer,
    Attachment,
    Each,
    Event,
    Hook,
    Line,
    Media,
    MediaKind,
    Message,
    Misconfigured,
    Prepared,
    Rejected,
    Standing,
    Unavailable,
)
from channels.http import Wire
from channels.pairing import Pair
from channels.whatsapp import hooks, media, templates
from channels.whatsapp.limits import LIMITS
from channels.whatsapp.menus import Menu, Shelf, menu, numbered

# How long Twilio may keep a message queued. Its documents give two defaults (4 and 10 hours): ours is said aloud.
VALIDITY = timedelta(hours=4)
API_URL, CONTENT_URL = "https://api.twilio.com", "https://content.twilio.com"

T = TypeVar("T")


GREETING = "Hi"
# Connection overrides (platforms.md B5): five retries, also after a 5xx. The signature does not cover them.
RETRIES = "#rc=5&rp=all"
# Where a prepared message has its recipient and our reference put in.
TO, REFERENCE = twilio_api.TO, twilio_api.REFERENCE


class WhatsAppChannel:
    """Sends through Twilio's Messages API, hears through its webhooks; receipts carry our reference back."""

    name = "whatsapp"
    CREDENTIALS = ("account_sid", "auth_token")
    INVENTED: tuple[str, ...] = ()
    timeout_seconds = 15.0
    limits = LIMITS

    def __init__(self, line: Line) -> None:
        """Nothing is opened yet. Raises Misconfigured for missing credentials, no number, or an unusable hook_url."""
        self._account_sid, self._auth_token = (line.credentials.get(field, "") for field in self.CREDENTIALS)
        if not (self._account_sid and self._auth_token):
            raise Misconfigured("no_credentials")
        if not line.handle:
            raise Misconfigured("no_number")
        if "_" in (urlsplit(line.hook_url).hostname or ""):
            raise Misconfigured("underscore_in_hook_host")  # Twilio takes no such StatusCallback
        self._number = line.handle.removeprefix("whatsapp:")
        self._hook_url = line.hook_url
        self._media_url = line.media_url
        self._media_hosts = media.hosts(line.endpoints)
        self._wire = Wire(total_seconds=self.timeout_seconds)
        self._client = _client(line, twilio_api.TwilioHttp(self._wire))
        self._api_url = line.endpoints.get("twilio", API_URL).rstrip("/")
        self._content_url = line.endpoints.get("twilio_content", CONTENT_URL).rstrip("/")
        self._shelf = Shelf(self._contents)

    async def send(self, message: Message) -> Accepted:
        """Its template, or inside the reply window its text, with choices as buttons, a list or numbered lines.

        Media only inside the window too: a picture with the text as its caption, all else below it.
        """
        if message.media is not None and message.template is None:
            return await (await self.prepare(message)).send(message.to, message.reference)
        try:
            sid = await self._create(message, await self._wording(message))
        except Rejected as refusal:
            if refusal.reason != twilio_api.NO_SUCH_CONTENT or message.template:
                raise
            self._shelf.forget()
            raise Unavailable("menu_was_deleted", code=refusal.code) from None
        return Accepted(sid)

    async def prepare(self, message: Message) -> Prepared:
        """The same Messages.create for many numbers: twilio writes it once. Menus are made for each, as in `send`."""
        if message.media is not None and message.template is None:
            return await self._illustrated(message, message.media)
        if message.choices:
            return Each(self, message)
        return await self._pressed(message, await self._wording(message))

    async def _illustrated(self, message: Message, shown: Media) -> Prepared:
        """One message where the text fits below the media, else the text and then the media with its alternative.

        A document has no words at all on WhatsApp.
        """
        if not self.limits.shows(shown.kind, shown.mime_type):
            return await self.prepare(replace(message, media=None, text=message.without_media or message.text))
        largest = self.limits.largest(shown.kind)
        if largest is not None and shown.size > largest:
            raise Rejected("media_too_large")
        if self.limits.messages(shown.kind, message.text) == 1 and not message.choices:
            return await self._pressed(message, media.wording(shown, message.text, self._media_url))
        text = await self.prepare(replace(message, media=None))
        words = "" if shown.kind is MediaKind.DOCUMENT else shown.alternative
        below = await self._pressed(message, media.wording(shown, words, self._media_url), is_told=False)
        return Pair(text, below)

    async def _pressed(self, message: Message, wording: Mapping[str, Any], *, is_told: bool = True) -> Prepared:
        call = await twilio_api.written(self._create(replace(message, to=TO, reference=REFERENCE), wording))
        return twilio_api.Letterpress(self._wire, call, self._callback(REFERENCE) if is_told else None)

    async def edit(self, provider_id: str, message: Message) -> Accepted:
        """Always Rejected: WhatsApp has no edit for businesses."""
        raise Rejected("cannot_edit")

    async def delete(self, to: str, provider_id: str) -> None:
        """Always Rejected: WhatsApp has no delete for businesses."""
        raise Rejected("cannot_delete")

    def verify(self, hook: Hook) -> None:
        """Raise Forged unless Twilio signed this call with our auth token."""
        twilio_hooks.verify(hook, self._auth_token)

    def parse(self, hook: Hook) -> list[Event]:
        """A status callback as a receipt, everything else as something said."""
        return hooks.read(hook)

    async def fetch(self, attachment: Attachment) -> bytes:
        """The file from Twilio, which sends us on to where it keeps files. Rejected for what is too large."""
        return await media.fetch(self._wire, attachment.file, self._media_hosts, (self._account_sid, self._auth_token))

    def answer(self, events: Sequence[Event]) -> Answer:
        """Say nothing here: what we answer goes out as messages of its own."""
        return Answer(b"<Response/>", "application/xml")

    def hook_address(self) -> str:
        """The door's address for Twilio's console, with the wish to retry: by default it calls once more, or never."""
        return self._hook_url + RETRIES

    def link(self, payload: str = "", words: str = "") -> str:
        """A wa.me link with the words already typed."""
        typed = words or (f"/start {payload}" if payload else GREETING)
        return f"https://wa.me/{self._number.removeprefix('+')}?text={quote(typed)}"

    async def connect(self) -> str:
        """Only checks: where Twilio calls us is set in its console (see README.md)."""
        return await self.check()

    async def check(self) -> str:
        """The number, if Twilio takes the credentials and the account is active."""
        api = self._client.api
        api.base_url = self._api_url
        account = await _made(api.v2010.accounts(self._account_sid).fetch_async())
        if str(account.status) != "active":
            raise Misconfigured("account_not_active", code=str(account.status))
        return self._number

    async def describe(self, commands: Mapping[str, Sequence[tuple[str, str]]]) -> None:
        """WhatsApp has no menu of commands that Twilio could fill."""

    async def create_template(
        self, name: str, locale: str, body: str, variables: Mapping[str, str], *, category: str = "UTILITY"
    ) -> str:
        """Submit wording for approval; its ContentSid. Raises a refusal; a name WhatsApp would not take is Rejected."""
        sid = await self.put_template(name, locale, body, variables)
        await self.submit_template(sid, name, category=category)
        return sid

    async def put_template(
        self, name: str, locale: str, body: str, variables: Mapping[str, str], *, may_be_there: bool = False
    ) -> str:
        """Keep wording at Twilio; its ContentSid. Rejected for a name WhatsApp would not take."""
        there: str | None = await _made(templates.find(self._contents(), name)) if may_be_there else None
        return (
            there if there is not None else await _made(templates.put(self._contents(), name, locale, body, variables))
        )

    async def submit_template(self, provider_id: str, name: str, *, category: str) -> None:
        """Ask WhatsApp to approve it, as UTILITY or MARKETING."""
        await _made(templates.submit(self._contents(), provider_id, name, category))

    async def template_standing(self, provider_id: str) -> Standing:
        """How far the approval is. Misconfigured ("not_found") if Twilio knows no such template."""
        return await _made(templates.standing(self._contents(), provider_id))

    async def remove_template(self, provider_id: str) -> None:
        """Delete it at Twilio; WhatsApp keeps its name for 30 days."""
        await _made(templates.remove(self._contents(), provider_id))

    async def aclose(self) -> None:
        """Let go of connections."""
        await self._wire.aclose()

    async def _wording(self, message: Message) -> dict[str, str]:
        if message.template:
            _check(sum(map(len, message.template.variables.values())), self.limits.template_length)
            said = {name: " ".join(value.split()) for name, value in message.template.variables.items()}
            return _content(message.template.provider_id, said)
        if shown := menu(message):
            return await self._menu(shown)
        text = numbered(message)
        _check(self.limits.measure(text), self.limits.text_length)
        return {"Body": text}

    async def _menu(self, shown: Menu) -> dict[str, str]:
        return _content(await _made(self._shelf.sid(shown.shape)), shown.variables)

    async def _create(self, message: Message, wording: Mapping[str, object]) -> str:
        """The call of `client.messages.create_async`, whose package brings ninety others along: 7 MB of a worker."""
        callback = {"StatusCallback": self._callback(message.reference)} if message.reference else {}
        sender = {"From": f"whatsapp:{self._number}"}
        fields = {"To": message.to, **callback, "ValidityPeriod": int(VALIDITY.total_seconds()), **sender, **wording}
        url = f"{self._api_url}/2010-04-01/Accounts/{self._account_sid}/Messages.json"
        response = await self._client.request_async("POST", url, data=fields)
        return twilio_api.sid(response.text)

    def _contents(self) -> Any:
        """twilio's list of Contents; its package is imported at the first call."""
        content = self._client.content
        content.base_url = self._content_url
        return content.v1.contents

    def _callback(self, reference: str) -> str:
        separator = "&" if urlsplit(self._hook_url).query else "?"
        return f"{self._hook_url}{separator}{urlencode({'ref': reference})}{RETRIES}"


def _client(line: Line, http: twilio_api.TwilioHttp) -> Client:
    account_sid, auth_token = (line.credentials[field] for field in WhatsAppChannel.CREDENTIALS)
    # twilio would read region and edge from the environment; ours is in the endpoints.
    return Client(account_sid, auth_token, http_client=http, environment={"TWILIO_EDGE": "", "TWILIO_REGION": ""})


def _content(sid: str, variables: Mapping[str, str]) -> dict[str, str]:
    return {"ContentSid": sid, "ContentVariables": orjson.dumps(dict(variables)).decode()}


def _check(length: int, allowed: int) -> None:
    if length > allowed:
        raise Rejected("too_long")


async def _made(call: Coroutine[object, object, T]) -> T:
    """Refusals are raised where the answer is read (twilio_api); what twilio cannot read of a success is in doubt."""
    try:
        return await call
    except (TwilioException, ValueError):
        raise Unavailable("unreadable_answer", may_be_sent=True) from None
