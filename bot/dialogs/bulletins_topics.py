"""The question for a bulletin's topics: a list that is toggled, page by page, or all of them typed at once.

Offered is what has no other bulletin; which are chosen lives in the conversation's data as `topics`.
"""

import re
from collections.abc import Sequence

from bot import pickers, topic_words
from bot.dialogs.bulletins_card import answer_key
from bot.keywords import numbers
from bot.pickers import Toggle, id_in
from bot.replies import Reply
from bot.spelling import normalise
from bot.talk import Talk
from bot.topic_words import Named
from broadcast import bulletins, defining
from channels.contract import Choice
from subscribers import topics
from subscribers.models import Topic

STEP = "topics"
BETWEEN = re.compile(r"[,;、，؛،\n]+")


def question(talk: Talk, leave: Choice) -> Reply:
    """The topics that are free, with what is chosen; where none is, there is nothing to ask."""
    toggles = _toggles(talk)
    if not toggles:
        talk.close()
        return Reply("bulletins.no_topic")
    page = int(talk.data.get("page", 0))
    more = talk.button(answer_key(talk, STEP, f"page-{page + 1}"), "topics.more.button")
    done = talk.button(answer_key(talk, STEP, "done"), "topics.done.button")
    key = answer_key(talk, STEP, "").removesuffix(":")
    lines, choices = pickers.toggle_list(talk, toggles, key, page=page, more=more, fixed=[done, leave])
    values = {"topics": lines, "limit": defining.TOPICS_AT_MOST}
    return Reply("bulletins.ask.topics", values, choices, edits=True, list_label_key="topics.list.button")


def chosen(talk: Talk) -> list[int]:
    """What was chosen so far, with what another bulletin has by now."""
    return [int(each) for each in talk.data.get("topics", ())]


def free(talk: Talk) -> list[int]:
    """What was chosen so far, as far as it can be had."""
    return [each.id for each in _toggles(talk) if each.is_on]


def toggled(talk: Talk, said: str) -> list[int]:
    """What is chosen after a tap, with what another bulletin has by now: whoever asks says so."""
    tapped, offered = id_in(["", said]), _toggles(talk)
    gone = [each for each in chosen(talk) if each not in [toggle.id for toggle in offered]]
    return [*(each.id for each in offered if each.is_on is not (each.id == tapped)), *gone]


def typed(talk: Talk, text: str) -> list[int] | None:
    """The topics that somebody typed, by number ("1, 3") or by name ("floods, roads"); None where one is none.

    One that has another bulletin is among them: whoever asks says so.
    """
    toggles, places = _toggles(talk), numbers(text)
    if places is not None:
        is_wrong = pickers.has_wrong_number(toggles, text)
        return None if is_wrong else [toggles[place - 1].id for place in dict.fromkeys(places)]
    named = pickers.named(talk)
    found = [topic for piece in BETWEEN.split(text) if piece.strip() for topic in _named(piece, named)]
    return list(dict.fromkeys(found)) if found and 0 not in found else None


def _named(piece: str, named: Sequence[Named]) -> list[int]:
    """The topic that is called like this, or those that stand there with an "and" between them; 0 for what is none."""
    whole = _called(piece, named)
    return [whole] if whole else [_called(part, named) for part in topic_words.AND.split(piece) if part.strip()]


def _called(said: str, named: Sequence[Named]) -> int:
    wanted = normalise(said)
    found = [each.id for each in named if wanted in each.names] or [each.id for each in named if wanted in each.parts]
    return found[0] if len(found) == 1 else 0


def _toggles(talk: Talk) -> list[Toggle]:
    mine, on = talk.data.get("bulletin"), set(chosen(talk))
    every = bulletins.every(talk.session, talk.agency.id)
    taken = {topic_id for each in every if each.id != mine for topic_id in each.topic_ids}
    free = [each for each in topics.list_for(talk.session, talk.agency.id) if each.id not in taken]
    return [Toggle(each.id, _label(talk, each, free), each.id in on, frozenset()) for each in free]


def _label(talk: Talk, topic: Topic, free: Sequence[Topic]) -> str:
    """Its name, marked where it stands below another that is shown."""
    is_below = topic.parent_id in [each.id for each in free]
    return pickers.label(topic, talk.locale) if is_below else topic.name_in(talk.locale)
