"""STOP: it takes effect before its answer is written, asks nothing, and says how to come back."""

from collections.abc import Sequence

from bot import pickers
from bot.dialogs import onboarding
from bot.replies import Reply
from bot.talk import Talk
from subscribers import consent, directory, topics
from subscribers.models import ConsentKind, Source

NAME = "leaving"


def begin(talk: Talk, argument: str = "") -> list[Reply]:
    """Withdraw consent in the words they used. Saying it again is confirmed once more, in a word."""
    was_subscribed = talk.subscriber.consented_at is not None
    if not _is_said_without_end(talk):
        consent.withdraw(
            talk.session,
            talk.subscriber,
            source=Source.CHAT,
            wording=talk.inbound.text,
            evidence=talk.evidence(),
            now=talk.now,
        )
    talk.close()
    is_joined = len(directory.addresses(talk.session, talk.subscriber.id)) > 1
    stopped = "leaving.stopped_everywhere" if is_joined else "leaving.stopped"
    key = stopped if was_subscribed else "leaving.not_subscribed"
    return [Reply(key, {"agency": _agency(talk)}, [talk.button("onboarding:begin", "menu.start.button")])]


def ask(talk: Talk) -> list[Reply]:
    """They spoke of stopping and meant who knows what: ask, with a button; where they named a topic, offer that too."""
    choices = [talk.button("leaving:stop", "leaving.all.button"), talk.button("leaving:stay", "leaving.stay.button")]
    topic = pickers.mentioned(talk, talk.inbound.text)
    if topic is None:
        choices.insert(1, talk.button("topics:begin", "menu.topics.button"))
        return [Reply("leaving.ask", {"agency": _agency(talk)}, choices)]
    name = topic.name_in(talk.locale)
    choices.insert(0, talk.button(f"leaving:topic:{topic.id}", "leaving.topic.button"))
    return [Reply("leaving.ask_topic", {"agency": _agency(talk), "topic": name}, choices)]


def tap(talk: Talk, action: Sequence[str]) -> list[Reply]:
    """The answers to what we asked, and the menu's stop."""
    match action:
        case ["stop"]:
            return begin(talk)
        case ["stay"] if talk.subscriber.consented_at is not None:
            return [onboarding.subscribed(talk, "leaving.stayed")]
        case ["topic", _]:
            return _stop_topic(talk, pickers.id_in(action))
        case _:
            return []


def hear(talk: Talk, text: str) -> list[Reply]:
    """Nothing: this dialog is never left open."""
    return []


def _stop_topic(talk: Talk, topic_id: int | None) -> list[Reply]:
    topic = topics.find(talk.session, talk.agency.id, topic_id) if topic_id is not None else None
    if topic is None or talk.subscriber.consented_at is None:
        return []
    topics.unsubscribe(talk.session, talk.subscriber, topic.id)
    values = {"topic": topic.name_in(talk.locale), "agency": _agency(talk)}
    return [Reply("leaving.topic_stopped", values, pickers.menu(talk))]


def _is_said_without_end(talk: Talk) -> bool:
    """Whoever is told to slow down and has stopped already is answered, and their record grows no further."""
    said = consent.last(talk.session, talk.subscriber.id) if talk.conversation.is_slowed else None
    return said is not None and said.kind is ConsentKind.WITHDRAWN


def _agency(talk: Talk) -> str:
    return talk.agency.name_in(talk.locale)
