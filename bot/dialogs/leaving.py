"""STOP: it takes effect before its answer is written, asks nothing, and says how to come back.

The answer offers less, never before it: a daily summary, or alerts alone. Whoever takes one of these subscribes anew,
and the answer itself is the wording they agreed to. The stop of a single topic takes effect at once as well.
"""

from collections.abc import Sequence

from bot import pickers, topic_words
from bot.dialogs import asking, onboarding
from bot.keywords import Intent, normalise, understand
from bot.replies import Reply, say
from bot.talk import Talk
from bot.wordbook import present
from channels.contract import Choice
from helpdesk import questions
from locales import texts
from subscribers import consent, directory, drill_list, topics, wishes
from subscribers.models import Cadence, ConsentKind, Source, Topic

NAME = "leaving"
WAYS_BACK = {"daily": Cadence.DAILY, "alerts": Cadence.ALERTS, "back": None}  # None: each topic as it was
OFFERED_AT_ONCE = 3  # topics among which somebody is asked
KEY_LENGTH = 64


def begin(talk: Talk, argument: str = "") -> list[Reply]:
    """Withdraw consent in the words they used. Saying it again is confirmed once more, in a word.

    An `argument` that made no sense (/stop flods) is asked about.
    """
    was_subscribed = talk.subscriber.consented_at is not None
    if argument and was_subscribed:
        return ask(talk)
    if not _is_said_without_end(talk):
        consent.withdraw(
            talk.session,
            talk.subscriber,
            source=Source.CHAT,
            wording=talk.inbound.text,
            evidence=talk.evidence() | _what_they_were_asked(talk),
            now=talk.now,
        )
    drill_list.leave(talk.session, talk.subscriber)
    talk.close()
    return [_goodbye(talk) if was_subscribed else _not_subscribed(talk)]


def read(talk: Talk, text: str) -> topic_words.Reading:
    """Which single topics a text is about stopping."""
    if not topic_words.may_stop(text):
        return topic_words.Reading()
    return topic_words.read(text, pickers.named(talk))


def ask(talk: Talk, said: str | None = None) -> list[Reply]:
    """They spoke of stopping and meant who knows what: ask, with a button; where they named topics, offer those too.

    What they `said` (just now, if not told) is kept until they answer: after a no it may be a question of theirs.
    """
    text = talk.inbound.text if said is None else said
    about = read(talk, text)
    question = _question(talk, about.ids)
    if talk.officer is None:  # whose announcement may be open
        wording = say(question, talk.locale, talk.agency.time_zone) if question.key == "leaving.ask" else ""
        talk.open(NAME, asked=wording, said=text[: questions.TEXT_LENGTH], is_more=_asks_more(text, about))
    return [question]


def _question(talk: Talk, topic_ids: Sequence[int]) -> Reply:
    choices = [talk.button("leaving:stop", "leaving.all.button"), talk.button("leaving:stay", "leaving.stay.button")]
    held = topics.held(talk.session, talk.subscriber)
    mine = [topic for topic in _named(talk, topic_ids) if topic.id in held][:OFFERED_AT_ONCE]
    if not mine:
        choices.insert(1, talk.button("topics:begin", "menu.topics.button"))
        return Reply("leaving.ask", {"agency": _agency(talk)}, choices)
    if len(mine) > 1:
        some = [Choice(f"leaving:topic:{topic.id}", topic.name_in(talk.locale)) for topic in mine]
        values = {"agency": _agency(talk)}
        return Reply("leaving.ask_topics", values, [*some, *choices], list_label_key="topics.list.button")
    choices.insert(0, talk.button(f"leaving:topic:{mine[0].id}", "leaving.topic.button"))
    return Reply("leaving.ask_topic", {"agency": _agency(talk), "topic": mine[0].name_in(talk.locale)}, choices)


def _asks_more(text: str, about: topic_words.Reading) -> bool:
    """Whether a text says more than that its writer wants to hear less: "does the bus stop here", "stop the floods"."""
    said, book = normalise(text), present()
    if not said or text.startswith("/"):
        return False
    return not book.messages.is_in(said) if about.is_about_stopping else not book.only_stopping.makes(said)


def stop_topics(talk: Talk, topic_ids: Sequence[int]) -> list[Reply]:
    """Take these topics away at once, with what belongs to them, and say how they come back."""
    named = _named(talk, topic_words.with_children(topic_ids, pickers.named(talk)))
    if not named:
        return []
    before = topics.held(talk.session, talk.subscriber)
    gone = [topic for topic in named if topic.id in before]
    for topic in gone:
        topics.unsubscribe(talk.session, talk.subscriber, topic.id)
    if talk.subscriber.consented_at is None:
        return [_not_subscribed(talk)]
    values = {"topic": _listed(talk, gone or named), "agency": _agency(talk)}
    if not gone:
        return [Reply("leaving.topic_not_held", values, pickers.menu(talk))]
    talk.open(NAME, cadences={str(topic.id): before[topic.id] for topic in gone})
    is_last = len(before) == len(gone)
    return [Reply("leaving.last_topic_stopped" if is_last else "leaving.topic_stopped", values, _way_back(talk, gone))]


def tap(talk: Talk, action: Sequence[str]) -> list[Reply]:
    """The answers to what we asked, the ways back, and the menu's stop."""
    match action:
        case ["stop"]:
            return begin(talk)
        case ["stay"] if talk.subscriber.consented_at is not None:
            return _stay(talk)
        case ["topic", _] if talk.subscriber.consented_at is not None:
            topic_id = pickers.id_in(action)
            return stop_topics(talk, [topic_id]) if topic_id is not None else []
        case ["return", *_]:
            return _return_topics(talk, action)
        case [way] if way in WAYS_BACK:
            return _come_back(talk, way)
        case _:
            return []


def hear(talk: Talk, text: str) -> list[Reply]:
    """After our question yes and no; after the goodbye a way back. Nothing else there stops or subscribes anybody."""
    if talk.subscriber.consented_at is not None:
        return _hear_answer(talk, text) if "asked" in talk.data else []
    if "wording" not in talk.data:
        return []
    way = present().way_back(text)
    return _come_back(talk, way) if way is not None else []


def _hear_answer(talk: Talk, text: str) -> list[Reply]:
    """A yes to "all messages?" is a stop; to the question which, it is none yet. Another word ends the question."""
    understood = understand(text)
    match understood.intent if understood else None:
        case Intent.YES:
            return begin(talk) if talk.data["asked"] else ask(talk, talk.data["said"])
        case Intent.NO:
            return _stay(talk)
        case _:
            talk.close()
            return []


def _stay(talk: Talk) -> list[Reply]:
    """Nothing changes; and what they may have asked us is answered, or offered to be passed on."""
    said = talk.data["said"] if talk.conversation.dialog == NAME and talk.data.get("is_more") else None
    talk.close()
    answered = asking.offer(talk, said) if said is not None else []
    if not answered:
        return [onboarding.subscribed(talk, "leaving.stayed")]
    return [Reply("leaving.kept", {"agency": _agency(talk)}), *answered]


def _what_they_were_asked(talk: Talk) -> dict[str, str]:
    asked = talk.data.get("asked") if talk.conversation.dialog == NAME else None
    return {"question": asked} if asked else {}


def _goodbye(talk: Talk) -> Reply:
    reply = _confirmation(talk)
    talk.open(NAME, wording=say(reply, talk.locale, talk.agency.time_zone))
    return reply


def _confirmation(talk: Talk) -> Reply:
    """Said of all their apps where they joined some; who held no topic is offered the plain way back."""
    is_joined = len(directory.addresses(talk.session, talk.subscriber.id)) > 1
    held = pickers.names_held(talk)
    if not held:
        key = "leaving.stopped_everywhere" if is_joined else "leaving.stopped"
        return Reply(key, {"agency": _agency(talk)}, [talk.button("onboarding:begin", "menu.start.button")])
    choices = [
        talk.button("leaving:daily", "leaving.daily.button"),
        talk.button("leaving:alerts", "leaving.alerts.button"),
        talk.button("leaving:back", "leaving.back.button"),
    ]
    key = "leaving.stopped_everywhere_fewer" if is_joined else "leaving.stopped_fewer"
    return Reply(key, {"agency": _agency(talk), "topics": held}, choices)


def _not_subscribed(talk: Talk) -> Reply:
    start = talk.button("onboarding:begin", "menu.start.button")
    return Reply("leaving.not_subscribed", {"agency": _agency(talk)}, [start])


def _come_back(talk: Talk, way: str) -> list[Reply]:
    """An explicit return, agreeing to what the goodbye said; where that has changed since, they are asked anew."""
    shown = talk.data.get("wording") if talk.conversation.dialog == NAME else None
    is_as_shown = shown is not None and shown == say(_confirmation(talk), talk.locale, talk.agency.time_zone)
    cadence = WAYS_BACK[way]
    if cadence is not None:
        topics.set_every_cadence(talk.session, talk.subscriber, cadence)
    if talk.subscriber.consented_at is not None or shown is None or not is_as_shown:
        return onboarding.begin(talk)
    evidence = {**talk.evidence(), "answer": talk.inbound.text, "locale": talk.locale, "way": way}
    consent.grant(talk.session, talk.subscriber, source=Source.CHAT, wording=shown, evidence=evidence, now=talk.now)
    wishes.resume(talk.subscriber, now=talk.now)  # a pause from before they left
    talk.close()
    return [onboarding.subscribed(talk, "leaving.returned")]


def _way_back(talk: Talk, gone: Sequence[Topic]) -> list[Choice]:
    choices = [talk.button("leaving:stop", "leaving.all.button"), talk.button("topics:begin", "menu.topics.button")]
    key = ":".join(["leaving:return", *(str(topic.id) for topic in gone)])
    return [talk.button(key, "leaving.return.button"), *choices] if len(key) <= KEY_LENGTH else choices


def _return_topics(talk: Talk, action: Sequence[str]) -> list[Reply]:
    ids = {pickers.id_in(action, place) for place in range(1, len(action))}
    back = _named(talk, [topic_id for topic_id in ids if topic_id is not None])
    if not back:
        return []
    _add(talk, {topic.id for topic in back})
    if talk.subscriber.consented_at is None:
        return onboarding.begin(talk)
    cadences: dict[str, str] = talk.data.get("cadences", {})
    for topic in back:
        if str(topic.id) in cadences:
            topics.set_cadence(talk.session, talk.subscriber, topic.id, Cadence(cadences[str(topic.id)]))
    talk.close()
    values = {"topic": _listed(talk, back), "agency": _agency(talk)}
    return [Reply("leaving.topic_returned", values, pickers.menu(talk))]


def _add(talk: Talk, topic_ids: set[int]) -> None:
    """Add these topics and no others: what belongs to them comes back only where it was there."""
    wanted = topic_ids | set(topics.held(talk.session, talk.subscriber))
    topics.subscribe(talk.session, talk.subscriber, topic_ids, now=talk.now)
    for topic_id in set(topics.held(talk.session, talk.subscriber)) - wanted:
        topics.unsubscribe(talk.session, talk.subscriber, topic_id)


def _named(talk: Talk, topic_ids: Sequence[int]) -> list[Topic]:
    return [topic for topic in topics.list_for(talk.session, talk.agency.id) if topic.id in topic_ids]


def _listed(talk: Talk, some: Sequence[Topic]) -> str:
    return texts.listed([topic.name_in(talk.locale) for topic in some], talk.locale)


def _is_said_without_end(talk: Talk) -> bool:
    """Whoever is told to slow down and has stopped already is answered, and their record grows no further."""
    said = consent.last(talk.session, talk.subscriber.id) if talk.conversation.is_slowed else None
    return said is not None and said.kind is ConsentKind.WITHDRAWN


def _agency(talk: Talk) -> str:
    return talk.agency.name_in(talk.locale)
