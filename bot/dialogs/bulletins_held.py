"""The answers to a bulletin whose data did not pass: send it, send it without them, or let it go.

Each holds once. Whoever is later, or too late, is shown what became of it.
"""

from collections.abc import Sequence

from bot.dialogs import confirming
from bot.dialogs.bulletins_card import NAME
from bot.pickers import id_in
from bot.replies import Reply, verbatim
from bot.talk import Talk
from broadcast import held, held_cards
from broadcast.models import Occurrence
from channels import registry
from staff.models import Officer


def answer(talk: Talk, officer: Officer, action: Sequence[str]) -> list[Reply]:
    """One of the three buttons under the question; what is sent asks for a session first."""
    found = id_in(action, 2)
    occurrence = held.by_id(talk.session, talk.agency.id, found) if found is not None else None
    if occurrence is None:
        return [Reply("bulletins.unknown")]
    match action[1]:
        case "drop":
            return _decided(talk, officer, occurrence, with_data=None)
        case "send" | "without" as deed:
            asked = confirming.first(talk, f"{NAME}:held:{deed}:{occurrence.id}")
            return asked or _decided(talk, officer, occurrence, with_data=deed == "send")
        case "show":
            return [card(talk, occurrence)]
        case _:
            return []


def card(talk: Talk, occurrence: Occurrence) -> Reply:
    """The question with its buttons; once it was answered, what became of it."""
    draft = held_cards.card(talk.session, occurrence, talk.locale)
    return verbatim(draft.text, choices=draft.choices)


def _decided(talk: Talk, officer: Officer, occurrence: Occurrence, *, with_data: bool | None) -> list[Reply]:
    try:
        if with_data is None:
            held.let_go(talk.session, occurrence, officer, now=talk.now)
        else:
            held.release(
                talk.session,
                occurrence,
                officer,
                with_data=with_data,
                limits_of=registry.limits,
                now=talk.now,
            )
    except held.Settled:
        return [Reply("bulletins.settled"), card(talk, occurrence)]
    except held.Incomplete:
        return [Reply("bulletins.incomplete"), card(talk, occurrence)]
    return [card(talk, occurrence)]
