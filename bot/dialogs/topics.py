"""Changing what one gets: the part of /settings with the topics as toggles, two deep."""

from collections.abc import Sequence

from bot import pickers
from bot.dialogs import onboarding, settings_card, settings_often
from bot.keywords import Intent, understand
from bot.replies import Reply
from bot.talk import Talk
from subscribers import topics

NAME = "topics"


def begin(talk: Talk, argument: str = "") -> list[Reply]:
    """Show the topics; who has not agreed yet is led through to the question."""
    if talk.subscriber.consented_at is None:
        return onboarding.choose_topics(talk)
    return show(talk)


def show(talk: Talk, key: str = "topics.choose", *, page: int = 0) -> list[Reply]:
    """The toggles of somebody who is subscribed."""
    if not topics.list_for(talk.session, talk.agency.id):
        return settings_card.show(talk)
    talk.open(NAME, page=page)
    return [pickers.topic_list(talk, key, NAME, page=page)]


def tap(talk: Talk, action: Sequence[str]) -> list[Reply]:
    """The toggles and what stands below them, also those of old messages."""
    page = pickers.id_in(action, 2 if action[:1] == ["toggle"] else 1) or 0
    match action:
        case ["begin"]:
            return begin(talk)
        case ["toggle", *_]:
            return _toggle(talk, pickers.id_in(action), page)
        case ["page", _]:
            return _next(talk, page)
        case ["done"]:
            return _done(talk)
        case ["often"] if talk.subscriber.consented_at is not None:
            return settings_often.begin(talk)
        case ["cadence", which] if talk.subscriber.consented_at is not None:
            return settings_often.ask(talk, which)
        case _:
            return []


def hear(talk: Talk, text: str) -> list[Reply]:
    """Numbers and names toggle, "done" ends it, "more" leads on; the rest is not for this dialog."""
    if talk.subscriber.consented_at is None:
        return []
    understood = understand(text)
    match understood.intent if understood else None:
        case Intent.DONE | Intent.YES | Intent.NO:
            return _done(talk)
        case Intent.MORE:
            return show(talk, page=int(talk.data.get("page", 0)) + 1)
        case _:
            return _typed(talk, text)


def _typed(talk: Talk, text: str) -> list[Reply]:
    toggled = pickers.toggle_typed(talk, text)
    if toggled is None:
        return []
    return show(talk, "topics.choose" if toggled else "topics.no_such_number", page=int(talk.data.get("page", 0)))


def _toggle(talk: Talk, topic_id: int | None, page: int) -> list[Reply]:
    if topic_id is None or topics.toggle(talk.session, talk.subscriber, topic_id, now=talk.now) is None:
        return []
    return _next(talk, page)


def _next(talk: Talk, page: int) -> list[Reply]:
    if talk.subscriber.consented_at is None:
        return onboarding.choose_topics(talk, page=page)
    return show(talk, page=page)


def _done(talk: Talk) -> list[Reply]:
    if talk.subscriber.consented_at is None:
        return onboarding.choose_topics(talk)
    return settings_card.show(talk, "settings.saved")
