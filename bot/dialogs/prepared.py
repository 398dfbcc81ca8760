"""/answers: the agency's prepared answers, written and changed in chat. Officers only.

Language by language the dialog asks for the keywords and for the answer; a hyphen or /skip leaves a language out.
What begins with a slash is never a piece of an answer. Nothing is kept before the last step.
"""

from collections.abc import Sequence

from bot.dialogs.officer_desk import read_only, writer
from bot.keywords import normalise
from bot.pickers import LEAVE_OUT, id_in, numbered
from bot.replies import Reply, verbatim
from bot.talk import Talk
from helpdesk import answers, questions
from helpdesk.models import Answer
from locales import texts

NAME = "answers"
SEPARATORS = str.maketrans(",\uff0c\u3001;\n", "\n\n\n\n\n")


def begin(talk: Talk, argument: str = "") -> list[Reply]:
    """The list, a page of it; each number leads to one answer."""
    return [_list(talk, page=0)] if writer(talk) is not None else read_only(talk)


def tap(talk: Talk, action: Sequence[str]) -> list[Reply]:
    """The list's and an answer's buttons."""
    if writer(talk) is None:
        return []
    match action:
        case ["page", _]:
            return [_list(talk, page=id_in(action) or 0)]
        case ["skip", _] if _is_open(talk) and "place" in talk.data:
            return hear(talk, LEAVE_OUT[0] if id_in(action) == talk.data["place"] else "/")
        case ["leave"] if _is_open(talk):
            talk.close()
            return [Reply("inbox.left")]
        case ["new"]:
            return _ask(talk, answer_id=None, keywords={}, texts={}, place=0)
        case ["show" | "edit" | "drop" as name, _]:
            return _with(talk, name, id_in(action))
        case _:
            return []


def hear(talk: Talk, text: str) -> list[Reply]:
    """The next piece of an answer that is being written."""
    if writer(talk) is None or "place" not in talk.data:
        return []
    place, written = int(talk.data["place"]), {name: dict(talk.data[name]) for name in ("keywords", "texts")}
    locale, is_keywords = talk.agency.locales[place // 2], place % 2 == 0
    is_left_out = text.strip().casefold() in LEAVE_OUT
    if is_left_out and place > 1:
        written["keywords"].pop(locale, None)
        return _on(talk, written, place + 2 - place % 2)
    if text.startswith("/") or is_left_out:
        return _ask(talk, answer_id=talk.data["answer_id"], place=place, **written)
    problem = _problem(talk, text, is_keywords=is_keywords)
    if problem is not None:
        return [problem]
    written["keywords" if is_keywords else "texts"][locale] = _keywords(text) if is_keywords else text.strip()
    return _on(talk, written, place + 1)


def _is_open(talk: Talk) -> bool:
    """Whether an answer is what is being written; other dialogs remember a place, too."""
    return talk.conversation.dialog == NAME


def _on(talk: Talk, written: dict[str, dict[str, object]], place: int) -> list[Reply]:
    if place < 2 * len(talk.agency.locales):
        return _ask(talk, answer_id=talk.data["answer_id"], place=place, **written)
    officer, answer_id = writer(talk), talk.data["answer_id"]
    talk.close()
    try:
        made = answers.save(
            talk.session,
            talk.agency,
            keywords={locale: list(words) for locale, words in written["keywords"].items()},  # type: ignore[call-overload]
            texts={locale: str(text) for locale, text in written["texts"].items()},
            now=talk.now,
            officer_id=officer.id if officer else None,
            answer_id=answer_id,
        )
    except answers.BadAnswer as bad:
        return [Reply(f"answers.bad.{bad.reason}", _bounds())]
    return [Reply("answers.saved"), _shown(talk, made)]


def _ask(
    talk: Talk, *, answer_id: int | None, keywords: dict[str, object], texts: dict[str, object], place: int
) -> list[Reply]:
    talk.open(NAME, answer_id=answer_id, keywords=keywords, texts=texts, place=place)
    language = _native(talk.agency.locales[place // 2])
    skip = [talk.button(f"{NAME}:skip:{place}", "announce.skip.button")] if place > 1 else []
    choices = [*skip, talk.button(f"{NAME}:leave", "announce.cancel.button")]
    first = "answers.ask_keywords" if place == 0 else "answers.ask_keywords_or_skip"
    return [Reply("answers.ask_text" if place % 2 else first, {"language": language}, choices, columns=2)]


def _problem(talk: Talk, text: str, *, is_keywords: bool) -> Reply | None:
    words = _keywords(text)
    if is_keywords and not words:
        return Reply("answers.bad.no_keywords", _bounds())
    if is_keywords and len(words) > answers.MOST_KEYWORDS:
        return Reply("answers.bad.many_keywords", _bounds())
    if is_keywords and any(len(word) > answers.KEYWORD_LENGTH for word in words):
        return Reply("answers.bad.long_keyword", _bounds())
    if not is_keywords and len(text.strip()) > answers.TEXT_LENGTH:
        return Reply("answers.bad.long_text", _bounds())
    return None


def _with(talk: Talk, name: str, answer_id: int | None) -> list[Reply]:
    found = answers.get(talk.session, talk.agency.id, answer_id) if answer_id is not None else None
    if found is None:
        return [Reply("answers.unknown")]
    if name == "show":
        return [_shown(talk, found)]
    if name == "edit":
        return _ask(talk, answer_id=found.id, keywords={}, texts={}, place=0)
    officer = writer(talk)
    answers.remove(talk.session, found, now=talk.now, officer_id=officer.id if officer else None)
    return [Reply("answers.removed"), _list(talk, page=0)]


def _list(talk: Talk, *, page: int) -> Reply:
    talk.close()
    known = answers.list_for(talk.session, talk.agency.id)
    new = talk.button(f"{NAME}:new", "answers.new.button")
    if not known:
        return Reply("answers.none", {}, [new])
    lines, choices = numbered(talk, NAME, known, page, line=lambda each: _line(talk, each), fixed=[new])
    return Reply("answers.list", {"answers": lines}, choices, columns=4)


def _shown(talk: Talk, answer: Answer) -> Reply:
    parts = [
        f"{_native(locale)}: {', '.join(answer.keywords.get(locale, []))}\n{text}"
        for locale, text in answer.texts.items()
    ]
    choices = [
        talk.button(f"{NAME}:edit:{answer.id}", "answers.edit.button"),
        talk.button(f"{NAME}:drop:{answer.id}", "answers.drop.button"),
        talk.button(f"{NAME}:page:0", "answers.back.button"),
    ]
    return verbatim("\n\n".join(parts), choices=choices)


def _line(talk: Talk, answer: Answer) -> str:
    locale = talk.locale if talk.locale in answer.texts else talk.agency.locales[0]
    return f"{', '.join(answer.keywords[locale][:3])}: {questions.shortened(answer.texts[locale], 60)}"


def _keywords(text: str) -> list[str]:
    return [word for word in (normalise(part) for part in text.translate(SEPARATORS).splitlines()) if word]


def _native(locale: str) -> str:
    return texts.native_name(locale)


def _bounds() -> dict[str, object]:
    return {
        "answers": answers.MOST_ANSWERS,
        "keywords": answers.MOST_KEYWORDS,
        "characters": answers.KEYWORD_LENGTH,
        "length": answers.TEXT_LENGTH,
    }
