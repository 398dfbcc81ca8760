"""The table of what everybody can say. What only officers can say stands in officers.py, in the same form."""

from collections.abc import Mapping, Sequence

from bot import officers, vocabulary
from bot.dialogs import help as helping
from bot.dialogs import language, leaving, onboarding, returning, topics
from bot.protocol import Command, Dialog, Who
from bot.talk import Talk
from locales import texts

CITIZENS = (
    Command("start", Who.CITIZEN, onboarding.begin, "commands.start", vocabulary.START),
    Command("topics", Who.CITIZEN, topics.begin, "commands.topics", vocabulary.TOPICS),
    Command("language", Who.CITIZEN, language.begin, "commands.language", vocabulary.LANGUAGE),
    Command("help", Who.CITIZEN, helping.begin, "commands.help", vocabulary.HELP),
    Command("stop", Who.CITIZEN, leaving.begin, "commands.stop", vocabulary.STOP | vocabulary.WEAK_STOP),
)
EVERY = (*CITIZENS, *officers.COMMANDS)
DIALOGS: tuple[Dialog, ...] = (onboarding, topics, language, leaving, returning, helping)


def find(talk: Talk, name: str) -> Command | None:
    """The command of this name, if it exists for whoever speaks."""
    for_them = (each for each in EVERY if each.who is Who.CITIZEN or talk.officer is not None)
    return next((command for command in for_them if command.name == name), None)


def officers_word(talk: Talk, said: str) -> Command | None:
    """The officers' command that a normalised text names, if an officer speaks."""
    if talk.officer is None:
        return None
    return next((command for command in officers.COMMANDS if said == command.name or said in command.words), None)


def dialog(talk: Talk, name: str | None) -> Dialog | None:
    """The dialog of this name, if it exists for whoever speaks."""
    for_them = (*DIALOGS, *officers.DIALOGS) if talk.officer is not None else DIALOGS
    return next((each for each in for_them if name == each.NAME), None)


def is_officers(name: str | None) -> bool:
    """Whether the dialog of this name is the officers'."""
    return any(name == each.NAME for each in officers.DIALOGS)


def menu() -> Mapping[str, Sequence[tuple[str, str]]]:
    """What an app's menu of commands shows everybody: (command, text) for each locale."""
    return {
        locale: [(command.name, texts.say(command.help_key, locale)) for command in CITIZENS]
        for locale in texts.locales()
    }
