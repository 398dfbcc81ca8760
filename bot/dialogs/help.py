"""What one can say, and what we answer where nothing else fits: never silence, never a dead end."""

from collections.abc import Sequence

from bot import officers, pickers
from bot.replies import Reply
from bot.talk import Talk

NAME = "help"


def begin(talk: Talk, argument: str = "") -> list[Reply]:
    """Everything that can be said; below what everybody can, officers see what only they can."""
    everybody = Reply("help.text", {"agency": talk.agency.name_in(talk.locale)}, pickers.menu(talk))
    return [everybody, *officers.helped(talk)] if talk.officer is not None else [everybody]


def tap(talk: Talk, action: Sequence[str]) -> list[Reply]:
    """The help button."""
    return begin(talk) if list(action) == ["begin"] else []


def hear(talk: Talk, text: str) -> list[Reply]:
    """Nothing: this dialog is never left open."""
    return []


def greet(talk: Talk) -> list[Reply]:
    """Answer a hello with the way on."""
    return [Reply("help.greeting", {"agency": talk.agency.name_in(talk.locale)}, pickers.menu(talk))]


def welcome(talk: Talk) -> list[Reply]:
    """Answer thanks, a thumb up or an "ok" to what nobody asked: people say so to announcements."""
    return [Reply("help.thanked", {}, pickers.menu(talk))]


def not_understood(talk: Talk) -> list[Reply]:
    """Answer what we cannot make sense of."""
    return [Reply("help.not_understood", {"agency": talk.agency.name_in(talk.locale)}, pickers.menu(talk))]


def only_words(talk: Talk) -> list[Reply]:
    """Answer a picture, a document or a location: we read words only."""
    return [Reply("help.only_words", {"agency": talk.agency.name_in(talk.locale)}, pickers.menu(talk))]


def old_button(talk: Talk) -> list[Reply]:
    """Answer the tap on a button that leads nowhere any more."""
    return [Reply("help.old_button", {}, pickers.menu(talk))]
