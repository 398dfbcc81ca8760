"""/drill, /drill_list and /leave_drills: practising the real way, with a list of people who know that it is practice.

A drill is written and confirmed at the desk of /announce; here it begins, and here people come onto its list and leave.
"""

from collections.abc import Sequence

from bot.dialogs import officer_steps
from bot.dialogs.officer_desk import Step, read_only, sit_down, writer
from bot.replies import Reply
from bot.talk import Talk
from broadcast import drills
from delivery import senders
from locales import texts
from staff.models import Officer
from subscribers import drill_list

NAME = "drills"
LINK = "d-"  # before the code of a one-time link onto the list
FULL = Reply("drill.full", {"most": drill_list.MOST})


def begin(talk: Talk, argument: str = "") -> list[Reply]:
    """The officer's unfinished drill, or a new one: that it is one is said first, then the first text is asked for."""
    officer = writer(talk)
    if officer is None:
        return read_only(talk)
    try:
        draft = drills.begin(talk.session, talk.agency, officer, now=talk.now)
    except drills.NobodyThere:
        return [Reply("drill.nobody"), *show(talk)]
    desk = sit_down(talk, officer, draft, Step.TEXT, locale=talk.agency.locales[0])
    people = drill_list.size(talk.session, talk.agency.id)
    begun = Reply("drill.begun", {"code": draft.code, "most": drill_list.MOST}, n=people)
    return [begun, *officer_steps.resume(desk)]


def show(talk: Talk, argument: str = "") -> list[Reply]:
    """Who is on the list, and the ways onto it."""
    if writer(talk) is None:
        return read_only(talk)
    found = drill_list.members(talk.session, talk.agency.id)
    seen: dict[int, list[str]] = {}
    for member, address in found:
        seen.setdefault(member.subscriber_id, []).append(
            f"{texts.channel(address.channel, talk.locale)} …{address.value[-4:]}"
        )
    lines = [f"{place}. {', '.join(places)}" for place, places in enumerate(seen.values(), start=1)]
    deed = "leave" if drill_list.is_on(talk.session, talk.subscriber.id) else "join"
    mine = talk.button(f"{NAME}:{deed}", f"drill.{deed}.button")
    choices = [mine, talk.button(f"{NAME}:link", "drill.link.button")]
    talk.open(NAME)
    if not lines:
        return [Reply("drill.list_empty", {"most": drill_list.MOST}, choices)]
    values = {"people": "\n".join(lines), "size": len(seen), "most": drill_list.MOST}
    return [Reply("drill.list_shown", values, choices)]


def tap(talk: Talk, action: Sequence[str]) -> list[Reply]:
    """The buttons of the list."""
    officer = writer(talk)
    if officer is None:
        return []
    match action:
        case ["join"]:
            return _join(talk, officer)
        case ["leave"]:
            return leave(talk)
        case ["link"]:
            return _link(talk, officer)
        case _:
            return []


def hear(talk: Talk, text: str) -> list[Reply]:
    """Nothing is typed here but a button's label: anything else ends it and is for somebody else."""
    talk.close()
    return []


def leave(talk: Talk, argument: str = "") -> list[Reply]:
    """Anybody on the list leaves it, at once."""
    is_gone = drills.leave(talk.session, talk.agency, talk.subscriber, now=talk.now)
    name = talk.agency.name_in(talk.locale)
    return [Reply("drill.left" if is_gone else "drill.not_on_it", {"agency": name})]


def redeemed(talk: Talk, code: str) -> list[Reply]:
    """Put whoever opened a one-time link on the list; nothing where the code is good for nothing."""
    try:
        is_new = drills.redeem(talk.session, talk.agency, talk.subscriber, code, now=talk.now)
    except drill_list.Full:
        return [FULL]
    return [] if is_new is None else [_welcome(talk)]


def _join(talk: Talk, officer: Officer) -> list[Reply]:
    try:
        drills.join(talk.session, talk.agency, talk.subscriber, officer, now=talk.now)
    except drill_list.Full:
        return [FULL]
    return [_welcome(talk)]


def _welcome(talk: Talk) -> Reply:
    return Reply("drill.joined", {"agency": talk.agency.name_in(talk.locale)})


def _link(talk: Talk, officer: Officer) -> list[Reply]:
    try:
        code = drills.link(talk.session, talk.agency, officer, now=talk.now)
    except drill_list.Full:
        return [FULL]
    working = [each for each in senders.of_agency(talk.session, talk.agency.id) if each.stopped_at is None]
    links = "\n\n".join(talk.above.link(sender, f"{LINK}{code}") for sender in working)
    return [Reply("drill.link", {"links": links, "until": talk.now + drill_list.VALID_FOR})]
