"""The table of what everybody can say. What only officers can say stands in officers.py, in the same form."""

from collections.abc import Mapping, Sequence

from bot import officers, personal, vocabulary, wordbook
from bot.dialogs import (
    arriving,
    asking,
    deleting,
    drills,
    joining,
    language,
    latest,
    leaving,
    mydata,
    onboarding,
    settings,
    topics,
    verify,
)
from bot.dialogs import help as helping
from bot.protocol import Command, Dialog, Who
from bot.talk import Talk
from locales import texts

CITIZENS = (
    Command("start", Who.CITIZEN, arriving.begin, "commands.start", vocabulary.START),
    Command("settings", Who.CITIZEN, settings.begin, "commands.settings", vocabulary.SETTINGS),
    Command("topics", Who.CITIZEN, topics.begin, "commands.topics", vocabulary.TOPICS),
    Command("often", Who.CITIZEN, settings.often, "topics.often.button", vocabulary.OFTEN, is_listed=False),
    Command("quiet", Who.CITIZEN, settings.quiet, "settings.quiet.button", vocabulary.QUIET, is_listed=False),
    Command("area", Who.CITIZEN, settings.area, "settings.areas.button", vocabulary.AREA, is_listed=False),
    Command("pause", Who.CITIZEN, settings.pause, "commands.pause_mine", vocabulary.PAUSE),
    Command("latest", Who.CITIZEN, latest.begin, "commands.latest", vocabulary.LATEST),
    Command("verify", Who.CITIZEN, verify.begin, "commands.verify", vocabulary.VERIFY),
    Command("language", Who.CITIZEN, language.begin, "commands.language", vocabulary.LANGUAGE),
    Command("join", Who.CITIZEN, joining.begin, "commands.join", personal.JOIN),
    Command("leave_join", Who.CITIZEN, joining.part, "commands.leave_join", personal.LEAVE_JOIN),
    Command("mydata", Who.CITIZEN, mydata.begin, "commands.mydata", personal.MY_DATA),
    Command("history", Who.CITIZEN, mydata.history, "commands.history", personal.HISTORY),
    Command("deleteme", Who.CITIZEN, deleting.begin, "commands.deleteme", personal.DELETE_ME),
    Command("leave_drills", Who.CITIZEN, drills.leave, "commands.leave_drills", personal.LEAVE_DRILLS, False),
    Command("help", Who.CITIZEN, helping.begin, "commands.help", vocabulary.HELP),
    Command("stop", Who.CITIZEN, leaving.begin, "commands.stop", vocabulary.STOP | vocabulary.WEAK_STOP),
)
DIALOGS: tuple[Dialog, ...] = (
    onboarding,
    arriving,
    settings,
    topics,
    latest,
    verify,
    language,
    leaving,
    joining,
    mydata,
    deleting,
    asking,
    helping,
)
PERSONAL = (joining.begin, joining.part, drills.leave, mydata.begin, mydata.history, deleting.begin)
"""What is understood in the middle of any dialog of a citizen's: everybody's right at any time."""


def find(talk: Talk, name: str) -> Command | None:
    """The command of this name, if it exists for whoever speaks; to an officer /pause is about an announcement."""
    for_them = (*officers.COMMANDS, *CITIZENS) if talk.officer is not None else CITIZENS
    return next((command for command in for_them if command.name == name), None)


def officers_word(talk: Talk, said: str) -> Command | None:
    """The officers' command that a normalised text names, if an officer speaks."""
    if talk.officer is None:
        return None
    return next((command for command in officers.COMMANDS if said == command.name or said in words_of(command)), None)


def personal_word(said: str) -> Command | None:
    """The command about somebody's own person that a normalised text names."""
    theirs = (command for command in CITIZENS if command.begin in PERSONAL)
    return next((command for command in theirs if said in words_of(command)), None)


def words_of(command: Command) -> frozenset[str]:
    """Everything that names a command beside its name, in every language: ours, and what the catalogs brought."""
    return command.words | wordbook.own(command.name)


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
        locale: [(command.name, texts.say(command.help_key, locale)) for command in CITIZENS if command.is_listed]
        for locale in texts.locales()
    }
