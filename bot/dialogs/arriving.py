"""Coming by a link: what it stands for is offered first and asked for all the same; a topic also to who is in already.

A link's key comes by /start where an app's links can carry it, else at the end of a sentence that people may edit.
"""

from collections.abc import Mapping, Sequence

from bot import pickers
from bot.dialogs import onboarding, settings_card
from bot.keywords import Intent, Understood, understand
from bot.replies import Reply
from bot.talk import Talk
from subscribers import links, topics
from subscribers.models import Link, Topic

NAME = "arriving"
LONGEST = 200  # characters of a text that can be a greeting with a key


def begin(talk: Talk, argument: str = "") -> list[Reply]:
    """Start, by a link where `argument` is the key of one. Whatever else it is, is kept as evidence only."""
    link = links.find(talk.session, agency_id=talk.agency.id, key=argument, now=talk.now)
    return onboarding.begin(talk, argument) if link is None else _arrive(talk, link)


def hear_key(talk: Talk, text: str, understood: Understood | None) -> list[Reply]:
    """Start by the link whose key stands in these words; nothing where there is none, or an officer is writing.

    Nor for who is subscribed and speaks of stopping, key or no key.
    """
    is_about_something = understood is not None and talk.subscriber.consented_at is not None
    if is_about_something or len(text) > LONGEST or text.startswith("/") or _is_officers(talk):
        return []
    link = links.named_in(talk.session, agency_id=talk.agency.id, text=text, now=talk.now)
    return [] if link is None else _arrive(talk, link)


def tap(talk: Talk, action: Sequence[str]) -> list[Reply]:
    """The answers to the offer of a topic."""
    match action:
        case ["add", _] if talk.subscriber.consented_at is not None:
            return _add(talk, pickers.id_in(action))
        case ["add", _]:
            return onboarding.begin(talk)
        case ["no"]:
            talk.close()
            return onboarding.begin(talk)
        case _:
            return []


def hear(talk: Talk, text: str) -> list[Reply]:
    """Yes and no in words; the rest is not for this dialog."""
    understood = understand(text)
    match understood.intent if understood else None:
        case Intent.YES | Intent.DONE:
            return tap(talk, ["add", str(talk.data.get("topic"))])
        case Intent.NO:
            return tap(talk, ["no"])
        case _:
            return []


def _arrive(talk: Talk, link: Link) -> list[Reply]:
    topic = topics.find(talk.session, talk.agency.id, link.topic_id) if link.topic_id else None
    if talk.subscriber.consented_at is not None:
        return _offer(talk, topic) if topic is not None else onboarding.begin(talk)
    links.arrive(talk.session, talk.subscriber, link, enabled=talk.agency.locales, now=talk.now)
    replies = onboarding.begin(talk, link.key)
    talk.remember(arrival=_evidence(link, topic))
    return replies


def _evidence(link: Link, topic: Topic | None) -> Mapping[str, str]:
    said = {"link_topic": topic.key if topic else "", "link_source": link.source, "link_locale": link.locale or ""}
    return {what: value for what, value in said.items() if value}


def _offer(talk: Talk, topic: Topic) -> list[Reply]:
    """Somebody who is subscribed came by a link to a topic: nothing changes before they say so."""
    if topic.id in topics.held(talk.session, talk.subscriber):
        return onboarding.begin(talk)
    talk.open(NAME, topic=topic.id)
    values = {"agency": talk.agency.name_in(talk.locale), "topic": topic.name_in(talk.locale)}
    yes = talk.button(f"arriving:add:{topic.id}", "arriving.add.button")
    return [Reply("arriving.offer", values, [yes, talk.button("arriving:no", "consent.no.button")])]


def _add(talk: Talk, topic_id: int | None) -> list[Reply]:
    if topic_id is None or topics.find(talk.session, talk.agency.id, topic_id) is None:
        return []
    topics.subscribe(talk.session, talk.subscriber, [topic_id], now=talk.now)
    talk.close()
    return settings_card.show(talk, "settings.saved")


def _is_officers(talk: Talk) -> bool:
    return talk.officer is not None and talk.conversation.dialog is not None
