"""/bulletins: what goes out by itself, seen, previewed, skipped, sent now, paused, made and changed in chat.

Officers only. Every button names its bulletin, which is looked up in the officer's own agency; what stands no more is
answered with how it stands now.
"""

from collections.abc import Sequence

from bot.dialogs import bulletins_card, bulletins_held, bulletins_making, bulletins_now, bulletins_parts, confirming
from bot.dialogs.bulletins_card import NAME as NAME
from bot.dialogs.officer_desk import read_only, writer
from bot.keywords import numbers
from bot.pickers import id_in
from bot.replies import Reply
from bot.talk import Talk
from broadcast import changing, defining, occurring
from broadcast.models import Bulletin
from staff.models import Officer


def begin(talk: Talk, argument: str = "") -> list[Reply]:
    """The list; with a name the card of that one."""
    if writer(talk) is None:
        return read_only(talk)
    found = defining.by_key(talk.session, talk.agency.id, argument.strip().casefold()) if argument else None
    if found is not None:
        return [bulletins_card.card(talk, found)]
    listed = bulletins_card.overview(talk)
    return [Reply("bulletins.no_such", {"name": argument}), listed] if argument else [listed]


def tap(talk: Talk, action: Sequence[str]) -> list[Reply]:
    """The buttons of the list and of the cards."""
    officer = writer(talk)
    if officer is None:
        return read_only(talk)
    match action:
        case ["page", _]:
            return [bulletins_card.overview(talk, page=id_in(action) or 0)]
        case ["leave"]:
            talk.close()
            return [Reply("inbox.left")]
        case ["new" | "set", *_]:
            return bulletins_making.tap(talk, officer, action)
        case ["part", *_] if not bulletins_card.may_define(talk):
            talk.close()
            return [Reply("bulletins.not_yours")]
        case ["part", "skip", whose, locale]:
            return bulletins_parts.skip(talk, officer, whose, locale)
        case ["part", "add", whose]:
            return bulletins_parts.add(talk, officer, whose)
        case ["held", _, _]:
            return bulletins_held.answer(talk, officer, action)
        case [_, _, *_]:
            found = bulletins_card.find(talk, action)
            return _with(talk, officer, found, action) if found is not None else [Reply("bulletins.unknown")]
        case _:
            return []


def hear(talk: Talk, text: str) -> list[Reply]:
    """The typed code, or the next piece of what is being made or changed."""
    officer = writer(talk)
    if officer is None or "step" not in talk.data:
        talk.close()
        return []
    if talk.data["step"] == bulletins_now.STEP:
        return bulletins_now.hear(talk, text)
    if talk.data["step"] == bulletins_parts.LISTED:
        return _numbered(talk, officer, text)
    if talk.data["step"] == bulletins_parts.STEP and bulletins_card.may_define(talk):
        return bulletins_parts.hear(talk, officer, text)
    return bulletins_making.hear(talk, officer, text)


def _numbered(talk: Talk, officer: Officer, text: str) -> list[Reply]:
    """The part whose number was typed; whatever else was said is not about them."""
    bulletin_id, mark, places = str(talk.data["bulletin"]), str(talk.data["mark"]), numbers(text) or []
    talk.close()
    bulletin = bulletins_card.find(talk, ["parts", bulletin_id])
    if len(places) != 1 or bulletin is None:
        return []
    told = _with(talk, officer, bulletin, ["parts", bulletin_id, mark, "pick", str(places[0])])
    return told or [Reply("announce.not_an_answer"), bulletins_parts.show(talk, bulletin)]


def _with(talk: Talk, officer: Officer, bulletin: Bulletin, action: Sequence[str]) -> list[Reply]:
    match action:
        case ["show", _]:
            return [bulletins_card.card(talk, bulletin)]
        case ["preview", _]:
            return bulletins_now.preview(talk, bulletin)
        case ["now", _, after]:
            return bulletins_now.ask(talk, bulletin, after)
        case ["skip", _, hour]:
            return bulletins_now.skip(talk, bulletin, officer, hour)
        case ["unskip", _, hour]:
            return bulletins_now.unskip(talk, bulletin, officer, hour)
        case ["pause", _]:
            return _pause(talk, officer, bulletin)
        case _ if not bulletins_card.may_define(talk):
            return [Reply("bulletins.not_yours"), bulletins_card.card(talk, bulletin)]
        case ["resume", _]:
            return confirming.first(talk, f"{NAME}:resume:{bulletin.id}") or _resume(talk, officer, bulletin)
        case ["delete", _]:
            return [_ask_delete(talk, bulletin)]
        case ["deleted", _]:
            return _delete(talk, officer, bulletin)
        case ["parts", *_]:
            asked = confirming.first(talk, ":".join([NAME, *action]))
            return asked or bulletins_parts.tap(talk, officer, bulletin, action)
        case ["change", *_]:
            return bulletins_making.change(talk, bulletin, action)
        case _:
            return []


def _pause(talk: Talk, officer: Officer, bulletin: Bulletin) -> list[Reply]:
    try:
        changing.pause(talk.session, bulletin, officer, now=talk.now)
    except occurring.Passed:
        return bulletins_now.old(talk, bulletin)
    return [Reply("bulletins.paused", {"name": bulletin.key}), bulletins_card.card(talk, bulletin)]


def _resume(talk: Talk, officer: Officer, bulletin: Bulletin) -> list[Reply]:
    try:
        changing.resume(talk.session, bulletin, officer, now=talk.now)
    except occurring.Passed:
        return bulletins_now.old(talk, bulletin)
    return [Reply("bulletins.resumed", {"name": bulletin.key}), bulletins_card.card(talk, bulletin)]


def _delete(talk: Talk, officer: Officer, bulletin: Bulletin) -> list[Reply]:
    name = bulletin.key
    try:
        changing.remove(talk.session, bulletin, officer, now=talk.now)
    except occurring.Passed:
        return [Reply("bulletins.unknown")]
    return [Reply("bulletins.deleted", {"name": name}), bulletins_card.overview(talk)]


def _ask_delete(talk: Talk, bulletin: Bulletin) -> Reply:
    choices = [
        talk.button(f"{NAME}:deleted:{bulletin.id}", "bulletins.deleted.button"),
        talk.button(f"{NAME}:show:{bulletin.id}", "bulletins.keep.button"),
    ]
    return Reply("bulletins.delete_ask", {"name": bulletin.key}, choices)
