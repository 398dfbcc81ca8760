"""A letter as it leaves: what one worker holds of it, and the message in it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from channels.contract import Choice, Media, Message, Template
from delivery import enclosures, media
from delivery.models import Letter, Sender


@dataclass(frozen=True, slots=True)
class Leased:
    """A letter in one worker's hands. `edits` is the provider's id of the message to rewrite, if there is one."""

    id: int
    sender_id: int
    agency_id: int
    to: str
    epoch: int
    revision: int
    attempt: int
    message: Message
    edits: str | None
    is_card: bool
    is_again: bool
    media_id: int | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """A leased letter and the sender it leaves from."""

    sender: Sender
    leased: Leased


def leased(session: Session, letter: Letter, now: datetime) -> Leased:
    """The letter with its message: its media, and the words for where they cannot be shown."""
    return Leased(
        id=letter.id,
        sender_id=letter.sender_id,
        agency_id=letter.agency_id,
        to=letter.to,
        epoch=letter.epoch,
        revision=letter.revision,
        attempt=letter.attempt,
        message=_message(session, letter, now),
        edits=letter.provider_id or letter.edits,
        is_card=letter.key is not None,
        is_again=letter.is_again,
        media_id=letter.media_id,
    )


def _message(session: Session, letter: Letter, now: datetime) -> Message:
    shown, bare = _shown(session, letter, now), _without_media(letter)
    has_media = letter.media_id is not None or letter.encloses
    return Message(
        to=letter.to,
        text=bare if has_media and shown is None else letter.text,
        reference=f"letter-{letter.id}",
        choices=tuple(Choice(key, label, is_selected) for key, label, is_selected in letter.choices),
        columns=letter.columns,
        list_label=letter.list_label,
        template=Template(letter.template_id, letter.variables) if letter.template_id else None,
        media=shown,
        without_media=bare,
    )


def _shown(session: Session, letter: Letter, now: datetime) -> Media | None:
    if letter.encloses:
        return enclosures.beside(session, letter.id, now=now)
    if letter.media_id is None:
        return None
    return media.shown(session, letter.media_id, letter.sender_id, alternative=letter.alternative)


def _without_media(letter: Letter) -> str:
    """What is said where it cannot be shown: words for it below the text, of a file why it does not come."""
    if letter.encloses:
        return letter.alternative
    return "\n\n".join(part for part in (letter.text, letter.alternative) if part)
