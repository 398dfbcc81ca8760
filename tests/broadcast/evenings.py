"""What tests of digests start from: several topics, people who hold some of them, and announcements on them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from broadcast import audience, blocks, compose, digests, launch
from broadcast.models import Broadcast, DigestOccurrence
from broadcast.states import Kind
from subscribers.models import Cadence, Subscriber, Subscription, Topic
from tests.broadcast.places import NOW, limits_of, settle, subscriber

EVENING = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)  # 18:00 in Singapore on a Tuesday, 9 hours after NOW
FRIDAY = EVENING + timedelta(days=3)
DAY = timedelta(days=1)
NAMES = {
    "floods": {"en": "Floods", "zh_Hans": "水灾", "ms": "Banjir", "ta": "வெள்ளம்"},
    "dengue": {"en": "Dengue", "zh_Hans": "骨痛热症", "ms": "Denggi", "ta": "டெங்கு"},
    "roads": {"en": "Roads", "zh_Hans": "道路", "ms": "Jalan", "ta": "சாலைகள்"},
}


class Town:
    """An agency with three topics and a digest at 18:00."""

    def __init__(self, session: Session, slug: str = "floods") -> None:
        self.session, self.place = session, settle(session, slug)
        self.place.agency.created_at = NOW - timedelta(hours=1)
        made = [
            Topic(agency_id=self.place.agency.id, key=key, names=names, position=place)
            for place, (key, names) in enumerate(NAMES.items())
        ]
        session.add_all(made)
        session.flush()
        self.topics = {topic.key: topic for topic in made}

    def person(
        self, *keys: str, cadence: Cadence = Cadence.DAILY, locale: str = "en", others: Sequence[str] = ()
    ) -> Subscriber:
        """Somebody who holds these topics with a cadence, and others at once."""
        made = subscriber(self.session, self.place, at=[self.place.free], cadence=None, locale=locale)
        self.hold(made, *keys, cadence=cadence)
        self.hold(made, *others, cadence=Cadence.AT_ONCE)
        return made

    def hold(self, person: Subscriber, *keys: str, cadence: Cadence) -> None:
        """Let them hold these topics as well."""
        for key in keys:
            row = Subscription(subscriber_id=person.id, topic_id=self.topics[key].id, cadence=cadence)
            row.created_at = NOW
            self.session.add(row)
        self.session.flush()

    def announce(self, key: str, text: str, *, at: datetime = NOW, **others: str) -> Broadcast:
        """Launch a notice in English, for everybody who reads another language too; `others` are further texts."""
        place = self.place
        made = compose.draft(self.session, place.agency, place.author, kind=Kind.NOTICE, now=at)
        compose.set_topic(self.session, made, place.author, self.topics[key])
        for locale, said in {"en": text, **others}.items():
            compose.set_text(self.session, made, place.author, locale=locale, text=said)
        compose.set_fallback(self.session, made, place.author, "en")
        seen = compose.fingerprint(self.session, made)
        launch.confirm(self.session, made, place.author, fingerprint=seen, limits_of=limits_of, now=at)
        return made

    def run(self, now: datetime = EVENING) -> list[DigestOccurrence]:
        """What the clock does when a digest is due."""
        if self.place.agency.id not in digests.due(self.session, now):
            return []
        return digests.run(self.session, self.place.agency.id, limits_of=limits_of, now=now)

    def made(self, cadence: Cadence = Cadence.DAILY) -> list[Broadcast]:
        """The digests of this cadence so far, the oldest first."""
        mine = (Broadcast.agency_id == self.place.agency.id, Broadcast.digest_cadence == cadence)
        return list(self.session.scalars(select(Broadcast).where(*mine).order_by(Broadcast.id)))

    def readers(self, digest: Broadcast) -> set[int]:
        """The people a digest is for."""
        rule = audience.rule_of(self.session, digest, now=EVENING)
        return {one for some in blocks.people(self.session, rule, (1, 10**6), seed=1).values() for one in some}

    def text(self, digest: Broadcast, locale: str = "en") -> str:
        """What a digest says in a language."""
        return {row.locale: row.text for row in compose.contents(self.session, digest)}.get(locale, "")

    def letters(self, person: Subscriber, cadence: Cadence = Cadence.DAILY) -> list[str]:
        """What this person gets in the digests so far, in their language."""
        return [self.text(each, person.locale) for each in self.made(cadence) if person.id in self.readers(each)]
