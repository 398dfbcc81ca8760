"""/status, /pause, /resume and /cancel: what an officer does with announcements that have left.

An announcement is looked up by its code within the officer's own agency, for buttons too: whatever else a key says,
another agency's is "no such announcement".
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.dialogs import (
    announce,
    approving,
    bulletins_card,
    confirming,
    inbox,
    prepared,
    prepared_texts,
    segments,
    sending,
)
from bot.dialogs.officer_desk import cannot, desk_of, read_only, writer
from bot.keywords import normalise
from bot.replies import Reply, verbatim
from bot.talk import Talk
from broadcast import approval_cards, compose, launch, report, together
from broadcast.models import Broadcast
from broadcast.states import ForbiddenMove, Kind, State
from channels import registry
from channels.contract import Choice
from locales import texts

NAME = "control"
LISTED = 8
OTHER_WORK = (
    inbox.NAME,
    prepared.NAME,
    prepared_texts.NAME,
    confirming.NAME,
    approving.NAME,
    sending.NAME,
    bulletins_card.NAME,
    segments.NAME,
)  # dialogs that /cancel leaves, without a word about announcements
LOOKED_AT = 50
DRILL = "🟦"  # against the red of what is real
MARKS = {Kind.ALERT: "🟥", Kind.NOTICE: "📢", Kind.BULLETIN: "📰", Kind.CAMPAIGN: "📇"}


@dataclass(frozen=True, slots=True)
class Verb:
    """What can be done to an announcement, and to which it makes sense."""

    name: str
    states: frozenset[State]
    do: Callable[..., None]


PAUSE = Verb("pause", frozenset({State.SENDING}), launch.pause)
RESUME = Verb("resume", frozenset({State.PAUSED}), launch.resume)
CANCEL = Verb("cancel", frozenset({State.SENDING, State.PAUSED}), launch.cancel)
VERBS = {verb.name: verb for verb in (PAUSE, RESUME, CANCEL)}


def status(talk: Talk, argument: str = "") -> list[Reply]:
    """The announcements under way and the last ones, a line each; with a code the whole card of that one."""
    if not argument:
        return _overview(talk)
    broadcast = _find(talk, argument)
    if broadcast is None:
        return [Reply("control.unknown")]
    if broadcast.launched_at is None:
        lines = approval_cards.standing(talk.session, broadcast, talk.locale, now=talk.now)
        return [verbatim("\n".join(lines))]
    card = report.card(talk.session, broadcast, limits_of=registry.limits, now=talk.now, locale=talk.locale)
    choices = report.offered(talk.session, broadcast) if writer(talk) is not None else ()
    return [verbatim(f"{mark_of(broadcast)} {card.text}", choices=choices)]


def mark_of(broadcast: Broadcast) -> str:
    """The sign of an announcement in lists and on cards."""
    return DRILL if broadcast.is_drill else MARKS[broadcast.kind]


def pause(talk: Talk, argument: str = "") -> list[Reply]:
    """Let nothing more of an announcement leave until it is resumed."""
    return _asked(talk, PAUSE, argument)


def resume(talk: Talk, argument: str = "") -> list[Reply]:
    """Go on with a paused announcement."""
    return _asked(talk, RESUME, argument)


def cancel(talk: Talk, argument: str = "") -> list[Reply]:
    """End the open dialog; else, after one more tap, an announcement for good."""
    if not argument and talk.conversation.dialog in OTHER_WORK:
        talk.close()
        return [Reply("inbox.left")]
    if not argument:
        return announce.cancel(talk) or _asked(talk, CANCEL, argument)
    return _asked(talk, CANCEL, argument)


def tap(talk: Talk, action: Sequence[str]) -> list[Reply]:
    """The buttons under a question of ours."""
    if writer(talk) is None or len(action) != 2:
        return []
    _leave(talk)
    match action:
        case ["pause" | "resume" | "cancel" as name, code]:
            return _asked(talk, VERBS[name], code)
        case ["cancelled", code]:
            return _with(talk, code, lambda broadcast: _do(talk, CANCEL, broadcast))
        case ["kept", code]:
            return _with(talk, code, lambda broadcast: [Reply("control.kept", {"code": broadcast.code})])
        case _:
            return []


def hear(talk: Talk, text: str) -> list[Reply]:
    """The same by number or label. Anything else ends the question: it is for somebody else."""
    offers = [Choice(key, label) for key, label in talk.data.get("offers", [])]
    said = text.strip()
    _leave(talk)
    place = int(said[:3]) if said.isascii() and said.isdecimal() else 0
    by_label = (offer for offer in offers if normalise(offer.label) == normalise(said))
    chosen = offers[place - 1] if 1 <= place <= len(offers) else next(by_label, None)
    return tap(talk, chosen.key.split(":")[1:]) if chosen is not None else []


def _asked(talk: Talk, verb: Verb, argument: str) -> list[Reply]:
    if writer(talk) is None:
        return read_only(talk)
    if argument:
        return _with(talk, argument, lambda broadcast: _begun(talk, verb, broadcast))
    under_way = [each for each in compose.under_way(talk.session, talk.agency.id) if each.state in verb.states]
    if not under_way:
        return [Reply(f"control.none_to.{verb.name}")]
    return _begun(talk, verb, under_way[0]) if len(under_way) == 1 else _which(talk, verb, under_way)


def _begun(talk: Talk, verb: Verb, broadcast: Broadcast) -> list[Reply]:
    is_possible = any(each.state in verb.states for each in together.of(talk.session, broadcast))
    if not is_possible or verb is PAUSE:
        return _do(talk, verb, broadcast)
    if verb is RESUME:
        return confirming.first(talk, f"{NAME}:resume:{broadcast.code}") or _do(talk, verb, broadcast)
    choices = [
        talk.button(f"{NAME}:cancelled:{broadcast.code}", "control.cancel.button"),
        talk.button(f"{NAME}:kept:{broadcast.code}", "control.keep.button"),
    ]
    return [_offered(talk, "control.cancel_ask", choices, code=broadcast.code)]


def _do(talk: Talk, verb: Verb, broadcast: Broadcast) -> list[Reply]:
    try:
        verb.do(talk.session, broadcast, talk.officer, now=talk.now)
    except ForbiddenMove as here:
        return [cannot(talk, broadcast, here.here)]
    approval_cards.rewrite(talk.session, broadcast, limits_of=registry.limits, now=talk.now, again=False)
    return [Reply(f"control.done.{verb.name}", {"code": broadcast.code})]


def _which(talk: Talk, verb: Verb, several: Sequence[Broadcast]) -> list[Reply]:
    choices = [Choice(f"{NAME}:{verb.name}:{each.code}", each.code) for each in several[-LISTED:]]
    lines = [f"{place}. {_line(talk, each)}" for place, each in enumerate(several[-LISTED:], start=1)]
    return [_offered(talk, "control.which", choices, announcements="\n".join(lines))]


def _offered(talk: Talk, key: str, choices: Sequence[Choice], **values: object) -> Reply:
    """A question whose answers may be typed too, unless a draft is open here: that is not left for it."""
    if desk_of(talk) is None:
        talk.open(NAME, offers=[[choice.key, choice.label] for choice in choices])
    return Reply(key, values, choices)


def _overview(talk: Talk) -> list[Reply]:
    under_way = compose.under_way(talk.session, talk.agency.id)
    newest = compose.recent(talk.session, talk.agency.id, limit=LOOKED_AT)
    going = {each.together_id or each.id for each in under_way}  # the first may have ended before the others
    ended = [each for each in newest if each.id not in going and each.launched_at is not None]
    if not under_way and not ended:
        return [Reply("control.none")]
    shown = [*under_way, *ended[: max(0, LISTED - len(under_way))]]
    return [Reply("control.status", {"announcements": "\n".join(_line(talk, each) for each in shown)})]


def _line(talk: Talk, broadcast: Broadcast) -> str:
    """An announcement in one line: what, for whom, where it stands, and how far it is."""
    reached, failed, people = report.together_so_far(talk.session, broadcast)
    return talk.say(
        "control.line",
        kind=mark_of(broadcast),
        title=report.title(talk.session, broadcast, talk.locale),
        reached=reached,
        failed=failed,
        people=people,
        at=texts.instant(broadcast.launched_at or broadcast.created_at, talk.agency.time_zone, talk.locale),
    )


def _with(talk: Talk, code: str, do: Callable[[Broadcast], list[Reply]]) -> list[Reply]:
    broadcast = _find(talk, code)
    return do(broadcast) if broadcast is not None else [Reply("control.unknown")]


def _find(talk: Talk, code: str) -> Broadcast | None:
    """The agency's announcement with this code; a draft is none yet."""
    found = compose.by_code(talk.session, talk.agency.id, code)
    return found if found is not None and found.state is not State.DRAFT else None


def _leave(talk: Talk) -> None:
    if talk.conversation.dialog == NAME:
        talk.close()
