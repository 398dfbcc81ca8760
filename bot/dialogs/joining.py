"""Joining two apps of one person, choosing where they want to hear from us, and taking it back."""

import re
from collections.abc import Sequence

from bot import pickers
from bot.keywords import normalise
from bot.personal import JOIN
from bot.replies import Reply
from bot.talk import Talk
from bot.wordbook import own
from channels.contract import Choice
from delivery import letters
from delivery.drafts import Draft
from locales import texts
from subscribers import consent, directory, joining
from subscribers.joining import Outcome
from subscribers.models import Address, ConsentKind

NAME = "joining"
ASKING = JOIN | {"join", ""}
CODE_AT_THE_END = re.compile(r"(.*?)\W*\b([0-9A-Z]{4}[ -]?[0-9A-Z]{4})\W*", re.IGNORECASE | re.DOTALL)
LONGEST = 80  # characters of a text that can be nothing but a code


def begin(talk: Talk, argument: str = "") -> list[Reply]:
    """Show a code for the other app; with one, join the app that shows it."""
    if argument:
        return _use(talk, joining.read(argument) or argument)
    code = joining.show(talk.session, talk.address, now=talk.now)
    values = {"code": f"{code[:4]} {code[4:]}", "length": joining.VALID_FOR, **_agency(talk)}
    return [Reply("joining.code", values)]


def told(talk: Talk, text: str) -> list[Reply]:
    """The answer to a text that is a code, alone or after "join"; none where it is none."""
    code = code_in(text)
    return _use(talk, code) if code is not None else []


def code_in(text: str) -> str | None:
    """What stands in a text that is a code, alone or after "join"."""
    found = CODE_AT_THE_END.fullmatch(text) if len(text) <= LONGEST else None
    is_asking = found is not None and normalise(found[1]) in ASKING | own("join")
    return joining.read(found[2]) if found is not None and is_asking else None


def part(talk: Talk, argument: str = "") -> list[Reply]:
    """Split again what was joined."""
    if not joining.leave(talk.session, talk.address, now=talk.now):
        return [Reply("joining.alone", {}, pickers.menu(talk))]
    _meet_again(talk)
    key = "joining.parted" if talk.subscriber.consented_at is not None else "joining.parted_unsubscribed"
    return [Reply(key, _agency(talk), pickers.menu(talk))]


def tap(talk: Talk, action: Sequence[str]) -> list[Reply]:
    """The buttons: where to hear from us, and parting."""
    match action:
        case ["begin"]:
            return begin(talk)
        case ["part"]:
            return part(talk)
        case ["prefer", _] if len(_addresses(talk)) > 1:
            return _prefer(talk, pickers.id_in(action))
        case _:
            return []


def hear(talk: Talk, text: str) -> list[Reply]:
    """Nothing: this dialog is never left open, codes are understood everywhere."""
    return []


def _use(talk: Talk, code: str) -> list[Reply]:
    done = joining.use(talk.session, talk.address, code, now=talk.now)
    if done.outcome is Outcome.JOINED and done.kept_at is not None:
        return _joined(talk, done.kept_at, done.kept_locale)
    return [Reply(f"joining.{done.outcome}", {"length": joining.GUESSING})]


def _joined(talk: Talk, kept_at: Address, kept_locale: str) -> list[Reply]:
    """Tell both apps: whoever was made to show a code must learn what came of it."""
    _meet_again(talk)
    talk.close()
    news = _news(talk, kept_locale)
    letters.post(
        talk.session,
        sender_id=kept_at.sender_id,
        agency_id=kept_at.agency_id,
        to=kept_at.value,
        draft=news,
        now=talk.now,
    )
    if talk.subscriber.consented_at is None:
        key = "joining.joined_stopped" if _has_stopped(talk) else "joining.joined_unsubscribed"
        ways = [talk.button("onboarding:begin", "menu.start.button"), _undo(talk)]
        return [Reply(key, _agency(talk), ways, is_numbered=True)]
    return [Reply("joining.joined", _agency(talk), _places(talk), is_numbered=True)]


def _news(talk: Talk, locale: str) -> Draft:
    """What the other app is told, in the language it was written to until now; and in which one it will be."""
    told = [texts.say("joining.told", locale, agency=talk.agency.name_in(locale))]
    if locale != talk.locale:
        told.append(texts.say("joining.language", locale, language=texts.native_name(talk.locale)))
    return Draft("\n\n".join(told), (Choice("joining:part", texts.say("joining.part.button", locale)),))


def _has_stopped(talk: Talk) -> bool:
    said = consent.last(talk.session, talk.subscriber.id)
    return said is not None and said.kind is ConsentKind.WITHDRAWN


def _places(talk: Talk) -> list[Choice]:
    others = [each for each in _addresses(talk) if each.id != talk.address.id]
    here = talk.button(f"joining:prefer:{talk.address.id}", "joining.here.button")
    there = [talk.button(f"joining:prefer:{each.id}", "joining.there.button") for each in others[:1]]
    return [here, *(there if len(others) == 1 else ()), talk.button("joining:prefer:0", "joining.last.button")]


def _prefer(talk: Talk, address_id: int | None) -> list[Reply]:
    if address_id not in {0, *(each.id for each in _addresses(talk))}:
        return []
    talk.subscriber.preferred_address_id = address_id or None
    key = {0: "joining.prefers_last", talk.address.id: "joining.prefers_here"}
    return [Reply(key.get(address_id, "joining.prefers_there"), _agency(talk), [_undo(talk)])]


def _undo(talk: Talk) -> Choice:
    return talk.button("joining:part", "joining.part.button")


def _addresses(talk: Talk) -> Sequence[Address]:
    return directory.addresses(talk.session, talk.subscriber.id)


def _meet_again(talk: Talk) -> None:
    talk.session.refresh(talk.address)
    talk.subscriber = talk.address.subscriber
    talk.session.refresh(talk.subscriber)


def _agency(talk: Talk) -> dict[str, object]:
    return {"agency": talk.agency.name_in(talk.locale)}
