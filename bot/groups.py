"""What is said in a group: an officer's questions that change nothing are answered there, everything else in private.

Whoever is no officer of the agency is not answered, and neither is anybody in a group that was not allowed.
"""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from bot import officers as table
from bot.models import Conversation
from bot.replies import Reply, render
from bot.talk import Talk
from channels.contract import GroupChanged, GroupSaid, Inbound, Limits
from delivery import letters
from delivery.drafts import Draft
from delivery.models import Sender
from staff import groups, officers
from staff.models import Agency
from subscribers import directory, suppression

Told = tuple[str, Draft]
"""To which address, and what."""


def hear(session: Session, said: GroupSaid, *, sender: Sender, limits: Limits, now: datetime) -> list[Told]:
    """The answers to what was said in a group: none to whoever is no officer."""
    talk = _talk(session, said, sender=sender, limits=limits, now=now)
    if talk is None:
        return []
    command, _, argument = said.text.partition(" ")
    name = command.removeprefix("/").casefold()
    if name == "group" and argument.strip():
        return _allow(talk, said, argument)
    if groups.find(session, sender_id=sender.id, address=said.address) is None:
        return []
    suppression.lift(session, sender_id=sender.id, value=said.address)
    found = next((each for each in table.COMMANDS if each.name == name and each.in_groups), None)
    replies = found.begin(talk, argument.strip()) if found is not None else [Reply("group.in_private")]
    return [_told(talk, said.address, reply) for reply in replies]


def heed(session: Session, changed: GroupChanged, *, sender: Sender, now: datetime) -> None:
    """A group moved, or we are in it no longer; of one that was never allowed nothing is known."""
    group = groups.find(session, sender_id=sender.id, address=changed.address)
    if group is None:
        return
    if changed.moved_to is None:
        groups.remove(session, group, now=now)
        return
    groups.move(session, group, changed.moved_to, now=now)
    letters.move(session, sender_id=sender.id, to=changed.address, there=changed.moved_to)


def _allow(talk: Talk, said: GroupSaid, code: str) -> list[Told]:
    """Allowed, and said so there; what is wrong is said in private, so that nobody there learns that we know them."""
    assert talk.officer is not None, "nobody else is answered"
    group = groups.allow(
        talk.session,
        code,
        talk.officer,
        sender_id=talk.sender.id,
        address=said.address,
        title=said.title,
        now=talk.now,
    )
    if group is None:
        return [_told(talk, said.person, Reply("group.bad_code", {"title": said.title}))]
    suppression.lift(talk.session, sender_id=talk.sender.id, value=said.address)
    return [_told(talk, said.address, Reply("group.allowed", {"agency": talk.agency.name_in(talk.locale)}))]


def _talk(session: Session, said: GroupSaid, *, sender: Sender, limits: Limits, now: datetime) -> Talk | None:
    """A turn of the officer who speaks, in a conversation that nobody remembers."""
    officer = officers.behind(session, sender_id=sender.id, address=said.person)
    met = directory.find(session, sender_id=sender.id, value=said.person)
    if officer is None or met is None or officer.agency_id != sender.agency_id:
        return None
    return Talk(
        session=session,
        now=now,
        sender=sender,
        limits=limits,
        inbound=Inbound(said.event_id, said.person, said.text),
        conversation=Conversation(sender_id=sender.id, address=said.address, data={}, updated_at=now),
        agency=session.get_one(Agency, sender.agency_id),
        address=met,
        subscriber=met.subscriber,
        officer=officer,
    )


def _told(talk: Talk, to: str, reply: Reply) -> Told:
    """Without buttons: whatever they do is done in private."""
    return to, render(replace(reply, choices=()), talk.locale, talk.agency.time_zone)
