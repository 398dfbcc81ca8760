"""What a text says of single topics: "stop flood alerts", 停止水灾通知, "tak nak mesej banjir". Pure.

A topic is meant where its name stands, as people say it in a sentence. The stop of a topic is clear under the rule of
every stop: all of the text is made of words that belong to it. A name alone ("stop floods") will do, "stop the floods"
will not: that may be a wish about the world, so we ask.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot import wordbook
from bot.keywords import LONGEST, is_question, may_be_clear
from bot.spelling import is_han, normalise
from bot.wordbook import MARK

AND = re.compile(r"\s(?:and|or|dan|atau|மற்றும்)\s|[&,、，،/]|[与和及](?=[\u3400-\u9fff])")
TAMIL = re.compile(r"[\u0b80-\u0bff]")
PULLI, M, U = "\u0bcd", "ம்", "\u0bc1"
MESSAGES = "messages"  # stands for the "alerts" in a name
WORD = 4  # letters of a Latin name that may be said in the singular or the plural


@dataclass(frozen=True, slots=True)
class Named:
    """A topic by everything it is called, in every language, and the topic it belongs to. Who says one of its `parts`
    ("roads" of "Roads and transport") may mean it.
    """

    id: int
    names: frozenset[str]
    parent_id: int | None = None
    parts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Reading:
    """The topics a text names, in their order, and whether it clearly stops them and nothing else.

    `is_about_stopping`: it is made of refusals around the names, so that we ask where it is not clear.
    """

    ids: tuple[int, ...] = ()
    is_clear: bool = False
    is_about_stopping: bool = False


def named(topic_id: int, names: Iterable[str], *, parent_id: int | None = None) -> Named:
    """A topic by its names as an agency wrote them (its key is one)."""
    written = [name.replace("-", " ").replace("_", " ") for name in names]
    whole = {form for name in written for form in _said(name)}
    parts = {form for name in written for part in AND.split(name) for form in _said(part)}
    return Named(topic_id, frozenset(whole), parent_id, frozenset(parts - whole))


def may_stop(text: str) -> bool:
    """Whether a text has a word for stopping or refusing in it, so that it is worth looking for topics."""
    said = normalise(text)
    return len(said) <= LONGEST and wordbook.present().refusing.is_in(said)


def read(text: str, topics: Sequence[Named]) -> Reading:
    """Which of an agency's topics a text names, and whether it stops them."""
    said = normalise(text)
    if not said or len(said) > LONGEST:
        return Reading()
    marked, found = _marked(said, [(name, topic) for topic in topics for name in topic.names])
    is_whole = bool(found)
    if not found:
        marked, found = _marked(said, [(name, topic) for topic in topics for name in topic.parts])
    if not found:
        return Reading()
    meant = {topic.id for topics_of_a_name in found for topic in topics_of_a_name}
    ids = tuple(topic.id for topic in topics if topic.id in meant)
    is_refusal = _is_refusal(marked)
    is_sure = is_whole and all(len(each) == 1 for each in found)
    is_possible = is_sure and may_be_clear(said, is_question=is_question(text))
    return Reading(ids, is_refusal and is_possible and _is_plain(marked), is_refusal)


def with_children(ids: Iterable[int], topics: Sequence[Named]) -> tuple[int, ...]:
    """These topics and those that belong to them: who names the whole means its parts."""
    wanted = set(ids)
    return tuple(topic.id for topic in topics if topic.id in wanted or topic.parent_id in wanted)


def _marked(said: str, names: Sequence[tuple[str, Named]]) -> tuple[str, list[list[Named]]]:
    """The text with a mark for each name in it, and the topics that each of them names; longest names first."""
    found: list[list[Named]] = []
    for name in sorted({name for name, _ in names}, key=lambda name: (-len(name), name)):
        pattern = re.escape(name) if is_han(name[0]) else rf"(?<!\S){re.escape(name)}(?!\S)"
        said, count = re.subn(pattern, f" {MARK} {'' if _bare(name) == name else MESSAGES} ", said)
        if count:
            found.append([topic for each, topic in names if each == name])
    return " ".join(said.split()), found


def _is_refusal(marked: str) -> bool:
    book = wordbook.present()
    return book.one_topic.makes(marked) and book.of_topic.makes(marked)


def _is_plain(marked: str) -> bool:
    book = wordbook.present()
    return book.bare_topic.makes(marked) or book.about_messages.makes(marked)


def _said(name: str) -> set[str]:
    """A name, and what is left of it without its "alerts" or "notices", as they are said in a sentence."""
    said = normalise(name)
    return {form for each in (said, _bare(said)) if each for form in _forms(each)}


def _bare(name: str) -> str:
    kinds = wordbook.present().kinds_of_message
    if name and is_han(name[-1]):
        kind = next((kind for kind in kinds if len(kind) >= WORD // 2 and name.endswith(kind)), "")
        return name.removesuffix(kind) if len(name) - len(kind) >= WORD // 2 else name
    left = [word for word in name.split() if word not in kinds]
    return " ".join(left)


def _forms(name: str) -> set[str]:
    """A name as it is said in a sentence: singular and plural in English, with its endings in Tamil."""
    if TAMIL.search(name):
        return {name, *_tamil_forms(name)}
    if not name.isascii() or len(name) < WORD:
        return {name}
    joined = {name.replace(" ", "")} if len(name) > 2 * WORD else set[str]()
    other = name[:-1] if name.endswith("s") and not name.endswith("ss") else f"{name}s"
    return {name, other, *joined}


def _tamil_forms(name: str) -> set[str]:
    """வெள்ளம்: வெள்ள, வெள்ளத்தை; பணிகள்: பணிகளை; டெங்கு: டெங்குவை (of, and as the object of, a sentence)."""
    if name.endswith(M):
        stem = name.removesuffix(M)
        return {stem, f"{stem}த்தை", f"{stem}த்தின்"}
    if name.endswith(PULLI):
        stem = name.removesuffix(PULLI)
        return {f"{stem}ை", f"{stem}ின்"}
    if name.endswith(U):
        return {f"{name}வை", f"{name}வின்"}
    return {f"{name}ம்", f"{name}த்தை"} if name[-1].isalpha() else {f"{name}யை", f"{name}யின்"}
