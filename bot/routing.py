"""Who answers: stop before everything, then the tapped button, a command, the open dialog, a word, and at last help."""

import re

from bot import commands, pickers, reading
from bot.dialogs import (
    arriving,
    asking,
    drills,
    joining,
    language,
    latest,
    leaving,
    officer_beside,
    onboarding,
    settings,
    topics,
    verify,
)
from bot.dialogs import help as helping
from bot.keywords import Intent, Understood, normalise, understand_to
from bot.officers import welcome
from bot.replies import Reply
from bot.talk import Talk
from staff import officers

SLASH = re.compile(r"/([A-Za-z_]{1,32})(?:@\w+)?(?:\s+(.*))?", re.DOTALL)
INVITATION = "o-"


def answer(talk: Talk) -> list[Reply]:
    """At least one reply to what was said. A stop comes first: whatever is open, even broken, is not in its way."""
    text, is_tap = talk.inbound.text.strip(), talk.inbound.choice is not None
    understood = None if is_tap else understand_to(text, talk.agency.every_name)
    is_stop = understood is not None and understood.intent is Intent.STOP
    if is_stop and talk.officer is None:
        return leaving.begin(talk)
    _forget_work(talk)
    if talk.inbound.choice is not None:
        return _tapped(talk, talk.inbound.choice)
    if talk.inbound.attachment is not None and (received := officer_beside.receive(talk)):
        return received
    if is_stop and understood is not None and not _is_for_officers(talk, text, understood):
        return leaving.begin(talk)
    offered = talk.offered(text)
    if offered is not None:
        return _tapped(talk, offered)
    if commands.is_officers(talk.conversation.dialog):
        return _commanded(talk, text) or _in_dialog(talk, text) or _said(talk, text, understood)
    read = leaving.read(talk, text)
    stopped = leaving.stop_topics(talk, read.ids) if read.is_clear else []
    if read.is_about_stopping and understood is None:
        understood = Understood(Intent.ASK_STOP)
    return (
        stopped
        or _commanded(talk, text)
        or arriving.hear_key(talk, text, understood)
        or _personal(talk, text)
        or _reading(talk, text)
        or _in_dialog(talk, text)
        or _said(talk, text, understood)
    )


def _forget_work(talk: Talk) -> None:
    """Who is no officer any more has nothing of an officer's open, and none of those buttons can be typed."""
    if talk.officer is not None:
        return
    offered: dict[str, str] = talk.data.get("offered", {})
    names = [talk.conversation.dialog, *(key.partition(":")[0] for key in offered.values())]
    if any(commands.is_officers(name) for name in names):
        talk.close()


def _is_for_officers(talk: Talk, text: str, understood: Understood) -> bool:
    """An officer who says "cancel" while composing, or types /cancel at any time, means an announcement."""
    is_theirs = commands.is_officers(talk.conversation.dialog) or text.startswith("/")
    return understood.is_weak and talk.officer is not None and is_theirs


def _tapped(talk: Talk, key: str) -> list[Reply]:
    name, *action = key.split(":")
    dialog = commands.dialog(talk, name)
    replies = dialog.tap(talk, action) if dialog is not None else []
    if replies:
        return replies
    return onboarding.begin(talk) if onboarding.is_first_contact(talk) else helping.old_button(talk)


def _commanded(talk: Talk, text: str) -> list[Reply]:
    """The answer to a /command, none for what is no command or not theirs."""
    slash = SLASH.fullmatch(text)
    if slash is None:
        return []
    name, argument = slash[1].lower(), (slash[2] or "").strip()
    if name == "start" and argument.startswith(INVITATION):
        return _redeemed(talk, argument.removeprefix(INVITATION)) or onboarding.begin(talk)
    if name == "start" and argument.startswith(drills.LINK):
        return drills.redeemed(talk, argument.removeprefix(drills.LINK)) or onboarding.begin(talk)
    command = commands.find(talk, name)
    return command.begin(talk, argument) if command is not None else []


def _personal(talk: Talk, text: str) -> list[Reply]:
    """What is about their own person is answered in the middle of everything but an officer's work."""
    command = commands.personal_word(normalise(text))
    return command.begin(talk, "") if command is not None else joining.told(talk, text)


def _redeemed(talk: Talk, code: str) -> list[Reply]:
    """Bind this account to the invited officer; nothing where the code is good for nothing."""
    sender, address = talk.sender, talk.inbound.address
    try:
        talk.officer = officers.redeem(
            talk.session, code, sender_id=sender.id, agency_id=sender.agency_id, address=address, now=talk.now
        )
    except officers.AlreadyBound:
        return [Reply("officer.already_bound")]
    if talk.officer is None:
        return []
    talk.close()
    return welcome(talk)


def _reading(talk: Talk, text: str) -> list[Reply]:
    """The answer to who wants to read something of ours, whatever is being talked about; officers' drafts excepted."""
    wish = reading.asked(text)
    match wish.intent if wish else None:
        case Intent.LATEST if wish is not None and (not wish.about or latest.named(talk, wish.about) is not None):
            return latest.begin(talk, wish.about)
        case Intent.VERIFY if wish is not None:
            return verify.asked(talk, wish) if wish.about else verify.begin(talk)
        case _:
            return verify.bare(talk, text)


def _in_dialog(talk: Talk, text: str) -> list[Reply]:
    dialog = commands.dialog(talk, talk.conversation.dialog)
    if dialog is None:
        talk.close()  # it was an officer's who is none any more
        return []
    replies = dialog.hear(talk, text)
    return [*replies, *_tapped(talk, talk.then)] if talk.then is not None else replies


def _said(talk: Talk, text: str, understood: Understood | None) -> list[Reply]:
    command = commands.officers_word(talk, normalise(text))
    if command is not None:
        return command.begin(talk, "")
    match understood.intent if understood else None:
        case Intent.LANGUAGE:
            return _language(talk, understood.locale if understood else None)
        case Intent.HELP:
            return helping.begin(talk)
        case Intent.START:
            return onboarding.begin(talk)
        case Intent.TOPICS:
            return topics.begin(talk)
        case Intent.SETTINGS:
            return settings.begin(talk)
        case Intent.OFTEN:
            return settings.often(talk)
        case Intent.QUIET:
            return settings.quiet(talk, text)
        case Intent.AREA:
            return settings.area(talk)
        case Intent.PAUSE:
            return settings.pause(talk, text)
        case Intent.ASK_STOP if talk.subscriber.consented_at is not None:
            return leaving.ask(talk)
        case Intent.GREETING if not onboarding.is_first_contact(talk):
            return helping.greet(talk)
        case Intent.THANKS | Intent.YES if talk.subscriber.consented_at is not None:
            return helping.welcome(talk)
        case Intent.THANKS if not onboarding.is_first_contact(talk):
            return helping.not_understood(talk)
        case _:
            return _unknown(talk)


def _language(talk: Talk, locale: str | None) -> list[Reply]:
    """Change to the language they named; who is on the way in goes on in it."""
    if locale is None or locale not in talk.agency.locales:
        return language.begin(talk) if locale is None else language.change(talk, locale)
    is_new = onboarding.is_first_contact(talk)
    changed = language.change(talk, locale)
    if is_new:
        return onboarding.begin(talk)
    return onboarding.resume(talk) if talk.conversation.dialog == onboarding.NAME else changed


def _unknown(talk: Talk) -> list[Reply]:
    if onboarding.is_first_contact(talk) and talk.officer is None:
        return onboarding.begin(talk)
    if wrong := pickers.no_such_number(talk, talk.inbound.text):
        return wrong
    if talk.inbound.attachment is not None and not talk.inbound.text.strip():
        return helping.only_words(talk)
    return asking.begin(talk, talk.inbound.text)
