"""A town whose agency has pages: topics two deep, a bot and a number, and announcements of every standing."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography.fernet import Fernet
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session, sessionmaker

from broadcast.models import Broadcast, Content
from broadcast.states import Kind, State
from channels import registry
from db.crypto import Vault
from delivery import senders
from delivery.switchboard import Switchboard
from staff.models import Agency
from subscribers import areas, topics
from subscribers.models import Area, Topic
from tests.bot import people
from web.public import views

NOW = people.START
TEXTS = {
    "en": "Heavy rain is expected from 2 pm. Stay away from canals and drains.\nCall 999 if you are in danger.",
    "zh_Hans": "预计下午2时起有大雨。请远离水渠和沟渠。\n如有危险，请拨打999。",
    "ms": "Hujan lebat dijangka mulai 2 petang. Jauhi terusan dan longkang.\nHubungi 999 jika anda dalam bahaya.",
    "ta": (
        "பிற்பகல் 2 மணி முதல் கனமழை எதிர்பார்க்கப்படுகிறது. கால்வாய்கள், வடிகால்களிலிருந்து விலகியிருங்கள்.\n"
        "ஆபத்தில் இருந்தால் 999 ஐ அழையுங்கள்."
    ),
}
AREAS = {
    "north": {"en": "North", "zh_Hans": "北部", "ms": "Utara", "ta": "வடக்கு"},
    "central": {"en": "Central", "zh_Hans": "中部", "ms": "Tengah", "ta": "மத்திய பகுதி"},
    "east": {"en": "East", "zh_Hans": "东部", "ms": "Timur", "ta": "கிழக்கு"},
}
PARENTS = {"weather": {"en": "Weather", "zh_Hans": "天气", "ms": "Cuaca", "ta": "வானிலை"}}


@dataclass
class Town:
    """Agencies, and a browser that visits their pages."""

    sessions: sessionmaker[Session]
    now: datetime = NOW
    vault: Vault = field(default_factory=lambda: Vault([Fernet.generate_key().decode()]))

    def __post_init__(self) -> None:
        self.board = Switchboard(
            build=registry.build,
            limits_of=registry.limits,
            vault=self.vault,
            public_url="https://city.example",
            endpoints={},
        )

    def app(self) -> Flask:
        """The pages alone."""
        app = Flask("town", static_folder=None)
        app.register_blueprint(views.blueprint(views.Public(self.sessions, self.board, lambda: self.now)))
        return app

    def browser(self) -> FlaskClient:
        """Somebody who looks."""
        return self.app().test_client()

    def agency(self, slug: str = "water", *, is_bare: bool = False) -> Agency:
        """An agency; unless bare with topics two deep, a bot and a number."""
        with self.sessions.begin() as session:
            owner = people.agency(session, slug)
            if is_bare:
                return owner
            below = people.three_topics(session, owner)
            weather = topics.add(session, agency_id=owner.id, key="weather", names=PARENTS["weather"], locales=())
            weather.position = -1
            below[0].parent_id = below[1].parent_id = weather.id
            self._sender(session, owner, "telegram", f"{slug}_board_bot")
            self._sender(session, owner, "whatsapp", "+6531581234")
            return owner

    def _sender(self, session: Session, owner: Agency, channel: str, handle: str) -> None:
        given = {
            "telegram": {"token": f"{owner.id}:secret", "webhook_secret": "hook"},
            "whatsapp": {"account_sid": "AC" + "1" * 32, "auth_token": "token"},
        }[channel]
        sealed = self.vault.seal(given)
        handle = handle if channel == "telegram" else f"{handle[:-1]}{owner.id}"
        senders.add(session, agency_id=owner.id, channel=channel, handle=handle, credentials=sealed, now=NOW)

    def announces(
        self,
        owner: Agency,
        code: str,
        *,
        kind: Kind = Kind.NOTICE,
        state: State = State.FINISHED,
        topic: str | None = "floods",
        texts: dict[str, str] | None = None,
        corrects: str | None = None,
        minutes_ago: int = 60,
        places: tuple[str, ...] = (),
    ) -> None:
        """An announcement as its launch and what came after left it."""
        with self.sessions.begin() as session:
            about: Topic | None = topics.by_key(session, owner.id, topic) if topic else None
            made = Broadcast(
                agency_id=owner.id, code=code, kind=kind, state=state, created_at=NOW, fallback_locale="en"
            )
            made.topic_id = about.id if about else None
            made.launched_at = NOW - timedelta(minutes=minutes_ago)
            made.area_ids = [_area(session, owner, key).id for key in places]
            if corrects:
                made.corrects_id = session.query(Broadcast).filter_by(agency_id=owner.id, code=corrects).one().id
            session.add(made)
            session.flush()
            said = TEXTS if texts is None else texts
            session.add_all([Content(broadcast_id=made.id, locale=each, text=text) for each, text in said.items()])


def _area(session: Session, owner: Agency, key: str) -> Area:
    """The agency's area, made where it is not there yet."""
    found = areas.by_key(session, owner.id, key)
    return found or areas.add(session, agency_id=owner.id, key=key, names=AREAS[key], locales=people.LOCALES)


def lively(town: Town, slug: str = "water") -> Agency:
    """An agency with everything that can be seen on its pages."""
    owner = town.agency(slug)
    town.announces(owner, "OLD22", minutes_ago=500, topic="dengue")
    town.announces(owner, "WRNG2", state=State.CORRECTED, minutes_ago=200, topic="roads")
    town.announces(owner, "RGHT2", corrects="WRNG2", minutes_ago=180, topic="roads")
    town.announces(owner, "GONE2", state=State.RECALLED, minutes_ago=120)
    town.announces(owner, "HALF2", state=State.CANCELLED, minutes_ago=100, topic=None)
    town.announces(owner, "FLD77", kind=Kind.ALERT, minutes_ago=20, places=("north", "east"))
    return owner
