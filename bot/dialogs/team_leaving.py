"""/leave_team: an officer ends being one, on every phone of theirs, after one more tap."""

from collections.abc import Sequence

from bot.dialogs import team
from bot.replies import Reply
from bot.talk import Talk
from staff import officers

NAME = "leave_team"


def begin(talk: Talk, argument: str = "") -> list[Reply]:
    """Ask whether they mean it."""
    if talk.officer is None:
        return []
    prefix = team.sit_down(talk, NAME)
    choices = [
        talk.button(f"{prefix}:yes", "team.leave_yes.button"),
        talk.button(f"{prefix}:no", "team.leave_no.button"),
    ]
    return [Reply("team.leave_ask", {"role": team.role_of(talk, talk.officer.role), **_agency(talk)}, choices)]


def tap(talk: Talk, action: Sequence[str]) -> list[Reply]:
    """Yes or no, under the last message here; an earlier one is asked again."""
    if talk.officer is None:
        return []
    if not team.is_fresh(talk, NAME, action):
        return begin(talk)
    talk.close()
    return _left(talk) if list(action[1:]) == ["yes"] else [Reply("team.stayed", _agency(talk))]


def hear(talk: Talk, text: str) -> list[Reply]:
    """Anything but one of the two ends the question: it is for somebody else."""
    talk.close()
    return []


def _left(talk: Talk) -> list[Reply]:
    assert talk.officer is not None, "only officers leave"
    try:
        officers.revoke(talk.session, talk.officer, now=talk.now, by=talk.officer)
    except officers.LastAdmin:
        return [team.last_admin(talk, talk.officer)]
    talk.officer = None
    return [Reply("team.left", _agency(talk))]


def _agency(talk: Talk) -> dict[str, object]:
    return {"agency": talk.agency.name_in(talk.locale)}
