"""Changing what one gets: topics as toggles, and how often where the agency has a daily bulletin."""

from collections.abc import Sequence

from sqlalchemy import select

from bot import pickers
from bot.dialogs import onboarding
from bot.keywords import Intent, understand
from bot.replies import Reply
from bot.talk import Talk
from broadcast.models import Bulletin
from channels.contract import Choice
from subscribers import topics
from subscribers.models import Cadence

NAME = "topics"
NOTHING = "–"


def begin(talk: Talk, argument: str = "") -> list[Reply]:
    """Show the topics; who has not agreed yet is led through to the question."""
    if talk.subscriber.consented_at is None:
        return onboarding.choose_topics(talk)
    return show(talk)


def show(talk: Talk, key: str = "topics.choose", *, page: int = 0) -> list[Reply]:
    """The toggles of somebody who is subscribed."""
    if not topics.list_for(talk.session, talk.agency.id):
        return [onboarding.subscribed(talk, "onboarding.already")]
    talk.open(NAME, page=page)
    often = [talk.button("topics:often", "topics.often.button")] if _with_bulletin(talk) else []
    return [pickers.topic_list(talk, key, NAME, page=page, extra=often)]


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
            return _often(talk)
        case ["cadence", _]:
            return _flip(talk, pickers.id_in(action))
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
    talk.close()
    key = "topics.saved" if topics.held(talk.session, talk.subscriber) else "topics.none_held"
    return [onboarding.subscribed(talk, key)]


def _with_bulletin(talk: Talk) -> list[int]:
    """The topics they hold that also come as a daily bulletin."""
    held = list(topics.held(talk.session, talk.subscriber))
    query = select(Bulletin.topic_id).where(Bulletin.agency_id == talk.agency.id, Bulletin.stopped_at.is_(None))
    return list(talk.session.scalars(query.where(Bulletin.topic_id.in_(held)).order_by(Bulletin.topic_id)))


def _often(talk: Talk) -> list[Reply]:
    held, daily = topics.held(talk.session, talk.subscriber), set(_with_bulletin(talk))
    if not daily:
        return show(talk)
    mine = [topic for topic in topics.list_for(talk.session, talk.agency.id) if topic.id in daily]
    is_daily = {topic.id: held[topic.id] is Cadence.DAILY for topic in mine}
    choices = [Choice(f"topics:cadence:{topic.id}", topic.name_in(talk.locale), is_daily[topic.id]) for topic in mine]
    named = "\n".join(f"• {topic.name_in(talk.locale)}" for topic in mine if is_daily[topic.id]) or NOTHING
    back = talk.button("topics:begin", "topics.back.button")
    return [Reply("topics.often", {"topics": named}, [*choices, back], edits=True, list_label_key="topics.list.button")]


def _flip(talk: Talk, topic_id: int | None) -> list[Reply]:
    if talk.subscriber.consented_at is None or topic_id not in _with_bulletin(talk):
        return []
    is_daily = topics.held(talk.session, talk.subscriber)[topic_id] is Cadence.DAILY
    cadence = Cadence.AT_ONCE if is_daily else Cadence.DAILY
    topics.set_cadence(talk.session, talk.subscriber, topic_id, cadence)
    return _often(talk)
