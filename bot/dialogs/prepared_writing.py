"""Writing a prepared text: its moment, its topic, its name, a text in each language, and what the other readers get.

All that could be asked at night is asked here. Nothing is kept before the last question, and every button that answers
one is bound to it, so that a second tap answers nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.keywords import understand
from bot.pickers import LEAVE_OUT, id_in
from bot.replies import Reply
from bot.talk import Talk
from broadcast import compose, content, prepared_lengths, prepared_texts
from broadcast.models import PreparedText
from broadcast.prepared_texts import BadText
from broadcast.states import Meaning
from channels import registry
from channels.contract import Choice
from locales import texts
from staff.models import Officer
from subscribers import topics

NAME = "prepared"
ALERT = "alert"
NOTHING = "nothing"
ASKED = ("id", "mark", "moment", "topic", "name", "texts", "place", "fallback", "is_meant", "seen")


@dataclass(frozen=True, slots=True)
class Changed:
    """A colleague changed it meanwhile: nothing was kept, and it is to be read anew."""

    row: PreparedText


Answered = list[Reply] | PreparedText | Changed
"""The next question; or after the last one what was kept."""


def tap(talk: Talk, officer: Officer, action: Sequence[str]) -> Answered:
    """A tapped answer; nothing where something else is asked by now."""
    data = _known(talk)
    match list(action):
        case ["new"]:
            return [_new(talk)]
        case ["moment", moment] if moment in (ALERT, *Meaning) and not data.get("name"):
            return [_begun(talk, moment)]
        case _ if "moment" not in data:
            return []
        case [*said, mark] if mark == data.get("mark", ""):
            return _answered(talk, officer, data, said)
        case _:  # it was about another one
            return _on(talk, officer, data)


def _answered(talk: Talk, officer: Officer, data: dict[str, Any], said: list[str]) -> Answered:
    match said:
        case ["topics", _] if "topic" not in data:
            return [_ask_topic(talk, min(id_in(said) or 0, 1000), **data)]
        case ["topic", "all"] if "topic" not in data:
            return _on(talk, officer, {**data, "topic": None})
        case ["topic", _] if "topic" not in data:
            topic = topics.find(talk.session, talk.agency.id, id_in(said) or 0)
            return _on(talk, officer, {**data, "topic": topic.id} if topic is not None else data)
        case ["skip", locale] if locale == _locale(talk, data):
            return _left_out(talk, officer, data)
        case ["gap", chosen] if _asks_gap(talk, data) and chosen in _may_stand_in(talk, data):
            return _on(talk, officer, {**data, "fallback": None if chosen == NOTHING else chosen})
        case ["meant"] if _asks_same(talk, data):
            return _on(talk, officer, {**data, "is_meant": True})
        case ["anew"] if _asks_same(talk, data):
            return _on(talk, officer, {**data, "texts": {}, "place": 0})
        case _:
            return _on(talk, officer, data)


def hear(talk: Talk, officer: Officer, text: str) -> Answered:
    """The name, or the text of a language; where neither is asked for, that is asked again. "cancel" leaves."""
    if (understood := understand(text)) is not None and understood.is_weak:
        talk.close()
        return [Reply("inbox.left")]
    data, said = _known(talk), text.strip()
    locale, is_left_out = _locale(talk, data), said.casefold() in LEAVE_OUT
    if "topic" not in data or _is_written(talk, data) or (said.startswith("/") and not (locale and is_left_out)):
        return _on(talk, officer, data)
    if locale is None:
        if not said or len(said) > prepared_texts.NAME_LENGTH or not said.isprintable():
            bad = Reply("prepared.bad.name", {"place": prepared_texts.NAME_LENGTH})
            return [bad, _ask_name(talk, data)]
        return _on(talk, officer, {**data, "name": said})
    if is_left_out:
        return _left_out(talk, officer, data)
    problems = _problems(talk, data, locale, text)
    if problems:
        return [problems, _ask_text(talk, data)]
    return _said(talk, officer, data, {**data["texts"], locale: text})


def edit(talk: Talk, row: PreparedText) -> list[Reply]:
    """Write all its texts anew."""
    return [_ask_text(talk, {**_of(talk, row), "texts": {}, "place": 0})]


def ask_others(talk: Talk, row: PreparedText) -> list[Reply]:
    """Change what readers of the languages without a text get; where there is none such it is written anew."""
    seen = prepared_texts.digest(row)  # its texts are kept as they are now, or not at all
    data = {**_of(talk, row), "place": len(talk.agency.locales), "is_meant": True, "seen": seen}
    return [_ask_gap(talk, data)] if _asks_gap(talk, data) else edit(talk, row)


def back(talk: Talk) -> Choice:
    """The way out, on every question."""
    return talk.button(f"{NAME}:list", "prepared.back.button")


def _on(talk: Talk, officer: Officer, data: dict[str, Any]) -> Answered:
    """Ask what is not answered yet; after that keep it."""
    if "topic" not in data:
        return [_ask_topic(talk, **data)]
    if not data["name"]:
        return [_ask_name(talk, data)]
    if _locale(talk, data) is not None:
        return [_ask_text(talk, data)]
    if _asks_gap(talk, data):
        return [_ask_gap(talk, data)]
    if _asks_same(talk, data):
        return [_ask_same(talk, data)]
    return _saved(talk, officer, data)


def _problems(talk: Talk, data: dict[str, Any], locale: str, text: str) -> Reply | None:
    """What would keep this text from leaving at night, once its blanks are filled."""
    meaning = None if data["moment"] == ALERT else Meaning(data["moment"])
    found = prepared_lengths.problems(
        talk.session,
        talk.agency,
        locale,
        text,
        meaning=meaning,
        topic_id=data["topic"],
        limits_of=registry.limits,
    )
    lines = "\n".join(f"• {compose.explain(each, talk.locale)}" for each in found)
    return Reply("announce.problems", {"problems": lines}) if found else None


def _left_out(talk: Talk, officer: Officer, data: dict[str, Any]) -> Answered:
    locale = _locale(talk, data)
    return _said(talk, officer, data, {each: kept for each, kept in data["texts"].items() if each != locale})


def _said(talk: Talk, officer: Officer, data: dict[str, Any], written: dict[str, str]) -> Answered:
    """One language more; what was said of all of them is to be said anew."""
    kept = {name: each for name, each in data.items() if name not in ("fallback", "is_meant")}
    return _on(talk, officer, {**kept, "texts": written, "place": int(data["place"]) + 1})


def _saved(talk: Talk, officer: Officer, data: dict[str, Any]) -> Answered:
    moment, written = str(data["moment"]), data["texts"]
    if "seen" in data and (other := _otherwise(talk, data)) is not None:
        return other
    try:
        return prepared_texts.save(
            talk.session,
            talk.agency,
            officer,
            name=str(data["name"]),
            said={each: str(written[each]) for each in talk.agency.locales if each in written},
            meaning=None if moment == ALERT else Meaning(moment),
            topic_id=data["topic"],
            fallback=data.get("fallback"),
            is_meant="is_meant" in data and "seen" not in data,
            prepared_id=data["id"],
            now=talk.now,
        )
    except BadText as bad:
        return [Reply(f"prepared.bad.{bad.reason}", {"place": bad.place}), _ask_text(talk, {**data, "place": 0})]


def _otherwise(talk: Talk, data: dict[str, Any]) -> Answered | None:
    """What is to be said where it is not any more what was asked about; holds its row where it is."""
    row = prepared_texts.get(talk.session, talk.agency.id, int(data["id"]))
    if row is None:
        return [Reply("prepared.unknown", {}, [back(talk)])]
    talk.session.refresh(row, with_for_update=True)
    return None if prepared_texts.digest(row) == data["seen"] else Changed(row)


def _new(talk: Talk) -> Reply:
    if len(prepared_texts.list_for(talk.session, talk.agency.id)) >= prepared_texts.MOST:
        return Reply("prepared.bad.too_many", {"place": prepared_texts.MOST}, [back(talk)])
    return _ask_moment(talk)


def _ask_moment(talk: Talk) -> Reply:
    talk.open(NAME)
    choices = [talk.button(f"{NAME}:moment:{each}", f"prepared.moment.{each}") for each in (ALERT, *Meaning)]
    return Reply("prepared.ask_moment", {}, [*choices, back(talk)], columns=2)


def _begun(talk: Talk, moment: str) -> Reply:
    data: dict[str, Any] = {"id": None, "mark": _mark(talk), "moment": moment, "name": "", "texts": {}, "place": 0}
    return _ask_topic(talk, **data) if moment == ALERT else _ask_name(talk, {**data, "topic": None})


def _ask_topic(talk: Talk, page: int = 0, **data: Any) -> Reply:
    """Whom an alert is for; until that is answered there is no `topic` among what is remembered."""
    talk.open(NAME, **data)
    known = topics.list_for(talk.session, talk.agency.id)
    everyone = talk.button(_key(data, "topic:all"), "announce.everyone.button")
    choices = [everyone, *(Choice(_key(data, f"topic:{each.id}"), each.name_in(talk.locale)) for each in known)]
    more = talk.button(_key(data, f"topics:{page + 1}"), "topics.more.button")
    return Reply("prepared.ask_topic", {}, talk.page(choices, page, more=more, fixed=[back(talk)]), is_numbered=True)


def _ask_name(talk: Talk, data: dict[str, Any]) -> Reply:
    talk.open(NAME, **data)
    return Reply("prepared.ask_name", {"limit": prepared_texts.NAME_LENGTH}, [back(talk)])


def _ask_text(talk: Talk, data: dict[str, Any]) -> Reply:
    talk.open(NAME, **data)
    locale = talk.agency.locales[int(data["place"])]
    choices = [talk.button(_key(data, f"skip:{locale}"), "announce.skip.button"), back(talk)]
    return Reply("prepared.ask_text", {"language": texts.native_name(locale)}, choices)


def _ask_gap(talk: Talk, data: dict[str, Any]) -> Reply:
    """What readers of the languages without a text get. Of a correction: never nothing."""
    talk.open(NAME, **data)
    stand_in, *others = _may_stand_in(talk, data)
    language = texts.native_name(stand_in)
    choices = [talk.button(_key(data, f"gap:{stand_in}"), "announce.stand_in.button", language=language)]
    choices += [talk.button(_key(data, f"gap:{each}"), "announce.nothing.button") for each in others]
    left_out = ", ".join(texts.native_name(locale) for locale in prepared_texts.missing(talk.agency, data["texts"]))
    key = "prepared.ask_others" if others else "prepared.ask_others_correction"
    return Reply(key, {"languages": left_out, "language": language}, [*choices, back(talk)], is_numbered=True)


def _ask_same(talk: Talk, data: dict[str, Any]) -> Reply:
    """Where the languages differ: said now to be meant, it is no question at night."""
    talk.open(NAME, **data)
    found = content.differences(data["texts"], zone=talk.agency.time_zone)
    lines = "\n".join(f"• {compose.explain(each, talk.locale)}" for each in found)
    choices = [
        talk.button(_key(data, "meant"), "announce.meant.button"),
        talk.button(_key(data, "anew"), "prepared.edit.button"),
    ]
    return Reply("announce.same", {"found": lines}, [*choices, back(talk)], is_numbered=True)


def _locale(talk: Talk, data: dict[str, Any]) -> str | None:
    """The language whose text is asked for; None where the name is, or all of them are said."""
    place = int(data["place"])
    return talk.agency.locales[place] if data["name"] and place < len(talk.agency.locales) else None


def _is_written(talk: Talk, data: dict[str, Any]) -> bool:
    return bool(data["name"]) and int(data["place"]) >= len(talk.agency.locales)


def _asks_gap(talk: Talk, data: dict[str, Any]) -> bool:
    is_open = "fallback" not in data and bool(data["texts"])
    return _is_written(talk, data) and is_open and bool(prepared_texts.missing(talk.agency, data["texts"]))


def _asks_same(talk: Talk, data: dict[str, Any]) -> bool:
    is_open = _is_written(talk, data) and not _asks_gap(talk, data) and not data.get("is_meant")
    is_refused = bool(prepared_texts.blanks_apart(data["texts"]))  # that is never meant
    return is_open and not is_refused and bool(content.differences(data["texts"], zone=talk.agency.time_zone))


def _may_stand_in(talk: Talk, data: dict[str, Any]) -> list[str]:
    """English, else the first language that has a text; and for an alert nothing."""
    stand_in = "en" if "en" in data["texts"] else next(each for each in talk.agency.locales if each in data["texts"])
    return [stand_in, NOTHING] if data["moment"] == ALERT else [stand_in]


def _known(talk: Talk) -> dict[str, Any]:
    """What is known of the one that is being written here; nothing where none is."""
    return {name: talk.data[name] for name in ASKED if name in talk.data} if talk.conversation.dialog == NAME else {}


def _key(data: dict[str, Any], answer: str) -> str:
    """The key of a button that is good for this one alone, and for this time."""
    return f"{NAME}:{answer}:{data.get('mark', '')}"


def _mark(talk: Talk) -> str:
    return f"{int(talk.now.timestamp()):x}"


def _of(talk: Talk, row: PreparedText) -> dict[str, Any]:
    moment, said = row.meaning.value if row.meaning is not None else ALERT, {"name": row.name, "texts": dict(row.texts)}
    return {"id": row.id, "mark": _mark(talk), "moment": moment, "topic": row.topic_id, **said}
