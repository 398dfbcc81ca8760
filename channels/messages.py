"""What we say through a channel, and the provider's word that it took it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from channels.media import Media


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing a person may tap. `key` comes back to us as it is (at most 64 bytes); `label` is what they see.

    `is_selected` is None for a plain button, True or False for a toggle; how a toggle looks is the channel's matter.
    """

    key: str
    label: str
    is_selected: bool | None = None


@dataclass(frozen=True, slots=True)
class Template:
    """Wording the provider approved beforehand, by the provider's id, with the values of its variables ("1", "2")."""

    provider_id: str
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Message:
    """Rendered text for one address. `to` is the address's opaque value; `reference` is ours, receipts carry it back.

    With a `template` the channel sends that and not `text` (which stays for the record and the preview).
    `choices` are laid out in rows of `columns`; `list_label` names the button that opens a list where there is one.
    Where `media` cannot be shown, `without_media` is said instead of the text (empty: the text).
    """

    to: str
    text: str
    reference: str = ""
    choices: tuple[Choice, ...] = ()
    columns: int = 1
    list_label: str = ""
    template: Template | None = None
    is_silent: bool = False
    is_paid: bool = False  # leaves faster for a fee, where `limits.paid_rate` says that this can be bought
    media: Media | None = None
    without_media: str = ""
    has_preview: bool = True  # whether the app may show what a link in the text leads to, where that can be told


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider took the message. `provider_id` is its name for it, unique per sender and address.

    `handle` is its name for the media that this message uploaded, good for every later message of this sender.
    """

    provider_id: str
    handle: str | None = None


def shorten(text: str, length: int) -> str:
    """The text, or as much of it as fits into `length` characters with an ellipsis at the end."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"
