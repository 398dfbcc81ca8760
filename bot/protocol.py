"""What the conversation expects of a dialog and of a line in the table of commands."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bot.replies import Reply
from bot.talk import Talk
from broadcast import compose, policy
from staff.models import Role

WRITERS = compose.MAY_WRITE
ADMINS = frozenset({Role.ADMIN})
APPROVERS = policy.MAY_APPROVE


class Who(StrEnum):
    """For whom a command exists. To everybody else it is any unknown word."""

    CITIZEN = "citizen"  # everybody, officers too
    OFFICER = "officer"


class Dialog(Protocol):
    """A module in bot/dialogs/. Its NAME begins the key of every choice it offers ("topics:toggle:12")."""

    NAME: str

    def tap(self, talk: Talk, action: Sequence[str]) -> list[Reply]:
        """Answer a tapped choice, open or not; `action` is the key's rest ("toggle", "12"), and may be rubbish.

        An empty list says that this means nothing here (any more): the conversation then answers kindly.
        """
        ...

    def hear(self, talk: Talk, text: str) -> list[Reply]:
        """Answer typed words while this dialog is open; an empty list says that they are not for this dialog."""
        ...


Begin = Callable[[Talk, str], list[Reply]]
"""Starts what a command is for. It is given what was typed after the command ("B-1042" of "/status B-1042")."""


@dataclass(frozen=True, slots=True)
class Command:
    """One thing that can be said. Typed as /name, as the bare name, or as one of `words` in any language,
    or as one of a catalog's own list "words.<name>".

    `help_key` is its line in the help and in the app's menu; the menu leaves out what is not `is_listed`. An officer's
    help shows what is for their role (`roles`); whether they may do it, the command itself decides.
    What changes nothing and shows nobody's data may be answered `in_groups` of staff, too, without its buttons.
    """

    name: str
    who: Who
    begin: Begin
    help_key: str
    words: frozenset[str] = frozenset()
    is_listed: bool = True
    roles: frozenset[Role] = WRITERS
    in_groups: bool = False
