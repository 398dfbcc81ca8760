"""How often: each topic by itself, or all at once."""

from bot import pickers
from bot.dialogs.settings_card import NAME, back, show
from bot.keywords import Intent
from bot.replies import Reply
from bot.talk import Talk
from channels.contract import Choice
from subscribers import topics
from subscribers.models import Cadence

ALL = "all"


def begin(talk: Talk, key: str = "settings.often", *, page: int = 0) -> list[Reply]:
    """The topics they hold, each with how often; where they hold none there is nothing to say."""
    held = pickers.held_topics(talk)
    if not held:
        return show(talk)
    talk.open(NAME, part="often", page=page)
    fixed = [talk.button(f"{NAME}:topic:{ALL}", "settings.all_topics.button")] if len(held) > 1 else []
    fixed.append(back(talk))
    shown = talk.on_page(list(enumerate(held, start=1)), page, beside=len(fixed))
    lines = [
        f"{place}. {topic.name_in(talk.locale)}: {talk.say(f'topics.cadence.{cadence}')}"
        for place, (topic, cadence) in shown
    ]
    choices = [Choice(f"{NAME}:topic:{topic.id}", pickers.label(topic, talk.locale)) for _, (topic, _) in shown]
    more = [talk.button(f"{NAME}:often:{page + 1}", "topics.more.button")] if len(shown) < len(held) else []
    values = {"topics": "\n".join(lines)}
    return [Reply(key, values, [*choices, *more, *fixed], edits=True, list_label_key="topics.list.button")]


def ask(talk: Talk, which: str) -> list[Reply]:
    """The four answers for one topic they hold, or for all of them; an empty list where it is no topic of theirs."""
    cadences = _cadences(talk, which)
    if not cadences:
        return []
    talk.open(NAME, part="often", which=which)
    choices = [
        talk.button(
            f"{NAME}:cadence:{which}:{cadence}", f"topics.cadence.{cadence}.button", is_selected=cadences == {cadence}
        )
        for cadence in Cadence
    ]
    away = talk.button(f"{NAME}:often", "topics.back.button")
    values = {"topic": _name(talk, which)}
    return [Reply("settings.how_often", values, [*choices, away], edits=True, is_numbered=True)]


def choose(talk: Talk, which: str, cadence: str) -> list[Reply]:
    """Keep how often; an empty list for no topic of theirs, or no such answer."""
    if cadence not in {each.value for each in Cadence} or not _cadences(talk, which):
        return []
    if which == ALL:
        topics.set_every_cadence(talk.session, talk.subscriber, Cadence(cadence))
    else:
        topics.set_cadence(talk.session, talk.subscriber, int(which), Cadence(cadence))
    return begin(talk) if len(pickers.held_topics(talk)) > 1 else show(talk, "settings.saved")


def hear(talk: Talk, intent: Intent | None, text: str) -> list[Reply]:
    """A topic by number or name, "more"; an empty list for anything else.

    While we ask how often, a number is an answer to that.
    """
    if "which" in talk.data and (wrong := pickers.no_such_number(talk, text)):
        return wrong
    page = int(talk.data.get("page", 0))
    if intent is Intent.MORE:
        return begin(talk, page=page + 1)
    toggles = {toggle.id: toggle for toggle in pickers.topic_toggles(talk)}
    chosen = pickers.typed([toggles[topic.id] for topic, _ in pickers.held_topics(talk)], text)
    if chosen is None:
        return []
    return ask(talk, str(chosen[0].id)) if chosen else begin(talk, "topics.no_such_number", page=page)


def _cadences(talk: Talk, which: str) -> set[Cadence]:
    """How often they hear of it now: one answer, several where they differ, none where it is not theirs."""
    topic_id = pickers.id_in([which], 0)
    return {cadence for topic, cadence in pickers.held_topics(talk) if which == ALL or topic.id == topic_id}


def _name(talk: Talk, which: str) -> str:
    held = (topic.name_in(talk.locale) for topic, _ in pickers.held_topics(talk) if str(topic.id) == which)
    return talk.say("settings.all_topics.button") if which == ALL else next(held)
