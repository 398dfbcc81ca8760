"""What /announce asks at each step, with its answers: numbered options, and ways to elsewhere."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from bot import pickers
from bot.dialogs.officer_desk import Desk, Step
from bot.keywords import normalise
from bot.replies import Reply, say
from broadcast import approving, prepared_texts
from broadcast.characters import LINK
from broadcast.states import Kind
from channels.contract import Choice
from locales import texts
from subscribers import topics

SHOWN = 12  # differences at once: with more of them it is another text
SLASH = re.compile(r"/(\w+)")


@dataclass(frozen=True, slots=True)
class Question:
    """A text with `options`, numbered in it from 1, and `ways` to elsewhere, which go on counting.

    A channel that cannot show buttons numbers them just so. Where the answer is free text, a number is one.
    """

    key: str
    options: Sequence[Choice] = ()
    ways: Sequence[Choice] = ()
    values: dict[str, object] = field(default_factory=dict)
    has_numbers: bool = True

    def offers(self, key: str) -> bool:
        """Whether a choice's key is one of the answers."""
        return any(choice.key == key for choice in (*self.options, *self.ways))

    def typed(self, text: str) -> str | None:
        """The key of the choice that was typed, by number, by label or as /word; None if it is none of them."""
        said, choices = text.strip(), (*self.options, *self.ways)
        if said.isascii() and said.isdecimal():
            place = int(said[:4]) if self.has_numbers else 0
            return choices[place - 1].key if 1 <= place <= len(choices) else None
        slash = SLASH.fullmatch(said)
        if slash is not None:
            return next((way.key for way in self.ways if slash[1].lower() in way.key.split(":")), None)
        named = normalise(said)
        return next((choice.key for choice in choices if named and named == normalise(choice.label)), None)


def question(desk: Desk) -> Question:
    """What is asked where the officer is. The preview asks for its code and has ways only."""
    match desk.step:
        case Step.KEPT:
            return _kept(desk)
        case Step.KIND:
            return _kind(desk)
        case Step.BLANK:
            return _blank(desk)
        case Step.TOPIC:
            return _topic(desk)
        case Step.SEGMENT:
            return _segment(desk)
        case Step.AREAS:
            return _areas(desk)
        case Step.TEXT:
            return _text(desk)
        case Step.WORDS:
            return _words(desk)
        case Step.GAP:
            return _gap(desk)
        case Step.SAME:
            return _same(desk)
        case Step.PREVIEW:
            key = "approving.type_submit" if submit_ways(desk) else "announce.type_code"
            return Question(key, ways=[*submit_ways(desk), *edit_ways(desk)])


def ask(desk: Desk) -> Reply:
    """The question as a reply, its options as buttons, in pages where the channel cannot show them all at once."""
    asked = question(desk)
    number = int(desk.talk.data.get("page", 0))
    more = desk.button(f"page:{number + 1}", "announce.more.button")
    ways = asked.ways[: max(desk.talk.limits.buttons, desk.talk.limits.list_items)]
    choices = desk.talk.page(asked.options, number, more=more, fixed=ways)
    reply = Reply(asked.key, asked.values, choices, list_label_key="announce.list.button")
    return marked(desk, reply) if desk.draft.is_drill else reply


def marked(desk: Desk, reply: Reply) -> Reply:
    """What is asked about a drill, between its marks."""
    text = say(reply, desk.talk.locale, desk.talk.agency.time_zone)
    return replace(reply, key="drill.marked", values={"text": text, "code": desk.draft.code}, n=None)


def _kept(desk: Desk) -> Question:
    options = [desk.button("go_on", "announce.go_on.button"), desk.button("anew", "announce.anew.button")]
    first = next(iter(desk.written().values()), "–")
    values: dict[str, object] = {"code": desk.draft.code, "text": first[:200]}
    ready, lines = _prepared(desk, len(options))
    if not ready:
        return Question("announce.kept", options, values=values)
    return Question("announce.kept_prepared", [*options, *ready], values=values | {"prepared": lines})


def _prepared(desk: Desk, before: int) -> tuple[list[Choice], str]:
    """The prepared alerts that may be used now, behind so many other options; and their numbered lines."""
    ready = prepared_texts.ready(desk.session, desk.talk.agency, is_correction=False)
    lines = [f"{place}. {each.name}" for place, each in enumerate(ready, start=before + 1)]
    return [Choice(desk.key(f"prepared:{each.id}"), each.name) for each in ready], "\n".join(lines)


def _kind(desk: Desk) -> Question:
    options = [desk.button("kind:notice", "announce.notice.button"), desk.button("kind:alert", "announce.alert.button")]
    values: dict[str, object] = {"agency": desk.talk.agency.name_in(desk.talk.locale)}
    ready, lines = _prepared(desk, len(options))
    if not ready:
        return Question("announce.kind", options, [_cancel(desk)], values)
    return Question("announce.kind_prepared", [*options, *ready], [_cancel(desk)], values | {"prepared": lines})


def _blank(desk: Desk) -> Question:
    """The value of one blank: an area of the agency's is picked, an hour and everything else is typed."""
    blank, ways = str(desk.talk.data["blank"]), [_back(desk), _cancel(desk)]
    known = desk.areas() if blank == prepared_texts.AREA else []
    if not known:
        key = "prepared.ask_time" if blank == prepared_texts.TIME else "prepared.ask_blank"
        return Question(key, [], ways, {"blank": f"{{{blank}}}"}, has_numbers=False)
    options = [Choice(desk.key(f"place:{each.id}"), each.name_in(desk.talk.locale)) for each in known]
    lines = [f"{place}. {option.label}" for place, option in enumerate(options, start=1)]
    return Question("prepared.ask_area", options, ways, {"areas": "\n".join(lines)})


def _topic(desk: Desk) -> Question:
    options = [desk.button("topic:all", "announce.everyone.button")]
    options += [
        Choice(desk.key(f"topic:{topic.id}"), pickers.label(topic, desk.talk.locale))
        for topic in topics.list_for(desk.session, desk.talk.agency.id)
    ]
    lines = [f"{place}. {option.label}" for place, option in enumerate(options, start=1)]
    return Question("announce.topic", options, [_back(desk), _cancel(desk)], {"topics": "\n".join(lines)})


def _segment(desk: Desk) -> Question:
    options = [desk.button("segment:all", "announce.all_of_them.button")]
    options += [Choice(desk.key(f"segment:{each.id}"), each.name) for each in desk.segments()]
    lines = [f"{place}. {option.label}" for place, option in enumerate(options, start=1)]
    ways, listed = [_back(desk), _cancel(desk)], "\n".join(lines)
    return Question("announce.segment", options, ways, {"topic": desk.topic_name(), "segments": listed})


def _areas(desk: Desk) -> Question:
    chosen = set(desk.draft.area_ids)
    options = [desk.button("everywhere", "announce.everywhere.button")]
    options += [
        Choice(desk.key(f"area:{area.id}"), area.name_in(desk.talk.locale), area.id in chosen) for area in desk.areas()
    ]
    lines = [
        f"{place}. {pickers.CHOSEN if option.is_selected else pickers.FREE} {option.label}"
        for place, option in enumerate(options, start=1)
    ]
    ways = [desk.button("next", "announce.next.button"), _back(desk), _cancel(desk)]
    return Question("announce.areas", options, ways, {"areas": "\n".join(lines)})


def _text(desk: Desk) -> Question:
    skip = desk.button(f"skip:{desk.locale}", "announce.skip.button")
    values = {
        "language": texts.native_name(desk.locale),
        "place": desk.locales.index(desk.locale) + 1,
        "total": len(desk.locales),
    }
    return Question("announce.text", [], [skip, _back(desk), _cancel(desk)], values, has_numbers=False)


def _words(desk: Desk) -> Question:
    """What stands for the picture, in one language after the other."""
    ways = [desk.button("skip:words", "announce.skip.button"), desk.button("remove", "announce.remove.button")]
    language = texts.native_name(desk.locale)
    return Question("announce.words", [], [*ways, _cancel(desk)], {"language": language}, has_numbers=False)


def _gap(desk: Desk) -> Question:
    stand_in = desk.stand_in() or desk.locales[0]
    language = texts.native_name(stand_in)
    options = [desk.button(f"gap:{stand_in}", "announce.stand_in.button", language=language)]
    key = "announce.gap.correction"
    if desk.draft.aftercare is None:  # whoever has what is wrong is never told nothing
        key = "announce.gap"
        options.append(desk.button("gap:nothing", "announce.nothing.button"))
    left_out = ", ".join(texts.native_name(locale) for locale in desk.missing())
    return Question(key, options, [_back(desk), _cancel(desk)], {"languages": left_out, "language": language})


def _same(desk: Desk) -> Question:
    """Where the languages differ: each can be changed, or all of it is meant."""
    edits = [
        desk.button(f"edit:{locale}", "announce.edit.button", language=texts.native_name(locale))
        for locale in desk.written()
    ]
    found = "\n".join(f"• {line}" for line in desk.differences()[:SHOWN])
    ways = [_back(desk), _cancel(desk)]
    return Question("announce.same", [*edits, desk.button("meant", "announce.meant.button")], ways, {"found": found})


def submit_ways(desk: Desk) -> list[Choice]:
    """The way to the approvers, and past them for an alert; bound to what was shown. None where nobody is asked."""
    if "approvers" not in desk.talk.data:
        return []
    seal = approving.mark(str(desk.talk.data["seal"]))
    glass = [desk.button(f"glass:{seal}", "approving.glass.button")] if desk.draft.kind is Kind.ALERT else []
    return [desk.button(f"submit:{seal}", "approving.submit.button"), *glass]


def edit_ways(desk: Desk) -> list[Choice]:
    """What can still be changed at the preview, and the ways out; of what is said again nothing."""
    if desk.is_repeated:
        return [_cancel(desk)]
    edits = [
        desk.button(f"edit:{locale}", "announce.edit.button", language=texts.native_name(locale))
        for locale in desk.locales
    ]
    audience = [desk.button("audience", "announce.audience.button")] if desk.has_public else []
    return [*edits, *audience, *_extras(desk), _back(desk), _cancel(desk)]


def _extras(desk: Desk) -> list[Choice]:
    """What can be done about a picture, and about links; ten ways in all with four languages, as a list has."""
    extras = []
    if desk.draft.media_id is not None:
        extras.append(desk.button("describe", "announce.describe.button"))
        extras.append(desk.button("remove", "announce.remove.button"))
    if any(LINK.search(text) for text in desk.written().values()):
        key = "announce.links_off.button" if desk.draft.has_preview else "announce.links_on.button"
        extras.append(desk.button("links", key))
    return extras


def _back(desk: Desk) -> Choice:
    return desk.button("back", "announce.back.button")


def _cancel(desk: Desk) -> Choice:
    return desk.button("cancel", "announce.cancel.button")
