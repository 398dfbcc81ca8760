"""What only officers can say: the commands and dialogs that exist for nobody else."""

from bot.dialogs import (
    aftercare,
    announce,
    approving,
    auditing,
    bulletins,
    confirming,
    control,
    drills,
    inbox,
    officer_numbers,
    prepared,
    prepared_texts,
    queue,
    segments,
    sending,
    staff_groups,
    stats,
    team,
    team_leaving,
    templates,
    who,
)
from bot.dialogs.officer_desk import read_only, writer
from bot.packing import packed
from bot.protocol import ADMINS, APPROVERS, Command, Dialog, Who
from bot.replies import Reply, verbatim
from bot.talk import Talk
from broadcast import templating
from staff.models import Role


def _new(talk: Talk, argument: str = "") -> list[Reply]:
    """What officers of other systems type: by its kind."""
    if argument.strip().casefold() == "bulletin" and writer(talk) is not None:
        return bulletins.tap(talk, ["new"])
    return announce.begin(talk, argument)


COMMANDS: tuple[Command, ...] = (
    Command("announce", Who.OFFICER, announce.begin, "commands.announce"),
    Command("new", Who.OFFICER, _new, "commands.new"),
    Command("drill", Who.OFFICER, drills.begin, "commands.drill"),
    Command("drill_list", Who.OFFICER, drills.show, "commands.drill_list"),
    Command("prepared", Who.OFFICER, prepared_texts.begin, "commands.prepared", roles=frozenset(Role)),
    Command("audience", Who.OFFICER, officer_numbers.audience, "commands.audience"),
    Command("estimate", Who.OFFICER, officer_numbers.estimate, "commands.estimate"),
    Command("segments", Who.OFFICER, segments.begin, "commands.segments"),
    Command("bulletins", Who.OFFICER, bulletins.begin, "commands.bulletins"),
    Command("status", Who.OFFICER, control.status, "commands.status", roles=frozenset(Role), in_groups=True),
    Command("pause", Who.OFFICER, control.pause, "commands.pause"),
    Command("resume", Who.OFFICER, control.resume, "commands.resume"),
    Command("cancel", Who.OFFICER, control.cancel, "commands.cancel"),
    Command("queue", Who.OFFICER, queue.begin, "commands.queue", roles=frozenset(Role), in_groups=True),
    Command("stats", Who.OFFICER, stats.begin, "commands.stats", roles=frozenset(Role), in_groups=True),
    Command("approve", Who.OFFICER, approving.approve, "commands.approve", roles=APPROVERS),
    Command("return", Who.OFFICER, approving.give_back, "commands.return", roles=APPROVERS),
    Command("reject", Who.OFFICER, approving.reject, "commands.reject", roles=APPROVERS),
    Command("launch", Who.OFFICER, sending.begin, "commands.launch"),
    Command("schedule", Who.OFFICER, sending.schedule, "commands.schedule"),
    Command("unschedule", Who.OFFICER, sending.unschedule, "commands.unschedule"),
    Command("breakglass", Who.OFFICER, sending.glass, "commands.breakglass"),
    Command("who", Who.OFFICER, who.begin, "commands.who", roles=frozenset(Role)),
    Command("retry", Who.OFFICER, aftercare.retry, "commands.retry"),
    Command("correct", Who.OFFICER, aftercare.correct, "commands.correct"),
    Command("recall", Who.OFFICER, aftercare.recall, "commands.recall"),
    Command("inbox", Who.OFFICER, inbox.begin, "commands.inbox"),
    Command("answers", Who.OFFICER, prepared.begin, "commands.answers"),
    Command("templates", Who.OFFICER, templates.begin, "commands.templates", roles=templating.MAY_WRITE),
    Command("audit", Who.OFFICER, auditing.begin, "commands.audit", roles=auditing.READERS),
    Command("officers", Who.OFFICER, team.begin, "commands.officers", roles=ADMINS),
    Command("group", Who.OFFICER, staff_groups.begin, "commands.group", roles=ADMINS),
    Command("leave_team", Who.OFFICER, team_leaving.begin, "commands.leave_team", roles=frozenset(Role)),
)
DIALOGS: tuple[Dialog, ...] = (
    announce,
    control,
    drills,
    inbox,
    prepared,
    prepared_texts,
    segments,
    templates,
    bulletins,
    approving,
    sending,
    auditing,
    confirming,
    team,
    team_leaving,
    staff_groups,
    who,
    aftercare,
)


def welcome(talk: Talk) -> list[Reply]:
    """Tell somebody whose account was just bound what they are now, and where their role ends."""
    assert talk.officer is not None, "an invitation was redeemed"
    role = talk.say(f"officer.role.{talk.officer.role}")
    values = {"name": talk.officer.name, "agency": talk.agency.name_in(talk.locale), "role": role}
    limits = [] if writer(talk) is not None else read_only(talk)
    return [Reply("officer.welcome", values), *limits, *helped(talk)]


def helped(talk: Talk) -> list[Reply]:
    """What an officer can send beside what everybody can, in as few messages as it fits into.

    Who may not write is not told how to.
    """
    theirs = [each for each in COMMANDS if talk.officer is not None and talk.officer.role in each.roles]
    lines = [f"/{command.name} – {talk.say(command.help_key)}" for command in theirs]
    told = talk.say("officer.commands", agency=talk.agency.name_in(talk.locale), commands="\n".join(lines))
    messages = packed([told], lambda text: talk.limits.measure(text) <= talk.limits.text_length)
    return [verbatim(text) for text in messages]
