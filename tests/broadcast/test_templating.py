"""Templates before the provider: submitted once, followed, told of, taken out of use; over real HTTP."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from twilio.rest import Client

from broadcast import template_work, templating
from channels import registry
from db.engine import Sessions
from delivery import consignments, senders
from delivery.loop import Loop
from delivery.models import Letter, Sender, Wording, WordingTemplate
from delivery.office import Office
from delivery.states import DoubtPolicy, Lane, Stage
from delivery.switchboard import Switchboard
from delivery.throttle import LocalThrottle
from insight import trouble
from staff import officers
from staff.models import Account, Agency, AuditEntry, Officer, Role, StaffGroup
from tests.delivery.conftest import VAULT
from tests.simulated import ACCOUNT_SID, AUTH_TOKEN, WHATSAPP_NUMBER, Simulator

NOW = datetime(2026, 11, 24, 0, 0, tzinfo=UTC)
BODY = "News about {{1}}: {{2}} Reply STOP to stop."
SAMPLES = {"1": "Floods", "2": "The river rises."}


@pytest.fixture(scope="module")
def platform() -> Iterator[Simulator]:
    """The pretended platforms."""
    with Simulator() as simulator:
        yield simulator


@pytest.fixture(scope="module")
def loop() -> Iterator[Loop]:
    """The loop of a process."""
    made = Loop()
    yield made
    made.stop()


@dataclass
class Post:
    """An agency with a number at the simulator, an author and a staff group; and a clock that stands still."""

    simulator: Simulator
    sessions: Sessions
    office: Office
    agency_id: int
    sender_id: int
    bot_id: int
    now: datetime = NOW

    def write(self, locale: str = "en", body: str = BODY) -> int:
        """Submit one; its number."""
        with self.sessions.begin() as session:
            officer = session.scalars(select(Officer).where(Officer.agency_id == self.agency_id)).one()
            made = templating.write(
                session,
                officer,
                session.get_one(Sender, self.sender_id),
                purpose="announcement",
                locale=locale,
                body=body,
                samples=SAMPLES,
                category="UTILITY",
                length=1024,
                report_sender_id=self.bot_id,
                report_to="author",
                now=self.now,
            )
            return made.id

    def tick(self, seconds: float = 0) -> int:
        """Let time pass and do what the clock wakes; how much that was."""
        self.now += timedelta(seconds=seconds)
        woken: list[tuple[str, int]] = []
        self.sessions.configure(info={"waker": lambda task, id_: woken.append((task, id_))})
        with self.sessions.begin() as session:
            templating.wake_due(session, self.now)
        ids = [id_ for task, id_ in woken if task == "template"]
        for template_id in ids:
            self.office.loop.run(template_work.follow(self.office, template_id))
        return len(ids)

    def decide(self, name: str, status: str, reason: str = "") -> None:
        """What WhatsApp says of one."""
        self.simulator.post("/control/approvals", content=name, status=status, reason=reason)

    def row(self, template_id: int) -> WordingTemplate:
        """One as it stands."""
        with self.sessions() as session:
            return session.get_one(WordingTemplate, template_id)

    def told(self) -> list[tuple[str, str]]:
        """To whom was written, and what."""
        with self.sessions() as session:
            return [(each.to, each.text) for each in session.scalars(select(Letter).order_by(Letter.id))]

    def kept(self) -> list[str]:
        """The names of what the provider keeps, as Twilio's own client lists them."""
        client = Client(ACCOUNT_SID, AUTH_TOKEN)
        client.content.base_url = self.simulator.content_url
        return [str(each.friendly_name) for each in client.content.v1.contents.list()]

    def in_use(self) -> dict[str, str | None]:
        """By locale, the provider's id of what is in use."""
        with self.sessions() as session:
            found = senders.templates_in_use(session, self.sender_id, "announcement")
            return {locale: each.provider_id for locale, each in found.items()}


@pytest.fixture
def post(platform: Simulator, sessions: Sessions, loop: Loop) -> Iterator[Post]:
    """A fresh agency at an empty simulator that decides nothing by itself."""
    platform.reset()
    platform.clear_faults()
    platform.add_whatsapp_sender()
    platform.post("/control/approvals", status="pending")
    board = switchboard(platform)
    with sessions.begin() as session:
        agency, number, bot = _settle(session)
    made: list[Post] = []
    office = Office(sessions, board, LocalThrottle(), loop, lambda: made[0].now, timedelta(seconds=15))
    made.append(Post(platform, sessions, office, agency, number, bot))
    yield made[0]
    loop.run(board.aclose())


def switchboard(platform: Simulator) -> Switchboard:
    """Real channels, to the simulator."""
    endpoints = {"twilio": platform.twilio_url, "twilio_content": platform.content_url}
    return Switchboard(
        build=registry.build,
        limits_of=registry.limits,
        vault=VAULT,
        public_url="http://127.0.0.1:9",
        endpoints=endpoints,
    )


def _settle(session: Session) -> tuple[int, int, int]:
    agency = Agency(slug="pub", name="Water Board", names={}, locales=["en", "ms"], created_at=NOW)
    session.add(agency)
    session.flush()
    sealed = VAULT.seal({"account_sid": ACCOUNT_SID, "auth_token": AUTH_TOKEN})
    number, bot = (
        Sender(agency_id=agency.id, key=channel, channel=channel, handle=handle, credentials=sealed, created_at=NOW)
        for channel, handle in (("whatsapp", WHATSAPP_NUMBER), ("telegram", "bot"))
    )
    session.add_all([number, bot])
    session.flush()
    officers.invite(session, agency, name="Aisyah", role=Role.AUTHOR, now=NOW)
    session.add(StaffGroup(agency_id=agency.id, sender_id=bot.id, address="-100", title="Staff", allowed_at=NOW))
    return agency.id, number.id, bot.id


def test_one_is_submitted_followed_and_in_use_once_whatsapp_approves(post: Post) -> None:
    number = post.write()
    assert post.tick() == 1
    pending = post.row(number)
    assert (pending.stage, pending.trouble, pending.attempts) == (Stage.PENDING, "", 0)
    assert post.told() == []
    assert post.in_use() == {}
    assert post.tick(2) == 0
    post.decide(f"announcement_en_{number}", "approved")
    assert post.tick(30) == 1
    assert post.row(number).stage is Stage.APPROVED
    assert post.in_use() == {"en": pending.provider_id}
    (author, group) = post.told()
    assert (author[0], group[0]) == ("author", "-100")
    for _, text in (author, group):
        assert text == "✅ WhatsApp approved the template Announcements (English). It is in use from now on."
    post.tick(60)
    assert len(post.told()) == 2


@pytest.mark.parametrize(
    ("status", "stage", "words"),
    [
        (
            "rejected",
            Stage.REJECTED,
            "❌ WhatsApp rejected the template Announcements (English). Its reason: Too vague.",
        ),
        ("disabled", Stage.DISABLED, "🚫 WhatsApp disabled the template Announcements (English) for good."),
    ],
)
def test_what_whatsapp_does_not_want_is_told_with_its_reason_and_asked_about_no_more(
    post: Post, status: str, stage: Stage, words: str
) -> None:
    number = post.write()
    post.tick()
    post.decide(f"announcement_en_{number}", status, "Too vague.")
    post.tick(30)
    assert (post.row(number).stage, post.row(number).reason) == (stage, "Too vague.")
    assert [text.startswith(words) for _, text in post.told()] == [True, True]
    assert post.tick(86_400) == 0


def test_a_paused_one_is_out_of_use_at_once_also_for_what_is_under_way(post: Post) -> None:
    old, new = post.write(), post.write()
    post.tick()
    for number in (old, new):
        post.decide(f"announcement_en_{number}", "approved")
    post.tick(30)
    first, second = post.row(old).provider_id, post.row(new).provider_id
    assert post.in_use() == {"en": second}
    with post.sessions.begin() as session:
        _announce(session, post, 1, second)
        senders.stop(session, post.sender_id, reason="template_paused", now=post.now)
    post.decide(f"announcement_en_{new}", "paused", "Blocked by many")
    assert post.tick(1) == 2  # a sender was stopped by a template: nobody waits for the next look
    assert post.in_use() == {"en": first}
    post.tick(1)
    with post.sessions() as session:
        assert session.scalars(select(Wording.template_id)).all() == [first]
        assert session.get_one(Sender, post.sender_id).stopped_at is None
    (group, told) = post.told()[-1]
    assert group == "-100"
    assert "⏸️ WhatsApp paused the template" in told
    assert "Its reason: Blocked by many" in told
    assert "the next approved one takes its place" in told
    with post.sessions() as session:
        [row] = trouble.of_agency(session, post.agency_id, since=NOW)
        assert trouble.name(row, "en").startswith("The template “Announcements (English)” was paused")
        assert trouble.tell(session, post.now) == 0  # in these words once, and not in others again
    post.decide(f"announcement_en_{old}", "paused")
    post.tick(600)
    with post.sessions() as session:
        assert session.scalars(select(Wording.template_id)).all() == [None]
    post.decide(f"announcement_en_{new}", "approved")
    post.tick(600)
    assert post.in_use() == {"en": second}
    assert "✅" in post.told()[-1][1]


def test_where_the_writer_has_left_the_administrators_are_told(post: Post) -> None:
    number = post.write()
    with post.sessions.begin() as session:
        agency, author = session.get_one(Agency, post.agency_id), session.scalars(select(Officer)).one()
        officers.invite(session, agency, name="Ana", role=Role.ADMIN, now=NOW)
        admin = session.scalars(select(Officer).where(Officer.name == "Ana")).one()
        for officer in (author, admin):
            address = "author" if officer is author else "admin"
            session.add(Account(officer_id=officer.id, sender_id=post.bot_id, address=address, bound_at=NOW))
        author.revoked_at = NOW
    post.tick()
    post.decide(f"announcement_en_{number}", "paused", "Blocked by many")
    post.tick(30)
    assert [to for to, _ in post.told()] == ["admin", "-100"]


def test_a_sender_stopped_by_a_template_that_whatsapp_calls_good_stays_stopped(post: Post) -> None:
    number = post.write()
    post.tick()
    post.decide(f"announcement_en_{number}", "approved")
    post.tick(30)
    with post.sessions.begin() as session:
        senders.stop(session, post.sender_id, reason="template_paused", now=post.now)
    assert [post.tick(1), post.tick(1)] == [1, 0]
    with post.sessions() as session:
        assert session.get_one(Sender, post.sender_id).stopped_at is not None


def _announce(session: Session, post: Post, id: int, template_id: str | None) -> None:
    consignments.open(
        session,
        id,
        agency_id=post.agency_id,
        lane=Lane.NOTICE,
        policy=DoubtPolicy.RESEND,
        topic_id=None,
        cadences=[],
        deadline_at=post.now + timedelta(hours=1),
        now=post.now,
    )
    consignments.add_wording(
        session, id, sender_id=post.sender_id, locale="en", text="Rain.", template_id=template_id, variables=SAMPLES
    )


@pytest.mark.parametrize(
    ("fault", "trouble", "words"),
    [
        ({"kind": "server_error", "status": 503}, "away", "Twilio cannot be reached"),
        ({"kind": "drop_before"}, "away", "Twilio cannot be reached"),
        ({"kind": "garbage"}, "away", "Twilio cannot be reached"),
        ({"kind": "throttle", "seconds": 9}, "busy", ""),
    ],
)
def test_a_provider_in_trouble_loses_nothing_and_is_asked_again(
    post: Post, fault: dict[str, Any], trouble: str, words: str
) -> None:
    post.simulator.fault(channel="whatsapp", **fault)
    number = post.write()
    post.tick()
    assert (post.row(number).stage, post.row(number).trouble) == (Stage.WRITTEN, trouble)
    post.tick(30)
    assert [words in text for _, text in post.told()] == ([True] if words else [])
    post.simulator.clear_faults()
    post.tick(700)
    assert (post.row(number).stage, post.row(number).trouble) == (Stage.PENDING, "")


@pytest.mark.parametrize("method", ["Content.create", "Content.submit"])
def test_a_call_whose_answer_was_lost_is_not_made_twice(post: Post, method: str) -> None:
    post.simulator.fault("drop_after", channel="whatsapp", method=method, count=1)
    number = post.write()
    post.tick()
    assert post.row(number).stage is Stage.WRITTEN
    post.tick(60)
    assert post.row(number).stage is Stage.PENDING
    assert post.kept() == [f"announcement_en_{number}"]


def test_wrong_credentials_are_told_to_whoever_waits(post: Post) -> None:
    with post.sessions.begin() as session:
        sealed = VAULT.seal({"account_sid": ACCOUNT_SID, "auth_token": "wrong"})
        session.execute(update(Sender).where(Sender.id == post.sender_id).values(credentials=sealed))
    number = post.write()
    post.tick()
    post.tick(601)
    assert (post.row(number).stage, post.row(number).trouble) == (Stage.WRITTEN, "credentials")
    ((to, text),) = post.told()
    assert to == "author"
    assert "Twilio does not take our credentials" in text


def test_a_word_nobody_knows_changes_nothing(post: Post) -> None:
    number = post.write()
    post.tick()
    for status in ("approved", "in_appeal"):
        post.decide(f"announcement_en_{number}", status)
        post.tick(600)
    assert post.row(number).stage is Stage.APPROVED


def test_one_that_the_provider_forgot_is_out_of_use(post: Post) -> None:
    with post.sessions.begin() as session:
        senders.set_template(
            session,
            sender_id=post.sender_id,
            purpose="announcement",
            locale="en",
            provider_id="HX" + "0" * 32,
            body=BODY,
        )
    assert post.in_use() != {}
    post.tick()
    assert post.in_use() == {}


def test_a_deleted_one_is_deleted_at_the_provider_when_it_can_be_asked(post: Post) -> None:
    number = post.write()
    post.tick()
    with post.sessions.begin() as session:
        officer = session.scalars(select(Officer)).one()
        found = templating.find(session, post.agency_id, number)
        assert found is not None
        templating.delete(session, found, officer, now=post.now)
    post.simulator.fault("server_error", channel="whatsapp", status=503, count=1)
    post.tick()
    assert post.row(number).stage is Stage.LEAVING
    post.tick(60)
    with post.sessions() as session:
        assert session.get(WordingTemplate, number) is None
    assert post.kept() == []


def test_two_who_are_woken_for_one_ask_once(post: Post) -> None:
    number = post.write()
    with post.sessions.begin() as session:
        assert template_work.lease(session, number, now=post.now) is not None
    with post.sessions.begin() as session:
        assert template_work.lease(session, number, now=post.now) is None
    with post.sessions.begin() as session:
        assert template_work.lease(session, number, now=post.now + template_work.LEASE) is not None


def test_one_tick_asks_about_twenty_at_most(post: Post) -> None:
    with post.sessions.begin() as session:
        for place in range(templating.AT_ONCE + 5):
            made = WordingTemplate(sender_id=post.sender_id, purpose="announcement", locale="en", body=BODY)
            made.provider_id = f"HX{place}"
            session.add(made)
    with post.sessions.begin() as session:
        assert templating.wake_due(session, post.now) == templating.AT_ONCE
    with post.sessions.begin() as session:
        assert templating.wake_due(session, post.now) == 5
        assert templating.wake_due(session, post.now) == 0


def test_what_the_provider_said_stands_in_the_audit(post: Post) -> None:
    number = post.write()
    post.tick()
    post.decide(f"announcement_en_{number}", "approved")
    post.tick(30)
    with post.sessions() as session:
        verbs = [each.verb for each in session.scalars(select(AuditEntry).order_by(AuditEntry.id))]
    assert verbs[-2:] == ["template.submitted", "template.approved"]
