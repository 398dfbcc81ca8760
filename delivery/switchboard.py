"""The channel objects of this process: one for each sender, kept while its row is unchanged."""

import threading
from collections.abc import Callable, Mapping

from channels.contract import Channel, Limits, Line
from db.crypto import Vault
from delivery.models import Sender

MEDIA_PATH = "/media"
Build = Callable[[str, Line], Channel]
LimitsOf = Callable[[str], Limits]


def hook_path(channel: str, key: str) -> str:
    """The path of our door for a sender."""
    return f"/hooks/{channel}/{key}"


class Switchboard:
    """Gives the channel object that speaks for a sender. Its coroutines belong to the one loop of this process."""

    def __init__(
        self, *, build: Build, limits_of: LimitsOf, vault: Vault, public_url: str, endpoints: Mapping[str, str]
    ) -> None:
        self._build = build
        self._vault = vault
        self.public_url = public_url
        self._endpoints = endpoints
        self._kept: dict[int, tuple[bytes, Channel]] = {}
        self._lock = threading.Lock()
        self.limits_of = limits_of

    def channel(self, sender: Sender) -> Channel:
        """The channel object for this sender; raises Unreadable if its credentials cannot be decrypted."""
        with self._lock:
            kept = self._kept.get(sender.id)
            if kept is None or kept[0] != sender.credentials:
                kept = (sender.credentials, self._build(sender.channel, self.line(sender)))
                self._kept[sender.id] = kept
            return kept[1]

    def line(self, sender: Sender) -> Line:
        """What a channel object needs to know of a sender."""
        return Line(
            handle=sender.handle,
            hook_url=self.public_url + hook_path(sender.channel, sender.key),
            credentials=self._vault.open(sender.credentials),
            endpoints=self._endpoints,
            media_url=self.public_url + MEDIA_PATH,
        )

    async def aclose(self) -> None:
        """Close every channel object."""
        with self._lock:
            kept, self._kept = self._kept, {}
        for _, channel in kept.values():
            await channel.aclose()
