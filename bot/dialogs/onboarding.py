"""From the first word to consent: language, topics, and an explicit yes to what was shown; also the way back.

Nothing here counts as agreeing except the answer to the one question that says who sends what and how it ends; the
question is kept in the consent record exactly as it was shown.
"""

from collections.abc import Sequence

from bot import pickers
from bot.dialogs import language, settings_card
from bot.keywords import Intent, understand
from bot.replies import Reply, say
from bot.talk import Talk
from locales import texts
from subscribers import consent, directory, topics, wishes
from subscribers.models import Source

NAME = "onboarding"


def begin(talk: Talk, argument: str = "") -> list[Reply]:
    """Start, again or after a pause. `argument` is what a link carried: kept as evidence, trusted with nothing."""
    if talk.subscriber.consented_at is not None and wishes.resume(talk.subscriber, now=talk.now):
        return settings_card.show(talk, "settings.resumed")
    if talk.subscriber.consented_at is not None:
        return [subscribed(talk, "onboarding.already")]
    talk.open(NAME, link=argument[:64])
    if consent.last(talk.session, talk.subscriber.id) is not None and topics.held(talk.session, talk.subscriber):
        return ask(talk)  # they come back: what they chose before is what they are asked about
    if talk.subscriber.is_locale_chosen or len(talk.agency.locales) == 1:
        return choose_topics(talk)
    return [_welcome(talk)]


def is_first_contact(talk: Talk) -> bool:
    """Whether we know nothing of this person: whatever they said was hello."""
    known = talk.subscriber.consented_at or talk.subscriber.is_locale_chosen or talk.conversation.dialog
    return not known and consent.last(talk.session, talk.subscriber.id) is None


def tap(talk: Talk, action: Sequence[str]) -> list[Reply]:
    """The steps' buttons; those of an earlier time lead to where they would lead now."""
    match action:
        case ["begin"]:
            return begin(talk)
        case ["set", locale]:
            return _set_language(talk, locale)
        case ["toggle", *_] | ["page", _] | ["done"] | ["topics"]:
            return _pick(talk, action)
        case ["yes"]:
            return _agree(talk)
        case ["no"] if talk.subscriber.consented_at is None:
            return _decline(talk)
        case _:
            return []


def hear(talk: Talk, text: str) -> list[Reply]:
    """The steps' answers in words; whatever else is said, the step is shown again."""
    understood = understand(text)
    intent = understood.intent if understood else None
    if intent in (Intent.HELP, Intent.ASK_STOP, Intent.LANGUAGE, Intent.TOPICS):
        return []
    if talk.data.get("step") == "consent":
        return _hear_consent(talk, intent, text)
    if talk.data.get("step") == "topics":
        return _hear_topics(talk, intent, text)
    return pickers.no_such_number(talk, text) or [_welcome(talk)]


def resume(talk: Talk) -> list[Reply]:
    """The open step once more, in the language as it is now."""
    if talk.data.get("step") == "consent":
        return ask(talk)
    return choose_topics(talk)


def choose_topics(talk: Talk, key: str = "onboarding.topics", *, page: int = 0) -> list[Reply]:
    """The toggles; agencies without topics ask for consent at once."""
    if talk.conversation.dialog != NAME:
        talk.open(NAME)
    if not topics.list_for(talk.session, talk.agency.id):
        return ask(talk)
    talk.remember(step="topics", page=page)
    return [pickers.topic_list(talk, key, NAME, page=page)]


def ask(talk: Talk) -> list[Reply]:
    """The question of consent: who sends what, and how it ends."""
    question = _question(talk)
    talk.remember(step="consent", wording=say(question, talk.locale, talk.agency.time_zone))
    return [question]


def subscribed(talk: Talk, key: str) -> Reply:
    """What they are subscribed to, and the way to change it."""
    values = {"agency": talk.agency.name_in(talk.locale), "topics": _topics_or_none(talk)}
    return Reply(key, {**values, "language": texts.native_name(talk.locale)}, pickers.menu(talk))


def _welcome(talk: Talk) -> Reply:
    talk.remember(step="language")
    values = {"agency": talk.agency.name_in(talk.locale), "questions": pickers.language_questions(talk)}
    choices = pickers.languages(talk, NAME)
    return Reply("onboarding.welcome", values, choices, list_label_key="language.list.button", is_numbered=True)


def _set_language(talk: Talk, locale: str) -> list[Reply]:
    if locale not in talk.agency.locales:
        return []
    if talk.subscriber.consented_at is not None:
        return language.change(talk, locale)
    directory.set_locale(talk.subscriber, locale)
    return resume(talk)


def _pick(talk: Talk, action: Sequence[str]) -> list[Reply]:
    page = pickers.id_in(action, 2 if action[0] == "toggle" else 1) or 0
    if action[0] == "toggle" and not _toggle(talk, pickers.id_in(action)):
        return []
    if talk.subscriber.consented_at is not None:
        return [subscribed(talk, "onboarding.already")]
    if action[0] == "done":
        return _done(talk)
    return choose_topics(talk, page=page)


def _toggle(talk: Talk, topic_id: int | None) -> bool:
    if topic_id is None:
        return False
    return topics.toggle(talk.session, talk.subscriber, topic_id, now=talk.now) is not None


def _done(talk: Talk) -> list[Reply]:
    if not topics.held(talk.session, talk.subscriber) and topics.list_for(talk.session, talk.agency.id):
        return choose_topics(talk, "onboarding.none_chosen")
    if talk.conversation.dialog != NAME:
        talk.open(NAME)
    return ask(talk)


def _hear_topics(talk: Talk, intent: Intent | None, text: str) -> list[Reply]:
    page = int(talk.data.get("page", 0))
    if intent in (Intent.DONE, Intent.YES):
        return _done(talk)
    if intent is Intent.NO:
        return _decline(talk)
    if intent is Intent.MORE:
        return choose_topics(talk, page=page + 1)
    match pickers.toggle_typed(talk, text):
        case True:
            return choose_topics(talk, page=page)
        case False:
            return choose_topics(talk, "topics.no_such_number", page=page)
        case None:
            return choose_topics(talk, "onboarding.topics_again", page=page)


def _hear_consent(talk: Talk, intent: Intent | None, text: str) -> list[Reply]:
    if intent in (Intent.YES, Intent.START):
        return _agree(talk)
    if intent is Intent.NO:
        return _decline(talk)
    return ask(talk)


def _question(talk: Talk) -> Reply:
    choices = [talk.button("onboarding:yes", "consent.yes.button"), talk.button("onboarding:no", "consent.no.button")]
    if topics.list_for(talk.session, talk.agency.id):
        choices.append(talk.button("onboarding:topics", "consent.topics.button"))
    return Reply("consent.ask", {"agency": talk.agency.name_in(talk.locale), "topics": _topics_or_none(talk)}, choices)


def _agree(talk: Talk) -> list[Reply]:
    """Record the yes, if it answers the question as it stands; where that has changed since, it is asked again."""
    if talk.subscriber.consented_at is not None:
        return [subscribed(talk, "onboarding.already")]
    shown = talk.data.get("wording") if talk.conversation.dialog == NAME else None
    if shown is None or shown != say(_question(talk), talk.locale, talk.agency.time_zone):
        return _done(talk)
    evidence = {
        **talk.evidence(),
        "answer": talk.inbound.text,
        "locale": talk.locale,
        "link": talk.data.get("link", ""),
        **talk.data.get("arrival", {}),
    }
    consent.grant(talk.session, talk.subscriber, source=Source.CHAT, wording=shown, evidence=evidence, now=talk.now)
    wishes.resume(talk.subscriber, now=talk.now)  # a pause from before they left
    talk.close()
    return [subscribed(talk, "consent.done")]


def _decline(talk: Talk) -> list[Reply]:
    """A no is as good as a stop: from now on only they themselves can subscribe."""
    evidence = {**talk.evidence(), "question": talk.data.get("wording", "")}
    consent.withdraw(
        talk.session,
        talk.subscriber,
        source=Source.CHAT,
        wording=talk.inbound.text,
        evidence=evidence,
        now=talk.now,
    )
    talk.close()
    return [Reply("consent.declined", {"agency": talk.agency.name_in(talk.locale)}, pickers.menu(talk))]


def _topics_or_none(talk: Talk) -> str:
    return pickers.names_held(talk) or f"• {talk.say('topics.general')}"
