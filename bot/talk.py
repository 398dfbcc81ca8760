"""One turn of a conversation: who speaks, what they said, and where the talk stands. Every dialog is given it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from bot.keywords import normalise
from bot.models import Conversation
from channels.contract import Choice, Inbound, Limits, Refusal
from delivery.drafts import File
from delivery.models import Sender
from locales import texts
from staff.models import Agency, Officer
from subscribers.models import Address, Subscriber

Item = TypeVar("Item")
ON_A_PAGE = 20  # choices that people look through at once, where the channel could show more


def _no_file(_session: Session, _address: Address, _limits: Limits) -> File | None:
    return None


def _nothing(_session: Session, _sender_id: int, _address: str) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Above:
    """What the conversation is given by rooms above it: our public address, how the door forgets an address, and
    everything we hold about who speaks there, as a file that the app shows (None: it shows none).
    """

    public_url: str = ""
    forget_calls: Callable[[Session, int, str], None] = _nothing
    everything: Callable[[Session, Address, Limits], File | None] = _no_file


ALONE = Above()


class FileWanted(Exception):
    """A dialog needs the content of what was sent: undo this turn, fetch it, and have it said again with the file."""


@dataclass(slots=True)
class Talk:
    """Everything one turn may need. `officer` is the member of staff behind this account, None for citizens.

    `file` is the content of the inbound's attachment, once somebody wanted it, or why it could not be had. `is_over`:
    nothing of this talk is to be remembered, not even that it was.
    """

    session: Session
    now: datetime
    sender: Sender
    limits: Limits
    inbound: Inbound
    conversation: Conversation
    agency: Agency
    address: Address
    subscriber: Subscriber
    officer: Officer | None
    above: Above = ALONE
    is_over: bool = False
    file: bytes | Refusal | None = None

    @property
    def locale(self) -> str:
        """The person's language as it is now (a dialog may change it in the middle of a turn)."""
        return self.subscriber.locale

    @property
    def data(self) -> dict[str, Any]:
        """What the open dialog remembers, to read; `remember` writes."""
        return self.conversation.data

    def open(self, dialog: str, **data: Any) -> None:
        """Make this the open dialog, remembering `data` and nothing else: typed words go to it from now on."""
        self.conversation.dialog = dialog
        self.conversation.data = data

    def remember(self, **data: Any) -> None:
        """Add to what the open dialog remembers."""
        self.conversation.data = {**self.conversation.data, **data}

    def close(self) -> None:
        """Leave the open dialog and forget what it remembered."""
        self.conversation.dialog = None
        self.conversation.data = {}

    def say(self, key: str, **values: object) -> str:
        """A text in the person's language, for labels and values; whole answers are replies."""
        return texts.say(key, self.locale, **values)

    def button(self, key: str, label_key: str, *, is_selected: bool | None = None, **values: object) -> Choice:
        """A choice whose label is a text of ours. Its key is "<dialog>:<action>..." and comes back to that dialog."""
        return Choice(key, self.say(label_key, **values), is_selected)

    def offer(self, choices: Iterable[Choice], *, is_numbered: bool = False) -> None:
        """Remember the choices of this answer, so that typing a label (or its place) is as good as tapping it."""
        shown = list(choices)
        offered = {normalise(choice.label): choice.key for choice in shown}
        if is_numbered:
            offered |= {str(place): choice.key for place, choice in enumerate(shown, start=1)}
        places = [[choice.key, choice.label, choice.is_selected] for choice in shown] if is_numbered else []
        self.remember(offered=offered, places=places)

    def offered(self, text: str) -> str | None:
        """The key of the choice in our last answer whose label these words are."""
        labels: dict[str, str] = self.data.get("offered", {})
        return labels.get(normalise(text))

    def in_places(self) -> list[Choice]:
        """The choices of our last answer in the order of their numbers; none where they had no numbers."""
        return [Choice(key, label, is_selected) for key, label, is_selected in self.data.get("places", ())]

    def evidence(self) -> dict[str, Any]:
        """What proves that these words were said: the channel, its event and the provider's id of the message."""
        said = self.inbound
        return {"channel": self.sender.channel, "event_id": said.event_id, "message_id": said.provider_id}

    def page(self, choices: Sequence[Choice], number: int, *, more: Choice, fixed: Sequence[Choice]) -> list[Choice]:
        """Page `number` of more choices than the channel can show at once, with `fixed` on every page.

        `more` leads on (after the last page comes the first) and stands there only where there are several pages.
        """
        shown = self.on_page(choices, number, beside=len(fixed))
        return [*shown, *([more] if len(shown) < len(choices) else []), *fixed]

    def on_page(self, items: Sequence[Item], number: int, *, beside: int) -> Sequence[Item]:
        """The items of page `number`, `beside` other choices on every page; after the last comes the first."""
        capacity = min(max(self.limits.buttons, self.limits.list_items) - beside, ON_A_PAGE)
        if len(items) <= capacity:
            return items
        size = max(1, capacity - 1)
        first = number * size % (-(-len(items) // size) * size)
        return items[first : first + size]
