"""(pure) What we hear from a group: an officer's command there, and what became of the group itself."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GroupSaid:
    """Somebody gave us a command in a group, or tapped a button there (then `text` is empty).

    `address` is the group's, `person` the private address of whoever spoke. `text` names no sender any more:
    "/status B7K2". What is said to nobody, or to another bot, is not heard at all. `ack` as in Inbound.
    """

    event_id: str
    address: str
    person: str
    text: str
    title: str = ""
    ack: str | None = None


@dataclass(frozen=True, slots=True)
class GroupChanged:
    """A group has another address from now on (`moved_to`), or we are in it no longer."""

    event_id: str
    address: str
    moved_to: str | None = None
