"""/approve, /return and /reject: what an approver says of what was submitted, by a button of its card or typed.

A button is bound to the short hash of what its card showed; whatever was decided, changed or taken back since is told.
"""

from collections.abc import Sequence

from bot.dialogs import announce, confirming, sending
from bot.dialogs.officer_desk import read_only, writer
from bot.replies import Reply
from bot.talk import Talk
from broadcast import approval_cards, approving, compose, moving, policy
from broadcast.models import Broadcast
from broadcast.states import ForbiddenMove, Ruling, State
from channels import registry
from staff.models import Officer

NAME = approval_cards.DIALOG
RULINGS = {"approve": Ruling.APPROVED, "return": Ruling.RETURNED, "reject": Ruling.REJECTED}


def approve(talk: Talk, argument: str = "") -> list[Reply]:
    """/approve CODE."""
    return _typed(talk, "approve", argument)


def give_back(talk: Talk, argument: str = "") -> list[Reply]:
    """/return CODE reason."""
    return _typed(talk, "return", argument)


def reject(talk: Talk, argument: str = "") -> list[Reply]:
    """/reject CODE reason."""
    return _typed(talk, "reject", argument)


def tap(talk: Talk, action: Sequence[str]) -> list[Reply]:
    """The buttons of a card, and those its author is sent."""
    match action:
        case ["approve" | "return" | "reject" as name, code, seal]:
            return _ruled(talk, name, code, seal, "")
        case ["open", code] if writer(talk) is not None:
            return announce.begin(talk, code)
        case ["launch", code]:
            return sending.begin(talk, code)
        case ["change", code, seal]:
            return _taken_back(talk, code, seal)
        case _:
            return []


def hear(talk: Talk, text: str) -> list[Reply]:
    """What is typed after "Return" or "Reject" is the reason."""
    name, code = str(talk.data.get("ruling")), str(talk.data.get("code"))
    if approver(talk) is None or name not in RULINGS:
        talk.close()
        return []
    if text.startswith("/") or not text.strip():
        return [Reply(f"approving.reason.{name}", {"code": code})]
    return _ruled(talk, name, code, str(talk.data["seal"]), text)


def approver(talk: Talk) -> Officer | None:
    """The officer who speaks, if they may approve."""
    officer = talk.officer
    may = officer is not None and officer.agency_id == talk.agency.id and officer.role in policy.MAY_APPROVE
    return officer if may else None


def _typed(talk: Talk, name: str, argument: str) -> list[Reply]:
    """What is typed is about what is submitted now."""
    code, _, reason = argument.partition(" ")
    found = compose.by_code(talk.session, talk.agency.id, code)
    if found is None and approver(talk) is not None:
        return [Reply("control.unknown" if code else f"approving.which.{name}")]
    return _ruled(talk, name, code, _seal(talk, found) if found is not None else "", reason)


def _ruled(talk: Talk, name: str, code: str, seal: str, reason: str) -> list[Reply]:
    officer = approver(talk)
    if officer is None:
        return [Reply("approving.not_yours")]
    found = compose.by_code(talk.session, talk.agency.id, code)
    if found is None or not found.submissions:
        return [Reply("control.unknown")]
    lacks_reason = name != "approve" and not reason.strip()
    is_open = found.state is State.SUBMITTED and seal == _seal(talk, found)
    if lacks_reason and is_open and not approving.is_editor(found, officer.id):
        talk.open(NAME, ruling=name, code=found.code, seal=seal)
        return [Reply(f"approving.reason.{name}", {"code": found.code})]
    if talk.conversation.dialog == NAME:
        talk.close()
    if name == "approve" and is_open and not approving.is_editor(found, officer.id):
        asked = confirming.first(talk, f"{NAME}:approve:{found.code}:{seal}")
        if asked:
            return asked
    return _settled(talk, officer, found, RULINGS[name], seal, reason.strip())


def _settled(talk: Talk, officer: Officer, found: Broadcast, ruling: Ruling, seal: str, reason: str) -> list[Reply]:
    """Give the verdict; why it counts no more, where it does not."""
    values = {"code": found.code}
    fingerprint = compose.fingerprint(talk.session, found)
    if found.state is State.SUBMITTED and seal != approving.mark(fingerprint):
        return [Reply("approving.changed", values)]
    try:
        given = approving.rule(
            talk.session, found, officer, ruling, fingerprint=fingerprint, reason=reason, now=talk.now
        )
    except ForbiddenMove as here:
        return [_gone(talk, found, here.here)]
    except moving.Changed:
        return [Reply("approving.changed", values)]
    except approving.OwnWork:
        return [Reply("approving.own", values)]
    except approving.AlreadyRuled:
        return [Reply("approving.already", values)]
    approval_cards.tell_verdict(talk.session, found, given, limits_of=registry.limits, now=talk.now)
    key = "one_more" if found.state is State.SUBMITTED else found.state.value
    return [Reply(f"approving.done.{key}", values)]


def _taken_back(talk: Talk, code: str, seal: str) -> list[Reply]:
    """What was approved of it is void from now on."""
    officer, found = writer(talk), compose.by_code(talk.session, talk.agency.id, code)
    if officer is None:
        return read_only(talk)
    if found is None or not compose.may_touch(found, officer):
        return [Reply("control.unknown")]
    if seal != _seal(talk, found) or found.state not in approving.WAY_BACK:
        return [_gone(talk, found, found.state)]
    approving.take_back(talk.session, found, officer, now=talk.now)
    approval_cards.rewrite(talk.session, found, limits_of=registry.limits, now=talk.now)
    return announce.begin(talk, found.code)


def _gone(talk: Talk, found: Broadcast, state: State) -> Reply:
    if state is State.DRAFT:
        return Reply("approving.gone_draft", {"code": found.code})
    return Reply("approving.gone", {"code": found.code, "state": talk.say(f"broadcast.state.{state}")})


def _seal(talk: Talk, broadcast: Broadcast) -> str:
    return approving.mark(compose.fingerprint(talk.session, broadcast))
