"""The officers of one agency, all on one app, as a journey sees them: what each types is remembered."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import select

from bot import officers as offered
from broadcast import policy
from broadcast.models import Broadcast
from broadcast.policy import ApprovalRule
from broadcast.states import Kind, State
from staff import officers
from staff.models import Agency, Role
from tests.journeys.crowd import LANGUAGES, move_in
from tests.journeys.person import Person
from tests.journeys.town import Town

COMMAND = re.compile(r"/(\w+)")
LINK = re.compile(r"https://(?:t|wa)\.me/\S+")


@dataclass
class Officer(Person):
    """Somebody with an officer's account; `typed` are the commands they used."""

    typed: set[str] = field(default_factory=set)

    def say(self, text: str) -> None:
        """Type something."""
        if command := COMMAND.match(text):
            self.typed.add(command[1])
        super().say(text)

    def asks(self, text: str, answer: str) -> str:
        """Type something and wait for an answer with this in it."""
        self.say(text)
        return self.see_new(answer)

    def code(self) -> None:
        """Type the code that our last answer shows."""
        self.say(self.see_new("type this code", 30.0).split()[-1])


@dataclass
class Office:
    """An agency with people on one app, and its officers there."""

    town: Town
    app: str
    typed: set[str] = field(default_factory=set)
    people: list[str] = field(default_factory=list)

    @property
    def agency_id(self) -> int:
        """Whose office it is."""
        return self.town.cast.agency.id

    def takes_in(self, people: int) -> None:
        """So many people who want to hear of floods."""
        bot = self.town.bots[self.app]
        self.people = self.town.simulator.new_phones(people, self.app, LANGUAGES[:1], started_with=bot)
        move_in(self.town, self.app, self.people)

    def hires(self, name: str, role: Role) -> Officer:
        """Somebody who was invited and has opened the link."""
        with self.town.sessions.begin() as session:
            owner = session.get_one(Agency, self.agency_id)
            _, code = officers.invite(session, owner, name=name, role=role, now=datetime.now(UTC))
        return self.opens(self.town.link(self.app, f"o-{code}"))

    def opens(self, link: str) -> Officer:
        """A new phone on which an invitation is opened."""
        person = self.town.person(self.app)
        self.town.officers.add(person.phone)
        made = Officer(person.simulator, person.phone, person.bot, self.typed)
        made.open(link)
        made.see("/leave_team")
        return made

    def asks_for_approval(self, *kinds: Kind) -> None:
        """From now on one approver is needed for these."""
        with self.town.sessions.begin() as session:
            owner = session.get_one(Agency, self.agency_id)
            for kind in kinds:
                policy.set_rule(session, owner, ApprovalRule(kind, 0, 1), now=datetime.now(UTC))

    def newest(self) -> Broadcast:
        """The announcement begun last."""
        ours = select(Broadcast).where(Broadcast.agency_id == self.agency_id).order_by(Broadcast.id.desc()).limit(1)
        return self.town.in_session(lambda session: session.scalars(ours).one())

    def state_of(self, code: str) -> State:
        """Where an announcement stands."""
        ours = select(Broadcast.state).where(Broadcast.agency_id == self.agency_id, Broadcast.code == code)
        return self.town.in_session(lambda session: session.scalars(ours).one())

    def waits_for(self, code: str, state: State) -> None:
        """Until it stands there."""
        self.town.simulator.wait_for(lambda: self.state_of(code) is state, 30.0, every=0.05)


def drafts(author: Officer, office: Office, kind: str, english: str) -> str:
    """Up to the preview, by typing alone: one text, in English, for everybody; the announcement's code."""
    author.asks("/announce", "What is it?")
    author.asks(kind, "Who is it for?")
    author.asks("Flood alerts", "1 of 4")
    author.asks(english, "2 of 4")
    for number in (3, 4):
        author.asks("/skip", f"{number} of 4")
    author.asks("/skip", "English")
    author.asks("English", "will get it")
    return office.newest().code


def link_in(text: str) -> str:
    """The link that stands in a message."""
    found = LINK.search(text)
    assert found is not None, text
    return found.group()


def not_for(role: Role) -> Sequence[str]:
    """The commands that somebody of this role cannot use."""
    return [each.name for each in offered.COMMANDS if role not in each.roles]
