"""(pure) What differs from channel to channel: lengths, rates, buttons, media, and what comes back of a message."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from channels.media import MediaKind


class AddressKind(StrEnum):
    """What an address on a channel is, so that one can be read from a file."""

    PHONE = "phone"  # a telephone number in E.164, after the channel's prefix
    ACCOUNT = "account"  # the number of a chat account


@dataclass(frozen=True, slots=True)
class Limits:
    """What a channel can do. Lengths in `text_unit`; rates in messages a second for one sender; spans as timedelta."""

    text_length: int
    template_length: int
    label_length: int
    buttons: int
    list_items: int
    rate: float
    has_receipts: bool
    has_read_receipts: bool
    can_edit: bool
    delete_within: timedelta | None
    reply_window: timedelta | None
    needs_template: bool
    text_unit: str = "characters"
    address_kind: AddressKind = AddressKind.ACCOUNT
    address_prefix: str = ""
    paid_rate: float | None = None  # messages a second where speed can be bought
    paid_price: float = 0.0  # of one paid message, at most
    paid_currency: str = ""  # the platform's own
    caption_length: int = 0  # of a text that leaves in one message with a picture or document
    captions: frozenset[MediaKind] = frozenset({MediaKind.PHOTO, MediaKind.DOCUMENT})  # what shows a text with it
    photo_types: frozenset[str] = frozenset()  # MIME types shown as pictures
    photo_bytes: int = 0
    document_types: frozenset[str] = frozenset()
    document_bytes: int = 0
    has_locations: bool = False
    has_groups: bool = False  # whether a sender can be put into a group and write there
    tiers: tuple[int, ...] = ()  # how many people outside the reply window a day: steps, before there is no limit

    def measure(self, text: str) -> int:
        """The length of a text as this channel counts it (Telegram counts UTF-16 code units)."""
        if self.text_unit == "utf-16":
            return len(text.encode("utf-16-le")) // 2
        return len(text)

    def shows(self, kind: MediaKind, mime_type: str) -> bool:
        """Whether people on this channel see such media; where not, they read its alternative."""
        match kind:
            case MediaKind.LOCATION:
                return self.has_locations
            case MediaKind.PHOTO:
                return mime_type in self.photo_types
            case MediaKind.DOCUMENT:
                return mime_type in self.document_types

    def largest(self, kind: MediaKind) -> int | None:
        """How many bytes such media may have; None where there are none to count."""
        sizes = {MediaKind.PHOTO: self.photo_bytes, MediaKind.DOCUMENT: self.document_bytes}
        return sizes.get(kind)

    def messages(self, kind: MediaKind, text: str) -> int:
        """In how many messages a text leaves with such media: a location carries none, a picture a short one."""
        return 1 if kind in self.captions and self.measure(text) <= self.caption_length else 2
