"""/verify: whether an announcement is ours, and what it says in every language; guessing codes is harmless.

Only what was launched by this agency is known. To everything else the answer is the same, so nobody learns of drafts.
"""

import re
from collections.abc import Iterator, Sequence

from bot import pickers, reading
from bot.dialogs import latest
from bot.packing import packed
from bot.reading import Asked
from bot.replies import Reply, verbatim
from bot.talk import Talk
from broadcast import compose, published
from broadcast.published import Published
from locales import texts

NAME = "verify"
DRILL = re.compile(rf"\b{compose.DRILL_CODE}[{compose.ALPHABET}]{{4}}\b", re.IGNORECASE)


def begin(talk: Talk, argument: str = "") -> list[Reply]:
    """Answer for the code in `argument`; without one, ask for it."""
    if drill := DRILL.search(argument):
        return [_of_drill(talk, drill[0].upper())]
    words = reading.codes(argument)
    for word in words:
        found = published.published(talk.session, talk.agency.id, word)
        if found is not None:
            return _confirmed(talk, found)
    if words:
        return [_unknown(talk, words[0])]
    if talk.conversation.dialog != "onboarding":
        talk.open(NAME)
    return [Reply("verify.ask", {}, pickers.menu(talk))]


def tap(talk: Talk, action: Sequence[str]) -> list[Reply]:
    """The way to a correction, and the question for a code."""
    match action:
        case ["begin"]:
            return begin(talk)
        case ["code", code]:
            return begin(talk, code) if reading.codes(code) else []
        case _:
            return []


def hear(talk: Talk, text: str) -> list[Reply]:
    """The code that was asked for; anything else is not for this dialog, and ends it."""
    talk.close()
    code = reading.alone(text)
    return begin(talk, code) if code is not None else []


def asked(talk: Talk, wish: Asked) -> list[Reply]:
    """Answer words like "check B7K2". Where what they name is rather a word and no code of ours: ask, or pass."""
    if reading.given(wish) or any(_is_ours(talk, word) for word in reading.codes(wish.about)):
        return begin(talk, wish.about)
    return begin(talk) if wish.is_sure else []


def bare(talk: Talk, text: str) -> list[Reply]:
    """Answer a code that is the whole message, where it is one of ours; nothing else, for it may mean anything."""
    if DRILL.fullmatch(text.strip()):
        return begin(talk, text)
    code = reading.alone(text)
    return begin(talk, code) if code is not None and _is_ours(talk, code) else []


def _is_ours(talk: Talk, word: str) -> bool:
    return published.published(talk.session, talk.agency.id, word) is not None


def _of_drill(talk: Talk, code: str) -> Reply:
    if not published.is_drill(talk.session, talk.agency.id, code):
        return _unknown(talk, code)
    return Reply("verify.drill", {"code": code, "agency": talk.agency.name_in(talk.locale)}, pickers.menu(talk))


def _unknown(talk: Talk, code: str) -> Reply:
    return Reply("verify.unknown", {"code": code, "agency": talk.agency.name_in(talk.locale)}, pickers.menu(talk))


def _confirmed(talk: Talk, found: Published) -> list[Reply]:
    def fits(text: str) -> bool:
        return talk.limits.measure(text) <= talk.limits.text_length

    messages = packed([_status(talk, found), *_said(talk, found)], fits)
    choices = pickers.menu(talk)[:1] if talk.subscriber.consented_at else pickers.menu(talk)[-1:]
    if found.correction_code is not None:
        way = talk.button(f"verify:code:{found.correction_code}", "verify.correction.button")
        choices = [way, *choices]
    return [*(verbatim(text) for text in messages[:-1]), verbatim(messages[-1], choices=choices)]


def _status(talk: Talk, found: Published) -> str:
    told = talk.say(
        "verify.known",
        agency=talk.agency.name_in(talk.locale),
        kind=talk.say(f"published.kind.{found.kind}"),
        topic=latest.topic_name(talk, found),
        at=texts.instant(found.launched_at, talk.agency.time_zone, talk.locale),
        code=found.code,
    )
    return "\n\n".join([told, *latest.standing(talk, found)])


def _said(talk: Talk, found: Published) -> Iterator[str]:
    """What it says in each language, the person's first."""
    order = dict.fromkeys([found.locale_for(talk.locale) or "", *talk.agency.locales, *found.texts])
    for locale in order:
        if locale in found.texts:
            yield f"{texts.native_name(locale)}:\n{found.texts[locale]}"
