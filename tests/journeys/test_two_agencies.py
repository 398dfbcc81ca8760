"""Two agencies in one house try each other's every id at every door: nothing is theirs, and nothing says that it is."""

import asyncio
import itertools
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode, urlsplit

import pytest
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session
from twilio.request_validator import RequestValidator

from broadcast.models import Broadcast
from broadcast.states import State
from commands.fittings import switchboard_for
from db.crypto import Vault
from delivery import senders
from delivery.models import Delivery, Letter, Retry, Sender
from delivery.states import LetterState
from locales import texts
from staff import agencies, officers
from staff.models import Agency, AuditEntry, Role
from subscribers import topics
from subscribers.models import Subscription, Suppression, Topic
from tests.journeys.steps import announce, subscribe, wait_until_quiet
from tests.journeys.town import Person, Town
from tests.webhooks import gate

_updates = itertools.count(900_000_000)
_neighbours = itertools.count()
SECRET = "a-secret-of-health"
TOKEN = "0123456789abcdef0123456789abcdef"


@dataclass
class Neighbour:
    """A second agency in the same town, with a bot, a number, a topic and an invitation."""

    town: Town
    agency: Agency
    bot: Sender
    number: Sender
    topic: Topic
    invitation: str
    bot_id: str

    def officer(self) -> Person:
        """Somebody who opened the neighbour's invitation."""
        person = self.stranger()
        person.open(self.link(f"o-{self.invitation}"))
        person.see("Health Board")
        return person

    def stranger(self) -> Person:
        """A new Telegram phone that will talk to the neighbour's bot."""
        return Person(self.town.simulator, self.town.simulator.new_phone("telegram")["id"], self.bot_id)

    def link(self, payload: str) -> str:
        """A link to the neighbour's bot."""
        return self.town.board.channel(self.bot).link(payload)

    def twilio_says(self, path: str, **fields: str) -> int:
        """A call with the neighbour's genuine signature, wherever it is addressed to; the status of the answer."""
        url, body = self.town.settings.public_url + path, urlencode(fields)
        signature = RequestValidator(TOKEN).compute_signature(url, fields)
        return call(url, body.encode(), {"X-Twilio-Signature": signature})


def call(url: str, body: bytes, headers: dict[str, str]) -> int:
    """Knock on a door."""
    assert urlsplit(url).hostname == "127.0.0.1"
    request = urllib.request.Request(url, body, headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as problem:
        return problem.code


@pytest.fixture
def neighbour(place: Town) -> Neighbour:
    """The Health Board, beside the City Council."""
    vault, now, number = Vault(place.settings.keys()), datetime.now(UTC), next(_neighbours)
    handle, token = f"health_board_{number}_bot", f"{220_301_777 + number}:BBHdqTcvCH1vGWJxfSeofSAs0K5PALDsbb"
    with place.sessions.begin() as session:
        made = agencies.found(
            session,
            slug=f"health-{number}",
            name="Health Board",
            names={},
            time_zone="Asia/Singapore",
            locales=["en"],
            allowed_locales=texts.locales(),
            now=now,
        )
        topic = topics.add(session, agency_id=made.id, key="dengue", names={"en": "Dengue"}, locales=["en"])
        line = {"account_sid": f"AC{number:032}", "auth_token": TOKEN}
        bot = _sender(session, made, "telegram", handle, {"token": token, "webhook_secret": SECRET}, vault)
        phone = _sender(session, made, "whatsapp", f"+65399{number:05}", line, vault)
        _, invitation = officers.invite(session, made, name="Hana", role=Role.ADMIN, now=now)
    bot_id = place.simulator.add_bot(token, handle, "Health Board")
    board = switchboard_for(place.settings, vault)

    async def introduce() -> None:
        await board.channel(bot).connect()
        await board.aclose()

    asyncio.run(introduce())
    return Neighbour(place, made, bot, phone, topic, invitation, bot_id)


def _sender(
    session: Session, owner: Agency, channel: str, handle: str, secrets: dict[str, str], vault: Vault
) -> Sender:
    return senders.add(
        session,
        agency_id=owner.id,
        channel=channel,
        handle=handle,
        credentials=vault.seal(secrets),
        now=datetime.now(UTC),
    )


def forge(town: Town, sender: Sender, secret: str, person: Person, key: str) -> int:
    """A tap on a button nobody offered, as Telegram hands it on from a changed app."""
    chat = int(town.simulator.phone(person.phone)["number"])
    url = town.board.line(sender).hook_url
    return call(url, gate.tap(next(_updates), chat, key), {"X-Telegram-Bot-Api-Secret-Token": secret})


def secret_of(town: Town) -> str:
    """The secret that Telegram shows at the council's door."""
    return town.board.line(town.cast.telegram).credentials["webhook_secret"]


def _ours(town: Town, code: str) -> Select[Broadcast]:
    return select(Broadcast).where(Broadcast.agency_id == town.cast.agency.id, Broadcast.code == code)


def answer_to(person: Person, words: str) -> str:
    """Type something, and read what comes back first."""
    person.say(words)
    return person.see_new("")


def test_another_agencys_officer_finds_nothing_whatever_they_type_or_tap(place: Town, neighbour: Neighbour) -> None:
    citizen, officer, stranger = place.person("telegram"), place.officer(), neighbour.officer()
    subscribe(citizen, place, "telegram", "en")
    code = announce(officer, place)
    citizen.see(code)
    for command in ("status", "pause", "resume", "cancel", "announce"):
        theirs, nobodys = (answer_to(stranger, f"/{command} {each}") for each in (code, "ZZZZ"))
        assert theirs.replace(code, "ZZZZ") == nobodys
    for key in (f"control:pause:{code}", f"control:cancelled:{code}", f"announce:{code}:cancel"):
        assert forge(place, neighbour.bot, SECRET, stranger, key) == 200
    wait_until_quiet(place)
    assert code not in stranger.screen()
    with place.sessions() as session:
        broadcast = session.scalars(_ours(place, code)).one()
        touched = select(AuditEntry).where(AuditEntry.agency_id == place.cast.agency.id)
        strangers = [
            entry for entry in session.scalars(touched) if entry.officer_id not in (None, broadcast.officer_id)
        ]
    assert broadcast.state in (State.SENDING, State.FINISHED)
    assert strangers == []


def test_a_citizen_cannot_take_another_agencys_topic(place: Town, neighbour: Neighbour) -> None:
    citizen = place.person("telegram")
    subscribe(citizen, place, "telegram", "en")
    before = len(citizen.heard())
    keys = [f"{dialog}:toggle:{neighbour.topic.id}:0" for dialog in ("topics", "onboarding")]
    for key in (*keys, f"topics:cadence:{neighbour.topic.id}", f"leaving:topic:{neighbour.topic.id}"):
        assert forge(place, place.cast.telegram, secret_of(place), citizen, key) == 200
    assert forge(place, place.cast.telegram, secret_of(place), citizen, "topics:toggle:999999:0") == 200
    place.simulator.wait_for(lambda: len(citizen.heard()) >= before + 5)
    assert len(set(citizen.heard()[before:])) == 1, "a topic of somebody else is as unknown as one of nobody"
    with place.sessions() as session:
        held = session.scalars(select(Subscription.topic_id)).all()
    assert neighbour.topic.id not in held
    assert place.topic("flood") in held


def test_receipts_with_another_agencys_references_change_nothing(place: Town, neighbour: Neighbour) -> None:
    citizen, officer = place.person("whatsapp"), place.officer()
    subscribe(citizen, place, "whatsapp", "en")
    announce(officer, place)
    place.simulator.wait_for(lambda: place.ledger() == {"delivered": 1}, 15.0)
    with place.sessions() as session:
        delivery = session.scalars(select(Delivery).where(Delivery.sender_id == place.cast.whatsapp.id)).one()
        letters = session.scalars(select(Letter.id).where(Letter.sender_id == place.cast.whatsapp.id)).all()
    references = [f"{delivery.consignment_id}-{delivery.subscriber_id}-{attempt}" for attempt in (1, 2, 999999)]
    references += [f"letter-{letters[0]}", f"letter-{'9' * 18}", f"{'9' * 18}-{'9' * 18}-1"]
    for place_, reference in enumerate(references):
        said = {"MessageSid": f"SM{place_}", "MessageStatus": "failed", "ErrorCode": "63024"}
        path = f"/hooks/whatsapp/{neighbour.number.key}?ref={reference}"
        assert neighbour.twilio_says(path, **said) == 200
        assert neighbour.twilio_says(f"/hooks/whatsapp/{place.cast.whatsapp.key}?ref={reference}", **said) == 403
    assert place.ledger() == {"delivered": 1}
    with place.sessions() as session:
        ours = (place.cast.whatsapp.id, place.cast.telegram.id, neighbour.bot.id, neighbour.number.id)
        for table in (Suppression, Retry):
            assert session.scalar(select(func.count()).where(table.sender_id.in_(ours))) == 0
        states = set(session.scalars(select(Letter.state).where(Letter.sender_id.in_(ours))))
        assert states <= {LetterState.SENT, LetterState.WAITING, LetterState.LEASED}
        assert session.scalars(select(Sender.id).where(Sender.id.in_(ours), Sender.stopped_at.is_not(None))).all() == []


def test_an_invitation_is_good_once_and_only_at_its_own_agency(place: Town, neighbour: Neighbour) -> None:
    code = place.cast.invitation
    thief, guesser = neighbour.stranger(), neighbour.stranger()
    thief.open(neighbour.link(f"o-{code}"))
    guesser.open(neighbour.link(f"o-{code[::-1]}"))
    assert thief.see("Health Board") == guesser.see("Health Board")
    assert answer_to(thief, "/announce") == answer_to(guesser, "/announce") == answer_to(guesser, "/xyzzy")
    officer = place.officer()
    second, nobody = place.person("telegram"), place.person("telegram")
    second.open(place.link("telegram", f"o-{code}"))
    nobody.open(place.link("telegram", "o-nothing"))
    assert second.see("City Council") == nobody.see("City Council")
    assert answer_to(second, "/status") == answer_to(nobody, "/xyzzy")
    assert answer_to(officer, "/status") != answer_to(nobody, "/status")


def test_a_revoked_officer_is_a_citizen_and_hears_no_figures_any_more(place: Town, neighbour: Neighbour) -> None:
    citizen, officer = place.person("telegram"), place.officer()
    subscribe(citizen, place, "telegram", "en")
    code = announce(officer, place)
    citizen.see(code)
    answer_to(officer, "/announce")
    with place.sessions() as session:
        officer_id = session.scalars(_ours(place, code)).one().officer_id
    wrong = place.typed("officer", "revoke", neighbour.agency.slug, str(officer_id))
    assert (wrong.exit_code, "no active officer" in wrong.stderr) == (1, True)
    last = place.typed("officer", "revoke", place.cast.agency.slug, str(officer_id))
    assert (last.exit_code, "last administrator" in last.stderr) == (1, True)
    assert place.typed("officer", "revoke", place.cast.agency.slug, str(officer_id), "--last").exit_code == 0
    wait_until_quiet(place)
    said = officer.screen()
    assert answer_to(officer, "/announce") == answer_to(officer, "/xyzzy")
    assert answer_to(officer, f"/status {code}") == answer_to(officer, "/xyzzy")
    assert forge(place, place.cast.telegram, secret_of(place), officer, f"control:cancelled:{code}") == 200
    wait_until_quiet(place, 2.0)
    assert code not in officer.screen().removeprefix(said)
    with place.sessions() as session:
        state = session.scalars(_ours(place, code)).one().state
    assert state in (State.SENDING, State.FINISHED)


@pytest.mark.parametrize(
    ("channel", "spelled"),
    [
        ("telegram", str),
        ("telegram", lambda handle: f"@{handle.title()}"),
        ("whatsapp", lambda handle: f"whatsapp:{handle[:3]} {handle[3:7]} {handle[7:]}"),
        ("whatsapp", str),
    ],
    ids=["telegram", "telegram-@", "whatsapp-whatsapp:", "whatsapp"],
)
def test_no_second_agency_gets_a_sender_that_another_has(
    place: Town, neighbour: Neighbour, channel: str, spelled: Callable[[str], str]
) -> None:
    token, handle = place.secrets["telegram"]["token"], spelled(place.secrets[channel]["handle"])
    secrets = {"TELEGRAM_TOKEN": token, "TELEGRAM_WEBHOOK_SECRET": "s", "WHATSAPP_ACCOUNT_SID": "AC1"}
    words = ("sender", "add", neighbour.agency.slug, channel, "--handle", handle, "--no-connect")
    done = place.typed(*words, **secrets, WHATSAPP_AUTH_TOKEN="t")
    assert (done.exit_code, "already" in done.stderr) == (1, True), done.stdout + done.stderr
    assert token not in done.stdout + done.stderr


def test_the_payload_of_a_link_is_kept_and_trusted_with_nothing(place: Town) -> None:
    person = place.person("telegram")
    person.open(place.link("telegram", f"topics-toggle-{place.topic('flood')}"))
    person.see("City Council")
    chosen = select(Subscription.topic_id).where(Subscription.topic_id == place.topic("flood"))
    assert place.in_session(lambda session: session.scalars(chosen).all()) == []
