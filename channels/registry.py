"""Name -> class, one line for each channel. The only place that names a concrete one."""

from collections.abc import Iterable
from importlib import import_module
from typing import Any

from channels.contract import Channel, Limits, Line
from lean import without

CHANNELS = {
    "telegram": "channels.telegram.channel:TelegramChannel",
    "whatsapp": "channels.whatsapp.channel:WhatsAppChannel",
}
UNUSED = ("rich", "pygments", "chardet", "charset_normalizer")
"""What the SDKs' own HTTP clients, which we never call, import if it is there: a command line, a guess at encodings."""


def _load(name: str) -> Any:
    module, _, attribute = CHANNELS[name].partition(":")
    with without(*UNUSED):
        return getattr(import_module(module), attribute)


def build(name: str, line: Line) -> Channel:
    """The channel object for one sender. Raises KeyError for an unknown channel, Misconfigured for bad credentials."""
    channel: Channel = _load(name)(line)
    return channel


def limits(name: str) -> Limits:
    """What a channel can do, known without credentials or its SDK. Raises KeyError for an unknown channel."""
    package = CHANNELS[name].rpartition(".")[0]
    found: Limits = import_module(f"{package}.limits").LIMITS
    return found


def preload(names: Iterable[str]) -> None:
    """Import these channels with their SDKs: a second that must not fall into an officer's confirmation."""
    for name in names:
        _load(name)


def invented_fields(name: str) -> tuple[str, ...]:
    """Those of them that are ours to make up (the secret we give to a provider), so that nobody has to be asked."""
    fields: tuple[str, ...] = _load(name).INVENTED
    return fields


def credential_fields(name: str) -> tuple[str, ...]:
    """The names of the credentials a sender of this channel needs, in the order in which to ask for them."""
    fields: tuple[str, ...] = _load(name).CREDENTIALS
    return fields
