"""Officers at their phones in tests. Every word is a transaction of its own on rows read anew: nothing is in memory."""

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import conversation
from bot.models import Conversation
from broadcast.models import Broadcast
from broadcast.states import State
from channels import registry
from channels.contract import Attachment, Inbound, Refusal
from db.engine import Sessions
from delivery.drafts import Draft
from delivery.models import Sender
from staff import officers
from staff.models import Agency, AuditEntry, Officer, Role
from subscribers.models import Address, Cadence, Subscriber, Subscription, Topic
from tests.bot import people

_events = itertools.count(1)
CODE = re.compile(r"\n([2-9A-HJ-NP-Z]{5})$")


@dataclass
class Phone:
    """One chat account. `seen` are our last answers."""

    sessions: Sessions
    sender_id: int
    value: str
    now: datetime = people.START
    seen: list[Draft] = field(default_factory=list)

    def says(self, text: str) -> str:
        """Type something; our answers as one text."""
        return self._hears(text, None)

    def taps(self, label: str) -> str:
        """Tap the button with this label among our last answers."""
        keys = [choice.key for draft in self.seen for choice in draft.choices if choice.label == label]
        assert keys, f"no {label!r} among {self.labels}"
        return self.forges(keys[-1])

    def forges(self, key: str) -> str:
        """Send a button's key, offered or not."""
        return self._hears("", key)

    def sends(self, attachment: Attachment, file: bytes | Refusal | None = None, text: str = "") -> str:
        """Send a picture, a document or a location; `file` is what would be fetched."""
        return self._hears(text, None, attachment, file)

    def sends_on(self, attachment: Attachment) -> list[Draft]:
        """Send more of an album; our answers, if any."""
        return self._answers("", None, attachment, None)

    def waits(self, span: timedelta) -> None:
        """Let time pass."""
        self.now += span

    @property
    def labels(self) -> list[str]:
        """What could be tapped."""
        return [choice.label for draft in self.seen for choice in draft.choices]

    @property
    def code(self) -> str:
        """The confirmation code at the end of our last answer."""
        found = CODE.search(self.seen[-1].text)
        assert found, f"no code in {self.seen[-1].text!r}"
        return found[1]

    @property
    def dialog(self) -> str | None:
        """The open dialog."""
        with self.sessions() as session:
            return session.get_one(Conversation, (self.sender_id, self.value)).dialog

    def _hears(
        self,
        text: str,
        choice: str | None,
        attachment: Attachment | None = None,
        file: bytes | Refusal | None = None,
    ) -> str:
        self.seen = self._answers(text, choice, attachment, file)
        assert self.seen, "nobody is left without an answer"
        return "\n---\n".join(draft.text for draft in self.seen)

    def _answers(
        self, text: str, choice: str | None, attachment: Attachment | None, file: bytes | Refusal | None
    ) -> list[Draft]:
        self.now += timedelta(seconds=5)
        said = Inbound(event_id=str(next(_events)), address=self.value, text=text, choice=choice, locale_hint="en")
        said = replace(said, attachment=attachment)
        with self.sessions.begin() as session:
            sender = session.get_one(Sender, self.sender_id)
            limits = registry.limits(sender.channel)
            return conversation.hear(session, said, sender=sender, limits=limits, now=self.now, file=file)


@dataclass
class Office:
    """An agency with a bot, a number and three topics."""

    sessions: Sessions
    agency_id: int
    telegram_id: int
    whatsapp_id: int
    topics: dict[str, int]

    def officer(self, value: str, role: Role = Role.AUTHOR, *, on: int | None = None) -> Phone:
        """Somebody invited, who opened the link on their phone."""
        phone = self.phone(value, on=on)
        phone.says(f"/start o-{self.invitation(role)}")
        return phone

    def invitation(self, role: Role = Role.AUTHOR) -> str:
        """A one-time code."""
        with self.sessions.begin() as session:
            agency = session.get_one(Agency, self.agency_id)
            return officers.invite(session, agency, name="Aisyah", role=role, now=people.START)[1]

    def phone(self, value: str, *, on: int | None = None) -> Phone:
        """Anybody's phone."""
        return Phone(self.sessions, on or self.telegram_id, value)

    def citizens(self, number: int, *, locale: str = "en", topic: str = "floods", on: int | None = None) -> list[int]:
        """People who subscribed."""
        with self.sessions.begin() as session:
            return [self._citizen(session, locale, self.topics[topic], on or self.telegram_id) for _ in range(number)]

    def broadcasts(self, *states: State) -> Sequence[Broadcast]:
        """The agency's broadcasts, oldest first."""
        with self.sessions() as session:
            query = select(Broadcast).where(Broadcast.agency_id == self.agency_id).order_by(Broadcast.id)
            return [each for each in session.scalars(query) if not states or each.state in states]

    def audit(self) -> list[str]:
        """The verbs of the audit, oldest first."""
        with self.sessions() as session:
            query = select(AuditEntry.verb).where(AuditEntry.agency_id == self.agency_id).order_by(AuditEntry.id)
            return list(session.scalars(query))

    def revoke_everybody(self) -> None:
        """Take every officer's word away."""
        with self.sessions.begin() as session:
            for officer in session.scalars(select(Officer).where(Officer.agency_id == self.agency_id)):
                officers.revoke(session, officer, now=people.START, may_be_last=True)

    def _citizen(self, session: Session, locale: str, topic_id: int, sender_id: int) -> int:
        sender = session.get_one(Sender, sender_id)
        person = Subscriber(agency_id=self.agency_id, locale=locale, consented_at=people.START, created_at=people.START)
        session.add(person)
        session.flush()
        session.add(
            Address(
                subscriber_id=person.id,
                agency_id=self.agency_id,
                sender_id=sender_id,
                channel=sender.channel,
                value=f"citizen-{person.id}",
                created_at=people.START,
            )
        )
        held = Subscription(subscriber_id=person.id, topic_id=topic_id, created_at=people.START)
        held.cadence = Cadence.AT_ONCE
        session.add(held)
        return person.id


def open_office(sessions: Sessions, slug: str = "pub", locales: tuple[str, ...] = ("en", "ms")) -> Office:
    """An agency of these languages, ready to announce."""
    with sessions.begin() as session:
        agency = people.agency(session, slug, locales)
        topics: Sequence[Topic] = people.three_topics(session, agency)
        telegram, whatsapp = people.sender(session, agency), people.sender(session, agency, "whatsapp")
        return Office(sessions, agency.id, telegram.id, whatsapp.id, {topic.key: topic.id for topic in topics})


def to_preview(phone: Phone, *, kind: str = "1", english: str = "The river rises.", malay: str = "Sungai naik.") -> str:
    """The way to the preview of a notice on floods in two languages; what is shown there."""
    phone.says("/announce")
    for word in (kind, "Floods", english):
        phone.says(word)
    return phone.says(malay)
