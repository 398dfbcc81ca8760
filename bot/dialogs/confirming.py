"""An officer's session: who has not typed a code for twelve hours types one before the next thing that sends.

A command that sends says `confirming.first(talk, "<choice>") or <what it does>`: where a code is needed, the choice is
remembered and answered once the code was typed, as if it were tapped then. What was answered so far can be kept.
"""

from collections.abc import Callable, Sequence
from typing import Any

from bot.dialogs import typed_code
from bot.replies import Reply
from bot.talk import Talk
from broadcast import moving
from broadcast.models import Broadcast
from staff import audit, officers

NAME = "confirming"


def first(talk: Talk, then: str, **kept: Any) -> list[Reply]:
    """The question for a code, after which the choice `then` is answered; nothing where the session is open.

    With `kept` the open dialog is open again then, and remembers that too.
    """
    if talk.officer is None or _is_open(talk):
        return []
    back = {"dialog": talk.conversation.dialog, "data": {**talk.data, **kept}} if kept else None
    return [_ask(talk, then, back)]


def hear_launch(
    talk: Talk,
    broadcast: Broadcast,
    text: str,
    *,
    again: Callable[[], list[Reply]],
    launch: Callable[[], list[Reply]],
    locked: str,
) -> list[Reply]:
    """What follows the code with which an announcement leaves or is taken back; a right one opens the session too.

    `again` shows it with a new code. `locked` is the text after the third wrong one.
    """

    def right() -> list[Reply]:
        keep(talk)
        return launch()

    def note(tries: int) -> None:
        moving.note(talk.session, broadcast, talk.officer, "broadcast.code_wrong", talk.now, tries=tries)

    return typed_code.hear(
        talk,
        text,
        expired=lambda: [Reply("announce.code_expired"), *again()],
        right=right,
        note=note,
        wrong="announce.code_wrong",
        locked=Reply(locked, {"code": broadcast.code}),
    )


def keep(talk: Talk) -> None:
    """A right code was typed here: the session is open from now on."""
    officers.confirm(talk.session, sender_id=talk.sender.id, address=talk.address.value, now=talk.now)


def tap(talk: Talk, action: Sequence[str]) -> list[Reply]:
    """Nothing: a code is typed."""
    return []


def hear(talk: Talk, text: str) -> list[Reply]:
    """Go on with what had to wait, if this is the code."""
    if talk.officer is None or not typed_code.is_shown(talk):
        return []
    return typed_code.hear(
        talk,
        text,
        expired=lambda: [_ask(talk, str(talk.data["then"]), talk.data.get("back"))],
        right=lambda: _go_on(talk),
        note=lambda tries: _note(talk, "officer.code_wrong", tries=tries),
        wrong="session.wrong",
        locked=Reply("session.locked"),
    )


def _ask(talk: Talk, then: str, back: dict[str, Any] | None) -> Reply:
    drawn = typed_code.drawn(talk)
    talk.open(NAME, then=then, back=back, **drawn)
    values = {"code": drawn["code"], "span": typed_code.HOLDS_FOR, "hours": officers.SESSION}
    return Reply("session.ask", values)


def _go_on(talk: Talk) -> list[Reply]:
    keep(talk)
    _note(talk, "officer.confirmed")
    talk.then, back = str(talk.data["then"]), talk.data.get("back")
    talk.close()
    if back is not None:
        talk.open(back["dialog"], **back["data"])
    return []


def _is_open(talk: Talk) -> bool:
    return officers.is_confirmed(talk.session, sender_id=talk.sender.id, address=talk.address.value, now=talk.now)


def _note(talk: Talk, verb: str, **details: audit.Detail) -> None:
    assert talk.officer is not None, "only officers have sessions"
    audit.note(
        talk.session,
        agency_id=talk.agency.id,
        officer_id=talk.officer.id,
        verb=verb,
        subject=f"officer:{talk.officer.id}",
        now=talk.now,
        details=details,
    )
