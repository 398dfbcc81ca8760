"""Choosing a language: by button, or by naming it at any time in any language."""

from collections.abc import Sequence

from bot import pickers
from bot.replies import Reply
from bot.talk import Talk
from locales import texts
from subscribers import directory

NAME = "language"


def begin(talk: Talk, argument: str = "") -> list[Reply]:
    """Offer the agency's languages, each in its own script, asked in each of them."""
    on_the_way_in = talk.conversation.dialog == "onboarding"  # which then goes on where it was
    choices = pickers.languages(talk, "onboarding" if on_the_way_in else NAME)
    values = {"text": pickers.language_questions(talk)}
    return [Reply("reply.verbatim", values, choices, list_label_key="language.list.button", is_numbered=True)]


def tap(talk: Talk, action: Sequence[str]) -> list[Reply]:
    """The buttons."""
    match action:
        case ["begin"]:
            return begin(talk)
        case ["set", locale] if locale in talk.agency.locales:
            return change(talk, locale)
        case _:
            return []


def hear(talk: Talk, text: str) -> list[Reply]:
    """Nothing: this dialog is never left open, languages are understood by name everywhere."""
    return []


def change(talk: Talk, locale: str) -> list[Reply]:
    """Speak this language from now on; one that the agency does not speak is declined with those it does."""
    if locale not in talk.agency.locales:
        return [
            Reply("language.unavailable", {"agency": talk.agency.name_in(talk.locale)}, pickers.languages(talk, NAME))
        ]
    directory.set_locale(talk.subscriber, locale)
    return [Reply("language.changed", {"language": texts.native_name(locale)}, pickers.menu(talk))]
