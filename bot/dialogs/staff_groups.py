"""/group: which staff groups are told what happens, a code that allows another, and taking one away. Admins only."""

from collections.abc import Sequence

from bot.dialogs import team
from bot.dialogs.officer_desk import admins_only
from bot.pickers import id_in
from bot.replies import Reply
from bot.talk import Talk
from channels.contract import Choice
from staff import groups
from staff.models import Role, StaffGroup

NAME = "group"


def begin(talk: Talk, argument: str = "") -> list[Reply]:
    """The groups there are; where this app has none, where to go."""
    if not _is_admin(talk):
        return admins_only(talk)
    return [_list(talk)] if talk.limits.has_groups else [Reply("group.elsewhere")]


def tap(talk: Talk, action: Sequence[str]) -> list[Reply]:
    """The buttons of the last message here; an earlier one changes nothing and is answered with the list."""
    if not _is_admin(talk):
        return []
    if not team.is_fresh(talk, NAME, action):
        return [Reply("team.stale"), *begin(talk)]
    match list(action[1:]):
        case ["allow"]:
            return [_code(talk)]
        case ["remove" | "removed" as name, _]:
            return _with(talk, name, id_in(action, 2))
        case _:
            return [_list(talk)]


def hear(talk: Talk, text: str) -> list[Reply]:
    """Anything but one of the buttons ends this: it is for somebody else."""
    talk.close()
    return []


def _is_admin(talk: Talk) -> bool:
    return talk.officer is not None and talk.officer.role is Role.ADMIN


def _list(talk: Talk) -> Reply:
    prefix = team.sit_down(talk, NAME)
    found = groups.of_agency(talk.session, talk.agency.id)
    shown = talk.on_page(list(enumerate(found, start=1)), 0, beside=1)
    numbers = [Choice(f"{prefix}:remove:{each.id}", str(place)) for place, each in shown]
    allow = talk.button(f"{prefix}:allow", "group.allow.button")
    lines = "\n".join(f"{place}. {each.title}" for place, each in enumerate(found, start=1))
    if not found:
        return Reply("group.none", _agency(talk), [allow])
    return Reply("group.list", {"groups": lines, **_agency(talk)}, [*numbers, allow], columns=4)


def _code(talk: Talk) -> Reply:
    assert talk.officer is not None, "only administrators are here"
    talk.close()
    code = groups.offer(talk.session, talk.officer, now=talk.now)
    command = f"/group@{talk.sender.handle.removeprefix('@')} {code}"
    return Reply("group.code", {"command": command, "span": groups.VALID_FOR, "bot": talk.sender.handle})


def _with(talk: Talk, name: str, group_id: int | None) -> list[Reply]:
    group = talk.session.get(StaffGroup, group_id) if group_id is not None else None
    if group is None or group.agency_id != talk.agency.id:
        return [_list(talk)]
    if name == "removed":
        groups.remove(talk.session, group, now=talk.now, by=talk.officer)
        return [Reply("group.removed", {"title": group.title}), _list(talk)]
    prefix = team.sit_down(talk, NAME)
    yes = talk.button(f"{prefix}:removed:{group.id}", "team.revoke_yes.button")
    return [Reply("group.remove_ask", {"title": group.title}, [yes, talk.button(f"{prefix}:list", "team.back.button")])]


def _agency(talk: Talk) -> dict[str, object]:
    return {"agency": talk.agency.name_in(talk.locale)}
