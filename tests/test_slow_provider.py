"""The process as it is put together: what one part waits for must not keep the others waiting."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread

import pytest
from cryptography.fernet import Fernet

import app
import config
from app import House
from broadcast import compose, launch
from broadcast.states import Kind
from channels.contract import Hook
from db.crypto import Vault
from delivery import letters, senders
from delivery.drafts import Draft
from delivery.models import Batch, Sender
from staff.models import Agency, Officer, Role
from subscribers.models import Topic
from tests.bot import people
from tests.broadcast import places
from tests.webhooks import gate as calls
from webhooks.journal import Entry
from webhooks.models import Call, CallState


class SilentProvider:
    """It takes every connection and says nothing."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.taken: list[socket.socket] = []
        self.thread = Thread(target=self._take, daemon=True)
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def _take(self) -> None:
        with suppress(OSError):
            while True:
                self.taken.append(self.listener.accept()[0])

    def close(self) -> None:
        """Hang up."""
        with suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(5)
        for end in self.taken:
            end.close()


@pytest.fixture
def silent() -> Iterator[SilentProvider]:
    """A provider that says nothing."""
    made = SilentProvider()
    yield made
    made.close()


def settings_of(database_url: str, silent: SilentProvider) -> config.Settings:
    return config.Settings(
        database_url=database_url,
        secret_keys=Fernet.generate_key().decode(),
        telegram_api_url=silent.url,
        worker_threads=2,
    )


@contextmanager
def running(settings: config.Settings, silent: SilentProvider) -> Iterator[House]:
    """A process with workers."""
    house = app.build(settings)
    house.engine.start(settings.worker_threads)
    try:
        yield house
    finally:
        silent.close()
        house.engine.stop()
        house.close()


def bot_of(house: House) -> Sender:
    """A Telegram bot of a new agency."""
    sealed = Vault(house.settings.keys()).seal({"token": "1:abc", "webhook_secret": calls.SECRET})
    with house.sessions.begin() as session:
        owner = people.agency(session, "water")
        return senders.add(
            session, agency_id=owner.id, channel="telegram", handle="bot", credentials=sealed, now=app.utc_now()
        )


def write_to(house: House, sender: Sender, count: int) -> None:
    """Letters to as many people."""
    with house.sessions.begin() as session:
        for number in range(count):
            kept = {"sender_id": sender.id, "agency_id": sender.agency_id}
            letters.post(session, **kept, to=f"9{number}", draft=Draft("Hello"), now=app.utc_now())


def is_heard(house: House, sender: Sender, *, patience: float) -> bool:
    """Somebody says stop: whether it is done within so many seconds."""
    hook = Hook(url="", headers={"content-type": "application/json"}, body=calls.update(1, 42, "stop"))
    until = time.monotonic() + patience
    house.journal.keep(Entry(sender, hook, house.switchboard.channel(sender).parse(hook), app.utc_now()))
    while time.monotonic() < until:
        with house.sessions() as session:
            if session.query(Call).filter_by(state=CallState.HANDLED).count():
                return True
        time.sleep(0.05)
    return False


def test_a_stop_is_heard_at_once_while_a_provider_keeps_every_letter_waiting(
    database_url: str, silent: SilentProvider
) -> None:
    settings = settings_of(database_url, silent)
    with running(settings, silent) as house:
        sender = bot_of(house)
        write_to(house, sender, 20)
        until = time.monotonic() + 30
        while len(silent.taken) < settings.worker_threads and time.monotonic() < until:
            time.sleep(0.05)
        assert len(silent.taken) >= settings.worker_threads
        assert is_heard(house, sender, patience=10)  # the letters are given up after 15 s


def launch_alert(house: House, sender: Sender) -> int:
    """An alert to one person, confirmed."""
    with house.sessions.begin() as session:
        agency = session.get_one(Agency, sender.agency_id)
        topic = Topic(agency_id=agency.id, key="river", names={"en": "River levels"})
        author = Officer(agency_id=agency.id, agency=agency, name="Siti", role=Role.AUTHOR, created_at=app.utc_now())
        session.add_all([topic, author])
        session.flush()
        place = places.Place(agency, sender, sender, topic, author, author)
        places.subscriber(session, place, at=[sender])
        made = places.ready(session, place, Kind.ALERT)
        seen, limits_of = compose.fingerprint(session, made), house.switchboard.limits_of
        launch.confirm(session, made, author, fingerprint=seen, limits_of=limits_of, now=app.utc_now())
    return made.id


def test_an_alert_is_planned_at_once_while_other_launches_keep_every_planning_thread_busy(
    database_url: str, silent: SilentProvider
) -> None:
    settings = settings_of(database_url, silent)
    may_end = Event()

    def endless(_: int) -> None:
        may_end.wait(30)

    with running(settings, silent) as house:
        house.engine.register("endless", "planning", endless)
        for number in range(20):
            house.engine.wake("endless", number)
        alert_id, until, planned = launch_alert(house, bot_of(house)), time.monotonic() + 20, 0
        while not planned and time.monotonic() < until:
            time.sleep(0.05)
            with house.sessions() as session:
                planned = session.query(Batch).filter_by(consignment_id=alert_id).count()
        may_end.set()
        assert planned
