"""What every channel promises, and the words it uses. Pure: no I/O, no SDK.

A channel object speaks for one sender (one bot, one WhatsApp number). It translates: our `Message` into the
provider's call, the provider's call (`Hook`) into our `Inbound`, `Receipt` and `Membership`, and every way in which
a send can fail into one of five refusals, because five different things follow from them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from channels.groups import GroupChanged as GroupChanged
from channels.groups import GroupSaid as GroupSaid
from channels.limits import AddressKind as AddressKind
from channels.limits import Limits as Limits
from channels.media import LARGEST as LARGEST
from channels.media import STALE_HANDLE as STALE_HANDLE
from channels.media import TEXT as TEXT
from channels.media import WORD as WORD
from channels.media import Attachment as Attachment
from channels.media import Media as Media
from channels.media import MediaKind as MediaKind
from channels.media import Place as Place
from channels.media import sniffed as sniffed
from channels.messages import Accepted as Accepted
from channels.messages import Choice as Choice
from channels.messages import Message as Message
from channels.messages import Template as Template
from channels.messages import shorten as shorten
from channels.templating import Standing as Standing
from channels.templating import TemplateState as TemplateState
from channels.templating import Templating as Templating


class Heard(StrEnum):
    """What a provider can tell us of a message, in the order in which it usually happens."""

    ACCEPTED = "accepted"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"


# --- what we hear ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hook:
    """One HTTP call of a provider. `url` is the public one (signatures cover it), header names are lower-case."""

    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Inbound:
    """Somebody said something, or tapped `choice`. `tapped_id` is the provider's id of the message that was tapped.

    `ack` is what `Channel.answer` needs to tell the provider that we heard; nobody else looks at it. `person_key` is
    the platform's own id of whoever speaks, where it tells one: another one at the same address is another person.
    """

    event_id: str
    address: str
    text: str
    choice: str | None = None
    tapped_id: str | None = None
    provider_id: str | None = None
    locale_hint: str | None = None
    name: str | None = None
    said_at: datetime | None = None
    ack: str | None = None
    person_key: str | None = None
    attachment: Attachment | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the provider says happened to a message of ours. `refusal` is set where `heard` is FAILED.

    `reference` is ours where the provider carries it; otherwise `provider_id` has to do.
    """

    event_id: str
    heard: Heard
    reference: str | None
    provider_id: str
    refusal: "Refusal | None" = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Membership:
    """The platform says that this person can or can no longer be reached by this sender (blocked, came back)."""

    event_id: str
    address: str
    is_reachable: bool
    at: datetime | None = None


Event = Inbound | Receipt | Membership | GroupSaid | GroupChanged


@dataclass(frozen=True, slots=True)
class Answer:
    """What the provider wants to read in our 200."""

    body: bytes = b""
    content_type: str = "text/plain"


# --- the five refusals -----------------------------------------------------------------------------------------------


class Refusal(Exception):
    """A message was not sent, or may not have been. `code` is the provider's own word for why."""

    def __init__(self, reason: str = "", *, code: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code


class Throttled(Refusal):
    """Too fast. Wait `retry_after`, this sender only; costs no attempt."""

    def __init__(self, reason: str = "", *, code: str = "", retry_after: timedelta = timedelta(seconds=1)) -> None:
        super().__init__(reason, code=code)
        self.retry_after = retry_after


class Unavailable(Refusal):
    """The provider or the way there is down. `may_be_sent` says that the message may have gone out all the same."""

    def __init__(self, reason: str = "", *, code: str = "", may_be_sent: bool = False) -> None:
        super().__init__(reason, code=code)
        self.may_be_sent = may_be_sent


class Rejected(Refusal):
    """This message will never be accepted. Give it up, keep the address."""


class Unreachable(Refusal):
    """This address cannot be reached (blocked, deactivated, not on this channel). Give up the address."""


class Misconfigured(Refusal):
    """Our credentials or settings are wrong. Stop this sender, tell the officers; the rest of its batch is unharmed."""


class Forged(Exception):
    """A webhook call that the provider did not make: answer 403, keep nothing."""


class Malformed(Exception):
    """A webhook call that is genuine and unreadable: answer 400, keep it for the operator."""


# --- a channel --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """Everything a channel object needs to speak for one sender.

    `handle` is the sender's public name (a bot's username, a number), `hook_url` the public address of our door for
    this sender, `endpoints` the provider's base URLs by name, `credentials` the channel's own fields. `media_url` is
    where our web shows media, each at its token.
    """

    handle: str
    hook_url: str
    credentials: Mapping[str, str]
    endpoints: Mapping[str, str]
    media_url: str = ""


class Prepared(Protocol):
    """One message made ready for many people: rendered and serialised once, only the recipient is put in."""

    @property
    def messages(self) -> int:
        """How many messages each send puts on the wire: the brakes count every one."""
        ...

    async def send(self, to: str, reference: str) -> Accepted:
        """Hand it to the provider for one address, or raise a refusal; exactly what `Channel.send` would do."""
        ...


class Channel(Protocol):
    """One sender's way to the outside. Made by `registry.build`; its coroutines belong to one event loop."""

    name: str
    limits: Limits

    async def send(self, message: Message) -> Accepted:
        """Hand one message to the provider, or raise a refusal."""
        ...

    async def prepare(self, message: Message) -> Prepared:
        """Make a message ready to be sent to many; its `to` and `reference` are ignored. Sends nothing; may refuse."""
        ...

    async def edit(self, provider_id: str, message: Message) -> Accepted:
        """Replace a message sent before (only where `limits.can_edit`); an edit that changes nothing is no error."""
        ...

    async def delete(self, to: str, provider_id: str) -> None:
        """Take a message back (only where `limits.delete_within`)."""
        ...

    def verify(self, hook: Hook) -> None:
        """Raise Forged unless the provider made this call."""
        ...

    def parse(self, hook: Hook) -> list[Event]:
        """What the call says; unknown kinds of events are no events; raise Malformed if it cannot be read."""
        ...

    async def fetch(self, attachment: Attachment) -> bytes:
        """The content of what somebody sent, from the provider's own hosts only. Raises a refusal."""
        ...

    def answer(self, events: Sequence[Event]) -> Answer:
        """What to answer with the 200 (Telegram: stop the button's spinner; Twilio: an empty TwiML)."""
        ...

    def hook_address(self) -> str:
        """The address of our door as it is to stand in the provider's settings."""
        ...

    def link(self, payload: str = "", words: str = "") -> str:
        """A link that opens a chat and has the person say "/start <payload>" (64 of A-Z, a-z, 0-9, _ and -).

        Where a link carries words and no payload, they are `words` if given: a sentence that people see, and may edit.
        """
        ...

    async def check(self) -> str:
        """The sender's public handle if all is well; Misconfigured says what is not. Changes nothing."""
        ...

    async def connect(self) -> str:
        """Check the credentials, tell the provider where to call us, and return the sender's public handle."""
        ...

    async def describe(self, commands: Mapping[str, Sequence[tuple[str, str]]]) -> None:
        """Fill the app's menu of commands, (command, text) per locale, where the app has one; elsewhere do nothing."""
        ...

    async def aclose(self) -> None:
        """Let go of connections."""
        ...


@dataclass(frozen=True, slots=True)
class Each:
    """Prepared the plain way: every message is made anew. For what a channel cannot serialise beforehand."""

    channel: Channel
    message: Message
    messages: int = 1

    async def send(self, to: str, reference: str) -> Accepted:
        """See Prepared."""
        return await self.channel.send(replace(self.message, to=to, reference=reference))
