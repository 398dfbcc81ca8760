"""/officers: who is on the team, inviting, a new link, removing. Administrators only.

Every message of it has buttons of its own: they are good once, and only while it is the last one here. An officer is
looked up within the agency, for buttons too: another agency's is "no such officer".
"""

import secrets
from collections.abc import Sequence
from datetime import datetime

from bot.dialogs.officer_desk import admins_only
from bot.pickers import id_in
from bot.replies import Reply
from bot.talk import Talk
from channels.contract import Choice
from delivery import senders
from delivery.models import Sender
from locales import texts
from staff import agencies, officers
from staff.models import Account, Officer, Role
from subscribers import directory

NAME = "officers"
MOST_PAGES = 1_000


def begin(talk: Talk, argument: str = "") -> list[Reply]:
    """The list."""
    return [_list(talk)] if _is_admin(talk) else admins_only(talk)


def tap(talk: Talk, action: Sequence[str]) -> list[Reply]:
    """The buttons of the last message here; an earlier one changes nothing and is answered with the list."""
    if not _is_admin(talk):
        return []
    if not is_fresh(talk, NAME, action):
        return [Reply("team.stale"), _list(talk)]
    match list(action[1:]):
        case ["page", _]:
            return [_list(talk, page=min(id_in(action, 2) or 0, MOST_PAGES))]
        case ["invite"]:
            return [_ask_role(talk)]
        case ["role", role] if role in set(Role):
            return [_ask_name(talk, Role(role))]
        case ["show" | "link" | "lost" | "revoke" | "revoked" as name, _]:
            return _with(talk, name, id_in(action, 2))
        case _:
            return [_list(talk)]


def hear(talk: Talk, text: str) -> list[Reply]:
    """The name of whom to invite, once their role was chosen. Anything else ends this and is for somebody else."""
    if not _is_admin(talk) or "role" not in talk.data:
        talk.close()
        return []
    role, name = Role(talk.data["role"]), text.strip()
    if name.startswith("/"):
        return [_ask_name(talk, role)]
    if not name or len(name) > agencies.NAME_LENGTH or not name.isprintable():
        return [Reply("team.bad_name", {"limit": agencies.NAME_LENGTH})]
    talk.close()
    made, code = officers.invite(talk.session, talk.agency, name=name, role=role, now=talk.now, by=talk.officer)
    return [_links(talk, made, code)]


def is_fresh(talk: Talk, dialog: str, action: Sequence[str]) -> bool:
    """Whether a button stands under the last message of this dialog, and nothing else was begun since."""
    return talk.conversation.dialog == dialog and action[:1] == [talk.data.get("token")]


def sit_down(talk: Talk, dialog: str, **data: object) -> str:
    """Open the dialog; what the keys of its next buttons begin with."""
    token = secrets.token_hex(4)
    talk.open(dialog, token=token, **data)
    return f"{dialog}:{token}"


def _is_admin(talk: Talk) -> bool:
    return talk.officer is not None and talk.officer.role is Role.ADMIN


def _with(talk: Talk, name: str, officer_id: int | None) -> list[Reply]:
    found = officers.find(talk.session, talk.agency.id, officer_id) if officer_id is not None else None
    if found is None:
        return [Reply("team.unknown"), _list(talk)]
    match name:
        case "show":
            return [_card(talk, found)]
        case "link":
            talk.close()
            return [_links(talk, found, officers.reinvite(talk.session, found, now=talk.now, by=talk.officer))]
        case "lost":
            return _lost(talk, found)
        case "revoke":
            return [_ask_whether(talk, found)]
        case _:
            return _revoked(talk, found)


def _list(talk: Talk, page: int = 0) -> Reply:
    prefix = sit_down(talk, NAME)
    everybody = list(enumerate(officers.team(talk.session, talk.agency.id), start=1))
    shown = talk.on_page(everybody, page, beside=1)
    lines = [
        talk.say("team.line", place=place, name=one.name, role=role_of(talk, one.role), seen=_last_seen(talk, bound))
        for place, (one, bound) in shown
    ]
    numbers = [Choice(f"{prefix}:show:{one.id}", str(place)) for place, (one, _) in shown]
    more = [talk.button(f"{prefix}:page:{page + 1}", "team.more.button")] if len(shown) < len(everybody) else []
    invite = talk.button(f"{prefix}:invite", "team.invite.button")
    values = {"agency": talk.agency.name_in(talk.locale), "officers": "\n".join(lines)}
    return Reply("team.list", values, [*numbers, *more, invite], columns=4)


def _card(talk: Talk, one: Officer) -> Reply:
    prefix = sit_down(talk, NAME)
    bound = next((accounts for each, accounts in officers.team(talk.session, one.agency_id) if each.id == one.id), [])
    lines = [_account(talk, account) for account in bound] or [talk.say("team.not_bound")]
    values = {"name": one.name, "role": role_of(talk, one.role), "at": one.created_at, "accounts": "\n".join(lines)}
    choices = [
        talk.button(f"{prefix}:link:{one.id}", "team.link.button"),
        talk.button(f"{prefix}:lost:{one.id}", "team.lost.button"),
        talk.button(f"{prefix}:revoke:{one.id}", "team.revoke.button"),
        talk.button(f"{prefix}:list", "team.back.button"),
    ]
    return Reply("team.card", values, choices, columns=2)


def _ask_role(talk: Talk) -> Reply:
    prefix = sit_down(talk, NAME)
    roles = [Choice(f"{prefix}:role:{role}", role_of(talk, role)) for role in Role]
    return Reply("team.ask_role", {}, [*roles, talk.button(f"{prefix}:list", "team.back.button")], columns=2)


def _ask_name(talk: Talk, role: Role) -> Reply:
    prefix = sit_down(talk, NAME, role=role.value)
    back = talk.button(f"{prefix}:invite", "team.back.button")
    return Reply("team.ask_name", {"role": role_of(talk, role)}, [back])


def _ask_whether(talk: Talk, one: Officer) -> Reply:
    prefix = sit_down(talk, NAME)
    values = {"name": one.name, "role": role_of(talk, one.role), "agency": talk.agency.name_in(talk.locale)}
    yes = talk.button(f"{prefix}:revoked:{one.id}", "team.revoke_yes.button")
    return Reply("team.revoke_ask", values, [yes, talk.button(f"{prefix}:show:{one.id}", "team.back.button")])


def _revoked(talk: Talk, one: Officer) -> list[Reply]:
    try:
        officers.revoke(talk.session, one, now=talk.now, by=talk.officer)
    except officers.LastAdmin:
        return [last_admin(talk, one), _list(talk)]
    done = Reply("team.revoked", {"name": one.name})
    if talk.officer is not None and one.id == talk.officer.id:
        talk.officer = None
        talk.close()
        return [done]
    return [done, _list(talk)]


def _lost(talk: Talk, one: Officer) -> list[Reply]:
    """Cut off every account of theirs but the one that says so, and give a link for the new phone."""
    here = officers.account_of(talk.session, sender_id=talk.sender.id, address=talk.address.value)
    officers.cut_off(talk.session, one, now=talk.now, by=talk.officer, but=here)
    talk.close()
    code = officers.reinvite(talk.session, one, now=talk.now, by=talk.officer)
    return [Reply("team.cut_off", {"name": one.name}), _links(talk, one, code)]


def last_admin(talk: Talk, one: Officer) -> Reply:
    """Why the last administrator stays."""
    return Reply("team.last_admin", {"name": one.name, "agency": talk.agency.name_in(talk.locale)})


def role_of(talk: Talk, role: Role) -> str:
    """A role in the person's language."""
    return talk.say(f"officer.role.{role}")


def _links(talk: Talk, one: Officer, code: str) -> Reply:
    working = [each for each in senders.of_agency(talk.session, talk.agency.id) if each.stopped_at is None]
    links = "\n\n".join(talk.above.link(sender, f"o-{code}") for sender in working)
    until = talk.now + officers.VALID_FOR
    return Reply("team.link", {"name": one.name, "role": role_of(talk, one.role), "until": until, "links": links})


def _account(talk: Talk, account: Account) -> str:
    channel = texts.channel(talk.session.get_one(Sender, account.sender_id).channel, talk.locale)
    return talk.say("team.account", channel=channel, seen=_last_seen(talk, [account]))


def _last_seen(talk: Talk, bound: Sequence[Account]) -> str:
    seen = max((_seen_at(talk, account) for account in bound), default=None)
    if seen is None:
        return talk.say("team.not_bound")
    return talk.say("team.seen", at=texts.instant(seen, talk.agency.time_zone, talk.locale))


def _seen_at(talk: Talk, account: Account) -> datetime:
    met = directory.find(talk.session, sender_id=account.sender_id, value=account.address)
    return max(account.bound_at, met.last_inbound_at or account.bound_at) if met is not None else account.bound_at
