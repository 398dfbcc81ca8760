"""What a bulletin consists of, in chat: fixed words, the announcements since the last one, data of a feed, a chart.

Every button is bound to the parts that were shown with it: where somebody changed them since, they are shown anew.
"""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

import feeds.defining
from bot.dialogs import confirming
from bot.dialogs.bulletins_card import NAME
from bot.dialogs.bulletins_questions import leave
from bot.pickers import LEAVE_OUT, id_in
from bot.replies import Reply, verbatim
from bot.talk import Talk
from broadcast import changing, characters, defining, occurring, parts
from broadcast.models import Bulletin
from broadcast.parts import BadParts, Part, PartKind
from channels.contract import Choice
from feeds import showing
from feeds.models import Feed
from feeds.specs import NUMBERS, Spec
from locales import texts
from staff.models import Officer

STEP = "part"  # its words are waited for
LISTED = "parts"  # they are shown: the number of one may be typed, also of one that has no button on this page
SHOWN = 60  # characters of each
PAST = 7  # values that a chart shows


def tap(talk: Talk, officer: Officer, bulletin: Bulletin, action: Sequence[str]) -> list[Reply]:
    """The parts, and what may be done with them; `action` is "parts", the bulletin's id, their mark, and a deed."""
    talk.close()
    match action[2:]:
        case []:
            return [show(talk, bulletin)]
        case [mark, *_] if mark != _mark(bulletin):
            return [Reply("bulletins.old"), show(talk, bulletin)]
        case [_, "news"]:
            return _set(talk, officer, bulletin, [*_said(bulletin), {"kind": PartKind.SINCE_LAST.value}])
        case [_, "text"]:
            return [_ask(talk, bulletin, kind=PartKind.TEXT.value, feed="", said={}, locale=talk.agency.locales[0])]
        case [_, "page", _]:
            return [show(talk, bulletin, page=_page(action))]
        case [_, "data"]:
            return [_which_feed(talk, bulletin)]
        case [_, "feeds", _]:
            return [_which_feed(talk, bulletin, page=_page(action))]
        case [_, "data", _]:
            return _data(talk, bulletin, id_in(action, 4))
        case [_, "chart"]:
            return [_which_field(talk, bulletin)]
        case [_, "fields", _]:
            return [_which_field(talk, bulletin, page=_page(action))]
        case [_, "chart", _, short]:
            return _chart(talk, officer, bulletin, id_in(action, 4), short)
        case [_, "pick" | "up" | "drop" as deed, _]:
            return _with(talk, officer, bulletin, deed, id_in(action, 4))
        case _:
            return []


def skip(talk: Talk, officer: Officer, whose: str, locale: str) -> list[Reply]:
    """The part says nothing of its own in this language; where another is asked for by now, that is asked again."""
    if talk.data.get("step") != STEP or whose != str(talk.data["bulletin"]):
        return []
    bulletin = defining.find(talk.session, talk.agency.id, int(talk.data["bulletin"]))
    if bulletin is None or locale == talk.data["locale"]:
        return hear(talk, officer, LEAVE_OUT[0])
    return [_again(talk, bulletin)]


def hear(talk: Talk, officer: Officer, text: str) -> list[Reply]:
    """The words of a part in one language, then in the next one."""
    bulletin = defining.find(talk.session, talk.agency.id, int(talk.data["bulletin"]))
    if bulletin is None or talk.data["mark"] != _mark(bulletin):
        return _gone(talk, bulletin)
    locales, locale = talk.agency.locales, str(talk.data["locale"])
    is_left_out = text.strip().casefold() in LEAVE_OUT
    is_skipped = is_left_out and locale != locales[0]
    if (text.startswith("/") or is_left_out) and not is_skipped:
        return [Reply("announce.not_an_answer"), _again(talk, bulletin)]
    problem = None if is_skipped else _problem(talk, text)
    if problem is not None:
        return [problem, _again(talk, bulletin)]
    said = {**talk.data["said"], **({} if is_skipped else {locale: text.strip()})}
    kind, feed = str(talk.data["kind"]), str(talk.data["feed"])
    left = locales[list(locales).index(locale) + 1 :]
    if left:
        return [_ask(talk, bulletin, kind=kind, feed=feed, said=said, locale=left[0])]
    return _add(talk, officer, bulletin, said)


def add(talk: Talk, officer: Officer, whose: str) -> list[Reply]:
    """The part whose words waited for a code."""
    if talk.data.get("step") != STEP or whose != str(talk.data["bulletin"]):
        return []
    bulletin = defining.find(talk.session, talk.agency.id, int(whose))
    if bulletin is None or talk.data["mark"] != _mark(bulletin):
        return _gone(talk, bulletin)
    return _add(talk, officer, bulletin, dict(talk.data["said"]))


def show(talk: Talk, bulletin: Bulletin, *, page: int = 0) -> Reply:
    """The parts in their order, each by a number, and what may be added."""
    talk.open(NAME, step=LISTED, bulletin=bulletin.id, mark=_mark(bulletin))
    found = parts.of(bulletin)
    lines = [f"{place}. {_line(talk, part)}" for place, part in enumerate(found, start=1)]
    numbered = [Choice(_key(bulletin, "pick", str(place)), str(place)) for place, _ in enumerate(found, start=1)]
    back = talk.button(f"{NAME}:show:{bulletin.id}", "announce.back.button")
    added = _to_add(talk, bulletin, found)
    choices = talk.page(numbered, page, more=_more(talk, bulletin, "page", page), fixed=[*added, back])
    return Reply("bulletins.parts", {"name": bulletin.key, "parts": "\n".join(lines)}, choices, columns=2)


def _to_add(talk: Talk, bulletin: Bulletin, found: Sequence[Part]) -> list[Choice]:
    kinds = {part.kind for part in found}
    can = ["text"] if len(found) < parts.PARTS_AT_MOST else []
    can += ["news"] if can and PartKind.SINCE_LAST not in kinds else []
    if can and feeds.defining.every(talk.session, talk.agency.id):
        can += ["data"] if kinds.isdisjoint(parts.SHOWN) is False else ["data", "chart"]
    return [talk.button(_key(bulletin, deed), f"bulletins.add.{deed}.button") for deed in can]


def _line(talk: Talk, part: Part) -> str:
    said = " ".join(part.text(talk.agency.locales, talk.locale)[0].split())
    short = said if len(said) <= SHOWN else said[: SHOWN - 1] + "…"
    fields = ", ".join(part.fields)
    return talk.say(f"bulletins.part.{part.kind}", text=short, feed=part.feed, fields=fields)


def _with(talk: Talk, officer: Officer, bulletin: Bulletin, deed: str, place: int | None) -> list[Reply]:
    said = _said(bulletin)
    if place is None or not 1 <= place <= len(said):
        return []
    at = place - 1
    match deed:
        case "drop":
            return _set(talk, officer, bulletin, [each for n, each in enumerate(said) if n != at])
        case "up" if at > 0:
            return _set(talk, officer, bulletin, [*said[: at - 1], said[at], said[at - 1], *said[at + 1 :]])
        case "up":
            return [show(talk, bulletin)]
        case _:
            return [_picked(talk, bulletin, place)]


def _picked(talk: Talk, bulletin: Bulletin, place: int) -> Reply:
    part = parts.of(bulletin)[place - 1]
    said = [f"{texts.native_name(locale)}: {text}" for locale, text in part.texts.items()]
    choices = [
        *([talk.button(_key(bulletin, "up", str(place)), "bulletins.up.button")] if place > 1 else []),
        talk.button(_key(bulletin, "drop", str(place)), "bulletins.drop.button"),
        talk.button(f"{NAME}:parts:{bulletin.id}", "announce.back.button"),
    ]
    shown = "\n".join([_line(talk, part), *said])
    return Reply("reply.verbatim", {"text": shown}, choices)


def _which_feed(talk: Talk, bulletin: Bulletin, *, page: int = 0) -> Reply:
    known = feeds.defining.every(talk.session, talk.agency.id)
    offered = [Choice(_key(bulletin, "data", str(each.id)), each.key) for each in known]
    choices = talk.page(offered, page, more=_more(talk, bulletin, "feeds", page), fixed=[leave(talk)])
    return Reply("bulletins.ask.feed", {}, choices, is_numbered=True)


def _which_field(talk: Talk, bulletin: Bulletin, *, page: int = 0) -> Reply:
    known = [
        (_key(bulletin, "chart", str(each.id), _short(name)), f"{each.key}: {field.label(talk.locale)}")
        for each in feeds.defining.every(talk.session, talk.agency.id)
        for name, field in feeds.defining.spec_of(talk.session, each).fields.items()
        if field.type in NUMBERS
    ]
    lines = [f"{place}. {line}" for place, (_, line) in enumerate(known, start=1)]
    offered = [Choice(key, str(place)) for place, (key, _) in enumerate(known, start=1)]
    shown = "\n".join(talk.on_page(lines, page, beside=1))
    choices = talk.page(offered, page, more=_more(talk, bulletin, "fields", page), fixed=[leave(talk)])
    return verbatim(f"{talk.say('bulletins.ask.chart')}\n\n{shown}", choices=choices, columns=4)


def _data(talk: Talk, bulletin: Bulletin, feed_id: int | None) -> list[Reply]:
    found = _feed(talk, feed_id)
    if found is None:
        return [Reply("bulletins.bad.feed"), show(talk, bulletin)]
    return [
        _ask(talk, bulletin, kind=PartKind.FEED.value, feed=found.key, said={}, locale=talk.agency.locales[0]),
    ]


def _chart(talk: Talk, officer: Officer, bulletin: Bulletin, feed_id: int | None, short: str) -> list[Reply]:
    found = _feed(talk, feed_id)
    fields = feeds.defining.spec_of(talk.session, found).fields if found is not None else {}
    name = next((each for each in fields if _short(each) == short), None)
    if found is None or name is None:
        return [Reply("bulletins.bad.feed"), show(talk, bulletin)]
    made = {"kind": PartKind.CHART.value, "feed": found.key, "fields": [name], "past": PAST}
    return _set(talk, officer, bulletin, [*_said(bulletin), made])


def _ask(talk: Talk, bulletin: Bulletin, *, kind: str, feed: str, said: dict[str, str], locale: str) -> Reply:
    """Ask for the words in one language; for those of data with the names of what may stand in brackets."""
    talk.open(
        NAME, step=STEP, bulletin=bulletin.id, mark=_mark(bulletin), kind=kind, feed=feed, said=said, locale=locale
    )
    is_first = locale == talk.agency.locales[0]
    skipping = [] if is_first else [talk.button(f"{NAME}:part:skip:{bulletin.id}:{locale}", "announce.skip.button")]
    values = {"language": texts.native_name(locale), "limit": parts.TEXT_LENGTH, "blanks": _blanks(talk, feed)}
    key = f"bulletins.ask.{'data' if feed else 'text'}{'' if is_first else '_or_skip'}"
    return Reply(key, values, [*skipping, leave(talk)], columns=2)


def _again(talk: Talk, bulletin: Bulletin) -> Reply:
    return _ask(talk, bulletin, **{name: talk.data[name] for name in ("kind", "feed", "said", "locale")})


def _problem(talk: Talk, text: str) -> Reply | None:
    """What is wrong with the words of a part in this language."""
    said = characters.tidied(text)
    if not said or len(said) > parts.TEXT_LENGTH or not characters.is_readable(said):
        return Reply("bulletins.bad.part_text", {"limit": parts.TEXT_LENGTH})
    feed = str(talk.data["feed"])
    if not feed:
        return None
    named, first = showing.blanks(said), next(iter(dict(talk.data["said"]).values()), None)
    is_known = named <= _names(talk, feed) and not parts.has_loose_bracket(said)
    if not named or not is_known or (first is not None and named != showing.blanks(first)):
        return Reply("bulletins.bad.blanks", {"blanks": _blanks(talk, feed)})
    return None


def _set(talk: Talk, officer: Officer, bulletin: Bulletin, said: Sequence[dict[str, Any]]) -> list[Reply]:
    talk.close()
    try:
        changing.set_parts(talk.session, bulletin, officer, said, now=talk.now)
    except BadParts:  # what can be asked for in chat is checked before: a feed was taken away or changed meanwhile
        return [Reply("bulletins.bad.feed"), show(talk, bulletin)]
    except occurring.Passed:
        return [Reply("bulletins.unknown")]
    return [Reply("bulletins.changed", {"name": bulletin.key}), show(talk, bulletin)]


def _add(talk: Talk, officer: Officer, bulletin: Bulletin, said: dict[str, str]) -> list[Reply]:
    if wait := confirming.first(talk, f"{NAME}:part:add:{bulletin.id}", said=said):
        return wait
    feed = str(talk.data["feed"])
    made = {"kind": str(talk.data["kind"]), "texts": said} | ({"feed": feed} if feed else {})
    return _set(talk, officer, bulletin, [*_said(bulletin), made])


def _gone(talk: Talk, bulletin: Bulletin | None) -> list[Reply]:
    """The words are for what stands no more."""
    talk.close()
    return [Reply("bulletins.unknown")] if bulletin is None else [Reply("bulletins.old"), show(talk, bulletin)]


def _said(bulletin: Bulletin) -> list[dict[str, Any]]:
    return [parts.pack(each) for each in parts.of(bulletin)]


def _mark(bulletin: Bulletin) -> str:
    return hashlib.sha256(json.dumps(bulletin.parts, sort_keys=True).encode()).hexdigest()[:6]


def _short(name: str) -> str:
    """A field as it stands in a choice's key, where there is no room for its name."""
    return hashlib.sha256(name.encode()).hexdigest()[:8]


def _key(bulletin: Bulletin, *rest: str) -> str:
    return ":".join([NAME, "parts", str(bulletin.id), _mark(bulletin), *rest])


def _more(talk: Talk, bulletin: Bulletin, what: str, page: int) -> Choice:
    return talk.button(_key(bulletin, what, str(page + 1)), "announce.more.button")


def _page(action: Sequence[str]) -> int:
    return min(id_in(action, 4) or 0, 1000)


def _feed(talk: Talk, feed_id: int | None) -> Feed | None:
    known = feeds.defining.every(talk.session, talk.agency.id)
    return next((each for each in known if each.id == feed_id), None)


def _spec(talk: Talk, key: str) -> Spec | None:
    return feeds.defining.specs_of(talk.session, talk.agency.id).get(key)


def _names(talk: Talk, key: str) -> set[str]:
    spec = _spec(talk, key)
    return parts.blanks_of(spec) if spec is not None else set()


def _blanks(talk: Talk, key: str) -> str:
    return ", ".join(f"{{{name}}}" for name in sorted(_names(talk, key))) if key else ""
