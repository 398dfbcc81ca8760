"""People who talk to us in tests: each says or taps something and gets the drafts of our answers."""

import itertools
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import conversation
from channels.contract import Inbound, Limits
from delivery.drafts import Draft
from delivery.models import Sender
from staff.models import Agency
from subscribers import consent, directory, topics
from subscribers.models import Address, Consent, Subscriber, Topic

START = datetime(2026, 11, 24, 0, 0, tzinfo=UTC)
LOCALES = ("en", "zh_Hans", "ms", "ta")
TOPICS: Mapping[str, Mapping[str, str]] = {
    "floods": {"en": "Floods", "zh_Hans": "水灾", "ms": "Banjir", "ta": "வெள்ளம்"},
    "dengue": {"en": "Dengue", "zh_Hans": "骨痛热症", "ms": "Denggi", "ta": "டெங்கு"},
    "roads": {"en": "Road works", "zh_Hans": "道路工程", "ms": "Kerja jalan", "ta": "சாலைப் பணிகள்"},
}
TELEGRAM = Limits(4096, 4096, 64, 100, 0, 30.0, False, False, True, timedelta(hours=48), None, False, "utf-16")
WHATSAPP = Limits(1600, 1600, 20, 3, 10, 80.0, True, True, False, None, timedelta(hours=24), True)
_events = itertools.count(1)


def agency(session: Session, slug: str = "pub", locales: tuple[str, ...] = LOCALES) -> Agency:
    """A water agency that speaks these languages."""
    names = {"zh_Hans": "公用事业局", "ms": "Lembaga Air", "ta": "நீர் வாரியம்"}
    made = Agency(slug=slug, name="Water Board", names=names, locales=list(locales), created_at=START)
    session.add(made)
    session.flush()
    return made


def sender(session: Session, owner: Agency, channel: str = "telegram") -> Sender:
    """A bot or a number of the agency."""
    name = f"{owner.slug}-{channel}"
    made = Sender(agency_id=owner.id, key=name, channel=channel, handle=name, credentials=b"", created_at=START)
    session.add(made)
    session.flush()
    return made


def three_topics(session: Session, owner: Agency) -> list[Topic]:
    """Floods, dengue and road works."""
    return [
        topics.add(session, agency_id=owner.id, key=key, names=names, locales=LOCALES) for key, names in TOPICS.items()
    ]


class Person:
    """Somebody with a phone."""

    def __init__(self, session: Session, writes_to: Sender, *, value: str = "4242", hint: str | None = "en") -> None:
        self.session, self.sender, self.value, self.hint = session, writes_to, value, hint
        self.limits = TELEGRAM if writes_to.channel == "telegram" else WHATSAPP
        self.now = START
        self.seen: list[Draft] = []

    def says(self, text: str) -> str:
        """Type something; the text of all our answers."""
        return self._hears(Inbound(f"e{next(_events)}", self.value, text, provider_id=f"m{next(_events)}"))

    def taps(self, key: str, label: str = "") -> str:
        """Tap any key, on a button that may be old."""
        tapped = Inbound(f"e{next(_events)}", self.value, label, choice=key, tapped_id="m7")
        return self._hears(tapped)

    def chooses(self, label: str) -> str:
        """Tap a choice of our last answers by its label."""
        keys = [choice.key for draft in self.seen for choice in draft.choices if choice.label == label]
        assert keys, f"no {label!r} among {self.labels()}"
        return self.taps(keys[0], label)

    def labels(self) -> list[str]:
        """What could be tapped in our last answers."""
        return [choice.label for draft in self.seen for choice in draft.choices]

    @property
    def subscriber(self) -> Subscriber:
        """Our row about them."""
        return self.address.subscriber

    @property
    def address(self) -> Address:
        """Our row about their address."""
        found = directory.find(self.session, sender_id=self.sender.id, value=self.value)
        assert found is not None
        return found

    @property
    def is_known(self) -> bool:
        """Whether we have a row about them: who had everything deleted is a stranger."""
        return directory.find(self.session, sender_id=self.sender.id, value=self.value) is not None

    @property
    def is_subscribed(self) -> bool:
        """Whether we may write to them."""
        found = directory.find(self.session, sender_id=self.sender.id, value=self.value)
        if found is None:
            return False
        self.session.flush()
        self.session.refresh(found.subscriber, ["consented_at"])
        return found.subscriber.consented_at is not None

    @property
    def record(self) -> list[Consent]:
        """Their consent record."""
        return list(consent.history(self.session, self.subscriber.id))

    @property
    def holds(self) -> set[str]:
        """The keys of the topics they hold."""
        held = topics.held(self.session, self.subscriber)
        return set(self.session.scalars(select(Topic.key).where(Topic.id.in_(held))))

    def _hears(self, inbound: Inbound) -> str:
        self.now += timedelta(seconds=10)
        inbound = replace(inbound, locale_hint=self.hint)
        self.seen = conversation.hear(self.session, inbound, sender=self.sender, limits=self.limits, now=self.now)
        assert self.seen, "nobody is left without an answer"
        return "\n---\n".join(draft.text for draft in self.seen)


def subscribed(person: Person, *topic_numbers: int) -> Person:
    """Somebody who said hello and agreed, in English; language and topics are chosen for them."""
    person.says("hi")
    directory.set_locale(person.subscriber, "en")
    known = topics.list_for(person.session, person.sender.agency_id)
    for number in topic_numbers or (1,):
        topics.toggle(person.session, person.subscriber, known[number - 1].id, now=person.now)
    person.now += timedelta(seconds=20)  # what saying both would have taken
    person.taps("onboarding:done")
    person.chooses("Yes, subscribe")
    assert person.is_subscribed
    return person
