"""/latest: the last announcements, of what somebody holds, of one topic, or of the agency for whoever holds nothing."""

from collections.abc import Sequence

from bot import pickers
from bot.keywords import Intent, normalise, understand
from bot.replies import Reply, verbatim
from bot.talk import Talk
from broadcast import digest, published
from broadcast.published import Published, Standing
from channels.contract import Choice
from locales import texts
from subscribers import areas, topics
from subscribers.models import Topic

NAME = "latest"
UNTOLD = (Standing.RECALLED, Standing.CANCELLED)  # listed, but not repeated


def begin(talk: Talk, argument: str = "") -> list[Reply]:
    """The newest ones; `argument` may name a topic."""
    if not argument.strip():
        return _show(talk)
    topic = named(talk, argument)
    return _show(talk, topic) if topic is not None else [_which(talk)]


def tap(talk: Talk, action: Sequence[str]) -> list[Reply]:
    """The way on, a topic, and the beginning."""
    match action:
        case ["begin"]:
            return begin(talk)
        case ["more", _, _]:
            return _more(talk, pickers.id_in(action), pickers.id_in(action, 2))
        case ["topic", _]:
            topic = _topic(talk, pickers.id_in(action))
            return _show(talk, topic) if topic is not None else []
        case _:
            return []


def hear(talk: Talk, text: str) -> list[Reply]:
    """ "More" leads on; the rest is not for this dialog."""
    understood = understand(text)
    if understood is None or understood.intent is not Intent.MORE or "before" not in talk.data:
        return []
    return _more(talk, talk.data["before"], talk.data.get("topic"))


def named(talk: Talk, text: str) -> Topic | None:
    """The agency's topic that a text names by its name in any language, or its key."""
    said = normalise(text)
    topic_id = next((each.id for each in pickers.named(talk) if said in each.names), None)
    return _topic(talk, topic_id)


def _more(talk: Talk, before: int | None, topic_id: int | None) -> list[Reply]:
    topic = _topic(talk, topic_id)
    return _show(talk, topic, before=before) if before is not None and (topic or not topic_id) else []


def _show(talk: Talk, topic: Topic | None = None, *, before: int | None = None) -> list[Reply]:
    found = _found(talk, topic, before)
    if not found:
        return [_nothing(talk, topic, is_end=before is not None)]
    text, shown = _fitted(talk, topic, found[: published.LATEST])
    last = found[shown - 1].id if shown < len(found) else None
    if talk.subscriber.consented_at is not None and talk.conversation.dialog != "onboarding":
        talk.open(NAME, **({"before": last, "topic": topic.id if topic else 0} if last else {}))
    return [verbatim(text, choices=_ways(talk, topic, last))]


def _found(talk: Talk, topic: Topic | None, before: int | None) -> Sequence[Published]:
    """One more than are shown, so that we know whether there is more."""
    limit = published.LATEST + 1
    if topic is not None:
        return published.latest(talk.session, talk.agency.id, topic_ids=[topic.id], limit=limit, before=before)
    held = topics.held(talk.session, talk.subscriber) if talk.subscriber.consented_at is not None else {}
    return published.latest(
        talk.session,
        talk.agency.id,
        topic_ids=list(held) or None,
        is_general_included=True,
        limit=limit,
        before=before,
    )


def _fitted(talk: Talk, topic: Topic | None, found: Sequence[Published]) -> tuple[str, int]:
    """The text, and how many it shows: each whole, else its beginning; at last fewer of them."""
    tries = [(len(found), length) for length in digest.LENGTHS]
    tries += [(shown, digest.LENGTHS[-1]) for shown in range(len(found) - 1, 0, -1)]
    for shown, length in tries:
        text = _written(talk, topic, found[:shown], length)
        if talk.limits.measure(text) <= talk.limits.text_length:
            break
    return text, shown


def _written(talk: Talk, topic: Topic | None, found: Sequence[Published], length: int | None) -> str:
    title = topic.name_in(talk.locale) if topic is not None else talk.agency.name_in(talk.locale)
    items = [_item(talk, each, length) for each in found]
    return "\n\n".join([talk.say("latest.title", title=title), *items, talk.say("latest.read")])


def _item(talk: Talk, told: Published, length: int | None) -> str:
    when = texts.moment(told.launched_at, talk.now, talk.agency.time_zone, talk.locale)
    label = talk.say(f"latest.item.{told.kind}", topic=topic_name(talk, told), when=when, code=told.code)
    said = told.texts.get(told.locale_for(talk.locale) or "", "")
    text = "" if told.state in UNTOLD else said if length is None else digest.begun(" ".join(said.split()), length)
    return "\n".join(part for part in (label, *standing(talk, told), text) if part)


def topic_name(talk: Talk, told: Published) -> str:
    """What an announcement is on, in the person's language: its topic, else the agency."""
    topic = _topic(talk, told.topic_id)
    return topic.name_in(talk.locale) if topic is not None else talk.agency.name_in(talk.locale)


def standing(talk: Talk, told: Published) -> list[str]:
    """Which areas it concerns, whether it still holds, and what it puts right, a line for each; else nothing."""
    names = areas.named(talk.session, talk.agency.id, told.area_ids, talk.locale)
    lines = [talk.say("published.areas", areas=texts.listed(names, talk.locale))] if names else []
    lines += [talk.say("published.corrects", code=told.corrects_code)] if told.corrects_code else []
    if told.state is Standing.CORRECTED and told.correction_code is not None:
        return [*lines, talk.say("published.corrected_by", code=told.correction_code)]
    return lines if told.state is Standing.STANDING else [*lines, talk.say(f"published.{told.state}")]


def _ways(talk: Talk, topic: Topic | None, last: int | None) -> list[Choice]:
    more = [talk.button(f"latest:more:{last}:{topic.id if topic else 0}", "latest.more.button")] if last else []
    return [*more, pickers.menu(talk)[0 if talk.subscriber.consented_at else -1]]


def _nothing(talk: Talk, topic: Topic | None, *, is_end: bool) -> Reply:
    title = topic.name_in(talk.locale) if topic is not None else talk.agency.name_in(talk.locale)
    return Reply("latest.end" if is_end else "latest.none", {"title": title}, pickers.menu(talk))


def _which(talk: Talk) -> Reply:
    """The topics to choose from, as far as the channel can show them."""
    every = topics.list_for(talk.session, talk.agency.id)
    room = max(talk.limits.buttons, talk.limits.list_items)
    choices = [Choice(f"latest:topic:{topic.id}", topic.name_in(talk.locale)) for topic in every[:room]]
    return Reply("latest.which", {}, choices or pickers.menu(talk), list_label_key="topics.list.button")


def _topic(talk: Talk, topic_id: int | None) -> Topic | None:
    return topics.find(talk.session, talk.agency.id, topic_id) if topic_id else None
