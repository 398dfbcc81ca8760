"""What only officers can say: the commands and dialogs that exist for nobody else."""

from bot.dialogs import aftercare, announce, control, inbox, prepared, who
from bot.dialogs.officer_desk import writer
from bot.protocol import Command, Dialog, Who
from bot.replies import Reply
from bot.talk import Talk

COMMANDS: tuple[Command, ...] = (
    Command("announce", Who.OFFICER, announce.begin, "commands.announce"),
    Command("status", Who.OFFICER, control.status, "commands.status"),
    Command("pause", Who.OFFICER, control.pause, "commands.pause"),
    Command("resume", Who.OFFICER, control.resume, "commands.resume"),
    Command("cancel", Who.OFFICER, control.cancel, "commands.cancel"),
    Command("who", Who.OFFICER, who.begin, "commands.who"),
    Command("retry", Who.OFFICER, aftercare.retry, "commands.retry"),
    Command("correct", Who.OFFICER, aftercare.correct, "commands.correct"),
    Command("recall", Who.OFFICER, aftercare.recall, "commands.recall"),
    Command("inbox", Who.OFFICER, inbox.begin, "commands.inbox"),
    Command("answers", Who.OFFICER, prepared.begin, "commands.answers"),
)
DIALOGS: tuple[Dialog, ...] = (announce, control, inbox, prepared, who, aftercare)


def welcome(talk: Talk) -> list[Reply]:
    """Tell somebody whose account was just bound what they are now, and where their role ends."""
    assert talk.officer is not None, "an invitation was redeemed"
    role = talk.say(f"officer.role.{talk.officer.role}")
    values = {"name": talk.officer.name, "agency": talk.agency.name_in(talk.locale), "role": role}
    limits = [] if writer(talk) is not None else announce.read_only(talk)
    return [Reply("officer.welcome", values), *limits, helped(talk)]


def helped(talk: Talk) -> Reply:
    """What an officer can send beside what everybody can: who may not write is not told how to."""
    theirs = (
        COMMANDS
        if writer(talk) is not None
        else [each for each in COMMANDS if each.begin in (control.status, who.begin)]
    )
    lines = [f"/{command.name} – {talk.say(command.help_key)}" for command in theirs]
    return Reply("officer.commands", {"agency": talk.agency.name_in(talk.locale), "commands": "\n".join(lines)})
